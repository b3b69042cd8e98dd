/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine's tables, for the rest of the core: which datagram belongs to which ISAKMP SA, which
 * SPIs are in use, and who is logged in.
 */
#pragma once

#include "ike/header.h"
#include "ike/state.h"

void ike_engine_add_sa(IkeEngine *engine, IkeSa *sa);
void ike_engine_remove_sa(IkeEngine *engine, IkeSa *sa);

/* Our inbound SPIs are unique in the engine. */
guint32 ike_engine_fresh_spi(IkeSession *session);
void ike_engine_release_spi(IkeEngine *engine, guint32 spi);

/* Sessions of one user, for a gateway that recognises who comes again; NULL when there are none.
 * session->user must be set. */
void ike_engine_add_user(IkeSession *session);
void ike_engine_remove_user(IkeSession *session);
GPtrArray *ike_engine_sessions_of(IkeEngine *engine, const char *user);
