/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of another program, damaged or made to harm. Every file that they name is the input itself,
 * so includes, certificates and psk.txt are hostile too.
 */
#include "profile/import.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *data;
    size_t size;
} Input;

static Secret *
read_itself(const char *path, gpointer user_data, GError **error)
{
    const Input *input = user_data;

    return secret_new(input->data, input->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = {data, size};
    ImportFiles files = {read_itself, NULL, &input};
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import = NULL;

    if (size > 16384)
        return 0;
    import = import_parse((const char *)data, size, "racoon", "fuzz", &files, &error);
    g_assert_true((import == NULL) == (error != NULL));
    for (guint i = 0; import != NULL && i < import->profiles->len; i++) {
        g_autoptr(Secret) written = profile_write(import->profiles->pdata[i], TRUE);
        g_autoptr(Profile) again =
            profile_parse(secret_text(written), secret_length(written), "fuzz", &error);

        g_assert_no_error(error);
        g_assert_nonnull(again);
    }
    for (guint i = 0; import != NULL && i < import->notes->len; i++) {
        g_autofree char *text = import_note_format(import->notes->pdata[i]);

        g_assert_true(g_utf8_validate(text, -1, NULL));
    }
    return 0;
}
