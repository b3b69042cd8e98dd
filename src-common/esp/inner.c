/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/inner.h"

#include "esp/checksum.h"

#include <string.h>

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_NONE = 59,
    PROTOCOL_DESTINATION = 60,
    EXTENSIONS_MAX = 8,
    TCP_SYN = 0x02,
    TCP_OPTION_END = 0,
    TCP_OPTION_NOP = 1,
    TCP_OPTION_MSS = 2,
    ECN_MASK = 3,
    ECN_NONE = 0,
    ECN_ECT1 = 1,
    ECN_CE = 3,
};

static gboolean
parse4(const guint8 *data, gsize length, EspInner *ret_inner)
{
    guint32 header_length;
    guint32 total_length;
    guint16 fragment;

    if (length < 20)
        return FALSE;
    header_length = (guint32)(data[0] & 15) * 4;
    total_length = checksum_load(data + 2);
    if (header_length < 20 || total_length < header_length || total_length > length)
        return FALSE;
    fragment = checksum_load(data + 6);
    *ret_inner = (EspInner){.version = 4,
                            .address_length = 4,
                            .protocol = data[9],
                            .is_fragment = (fragment & 0x3fff) != 0,
                            .is_first = (fragment & 0x1fff) == 0,
                            .has_df = (fragment & 0x4000) != 0,
                            .total_length = total_length,
                            .header_length = header_length,
                            .source = data + 12,
                            .destination = data + 16};
    return TRUE;
}

/* Size of the extension header at data, 0 when protocol is none or it is cut. */
static guint32
extension_length(guint8 protocol, const guint8 *data, guint32 left)
{
    guint32 length;

    if (left < 8)
        return 0;
    switch (protocol) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DESTINATION:
        length = (guint32)(data[1] + 1) * 8;
        break;
    case PROTOCOL_AUTHENTICATION:
        length = (guint32)(data[1] + 2) * 4;
        break;
    case PROTOCOL_FRAGMENT:
        length = 8;
        break;
    default:
        return 0;
    }
    return length <= left ? length : 0;
}

static gboolean
is_extension(guint8 protocol)
{
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
           protocol == PROTOCOL_DESTINATION || protocol == PROTOCOL_AUTHENTICATION ||
           protocol == PROTOCOL_FRAGMENT;
}

/* A chain that is cut or too long leaves protocol at "none": such a packet is carried, but nobody
 * looks into it. */
static void
walk_extensions(const guint8 *data, EspInner *inner)
{
    for (guint i = 0; i < EXTENSIONS_MAX && is_extension(inner->protocol); i++) {
        const guint8 *at = data + inner->header_length;
        guint32 length =
            extension_length(inner->protocol, at, inner->total_length - inner->header_length);

        if (length == 0)
            break;
        if (inner->protocol == PROTOCOL_FRAGMENT) {
            inner->is_fragment = TRUE;
            inner->is_first = (checksum_load(at + 2) & 0xfff8) == 0;
        }
        inner->protocol = at[0];
        inner->header_length += length;
        if (!inner->is_first)
            return;
    }
    if (is_extension(inner->protocol))
        inner->protocol = PROTOCOL_NONE;
}

static gboolean
parse6(const guint8 *data, gsize length, EspInner *ret_inner)
{
    guint32 total_length;

    if (length < 40)
        return FALSE;
    total_length = 40u + checksum_load(data + 4);
    if (total_length > length)
        return FALSE;
    *ret_inner = (EspInner){.version = 6,
                            .address_length = 16,
                            .protocol = data[6],
                            .is_first = TRUE,
                            .has_df = TRUE,
                            .total_length = total_length,
                            .header_length = 40,
                            .source = data + 8,
                            .destination = data + 24};
    walk_extensions(data, ret_inner);
    return TRUE;
}

gboolean
esp_inner_parse(const guint8 *data, gsize length, EspInner *ret_inner)
{
    if (length == 0)
        return FALSE;
    switch (data[0] >> 4) {
    case 4:
        return parse4(data, length, ret_inner);
    case 6:
        return parse6(data, length, ret_inner);
    default:
        return FALSE;
    }
}

gboolean
esp_inner_is_multicast(const EspInner *inner)
{
    static const guint8 none[16];

    if (inner->version == 4)
        return inner->destination[0] >= 224 || memcmp(inner->destination, none, 4) == 0;
    return inner->destination[0] == 0xff || memcmp(inner->destination, none, 16) == 0;
}

/* Position of the MSS value from the start of the TCP header, 0 when there is none. */
static guint
find_mss(const guint8 *tcp, guint header_length)
{
    guint at = 20;

    while (at < header_length) {
        guint left = header_length - at;
        guint8 kind = tcp[at];

        if (kind == TCP_OPTION_END)
            return 0;
        if (kind == TCP_OPTION_NOP) {
            at++;
            continue;
        }
        if (left < 2 || tcp[at + 1] < 2 || tcp[at + 1] > left)
            return 0;
        if (kind == TCP_OPTION_MSS)
            return tcp[at + 1] == 4 ? at + 2 : 0;
        at += tcp[at + 1];
    }
    return 0;
}

gboolean
esp_inner_clamp(guint8 *packet, const EspInner *inner, gsize limit)
{
    gsize headers = inner->version == 4 ? 40 : 60;
    guint8 *tcp = packet + inner->header_length;
    guint32 left = inner->total_length - inner->header_length;
    guint16 before;
    guint16 after;
    guint header_length;
    guint at;

    if (inner->protocol != PROTOCOL_TCP || !inner->is_first || left < 20 ||
        (tcp[13] & TCP_SYN) == 0 || limit <= headers)
        return FALSE;
    header_length = (guint)(tcp[12] >> 4) * 4;
    if (header_length < 20 || header_length > left)
        return FALSE;
    at = find_mss(tcp, header_length);
    if (at == 0)
        return FALSE;
    before = checksum_load(tcp + at);
    after = (guint16)MIN(limit - headers, G_MAXUINT16);
    if (before <= after)
        return FALSE;
    checksum_store(tcp + at, after);
    /* An option may start at an odd place; then its octets change sides in the sum. */
    if (at % 2 != 0) {
        before = GUINT16_SWAP_LE_BE(before);
        after = GUINT16_SWAP_LE_BE(after);
    }
    checksum_store(tcp + 16, checksum_change(checksum_load(tcp + 16), before, after));
    return TRUE;
}

gboolean
esp_inner_ecn(guint8 *packet, const EspInner *inner, guint8 outer_class)
{
    guint8 shift = inner->version == 4 ? 0 : 4;
    guint8 outer = outer_class & ECN_MASK;
    guint8 now = packet[1] >> shift & ECN_MASK;
    guint16 before = checksum_load(packet);

    if (outer == ECN_CE && now == ECN_NONE)
        return FALSE;
    if (now == ECN_NONE || now == ECN_CE || (outer != ECN_CE && outer != ECN_ECT1))
        return TRUE;
    packet[1] = (guint8)((packet[1] & ~(ECN_MASK << shift)) | outer << shift);
    if (inner->version == 4)
        checksum_store(packet + 10,
                       checksum_change(checksum_load(packet + 10), before, checksum_load(packet)));
    return TRUE;
}
