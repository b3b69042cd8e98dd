/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "given.h"

char *
given_text(const char *name)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", name, NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}
