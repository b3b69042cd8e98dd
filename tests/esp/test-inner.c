/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/inner.h"

#include "support.h"

#include <string.h>

enum { ROOM = 65536 };

static EspInner
parse(const guint8 *packet, gsize length)
{
    EspInner inner;

    g_assert_true(esp_inner_parse(packet, length, &inner));
    return inner;
}

static guint
load16(const guint8 *at)
{
    return (guint)at[0] << 8 | at[1];
}

static void
store16(guint8 *at, guint value)
{
    at[0] = (guint8)(value >> 8);
    at[1] = (guint8)value;
}

/* RFC 1071 over a pseudo header and an upper layer, without any trick. */
static guint
upper_sum(const guint8 *packet, const EspInner *inner)
{
    guint32 length = inner->total_length - inner->header_length;
    guint64 sum = length + inner->protocol;

    for (guint i = 0; i < inner->address_length; i += 2)
        sum += load16(inner->source + i) + load16(inner->destination + i);
    for (guint32 i = 0; i < length; i++)
        sum += (guint64)packet[inner->header_length + i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint)sum;
}

/* A TCP SYN; the options stand behind 20 octets of TCP header. */
static gsize
make_syn(guint version, const guint8 *options, gsize length, guint8 flags, guint8 *ret_packet)
{
    gsize header = version == 4 ? 20 : 40;
    gsize total = header + 20 + length;
    EspInner inner;

    if (version == 4)
        support_packet4(ret_packet, total, 7, TRUE);
    else
        support_packet6(ret_packet, total);
    ret_packet[version == 4 ? 9 : 6] = 6;
    memset(ret_packet + header, 0x11, 20);
    ret_packet[header + 12] = (guint8)((20 + length) / 4 << 4);
    ret_packet[header + 13] = flags;
    memcpy(ret_packet + header + 20, options, length);
    store16(ret_packet + header + 16, 0);
    inner = parse(ret_packet, total);
    store16(ret_packet + header + 16, ~upper_sum(ret_packet, &inner) & 0xffff);
    return total;
}

typedef struct {
    const char *name;
    guint8 options[12];
    gsize length;
    gsize at; /* of the MSS value; 0 = none that counts */
} Options;

static const Options option_rows[] = {
    {"alone", {2, 4, 0x05, 0xb4}, 4, 2},
    {"behind an odd number of fillers", {1, 2, 4, 0x05, 0xb4, 1, 1, 1}, 8, 3},
    {"behind another option", {3, 3, 7, 1, 2, 4, 0x05, 0xb4}, 8, 6},
    {"odd behind another option", {3, 3, 7, 2, 4, 0x05, 0xb4, 0}, 8, 5},
    {"behind the end", {0, 2, 4, 0x05, 0xb4, 0, 0, 0}, 8, 0},
    {"with a wrong length", {2, 3, 0x05, 0xb4, 5, 0, 0, 0}, 8, 0},
    {"cut", {1, 1, 2, 4}, 4, 0},
    {"behind a length of zero", {8, 0, 2, 4, 0x05, 0xb4, 0, 0}, 8, 0},
    {"behind a length too long", {8, 40, 2, 4, 0x05, 0xb4, 0, 0}, 8, 0},
    {"absent", {1, 1, 1, 1}, 4, 0},
};

static void
test_the_mss_of_a_syn_is_lowered(void)
{
    static const guint versions[] = {4, 6};
    guint8 packet[256];
    guint8 before[256];

    for (gsize i = 0; i < G_N_ELEMENTS(option_rows) * 2; i++) {
        const Options *row = &option_rows[i / 2];
        guint version = versions[i % 2];
        gsize headers = version == 4 ? 40 : 60;
        gsize total = make_syn(version, row->options, row->length, 0x02, packet);
        EspInner inner = parse(packet, total);

        g_test_message("%s, IPv%u", row->name, version);
        memcpy(before, packet, total);
        g_assert_cmpint(esp_inner_clamp(packet, &inner, 552), ==, row->at != 0);
        if (row->at == 0) {
            g_assert_cmpmem(packet, total, before, total);
            continue;
        }
        g_assert_cmpuint(load16(packet + headers + row->at), ==, 552 - headers);
        g_assert_cmpuint(upper_sum(packet, &inner), ==, 0xffff);
        g_assert_false(esp_inner_clamp(packet, &inner, 552));
        g_assert_false(esp_inner_clamp(packet, &inner, 1500));
    }
}

static void
test_a_syn_ack_is_clamped_too_and_nothing_else(void)
{
    static const guint8 flags[] = {0x12, 0x02, 0xc2, 0x10, 0x18, 0x04, 0x11};
    guint8 packet[256];

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        gsize total = make_syn(4, option_rows[0].options, 4, flags[i], packet);
        EspInner inner = parse(packet, total);

        g_assert_cmpint(esp_inner_clamp(packet, &inner, 1422), ==, (flags[i] & 2) != 0);
    }
}

static void
test_a_small_mss_and_later_fragments_are_left_alone(void)
{
    static const guint8 small[] = {2, 4, 0x02, 0x00};
    guint8 packet[256];
    gsize total = make_syn(4, small, 4, 0x02, packet);
    EspInner inner = parse(packet, total);

    g_assert_false(esp_inner_clamp(packet, &inner, 552));
    g_assert_true(esp_inner_clamp(packet, &inner, 551));
    store16(packet + 6, 100);
    inner = parse(packet, total);
    g_assert_false(esp_inner_clamp(packet, &inner, 300));
}

typedef struct {
    const char *name;
    const char *hex;
    gsize length; /* given to the parser; the rest of hex is there, but counts as not there */
    gboolean is_packet;
} Parse;

static const Parse parse_rows[] = {
    {"empty", "45", 0, FALSE},
    {"one octet", "45", 1, FALSE},
    {"IPv4 of 20", "4500001400000000400100000a0000010a000002", 20, TRUE},
    {"IPv4 cut", "4500001400000000400100000a0000010a000002", 19, FALSE},
    {"IPv4 with padding behind", "4500001400000000400100000a0000010a000002ffff", 22, TRUE},
    {"IPv4 longer than there is", "4500001500000000400100000a0000010a000002", 20, FALSE},
    {"IPv4 shorter than its header", "4500001300000000400100000a0000010a000002", 20, FALSE},
    {"IPv4 header too small", "4400001400000000400100000a0000010a000002", 20, FALSE},
    {"IPv4 options cut", "4600001400000000400100000a0000010a000002", 20, FALSE},
    {"version 5", "5500001400000000400100000a0000010a000002", 20, FALSE},
    {"IPv6 of 40",
     "60000000000011400000000000000000000000000000000100000000000000000000000000000002", 40, TRUE},
    {"IPv6 cut", "60000000000011400000000000000000000000000000000100000000000000000000000000000002",
     39, FALSE},
    {"IPv6 longer than there is",
     "60000000000111400000000000000000000000000000000100000000000000000000000000000002", 40, FALSE},
};

static void
test_lengths_that_lie_are_refused(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(parse_rows); i++) {
        g_autoptr(GBytes) octets = support_hex(parse_rows[i].hex);
        g_autofree guint8 *exact =
            g_memdup2(g_bytes_get_data(octets, NULL), MAX(parse_rows[i].length, 1));
        EspInner inner;

        g_test_message("%s", parse_rows[i].name);
        g_assert_cmpint(esp_inner_parse(exact, parse_rows[i].length, &inner), ==,
                        parse_rows[i].is_packet);
    }
}

static void
test_ipv6_extension_headers_are_walked(void)
{
    guint8 packet[200];
    EspInner inner;

    support_packet6(packet, 120);
    packet[6] = 0;
    memset(packet + 40, 0, 16);
    packet[40] = 60;
    packet[41] = 1;
    packet[56] = 6;
    packet[57] = 0;
    inner = parse(packet, 120);
    g_assert_cmpuint(inner.protocol, ==, 6);
    g_assert_cmpuint(inner.header_length, ==, 64);
    g_assert_false(inner.is_fragment);
    packet[40] = 44;
    memcpy(packet + 56, "\x11\0\0\x01....", 8);
    inner = parse(packet, 120);
    g_assert_true(inner.is_fragment && inner.is_first);
    g_assert_cmpuint(inner.protocol, ==, 17);
    memcpy(packet + 56, "\x06\0\0\x10....", 8);
    inner = parse(packet, 120);
    g_assert_true(inner.is_fragment && !inner.is_first);
    /* A chain that leaves the packet hides what is behind it. */
    packet[40] = 60;
    packet[57] = 200;
    inner = parse(packet, 120);
    g_assert_cmpuint(inner.protocol, ==, 59);
}

static void
test_multicast_is_told(void)
{
    static const struct {
        const char *address;
        gboolean is_multicast;
    } rows[] = {{"224.0.0.22", TRUE}, {"239.255.255.250", TRUE}, {"255.255.255.255", TRUE},
                {"0.0.0.0", TRUE},    {"10.0.0.1", FALSE},       {"223.255.255.255", FALSE},
                {"ff02::1:3", TRUE},  {"ff02::16", TRUE},        {"::", TRUE},
                {"fd00::ff02", FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint8 packet[64];
        NetAddress address;
        EspInner inner;

        g_assert_true(net_address_parse(rows[i].address, &address));
        if (address.length == 4)
            support_packet4(packet, 60, 1, FALSE);
        else
            support_packet6(packet, 60);
        memcpy(packet + (address.length == 4 ? 16 : 24), address.octets, address.length);
        inner = parse(packet, 60);
        g_assert_cmpint(esp_inner_is_multicast(&inner), ==, rows[i].is_multicast);
    }
}

/* Cuts and puts together again as RFC 791 3.2 says. */
static guint
cut_and_join(const guint8 *packet, gsize length, gsize limit, guint8 *ret_joined)
{
    g_autofree guint8 *room = g_malloc(limit);
    EspInner whole = parse(packet, length);
    guint first_offset = load16(packet + 6) & 0x1fff;
    gboolean had_more = (load16(packet + 6) & 0x2000) != 0;
    gboolean saw_last = FALSE;
    guint pieces = 0;
    EspSplit split;
    gsize size;

    g_assert_true(esp_split_init(&split, packet, &whole, limit, 0x4711));
    while ((size = esp_split_next(&split, room)) > 0) {
        EspInner piece = parse(room, size);
        guint fragment = load16(room + 6);
        gsize at = ((fragment & 0x1fff) - first_offset) * 8;
        gsize payload = size - piece.header_length;

        g_assert_cmpuint(size, <=, limit);
        g_assert_cmpuint(piece.total_length, ==, size);
        g_assert_true(support_header_sum_is_right(room));
        g_assert_cmpuint(fragment & 0xc000, ==, 0);
        g_assert_false(saw_last);
        saw_last = (fragment & 0x2000) == 0;
        g_assert_true(saw_last || payload % 8 == 0);
        memcpy(ret_joined + at, room + piece.header_length, payload);
        pieces++;
    }
    g_assert_cmpint(saw_last, ==, !had_more);
    g_assert_cmpmem(ret_joined, length - whole.header_length, packet + whole.header_length,
                    length - whole.header_length);
    return pieces;
}

static void
test_fragments_join_to_the_packet(void)
{
    static const gsize lengths[] = {28, 29, 552, 553, 1400, 1428, 1500, 8028, 65535};
    static const gsize limits[] = {28, 29, 68, 552, 576, 1280, 1422, 65535};
    g_autofree guint8 *packet = g_malloc(ROOM);
    g_autofree guint8 *joined = g_malloc(ROOM);

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(limits); k++) {
            support_packet4(packet, lengths[i], 77, FALSE);
            cut_and_join(packet, lengths[i], limits[k], joined);
        }
    support_packet4(packet, 1428, 77, FALSE);
    g_assert_cmpuint(cut_and_join(packet, 1428, 552, joined), ==, 3);
    support_packet4(packet, 8028, 77, FALSE);
    g_assert_cmpuint(cut_and_join(packet, 8028, 552, joined), ==, 16);
}

static void
test_a_fragment_is_cut_again(void)
{
    g_autofree guint8 *packet = g_malloc(ROOM);
    g_autofree guint8 *joined = g_malloc(ROOM);

    support_packet4(packet, 1420, 77, FALSE);
    store16(packet + 6, 0x2000);
    g_assert_cmpuint(cut_and_join(packet, 1420, 552, joined), ==, 3);
    store16(packet + 6, 0x2000 | 175);
    g_assert_cmpuint(cut_and_join(packet, 1420, 552, joined), ==, 3);
    store16(packet + 6, 350);
    support_packet4(packet, 700, 77, FALSE);
    store16(packet + 6, 350);
    g_assert_cmpuint(cut_and_join(packet, 700, 552, joined), ==, 2);
}

static void
test_numbers_of_fragments(void)
{
    guint8 packet[1500];
    guint8 room[600];
    EspInner inner;
    EspSplit split;

    support_packet4(packet, 1400, 77, FALSE);
    inner = parse(packet, 1400);
    g_assert_true(esp_split_init(&split, packet, &inner, 552, 0x4711));
    while (esp_split_next(&split, room) > 0)
        g_assert_cmpuint(load16(room + 4), ==, 77);
    /* With DF the sender may number all packets alike. */
    support_packet4(packet, 1400, 0, TRUE);
    inner = parse(packet, 1400);
    g_assert_true(esp_split_init(&split, packet, &inner, 552, 0x4711));
    while (esp_split_next(&split, room) > 0)
        g_assert_cmpuint(load16(room + 4), ==, 0x4711);
}

/* Record route (7) stays with the first fragment, router alert (148) goes with all (RFC 791). */
static void
test_only_copied_options_go_with_later_fragments(void)
{
    static const guint8 options[] = {7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0};
    guint8 packet[1500];
    guint8 joined[1500];
    guint8 room[600];
    EspInner inner;
    EspSplit split;

    support_packet4(packet, 1432, 77, FALSE);
    memmove(packet + 32, packet + 20, 1400);
    memcpy(packet + 20, options, sizeof options);
    packet[0] = 0x48;
    inner = parse(packet, 1432);
    g_assert_true(esp_split_init(&split, packet, &inner, 552, 1));
    g_assert_cmpuint(esp_split_next(&split, room), ==, 32 + 520);
    g_assert_cmpmem(room + 20, 12, options, 12);
    g_assert_cmpuint(esp_split_next(&split, room), ==, 24 + 528);
    g_assert_cmpmem(room + 20, 4, options + 7, 4);
    cut_and_join(packet, 1432, 552, joined);
}

static void
test_what_cannot_be_cut_is_refused(void)
{
    guint8 packet[1500];
    EspInner inner;
    EspSplit split;

    support_packet4(packet, 1400, 1, FALSE);
    inner = parse(packet, 1400);
    g_assert_false(esp_split_init(&split, packet, &inner, 27, 1));
    g_assert_false(esp_split_init(&split, packet, &inner, 0, 1));
    /* It would end behind what a datagram can hold. */
    store16(packet + 6, 0x1fff);
    inner = parse(packet, 1400);
    g_assert_false(esp_split_init(&split, packet, &inner, 552, 1));
    support_packet6(packet, 1400);
    inner = parse(packet, 1400);
    g_assert_false(esp_split_init(&split, packet, &inner, 552, 1));
}

static void
test_too_big_is_answered_over_ipv4(void)
{
    guint8 packet[1500];
    guint8 reply[ESP_TOO_BIG_MAX];
    guint64 sum = 0;
    EspInner inner;
    gsize length;

    support_packet4(packet, 1500, 1, TRUE);
    inner = parse(packet, 1500);
    length = esp_inner_too_big(packet, &inner, 1422, reply);
    g_assert_cmpuint(length, ==, 576);
    inner = parse(reply, length);
    g_assert_true(support_header_sum_is_right(reply));
    g_assert_cmpuint(inner.protocol, ==, 1);
    g_assert_cmpmem(inner.source, 4, packet + 16, 4);
    g_assert_cmpmem(inner.destination, 4, packet + 12, 4);
    g_assert_cmpuint(reply[20], ==, 3);
    g_assert_cmpuint(reply[21], ==, 4);
    g_assert_cmpuint(load16(reply + 24), ==, 0);
    g_assert_cmpuint(load16(reply + 26), ==, 1422);
    g_assert_cmpmem(reply + 28, length - 28, packet, length - 28);
    for (gsize i = 20; i < length; i += 2)
        sum += load16(reply + i);
    g_assert_cmpuint((sum & 0xffff) + (sum >> 16), ==, 0xffff);
}

static void
test_too_big_is_answered_over_ipv6(void)
{
    guint8 packet[1500];
    guint8 reply[ESP_TOO_BIG_MAX];
    EspInner inner;
    gsize length;

    support_packet6(packet, 1500);
    inner = parse(packet, 1500);
    length = esp_inner_too_big(packet, &inner, 1422, reply);
    g_assert_cmpuint(length, ==, 1280);
    inner = parse(reply, length);
    g_assert_cmpuint(inner.protocol, ==, 58);
    g_assert_cmpuint(reply[40], ==, 2);
    g_assert_cmpuint(reply[41], ==, 0);
    g_assert_cmpuint(load16(reply + 44), ==, 0);
    g_assert_cmpuint(load16(reply + 46), ==, 1422);
    g_assert_cmpmem(inner.destination, 16, packet + 8, 16);
    g_assert_cmpmem(inner.source, 16, packet + 24, 16);
    g_assert_cmpuint(upper_sum(reply, &inner), ==, 0xffff);
    g_assert_cmpmem(reply + 48, length - 48, packet, length - 48);
    /* No IPv6 host may be told less than 1280 (RFC 8200 5). */
    inner = parse(packet, 1500);
    esp_inner_too_big(packet, &inner, 552, reply);
    g_assert_cmpuint(load16(reply + 46), ==, 1280);
}

/* RFC 1122 3.2.2: never about an error, a later fragment or a group. */
static void
test_some_packets_get_no_answer(void)
{
    guint8 packet[1500];
    guint8 reply[ESP_TOO_BIG_MAX];
    EspInner inner;

    support_packet4(packet, 1500, 1, TRUE);
    packet[9] = 1;
    packet[20] = 3;
    inner = parse(packet, 1500);
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 576, reply), ==, 0);
    packet[20] = 8;
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 576, reply), >, 0);
    store16(packet + 6, 0x4001);
    inner = parse(packet, 1500);
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 576, reply), ==, 0);
    support_packet4(packet, 1500, 1, TRUE);
    packet[16] = 224;
    inner = parse(packet, 1500);
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 576, reply), ==, 0);
    support_packet4(packet, 1500, 1, TRUE);
    memset(packet + 12, 0, 4);
    inner = parse(packet, 1500);
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 576, reply), ==, 0);
    support_packet6(packet, 1500);
    packet[6] = 58;
    packet[40] = 1;
    inner = parse(packet, 1500);
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 1280, reply), ==, 0);
    packet[40] = 128;
    g_assert_cmpuint(esp_inner_too_big(packet, &inner, 1280, reply), >, 0);
}

/* RFC 6040 figure 4: rows are the inner bits, columns the outer ones; -1 = drop. */
static void
test_congestion_marks_pass_inwards(void)
{
    static const gint table[4][4] = {
        /* outer 0, ECT(1), ECT(0), CE */
        {0, 0, 0, -1},
        {1, 1, 1, 3},
        {2, 1, 2, 3},
        {3, 3, 3, 3},
    };

    for (guint i = 0; i < 32; i++) {
        guint before = i / 4 % 4;
        guint outer = i % 4;
        gboolean is_six = i >= 16;
        guint8 packet[100];
        EspInner inner;

        if (is_six) {
            support_packet6(packet, 100);
            packet[1] = (guint8)(0x80 | before << 4 | 5);
        } else {
            support_packet4(packet, 100, 1, FALSE);
            packet[1] = (guint8)(0xb8 | before);
            support_fix_header(packet);
        }
        inner = parse(packet, 100);
        g_assert_cmpint(esp_inner_ecn(packet, &inner, (guint8)(0xfc | outer)), ==,
                        table[before][outer] >= 0);
        if (table[before][outer] < 0)
            continue;
        g_assert_cmpint(packet[1] >> (is_six ? 4 : 0) & 3, ==, table[before][outer]);
        g_assert_cmpint(packet[1] & (is_six ? 0xcf : 0xfc), ==, is_six ? 0x85 : 0xb8);
        g_assert_true(is_six || support_header_sum_is_right(packet));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inner/the-mss-of-a-syn-is-lowered", test_the_mss_of_a_syn_is_lowered);
    g_test_add_func("/inner/a-syn-ack-is-clamped-too-and-nothing-else",
                    test_a_syn_ack_is_clamped_too_and_nothing_else);
    g_test_add_func("/inner/a-small-mss-and-later-fragments-are-left-alone",
                    test_a_small_mss_and_later_fragments_are_left_alone);
    g_test_add_func("/inner/lengths-that-lie-are-refused", test_lengths_that_lie_are_refused);
    g_test_add_func("/inner/ipv6-extension-headers-are-walked",
                    test_ipv6_extension_headers_are_walked);
    g_test_add_func("/inner/multicast-is-told", test_multicast_is_told);
    g_test_add_func("/inner/fragments-join-to-the-packet", test_fragments_join_to_the_packet);
    g_test_add_func("/inner/a-fragment-is-cut-again", test_a_fragment_is_cut_again);
    g_test_add_func("/inner/numbers-of-fragments", test_numbers_of_fragments);
    g_test_add_func("/inner/only-copied-options-go-with-later-fragments",
                    test_only_copied_options_go_with_later_fragments);
    g_test_add_func("/inner/what-cannot-be-cut-is-refused", test_what_cannot_be_cut_is_refused);
    g_test_add_func("/inner/too-big-is-answered-over-ipv4", test_too_big_is_answered_over_ipv4);
    g_test_add_func("/inner/too-big-is-answered-over-ipv6", test_too_big_is_answered_over_ipv6);
    g_test_add_func("/inner/some-packets-get-no-answer", test_some_packets_get_no_answer);
    g_test_add_func("/inner/congestion-marks-pass-inwards", test_congestion_marks_pass_inwards);
    return g_test_run();
}
