/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/merge.h"

#include "esp/checksum.h"
#include "esp/segment.h"

#include <string.h>

enum {
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_SUM = 16,
    UDP_SUM = 6,
    TOTAL_MAX = 65535,
};

static guint32
load32(const guint8 *at)
{
    return (guint32)checksum_load(at) << 16 | checksum_load(at + 2);
}

static guint32
plain_header(const EspInner *inner)
{
    return inner->version == 4 ? 20 : 40;
}

/* Same addresses, protocol and ports: the order between the two matters. */
static gboolean
is_same_flow(const EspFlow *flow, const guint8 *packet, const EspInner *inner)
{
    const guint8 *first = flow->packets[0];
    gsize at = inner->version == 4 ? 12 : 8;

    return flow->version == inner->version && flow->protocol == inner->protocol &&
           memcmp(first + at, packet + at, 2 * (gsize)inner->address_length) == 0 &&
           memcmp(first + flow->header_length, packet + inner->header_length, 4) == 0;
}

static EspFlow *
find_flow(EspMerge *merge, const guint8 *packet, const EspInner *inner)
{
    for (guint i = 0; i < merge->count; i++)
        if (is_same_flow(&merge->flows[i], packet, inner))
            return &merge->flows[i];
    return NULL;
}

/* No IP options or extension headers, a plain data segment, and sums that are right. */
static gboolean
is_fit(const guint8 *packet, const EspInner *inner, guint32 headers)
{
    const guint8 *transport = packet + inner->header_length;

    if (inner->header_length != plain_header(inner) || inner->is_fragment ||
        inner->total_length <= headers)
        return FALSE;
    if (inner->protocol == PROTOCOL_TCP && (transport[13] & ~TCP_PSH) != TCP_ACK)
        return FALSE;
    if (inner->protocol == PROTOCOL_UDP &&
        checksum_load(transport + 4) != inner->total_length - inner->header_length)
        return FALSE;
    if (inner->version == 4 && checksum_fold(checksum_add(0, packet, inner->header_length)) != 0)
        return FALSE;
    return esp_inner_sum_is_right(packet, inner);
}

/* What a sender repeats in every packet of a train. */
static gboolean
has_same_headers(const EspFlow *flow, const guint8 *packet, const EspInner *inner)
{
    const guint8 *first = flow->packets[0];
    const guint8 *old = first + flow->header_length;
    const guint8 *new = packet + inner->header_length;

    if (inner->version == 4) {
        if (memcmp(first, packet, 2) != 0 || memcmp(first + 6, packet + 6, 4) != 0)
            return FALSE;
    } else if (memcmp(first, packet, 4) != 0 || first[7] != packet[7]) {
        return FALSE;
    }
    if (inner->protocol == PROTOCOL_UDP)
        return TRUE;
    return memcmp(old + 8, new + 8, 5) == 0 && memcmp(old + 14, new + 14, 2) == 0 &&
           memcmp(old + 18, new + 18, flow->headers - flow->header_length - 18) == 0;
}

static gboolean
can_join(const EspFlow *flow, const guint8 *packet, const EspInner *inner, guint32 headers)
{
    guint32 payload = inner->total_length - headers;

    return !flow->is_closed && headers == flow->headers && payload <= flow->size &&
           flow->count < ESP_MERGE_PACKETS && flow->total_length + payload <= TOTAL_MAX &&
           has_same_headers(flow, packet, inner) &&
           (inner->protocol == PROTOCOL_UDP ||
            load32(packet + inner->header_length + 4) == flow->next_sequence);
}

static void
join(EspFlow *flow, guint8 *packet, const EspInner *inner)
{
    guint32 payload = inner->total_length - flow->headers;

    flow->packets[flow->count++] = packet;
    flow->last_size = payload;
    flow->total_length += payload;
    flow->next_sequence += payload;
    flow->is_closed = payload < flow->size;
    if (inner->protocol == PROTOCOL_TCP && (packet[inner->header_length + 13] & TCP_PSH) != 0) {
        flow->packets[0][flow->header_length + 13] |= TCP_PSH;
        flow->is_closed = TRUE;
    }
}

static void
start(EspFlow *flow, guint8 *packet, const EspInner *inner, guint32 headers)
{
    guint32 payload = inner->total_length - headers;

    flow->packets[0] = packet;
    flow->count = 1;
    flow->header_length = inner->header_length;
    flow->headers = headers;
    flow->size = payload;
    flow->last_size = payload;
    flow->next_sequence = load32(packet + inner->header_length + 4) + payload;
    flow->total_length = inner->total_length;
    flow->version = inner->version;
    flow->protocol = inner->protocol;
    flow->is_closed = FALSE;
    memcpy(flow->saved, packet, headers);
}

EspMergeResult
esp_merge_add(EspMerge *merge, guint8 *packet, const EspInner *inner, EspFlow **ret_flow)
{
    guint32 headers = esp_inner_headers(packet, inner);
    gboolean is_tcp = inner->protocol == PROTOCOL_TCP;
    gboolean is_candidate;
    EspFlow *flow;

    /* A fragment's flow cannot be told; datagrams have no order to lose. */
    if (headers == 0)
        return ESP_MERGE_ALONE;
    flow = find_flow(merge, packet, inner);
    is_candidate = (is_tcp || merge->takes_udp) && headers <= ESP_MERGE_HEADERS &&
                   is_fit(packet, inner, headers);
    if (flow != NULL) {
        if (is_candidate && can_join(flow, packet, inner, headers)) {
            join(flow, packet, inner);
            return ESP_MERGE_TAKEN;
        }
        *ret_flow = flow;
        return ESP_MERGE_FLUSH;
    }
    if (!is_candidate || (is_tcp && (packet[inner->header_length + 13] & TCP_PSH) != 0))
        return ESP_MERGE_ALONE;
    if (merge->count == ESP_MERGE_FLOWS) {
        *ret_flow = &merge->flows[0];
        return ESP_MERGE_FLUSH;
    }
    start(&merge->flows[merge->count++], packet, inner, headers);
    return ESP_MERGE_TAKEN;
}

void
esp_merge_remove(EspMerge *merge, EspFlow *flow)
{
    gsize index = (gsize)(flow - merge->flows);

    memmove(flow, flow + 1, (merge->count - index - 1) * sizeof *flow);
    merge->count--;
}

void
esp_flow_finish(EspFlow *flow)
{
    guint8 *packet = flow->packets[0];
    guint8 *transport = packet + flow->header_length;
    guint32 length = flow->total_length - flow->header_length;
    guint64 sum = (guint64)length + flow->protocol;

    if (flow->version == 4) {
        checksum_store(packet + 2, (guint16)flow->total_length);
        checksum_header(packet, flow->header_length);
        sum = checksum_add(sum, packet + 12, 8);
    } else {
        checksum_store(packet + 4, (guint16)length);
        sum = checksum_add(sum, packet + 8, 32);
    }
    if (flow->protocol == PROTOCOL_UDP)
        checksum_store(transport + 4, (guint16)length);
    checksum_store(transport + (flow->protocol == PROTOCOL_TCP ? TCP_SUM : UDP_SUM),
                   (guint16)~checksum_fold(sum));
}

void
esp_flow_undo(EspFlow *flow)
{
    memcpy(flow->packets[0], flow->saved, flow->headers);
}

gsize
esp_flow_packet_length(const EspFlow *flow, guint index)
{
    return flow->headers + (index + 1 == flow->count ? flow->last_size : flow->size);
}
