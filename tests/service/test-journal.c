/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char *directory;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->directory = g_dir_make_tmp("coati-journal-XXXXXX", NULL);
    g_assert_nonnull(fixture->directory);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_auto(GStrv) ids = journal_list(fixture->directory);

    for (gsize i = 0; ids[i]; i++) {
        g_autofree char *path = g_build_filename(fixture->directory, ids[i], NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
}

static Journal *
open_journal(Fixture *fixture, const char *id)
{
    g_autoptr(GError) error = NULL;
    Journal *journal = journal_open(fixture->directory, id, &error);

    g_assert_no_error(error);
    return journal;
}

static void
append(Journal *journal, const char *line)
{
    g_autoptr(GError) error = NULL;

    journal_append(journal, line, FALSE, &error);
    g_assert_no_error(error);
}

static char *
read_file(Fixture *fixture, const char *id)
{
    g_autofree char *path = g_build_filename(fixture->directory, id, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void
write_file(Fixture *fixture, const char *id, const char *text, gssize length)
{
    g_autofree char *path = g_build_filename(fixture->directory, id, NULL);

    g_assert_true(g_file_set_contents(path, text, length, NULL));
}

/* Collects the lines; refuses those that start with "bad". */
static gboolean
collect(const char *undo, gpointer user_data, GError **error)
{
    g_string_append_printf(user_data, "%s|", undo);
    if (!g_str_has_prefix(undo, "bad"))
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", undo);
    return FALSE;
}

static void
test_walk_goes_backwards_and_removes_the_file(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Journal) journal = open_journal(fixture, "t1");
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    append(journal, "one");
    append(journal, "two");
    append(journal, "three");
    g_assert_true(journal_walk(journal, collect, seen, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(seen->str, ==, "three|two|one|");
    text = read_file(fixture, "t1");
    g_assert_null(text);
    g_assert_true(journal_is_empty(journal));
}

static void
test_line_is_on_disk_when_append_returns(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Journal) journal = open_journal(fixture, "t1");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    append(journal, "link coati0");
    g_assert_true(journal_append(journal, "dns file coati0 t1", TRUE, &error));
    text = read_file(fixture, "t1");
    g_assert_cmpstr(text, ==, "link coati0\ndns file coati0 t1\n");
}

static void
test_walk_goes_past_failures_and_keeps_them(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Journal) journal = open_journal(fixture, "t1");
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    append(journal, "one");
    append(journal, "bad two");
    append(journal, "three");
    append(journal, "bad four");
    g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*bad four*");
    g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*bad two*");
    g_assert_false(journal_walk(journal, collect, seen, &error));
    g_test_assert_expected_messages();
    g_assert_cmpstr(error->message, ==, "bad four");
    g_assert_cmpstr(seen->str, ==, "bad four|three|bad two|one|");
    text = read_file(fixture, "t1");
    g_assert_cmpstr(text, ==, "bad two\nbad four\n");
}

static void
test_same_line_is_written_once(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = NULL;

    for (int i = 0; i < 2; i++) {
        g_autoptr(Journal) journal = open_journal(fixture, "t1");

        append(journal, "routes 0");
        append(journal, "routes 0");
    }
    text = read_file(fixture, "t1");
    g_assert_cmpstr(text, ==, "routes 0\n");
}

static void
test_torn_last_line_is_ignored_and_cut(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Journal) journal = NULL;
    g_autofree char *text = NULL;

    write_file(fixture, "t1", "link coati0\nrou", -1);
    journal = open_journal(fixture, "t1");
    g_assert_null(journal_find(journal, "rou"));
    append(journal, "rules 0");
    text = read_file(fixture, "t1");
    g_assert_cmpstr(text, ==, "link coati0\nrules 0\n");
}

static void
test_last_line_with_a_prefix_is_found(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Journal) journal = open_journal(fixture, "t1");

    append(journal, "link coati0");
    append(journal, "link coati3");
    append(journal, "rules 3");
    g_assert_cmpstr(journal_find(journal, "link "), ==, "coati3");
    g_assert_null(journal_find(journal, "dns "));
}

static void
test_damaged_lines_are_dropped(Fixture *fixture, gconstpointer data)
{
    static const char text[] = "link coati0\n\nru\0les\n\x1b[2J\n\xff\xfe\nrules 0\n";
    g_autoptr(Journal) journal = NULL;
    g_autoptr(GString) seen = g_string_new(NULL);

    write_file(fixture, "t1", text, sizeof text - 1);
    for (int i = 0; i < 4; i++)
        g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*damaged line*");
    journal = open_journal(fixture, "t1");
    g_test_assert_expected_messages();
    g_assert_true(journal_walk(journal, collect, seen, NULL));
    g_assert_cmpstr(seen->str, ==, "rules 0|link coati0|");
}

static void
test_endless_file_is_bounded(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Journal) journal = NULL;
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 10000; i++)
        g_string_append_printf(text, "line %d\n", i);
    write_file(fixture, "t1", text->str, (gssize)text->len);
    journal = open_journal(fixture, "t1");
    g_assert_nonnull(journal_find(journal, "line 255"));
    g_assert_null(journal_find(journal, "line 256"));
    g_assert_false(journal_append(journal, "one more", FALSE, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
test_names_that_leave_the_directory_are_refused(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = {"", "..", "../x", "a/b", "a.b", "a b", "\xc3\xa4"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(journal_open(fixture->directory, names[i], &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_file_is_private(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Journal) journal = open_journal(fixture, "t1");
    g_autofree char *path = g_build_filename(fixture->directory, "t1", NULL);
    struct stat status;

    append(journal, "link coati0");
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

static void
test_unwritable_directory_is_an_error(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(journal_open("/proc/coati", "t1", &error));
    g_assert_nonnull(error);
}

#define ADD(name) g_test_add("/journal/" #name, Fixture, NULL, set_up, test_##name, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(walk_goes_backwards_and_removes_the_file);
    ADD(line_is_on_disk_when_append_returns);
    ADD(walk_goes_past_failures_and_keeps_them);
    ADD(same_line_is_written_once);
    ADD(torn_last_line_is_ignored_and_cut);
    ADD(last_line_with_a_prefix_is_found);
    ADD(damaged_lines_are_dropped);
    ADD(endless_file_is_bounded);
    ADD(names_that_leave_the_directory_are_refused);
    ADD(file_is_private);
    ADD(unwritable_directory_is_an_error);
    return g_test_run();
}
