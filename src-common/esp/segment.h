/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Large packets cut at the transport layer instead of the network layer.
 *
 * Two sources: the kernel hands out TCP and UDP packets of up to 64 KiB and leaves the cutting to
 * the reader (segmentation offload), and a TCP segment above esp_frag may be cut because TCP is a
 * stream of octets. The pieces are complete packets with checksums of their own.
 */
#pragma once

#include "esp/inner.h"

typedef struct {
    const guint8 *packet;
    guint32 header_length; /* IP */
    guint32 headers;       /* IP and transport */
    guint32 total_length;
    guint32 at; /* first payload octet not given out yet, from the start of the packet */
    guint32 size;
    guint32 sequence; /* of the packet's first octet */
    guint16 identification;
    guint8 version;
    guint8 protocol;
} EspSegments;

/* Pieces with at most size octets of payload each. FALSE when the packet is neither TCP nor UDP, a
 * fragment, or one that must stay whole (SYN, RST, urgent data, signed by RFC 2385 or 5925). */
gboolean esp_segments_init(EspSegments *segments, const guint8 *packet, const EspInner *inner,
                           gsize size);
/* Size of the next piece; 0 = done. ret_packet has room for the headers and size octets. */
gsize esp_segments_next(EspSegments *segments, guint8 *ret_packet);

/* Headers of a TCP or UDP packet up to its payload; 0 when it is neither or cut. */
guint32 esp_inner_headers(const guint8 *packet, const EspInner *inner);
/* TRUE when the TCP or UDP checksum is right; a UDP packet without one counts as wrong. */
gboolean esp_inner_sum_is_right(const guint8 *packet, const EspInner *inner);
/* Completes a checksum that the kernel left to the device: the field at start + offset holds the
 * pseudo header's sum. FALSE when that is not inside the packet. */
gboolean esp_inner_complete(guint8 *packet, gsize length, gsize start, gsize offset);
