/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NAT traversal in phase 1 (RFC 3947 3; PROTOCOL 7.1 to 7.3): which version, and what the NAT-D
 * hashes say. Draft-02 and -03 differ from the RFC in payload numbers and encapsulation modes
 * only; the other drafts are not used.
 */
#pragma once

#include "base/net.h"
#include "base/suite.h"
#include "ike/action.h"
#include "ike/draft.h"
#include "ike/header.h"
#include "ike/payload.h"

typedef enum {
    IKE_NATT_VERSION_NONE,
    IKE_NATT_VERSION_DRAFT,
    IKE_NATT_VERSION_RFC3947,
} IkeNattVersion;

typedef struct {
    gboolean has_payloads; /* FALSE: the peer sent none; NAT traversal is off then */
    gboolean is_local_behind_nat;
    gboolean is_remote_behind_nat;
} IkeNattResult;

/* The best NAT-T bit (vendor.h) that both sets have; 0 = none. */
guint32 ike_natt_choose(guint32 own_vendors, guint32 peer_vendors);
/* vendor: the bit chosen. */
IkeNattVersion ike_natt_version(guint32 vendor);
IkePayloadType ike_natt_payload_type(IkeNattVersion version);
/* The mode to offer in Quick Mode. */
IkeEncapsulation ike_natt_encapsulation(IkeNattVersion version, gboolean is_encapsulated);

/* ret_hash: ike_hash_length(hash). */
void ike_natt_hash(SuiteHash hash, const IkeHeader *header, const NetEndpoint *endpoint,
                   guint8 *ret_hash);

/* Two NAT-D payloads: destination, then source. forged_source: ike_hash_length(hash) random octets
 * to force UDP encapsulation, or NULL. header: cookies are taken from it, CKY-R set. */
void ike_natt_put(IkeDraft *draft, IkeNattVersion version, SuiteHash hash, const IkeHeader *header,
                  const IkePath *path, const guint8 *forged_source);

/* path: that of the datagram, local end first as for sending. tries_port_500: AM3 on port 4500, in
 * which some peers hash with port 500 (PROTOCOL 7.2). is_any_order: the Apple draft. */
IkeNattResult ike_natt_compare(const IkeChain *chain, IkeNattVersion version, SuiteHash hash,
                               const IkeHeader *header, const IkePath *path,
                               gboolean tries_port_500, gboolean is_any_order);
