/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/writer.h"

#include <string.h>

enum { WRITER_FIRST_SIZE = 256 };

Writer
writer_init(gsize limit)
{
    return (Writer){.limit = limit};
}

static void
wipe_and_free(guint8 *data, gsize size)
{
    if (data == NULL)
        return;
    explicit_bzero(data, size);
    g_free(data);
}

void
writer_clear(Writer *writer)
{
    wipe_and_free(writer->data, writer->size);
    *writer = (Writer){.limit = writer->limit};
}

/* Room for length more octets, or NULL and a failed writer. Old copies are wiped. */
static guint8 *
extend(Writer *writer, gsize length)
{
    guint8 *at;

    if (writer->is_failed || length > writer->limit - writer->length) {
        writer->is_failed = TRUE;
        return NULL;
    }
    if (writer->length + length > writer->size) {
        gsize size = MAX(writer->size * 2, WRITER_FIRST_SIZE);
        guint8 *data;

        while (size < writer->length + length)
            size *= 2;
        data = g_malloc(size);
        if (writer->length > 0)
            memcpy(data, writer->data, writer->length);
        wipe_and_free(writer->data, writer->size);
        writer->data = data;
        writer->size = size;
    }
    at = writer->data + writer->length;
    writer->length += length;
    return at;
}

static void
store(guint8 *at, guint64 value, gsize length)
{
    for (gsize i = length; i-- > 0; value >>= 8)
        at[i] = (guint8)value;
}

static void
put_integer(Writer *writer, guint64 value, gsize length)
{
    guint8 *at = extend(writer, length);

    if (at != NULL)
        store(at, value, length);
}

void
writer_u8(Writer *writer, guint8 value)
{
    put_integer(writer, value, 1);
}

void
writer_u16(Writer *writer, guint16 value)
{
    put_integer(writer, value, 2);
}

void
writer_u32(Writer *writer, guint32 value)
{
    put_integer(writer, value, 4);
}

void
writer_u64(Writer *writer, guint64 value)
{
    put_integer(writer, value, 8);
}

void
writer_put(Writer *writer, const void *data, gsize length)
{
    guint8 *at = extend(writer, length);

    if (at != NULL && length > 0)
        memcpy(at, data, length);
}

void
writer_put_bytes(Writer *writer, GBytes *bytes)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);

    writer_put(writer, data, length);
}

void
writer_zero(Writer *writer, gsize length)
{
    guint8 *at = extend(writer, length);

    if (at != NULL && length > 0)
        memset(at, 0, length);
}

static void
patch(Writer *writer, gsize position, guint64 value, gsize length)
{
    if (writer->is_failed)
        return;
    g_assert(position <= writer->length && length <= writer->length - position);
    store(writer->data + position, value, length);
}

void
writer_patch_u8(Writer *writer, gsize position, guint8 value)
{
    patch(writer, position, value, 1);
}

void
writer_patch_u16(Writer *writer, gsize position, guint16 value)
{
    patch(writer, position, value, 2);
}

void
writer_patch_u32(Writer *writer, gsize position, guint32 value)
{
    patch(writer, position, value, 4);
}

gsize
writer_open_u16(Writer *writer)
{
    gsize position = writer->length;

    writer_u16(writer, 0);
    return position;
}

void
writer_close_u16(Writer *writer, gsize position, gsize extra)
{
    gsize length;

    if (writer->is_failed)
        return;
    length = writer->length - position - 2 + extra;
    if (length > G_MAXUINT16) {
        writer->is_failed = TRUE;
        return;
    }
    writer_patch_u16(writer, position, (guint16)length);
}

gboolean
writer_ok(const Writer *writer)
{
    return !writer->is_failed;
}

GBytes *
writer_take_bytes(Writer *writer)
{
    GBytes *bytes = NULL;

    if (!writer->is_failed)
        bytes = g_bytes_new(writer->data, writer->length);
    writer_clear(writer);
    return bytes;
}
