/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ISAKMP header (RFC 2408 3.1): 28 octets before every message.
 *
 * Checked here is what needs no state: size, version, Length, a set CKY-I (RFC 2408 5.1, 5.2).
 * Cookies, exchange type, flags and message ID are judged by whoever knows the SA.
 */
#pragma once

#include "base/reader.h"
#include "base/writer.h"
#include "ike/numbers.h"

typedef struct {
    guint8 cky_i[IKE_COOKIE_LENGTH];
    guint8 cky_r[IKE_COOKIE_LENGTH];
    guint8 next_payload;
    guint8 version;
    guint8 exchange;
    guint8 flags;
    guint32 message_id;
    guint32 length;
} IkeHeader;

/* ret_body is what stands between the header and Length. Octets behind Length are ignored: Cisco
 * VPN clients append some, although RFC 2408 5.1 rejects them. A higher minor version passes. */
IkeNotify ike_header_parse(Reader datagram, IkeHeader *ret_header, Reader *ret_body);

/* Writes all fields as they are except Version, which is always 1.0. */
void ike_header_write(Writer *writer, const IkeHeader *header);

gboolean ike_header_is_encrypted(const IkeHeader *header);
/* CKY-R is zero: the first message of a phase 1. */
gboolean ike_header_is_first(const IkeHeader *header);
