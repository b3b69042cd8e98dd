/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that a racoon.conf names: certificates, keys and psk.txt, all by way of the caller. */
#include "profile/racoon-map.h"

#include <string.h>

void
racoon_paths(RacoonDraft *draft, const RacoonTree *tree)
{
    for (guint i = 0; i < tree->statements->len; i++) {
        const RacoonStatement *statement = tree->statements->pdata[i];
        char **words = statement->words;

        if (strcmp(words[0], "path") != 0 || words[1] == NULL || words[2] == NULL)
            continue;
        if (strcmp(words[1], "certificate") == 0)
            draft->certificate_dir = words[2];
        else if (strcmp(words[1], "pre_shared_key") == 0)
            draft->psk_file = words[2];
    }
}

/* At its place, or beside the configuration: people copy both to a new computer. */
static Secret *
read_near(RacoonDraft *draft, const char *path, GError **error)
{
    const ImportFiles *files = draft->files;
    g_autofree char *base = g_path_get_basename(path);
    Secret *content;

    if (files->read == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "other files cannot be read from here");
        return NULL;
    }
    content = files->read(path, files->user_data, error);
    if (content == NULL && strcmp(base, path) != 0)
        content = files->read(base, files->user_data, NULL);
    if (content != NULL)
        g_clear_error(error);
    return content;
}

Secret *
racoon_read(RacoonDraft *draft, const RacoonStatement *at, const char *file, ProfileField field)
{
    g_autofree char *path = g_path_is_absolute(file) || draft->certificate_dir == NULL
                                ? g_strdup(file)
                                : g_build_filename(draft->certificate_dir, file, NULL);
    g_autoptr(GError) error = NULL;
    Secret *content = read_near(draft, path, &error);

    if (content == NULL)
        import_note(draft->import, IMPORT_NOTE_MISSING, at->file, at->line,
                    "%s: \"%s\" cannot be read (%s); set %s (@FILE)", at->words[0], path,
                    error->message, profile_field_info(field)->name);
    return content;
}

/* "0x..." is a key in hexadecimal. */
static Secret *
parse_key(const char *text, gsize length)
{
    Secret *secret;

    if (length < 4 || length % 2 != 0 || strncmp(text, "0x", 2) != 0)
        return secret_new(text, length);
    for (gsize i = 2; i < length; i++)
        if (!g_ascii_isxdigit(text[i]))
            return secret_new(text, length);
    secret = secret_new_zero(length / 2 - 1);
    for (gsize i = 0; i < length / 2 - 1; i++)
        secret_edit(secret)[i] = (guint8)(g_ascii_xdigit_value(text[2 * i + 2]) << 4 |
                                          g_ascii_xdigit_value(text[2 * i + 3]));
    return secret;
}

static void
strip(const char **line, gsize *length)
{
    while (*length > 0 && g_ascii_isspace((*line)[*length - 1]))
        (*length)--;
    while (*length > 0 && g_ascii_isspace(**line)) {
        (*line)++;
        (*length)--;
    }
}

/* A line is "id<blanks>key to the end of the line"; others are skipped. */
gboolean
racoon_psk_next(const char **at, char **ret_id, Secret **ret_key)
{
    while (**at != '\0') {
        const char *line = *at;
        gsize length = strcspn(line, "\n");
        gsize id_length = 0;
        char *id;

        *at += length + (line[length] == '\n');
        strip(&line, &length);
        while (id_length < length && !g_ascii_isspace(line[id_length]))
            id_length++;
        if (id_length == 0 || id_length == length || line[0] == '#')
            continue;
        id = g_strndup(line, id_length);
        line += id_length;
        length -= id_length;
        strip(&line, &length);
        *ret_id = id;
        *ret_key = parse_key(line, length);
        return TRUE;
    }
    return FALSE;
}

void
racoon_psk_lookup(RacoonDraft *draft, const char *id, ProfileField field)
{
    g_autoptr(Secret) content = NULL;
    g_autoptr(GError) error = NULL;
    const char *at;

    if (draft->psk_file == NULL)
        return;
    content = read_near(draft, draft->psk_file, &error);
    if (content == NULL) {
        import_note(draft->import, IMPORT_NOTE_MISSING, NULL, 0, "%s: \"%s\" cannot be read (%s)",
                    profile_field_info(field)->name, draft->psk_file, error->message);
        return;
    }
    at = secret_text(content);
    for (;;) {
        g_autofree char *found = NULL;
        g_autoptr(Secret) key = NULL;

        if (!racoon_psk_next(&at, &found, &key))
            return;
        if (strcmp(found, id) != 0)
            continue;
        if (profile_take_secret(draft->profile, field, g_steal_pointer(&key), &error))
            import_note(draft->import, IMPORT_NOTE_MAPPED, NULL, 0, "%s: key of \"%s\" -> %s",
                        draft->psk_file, id, profile_field_info(field)->name);
        else
            import_note(draft->import, IMPORT_NOTE_DROPPED, NULL, 0, "%s: %s", draft->psk_file,
                        error->message);
        return;
    }
}
