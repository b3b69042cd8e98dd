/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the engine remembers, inside the core only: engine > session > ISAKMP SA > exchange, and
 * session > child.
 *
 * A session is one tunnel as the host sees it. Usually it has one ISAKMP SA; while phase 1 is
 * renewed it has two, and its children (pairs of ESP SAs) stay with the session, not with the SA
 * that negotiated them. Nothing here is freed while a stimulus is being worked on: what has ended
 * is marked and reaped when the stimulus is done, so a handler may end its own session.
 *
 * Times are microseconds; IKE_NEVER is a timer that is off.
 */
#pragma once

#include "ike/deadline.h"
#include "ike/dh.h"
#include "ike/fragment.h"
#include "ike/ike.h"
#include "ike/keys.h"
#include "ike/limits.h"
#include "ike/natt.h"
#include "ike/offer.h"
#include "ike/queue.h"
#include "ike/vendor.h"

typedef struct IkeSession IkeSession;
typedef struct IkeSa IkeSa;
typedef struct IkeExchange IkeExchange;
typedef struct IkeChild IkeChild;

/* What a responder remembers of those who have proved nothing yet: stranger.h. */
typedef struct {
    GHashTable *beginners; /* initiator's cookie and endpoint -> IkeSa */
    GHashTable *endpoints; /* endpoint, and address alone -> half-open count */
    GQueue unreached;      /* IkeSa, oldest first: not known to receive at their address */
    guint64 *firsts;       /* under load: sums of first messages that were seen once */
    guint64 *familiar;     /* sums of addresses that somebody logged in from */
    guint half_open;
    gint64 budget; /* microseconds of work */
    gint64 budget_at;
    gint64 answers_since;
    guint answers;
} IkeStrangers;

struct IkeEngine {
    IkeRandom random;
    gpointer random_data;
    GPtrArray *responder_policies;
    gint64 now; /* of the stimulus being worked on */
    guint64 last_number;

    IkeQueue queue;
    IkeDeadlines deadlines;
    GHashTable *sessions; /* number -> IkeSession, owned */
    GHashTable *cookies;  /* our own cookie -> IkeSa */
    GHashTable *tickets;  /* number -> IkeExchange that waits for it */
    GHashTable *spis;     /* our inbound SPIs in use */
    GHashTable *users;    /* name -> GPtrArray of logged in IkeSession; gateway */
    GPtrArray *touched;   /* sessions whose deadline must be looked at again */
    IkeStrangers strangers;
    gint64 refusals_since; /* rate limit of TELL_REFUSED */
    guint refusals;
};

/* Row of the table of authentication methods: who proves itself how. */
typedef struct {
    IkeMethod method;
    IkePayloadType initiator_proof; /* HASH or SIG */
    IkePayloadType responder_proof;
    gboolean is_skeyid_from_psk;
    gboolean has_xauth;
} IkeMethodRow;

typedef enum {
    IKE_SA_OPENING, /* phase 1 */
    IKE_SA_LOGIN,   /* Xauth */
    IKE_SA_CONFIG,  /* Mode Config */
    IKE_SA_READY,
    IKE_SA_DYING, /* replaced: answers, but starts nothing */
    IKE_SA_GONE,  /* to be reaped */
} IkeSaState;

/* What only phase 1 needs; freed when its last message cannot be repeated any more. */
typedef struct {
    IkeDh *dh;
    IkePhase1Choice choice;
    GBytes *sai_b;
    GBytes *ni_b;
    GBytes *nr_b;
    GBytes *g_xi;
    GBytes *g_xr;
    GBytes *idii_b;
    GBytes *idir_b;
    Secret *g_xy;
    Secret *skeyid;
    GPtrArray *certificates; /* of the peer, leaf first */
    GBytes *peer_proof;      /* body of its HASH or SIG */
    GBytes *signature;       /* ours */
    gboolean has_certificate_request;
    IkePath path; /* of the message being worked on */
} IkePhase1;

/* Xauth on one ISAKMP SA. */
typedef struct {
    guint round;
    guint16 identifier;
    gboolean is_accepted;
    gboolean is_refused;
    char *user;
    char *message; /* cleaned text of the last SET or verdict */
    gboolean asked_passcode;
} IkeLoginState;

typedef struct {
    guint32 sequence;
    gboolean is_outstanding;
    guint failures;
    gint64 next_at;
    gint64 sent_at; /* of what waits for its acknowledgement; IKE_NEVER = nothing does */
} IkeDpd;

typedef struct {
    GBytes *datagrams[IKE_MAX_EARLY_MESSAGES]; /* NULL where there is none */
    IkePath paths[IKE_MAX_EARLY_MESSAGES];
} IkeEarly;

typedef struct {
    IkeReassembly *set;
    gint64 drop_at;
} IkeReassemblySlot;

struct IkeSa {
    IkeSession *session;
    IkeSaState state;
    gboolean is_initiator;   /* of this phase 1 */
    gboolean is_replacement; /* renews another one */
    guint8 cky_i[IKE_COOKIE_LENGTH];
    guint8 cky_r[IKE_COOKIE_LENGTH];
    const IkeMethodRow *method; /* a responder's is NULL until it chose */
    IkeMode mode;

    IkePhase1 *phase1;
    IkeExchange *opening; /* also in exchanges */
    IkeKeys *keys;
    IkeIv lb; /* last ciphertext block of phase 1 */
    IkeId peer_id;
    guint32 lifetime_seconds;

    GPtrArray *exchanges;
    guint32 *message_ids; /* ring of those that were used, against replay */
    guint message_id_count;

    guint32 own_vendors;
    guint32 peer_vendors;
    IkeNattVersion natt_version;
    gboolean is_local_behind_nat;
    gboolean is_remote_behind_nat;
    gboolean is_encapsulated;

    IkePath path;
    gboolean is_floated;
    gboolean was_heard; /* an authenticated message came after phase 1 */
    guint16 fragment_id;
    IkeReassemblySlot reassemblies[IKE_MAX_REASSEMBLIES];
    IkeEarly *early; /* messages that came before phase 1 was over; NULL = none */

    IkeLoginState login;
    IkeSettings *draft; /* settings that came in pieces, not told yet; may be NULL */
    gboolean is_configured;
    gboolean has_initial_contact; /* the peer said so, authenticated */
    IkeDpd dpd;

    GList unreached;               /* in IkeStrangers.unreached; data NULL when it is not */
    guint32 unproven_microseconds; /* of work, paid in advance */

    gint64 give_up_at;    /* opening, login or configuration must be over */
    gint64 skip_xauth_at; /* Cisco-type peers ask for no login when phase 1 is renewed */
    gint64 renew_at;
    gint64 expire_at;
    gint64 keepalive_at;
};

typedef enum {
    IKE_CHILD_HALF,   /* inbound installed, the peer has not confirmed yet */
    IKE_CHILD_USED,   /* the one to send on */
    IKE_CHILD_RETIRED /* replaced; inbound still good */
} IkeChildState;

struct IkeChild {
    IkeSession *session;
    guint64 number;
    IkeChildState state;
    guint32 spi_in;
    guint32 spi_out;
    NetPrefix local;
    NetPrefix remote;
    NetPrefix wanted; /* what was asked for; the gateway may have narrowed it to remote */
    gint64 renew_at;
    gint64 expire_at;
    gint64 drop_at; /* who renewed deletes the old pair */
};

struct IkeSession {
    IkeEngine *engine;
    guint64 number;
    IkePolicy *policy;
    gboolean is_gateway;
    gboolean is_known; /* the host has heard of it: it will hear of its end */
    gboolean is_closed;
    gboolean is_touched;
    IkeDeadline deadline;
    IkeStage stage;
    gboolean has_stage;

    IkePath isakmp;
    IkePath natt;
    GPtrArray *sas;
    IkeSa *current; /* the one to start exchanges on; NULL only when closed */
    GPtrArray *children;

    IkeSettings *settings;
    NetAddress address4; /* leased: what selectors are bound to */
    NetAddress address6;
    char *user;
    gboolean is_pfs_flipped;  /* the gateway refused the first way */
    gboolean is_split_wanted; /* one Quick Mode for each split network */
    gboolean was_established;
    GArray *refused;    /* NetPrefix that the gateway refused */
    gint64 recreate_at; /* the peer deleted a child that is wanted */
    guint recreated;
    gint64 recreated_since;

    Reason hint; /* a better reason than silence, from unauthenticated notifies */
    char *hint_detail;
    guint hint_count;
    gboolean has_initial_contact_sent;
    gint64 reauthenticate_at; /* try again after a failed renewal */
};
