/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test is the service manager: it hears at $NOTIFY_SOCKET what sd_notify(3) describes, and
 * passes descriptors as sd_listen_fds(3) does.
 */
#include "fdstore.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The descriptors of sd_listen_fds(3) start here; the tests make sure that it is theirs. */
enum { FIRST_FD = 3 };

typedef struct {
    char *directory;
    Fd manager;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *path = NULL;

    fixture->directory = g_dir_make_tmp("coati-fdstore-XXXXXX", NULL);
    path = g_build_filename(fixture->directory, "notify", NULL);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    fixture->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fixture->manager, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_setenv("NOTIFY_SOCKET", path, TRUE);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->directory, "notify", NULL);

    g_unsetenv("NOTIFY_SOCKET");
    fd_close(&fixture->manager);
    g_unlink(path);
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
}

/* What the manager hears; the caller's. ret_fd is -1 when none came along. */
static char *
hear(Fixture *fixture, Fd *ret_fd)
{
    union {
        char data[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char text[256] = "";
    struct iovec part = {.iov_base = text, .iov_len = sizeof text - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.data,
                             .msg_controllen = sizeof control.data};
    struct cmsghdr *header;

    *ret_fd = -1;
    g_assert_cmpint(recvmsg(fixture->manager, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), >, 0);
    header = CMSG_FIRSTHDR(&message);
    if (header != NULL)
        memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
    return g_strdup(text);
}

static ino_t
inode_of(Fd fd)
{
    struct stat status;

    g_assert_cmpint(fstat(fd, &status), ==, 0);
    return status.st_ino;
}

static void
test_a_copy_goes_to_the_manager(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FdStore) store = fdstore_new();
    g_auto(Fd) mine = open("/dev/null", O_RDWR | O_CLOEXEC);
    g_auto(Fd) kept = -1;
    g_autofree char *text = NULL;

    fdstore_put(store, "coati0", mine);
    text = hear(fixture, &kept);
    g_assert_cmpstr(text, ==, "FDSTORE=1\nFDNAME=coati0");
    g_assert_cmpint(kept, >=, 0);
    g_assert_cmpuint(inode_of(kept), ==, inode_of(mine));
}

static void
test_what_is_dropped_is_not_kept(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FdStore) store = fdstore_new();
    g_auto(Fd) none = -1;
    g_autofree char *text = NULL;

    fdstore_drop(store, "coati0");
    text = hear(fixture, &none);
    g_assert_cmpstr(text, ==, "FDSTOREREMOVE=1\nFDNAME=coati0");
    g_assert_cmpint(none, ==, -1);
}

/* In a process of its own, whose descriptor 3 is the test's to give. */
static void
test_what_was_kept_is_taken_once(Fixture *fixture, gconstpointer data)
{
    g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
    g_autoptr(FdStore) store = NULL;
    g_auto(Fd) saved = fcntl(FIRST_FD, F_DUPFD_CLOEXEC, 10);
    g_auto(Fd) zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    g_auto(Fd) back = -1;
    ino_t wanted = inode_of(zero);

    g_assert_cmpint(dup2(zero, FIRST_FD), ==, FIRST_FD);
    g_setenv("LISTEN_PID", pid, TRUE);
    g_setenv("LISTEN_FDS", "1", TRUE);
    g_setenv("LISTEN_FDNAMES", "coati7", TRUE);
    store = fdstore_new();
    g_assert_null(g_getenv("LISTEN_FDS"));
    g_assert_cmpint(fdstore_take(store, "coati0"), ==, -1);
    back = fdstore_take(store, "coati7");
    g_assert_cmpint(back, ==, FIRST_FD);
    g_assert_cmpuint(inode_of(back), ==, wanted);
    g_assert_cmpint(fcntl(back, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    g_assert_cmpint(fdstore_take(store, "coati7"), ==, -1);
    if (saved >= 0)
        dup2(saved, fd_steal(&back));
}

static void
test_descriptors_of_a_parent_are_left_alone(Fixture *fixture, gconstpointer data)
{
    g_autoptr(FdStore) store = NULL;

    g_setenv("LISTEN_PID", "1", TRUE);
    g_setenv("LISTEN_FDS", "1", TRUE);
    g_setenv("LISTEN_FDNAMES", "coati7", TRUE);
    store = fdstore_new();
    g_assert_cmpint(fdstore_take(store, "coati7"), ==, -1);
}

static void
test_without_a_manager_nothing_happens(void)
{
    g_autoptr(FdStore) store = fdstore_new();

    fdstore_put(store, "coati0", STDIN_FILENO);
    fdstore_drop(store, "coati0");
    g_assert_cmpint(fdstore_take(store, "coati0"), ==, -1);
    fdstore_put(NULL, "coati0", STDIN_FILENO);
    g_assert_cmpint(fdstore_take(NULL, "coati0"), ==, -1);
}

#define ADD(name) g_test_add("/fdstore/" #name, Fixture, NULL, set_up, test_##name, tear_down)

int
main(int argc, char **argv)
{
    g_unsetenv("NOTIFY_SOCKET");
    g_test_init(&argc, &argv, NULL);
    ADD(a_copy_goes_to_the_manager);
    ADD(what_is_dropped_is_not_kept);
    ADD(what_was_kept_is_taken_once);
    ADD(descriptors_of_a_parent_are_left_alone);
    g_test_add_func("/fdstore/without_a_manager_nothing_happens",
                    test_without_a_manager_nothing_happens);
    return g_test_run();
}
