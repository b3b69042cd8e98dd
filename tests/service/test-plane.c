/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plane-lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 65536 };

static const char *const suites[] = {"3des-md5",      "aes128-sha1",   "aes256-sha256",
                                     "aes192-sha384", "aes256-sha512", "aes128gcm16",
                                     "aes256gcm16"};

static const guint8 sent[ROOM];
static guint8 received[ROOM];

static void
cross_sizes(Lab *lab, const gsize *sizes, gsize count)
{
    static const gint families[] = {AF_INET, AF_INET6};

    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        Fd sockets[LAB_ENDS];

        lab_open_pair(lab, families[i], sockets);
        for (gsize k = 0; k < count; k++)
            lab_cross(lab, sockets, sizes[k]);
        for (guint end = 0; end < LAB_ENDS; end++)
            fd_close(&sockets[end]);
    }
}

static const gsize sizes[] = {0,    1,    2,    15,   16,   17,   100,   500,  524,
                              525,  1000, 1251, 1252, 1253, 1372, 1373,  1374, 1394,
                              1395, 1400, 1472, 2000, 3000, 8000, 20000, 65000};

static void
test_datagrams_of_all_sizes_cross_with_every_suite(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        LabOptions options = {.suite = suites[i], .tun_mtu = 1406, .has_vnet = i % 2 == 1};
        g_autoptr(Lab) lab = lab_new(&options);
        LabCapture capture;

        g_test_message("%s", suites[i]);
        cross_sizes(lab, sizes, G_N_ELEMENTS(sizes));
        capture = lab_capture(lab);
        g_assert_cmpuint(capture.packets, >, 100);
        g_assert_cmpuint(capture.largest, <=, 1500);
        g_assert_cmpuint(capture.fragments, ==, 0);
    }
}

static void
test_datagrams_cross_over_ipv6(void)
{
    LabOptions options = {.suite = "aes256-sha1", .tun_mtu = 1406, .is_six_outside = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    LabCapture capture;

    cross_sizes(lab, sizes, G_N_ELEMENTS(sizes));
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, <=, 1500);
    g_assert_cmpuint(capture.fragments, ==, 0);
    g_assert_cmpuint(plane_mtu(lab->ends[0].plane), ==, 1406);
}

/* 552 octets inside make 624 outside. */
static void
test_esp_frag_bounds_every_outer_packet(void)
{
    static const gint discover[] = {IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_PROBE};
    static const gsize frag_sizes[] = {1, 524, 525, 1000, 1372, 1400, 8000, 65000};
    LabOptions options = {.suite = "aes128-sha1", .esp_fragment_octets = 552, .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    LabCapture capture;

    for (gsize i = 0; i < G_N_ELEMENTS(discover); i++) {
        Fd sockets[LAB_ENDS];

        lab_open_pair(lab, AF_INET, sockets);
        for (guint end = 0; end < LAB_ENDS; end++)
            setsockopt(sockets[end], IPPROTO_IP, IP_MTU_DISCOVER, &discover[i], sizeof(gint));
        for (gsize k = 0; k < G_N_ELEMENTS(frag_sizes); k++)
            if (discover[i] != IP_PMTUDISC_PROBE || frag_sizes[k] <= 1372)
                lab_cross(lab, sockets, frag_sizes[k]);
        for (guint end = 0; end < LAB_ENDS; end++)
            fd_close(&sockets[end]);
    }
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, ==, 624);
    g_assert_cmpuint(capture.fragments, ==, 0);
}

static gint
path_mtu_of(Fd fd, gint family)
{
    gint mtu = 0;
    socklen_t length = sizeof mtu;

    getsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
               family == AF_INET ? IP_MTU : IPV6_MTU, &mtu, &length);
    return mtu;
}

static void
test_the_kernel_learns_the_tunnels_mtu(void)
{
    static const gint families[] = {AF_INET, AF_INET6};
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1500};
    g_autoptr(Lab) lab = lab_new(&options);

    g_assert_cmpuint(plane_mtu(lab->ends[LAB_LEFT].plane), ==, 1422);
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        Fd sockets[LAB_ENDS];
        gint discover = families[i] == AF_INET ? IP_PMTUDISC_DO : IPV6_PMTUDISC_DO;

        lab_open_pair(lab, families[i], sockets);
        setsockopt(sockets[LAB_LEFT], families[i] == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                   families[i] == AF_INET ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &discover,
                   sizeof discover);
        g_assert_cmpint(path_mtu_of(sockets[LAB_LEFT], families[i]), ==, 1500);
        g_assert_cmpint(send(sockets[LAB_LEFT], sent, 1440, 0), ==, 1440);
        lab_run(lab);
        g_assert_cmpint(path_mtu_of(sockets[LAB_LEFT], families[i]), ==, 1422);
        for (guint end = 0; end < LAB_ENDS; end++)
            fd_close(&sockets[end]);
    }
    g_assert_cmpuint(lab_drops(lab, LAB_LEFT, "out-too-big"), ==, 2);
}

static void
test_tcp_crosses_whole(void)
{
    LabOptions options = {.suite = "aes128gcm16", .tun_mtu = 1438};
    g_autoptr(Lab) lab = lab_new(&options);
    LabCapture capture;

    lab_transfer(lab, AF_INET, 1 << 20);
    lab_transfer(lab, AF_INET6, 1 << 20);
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, ==, 1500);
    g_assert_cmpuint(capture.fragments, ==, 0);
}

/* With the MSS clamped no TCP segment needs cutting: data packets carry 512 octets each, so a
 * transfer of 256 KiB takes about 512 of them, not twice as many. */
static void
test_tcp_fits_esp_frag_without_fragments(void)
{
    LabOptions options = {.suite = "aes128-sha1", .esp_fragment_octets = 552, .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    LabCapture capture;
    BoundaryCounters counters;

    lab_transfer(lab, AF_INET, 256 << 10);
    plane_counters(lab->ends[LAB_LEFT].plane, lab->now, &counters);
    g_assert_cmpuint(counters.packets_out, >=, 512);
    g_assert_cmpuint(counters.packets_out, <, 600);
    lab_transfer(lab, AF_INET6, 256 << 10);
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, <=, 624);
    g_assert_cmpuint(capture.fragments, ==, 0);
}

/* The left plane alone limits both directions: the server's segments by the SYN that leaves, the
 * client's by the SYN-ACK that arrives. */
static void
test_one_plane_clamps_both_directions(void)
{
    LabOptions options = {.suite = "aes128-sha1",
                          .esp_fragment_octets = 552,
                          .is_frag_left_alone = TRUE,
                          .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    g_auto(Fd) listener = lab_socket(lab, LAB_RIGHT, AF_INET, SOCK_STREAM);
    g_auto(Fd) client = lab_socket(lab, LAB_LEFT, AF_INET, SOCK_STREAM);
    g_auto(Fd) server = -1;
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    gint segment = 0;
    socklen_t size = sizeof segment;

    g_assert_cmpint(listen(listener, 1), ==, 0);
    getsockname(listener, (struct sockaddr *)&name, &length);
    connect(client, (struct sockaddr *)&name, length);
    lab_run(lab);
    server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    g_assert_cmpint(getsockopt(server, IPPROTO_TCP, TCP_MAXSEG, &segment, &size), ==, 0);
    g_assert_cmpint(segment, <=, 512);
    g_assert_cmpint(getsockopt(client, IPPROTO_TCP, TCP_MAXSEG, &segment, &size), ==, 0);
    g_assert_cmpint(segment, <=, 512);
}

static void
send_outer(Lab *lab, guint end, const void *data, gsize length)
{
    g_assert_cmpint(send(lab->ends[end].socket, data, length, 0), ==, (gssize)length);
    lab_run(lab);
}

static void
test_ike_messages_reach_the_host_and_keepalives_nobody(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    LabEnd *right = &lab->ends[LAB_RIGHT];

    send_outer(lab, LAB_LEFT, "\xff", 1);
    g_assert_cmpuint(right->messages, ==, 0);
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-short"), ==, 0);
    send_outer(lab, LAB_LEFT, "\0\0\0\0hello", 9);
    g_assert_cmpuint(right->messages, ==, 1);
    g_assert_cmpmem(right->message, right->message_length, "hello", 5);
    send_outer(lab, LAB_LEFT, "\0\0\0\0", 4);
    send_outer(lab, LAB_LEFT, "abc", 3);
    send_outer(lab, LAB_LEFT, "", 0);
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-short"), ==, 3);
    send_outer(lab, LAB_LEFT, "\1\2\3\4\0\0\0\1............", 20);
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-unknown-spi"), ==, 1);
    send_outer(lab, LAB_LEFT, "\0\0\x10\1\0\0\0\1............", 20);
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-short"), ==, 4);
    g_assert_cmpuint(right->messages, ==, 1);
    g_assert_cmpint(plane_last_seen(right->plane).received, ==, -1);
}

/* An inner packet sealed by hand with the left end's key, sent from its socket. */
static void
inject(Lab *lab, guint32 sequence, const char *source, const char *destination)
{
    Plane *plane = lab->ends[LAB_LEFT].plane;
    PlaneChild *child = plane_find_number(plane, 1);
    guint8 packet[256] = {0};
    guint8 *inner = packet + esp_sa_head(child->out);
    EspFrame frame = {.sa = child->out, .data = packet, .inner_length = 40};

    inner[0] = 0x45;
    inner[3] = 40;
    inner[9] = 17;
    inet_pton(AF_INET, source, inner + 12);
    inet_pton(AF_INET, destination, inner + 16);
    esp_seal_fixed(&frame, sequence, (const guint8 *)"0123456789abcdef");
    send_outer(lab, LAB_LEFT, packet, frame.length);
}

static void
test_packets_outside_the_selectors_are_dropped(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    BoundaryCounters counters;

    inject(lab, 1, "10.9.0.1", "10.9.0.2");
    g_assert_cmpint(plane_last_seen(lab->ends[LAB_RIGHT].plane).received, ==, lab->now);
    inject(lab, 2, "10.8.0.1", "10.9.0.2");
    inject(lab, 3, "10.9.0.1", "10.9.0.3");
    inject(lab, 4, "10.9.0.1", "192.0.2.1");
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-selector"), ==, 3);
    inject(lab, 4, "10.9.0.1", "10.9.0.2");
    inject(lab, 1, "10.9.0.1", "10.9.0.2");
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-replayed"), ==, 2);
    plane_counters(lab->ends[LAB_RIGHT].plane, lab->now + 3 * G_USEC_PER_SEC, &counters);
    g_assert_cmpuint(counters.packets_in, ==, 1);
    g_assert_cmpuint(counters.octets_in, ==, 40);
    g_assert_cmpuint(counters.last_received_seconds, ==, 3);
}

static void
test_multicast_and_strangers_stay_at_home(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    g_auto(Fd) fd = lab_socket(lab, LAB_LEFT, AF_INET, SOCK_DGRAM);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(5355)};
    guint64 before;

    lab_run(lab);
    before = lab_drops(lab, LAB_LEFT, "out-multicast");
    /* Both are on the link's network, but not what the child was made for. */
    inet_pton(AF_INET, "10.9.0.255", &name.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &(gint){1}, sizeof(gint));
    sendto(fd, "x", 1, 0, (struct sockaddr *)&name, sizeof name);
    plane_down(lab->ends[LAB_LEFT].plane, 1);
    inet_pton(AF_INET, "10.9.0.77", &name.sin_addr);
    sendto(fd, "x", 1, 0, (struct sockaddr *)&name, sizeof name);
    lab_run(lab);
    g_assert_cmpuint(lab_drops(lab, LAB_LEFT, "out-no-child"), >=, 1);
    inet_pton(AF_INET, "224.0.0.252", &name.sin_addr);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF,
               &(struct ip_mreqn){.imr_address.s_addr = inet_addr("10.9.0.1")},
               sizeof(struct ip_mreqn));
    sendto(fd, "x", 1, 0, (struct sockaddr *)&name, sizeof name);
    lab_run(lab);
    g_assert_cmpuint(lab_drops(lab, LAB_LEFT, "out-multicast"), >, before);
}

static void
test_rekeying_loses_nothing(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    Fd sockets[LAB_ENDS];

    lab_open_pair(lab, AF_INET, sockets);
    lab_cross(lab, sockets, 100);
    /* The new pair is up on both ends; only the right one sends on it yet. */
    lab_up(lab, "aes256gcm16", 3);
    plane_change_send(lab->ends[LAB_LEFT].plane, 1);
    lab_cross(lab, sockets, 200);
    g_assert_cmpuint(esp_sa_sequence(plane_find_number(lab->ends[0].plane, 3)->out), ==, 0);
    g_assert_cmpuint(esp_sa_sequence(plane_find_number(lab->ends[1].plane, 3)->out), ==, 1);
    plane_change_send(lab->ends[LAB_LEFT].plane, 3);
    plane_down(lab->ends[LAB_LEFT].plane, 1);
    plane_down(lab->ends[LAB_RIGHT].plane, 1);
    lab_cross(lab, sockets, 300);
    g_assert_cmpuint(esp_sa_sequence(plane_find_number(lab->ends[0].plane, 3)->out), ==, 1);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

/* What a child may carry is counted on both sides of both SAs, inner packets alone. */
static void
test_volumes_near_their_end_are_told(void)
{
    LabOptions options = {.suite = "aes128gcm16", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    Fd sockets[LAB_ENDS];

    lab_open_pair(lab, AF_INET, sockets);
    for (guint end = 0; end < LAB_ENDS; end++) {
        PlaneChild *child = plane_find_number(lab->ends[end].plane, 1);

        child->soft_octets = 2 * (10 + 28); /* IPv4 and UDP */
        child->hard_octets = 4 * (10 + 28);
    }
    lab_cross(lab, sockets, 10);
    lab_run(lab);
    for (guint end = 0; end < LAB_ENDS; end++)
        g_assert_cmpuint(lab->ends[end].events[PLANE_SOFT_LIMIT], ==, 0);
    for (guint i = 0; i < 2; i++)
        lab_cross(lab, sockets, 10);
    for (guint end = 0; end < LAB_ENDS; end++) {
        g_assert_cmpuint(lab->ends[end].events[PLANE_SOFT_LIMIT], ==, 1);
        g_assert_cmpuint(lab->ends[end].events[PLANE_HARD_LIMIT], ==, 0);
    }
    for (guint i = 0; i < 2; i++)
        lab_cross(lab, sockets, 10);
    for (guint end = 0; end < LAB_ENDS; end++) {
        g_assert_cmpuint(lab->ends[end].events[PLANE_SOFT_LIMIT], ==, 1);
        g_assert_cmpuint(lab->ends[end].events[PLANE_HARD_LIMIT], ==, 1);
        g_assert_cmpuint(lab->ends[end].event.child, ==, 1);
    }
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

static void
test_sequence_numbers_near_their_end_are_told(void)
{
    LabOptions options = {.suite = "aes128gcm16", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    LabEnd *left = &lab->ends[LAB_LEFT];
    EspSa *out = plane_find_number(left->plane, 1)->out;
    Fd sockets[LAB_ENDS];

    lab_open_pair(lab, AF_INET, sockets);
    lab_cross(lab, sockets, 10);
    esp_sa_set_sequence(out, 0x7ffffffe);
    lab_cross(lab, sockets, 10);
    g_assert_cmpuint(left->events[PLANE_SOFT_LIMIT], ==, 0);
    lab_cross(lab, sockets, 10);
    lab_cross(lab, sockets, 10);
    g_assert_cmpuint(left->events[PLANE_SOFT_LIMIT], ==, 1);
    g_assert_cmpuint(left->event.child, ==, 1);
    esp_sa_set_sequence(out, 0xfffffffe);
    lab_cross(lab, sockets, 10);
    g_assert_cmpuint(left->events[PLANE_HARD_LIMIT], ==, 1);
    g_assert_cmpint(send(sockets[LAB_LEFT], "x", 1, 0), ==, 1);
    lab_run(lab);
    g_assert_cmpint(recv(sockets[LAB_RIGHT], received, sizeof received, 0), ==, -1);
    g_assert_cmpuint(lab_drops(lab, LAB_LEFT, "out-exhausted"), ==, 1);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

/* Unconnected ends: the left one moves to another port, and the right one hears of it from the
 * first authentic packet, but from no other. */
static void
test_only_authentic_packets_tell_of_a_move(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422, .is_unconnected = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    LabEnd *left = &lab->ends[LAB_LEFT];
    LabEnd *right = &lab->ends[LAB_RIGHT];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(4501)};
    g_autoptr(GError) error = NULL;
    Fd sockets[LAB_ENDS];
    Fd moved;

    lab_open_pair(lab, AF_INET, sockets);
    lab_cross(lab, sockets, 100);
    lab_enter(lab, LAB_OUTER);
    moved = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
    sendto(moved, "\0\0\x10\1\0\0\0\x09xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 52, 0,
           (struct sockaddr *)&name, sizeof name);
    lab_run(lab);
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-icv"), ==, 1);
    g_assert_cmpuint(right->events[PLANE_MOVED], ==, 0);
    g_assert_true(plane_change_path(left->plane, moved, &right->address, &error));
    fd_close(&left->socket);
    left->socket = moved;
    g_assert_cmpint(send(sockets[LAB_LEFT], "x", 1, 0), ==, 1);
    lab_run(lab);
    g_assert_cmpuint(right->events[PLANE_MOVED], ==, 1);
    g_assert_cmpuint(right->event.remote.port, !=, 4500);
    g_assert_true(plane_change_path(right->plane, -1, &right->event.remote, &error));
    g_assert_cmpint(recv(sockets[LAB_RIGHT], received, sizeof received, 0), ==, 1);
    lab_cross(lab, sockets, 200);
    g_assert_cmpuint(right->events[PLANE_MOVED], ==, 1);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

static void
test_a_full_socket_keeps_what_was_cut(void)
{
    LabOptions options = {
        .suite = "aes128-sha1", .esp_fragment_octets = 100, .tun_mtu = 65535, .is_narrow = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    Fd sockets[LAB_ENDS];

    lab_open_pair(lab, AF_INET, sockets);
    lab_cross(lab, sockets, 60000);
    lab_cross(lab, sockets, 100);
    lab_cross(lab, sockets, 60000);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

/* The left end's outer packets get a congestion mark, as a router on the way would set it. */
static void
test_congestion_on_the_way_is_passed_on(void)
{
    for (guint is_six = 0; is_six < 2; is_six++) {
        LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1400, .is_six_outside = is_six};
        g_autoptr(Lab) lab = lab_new(&options);
        struct msghdr message = {0};
        guint8 room[CMSG_SPACE(sizeof(gint))];
        Fd sockets[LAB_ENDS];

        lab_open_pair(lab, AF_INET, sockets);
        setsockopt(lab->ends[LAB_LEFT].socket, is_six ? IPPROTO_IPV6 : IPPROTO_IP,
                   is_six ? IPV6_TCLASS : IP_TOS, &(gint){3}, sizeof(gint));
        setsockopt(sockets[LAB_RIGHT], IPPROTO_IP, IP_RECVTOS, &(gint){1}, sizeof(gint));
        send(sockets[LAB_LEFT], "x", 1, 0);
        lab_run(lab);
        g_assert_cmpint(recvmsg(sockets[LAB_RIGHT], &message, 0), ==, -1);
        g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-congested"), ==, 1);
        setsockopt(sockets[LAB_LEFT], IPPROTO_IP, IP_TOS, &(gint){2}, sizeof(gint));
        send(sockets[LAB_LEFT], "x", 1, 0);
        lab_run(lab);
        message = (struct msghdr){.msg_control = room, .msg_controllen = sizeof room};
        g_assert_cmpint(recvmsg(sockets[LAB_RIGHT], &message, 0), ==, 0);
        g_assert_nonnull(CMSG_FIRSTHDR(&message));
        g_assert_cmpint(*CMSG_DATA(CMSG_FIRSTHDR(&message)), ==, 3);
        for (guint end = 0; end < LAB_ENDS; end++)
            fd_close(&sockets[end]);
    }
}

static void
test_silence_after_traffic_is_seen(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    Plane *plane = lab->ends[LAB_LEFT].plane;
    Fd sockets[LAB_ENDS];
    gint64 first;

    lab_open_pair(lab, AF_INET, sockets);
    lab_cross(lab, sockets, 100);
    g_assert_cmpint(plane_last_seen(plane).unanswered_since, ==, -1);
    lab->now += G_USEC_PER_SEC;
    first = lab->now;
    send(sockets[LAB_LEFT], "x", 1, 0);
    lab_run(lab);
    lab->now += 5 * G_USEC_PER_SEC;
    send(sockets[LAB_LEFT], "x", 1, 0);
    lab_run(lab);
    g_assert_cmpint(plane_last_seen(plane).unanswered_since, ==, first);
    g_assert_cmpint(plane_last_seen(plane).sent, ==, lab->now);
    g_assert_cmpint(plane_last_seen(plane).received, ==, first - G_USEC_PER_SEC);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

static void
test_errors_of_the_path_are_told_once(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    LabEnd *left = &lab->ends[LAB_LEFT];
    g_autoptr(GError) error = NULL;
    Fd sockets[LAB_ENDS];
    g_auto(Fd) elsewhere = -1;

    lab_open_pair(lab, AF_INET, sockets);
    lab_enter(lab, LAB_OUTER);
    elsewhere = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert_true(plane_change_path(lab->ends[LAB_RIGHT].plane, elsewhere, &left->address, &error));
    fd_close(&lab->ends[LAB_RIGHT].socket);
    g_assert_cmpint(send(sockets[LAB_LEFT], "x", 1, 0), ==, 1);
    lab_run(lab);
    g_assert_cmpuint(left->events[PLANE_SOCKET], ==, 1);
    g_assert_cmpint(left->event.code, ==, ECONNREFUSED);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

static void
test_a_smaller_path_makes_smaller_packets(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);
    LabEnd *left = &lab->ends[LAB_LEFT];
    LabCapture capture;
    Fd sockets[LAB_ENDS];

    lab_open_pair(lab, AF_INET, sockets);
    for (guint end = 0; end < LAB_ENDS; end++)
        setsockopt(sockets[end], IPPROTO_IP, IP_MTU_DISCOVER, &(gint){IP_PMTUDISC_DONT},
                   sizeof(gint));
    lab_cross(lab, sockets, 1394);
    g_assert_cmpuint(left->events[PLANE_MTU], ==, 0);
    lab_set_outer_mtu(lab, 1400);
    lab_capture(lab);
    lab->now += G_USEC_PER_SEC;
    lab_cross(lab, sockets, 1394);
    g_assert_cmpuint(left->events[PLANE_MTU], ==, 1);
    g_assert_cmpuint(plane_mtu(left->plane), ==, 1326);
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, <=, 1400);
    g_assert_cmpuint(capture.fragments, ==, 0);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

int
main(int argc, char **argv)
{
    const char *reason;

    g_test_init(&argc, &argv, NULL);
    if (!lab_is_possible(&reason)) {
        fprintf(stderr, "%s\n", reason);
        return 77;
    }
    g_test_add_func("/plane/datagrams-of-all-sizes-cross-with-every-suite",
                    test_datagrams_of_all_sizes_cross_with_every_suite);
    g_test_add_func("/plane/datagrams-cross-over-ipv6", test_datagrams_cross_over_ipv6);
    g_test_add_func("/plane/esp-frag-bounds-every-outer-packet",
                    test_esp_frag_bounds_every_outer_packet);
    g_test_add_func("/plane/the-kernel-learns-the-tunnels-mtu",
                    test_the_kernel_learns_the_tunnels_mtu);
    g_test_add_func("/plane/tcp-crosses-whole", test_tcp_crosses_whole);
    g_test_add_func("/plane/tcp-fits-esp-frag-without-fragments",
                    test_tcp_fits_esp_frag_without_fragments);
    g_test_add_func("/plane/one-plane-clamps-both-directions",
                    test_one_plane_clamps_both_directions);
    g_test_add_func("/plane/ike-messages-reach-the-host-and-keepalives-nobody",
                    test_ike_messages_reach_the_host_and_keepalives_nobody);
    g_test_add_func("/plane/packets-outside-the-selectors-are-dropped",
                    test_packets_outside_the_selectors_are_dropped);
    g_test_add_func("/plane/multicast-and-strangers-stay-at-home",
                    test_multicast_and_strangers_stay_at_home);
    g_test_add_func("/plane/rekeying-loses-nothing", test_rekeying_loses_nothing);
    g_test_add_func("/plane/sequence-numbers-near-their-end-are-told",
                    test_sequence_numbers_near_their_end_are_told);
    g_test_add_func("/plane/volumes-near-their-end-are-told", test_volumes_near_their_end_are_told);
    g_test_add_func("/plane/only-authentic-packets-tell-of-a-move",
                    test_only_authentic_packets_tell_of_a_move);
    g_test_add_func("/plane/a-full-socket-keeps-what-was-cut",
                    test_a_full_socket_keeps_what_was_cut);
    g_test_add_func("/plane/congestion-on-the-way-is-passed-on",
                    test_congestion_on_the_way_is_passed_on);
    g_test_add_func("/plane/silence-after-traffic-is-seen", test_silence_after_traffic_is_seen);
    g_test_add_func("/plane/errors-of-the-path-are-told-once",
                    test_errors_of_the_path_are_told_once);
    g_test_add_func("/plane/a-smaller-path-makes-smaller-packets",
                    test_a_smaller_path_makes_smaller_packets);
    return g_test_run();
}
