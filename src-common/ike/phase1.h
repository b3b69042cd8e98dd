/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Phase 1: Main and Aggressive Mode with every method, both roles.
 *
 * RFC 2409 5, 5.1, 5.4; draft-ietf-ipsec-isakmp-hybrid-auth-05 4; draft-ietf-ipsec-isakmp-xauth-06;
 * RFC 3947 3; PROTOCOL 2 to 4 and 7. How methods prove an identity is in proof.h.
 */
#pragma once

#include "ike/exchange.h"
#include "ike/sa.h"

/* Starts one towards path, which is on port 4500 when it renews an SA that floated. */
IkeSa *ike_phase1_initiate(IkeSession *session, const IkePath *path, gboolean is_replacement);
/* The first message of a stranger. */
void ike_phase1_respond(IkeEngine *engine, const IkeHeader *header, Reader body, Reader datagram,
                        const IkePath *path);

/* An initiator that refuses AM2 says so in an encrypted message in place of AM3 (PROTOCOL 4.9), and a
 * responder that refuses MM5 in one in place of MM6. TRUE when it was one, with the right HASH; its
 * sender has proved no name yet, so all that it can do is to end this attempt. */
gboolean ike_phase1_receive_refusal(IkeSa *sa, const IkeHeader *header, Reader body,
                                    Reader datagram, const IkePath *path);

/* An encrypted message that makes no sense: different group passwords, most likely. Who sent it knows
 * our cookie, so its address is no forgery and it gets an answer. */
void ike_phase1_undecipherable(IkeExchange *exchange);

/* The time for phase 1, login or configuration is over. */
void ike_phase1_give_up(IkeSa *sa);
/* "the gateway answered NO-PROPOSAL-CHOSEN; offered: ..." for a problem told in clear: remembered
 * as the better reason, should nothing else come. */
void ike_phase1_hint(IkeSa *sa, guint16 notify);
/* Queues TELL_PHASE1. */
void ike_phase1_tell(IkeSa *sa);
