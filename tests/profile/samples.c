/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "samples.h"

#include <string.h>

static void
sample_free(gpointer data)
{
    Sample *sample = data;

    g_free(sample->name);
    g_free(sample->error);
    g_free(sample->format);
    g_ptr_array_unref(sample->rows);
    g_free(sample);
}

static Sample *
sample_new(const char *name)
{
    Sample *sample = g_new0(Sample, 1);

    sample->name = g_strdup(name);
    sample->rows = g_ptr_array_new_with_free_func(g_free);
    return sample;
}

GPtrArray *
sample_list(void)
{
    GPtrArray *samples = g_ptr_array_new_with_free_func(sample_free);
    g_autofree char *text = sample_load("EXPECTED", NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Sample *last = NULL;

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = lines[i];

        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (line[0] != ' ') {
            last = sample_new(line);
            g_ptr_array_add(samples, last);
        } else if (g_str_has_prefix(line, "  error=")) {
            last->error = g_strdup(line + strlen("  error="));
        } else {
            g_ptr_array_add(last->rows, g_strdup(line + 2));
        }
    }
    for (guint i = 0; i < samples->len; i++) {
        Sample *sample = samples->pdata[i];
        g_autoptr(Import) import = sample_import(sample->name, NULL);

        sample->format = import != NULL ? g_strdup(import->format) : NULL;
    }
    return samples;
}

char *
sample_load(const char *name, gsize *ret_length)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "samples", name, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, ret_length, &error);
    g_assert_no_error(error);
    return text;
}

Secret *
sample_read(const char *path, gpointer user_data, GError **error)
{
    g_autofree char *full = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;

    if (g_path_is_absolute(path)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not of this computer");
        return NULL;
    }
    full = g_test_build_filename(G_TEST_DIST, "samples", path, NULL);
    if (!g_file_get_contents(full, &text, &length, error))
        return NULL;
    return secret_new(text, length);
}

static char **
expand(const char *pattern, gpointer user_data)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "samples", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GPtrArray *names = g_ptr_array_new();
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL)
        if (g_pattern_match_simple(pattern, name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

Import *
sample_import(const char *name, GError **error)
{
    ImportFiles files = {sample_read, expand, NULL};
    gsize length = 0;
    g_autofree char *text = sample_load(name, &length);

    return import_parse(text, length, NULL, name, &files, error);
}
