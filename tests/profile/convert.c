/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* convert FORMAT FILE: a sample in another format, with its secrets, for checks from outside. */
#include "profile/export.h"
#include "profile/import.h"

#include <stdio.h>

static Secret *
read_beside(const char *path, gpointer folder, GError **error)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *full = g_build_filename(folder, base, NULL);
    g_autofree char *text = NULL;
    gsize length = 0;

    if (!g_file_get_contents(full, &text, &length, error))
        return NULL;
    return secret_new(text, length);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *folder = argc == 3 ? g_path_get_dirname(argv[2]) : NULL;
    ImportFiles files = {read_beside, NULL, folder};
    gsize length = 0;
    g_autoptr(Import) import = NULL;
    g_autoptr(Export) export = NULL;

    if (argc == 3 && g_file_get_contents(argv[2], &text, &length, &error))
        import = import_parse(text, length, NULL, argv[2], &files, &error);
    if (import != NULL)
        export = export_write(import->profiles->pdata[0], argv[1], TRUE, &error);
    if (export == NULL) {
        fprintf(stderr, "convert: %s\n", error != NULL ? error->message : "FORMAT FILE");
        return 1;
    }
    fputs(secret_text(export->text), stdout);
    return 0;
}
