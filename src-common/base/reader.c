/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/reader.h"

#include <string.h>

Reader
reader_of(const void *data, gsize length)
{
    const guint8 *at = data;

    return (Reader){.at = at, .end = length > 0 ? at + length : at};
}

Reader
reader_of_bytes(GBytes *bytes)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);

    return reader_of(data, length);
}

/* The only bounds check: NULL and a failed reader when length octets are not there. */
static const guint8 *
take(Reader *reader, gsize length)
{
    const guint8 *at = reader->at;

    if (reader->is_failed || length > (gsize)(reader->end - reader->at)) {
        reader->is_failed = TRUE;
        reader->at = reader->end;
        return NULL;
    }
    if (length > 0)
        reader->at += length;
    return at;
}

static guint64
take_integer(Reader *reader, gsize length)
{
    const guint8 *at = take(reader, length);
    guint64 value = 0;

    for (gsize i = 0; at != NULL && i < length; i++)
        value = value << 8 | at[i];
    return value;
}

guint8
reader_u8(Reader *reader)
{
    return (guint8)take_integer(reader, 1);
}

guint16
reader_u16(Reader *reader)
{
    return (guint16)take_integer(reader, 2);
}

guint32
reader_u32(Reader *reader)
{
    return (guint32)take_integer(reader, 4);
}

guint64
reader_u64(Reader *reader)
{
    return take_integer(reader, 8);
}

Reader
reader_sub(Reader *reader, gsize length)
{
    const guint8 *at = take(reader, length);

    if (reader->is_failed)
        return (Reader){.at = reader->end, .end = reader->end, .is_failed = TRUE};
    return (Reader){.at = at, .end = reader->at};
}

void
reader_copy(Reader *reader, void *ret_data, gsize length)
{
    const guint8 *at = take(reader, length);

    if (length == 0)
        return;
    if (at != NULL)
        memcpy(ret_data, at, length);
    else
        memset(ret_data, 0, length);
}

gsize
reader_left(const Reader *reader)
{
    return reader->is_failed ? 0 : (gsize)(reader->end - reader->at);
}

gboolean
reader_ok(const Reader *reader)
{
    return !reader->is_failed;
}

gboolean
reader_equal(const Reader *reader, const void *data, gsize length)
{
    if (reader->is_failed || reader_left(reader) != length)
        return FALSE;
    return length == 0 || memcmp(reader->at, data, length) == 0;
}

GBytes *
reader_dup_bytes(const Reader *reader)
{
    return g_bytes_new(reader->at, reader_left(reader));
}
