/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ISAKMP SA: who may speak when, message IDs, fragments, early messages, and the walk from phase
 * 1 over Xauth and Mode Config to Quick Mode.
 *
 * RFC 2408 2.5, 3.1; RFC 2409 5; PROTOCOL 0.1 (states), 1.9, 8.2.
 */
#pragma once

#include "ike/exchange.h"
#include "ike/state.h"

/* A new SA of session, with a fresh cookie of our own. */
IkeSa *ike_sa_new(IkeSession *session, gboolean is_initiator, const IkePath *path);
void ike_sa_free(gpointer sa);
void ike_phase1_free(IkePhase1 *phase1);

/* The peer's cookie became known: datagrams meet the SA by both from now on. */
void ike_sa_set_peer_cookie(IkeSa *sa, const guint8 *cookie);

/* A whole message for this SA. */
void ike_sa_receive(IkeSa *sa, const IkeHeader *header, Reader body, Reader datagram,
                    const IkePath *path);
/* Messages that came before phase 1 was over. */
void ike_sa_receive_early(IkeSa *sa);
/* An authenticated message came from path: life, and maybe a new place. */
void ike_sa_heard(IkeSa *sa, const IkePath *path);

/* Queues message for the current path, in fragments where the peer takes them. */
void ike_sa_send(IkeSa *sa, GBytes *message, guint16 fragment_id);
guint16 ike_sa_fresh_fragment_id(IkeSa *sa);
guint32 ike_sa_fresh_message_id(IkeSa *sa);
void ike_sa_remember_message_id(IkeSa *sa, guint32 message_id);

/* Phase 1 is over. */
void ike_sa_opened(IkeSa *sa);
/* Goes on with what comes next: login, settings, children. */
void ike_sa_advance(IkeSa *sa);
/* This SA cannot be had: ends the session, or waits for another try when an old SA still lives. */
void ike_sa_fail(IkeSa *sa, Reason reason, const char *detail, gboolean tells_peer);
/* No more of this SA; the session goes on without it. */
void ike_sa_drop(IkeSa *sa);

/* Keys are agreed and phase 1 is over. */
gboolean ike_sa_is_open(const IkeSa *sa);
gboolean ike_sa_may_have_quick_mode(const IkeSa *sa);
/* Silence: what to call it, given what was heard so far. */
Reason ike_sa_silence(const IkeSa *sa);

gint64 ike_sa_deadline(const IkeSa *sa);
void ike_sa_tick(IkeSa *sa);
/* The peer has got every answer so far: none is kept for it any longer. */
void ike_sa_forget_answers(IkeSa *sa);
/* Frees finished exchanges whose time is over. */
void ike_sa_settle(IkeSa *sa);
