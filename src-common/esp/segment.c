/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/segment.h"

#include "esp/checksum.h"

#include <string.h>

enum {
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_URG = 0x20,
    TCP_CWR = 0x80,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MD5 = 19,
    OPTION_AO = 29,
    TCP_SUM = 16,
    UDP_SUM = 6,
};

static guint32
load32(const guint8 *at)
{
    return (guint32)checksum_load(at) << 16 | checksum_load(at + 2);
}

guint32
esp_inner_headers(const guint8 *packet, const EspInner *inner)
{
    const guint8 *transport = packet + inner->header_length;
    guint32 left = inner->total_length - inner->header_length;
    guint32 length = 0;

    if (!inner->is_first)
        return 0;
    if (inner->protocol == PROTOCOL_UDP && left >= 8)
        length = 8;
    else if (inner->protocol == PROTOCOL_TCP && left >= 20)
        length = (guint32)(transport[12] >> 4) * 4;
    if (length < (inner->protocol == PROTOCOL_TCP ? 20 : 8) || length > left)
        return 0;
    return inner->header_length + length;
}

static guint64
pseudo_sum(const guint8 *packet, guint8 version, guint8 protocol, guint32 length)
{
    guint64 sum = (guint64)length + protocol;

    return version == 4 ? checksum_add(sum, packet + 12, 8) : checksum_add(sum, packet + 8, 32);
}

gboolean
esp_inner_sum_is_right(const guint8 *packet, const EspInner *inner)
{
    guint32 length = inner->total_length - inner->header_length;
    const guint8 *transport = packet + inner->header_length;
    guint64 sum;

    if (esp_inner_headers(packet, inner) == 0 || inner->is_fragment ||
        (inner->protocol == PROTOCOL_UDP && checksum_load(transport + UDP_SUM) == 0))
        return FALSE;
    sum = pseudo_sum(packet, inner->version, inner->protocol, length);
    return checksum_fold(checksum_add(sum, transport, length)) == 0;
}

gboolean
esp_inner_complete(guint8 *packet, gsize length, gsize start, gsize offset)
{
    guint16 sum;

    if (start > length || offset > length || start + offset + 2 > length)
        return FALSE;
    sum = checksum_fold(checksum_add(0, packet + start, length - start));
    /* RFC 768: zero would mean that there is no checksum; both are zero to the sum. */
    checksum_store(packet + start + offset, sum != 0 ? sum : 0xffff);
    return TRUE;
}

static gboolean
must_stay_whole(const guint8 *tcp, guint32 header_length)
{
    if ((tcp[13] & (TCP_SYN | TCP_RST | TCP_URG)) != 0)
        return TRUE;
    for (guint32 at = 20; at < header_length && tcp[at] != OPTION_END;) {
        if (tcp[at] == OPTION_NOP) {
            at++;
            continue;
        }
        if (tcp[at] == OPTION_MD5 || tcp[at] == OPTION_AO)
            return TRUE;
        if (at + 1 == header_length || tcp[at + 1] < 2)
            return TRUE;
        at += tcp[at + 1];
    }
    return FALSE;
}

gboolean
esp_segments_init(EspSegments *segments, const guint8 *packet, const EspInner *inner, gsize size)
{
    guint32 headers = esp_inner_headers(packet, inner);
    const guint8 *transport = packet + inner->header_length;

    if (headers == 0 || inner->is_fragment || size == 0 || headers + size > G_MAXUINT16)
        return FALSE;
    if (inner->protocol == PROTOCOL_TCP &&
        must_stay_whole(transport, headers - inner->header_length))
        return FALSE;
    *segments = (EspSegments){.packet = packet,
                              .header_length = inner->header_length,
                              .headers = headers,
                              .total_length = inner->total_length,
                              .at = headers,
                              .size = (guint32)size,
                              .sequence = load32(transport + 4),
                              .identification = checksum_load(packet + 4),
                              .version = inner->version,
                              .protocol = inner->protocol};
    return TRUE;
}

static void
write_network(EspSegments *segments, guint8 *packet, guint32 length)
{
    if (segments->version == 6) {
        checksum_store(packet + 4, (guint16)(length - 40));
        return;
    }
    checksum_store(packet + 2, (guint16)length);
    checksum_store(packet + 4, segments->identification++);
    checksum_header(packet, segments->header_length);
}

static void
write_transport(const EspSegments *segments, guint8 *transport, guint32 length, gboolean is_last)
{
    guint32 sequence = segments->sequence + (segments->at - segments->headers);

    if (segments->protocol == PROTOCOL_UDP) {
        checksum_store(transport + 4, (guint16)length);
        return;
    }
    checksum_store(transport + 4, (guint16)(sequence >> 16));
    checksum_store(transport + 6, (guint16)sequence);
    if (!is_last)
        transport[13] &= (guint8) ~(TCP_FIN | TCP_PSH);
    if (segments->at != segments->headers)
        transport[13] &= (guint8)~TCP_CWR;
}

gsize
esp_segments_next(EspSegments *segments, guint8 *ret_packet)
{
    guint32 left = segments->total_length - segments->at;
    guint32 payload = MIN(left, segments->size);
    guint32 length = segments->headers - segments->header_length + payload;
    guint8 *transport = ret_packet + segments->header_length;
    guint8 *field = transport + (segments->protocol == PROTOCOL_TCP ? TCP_SUM : UDP_SUM);
    guint64 sum;

    if (left == 0)
        return 0;
    memcpy(ret_packet, segments->packet, segments->headers);
    memcpy(ret_packet + segments->headers, segments->packet + segments->at, payload);
    write_network(segments, ret_packet, segments->header_length + length);
    write_transport(segments, transport, length, payload == left);
    checksum_store(field, 0);
    sum = pseudo_sum(ret_packet, segments->version, segments->protocol, length);
    checksum_store(field, checksum_fold(checksum_add(sum, transport, length)));
    if (segments->protocol == PROTOCOL_UDP && checksum_load(field) == 0)
        checksum_store(field, 0xffff);
    segments->at += payload;
    return segments->header_length + length;
}
