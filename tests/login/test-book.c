/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The book over crashes: what is told, what is left, and never a second Stop. */
#include "login/book.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *directory;
    Book *book;
    GString *sent; /* event and session of each */
    guint64 last_number;
} World;

static void
on_send(guint64 number, const RadiusRecord *record, gpointer user_data)
{
    World *world = user_data;

    g_string_append_printf(world->sent, "%d%s ", record->event, record->session);
    world->last_number = number;
}

static void
reopen(World *world)
{
    g_autoptr(GError) error = NULL;

    book_close(world->book);
    g_string_truncate(world->sent, 0);
    world->book = book_open(world->directory, on_send, world, &error);
    g_assert_no_error(error);
}

static World *
world_new(void)
{
    World *world = g_new0(World, 1);

    world->directory = g_dir_make_tmp("coati-book-XXXXXX", NULL);
    world->sent = g_string_new(NULL);
    reopen(world);
    return world;
}

static void
world_free(World *world)
{
    g_autofree char *path = g_build_filename(world->directory, "accounting.book", NULL);

    book_close(world->book);
    g_unlink(path);
    g_rmdir(world->directory);
    g_free(world->directory);
    g_string_free(world->sent, TRUE);
    g_free(world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static void
tell(World *world, RadiusEvent event, const char *session)
{
    g_autoptr(RadiusRecord) record = radius_record_new(event);
    g_autoptr(GError) error = NULL;

    g_free(record->session);
    record->session = g_strdup(session);
    record->octets_in = 77;
    g_assert_true(book_add(world->book, record, 1700000000, &error));
    g_assert_no_error(error);
}

static void
test_only_one_start_and_one_stop_leave(void)
{
    g_autoptr(World) world = world_new();

    tell(world, RADIUS_EVENT_STOP, "a");
    tell(world, RADIUS_EVENT_INTERIM, "a");
    tell(world, RADIUS_EVENT_START, "a");
    tell(world, RADIUS_EVENT_START, "a");
    tell(world, RADIUS_EVENT_INTERIM, "a");
    tell(world, RADIUS_EVENT_STOP, "a");
    tell(world, RADIUS_EVENT_STOP, "a");
    tell(world, RADIUS_EVENT_INTERIM, "a");
    g_assert_cmpstr(world->sent->str, ==, "1a 3a 2a ");
}

static void
test_what_waits_is_sent_again_after_a_crash(void)
{
    g_autoptr(World) world = world_new();

    tell(world, RADIUS_EVENT_START, "a");
    book_cross_out(world->book, world->last_number);
    tell(world, RADIUS_EVENT_STOP, "a");
    reopen(world);
    g_assert_cmpstr(world->sent->str, ==, "2a ");
    book_cross_out(world->book, world->last_number);
    reopen(world);
    g_assert_cmpstr(world->sent->str, ==, "");
    tell(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpstr(world->sent->str, ==, "");
}

static void
test_sessions_go_on_when_only_this_process_fell(void)
{
    g_autoptr(World) world = world_new();

    tell(world, RADIUS_EVENT_START, "a");
    book_cross_out(world->book, world->last_number);
    reopen(world);
    reopen(world);
    g_assert_cmpuint(book_sessions(world->book), ==, 1);
    tell(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpstr(world->sent->str, ==, "2a ");
}

static void
test_on_closes_what_a_crash_left_open(void)
{
    g_autoptr(World) world = world_new();

    tell(world, RADIUS_EVENT_START, "a");
    tell(world, RADIUS_EVENT_INTERIM, "a");
    reopen(world);
    g_assert_cmpstr(world->sent->str, ==, "1a 3a ");
    tell(world, RADIUS_EVENT_ON, "");
    tell(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpstr(world->sent->str, ==, "1a 3a 2a 7 ");
    g_assert_cmpuint(book_sessions(world->book), ==, 0);
}

static void
test_every_cut_of_the_file_opens(void)
{
    g_autoptr(World) world = world_new();
    g_autofree char *path = g_build_filename(world->directory, "accounting.book", NULL);
    g_autofree char *text = NULL;
    gsize length;

    tell(world, RADIUS_EVENT_START, "a");
    tell(world, RADIUS_EVENT_STOP, "a");
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (gsize cut = 0; cut <= length; cut++) {
        g_assert_true(g_file_set_contents(path, text, (gssize)cut, NULL));
        reopen(world);
        g_assert_true(g_str_has_prefix("1a 2a ", world->sent->str));
        g_assert_cmpuint(book_waiting(world->book), ==, cut == length ? 2 : world->sent->len / 3);
    }
}

static void
test_garbage_is_not_believed(void)
{
    g_autoptr(World) world = world_new();
    g_autofree char *path = g_build_filename(world->directory, "accounting.book", NULL);

    g_assert_true(g_file_set_contents(path, "\xff\xff\xff\xff garbage", -1, NULL));
    reopen(world);
    g_assert_cmpstr(world->sent->str, ==, "");
    tell(world, RADIUS_EVENT_START, "a");
    reopen(world);
    g_assert_cmpstr(world->sent->str, ==, "1a ");
}

static void
test_the_file_does_not_grow_for_ever(void)
{
    g_autoptr(World) world = world_new();
    g_autofree char *path = g_build_filename(world->directory, "accounting.book", NULL);
    GStatBuf status;

    for (guint i = 0; i < 20000; i++) {
        tell(world, i == 0 ? RADIUS_EVENT_START : RADIUS_EVENT_INTERIM, "a");
        book_cross_out(world->book, world->last_number);
    }
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_size, <, 1024 * 1024);
    g_string_truncate(world->sent, 0);
    reopen(world);
    tell(world, RADIUS_EVENT_STOP, "a");
    g_assert_cmpstr(world->sent->str, ==, "2a ");
}

static void
tell_number(World *world, guint64 serial, RadiusEvent event, const char *session)
{
    g_autoptr(RadiusRecord) record = radius_record_new(event);

    g_free(record->session);
    record->session = g_strdup(session);
    record->serial = serial;
    g_assert_true(book_add(world->book, record, 1700000000, NULL));
}

/* Whoever tells them does not know what was on disk when this process fell. */
static void
test_what_is_told_again_leaves_once(void)
{
    g_autoptr(World) world = world_new();

    for (guint i = 0; i < 2; i++) {
        tell_number(world, 1, RADIUS_EVENT_START, "a");
        tell_number(world, 2, RADIUS_EVENT_STOP, "a");
    }
    g_assert_cmpstr(world->sent->str, ==, "1a 2a ");
    g_assert_cmpuint(book_serial(world->book), ==, 2);
    book_cross_out(world->book, 1);
    book_cross_out(world->book, 2);
    reopen(world);
    reopen(world);
    g_assert_cmpuint(book_serial(world->book), ==, 2);
    tell_number(world, 1, RADIUS_EVENT_START, "a");
    tell_number(world, 2, RADIUS_EVENT_STOP, "a");
    tell_number(world, 3, RADIUS_EVENT_START, "b");
    g_assert_cmpstr(world->sent->str, ==, "1b ");
}

static void
test_a_line_is_json(void)
{
    g_autoptr(RadiusRecord) record = radius_record_new(RADIUS_EVENT_STOP);
    g_autofree char *line = NULL;

    g_free(record->session);
    record->session = g_strdup("5fbc0001");
    record->user = g_strdup("a\"b\\c\n");
    record->octets_in = G_GUINT64_CONSTANT(8589934593);
    record->cause = RADIUS_CAUSE_LOST_CARRIER;
    record->unix_seconds = 1700000000;
    line = book_json_line(record);
    g_assert_cmpstr(
        line, ==,
        "{\"event\":\"stop\",\"time\":\"2023-11-14T22:13:20Z\",\"session\":\"5fbc0001\","
        "\"user\":\"a\\\"b\\\\c\\u000a\",\"seconds\":0,\"octets-in\":8589934593,"
        "\"octets-out\":0,\"packets-in\":0,\"packets-out\":0,"
        "\"cause\":\"lost-carrier\"}\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/login/book/only_one_start_and_one_stop_leave",
                    test_only_one_start_and_one_stop_leave);
    g_test_add_func("/login/book/what_waits_is_sent_again_after_a_crash",
                    test_what_waits_is_sent_again_after_a_crash);
    g_test_add_func("/login/book/sessions_go_on_when_only_this_process_fell",
                    test_sessions_go_on_when_only_this_process_fell);
    g_test_add_func("/login/book/on_closes_what_a_crash_left_open",
                    test_on_closes_what_a_crash_left_open);
    g_test_add_func("/login/book/every_cut_of_the_file_opens", test_every_cut_of_the_file_opens);
    g_test_add_func("/login/book/garbage_is_not_believed", test_garbage_is_not_believed);
    g_test_add_func("/login/book/the_file_does_not_grow_for_ever",
                    test_the_file_does_not_grow_for_ever);
    g_test_add_func("/login/book/what_is_told_again_leaves_once",
                    test_what_is_told_again_leaves_once);
    g_test_add_func("/login/book/a_line_is_json", test_a_line_is_json);
    return g_test_run();
}
