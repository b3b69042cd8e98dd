/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <string.h>

GBytes *
support_hex(const char *text)
{
    gsize length = strlen(text) / 2;
    guint8 *octets = g_malloc(length + 1);

    g_assert_cmpuint(strlen(text) % 2, ==, 0);
    for (gsize i = 0; i < length; i++) {
        g_assert_true(g_ascii_isxdigit(text[2 * i]) && g_ascii_isxdigit(text[2 * i + 1]));
        octets[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                             g_ascii_xdigit_value(text[2 * i + 1]));
    }
    return g_bytes_new_take(octets, length);
}

GBytes *
support_member(JsonObject *object, const char *name)
{
    if (!json_object_has_member(object, name))
        return NULL;
    return support_hex(json_object_get_string_member(object, name));
}

Secret *
support_keymat(GBytes *key, GBytes *rest)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    GBytes *parts[] = {key, rest};

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        gsize length = 0;
        const guint8 *data = parts[i] != NULL ? g_bytes_get_data(parts[i], &length) : NULL;

        if (length > 0)
            g_byte_array_append(octets, data, (guint)length);
    }
    return secret_new(octets->data, octets->len);
}

static char *
vectors_path(const char *path)
{
    return g_build_filename(TEST_VECTORS, path, NULL);
}

JsonParser *
support_vectors(const char *path)
{
    g_autofree char *full = vectors_path(path);
    g_autoptr(GError) error = NULL;
    JsonParser *parser = json_parser_new();

    json_parser_load_from_file(parser, full, &error);
    g_assert_no_error(error);
    return parser;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
support_list(const char *folder)
{
    g_autofree char *full = vectors_path(folder);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(full, 0, &error);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    g_assert_no_error(error);
    while ((name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void
count_up(gpointer user_data, guint8 *ret_octets, gsize length)
{
    static guint32 counter;

    for (gsize i = 0; i + sizeof counter <= length; i += sizeof counter) {
        memcpy(ret_octets + i, &counter, sizeof counter);
        counter++;
    }
}

EspContext *
support_context(void)
{
    return support_context_with(NULL);
}

EspContext *
support_context_with(const EspBackends *backends)
{
    g_autoptr(GError) error = NULL;
    EspContext *context = esp_context_new_with(backends, count_up, NULL, &error);

    g_assert_no_error(error);
    return context;
}

EspSa *
support_sa(EspContext *context, EspDirection direction, const SuiteEsp *suite, guint32 spi,
           const Secret *keymat)
{
    g_autoptr(GError) error = NULL;
    EspSa *sa = esp_sa_new(context, direction, suite, spi, keymat, &error);

    g_assert_no_error(error);
    return sa;
}

Secret *
support_any_keymat(const SuiteEsp *suite)
{
    Secret *keymat = secret_new_zero(suite_esp_keymat_length(suite));

    for (gsize i = 0; i < secret_length(keymat); i++)
        secret_edit(keymat)[i] = (guint8)(i * 7 + 3);
    return keymat;
}

SuiteEsp
support_suite(const char *text)
{
    SuiteEsp suite = {0};

    g_assert_true(suite_esp_parse(text, &suite));
    return suite;
}

static void
put16(guint8 *at, gsize value)
{
    at[0] = (guint8)(value >> 8);
    at[1] = (guint8)value;
}

/* RFC 1071 as its text says, without any trick. */
static guint16
plain_sum(const guint8 *data, gsize length)
{
    guint32 sum = 0;

    for (gsize i = 0; i < length; i += 2) {
        sum += (guint32)data[i] << 8 | data[i + 1];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (guint16)sum;
}

void
support_fix_header(guint8 *packet)
{
    put16(packet + 10, 0);
    put16(packet + 10, (guint16)~plain_sum(packet, (gsize)(packet[0] & 15) * 4));
}

void
support_packet4(guint8 *ret_packet, gsize total, guint16 identification, gboolean has_df)
{
    memset(ret_packet, 0, 28);
    ret_packet[0] = 0x45;
    put16(ret_packet + 2, total);
    put16(ret_packet + 4, identification);
    put16(ret_packet + 6, has_df ? 0x4000 : 0);
    ret_packet[8] = 64;
    ret_packet[9] = 17;
    memcpy(ret_packet + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
    support_fix_header(ret_packet);
    put16(ret_packet + 20, 4000);
    put16(ret_packet + 22, 4001);
    put16(ret_packet + 24, total - 20);
    for (gsize i = 28; i < total; i++)
        ret_packet[i] = (guint8)(i * 3 + i / 256);
}

void
support_packet6(guint8 *ret_packet, gsize total)
{
    memset(ret_packet, 0, 48);
    ret_packet[0] = 0x60;
    put16(ret_packet + 4, total - 40);
    ret_packet[6] = 17;
    ret_packet[7] = 64;
    ret_packet[8] = 0xfd;
    ret_packet[23] = 1;
    ret_packet[24] = 0xfd;
    ret_packet[39] = 2;
    put16(ret_packet + 40, 4000);
    put16(ret_packet + 42, 4001);
    put16(ret_packet + 44, total - 40);
    for (gsize i = 48; i < total; i++)
        ret_packet[i] = (guint8)(i * 3 + i / 256);
}

gboolean
support_header_sum_is_right(const guint8 *packet)
{
    return plain_sum(packet, (gsize)(packet[0] & 15) * 4) == 0xffff;
}
