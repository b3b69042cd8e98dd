/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine's tables, for the rest of the core: which datagram belongs to which ISAKMP SA, and how
 * many strangers are half open.
 */
#pragma once

#include "ike/header.h"
#include "ike/state.h"

void ike_engine_add_sa(IkeEngine *engine, IkeSa *sa);
void ike_engine_remove_sa(IkeEngine *engine, IkeSa *sa);

/* A responder's SA, found by the first message until phase 1 is over: the initiator does not know
 * our cookie yet when it repeats that one. Counts as half open. */
void ike_engine_add_beginner(IkeEngine *engine, IkeSa *sa);
void ike_engine_forget_beginner(IkeEngine *engine, IkeSa *sa);
/* TRUE when one more stranger from there may be served. */
gboolean ike_engine_has_room(const IkeEngine *engine, const NetEndpoint *endpoint);
gboolean ike_engine_is_loaded(const IkeEngine *engine);
/* TRUE the second time it is called with the same octets, more or less: a small table. */
gboolean ike_engine_is_repeated(IkeEngine *engine, Reader datagram);

/* Answers to strangers that keep no state: at most a few a second. */
gboolean ike_engine_may_answer_stranger(IkeEngine *engine);

/* Our inbound SPIs are unique in the engine. */
guint32 ike_engine_fresh_spi(IkeSession *session);
void ike_engine_release_spi(IkeEngine *engine, guint32 spi);

/* Sessions of one user, for a gateway that recognises who comes again; NULL when there are none.
 * session->user must be set. */
void ike_engine_add_user(IkeSession *session);
void ike_engine_remove_user(IkeSession *session);
GPtrArray *ike_engine_sessions_of(IkeEngine *engine, const char *user);
