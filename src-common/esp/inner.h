/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inner IP packets: what the plane must know about them and do to them.
 *
 * A parse gives a view; nothing here trusts a length that it has not checked. Checksums are
 * changed incrementally (RFC 1624), so a packet that was broken stays broken.
 */
#pragma once

#include "base/net.h"

#include <glib.h>

typedef struct {
    guint8 version;        /* 4 or 6 */
    guint8 address_length; /* 4 or 16 */
    guint8 protocol;       /* of the IPv4 header, or behind the IPv6 extension headers */
    gboolean is_fragment;  /* of either family */
    gboolean is_first;     /* holds the start of the upper layer: not a later fragment */
    gboolean has_df;
    guint32 total_length;  /* by its own field, checked against what is there */
    guint32 header_length; /* IPv4 with options; IPv6 with extension headers */
    const guint8 *source;
    const guint8 *destination;
} EspInner;

/* FALSE when data is no IP packet: too short for what its lengths claim. Octets behind the total
 * length are allowed. */
gboolean esp_inner_parse(const guint8 *data, gsize length, EspInner *ret_inner);

/* Multicast, broadcast or an unspecified destination: never meant for a tunnel. */
gboolean esp_inner_is_multicast(const EspInner *inner);

/* Lowers the MSS option of a TCP SYN so that its segments fit into packets of limit octets; any
 * other packet is left alone. TRUE when it changed. */
gboolean esp_inner_clamp(guint8 *packet, const EspInner *inner, gsize limit);

/* What the outer header's congestion bits do to the inner ones on the way in (RFC 6040 4.2).
 * outer_class: the outer TOS or traffic class. FALSE when the packet must be dropped: congestion was
 * marked on a packet whose sender does not understand it. */
gboolean esp_inner_ecn(guint8 *packet, const EspInner *inner, guint8 outer_class);

/*
 * Cuts an IPv4 packet into fragments of at most limit octets each, header included (RFC 791 3.2).
 * Packets with DF are cut too, with DF cleared and identification as their number: whether that is
 * wanted is the caller's decision. A fragment may be cut again.
 */
typedef struct {
    const guint8 *packet;
    guint32 header_length;
    guint32 total_length;
    guint32 at; /* first payload octet not given out yet, from the start of the packet */
    guint32 limit;
    guint16 identification;
} EspSplit;

/* FALSE when it cannot be cut: not IPv4, or limit leaves no room for 8 octets. */
gboolean esp_split_init(EspSplit *split, const guint8 *packet, const EspInner *inner, gsize limit,
                        guint16 identification);
/* Size of the next fragment; 0 = done. ret_packet has room for limit octets. */
gsize esp_split_next(EspSplit *split, guint8 *ret_packet);

enum { ESP_TOO_BIG_MAX = 1280 };

/* ICMP 3/4 (RFC 1191) or ICMPv6 Packet Too Big (RFC 4443 3.2) to the packet's source, telling
 * limit. Returns its length, 0 when none may be sent (an answer to an ICMP error, a later fragment,
 * a multicast or unspecified address). ret_packet has ESP_TOO_BIG_MAX octets. */
gsize esp_inner_too_big(const guint8 *packet, const EspInner *inner, gsize limit,
                        guint8 *ret_packet);
