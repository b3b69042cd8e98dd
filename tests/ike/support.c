/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <string.h>

JsonNode *
test_load(const char *path)
{
    g_autofree char *full = g_build_filename(TEST_VECTORS, path, NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;

    if (!json_parser_load_from_file(parser, full, &error))
        g_error("%s: %s", full, error->message);
    return json_parser_steal_root(parser);
}

JsonObject *
test_object(JsonNode *node)
{
    return json_node_get_object(node);
}

GBytes *
test_hex(const char *hex)
{
    gsize digits = hex != NULL ? strlen(hex) : 0;
    gsize length = (digits + 1) / 2;
    guint8 *octets = g_malloc0(length + 1);

    for (gsize i = 0; i < digits; i++) {
        gsize place = i + digits % 2;

        octets[place / 2] |= (guint8)(g_ascii_xdigit_value(hex[i]) << (place % 2 == 0 ? 4 : 0));
    }
    return g_bytes_new_take(octets, length);
}

const char *
test_text(JsonObject *object, const char *name)
{
    if (!json_object_has_member(object, name) || json_object_get_null_member(object, name))
        return NULL;
    return json_object_get_string_member(object, name);
}

GBytes *
test_member(JsonObject *object, const char *name)
{
    const char *hex = test_text(object, name);

    return hex != NULL ? test_hex(hex) : NULL;
}

Secret *
test_secret(GBytes *bytes)
{
    return secret_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

GBytes *
test_padded(GBytes *bytes, gsize length)
{
    gsize have = g_bytes_get_size(bytes);
    guint8 *octets = g_malloc0(length);

    g_assert_cmpuint(have, <=, length);
    memcpy(octets + length - have, g_bytes_get_data(bytes, NULL), have);
    return g_bytes_new_take(octets, length);
}

static gint
compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
test_list(const char *folder, const char *suffix)
{
    g_autofree char *full = g_build_filename(TEST_VECTORS, folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(full, 0, NULL);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_strconcat(folder, "/", name, suffix, NULL);
        g_autofree char *there = g_build_filename(TEST_VECTORS, path, NULL);

        if (g_str_has_suffix(path, ".json") && g_file_test(there, G_FILE_TEST_IS_REGULAR))
            g_ptr_array_add(list, g_steal_pointer(&path));
    }
    g_ptr_array_sort(list, compare_text);
    return list;
}

static char *
hex_of(Reader octets)
{
    GString *text = g_string_new(NULL);

    while (reader_left(&octets) > 0)
        g_string_append_printf(text, "%02x", reader_u8(&octets));
    return g_string_free(text, FALSE);
}

void
test_equal(const char *what, Reader seen, GBytes *expected)
{
    g_autofree char *one = hex_of(seen);
    g_autofree char *two = NULL;

    g_assert_nonnull(expected);
    two = hex_of(reader_of_bytes(expected));
    if (strcmp(one, two) != 0)
        g_error("%s\n is    %s\n wants %s", what, one, two);
}
