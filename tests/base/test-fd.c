/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct {
    Fd ends[2];
} Pair;

static void
pair_open(Pair *pair, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(fd_pair(pair->ends, &error));
    g_assert_no_error(error);
}

static void
pair_close(Pair *pair, gconstpointer data)
{
    fd_close(&pair->ends[0]);
    fd_close(&pair->ends[1]);
}

static void
test_messages_keep_their_borders(Pair *pair, gconstpointer data)
{
    guint8 room[16];
    Fd fds[FD_MAX_PASSED];
    gsize count;

    g_assert_true(fd_send(pair->ends[0], "abc", 3, NULL, 0, NULL));
    g_assert_true(fd_send(pair->ends[0], "de", 2, NULL, 0, NULL));
    g_assert_cmpint(fd_receive(pair->ends[1], room, sizeof room, fds, &count, NULL), ==, 3);
    g_assert_cmpint(fd_receive(pair->ends[1], room, sizeof room, fds, &count, NULL), ==, 2);
    g_assert_cmpuint(count, ==, 0);
}

static void
test_descriptors_arrive_close_on_exec(Pair *pair, gconstpointer data)
{
    g_auto(Fd) null = open("/dev/null", O_RDONLY);
    guint8 room[16];
    Fd fds[FD_MAX_PASSED];
    gsize count;

    g_assert_true(fd_send(pair->ends[0], "x", 1, &null, 1, NULL));
    g_assert_cmpint(fd_receive(pair->ends[1], room, sizeof room, fds, &count, NULL), ==, 1);
    g_assert_cmpuint(count, ==, 1);
    g_assert_cmpint(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, !=, 0);
    g_assert_cmpint(fds[1], ==, -1);
    fd_close(&fds[0]);
}

static void
test_a_message_that_was_cut_is_an_error(Pair *pair, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    guint8 room[2];
    Fd fds[FD_MAX_PASSED];
    gsize count;

    g_assert_true(fd_send(pair->ends[0], "abc", 3, NULL, 0, NULL));
    g_assert_cmpint(fd_receive(pair->ends[1], room, sizeof room, fds, &count, &error), ==, -1);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_silence_and_the_end_are_told_apart(Pair *pair, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    guint8 room[2];
    Fd fds[FD_MAX_PASSED];
    gsize count;

    g_assert_cmpint(fd_receive(pair->ends[1], room, sizeof room, fds, &count, &error), ==, -1);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    fd_close(&pair->ends[0]);
    g_assert_cmpint(fd_receive(pair->ends[1], room, sizeof room, fds, &count, NULL), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/fd/messages-keep-their-borders", Pair, NULL, pair_open,
               test_messages_keep_their_borders, pair_close);
    g_test_add("/fd/descriptors-arrive-close-on-exec", Pair, NULL, pair_open,
               test_descriptors_arrive_close_on_exec, pair_close);
    g_test_add("/fd/a-message-that-was-cut-is-an-error", Pair, NULL, pair_open,
               test_a_message_that_was_cut_is_an_error, pair_close);
    g_test_add("/fd/silence-and-the-end-are-told-apart", Pair, NULL, pair_open,
               test_silence_and_the_end_are_told_apart, pair_close);
    return g_test_run();
}
