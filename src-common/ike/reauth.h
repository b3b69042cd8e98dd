/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Renewal of phase 1: IKEv1 has none, so a new one is run beside the old, the children change over,
 * and the old one is deleted a little later. A gateway recognises the user who comes again.
 *
 * PROTOCOL 4.10, 4.12, 6.13; RFC 2407 4.6.3.3.
 */
#pragma once

#include "ike/state.h"

/* Client: begins one, unless one is under way. */
void ike_session_reauthenticate(IkeSession *session);

/* Timers of an open SA, from its lifetime. */
void ike_reauth_schedule(IkeSa *sa);
/* Login and settings are done: sa is the one to use. */
void ike_reauth_ready(IkeSa *sa);
/* TRUE when the session goes on with its old SA and tries again. */
gboolean ike_reauth_failed(IkeSa *sa, Reason reason);
void ike_reauth_expired(IkeSa *sa);
/* The gateway asks for no login at a renewal (Cisco). */
void ike_reauth_skip_xauth(IkeSa *sa);
/* The peer deleted the SA with these cookies. */
void ike_reauth_deleted(IkeSession *session, Reader cookies);

/* Gateway: the user of sa is known. FALSE when sa's session has ended thereby. */
gboolean ike_reauth_logged_in(IkeSa *sa);
/* Gateway: a wish for the address that another session of the same user has means a renewal. */
void ike_reauth_asked_for_address(IkeSa *sa, const NetAddress *wished);
