/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes into one end comes out of the other: TCP as a whole (SHA-256), datagrams one by one,
 * both ways at once, with every crypto back end against every other, over a wire that loses,
 * doubles and overtakes, through ten rekeys. Each packet that the wire delivered must be opened:
 * packets in = datagrams delivered, replays = datagrams doubled, no other drop.
 *
 * INTEGRITY_MEBIBYTES in the environment makes the transfers longer; then memory must stay flat too.
 */
#include "esp/crypto.h"
#include "plane-lab.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CHUNK = 61 * 1024,
    DATAGRAM_MAX = 9000,
    REKEYS = 10,
    IDLE_MAX = 5000, /* rounds of a few milliseconds in which nothing came */
    GROWTH_KIB = 512,
    MEBIBYTES = 2,
};

typedef struct {
    const char *suite;
    const char *crypto[LAB_ENDS];
    gint family;
    gboolean is_six_outside;
    gboolean has_faults;
    guint16 esp_fragment_octets;
} Case;

static const Case cases[] = {
    {"aes128-sha1", {"openssl", "openssl"}, AF_INET, FALSE, TRUE},
    {"aes128-sha1", {"openssl", "wide"}, AF_INET6, FALSE, TRUE},
    {"aes128-sha1", {"wide", "openssl"}, AF_INET, TRUE, TRUE},
    {"aes128-sha1", {"wide", "wide"}, AF_INET6, TRUE, TRUE},
    {"aes128-sha1", {"best", "best"}, AF_INET, FALSE, FALSE},
    {"aes128-sha1", {"best", "openssl"}, AF_INET, FALSE, TRUE, 552},
    {"aes256-sha256", {"best", "openssl"}, AF_INET, FALSE, TRUE},
    {"aes256-sha512", {"openssl", "best"}, AF_INET6, FALSE, FALSE},
    {"aes128gcm16", {"openssl", "best"}, AF_INET, FALSE, TRUE},
    {"aes256gcm16", {"best", "openssl"}, AF_INET6, TRUE, TRUE},
    {"3des-md5", {"best", "openssl"}, AF_INET, FALSE, FALSE},
};

static const EspBackends openssl = {.narrow = &esp_crypto_openssl};

static const EspBackends *
backends_of(const char *name)
{
    static EspBackends wide = {.narrow = &esp_crypto_openssl, .is_always_wide = TRUE};

    wide.wide = esp_crypto_wide;
    if (g_str_equal(name, "best"))
        return NULL;
    return g_str_equal(name, "openssl") ? &openssl : &wide;
}

static gsize
total_of(void)
{
    const char *text = g_getenv("INTEGRITY_MEBIBYTES");

    return (gsize)(text != NULL ? atoi(text) : MEBIBYTES) << 20;
}

/* TCP from left to right. */
typedef struct {
    Fd client;
    Fd server;
    GChecksum *pushed;
    GChecksum *pulled;
    gsize out;
    gsize in;
    guint8 data[CHUNK];
    gsize at; /* of data, what was sent already */
} Stream;

/* Datagrams of all sizes, one way; their contents follow from their number. */
typedef struct {
    Fd from;
    Fd to;
    guint32 number;
    guint64 arrived;
    guint8 *seen; /* one bit for each */
} Datagrams;

static guint8 datagram[DATAGRAM_MAX];
static guint8 expected[DATAGRAM_MAX];
static guint8 room[DATAGRAM_MAX + CHUNK];

static void
fill(guint8 *ret_octets, gsize length, guint64 seed)
{
    guint64 word = seed * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) + 1;

    for (gsize i = 0; i < length; i += sizeof word) {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        memcpy(ret_octets + i, &word, MIN(sizeof word, length - i));
    }
}

static gsize
fill_datagram(guint8 *ret_octets, guint32 number)
{
    /* Small ones, those around the MTU, and those that are fragments. */
    static const gsize around[] = {0, 1, 500, 1000, 1340, 1380, 2700, 8000};
    gsize length = sizeof number + around[number % G_N_ELEMENTS(around)] + number / 8 % 64;

    fill(ret_octets, length, number);
    memcpy(ret_octets, &number, sizeof number);
    return length;
}

static void
open_stream(Lab *lab, gint family, Stream *stream)
{
    g_auto(Fd) listener = lab_socket(lab, LAB_RIGHT, family, SOCK_STREAM);
    struct sockaddr_storage name;
    socklen_t length = sizeof name;

    stream->client = lab_socket(lab, LAB_LEFT, family, SOCK_STREAM);
    stream->server = -1;
    stream->pushed = g_checksum_new(G_CHECKSUM_SHA256);
    stream->pulled = g_checksum_new(G_CHECKSUM_SHA256);
    stream->at = CHUNK;
    g_assert_cmpint(listen(listener, 1), ==, 0);
    getsockname(listener, (struct sockaddr *)&name, &length);
    g_assert_cmpint(connect(stream->client, (struct sockaddr *)&name, length), ==, -1);
    for (guint i = 0; stream->server < 0 && i < IDLE_MAX; i++) {
        lab_run(lab);
        stream->server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    g_assert_cmpint(stream->server, >=, 0);
}

static void
close_stream(Stream *stream)
{
    fd_close(&stream->client);
    fd_close(&stream->server);
    g_checksum_free(stream->pushed);
    g_checksum_free(stream->pulled);
    g_free(stream);
}

static void
push_stream(Stream *stream, gsize total)
{
    gssize moved;

    if (stream->out == total)
        return;
    if (stream->at == CHUNK) {
        fill(stream->data, CHUNK, stream->out);
        stream->at = 0;
    }
    moved = send(stream->client, stream->data + stream->at,
                 MIN(CHUNK - stream->at, total - stream->out), 0);
    if (moved <= 0)
        return;
    g_checksum_update(stream->pushed, stream->data + stream->at, moved);
    stream->at += (gsize)moved;
    stream->out += (gsize)moved;
}

static gboolean
pull_stream(Stream *stream)
{
    gsize before = stream->in;
    gssize moved;

    while ((moved = recv(stream->server, room, CHUNK, 0)) > 0) {
        g_checksum_update(stream->pulled, room, moved);
        stream->in += (gsize)moved;
    }
    return stream->in > before;
}

static void
send_datagrams(Datagrams *datagrams)
{
    for (guint i = 0; i < 8; i++) {
        gsize length = fill_datagram(datagram, datagrams->number);

        if (send(datagrams->from, datagram, length, 0) < 0)
            return;
        datagrams->number++;
    }
}

static void
receive_datagrams(Datagrams *datagrams)
{
    gssize length;

    while ((length = recv(datagrams->to, room, sizeof room, 0)) > 0) {
        guint32 number;

        g_assert_cmpint(length, >=, sizeof number);
        memcpy(&number, room, sizeof number);
        g_assert_cmpuint(number, <, datagrams->number);
        g_assert_cmpmem(room, (gsize)length, expected, fill_datagram(expected, number));
        g_assert_false(datagrams->seen[number / 8] >> number % 8 & 1);
        datagrams->seen[number / 8] |= (guint8)(1 << number % 8);
        datagrams->arrived++;
    }
}

static gsize
resident_kib(void)
{
    g_autofree char *text = NULL;
    const char *at;

    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    at = strstr(text, "VmRSS:");
    return at != NULL ? (gsize)g_ascii_strtoull(at + strlen("VmRSS:"), NULL, 10) : 0;
}

/* What the first rekey made use of is the measure. */
static void
check_memory(gsize total, guint64 turn)
{
    static gsize first;
    gsize now = resident_kib();

    g_test_message("%" G_GUINT64_FORMAT " rekeys: %zu KiB resident", turn, now);
    if (turn == 1)
        first = now;
    if (turn > 1 && total > (gsize)MEBIBYTES << 20)
        g_assert_cmpuint(now, <=, first + GROWTH_KIB);
}

/* The old children live until the next rekey: what was on its way arrives. */
static void
rekey(Lab *lab, const char *suite, guint64 turn)
{
    lab_up(lab, suite, 2 * turn + 3);
    for (guint end = 0; end < LAB_ENDS && turn > 0; end++) {
        plane_down(lab->ends[end].plane, 2 * turn - 1);
        plane_down(lab->ends[end].plane, 2 * turn);
    }
}

static void
check_counters(Lab *lab, gboolean has_wire)
{
    for (guint end = 0; end < LAB_ENDS && has_wire; end++) {
        BoundaryCounters counters;

        plane_counters(lab->ends[end].plane, lab->now, &counters);
        g_assert_cmpuint(counters.packets_in, ==, lab_wire_delivered(lab->wire, end));
        for (guint i = 0; i < counters.drop_count; i++)
            if (g_str_equal(counters.drops[i].name, "in-replayed"))
                g_assert_cmpuint(counters.drops[i].count, ==, lab_wire_doubled(lab->wire, end));
            else if (g_str_has_prefix(counters.drops[i].name, "in-"))
                g_assert_cmpuint(counters.drops[i].count, ==, 0);
    }
}

static void
transfer(Lab *lab, const Case *row)
{
    gsize total = total_of();
    Stream *stream = g_new0(Stream, 1);
    Datagrams ways[LAB_ENDS] = {0};
    Fd sockets[LAB_ENDS];
    guint64 turn = 0;

    lab_open_pair(lab, row->family, sockets);
    for (guint end = 0; end < LAB_ENDS; end++)
        ways[end] = (Datagrams){
            .from = sockets[end], .to = sockets[1 - end], .seen = g_malloc0(total / 64 + 4096)};
    open_stream(lab, row->family, stream);
    for (guint idle = 0; stream->in < total && idle < IDLE_MAX;) {
        push_stream(stream, total);
        for (guint end = 0; end < LAB_ENDS; end++)
            if (ways[end].number < total / 16384)
                send_datagrams(&ways[end]);
        lab_run(lab);
        idle = pull_stream(stream) ? 0 : idle + 1;
        for (guint end = 0; end < LAB_ENDS; end++)
            receive_datagrams(&ways[end]);
        if (stream->in * (REKEYS + 1) / total > turn && turn < REKEYS) {
            rekey(lab, row->suite, turn++);
            check_memory(total, turn);
        }
    }
    g_assert_cmpuint(stream->in, ==, total);
    g_assert_cmpuint(turn, ==, REKEYS);
    g_assert_cmpstr(g_checksum_get_string(stream->pushed), ==,
                    g_checksum_get_string(stream->pulled));
    for (guint end = 0; end < LAB_ENDS; end++) {
        g_test_message("%" G_GUINT64_FORMAT " of %u datagrams arrived", ways[end].arrived,
                       ways[end].number);
        if (!row->has_faults)
            g_assert_cmpuint(ways[end].arrived, ==, ways[end].number);
        g_assert_cmpuint(ways[end].arrived, >, ways[end].number * 8 / 10);
        g_free(ways[end].seen);
        fd_close(&sockets[end]);
    }
    close_stream(stream);
}

static void
run_case(gconstpointer data)
{
    static const LabFaults faults = {.lost = 10, .doubled = 10, .late = 20};
    const Case *row = data;
    LabOptions options = {.suite = row->suite,
                          .tun_mtu = 1380,
                          .has_vnet = TRUE,
                          .is_six_outside = row->is_six_outside,
                          .esp_fragment_octets = row->esp_fragment_octets,
                          .backends = {backends_of(row->crypto[0]), backends_of(row->crypto[1])},
                          .faults = row->has_faults ? &faults : NULL};
    g_autoptr(Lab) lab = lab_new(&options);
    gint64 start = g_get_monotonic_time();

    transfer(lab, row);
    lab_run(lab);
    check_counters(lab, row->has_faults);
    g_test_message("%.1f s", (gdouble)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
}

static char *
name_of_case(const Case *row)
{
    return g_strdup_printf(
        "/integrity/%s-%s-to-%s-ipv%c-in-ipv%c%s%s", row->suite, row->crypto[0], row->crypto[1],
        row->family == AF_INET ? '4' : '6', row->is_six_outside ? '6' : '4',
        row->esp_fragment_octets > 0 ? "-esp-frag" : "", row->has_faults ? "-over-a-bad-wire" : "");
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
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = name_of_case(&cases[i]);

        g_test_add_data_func(name, &cases[i], run_case);
    }
    return g_test_run();
}
