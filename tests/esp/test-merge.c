/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cutting at the transport layer and its twin. What is merged must be what a kernel would cut into
 * the very same packets, so the two are checked against each other and against plain sums.
 */
#include "esp/merge.h"

#include "support.h"

#include "esp/segment.h"

#include <string.h>

enum {
    ROOM = 65536,
    PACKETS = 64,
    SLOT = 2048,
    FIN = 1,
    SYN = 2,
    RST = 4,
    PSH = 8,
    ACK = 16,
    URG = 32
};

typedef struct {
    guint version;
    guint8 flags;
    guint32 sequence;
    gsize payload;
    guint16 source_port;
    guint8 options[12];
    gsize options_length;
    guint16 window;
    guint8 tos;
} Tcp;

static void
store16(guint8 *at, guint value)
{
    at[0] = (guint8)(value >> 8);
    at[1] = (guint8)value;
}

static guint
load16(const guint8 *at)
{
    return (guint)at[0] << 8 | at[1];
}

static guint32
load32(const guint8 *at)
{
    return (guint32)load16(at) << 16 | load16(at + 2);
}

static EspInner
parse(const guint8 *packet, gsize length)
{
    EspInner inner;

    g_assert_true(esp_inner_parse(packet, length, &inner));
    return inner;
}

/* RFC 1071 with the pseudo header, plainly: 0xffff when the checksum in the packet is right. */
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

static gsize
make_tcp(const Tcp *tcp, guint8 *ret_packet)
{
    gsize header = tcp->version == 4 ? 20 : 40;
    gsize headers = header + 20 + tcp->options_length;
    gsize total = headers + tcp->payload;
    guint8 *transport = ret_packet + header;
    EspInner inner;

    if (tcp->version == 4)
        support_packet4(ret_packet, total, (guint16)tcp->sequence, TRUE);
    else
        support_packet6(ret_packet, total);
    ret_packet[tcp->version == 4 ? 9 : 6] = 6;
    if (tcp->version == 4) {
        ret_packet[1] = tcp->tos;
        support_fix_header(ret_packet);
    }
    memset(transport, 0, 20);
    store16(transport, tcp->source_port);
    store16(transport + 2, 80);
    store16(transport + 4, tcp->sequence >> 16);
    store16(transport + 6, tcp->sequence & 0xffff);
    store16(transport + 8, 7);
    transport[12] = (guint8)((20 + tcp->options_length) / 4 << 4);
    transport[13] = tcp->flags;
    store16(transport + 14, tcp->window);
    memcpy(transport + 20, tcp->options, tcp->options_length);
    for (gsize i = 0; i < tcp->payload; i++)
        ret_packet[headers + i] = (guint8)((tcp->sequence + i) * 5 + (tcp->sequence + i) / 256);
    inner = parse(ret_packet, total);
    store16(transport + 16, ~upper_sum(ret_packet, &inner) & 0xffff);
    return total;
}

static const Tcp plain = {.version = 4,
                          .flags = ACK | PSH | FIN,
                          .sequence = 0xfffffc00,
                          .payload = 10000,
                          .source_port = 5001,
                          .options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8},
                          .options_length = 12,
                          .window = 1000};

static void
check_segments(const Tcp *tcp, gsize size)
{
    g_autofree guint8 *packet = g_malloc(ROOM);
    gsize length = make_tcp(tcp, packet);
    EspInner whole = parse(packet, length);
    guint32 headers = esp_inner_headers(packet, &whole);
    EspSegments segments;
    guint8 room[SLOT];
    gsize at = headers;
    gsize piece;

    g_assert_true(esp_segments_init(&segments, packet, &whole, size));
    while ((piece = esp_segments_next(&segments, room)) > 0) {
        EspInner inner = parse(room, piece);
        gsize payload = piece - headers;
        guint8 flags = room[inner.header_length + 13];
        gboolean is_last = at + payload == length;

        g_assert_cmpuint(inner.total_length, ==, piece);
        g_assert_cmpuint(payload, <=, size);
        g_assert_cmpuint(upper_sum(room, &inner), ==, 0xffff);
        g_assert_true(tcp->version == 6 || support_header_sum_is_right(room));
        g_assert_cmpuint(load32(room + inner.header_length + 4), ==,
                         tcp->sequence + (guint32)(at - headers));
        g_assert_cmpmem(room + headers, payload, packet + at, payload);
        g_assert_cmpuint(flags, ==, is_last ? tcp->flags : tcp->flags & ~(FIN | PSH));
        at += payload;
    }
    g_assert_cmpuint(at, ==, length);
}

static void
test_tcp_is_cut_into_segments(void)
{
    Tcp tcp = plain;

    for (tcp.version = 4; tcp.version <= 6; tcp.version += 2) {
        check_segments(&tcp, 1370);
        check_segments(&tcp, 500);
        check_segments(&tcp, 1);
        tcp.payload = 1000;
        check_segments(&tcp, 500);
        check_segments(&tcp, 1999);
        tcp.payload = 10000;
    }
}

static void
test_some_segments_must_stay_whole(void)
{
    static const guint8 flags[] = {SYN, SYN | ACK, RST, ACK | URG};
    static const guint8 kinds[] = {19, 29};
    g_autofree guint8 *packet = g_malloc(ROOM);
    EspSegments segments;
    EspInner inner;
    Tcp tcp = plain;

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        tcp.flags = flags[i];
        inner = parse(packet, make_tcp(&tcp, packet));
        g_assert_false(esp_segments_init(&segments, packet, &inner, 500));
    }
    tcp = plain;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        memcpy(tcp.options, (guint8[]){1, 1, kinds[i], 10}, 4);
        inner = parse(packet, make_tcp(&tcp, packet));
        g_assert_false(esp_segments_init(&segments, packet, &inner, 500));
    }
    tcp = plain;
    inner = parse(packet, make_tcp(&tcp, packet));
    g_assert_false(esp_segments_init(&segments, packet, &inner, 0));
    store16(packet + 6, 0x2000);
    inner = parse(packet, 10052);
    g_assert_false(esp_segments_init(&segments, packet, &inner, 500));
    packet[9] = 47;
    store16(packet + 6, 0);
    inner = parse(packet, 10052);
    g_assert_false(esp_segments_init(&segments, packet, &inner, 500));
}

static void
test_udp_is_cut_into_datagrams(void)
{
    g_autofree guint8 *packet = g_malloc(ROOM);
    guint8 room[SLOT];
    EspSegments segments;
    EspInner inner;
    gsize at = 28;
    gsize piece;

    support_packet4(packet, 5028, 9, TRUE);
    inner = parse(packet, 5028);
    g_assert_true(esp_segments_init(&segments, packet, &inner, 1200));
    for (guint i = 0; (piece = esp_segments_next(&segments, room)) > 0; i++) {
        inner = parse(room, piece);
        g_assert_cmpuint(piece, ==, i < 4 ? 1228 : 228);
        g_assert_cmpuint(load16(room + 24), ==, piece - 20);
        g_assert_cmpuint(load16(room + 4), ==, 9 + i);
        g_assert_cmpuint(upper_sum(room, &inner), ==, 0xffff);
        g_assert_true(esp_inner_sum_is_right(room, &inner));
        g_assert_cmpmem(room + 28, piece - 28, packet + at, piece - 28);
        at += piece - 28;
    }
    g_assert_cmpuint(at, ==, 5028);
}

static void
test_a_sum_left_to_the_device_is_completed(void)
{
    g_autofree guint8 *packet = g_malloc(ROOM);
    Tcp tcp = plain;
    gsize length = make_tcp(&tcp, packet);
    EspInner inner = parse(packet, length);
    guint64 sum = length - 20 + 6;

    for (guint i = 12; i < 20; i += 2)
        sum += load16(packet + i);
    store16(packet + 36, (guint)((sum & 0xffff) + (sum >> 16)));
    g_assert_cmpuint(upper_sum(packet, &inner), !=, 0xffff);
    g_assert_true(esp_inner_complete(packet, length, 20, 16));
    g_assert_cmpuint(upper_sum(packet, &inner), ==, 0xffff);
    g_assert_false(esp_inner_complete(packet, length, length, 0));
    g_assert_false(esp_inner_complete(packet, length, length - 1, 0));
    g_assert_false(esp_inner_complete(packet, length, 20, length));
}

static guint8 slots[PACKETS][SLOT];

/* What the kernel does with a merged packet: cut it at size. Compared with what came. */
static void
check_flow(EspFlow *flow, guint8 originals[PACKETS][SLOT], guint first)
{
    g_autofree guint8 *joined = g_malloc(ROOM);
    EspSegments segments;
    EspInner inner;
    guint8 room[SLOT];
    gsize at = flow->headers + flow->size;

    esp_flow_finish(flow);
    memcpy(joined, flow->packets[0], at);
    for (guint i = 1; i < flow->count; i++) {
        gsize payload = esp_flow_packet_length(flow, i) - flow->headers;

        memcpy(joined + at, flow->packets[i] + flow->headers, payload);
        at += payload;
    }
    inner = parse(joined, at);
    g_assert_cmpuint(inner.total_length, ==, at);
    g_assert_true(
        esp_inner_complete(joined, at, flow->header_length, flow->protocol == 6 ? 16 : 6));
    g_assert_true(esp_inner_sum_is_right(joined, &inner));
    g_assert_true(esp_segments_init(&segments, joined, &inner, flow->size));
    for (guint i = 0; i < flow->count; i++) {
        gsize length = esp_segments_next(&segments, room);

        g_assert_cmpmem(room, length, originals[first + i], esp_flow_packet_length(flow, i));
    }
    g_assert_cmpuint(esp_segments_next(&segments, room), ==, 0);
    esp_flow_undo(flow);
    g_assert_cmpmem(flow->packets[0], flow->headers + flow->size, originals[first],
                    flow->headers + flow->size);
}

static EspMergeResult
add(EspMerge *merge, guint slot, const Tcp *tcp, EspFlow **ret_flow)
{
    gsize length = make_tcp(tcp, slots[slot]);
    EspInner inner = parse(slots[slot], length);

    return esp_merge_add(merge, slots[slot], &inner, ret_flow);
}

static void
test_a_train_is_merged_and_cuts_into_itself(void)
{
    static guint8 originals[PACKETS][SLOT];

    for (guint version = 4; version <= 6; version += 2) {
        EspMerge merge = {0};
        Tcp tcp = plain;
        EspFlow *flow;

        tcp.version = version;
        tcp.flags = ACK;
        tcp.payload = 1370;
        tcp.sequence = 1;
        for (guint i = 0; i < 40; i++) {
            if (i == 39) {
                tcp.payload = 77;
                tcp.flags = ACK | PSH;
            }
            g_assert_cmpint(add(&merge, i, &tcp, &flow), ==, ESP_MERGE_TAKEN);
            /* The kernel numbers the pieces of an IPv4 packet one by one. */
            make_tcp(&tcp, originals[i]);
            if (version == 4) {
                store16(originals[i] + 4, load16(originals[0] + 4) + i);
                support_fix_header(originals[i]);
            }
            tcp.sequence += (guint32)tcp.payload;
        }
        g_assert_cmpuint(merge.count, ==, 1);
        g_assert_cmpuint(merge.flows[0].count, ==, 40);
        g_assert_true(merge.flows[0].is_closed);
        merge.flows[0].packets[0][merge.flows[0].header_length + 13] = ACK | PSH;
        check_flow(&merge.flows[0], originals, 0);
    }
}

typedef struct {
    const char *name;
    void (*change)(Tcp *tcp);
    EspMergeResult result;
} Join;

static void
same(Tcp *tcp)
{
}
static void
longer(Tcp *tcp)
{
    tcp->payload++;
}
static void
gap(Tcp *tcp)
{
    tcp->sequence++;
}
static void
window(Tcp *tcp)
{
    tcp->window++;
}
static void
timestamp(Tcp *tcp)
{
    tcp->options[7]++;
}
static void
tos(Tcp *tcp)
{
    tcp->tos = 3;
}
static void
fin(Tcp *tcp)
{
    tcp->flags |= FIN;
}
static void
empty(Tcp *tcp)
{
    tcp->payload = 0;
}
static void
no_options(Tcp *tcp)
{
    tcp->options_length = 0;
}
static void
other_port(Tcp *tcp)
{
    tcp->source_port++;
}
static void
ece(Tcp *tcp)
{
    tcp->flags |= 0x40;
}

static const Join join_rows[] = {
    {"the next one", same, ESP_MERGE_TAKEN},
    {"a longer one", longer, ESP_MERGE_FLUSH},
    {"one behind a gap", gap, ESP_MERGE_FLUSH},
    {"another window", window, ESP_MERGE_FLUSH},
    {"another timestamp", timestamp, ESP_MERGE_FLUSH},
    {"another class", tos, ESP_MERGE_FLUSH},
    {"the last of the connection", fin, ESP_MERGE_FLUSH},
    {"a bare acknowledgement", empty, ESP_MERGE_FLUSH},
    {"one without options", no_options, ESP_MERGE_FLUSH},
    {"one with a congestion echo", ece, ESP_MERGE_FLUSH},
    {"one of another connection", other_port, ESP_MERGE_TAKEN},
};

static void
test_only_what_fits_is_joined(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(join_rows); i++) {
        EspMerge merge = {0};
        Tcp tcp = plain;
        EspFlow *flow;
        EspInner inner;
        gsize length;

        tcp.flags = ACK;
        tcp.payload = 1000;
        tcp.sequence = 1000;
        g_assert_cmpint(add(&merge, 0, &tcp, &flow), ==, ESP_MERGE_TAKEN);
        tcp.sequence = 2000;
        join_rows[i].change(&tcp);
        g_test_message("%s", join_rows[i].name);
        length = make_tcp(&tcp, slots[1]);
        inner = parse(slots[1], length);
        g_assert_cmpint(esp_merge_add(&merge, slots[1], &inner, &flow), ==, join_rows[i].result);
    }
}

static void
test_broken_packets_are_handed_over_alone(void)
{
    EspMerge merge = {0};
    Tcp tcp = plain;
    EspFlow *flow;
    EspInner inner;
    gsize length;

    tcp.flags = ACK;
    tcp.payload = 1000;
    for (guint broken = 10; broken < 600; broken += 590 - 1) {
        length = make_tcp(&tcp, slots[0]);
        slots[0][broken] ^= 1;
        inner = parse(slots[0], length);
        g_assert_cmpint(esp_merge_add(&merge, slots[0], &inner, &flow), ==, ESP_MERGE_ALONE);
    }
    g_assert_cmpuint(merge.count, ==, 0);
}

static void
test_a_full_table_gives_up_its_oldest_flow(void)
{
    EspMerge merge = {0};
    Tcp tcp = plain;
    EspFlow *flow;

    tcp.flags = ACK;
    tcp.payload = 100;
    for (guint i = 0; i < ESP_MERGE_FLOWS; i++) {
        tcp.source_port = (guint16)(6000 + i);
        g_assert_cmpint(add(&merge, i, &tcp, &flow), ==, ESP_MERGE_TAKEN);
    }
    tcp.source_port = 7000;
    g_assert_cmpint(add(&merge, 20, &tcp, &flow), ==, ESP_MERGE_FLUSH);
    g_assert_true(flow->packets[0] == slots[0]);
    esp_merge_remove(&merge, flow);
    g_assert_true(merge.flows[0].packets[0] == slots[1]);
    g_assert_cmpint(add(&merge, 20, &tcp, &flow), ==, ESP_MERGE_TAKEN);
    g_assert_cmpuint(merge.count, ==, ESP_MERGE_FLOWS);
}

static void
test_datagrams_are_merged_only_when_the_kernel_takes_them(void)
{
    EspMerge merge = {0};
    EspFlow *flow;
    EspSegments segments;
    EspInner inner;
    g_autofree guint8 *packet = g_malloc(ROOM);
    static guint8 originals[PACKETS][SLOT];
    guint count = 0;
    gsize length;

    support_packet4(packet, 1228, 9, TRUE);
    inner = parse(packet, 1228);
    g_assert_true(esp_segments_init(&segments, packet, &inner, 1200));
    length = esp_segments_next(&segments, slots[0]);
    inner = parse(slots[0], length);
    g_assert_cmpint(esp_merge_add(&merge, slots[0], &inner, &flow), ==, ESP_MERGE_ALONE);
    merge.takes_udp = TRUE;
    support_packet4(packet, 5028, 9, TRUE);
    inner = parse(packet, 5028);
    g_assert_true(esp_segments_init(&segments, packet, &inner, 1200));
    while ((length = esp_segments_next(&segments, slots[count])) > 0) {
        memcpy(originals[count], slots[count], length);
        inner = parse(slots[count], length);
        g_assert_cmpint(esp_merge_add(&merge, slots[count], &inner, &flow), ==, ESP_MERGE_TAKEN);
        count++;
    }
    g_assert_cmpuint(count, ==, 5);
    g_assert_cmpuint(merge.flows[0].count, ==, 5);
    g_assert_true(merge.flows[0].is_closed);
    check_flow(&merge.flows[0], originals, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/tcp-is-cut-into-segments", test_tcp_is_cut_into_segments);
    g_test_add_func("/segment/some-segments-must-stay-whole", test_some_segments_must_stay_whole);
    g_test_add_func("/segment/udp-is-cut-into-datagrams", test_udp_is_cut_into_datagrams);
    g_test_add_func("/segment/a-sum-left-to-the-device-is-completed",
                    test_a_sum_left_to_the_device_is_completed);
    g_test_add_func("/merge/a-train-is-merged-and-cuts-into-itself",
                    test_a_train_is_merged_and_cuts_into_itself);
    g_test_add_func("/merge/only-what-fits-is-joined", test_only_what_fits_is_joined);
    g_test_add_func("/merge/broken-packets-are-handed-over-alone",
                    test_broken_packets_are_handed_over_alone);
    g_test_add_func("/merge/a-full-table-gives-up-its-oldest-flow",
                    test_a_full_table_gives_up_its_oldest_flow);
    g_test_add_func("/merge/datagrams-are-merged-only-when-the-kernel-takes-them",
                    test_datagrams_are_merged_only_when_the_kernel_takes_them);
    return g_test_run();
}
