/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/checksum.h"
#include "esp/inner.h"

#include <string.h>

enum {
    PROTOCOL_ICMP = 1,
    PROTOCOL_ICMPV6 = 58,
    ICMP_HEADER = 8,
    ICMP_UNREACHABLE = 3,
    ICMP_FRAGMENTATION_NEEDED = 4,
    ICMPV6_TOO_BIG = 2,
    ICMPV6_FIRST_QUERY = 128,
    ICMPV6_REDIRECT = 137,
    IPV4_MOST = 576, /* RFC 1812 4.3.2.3 */
    IPV6_LEAST = 1280,
    HOP_LIMIT = 64,
};

/* Queries and their answers are the only ICMP messages that may be answered with an error. */
static gboolean
is_icmp_error(const guint8 *packet, const EspInner *inner)
{
    guint8 type;

    if (inner->protocol != (inner->version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6))
        return FALSE;
    if (inner->total_length == inner->header_length)
        return TRUE;
    type = packet[inner->header_length];
    if (inner->version == 6)
        return type < ICMPV6_FIRST_QUERY || type == ICMPV6_REDIRECT;
    return type == ICMP_UNREACHABLE || type == 4 || type == 5 || type == 11 || type == 12;
}

static gboolean
may_answer(const guint8 *packet, const EspInner *inner)
{
    static const guint8 none[16];

    return inner->is_first && !is_icmp_error(packet, inner) && !esp_inner_is_multicast(inner) &&
           memcmp(inner->source, none, inner->address_length) != 0 &&
           (inner->version == 4 ? inner->source[0] < 224 : inner->source[0] != 0xff);
}

/* The packet's destination is the sender: an address that is known to be routed this way. */
static gsize
too_big4(const guint8 *packet, const EspInner *inner, gsize limit, guint8 *ret_packet)
{
    gsize quoted = MIN(inner->total_length, IPV4_MOST - 20 - ICMP_HEADER);
    gsize total = 20 + ICMP_HEADER + quoted;
    guint8 *icmp = ret_packet + 20;

    memset(ret_packet, 0, 20 + ICMP_HEADER);
    ret_packet[0] = 0x45;
    checksum_store(ret_packet + 2, (guint16)total);
    ret_packet[8] = HOP_LIMIT;
    ret_packet[9] = PROTOCOL_ICMP;
    memcpy(ret_packet + 12, inner->destination, 4);
    memcpy(ret_packet + 16, inner->source, 4);
    checksum_header(ret_packet, 20);
    icmp[0] = ICMP_UNREACHABLE;
    icmp[1] = ICMP_FRAGMENTATION_NEEDED;
    checksum_store(icmp + 6, (guint16)MIN(limit, G_MAXUINT16));
    memcpy(icmp + ICMP_HEADER, packet, quoted);
    checksum_store(icmp + 2, checksum_fold(checksum_add(0, icmp, ICMP_HEADER + quoted)));
    return total;
}

static gsize
too_big6(const guint8 *packet, const EspInner *inner, gsize limit, guint8 *ret_packet)
{
    gsize quoted = MIN(inner->total_length, IPV6_LEAST - 40 - ICMP_HEADER);
    gsize length = ICMP_HEADER + quoted;
    guint8 *icmp = ret_packet + 40;
    guint64 sum;

    memset(ret_packet, 0, 40 + ICMP_HEADER);
    ret_packet[0] = 0x60;
    checksum_store(ret_packet + 4, (guint16)length);
    ret_packet[6] = PROTOCOL_ICMPV6;
    ret_packet[7] = HOP_LIMIT;
    memcpy(ret_packet + 8, inner->destination, 16);
    memcpy(ret_packet + 24, inner->source, 16);
    icmp[0] = ICMPV6_TOO_BIG;
    checksum_store(icmp + 6, (guint16)CLAMP(limit, IPV6_LEAST, G_MAXUINT16));
    memcpy(icmp + ICMP_HEADER, packet, quoted);
    sum = checksum_add(length + PROTOCOL_ICMPV6, ret_packet + 8, 32);
    checksum_store(icmp + 2, checksum_fold(checksum_add(sum, icmp, length)));
    return 40 + length;
}

gsize
esp_inner_too_big(const guint8 *packet, const EspInner *inner, gsize limit, guint8 *ret_packet)
{
    if (!may_answer(packet, inner))
        return 0;
    return (inner->version == 4 ? too_big4 : too_big6)(packet, inner, limit, ret_packet);
}
