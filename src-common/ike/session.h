/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session: one tunnel of a client, one guest of a gateway. It opens, tells the host what is true,
 * and ends exactly once with one reason.
 */
#pragma once

#include "ike/state.h"

/* Registered with the engine, which owns it. */
IkeSession *ike_session_new(IkeEngine *engine, IkePolicy *policy, gboolean is_gateway,
                            const IkePath *isakmp, const IkePath *natt);
void ike_session_free(gpointer session);

/* Queues an action of this session; the host knows the session from then on. */
IkeAction *ike_session_tell(IkeSession *session, IkeActionType type);
void ike_session_tell_stage(IkeSession *session, IkeStage stage);
void ike_session_note(IkeSession *session, IkeNoteLevel level, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Ends it: children go down, the host is told the reason. tells_peer: with deletes, where there are
 * keys. Only the first call counts. detail may be NULL. */
void ike_session_close(IkeSession *session, Reason reason, const char *detail, gboolean tells_peer);

/* Has its deadline looked at when the stimulus is over. */
void ike_session_touch(IkeSession *session);
/* Reaps what has ended; FALSE when that is the session itself. */
gboolean ike_session_settle(IkeSession *session);
gint64 ike_session_deadline(const IkeSession *session);
void ike_session_tick(IkeSession *session);

/* Random octets for use, and a number in [0, below). */
void ike_session_random(IkeSession *session, IkeRandomUse use, void *ret_octets, gsize length);
guint32 ike_session_random_below(IkeSession *session, IkeRandomUse use, guint32 below);
/* seconds from now, up to a tenth earlier. */
gint64 ike_session_jittered(IkeSession *session, gint64 seconds);
/* When what was agreed for so long ends here. A gateway ends nothing behind the client's back: it
 * waits a tenth and a minute longer, so that the client always renews first (PROTOCOL 4.12, 6.8). */
gint64 ike_session_expiry(const IkeSession *session, gint64 lifetime_seconds);
