/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The IKEv1 core's only face: a sans-I/O engine for both roles.
 *
 * One IkeEngine holds all sessions of a host. Stimuli go in, actions queue up; whoever hosts the
 * engine runs one loop:
 *
 *     feed one stimulus; while ((action = ike_engine_next(engine)) != NULL) carry it out;
 *     arm the one timer for ike_engine_deadline(engine)
 *
 * The core has no clock, socket, file, random source, log or main loop. now is microseconds of
 * CLOCK_BOOTTIME. Random octets come from IkeOptions. Sessions, children and tickets are numbers
 * that are never reused: an answer that comes too late meets nothing and is ignored.
 */
#pragma once

#include "ike/action.h"
#include "ike/policy.h"
#include "ike/trust.h"

typedef struct IkeEngine IkeEngine;

/* What random octets are for, so that a test can replay an exchange octet by octet. */
typedef enum {
    IKE_RANDOM_COOKIE,
    IKE_RANDOM_NONCE,
    IKE_RANDOM_DH_PRIVATE,
    IKE_RANDOM_MESSAGE_ID,
    IKE_RANDOM_SPI,
    IKE_RANDOM_IDENTIFIER,
    IKE_RANDOM_NATD,
    IKE_RANDOM_DPD,
    IKE_RANDOM_JITTER,
} IkeRandomUse;

typedef void (*IkeRandom)(gpointer user_data, IkeRandomUse use, guint8 *ret_octets, gsize length);

typedef struct {
    IkeRandom random;
    gpointer random_data;
    /* IkePolicy *, in order of preference, for phase 1 of strangers; NULL = initiator only.
     * Borrowed for the call; the engine takes its own references. */
    GPtrArray *responder_policies;
} IkeOptions;

IkeEngine *ike_engine_new(const IkeOptions *options);
void ike_engine_free(IkeEngine *engine);

/* Takes the place of responder_policies for those who come from now on; sessions that are there
 * keep the policy that they have. */
void ike_engine_set_responder_policies(IkeEngine *engine, GPtrArray *policies);

/* Starts a session towards isakmp->remote (port 500). natt is the path to use once NAT traversal
 * is agreed (port 4500). Returns the session's number. */
guint64 ike_engine_initiate(IkeEngine *engine, gint64 now, IkePolicy *policy, const IkePath *isakmp,
                            const IkePath *natt);

/* A datagram of the network, without the non-ESP marker. */
void ike_engine_receive(IkeEngine *engine, gint64 now, const IkePath *path, const guint8 *data,
                        gsize length);

/* Answers to an ASK. An unknown ticket is ignored. Secrets are copied. */
void ike_engine_answer_login(IkeEngine *engine, gint64 now, guint64 ticket, const IkeLogin *login);
/* reason: REASON_NONE = trusted; detail may be NULL. */
void ike_engine_answer_trust(IkeEngine *engine, gint64 now, guint64 ticket, Reason reason,
                             const char *detail);
/* signature NULL: the key could not be used. */
void ike_engine_answer_sign(IkeEngine *engine, gint64 now, guint64 ticket, GBytes *signature);
/* skeyid NULL: there is no such group. */
void ike_engine_answer_skeyid(IkeEngine *engine, gint64 now, guint64 ticket, const Secret *skeyid);
void ike_engine_answer_verdict(IkeEngine *engine, gint64 now, guint64 ticket,
                               const IkeVerdict *verdict);
/* settings NULL: no address is left. */
void ike_engine_answer_lease(IkeEngine *engine, gint64 now, guint64 ticket,
                             const IkeSettings *settings);

/* Deletes the session with the peer told (ESP deletes first, then ISAKMP) and TELLs CLOSED with
 * this reason. */
void ike_engine_hang_up(IkeEngine *engine, gint64 now, guint64 session, Reason reason);

/* Reauthenticates (a new phase 1, address kept) or renews the children at once. */
void ike_engine_reauthenticate(IkeEngine *engine, gint64 now, guint64 session);
void ike_engine_rekey(IkeEngine *engine, gint64 now, guint64 session);
/* A child must carry nothing more: it goes at once, and a client has another one made. */
void ike_engine_spent(IkeEngine *engine, gint64 now, guint64 session, guint64 child);

/* The plane saw authenticated ESP of this session: life for DPD. Once a second is enough. */
void ike_engine_alive(IkeEngine *engine, gint64 now, guint64 session);
/* The plane saw traffic leave without any answer: probe now instead of after the idle time. */
void ike_engine_probe(IkeEngine *engine, gint64 now, guint64 session);
/* Authenticated ESP came from another endpoint: follow it (RFC 3947 7). */
void ike_engine_moved(IkeEngine *engine, gint64 now, guint64 session, const NetEndpoint *remote);
/* This host has a new address or new sockets: go on from these paths and probe at once. */
void ike_engine_rebind(IkeEngine *engine, gint64 now, guint64 session, const IkePath *isakmp,
                       const IkePath *natt);

/* Timers that are due. */
void ike_engine_tick(IkeEngine *engine, gint64 now);
/* When ike_engine_tick() is needed next; -1 = never. */
gint64 ike_engine_deadline(const IkeEngine *engine);

/* The next action, or NULL. It stays valid until the next call on the engine. */
const IkeAction *ike_engine_next(IkeEngine *engine);

gsize ike_engine_session_count(const IkeEngine *engine);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeEngine, ike_engine_free)
