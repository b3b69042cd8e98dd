/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every offload is used where the kernel has it, can be switched off, and falls back by itself.
 */
#include "plane-lab.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    MEBIBYTE = 1 << 20,
    EVERYTHING = PLANE_WITHOUT_TUN | PLANE_WITHOUT_SEGMENT | PLANE_WITHOUT_GRO | PLANE_WITHOUT_MERGE
};

static void
test_offloads_save_most_of_the_work(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422, .has_vnet = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    BoundaryCounters counters;
    LabCapture capture;

    lab_transfer(lab, AF_INET, 4 * MEBIBYTE);
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, <=, 1500);
    g_assert_cmpuint(capture.fragments, ==, 0);
    g_assert_cmpuint(capture.trains, >, 50);
    plane_counters(lab->ends[LAB_RIGHT].plane, lab->now, &counters);
    g_assert_cmpuint(counters.packets_in, >=, 4 * MEBIBYTE / 1370);
    g_assert_cmpuint(lab_tun_received(lab, LAB_RIGHT), <, counters.packets_in / 4);
}

static void
test_nothing_is_merged_when_told_so(void)
{
    LabOptions options = {
        .suite = "aes128-sha1", .tun_mtu = 1422, .has_vnet = TRUE, .without = EVERYTHING};
    g_autoptr(Lab) lab = lab_new(&options);
    BoundaryCounters counters;

    lab_transfer(lab, AF_INET, MEBIBYTE);
    g_assert_cmpuint(lab_capture(lab).trains, ==, 0);
    plane_counters(lab->ends[LAB_RIGHT].plane, lab->now, &counters);
    g_assert_cmpuint(lab_tun_received(lab, LAB_RIGHT), >=, counters.packets_in);
}

static void
test_every_mixture_of_offloads_carries_the_same(void)
{
    static const gsize sizes[] = {1, 1394, 1395, 3000, 8000, 65000};

    for (guint without = 0; without <= EVERYTHING; without++) {
        static const char *const suites[] = {"aes128-sha1", "aes256gcm16", "aes256-sha512"};
        LabOptions options = {.suite = suites[without % G_N_ELEMENTS(suites)],
                              .tun_mtu = 1380,
                              .has_vnet = TRUE,
                              .is_six_outside = without % 2 == 1,
                              .without = without};
        g_autoptr(Lab) lab = lab_new(&options);
        LabCapture capture;

        g_test_message("without %#x", without);
        for (guint i = 0; i < 2; i++) {
            Fd sockets[LAB_ENDS];

            lab_open_pair(lab, i == 0 ? AF_INET : AF_INET6, sockets);
            for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++)
                lab_cross(lab, sockets, sizes[k]);
            for (guint end = 0; end < LAB_ENDS; end++)
                fd_close(&sockets[end]);
            lab_transfer(lab, i == 0 ? AF_INET : AF_INET6, MEBIBYTE);
        }
        capture = lab_capture(lab);
        g_assert_cmpuint(capture.largest, <=, 1500);
        g_assert_cmpuint(capture.fragments, ==, 0);
        g_assert_cmpuint(lab_drops(lab, LAB_LEFT, "out-inner"), ==, 0);
        g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-tun"), ==, 0);
    }
}

/* Datagrams that the kernel hands out joined arrive one by one, as they were written. */
static void
check_datagram_trains(gint family, guint16 size, guint16 esp_fragment_octets)
{
    static guint8 sent[20000];
    static guint8 received[65536];
    LabOptions options = {.suite = "aes128-sha1",
                          .esp_fragment_octets = esp_fragment_octets,
                          .tun_mtu = 1422,
                          .has_vnet = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    const gint segment = size;
    gsize at = 0;
    LabCapture capture;
    Fd sockets[LAB_ENDS];

    lab_open_pair(lab, family, sockets);
    for (gsize i = 0; i < sizeof sent; i++)
        sent[i] = (guint8)(i * 11 + i / 256);
    g_assert_cmpint(
        setsockopt(sockets[LAB_LEFT], IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), ==, 0);
    g_assert_cmpint(send(sockets[LAB_LEFT], sent, sizeof sent, 0), ==, (gssize)sizeof sent);
    lab_run(lab);
    while (at < sizeof sent) {
        gsize length = MIN(size, sizeof sent - at);

        g_assert_cmpint(recv(sockets[LAB_RIGHT], received, sizeof received, 0), ==, (gssize)length);
        g_assert_cmpmem(received, length, sent + at, length);
        at += length;
    }
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.fragments, ==, 0);
    g_assert_cmpuint(capture.largest, <=, esp_fragment_octets > 0 ? 624 : 1500);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

static void
test_joined_datagrams_stay_datagrams(void)
{
    check_datagram_trains(AF_INET, 1000, 0);
    check_datagram_trains(AF_INET6, 1300, 0);
    check_datagram_trains(AF_INET, 400, 552);
    check_datagram_trains(AF_INET, 1200, 552);
}

static void
test_large_tcp_packets_obey_esp_frag(void)
{
    LabOptions options = {
        .suite = "aes128-sha1", .esp_fragment_octets = 552, .tun_mtu = 1422, .has_vnet = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    LabCapture capture;
    BoundaryCounters counters;

    lab_transfer(lab, AF_INET, MEBIBYTE);
    plane_counters(lab->ends[LAB_LEFT].plane, lab->now, &counters);
    /* 512 octets, or 500 with timestamps, of payload in each: no fragments. */
    g_assert_cmpuint(counters.packets_out, <, MEBIBYTE / 500 + 200);
    lab_transfer(lab, AF_INET6, MEBIBYTE);
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.largest, <=, 624);
    g_assert_cmpuint(capture.fragments, ==, 0);
    g_assert_cmpuint(capture.trains, >, 20);
}

/* A socket without checksums cannot send trains: the kernel says EINVAL. */
static void
test_a_refused_train_is_sent_packet_by_packet(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422, .has_vnet = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    LabCapture capture;

    g_assert_true(lab->ends[LAB_LEFT].plane->out.has_segment);
    for (guint end = 0; end < LAB_ENDS; end++)
        setsockopt(lab->ends[end].socket, SOL_SOCKET, SO_NO_CHECK, &(gint){1}, sizeof(gint));
    lab_transfer(lab, AF_INET, MEBIBYTE);
    capture = lab_capture(lab);
    g_assert_cmpuint(capture.trains, ==, 0);
    g_assert_cmpuint(capture.packets, >, MEBIBYTE / 1400);
    g_assert_false(lab->ends[LAB_LEFT].plane->out.has_segment);
    g_assert_cmpuint(lab_drops(lab, LAB_LEFT, "out-socket"), ==, 0);
}

/* A path that became smaller than the train's packets: EMSGSIZE once, then smaller trains. */
static void
test_a_train_too_large_for_the_path_is_not_the_end_of_trains(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422, .has_vnet = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);

    lab_transfer(lab, AF_INET, MEBIBYTE);
    lab_set_outer_mtu(lab, 1300);
    lab_transfer(lab, AF_INET, MEBIBYTE);
    g_assert_true(lab->ends[LAB_LEFT].plane->out.has_segment);
    lab_capture(lab);
    lab_transfer(lab, AF_INET, MEBIBYTE);
    g_assert_cmpuint(lab_capture(lab).largest, <=, 1300);
}

/* Stands for kernels whose TUN refuses what was merged: an eventfd says EINVAL to any packet. */
static void
test_a_tun_that_refuses_merged_packets_gets_them_one_by_one(void)
{
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422, .has_vnet = TRUE};
    g_autoptr(Lab) lab = lab_new(&options);
    Plane *right = lab->ends[LAB_RIGHT].plane;
    g_auto(Fd) refuser = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    const gint segment = 1000;
    static const guint8 sent[10000];
    Fd sockets[LAB_ENDS];

    g_assert_true(right->in.has_merge);
    lab_open_pair(lab, AF_INET, sockets);
    right->options.tun = refuser;
    setsockopt(sockets[LAB_LEFT], IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    g_assert_cmpint(send(sockets[LAB_LEFT], sent, sizeof sent, 0), ==, (gssize)sizeof sent);
    lab_run(lab);
    g_assert_false(right->in.has_merge);
    g_assert_cmpuint(lab_drops(lab, LAB_RIGHT, "in-tun"), ==, 10);
    right->options.tun = lab->ends[LAB_RIGHT].tun;
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
    lab_transfer(lab, AF_INET, MEBIBYTE);
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
    g_test_add_func("/offload/offloads-save-most-of-the-work", test_offloads_save_most_of_the_work);
    g_test_add_func("/offload/nothing-is-merged-when-told-so", test_nothing_is_merged_when_told_so);
    g_test_add_func("/offload/every-mixture-of-offloads-carries-the-same",
                    test_every_mixture_of_offloads_carries_the_same);
    g_test_add_func("/offload/joined-datagrams-stay-datagrams",
                    test_joined_datagrams_stay_datagrams);
    g_test_add_func("/offload/large-tcp-packets-obey-esp-frag",
                    test_large_tcp_packets_obey_esp_frag);
    g_test_add_func("/offload/a-refused-train-is-sent-packet-by-packet",
                    test_a_refused_train_is_sent_packet_by_packet);
    g_test_add_func("/offload/a-train-too-large-for-the-path-is-not-the-end-of-trains",
                    test_a_train_too_large_for_the_path_is_not_the_end_of_trains);
    g_test_add_func("/offload/a-tun-that-refuses-merged-packets-gets-them-one-by-one",
                    test_a_tun_that_refuses_merged_packets_gets_them_one_by_one);
    return g_test_run();
}
