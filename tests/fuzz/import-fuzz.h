/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Body of the fuzz targets of importers: one format each. Every file that the input names is the
 * input itself, so includes and certificates are hostile too. What was imported is a profile that
 * can be written and read again, and goes out in every format without harm.
 */
#pragma once

#include "profile/export.h"
#include "profile/import.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    size_t size;
} ImportFuzzInput;

static Secret *
import_fuzz_read(const char *path, gpointer user_data, GError **error)
{
    const ImportFuzzInput *input = user_data;

    return secret_new(input->data, input->size);
}

static char **
import_fuzz_expand(const char *pattern, gpointer user_data)
{
    static const char *const paths[] = {"a", "b", NULL};

    return g_strdupv((char **)paths);
}

/* What the notes say is kept must be there again. */
static void
import_fuzz_export(const Profile *profile, const char *format)
{
    g_autoptr(Export) export = export_write(profile, format, TRUE, NULL);
    g_autoptr(Import) import = NULL;
    g_autoptr(GError) error = NULL;

    /* Without a gateway there is nothing to connect, and some formats cannot say so. */
    if (export == NULL || !profile_is_set(profile, PROFILE_CONNECTION_GATEWAY))
        return;
    import = import_parse(secret_text(export->text), secret_length(export->text), format, "out",
                          NULL, &error);
    if (error != NULL)
        g_error("%s: %s", format, error->message);
    for (gint i = PROFILE_CONNECTION_GATEWAY; i < PROFILE_IMPORT_SOURCE; i++) {
        g_autofree char *before = profile_format(profile, (ProfileField)i);
        g_autofree char *after = profile_format(import->profiles->pdata[0], (ProfileField)i);

        if (export->is_kept[i] && g_hash_table_size(export->files) == 0)
            g_assert_cmpstr(before, ==, after);
    }
}

/* format NULL: as the content says. */
static int
import_fuzz(const char *format, const uint8_t *data, size_t size)
{
    ImportFuzzInput input = {data, size};
    ImportFiles files = {import_fuzz_read, import_fuzz_expand, &input};
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import = NULL;
    const char *title;
    const char *name;
    gboolean is_written;

    if (size > 16384)
        return 0;
    import = import_parse((const char *)data, size, format, "fuzz", &files, &error);
    g_assert_true((import == NULL) == (error != NULL));
    for (guint i = 0; import != NULL && i < import->profiles->len; i++) {
        const Profile *profile = import->profiles->pdata[i];
        g_autoptr(Secret) written = profile_write(profile, TRUE);
        g_autoptr(Profile) again =
            profile_parse(secret_text(written), secret_length(written), "fuzz", &error);

        g_assert_no_error(error);
        g_assert_nonnull(again);
        for (guint j = 0; (name = import_format_name(j, &title, &is_written)) != NULL; j++)
            if (is_written)
                import_fuzz_export(profile, name);
    }
    for (guint i = 0; import != NULL && i < import->notes->len; i++) {
        g_autofree char *text = import_note_format(import->notes->pdata[i]);

        g_assert_true(g_utf8_validate(text, -1, NULL));
    }
    return 0;
}
