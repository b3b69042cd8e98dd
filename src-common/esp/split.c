/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/checksum.h"
#include "esp/inner.h"

#include <string.h>

enum {
    FLAG_DF = 0x4000,
    FLAG_MF = 0x2000,
    OFFSET = 0x1fff,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_COPIED = 0x80,
};

/* Size of the option at the start of left octets; 0 when it ends the list or is broken. */
static guint32
option_length(const guint8 *option, guint32 left)
{
    if (option[0] == OPTION_NOP)
        return 1;
    if (option[0] == OPTION_END || left < 2 || option[1] < 2 || option[1] > left)
        return 0;
    return option[1];
}

/* The header of a later fragment: of the options only those that are copied (RFC 791 3.1). */
static guint32
later_header(const guint8 *packet, guint32 header_length, guint8 *ret_header)
{
    guint32 written = 20;
    guint32 length;

    memcpy(ret_header, packet, 20);
    for (guint32 at = 20; at < header_length; at += length) {
        length = option_length(packet + at, header_length - at);
        if (length == 0)
            break;
        if ((packet[at] & OPTION_COPIED) != 0) {
            memcpy(ret_header + written, packet + at, length);
            written += length;
        }
    }
    while (written % 4 != 0)
        ret_header[written++] = OPTION_END;
    ret_header[0] = (guint8)(0x40 | written / 4);
    return written;
}

gboolean
esp_split_init(EspSplit *split, const guint8 *packet, const EspInner *inner, gsize limit,
               guint16 identification)
{
    guint32 payload = inner->total_length - inner->header_length;
    guint32 offset;

    if (inner->version != 4 || limit < inner->header_length + 8u || limit > G_MAXUINT16)
        return FALSE;
    offset = (guint32)(checksum_load(packet + 6) & OFFSET) * 8;
    if (offset + payload > G_MAXUINT16)
        return FALSE;
    *split = (EspSplit){.packet = packet,
                        .header_length = inner->header_length,
                        .total_length = inner->total_length,
                        .at = inner->header_length,
                        .limit = (guint32)limit,
                        /* Packets with DF may all bear the same number (RFC 6864 4.1). */
                        .identification = inner->has_df && !inner->is_fragment
                                              ? identification
                                              : checksum_load(packet + 4)};
    return TRUE;
}

gsize
esp_split_next(EspSplit *split, guint8 *ret_packet)
{
    guint32 left = split->total_length - split->at;
    guint32 done = split->at - split->header_length;
    guint16 fragment = checksum_load(split->packet + 6);
    guint32 header_length = split->header_length;
    guint32 payload;

    if (left == 0)
        return 0;
    if (done == 0)
        memcpy(ret_packet, split->packet, header_length);
    else
        header_length = later_header(split->packet, split->header_length, ret_packet);
    payload = split->limit - header_length;
    if (payload >= left)
        payload = left;
    else
        payload -= payload % 8;
    memcpy(ret_packet + header_length, split->packet + split->at, payload);
    checksum_store(ret_packet + 2, (guint16)(header_length + payload));
    checksum_store(ret_packet + 4, split->identification);
    checksum_store(ret_packet + 6, (guint16)((fragment & FLAG_MF) | (payload < left ? FLAG_MF : 0) |
                                             ((fragment & OFFSET) + done / 8)));
    checksum_header(ret_packet, header_length);
    split->at += payload;
    return header_length + payload;
}
