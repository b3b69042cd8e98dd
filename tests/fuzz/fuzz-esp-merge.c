/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Coalescing: the input is a run of packets, each behind its length in two octets, whose transport
 * checksums are made right first, because the fuzzer would never find one. What was merged is
 * finished, cut as the kernel would, and must have as many octets as came.
 */
#include "esp/merge.h"
#include "esp/segment.h"

#include <string.h>

enum { PACKETS_MAX = 200, OPTIONS = 1 };

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
put16(guint8 *at, guint value)
{
    at[0] = (guint8)(value >> 8);
    at[1] = (guint8)value;
}

static guint
sum_of(const guint8 *data, gsize length, guint64 sum)
{
    for (gsize i = 0; i < length; i++)
        sum += (guint64)data[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint)sum;
}

static void
make_right(guint8 *packet, const EspInner *inner)
{
    guint8 *transport = packet + inner->header_length;
    gsize length = inner->total_length - inner->header_length;
    guint8 *field = transport + (inner->protocol == 6 ? 16 : 6);
    guint64 sum = length + inner->protocol;

    if (inner->version == 4) {
        put16(packet + 10, 0);
        put16(packet + 10, ~sum_of(packet, inner->header_length, 0) & 0xffff);
    }
    if (esp_inner_headers(packet, inner) == 0)
        return;
    sum += sum_of(inner->source, 2 * (gsize)inner->address_length, 0);
    put16(field, 0);
    put16(field, ~sum_of(transport, length, sum) & 0xffff);
}

static void
check_flow(EspFlow *flow)
{
    gsize length = flow->headers + flow->size;
    gsize at = length;
    g_autofree guint8 *joined = g_malloc(flow->total_length);
    g_autofree guint8 *piece = g_malloc(length);
    EspSegments segments;
    EspInner inner;
    guint count = 0;

    g_assert_true(flow->count > 0 && flow->count <= ESP_MERGE_PACKETS);
    if (flow->count == 1)
        return;
    esp_flow_finish(flow);
    memcpy(joined, flow->packets[0], length);
    for (guint i = 1; i < flow->count; i++) {
        gsize payload = esp_flow_packet_length(flow, i) - flow->headers;

        g_assert_true(at + payload <= flow->total_length);
        memcpy(joined + at, flow->packets[i] + flow->headers, payload);
        at += payload;
    }
    g_assert_true(at == flow->total_length);
    g_assert_true(esp_inner_parse(joined, at, &inner) && inner.total_length == at);
    if (esp_segments_init(&segments, joined, &inner, flow->size)) {
        while (esp_segments_next(&segments, piece) > 0)
            count++;
        g_assert_true(count == flow->count);
    }
    esp_flow_undo(flow);
}

static void
add(EspMerge *merge, guint8 *packet, const EspInner *inner)
{
    EspFlow *flow;

    for (guint i = 0; i < 3; i++) {
        if (esp_merge_add(merge, packet, inner, &flow) != ESP_MERGE_FLUSH)
            return;
        check_flow(flow);
        esp_merge_remove(merge, flow);
    }
    g_assert_not_reached();
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree guint8 *copy = size > 0 ? g_memdup2(data, size) : NULL;
    EspMerge merge = {.takes_udp = size > 0 && data[0] % 2 == 1};
    gsize at = OPTIONS;

    for (guint i = 0; i < PACKETS_MAX && at + 2 < size; i++) {
        gsize length = (gsize)copy[at] << 8 | copy[at + 1];
        EspInner inner;

        at += 2;
        length = MIN(length, size - at);
        if (length > 0 && esp_inner_parse(copy + at, length, &inner)) {
            make_right(copy + at, &inner);
            add(&merge, copy + at, &inner);
        }
        at += length;
    }
    while (merge.count > 0) {
        check_flow(&merge.flows[0]);
        esp_merge_remove(&merge, &merge.flows[0]);
    }
    return 0;
}
