/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/swan-map.h"

#include <string.h>

enum { MAX_INCLUDES = 32 };

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

void
swan_open(SwanReader *reader, const ImportFiles *files, const char *origin)
{
    *reader = (SwanReader){.files = files, .origin = origin};
    reader->texts = g_ptr_array_new_with_free_func(free_secret);
    reader->names = g_string_chunk_new(1024);
}

void
swan_close(SwanReader *reader)
{
    g_ptr_array_unref(reader->texts);
    g_string_chunk_free(reader->names);
}

char *
swan_keep(SwanReader *reader, const char *text, gsize length)
{
    Secret *copy = secret_new(text, length);

    g_ptr_array_add(reader->texts, copy);
    return (char *)secret_edit(copy);
}

char *
swan_keep_name(SwanReader *reader, const char *name)
{
    return g_string_chunk_insert(reader->names, name);
}

static gboolean
include_one(SwanReader *reader, const char *file, guint line, const char *path, SwanParse parse,
            gpointer user_data, GError **error)
{
    g_autoptr(Secret) content = NULL;
    const char *bad = NULL;

    if (++reader->includes > MAX_INCLUDES)
        return import_fail(error, file, line, "include: more than %d files, or a circle",
                           MAX_INCLUDES);
    content = reader->files->read(path, reader->files->user_data, NULL);
    if (content == NULL)
        return TRUE;
    if (strlen(secret_text(content)) != secret_length(content) ||
        !g_utf8_validate(secret_text(content), -1, &bad))
        return import_fail(error, file, line, "include: \"%.60s\" is not text in UTF-8", path);
    return parse(reader, swan_keep_name(reader, path),
                 swan_keep(reader, secret_text(content), secret_length(content)), user_data, error);
}

gboolean
swan_include(SwanReader *reader, const char *file, guint line, const char *pattern, SwanParse parse,
             gpointer user_data, GError **error)
{
    g_auto(GStrv) paths = NULL;

    if (reader->files->read == NULL)
        return TRUE;
    if (strpbrk(pattern, "*?") == NULL)
        return include_one(reader, file, line, pattern, parse, user_data, error);
    if (reader->files->expand != NULL)
        paths = reader->files->expand(pattern, reader->files->user_data);
    for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
        if (!include_one(reader, file, line, paths[i], parse, user_data, error))
            return FALSE;
    return TRUE;
}

Secret *
swan_secret(const char *text)
{
    gsize length = strlen(text);
    Secret *secret;

    if (g_str_has_prefix(text, "0s")) {
        gint state = 0;
        guint save = 0;
        g_autoptr(Secret) octets = secret_new_zero(length / 4 * 3 + 3);

        length = g_base64_decode_step(text + 2, length - 2, secret_edit(octets), &state, &save);
        return secret_new(secret_data(octets), length);
    }
    if (!g_str_has_prefix(text, "0x"))
        return secret_new_text(text);
    if (length % 2 != 0 || strspn(text + 2, "0123456789abcdefABCDEF") != length - 2)
        return NULL;
    secret = secret_new_zero(length / 2 - 1);
    for (gsize i = 1; i < length / 2; i++)
        secret_edit(secret)[i - 1] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                                              g_ascii_xdigit_value(text[2 * i + 1]));
    return secret;
}

gboolean
swan_id_matches(const char *id, const char *who)
{
    if (id == NULL || who == NULL || strcmp(id, "%any") == 0)
        return TRUE;
    return strcmp(id + (id[0] == '@'), who + (who[0] == '@')) == 0;
}
