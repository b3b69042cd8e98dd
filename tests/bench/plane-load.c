/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datagrams for the benchmark: many small ones, and one at a time.
 *
 *     plane-load sink ADDRESS PORT                     counts; one line "octets packets" for each
 *                                                      "report" datagram, then starts anew
 *     plane-load blast ADDRESS PORT SIZE TRAIN SECONDS sends: TRAIN datagrams in each message
 *     plane-load ping ADDRESS PORT ROUNDS              one datagram there and back, after the other,
 *                                                      prints microseconds: p50 p90 p99
 *     plane-load echo ADDRESS PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 32, ROOM = 65536, BUFFER = 16 << 20, OPTION_SEGMENT = 103, OPTION_GRO = 104 };

static guint8 rooms[BATCH][ROOM];

G_NORETURN static void
fail(const char *what)
{
    fprintf(stderr, "plane-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int
open_socket(const char *address, const char *port, gboolean is_server)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((guint16)atoi(port))};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int size = BUFFER;

    if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
        fail(address);
    if ((is_server ? bind : connect)(fd, (struct sockaddr *)&name, sizeof name) < 0)
        fail(address);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    return fd;
}

static guint
datagrams_of(const struct mmsghdr *message)
{
    struct cmsghdr *head = CMSG_FIRSTHDR(&message->msg_hdr);
    int size = 0;

    if (head != NULL && head->cmsg_level == IPPROTO_UDP && head->cmsg_type == OPTION_GRO)
        memcpy(&size, CMSG_DATA(head), sizeof size);
    return size > 0 ? (message->msg_len + (guint)size - 1) / (guint)size : 1;
}

static void
run_sink(int fd)
{
    static guint8 controls[BATCH][64] __attribute__((aligned(8)));
    const int on = 1;
    guint64 octets = 0;
    guint64 packets = 0;

    setsockopt(fd, IPPROTO_UDP, OPTION_GRO, &on, sizeof on);
    for (;;) {
        struct mmsghdr messages[BATCH];
        struct iovec parts[BATCH];
        int count;

        for (guint i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){rooms[i], ROOM};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i],
                                                  .msg_iovlen = 1,
                                                  .msg_control = controls[i],
                                                  .msg_controllen = sizeof controls[i]};
        }
        count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++) {
            if (messages[i].msg_len == 6 && memcmp(rooms[i], "report", 6) == 0) {
                printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", octets, packets);
                fflush(stdout);
                octets = packets = 0;
                continue;
            }
            octets += messages[i].msg_len;
            packets += datagrams_of(&messages[i]);
        }
    }
}

static void
run_blast(int fd, guint size, guint train, double seconds)
{
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    struct mmsghdr messages[BATCH] = {0};
    struct iovec part = {rooms[0], size * train};
    guint64 packets = 0;
    const int segment = (int)size;

    if (train > 1 && setsockopt(fd, IPPROTO_UDP, OPTION_SEGMENT, &segment, sizeof segment) < 0)
        fail("UDP_SEGMENT");
    for (guint i = 0; i < BATCH; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
    while (g_get_monotonic_time() < end) {
        int count = sendmmsg(fd, messages, BATCH, 0);

        if (count > 0)
            packets += (guint64)count * train;
    }
    printf("%" G_GUINT64_FORMAT "\n", packets);
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a;
    gint64 y = *(const gint64 *)b;

    return x < y ? -1 : x > y;
}

static void
run_ping(int fd, guint rounds)
{
    g_autofree gint64 *times = g_new0(gint64, rounds);
    struct timeval limit = {.tv_sec = 1};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    for (guint i = 0; i < rounds; i++) {
        gint64 start = g_get_monotonic_time();

        if (send(fd, rooms[0], 64, 0) < 0 || recv(fd, rooms[1], ROOM, 0) != 64)
            fail("no answer");
        times[i] = g_get_monotonic_time() - start;
    }
    qsort(times, rounds, sizeof *times, compare);
    printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", times[rounds / 2],
           times[rounds * 9 / 10], times[rounds * 99 / 100]);
}

static void
run_echo(int fd)
{
    for (;;) {
        struct sockaddr_storage name;
        socklen_t length = sizeof name;
        ssize_t got = recvfrom(fd, rooms[0], ROOM, 0, (struct sockaddr *)&name, &length);

        if (got > 0)
            sendto(fd, rooms[0], (size_t)got, 0, (struct sockaddr *)&name, length);
    }
}

int
main(int argc, char **argv)
{
    const char *what = argc >= 4 ? argv[1] : "";
    gboolean is_server = g_str_equal(what, "sink") || g_str_equal(what, "echo");
    int fd = argc >= 4 ? open_socket(argv[2], argv[3], is_server) : -1;

    if (g_str_equal(what, "sink"))
        run_sink(fd);
    else if (g_str_equal(what, "echo"))
        run_echo(fd);
    else if (g_str_equal(what, "blast") && argc == 7)
        run_blast(fd, (guint)atoi(argv[4]), (guint)atoi(argv[5]), atof(argv[6]));
    else if (g_str_equal(what, "ping") && argc == 5)
        run_ping(fd, (guint)atoi(argv[4]));
    else
        return 2;
    return 0;
}
