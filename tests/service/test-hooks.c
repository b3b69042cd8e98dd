/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hooks.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
make_folder(mode_t mode)
{
    char *path = g_dir_make_tmp("coati-hooks-XXXXXX", NULL);

    g_assert_nonnull(path);
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
    return path;
}

static void
put_file(const char *folder, const char *name, const char *text, mode_t mode, uid_t owner)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(chown(path, owner, 0), ==, 0);
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static void
remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(folder);
}

static gboolean
needs_root(void)
{
    if (geteuid() == 0)
        return TRUE;
    g_test_skip("needs root: files of several owners");
    return FALSE;
}

static void
test_only_files_of_root_alone_are_run(void)
{
    g_autoptr(GPtrArray) refused = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) paths = NULL;
    g_autofree char *folder = NULL;
    g_autofree char *link = NULL;

    if (!needs_root())
        return;
    folder = make_folder(0755);
    link = g_build_filename(folder, "6-link.up", NULL);
    put_file(folder, "2-good.up", "#!/bin/sh\n", 0755, 0);
    put_file(folder, "1-good.up", "#!/bin/sh\n", 0755, 0);
    put_file(folder, "3-of-user.up", "#!/bin/sh\n", 0755, 1000);
    put_file(folder, "4-group.up", "#!/bin/sh\n", 0775, 0);
    put_file(folder, "5-plain.up", "#!/bin/sh\n", 0644, 0);
    put_file(folder, "7-other.down", "#!/bin/sh\n", 0755, 0);
    put_file(folder, "phase1-up.sh", "#!/bin/sh\n", 0755, 0);
    g_assert_cmpint(symlink("/bin/true", link), ==, 0);
    paths = hooks_list(folder, HOOK_UP, refused);
    g_assert_cmpuint(paths->len, ==, 2);
    g_assert_true(g_str_has_suffix(paths->pdata[0], "/1-good.up"));
    g_assert_true(g_str_has_suffix(paths->pdata[1], "/2-good.up"));
    g_assert_cmpuint(refused->len, ==, 4);
    remove_folder(folder);
}

static void
test_a_folder_that_others_may_write_is_refused_as_a_whole(void)
{
    g_autoptr(GPtrArray) refused = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) paths = NULL;
    g_autofree char *folder = NULL;

    if (!needs_root())
        return;
    folder = make_folder(0777);
    put_file(folder, "good.up", "#!/bin/sh\n", 0755, 0);
    paths = hooks_list(folder, HOOK_UP, refused);
    g_assert_cmpuint(paths->len, ==, 0);
    g_assert_cmpuint(refused->len, ==, 1);
    remove_folder(folder);
}

static void
test_without_a_folder_nothing_is_run_and_nothing_is_said(void)
{
    g_autoptr(GPtrArray) refused = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) paths = hooks_list("/nonexistent/hooks.d", HOOK_DOWN, refused);

    g_assert_cmpuint(paths->len, ==, 0);
    g_assert_cmpuint(refused->len, ==, 0);
}

/* The environment is what was given and nothing else; the argument is racoon's word. */
static void
test_a_hook_gets_its_argument_and_a_clean_environment(void)
{
    static const char *const environment[] = {"INTERNAL_ADDR4=10.99.0.1", "COATI_EVENT=up", NULL};
    g_autofree char *folder = NULL;
    g_autofree char *out = NULL;
    g_autofree char *script = NULL;
    g_autofree char *text = NULL;

    if (!needs_root())
        return;
    folder = make_folder(0755);
    out = g_build_filename(folder, "out", NULL);
    script = g_strdup_printf("#!/bin/sh\n{ echo \"$1\"; /usr/bin/env; } >%s.new\n"
                             "/bin/mv %s.new %s\n",
                             out, out, out);
    put_file(folder, "show.up", script, 0755, 0);
    g_setenv("SECRET_OF_COATID", "1", TRUE);
    hooks_run(folder, HOOK_UP, "office", environment);
    for (guint i = 0; i < 100 && !g_file_test(out, G_FILE_TEST_EXISTS); i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(50000);
    }
    g_assert_true(g_file_get_contents(out, &text, NULL, NULL));
    g_assert_true(g_str_has_prefix(text, "phase1_up\n"));
    g_assert_nonnull(strstr(text, "\nINTERNAL_ADDR4=10.99.0.1\n"));
    g_assert_null(strstr(text, "SECRET_OF_COATID"));
    while (g_main_context_iteration(NULL, FALSE))
        ;
    remove_folder(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hooks/only-files-of-root-alone-are-run",
                    test_only_files_of_root_alone_are_run);
    g_test_add_func("/hooks/a-folder-that-others-may-write-is-refused-as-a-whole",
                    test_a_folder_that_others_may_write_is_refused_as_a_whole);
    g_test_add_func("/hooks/without-a-folder-nothing-is-run-and-nothing-is-said",
                    test_without_a_folder_nothing_is_run_and_nothing_is_said);
    g_test_add_func("/hooks/a-hook-gets-its-argument-and-a-clean-environment",
                    test_a_hook_gets_its_argument_and_a_clean_environment);
    return g_test_run();
}
