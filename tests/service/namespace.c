/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { NOBODY = 65534, SKIP = 77, ECHO_PORT = 4500, TUN_MAJOR = 10, TUN_MINOR = 200 };

static void
skip_unless(gboolean claim, const char *what)
{
    if (claim)
        return;
    printf("1..0 # SKIP %s: %s\n", what, g_strerror(errno));
    exit(SKIP);
}

char *
namespace_ip(const char *format, ...)
{
    g_autofree char *arguments = NULL;
    g_autofree char *command = NULL;
    g_autofree char *complaint = NULL;
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    va_list list;
    int status;

    va_start(list, format);
    arguments = g_strdup_vprintf(format, list);
    va_end(list);
    command = g_strconcat("ip ", arguments, NULL);
    g_spawn_command_line_sync(command, &output, &complaint, &status, &error);
    g_assert_no_error(error);
    if (status != 0)
        g_error("%s: %s", command, complaint);
    return g_strchomp(output);
}

char *
namespace_way(const char *format, ...)
{
    g_autofree char *arguments = NULL;
    g_autofree char *command = NULL;
    g_autofree char *output = NULL;
    g_autofree char *complaint = NULL;
    g_auto(GStrv) words = NULL;
    va_list list;

    va_start(list, format);
    arguments = g_strdup_vprintf(format, list);
    va_end(list);
    command = g_strdup_printf("ip route get %s", arguments);
    g_assert_true(g_spawn_command_line_sync(command, &output, &complaint, NULL, NULL));
    words = g_strsplit_set(output, " \n", -1);
    for (gsize i = 0; words[i]; i++)
        if (strcmp(words[i], "dev") == 0)
            return g_strdup(words[i + 1]);
    return g_strdup("none");
}

static void
ip(const char *arguments)
{
    g_free(namespace_ip("%s", arguments));
}

static void
dump_filters(GString *dump)
{
    g_autofree char *output = NULL;
    g_autofree char *complaint = NULL;
    int status = 1;

    g_spawn_command_line_sync("nft list ruleset", &output, &complaint, &status, NULL);
    g_string_append_printf(dump, "nft: %s%s\n", status == 0 ? output : "failed", complaint);
}

char *
namespace_dump(void)
{
    static const char *const parts[] = {
        "-j link",    "-j addr",   "-j -4 route show table all", "-j -6 route show table all",
        "-j -4 rule", "-j -6 rule"};
    GString *dump = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = namespace_ip("%s", parts[i]);

        g_string_append_printf(dump, "%s\n%s\n", parts[i], part);
    }
    dump_filters(dump);
    return g_string_free(dump, FALSE);
}

void
namespace_sysctl(const char *path, const char *value)
{
    g_autofree char *file = g_strconcat("/proc/sys/net/", path, NULL);
    FILE *stream = fopen(file, "we");

    g_assert_nonnull(stream);
    g_assert_cmpint(fputs(value, stream), >=, 0);
    g_assert_cmpint(fclose(stream), ==, 0);
}

/* Until the test has ended: nobody writes to alive, but only its end closes it. */
static void
echo_while(int alive)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ECHO_PORT)};
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    struct pollfd waits[] = {{.fd = alive, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    char buffer[2048];

    address.sin_addr.s_addr = inet_addr(GATEWAY);
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0)
        _exit(1);
    while (poll(waits, G_N_ELEMENTS(waits), -1) > 0 && waits[0].revents == 0) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        ssize_t length =
            recvfrom(server, buffer, sizeof buffer, 0, (struct sockaddr *)&peer, &size);

        if (length >= (ssize_t)strlen(KNOCK) && memcmp(buffer, KNOCK, strlen(KNOCK)) == 0) {
            peer.sin_addr.s_addr = inet_addr(INNER);
            peer.sin_port = htons(KNOCK_PORT);
        }
        if (length >= 0)
            sendto(server, buffer, (size_t)length, 0, (struct sockaddr *)&peer, size);
    }
    _exit(0);
}

static void
run_other_side(int ready, int go)
{
    char octet = 'x';

    if (unshare(CLONE_NEWNET) < 0 || write(ready, &octet, 1) != 1 || read(go, &octet, 1) != 1)
        _exit(1);
    ip("link set lo up");
    ip("link set lan1 addrgenmode none up");
    ip("addr add 192.168.7.1/24 dev lan1");
    ip("addr add fd07::1/64 dev lan1 nodad");
    ip("addr add " GATEWAY "/32 dev lo");
    ip("route add " INNER "/32 via 192.168.7.2");
    if (write(ready, &octet, 1) != 1)
        _exit(1);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    echo_while(go);
}

static void
make_lan(void)
{
    int ready[2], go[2];
    char octet = 'x';
    pid_t other;

    ip("link set lo up");
    ip("link add " LAN " type veth peer name lan1");
    g_assert_cmpint(pipe2(ready, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(go, O_CLOEXEC), ==, 0);
    other = fork();
    if (other == 0) {
        close(go[1]);
        run_other_side(ready[1], go[0]);
    }
    skip_unless(read(ready[0], &octet, 1) == 1, "a second network namespace is needed");
    g_free(namespace_ip("link set lan1 netns %d", (int)other));
    ip("link set " LAN " addrgenmode none up");
    ip("addr add 192.168.7.2/24 dev " LAN);
    ip("addr add fd07::2/64 dev " LAN " nodad");
    g_assert_cmpint(write(go[1], &octet, 1), ==, 1);
    g_assert_cmpint(read(ready[0], &octet, 1), ==, 1);
    ip("route add default via 192.168.7.1");
    ip("-6 route add default via fd07::1");
}

void
namespace_enter(void)
{
    skip_unless(geteuid() == 0, "root is needed");
    skip_unless(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "namespaces are needed");
    skip_unless(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "a private / is needed");
    skip_unless(access("/dev/net/tun", F_OK) == 0, "TUN is needed");
    skip_unless(mount("tmpfs", "/dev/net", "tmpfs", 0, "mode=0755") == 0, "tmpfs is needed");
    skip_unless(mknod("/dev/net/tun", S_IFCHR | 0666, makedev(TUN_MAJOR, TUN_MINOR)) == 0 &&
                    chmod("/dev/net/tun", 0666) == 0,
                "a device node is needed");
    make_lan();
}

void
namespace_become_nobody(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_NET_ADMIN;
    g_assert_cmpint(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), ==, 0);
    g_assert_cmpint(setgroups(0, NULL), ==, 0);
    g_assert_cmpint(setresgid(NOBODY, NOBODY, NOBODY), ==, 0);
    g_assert_cmpint(setresuid(NOBODY, NOBODY, NOBODY), ==, 0);
    g_assert_cmpint(syscall(SYS_capset, &header, data), ==, 0);
    g_assert_cmpint(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0), ==, 0);
    /* /proc/self stays readable for ip(8) and for the test. */
    g_assert_cmpint(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), ==, 0);
}
