/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon that is killed in the middle of a deed, at each one of them.
 *
 * The linker puts a counter before every call that changes something (--wrap); the one that is
 * due kills the process. The test runs itself again as the victim, for each deed of applying and
 * of undoing, then recovers and compares the machine with what it was.
 */
#include "network.h"

#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_DEEDS = 200, ALL_DONE = 33 };

/* Counts down to the deed before which the victim dies; 0 = never. */
static volatile gint deeds_left;

static void
count_deed(void)
{
    if (g_atomic_int_get(&deeds_left) > 0 && g_atomic_int_dec_and_test(&deeds_left))
        kill(getpid(), SIGKILL);
}

ssize_t __real_mnl_socket_sendto(const struct mnl_socket *nl, const void *data, size_t length);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *data, size_t length);
ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);
int __real_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_symlink(const char *target, const char *path);
int __wrap_symlink(const char *target, const char *path);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
gboolean __real_g_file_set_contents_full(const char *path, const char *text, gssize length,
                                         GFileSetContentsFlags flags, int mode, GError **error);
gboolean __wrap_g_file_set_contents_full(const char *path, const char *text, gssize length,
                                         GFileSetContentsFlags flags, int mode, GError **error);

/* Types of rtnetlink come in fours: new, delete, get, set. */
ssize_t
__wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *data, size_t length)
{
    const struct nlmsghdr *message = data;

    if ((message->nlmsg_type - RTM_BASE) % 4 != 2)
        count_deed();
    return __real_mnl_socket_sendto(nl, data, length);
}

ssize_t
__wrap_write(int fd, const void *data, size_t length)
{
    count_deed();
    return __real_write(fd, data, length);
}

int
__wrap_ftruncate(int fd, off_t length)
{
    count_deed();
    return __real_ftruncate(fd, length);
}

int
__wrap_unlink(const char *path)
{
    count_deed();
    return __real_unlink(path);
}

int
__wrap_rename(const char *from, const char *to)
{
    count_deed();
    return __real_rename(from, to);
}

int
__wrap_symlink(const char *target, const char *path)
{
    count_deed();
    return __real_symlink(target, path);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    count_deed();
    return __real_ioctl(fd, request, argument);
}

gboolean
__wrap_g_file_set_contents_full(const char *path, const char *text, gssize length,
                                GFileSetContentsFlags flags, int mode, GError **error)
{
    count_deed();
    return __real_g_file_set_contents_full(path, text, length, flags, mode, error);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    *(GAsyncResult **)user_data = g_object_ref(result);
}

static void
wait_for(GAsyncResult **result)
{
    while (!*result)
        g_main_context_iteration(NULL, TRUE);
}

static NetworkHost
host_of(const char *directory)
{
    static char *conf;

    g_free(conf);
    conf = g_build_filename(directory, "resolv.conf", NULL);
    return (NetworkHost){.state_directory = directory,
                         .resolv_conf = conf,
                         .resolvconf_program = "/nonexistent/resolvconf"};
}

static void
apply_full(Network *network)
{
    static const char *const search[] = {"corp.example", NULL};
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    NetworkPlan plan = {.is_full_tunnel = TRUE, .closes_ipv6 = TRUE, .search_domains = search};
    NetPrefix routes[2];
    NetAddress server;

    g_assert_true(net_address_parse("10.9.8.7", &plan.address4));
    g_assert_true(net_address_parse("10.1.0.53", &server));
    g_assert_true(net_prefix_parse("10.1.0.0/16", &routes[0]));
    g_assert_true(net_prefix_parse("10.2.0.0/16", &routes[1]));
    g_assert_true(net_address_parse("192.168.7.2", &plan.natt.local.address));
    g_assert_true(net_address_parse(GATEWAY, &plan.natt.remote.address));
    plan.natt.local.port = plan.natt.remote.port = 4500;
    plan.includes = routes;
    plan.include_count = 1;
    plan.excludes = &routes[1];
    plan.exclude_count = 1;
    plan.dns = &server;
    plan.dns_count = 1;
    network_apply_async(network, &plan, NULL, on_done, &result);
    wait_for(&result);
    network_apply_finish(network, result, &error);
    g_assert_no_error(error);
}

static void
undo(Network *network)
{
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    network_undo_async(network, on_done, &result);
    wait_for(&result);
    network_undo_finish(network, result, &error);
    g_assert_no_error(error);
}

/* Dies before the deed that is due, or ends with ALL_DONE. */
static int
be_victim(const char *directory, const char *phase, int deed)
{
    NetworkHost host = host_of(directory);
    g_autoptr(GError) error = NULL;
    Network *network = network_new(&host, "t1", &error);
    Fd tun = -1;

    g_assert_no_error(error);
    if (strcmp(phase, "apply") == 0)
        g_atomic_int_set(&deeds_left, deed);
    network_open_link(network, TRUE, &tun, &error);
    g_assert_no_error(error);
    apply_full(network);
    g_atomic_int_set(&deeds_left, deed);
    if (strcmp(phase, "undo") == 0)
        undo(network);
    return ALL_DONE;
}

/* TRUE when it was killed, FALSE when it lived through all deeds. */
static gboolean
kill_at(const char *directory, const char *phase, int deed)
{
    g_autofree char *number = g_strdup_printf("%d", deed);
    const char *arguments[] = {"/proc/self/exe", "--victim", directory, phase, number, NULL};
    g_autoptr(GError) error = NULL;
    int status;

    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status,
                 &error);
    g_assert_no_error(error);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return TRUE;
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, ALL_DONE);
    return FALSE;
}

/* What resolv.conf is, be it a file or a link. */
static char *
describe_conf(const char *path)
{
    g_autofree char *target = g_file_read_link(path, NULL);
    g_autofree char *text = NULL;
    GStatBuf status = {0};

    g_file_get_contents(path, &text, NULL, NULL);
    g_lstat(path, &status);
    return g_strdup_printf("%o %s %s", status.st_mode, target ? target : "-", text ? text : "-");
}

static void
assert_restored(const char *directory, const char *before, const char *conf)
{
    NetworkHost host = host_of(directory);
    g_autofree char *scratch = g_strconcat(host.resolv_conf, ".coati", NULL);
    g_autofree char *after = namespace_dump();
    g_autofree char *conf_after = describe_conf(host.resolv_conf);
    g_auto(GStrv) left = network_list(&host);

    g_assert_cmpstr(after, ==, before);
    g_assert_cmpstr(conf_after, ==, conf);
    g_assert_cmpuint(g_strv_length(left), ==, 0);
    g_assert_false(g_file_test(scratch, G_FILE_TEST_IS_SYMLINK | G_FILE_TEST_EXISTS));
}

static void
recover_in_time(const char *directory)
{
    NetworkHost host = host_of(directory);
    gint64 start = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    network_recover(&host, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
}

static void
make_conf(const char *path, const char *kind)
{
    if (strcmp(kind, "file") == 0) {
        g_assert_true(g_file_set_contents(path,
                                          "search home.example\nnameserver 192.0.2.53\n"
                                          "options edns0 trust-ad rotate timeout:1\n"
                                          "# long enough to be cut when something shorter "
                                          "takes its place, and a bit longer than that\n",
                                          -1, NULL));
        g_assert_cmpint(g_chmod(path, 0664), ==, 0);
    } else if (strcmp(kind, "link") == 0) {
        g_assert_cmpint(__real_symlink("../run/elsewhere/resolv.conf", path), ==, 0);
    }
}

static void
test_machine_is_restored_after_each_deed(gconstpointer data)
{
    g_auto(GStrv) words = g_strsplit(data, " ", 2);
    g_autofree char *directory = g_dir_make_tmp("coati-crash-XXXXXX", NULL);
    NetworkHost host = host_of(directory);
    g_autofree char *before = namespace_dump();
    g_autofree char *clean_up = g_strdup_printf("rm -r %s", directory);
    g_autofree char *conf = NULL;
    int deed = 1;

    make_conf(host.resolv_conf, words[1]);
    conf = describe_conf(host.resolv_conf);
    while (deed < MAX_DEEDS && kill_at(directory, words[0], deed)) {
        recover_in_time(directory);
        assert_restored(directory, before, conf);
        deed++;
    }
    g_test_message("%s: %d deeds", (const char *)data, deed - 1);
    g_assert_cmpint(deed, >, 10);
    g_assert_cmpint(deed, <, MAX_DEEDS);
    if (strcmp(words[0], "apply") == 0) {
        g_autofree char *applied = namespace_dump();

        g_assert_cmpstr(applied, !=, before);
        recover_in_time(directory);
    }
    assert_restored(directory, before, conf);
    g_assert_true(g_spawn_command_line_sync(clean_up, NULL, NULL, NULL, NULL));
}

/* Recovery itself may be killed: the next one finishes. */
static int
be_recovering_victim(const char *directory, int deed)
{
    NetworkHost host = host_of(directory);

    g_atomic_int_set(&deeds_left, deed);
    return network_recover(&host, NULL, NULL) ? ALL_DONE : 1;
}

static void
test_recovery_may_be_killed_too(void)
{
    g_autofree char *directory = g_dir_make_tmp("coati-crash-XXXXXX", NULL);
    NetworkHost host = host_of(directory);
    g_autofree char *before = namespace_dump();
    g_autofree char *clean_up = g_strdup_printf("rm -r %s", directory);
    g_autofree char *conf = NULL;
    gboolean was_killed = TRUE;

    make_conf(host.resolv_conf, "file");
    conf = describe_conf(host.resolv_conf);
    for (int deed = 1; was_killed; deed++) {
        g_assert_false(kill_at(directory, "apply", 0));
        was_killed = kill_at(directory, "recover", deed);
        recover_in_time(directory);
        assert_restored(directory, before, conf);
    }
    g_assert_true(g_spawn_command_line_sync(clean_up, NULL, NULL, NULL, NULL));
}

int
main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--victim") == 0)
        return strcmp(argv[3], "recover") == 0 ? be_recovering_victim(argv[2], atoi(argv[4]))
                                               : be_victim(argv[2], argv[3], atoi(argv[4]));
    g_test_init(&argc, &argv, NULL);
    namespace_enter();
    g_test_add_data_func("/crash/apply_over_a_file", "apply file",
                         test_machine_is_restored_after_each_deed);
    g_test_add_data_func("/crash/apply_over_a_link", "apply link",
                         test_machine_is_restored_after_each_deed);
    g_test_add_data_func("/crash/apply_over_nothing", "apply none",
                         test_machine_is_restored_after_each_deed);
    g_test_add_data_func("/crash/undo_of_a_file", "undo file",
                         test_machine_is_restored_after_each_deed);
    g_test_add_data_func("/crash/undo_of_a_link", "undo link",
                         test_machine_is_restored_after_each_deed);
    g_test_add_func("/crash/recovery_may_be_killed_too", test_recovery_may_be_killed_too);
    return g_test_run();
}
