/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the peer is: NAT detection, the float to port 4500, keepalives, and following a peer whose
 * NAT mapping changed. A new place is believed only when a packet that proved itself came from it.
 *
 * RFC 3947 3, 4, 7; RFC 3948 4; PROTOCOL 7.
 */
#pragma once

#include "ike/exchange.h"
#include "ike/state.h"

/* NAT-D payloads of the message being written, and those of a received one. */
void ike_path_write_natd(IkeSa *sa, IkeDraft *draft);
void ike_path_read_natd(IkeSa *sa, const IkeChain *chain);

/* Act of an initiator: go to port 4500 before MM5 and AM3 when there is a NAT or it is forced. */
guint ike_path_float(IkeExchange *exchange);

/* Phase 1 is over: the host learns the path, keepalives begin. */
void ike_path_opened(IkeSa *sa);
/* Something was sent, something authenticated came. */
void ike_path_sent(IkeSa *sa);
void ike_path_heard(IkeSa *sa, const IkePath *path);
/* Adopts path unconditionally; the caller knows that it is authenticated. */
void ike_path_follow(IkeSa *sa, const IkePath *path);
void ike_path_keepalive(IkeSa *sa);

/* Authenticated ESP came from there. */
void ike_path_moved(IkeSession *session, const NetEndpoint *remote);
/* This host has new sockets. */
void ike_path_rebind(IkeSession *session, const IkePath *isakmp, const IkePath *natt);
