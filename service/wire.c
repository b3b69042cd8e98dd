/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire.h"

#include "base/names.h"

#include <string.h>

Wire
wire_to_parse(const guint8 *data, gsize length)
{
    return (Wire){.reader = reader_of(data, length)};
}

Wire
wire_to_write(gsize limit)
{
    return (Wire){.is_writing = TRUE, .writer = writer_init(limit)};
}

void
wire_clear(Wire *wire)
{
    writer_clear(&wire->writer);
}

gboolean
wire_ok(const Wire *wire)
{
    if (wire->is_failed || !writer_ok(&wire->writer) || !reader_ok(&wire->reader))
        return FALSE;
    return reader_left(&wire->reader) == 0;
}

void
wire_check(Wire *wire, gboolean is_good)
{
    if (is_good)
        return;
    wire->is_failed = TRUE;
    wire->reader.is_failed = TRUE;
    wire->reader.at = wire->reader.end;
}

void
wire_u8(Wire *wire, guint8 *value)
{
    if (wire->is_writing)
        writer_u8(&wire->writer, *value);
    else
        *value = reader_u8(&wire->reader);
}

void
wire_u16(Wire *wire, guint16 *value)
{
    if (wire->is_writing)
        writer_u16(&wire->writer, *value);
    else
        *value = reader_u16(&wire->reader);
}

void
wire_u32(Wire *wire, guint32 *value)
{
    if (wire->is_writing)
        writer_u32(&wire->writer, *value);
    else
        *value = reader_u32(&wire->reader);
}

void
wire_u64(Wire *wire, guint64 *value)
{
    if (wire->is_writing)
        writer_u64(&wire->writer, *value);
    else
        *value = reader_u64(&wire->reader);
}

void
wire_i64(Wire *wire, gint64 *value)
{
    guint64 octets = (guint64)*value;

    wire_u64(wire, &octets);
    *value = (gint64)octets;
}

void
wire_flag(Wire *wire, gboolean *value)
{
    guint8 octet = *value ? 1 : 0;

    wire_u8(wire, &octet);
    wire_check(wire, octet <= 1);
    if (!wire->is_writing)
        *value = octet == 1;
}

gboolean
wire_is_there(Wire *wire, gboolean is_there)
{
    wire_flag(wire, &is_there);
    return is_there;
}

guint
wire_count(Wire *wire, guint count, guint max)
{
    guint16 octets = (guint16)MIN(count, G_MAXUINT16);

    wire_check(wire, count <= max);
    wire_u16(wire, &octets);
    wire_check(wire, octets <= max);
    return wire->is_failed ? 0 : octets;
}

void
wire_choice_of(Wire *wire, gpointer at, const gint *list, gsize count)
{
    gboolean is_listed = FALSE;
    gint value;
    guint16 octets;

    memcpy(&value, at, sizeof value);
    octets = (guint16)value;
    wire_u16(wire, &octets);
    for (gsize i = 0; i < count && !is_listed; i++)
        is_listed = list[i] == (wire->is_writing ? value : octets);
    wire_check(wire, is_listed);
    if (wire->is_writing || !is_listed)
        return;
    value = octets;
    memcpy(at, &value, sizeof value);
}

void
wire_below_of(Wire *wire, gpointer at, gint end)
{
    gint value;
    guint16 octets;

    memcpy(&value, at, sizeof value);
    wire_check(wire, !wire->is_writing || (value >= 0 && value < end));
    octets = (guint16)value;
    wire_u16(wire, &octets);
    wire_check(wire, octets < end);
    if (wire->is_writing || wire->is_failed)
        return;
    value = octets;
    memcpy(at, &value, sizeof value);
}

/* u16 length and that many octets; the view is empty once failed. */
static Reader
wire_octets(Wire *wire, const void *data, gsize length, gsize max)
{
    Reader view = reader_of(data, length);
    guint16 octets = (guint16)MIN(length, G_MAXUINT16);

    wire_check(wire, length <= MIN(max, G_MAXUINT16));
    wire_u16(wire, &octets);
    if (wire->is_writing) {
        writer_put(&wire->writer, data, octets);
        return view;
    }
    wire_check(wire, octets <= max);
    view = reader_sub(&wire->reader, octets);
    wire_check(wire, reader_ok(&view));
    return view;
}

static char *
parse_text(Wire *wire, gsize max)
{
    Reader view = wire_octets(wire, NULL, 0, max);
    gsize length = reader_left(&view);
    g_autofree char *clean = name_clean(view.at, length, length + 4, TRUE);

    /* name_clean() stops at NUL and changes what is not clean. */
    wire_check(wire, reader_equal(&view, clean, strlen(clean)));
    return wire->is_failed ? NULL : g_steal_pointer(&clean);
}

void
wire_text_always(Wire *wire, char **text, gsize max)
{
    if (wire->is_writing) {
        gsize length = *text != NULL ? strlen(*text) : 0;
        g_autofree char *clean = name_clean(*text, length, 3 * length + 4, TRUE);

        wire_octets(wire, clean, strlen(clean), max);
        return;
    }
    g_free(*text);
    *text = parse_text(wire, max);
    if (*text == NULL)
        *text = g_strdup("");
}

void
wire_text(Wire *wire, char **text, gsize max)
{
    if (wire_is_there(wire, *text != NULL))
        wire_text_always(wire, text, max);
}

void
wire_secret(Wire *wire, Secret **secret, gsize max)
{
    Reader view;

    if (!wire_is_there(wire, *secret != NULL))
        return;
    if (wire->is_writing) {
        wire_octets(wire, secret_data(*secret), secret_length(*secret), max);
        return;
    }
    view = wire_octets(wire, NULL, 0, max);
    if (!wire->is_failed)
        *secret = secret_new(view.at, reader_left(&view));
}

static GBytes *
parse_bytes(Wire *wire, gsize max)
{
    Reader view = wire_octets(wire, NULL, 0, max);

    return wire->is_failed ? NULL : reader_dup_bytes(&view);
}

static void
write_bytes(Wire *wire, GBytes *bytes, gsize max)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);

    wire_octets(wire, data, length, max);
}

void
wire_bytes(Wire *wire, GBytes **bytes, gsize max)
{
    if (!wire_is_there(wire, *bytes != NULL))
        return;
    if (wire->is_writing)
        write_bytes(wire, *bytes, max);
    else
        *bytes = parse_bytes(wire, max);
}

void
wire_array(Wire *wire, GArray *array, guint max, WireWalk walk)
{
    guint size = g_array_get_element_size(array);
    guint count = wire_count(wire, array->len, max);

    if (!wire->is_writing)
        g_array_set_size(array, count);
    if (count > 0 && !wire->is_writing)
        memset(array->data, 0, (gsize)count * size);
    for (guint i = 0; i < count; i++)
        walk(wire, array->data + (gsize)i * size);
}

void
wire_text_list(Wire *wire, GPtrArray *texts, guint max, gsize max_text)
{
    guint count = wire_count(wire, texts->len, max);

    for (guint i = 0; i < count && !wire->is_failed; i++) {
        char *text = wire->is_writing ? g_ptr_array_index(texts, i) : NULL;

        wire_text_always(wire, &text, max_text);
        if (!wire->is_writing)
            g_ptr_array_add(texts, text);
    }
}

void
wire_bytes_list(Wire *wire, GPtrArray *list, guint max, gsize max_bytes)
{
    guint count = wire_count(wire, list->len, max);

    for (guint i = 0; i < count && !wire->is_failed; i++) {
        GBytes *bytes;

        if (wire->is_writing) {
            write_bytes(wire, g_ptr_array_index(list, i), max_bytes);
            continue;
        }
        bytes = parse_bytes(wire, max_bytes);
        if (bytes != NULL)
            g_ptr_array_add(list, bytes);
    }
}

void
wire_address(Wire *wire, gpointer item)
{
    NetAddress *address = item;
    guint8 length = address->length;

    wire_u8(wire, &length);
    wire_check(wire, length == 0 || length == 4 || length == 16);
    if (wire->is_failed)
        return;
    if (wire->is_writing) {
        writer_put(&wire->writer, address->octets, length);
        return;
    }
    *address = (NetAddress){.length = length};
    reader_copy(&wire->reader, address->octets, length);
}

void
wire_endpoint(Wire *wire, gpointer item)
{
    NetEndpoint *endpoint = item;

    wire_address(wire, &endpoint->address);
    wire_u16(wire, &endpoint->port);
}

void
wire_prefix(Wire *wire, gpointer item)
{
    NetPrefix *prefix = item;

    wire_address(wire, &prefix->address);
    wire_u8(wire, &prefix->prefix_length);
    wire_check(wire, prefix->prefix_length <= prefix->address.length * 8);
    if (wire->is_writing)
        return;
    *prefix =
        wire->is_failed ? (NetPrefix){0} : net_prefix_of(&prefix->address, prefix->prefix_length);
}

/* A name in both directions: what was read is parsed by the caller. */
static void
wire_name(Wire *wire, char name[SUITE_TEXT_SIZE])
{
    g_autofree char *text = g_strdup(name);

    wire_text_always(wire, &text, SUITE_TEXT_SIZE - 1);
    g_strlcpy(name, text, SUITE_TEXT_SIZE);
}

void
wire_suite_phase1(Wire *wire, gpointer item)
{
    SuitePhase1 suite = *(SuitePhase1 *)item;
    char name[SUITE_TEXT_SIZE] = "";

    if (wire->is_writing)
        suite_phase1_format(&suite, name);
    wire_name(wire, name);
    wire_check(wire, suite_phase1_parse(name, &suite));
    if (!wire->is_failed)
        *(SuitePhase1 *)item = suite;
}

void
wire_suite_esp(Wire *wire, gpointer item)
{
    SuiteEsp suite = *(SuiteEsp *)item;
    char name[SUITE_TEXT_SIZE] = "";

    if (wire->is_writing)
        suite_esp_format(&suite, name);
    wire_name(wire, name);
    wire_check(wire, suite_esp_parse(name, &suite));
    if (!wire->is_failed)
        *(SuiteEsp *)item = suite;
}

void
wire_suite_group(Wire *wire, gpointer item)
{
    SuiteGroup *group = item;
    guint16 number = (guint16)*group;

    wire_u16(wire, &number);
    wire_check(wire, number == SUITE_GROUP_NONE || suite_group_name((SuiteGroup)number) != NULL);
    if (!wire->is_failed)
        *group = (SuiteGroup)number;
}
