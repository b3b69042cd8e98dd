/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The payload chain of a received message (RFC 2408 3.2), cut into views once, in order.
 *
 * Cutting checks lengths, count, reserved octets and known types (PROTOCOL 1.9); what may be in
 * which message is said by the exchange's table, what is inside a body by view.h. All views point
 * into the octets given and die with them.
 */
#pragma once

#include "base/reader.h"
#include "ike/limits.h"
#include "ike/numbers.h"

typedef struct {
    guint8 type; /* IkePayloadType */
    Reader body;
    Reader whole; /* with its generic header */
} IkePayload;

/* Payloads of the group DOI (15..19, 22) and unknown private ones (128 and more) are passed over:
 * they are not in list, but hashes cover them. */
typedef struct {
    IkePayload list[IKE_MAX_PAYLOADS];
    gsize count;
    Reader whole; /* from the first to the last payload, without what stands behind */
} IkeChain;

/* first: next payload of the header. A clear message may end in at most 3 zero octets; a decrypted
 * one in any padding, but a reserved octet that is not zero then means a wrong key. An empty chain
 * (first is NONE) is good only without octets, or with padding. */
IkeNotify ike_chain_parse(guint8 first, Reader octets, gboolean is_decrypted, IkeChain *ret_chain);

/* The nth payload (from 0) of a type, or NULL. */
const IkePayload *ike_chain_find(const IkeChain *chain, IkePayloadType type, gsize nth);
gsize ike_chain_count(const IkeChain *chain, IkePayloadType type);

/* What HASH(1), HASH(2) and the transaction hash cover: everything behind the first payload up to
 * the end of the last, without padding (RFC 2409 5.5). The chain must not be empty. */
Reader ike_chain_behind_hash(const IkeChain *chain);

/* "SA, KE, NONCE, ID, 4 x VID" for logs; to be freed. */
char *ike_chain_format(const IkeChain *chain);
