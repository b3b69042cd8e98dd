/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The acts of phase 1 in which keys are agreed and identities are proved. Methods are rows of a
 * table; SKEYID, signatures and trust are asked of the host, one after the other, and nothing of
 * the next message leaves before.
 *
 * RFC 2409 5; draft-ietf-ipsec-isakmp-hybrid-auth-05 3.2, 4; PROTOCOL 2.4, 3, 10.1.
 */
#pragma once

#include "ike/exchange.h"

const IkeMethodRow *ike_method_row(IkeMethod method);

/* Acts, in the order in which they are used. */
guint ike_proof_make_key_pair(IkeExchange *exchange);
guint ike_proof_agree(IkeExchange *exchange);
guint ike_proof_ask_skeyid(IkeExchange *exchange);
guint ike_proof_derive_keys(IkeExchange *exchange);
guint ike_proof_ask_signature(IkeExchange *exchange);
guint ike_proof_check(IkeExchange *exchange);
guint ike_proof_ask_trust(IkeExchange *exchange);

/* Certificates where the method signs, then HASH or SIG. */
void ike_proof_write(IkeExchange *exchange, IkeDraft *draft);
/* Keeps the peer's certificates and its HASH or SIG. */
guint ike_proof_read(IkeExchange *exchange, const IkeChain *chain);

gboolean ike_proof_is_own_signature(const IkeSa *sa);
gboolean ike_proof_is_peer_signature(const IkeSa *sa);

/* Answers of the host: what the act that asked returns in the end. */
guint ike_phase1_keyed(IkeExchange *exchange, const Secret *skeyid);
guint ike_phase1_signed(IkeExchange *exchange, GBytes *signature);
guint ike_phase1_trusted(IkeExchange *exchange, Reason reason, const char *detail);
