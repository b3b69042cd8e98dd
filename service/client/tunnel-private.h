/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The insides of a tunnel, shared by its files: tunnel.c (life and states), run.c (one attempt:
 * names, paths, processes, what the engine says), login.c (questions), held.c (questions without an
 * agent), ping.c, face.c (D-Bus).
 */
#pragma once

#include "agents.h"
#include "client/plane.h"
#include "client/reach.h"
#include "client/settings.h"
#include "client/tunnel.h"
#include "engine-link.h"
#include "hooks.h"
#include "plane-kernel.h"

enum { TUNNEL_MAX_NOTES = 64 };

/* What is known for the questions of the gateway. */
typedef struct {
    GHashTable *given;       /* name -> Secret, from the call; each is used up by its first use */
    Secret *user;            /* for this tunnel's life */
    Secret *password;        /* of the first round; for reconnects. Never a one-time code */
    gboolean is_asked;       /* password came from a person: news for the profile */
    gboolean may_save;       /* and that person said it may be stored */
    gboolean is_refused;     /* nothing that was known is good: ask */
    guint attempt;           /* 1 for the first */
    Reason last_reason;      /* of the last refusal */
    guint asked;             /* questions of this attempt */
    guint64 question;        /* agents_ask(); 0 = none */
    guint64 ticket;          /* what the engine asks under */
    BoundaryMessage *answer; /* what is known of it meanwhile */
    gboolean is_later_round;
    Secret *group_password;
    char *trust_sha256; /* of the certificate that is being looked at */
    void (*ready)(Tunnel *tunnel);
} TunnelLogin;

typedef struct HeldQuestion HeldQuestion;

/* What the object shows. */
typedef struct {
    char *gateway_identity;
    char *nat_traversal;
    char *ike;
    char *esp;
    const char *method;
    const char *mode;
    char *pfs;
    gboolean is_ike_weak;
    gboolean is_esp_weak;
    gboolean has_dpd;
    guint16 mtu_octets;
    gint64 connected_at; /* Unix seconds */
    gint64 ike_rekey_at;
    gint64 esp_rekey_at;
} TunnelFacts;

struct Tunnel {
    BusObject object;
    Service *service;
    TunnelEvents events;
    gpointer events_data;
    Profile *profile;
    char *connection;
    char *id;
    char *network_id;
    guint32 owner_uid;
    char *caller;
    gboolean is_bound;
    gboolean has_no_network;
    gboolean persists;
    gboolean is_patient;
    gboolean holds_questions; /* where no agent answers */
    gboolean is_probe;
    Reach *reach;          /* while it is found out why the gateway is silent */
    GCancellable *looking; /* while it is found out whether the network lets anything through */
    guint timeout_seconds;

    TunnelState state;
    const char *stage;
    Reason reason;
    char *detail;
    gboolean was_up;
    gboolean is_ending;
    gboolean inherits_lock; /* of a tunnel of this connection that has failed */
    gboolean is_holding;    /* failed, and its lock stands until the user says otherwise */
    TunnelState end_state;  /* once the network is undone */
    GPtrArray *waits;       /* Wait calls */
    GPtrArray *counts;      /* BusCall: GetStatistics */
    GPtrArray *pings;       /* ping.c */
    GPtrArray *notes;       /* char *: the last of what the engine said */
    guint limit_timer;
    guint retry_timer;
    guint silence_timer;
    guint hang_up_timer;
    guint linger_timer;
    guint changed_timer;
    guint retries;
    guint redirects; /* since it was up last */
    gint64 note_time;
    guint note_count;

    GCancellable *cancellable; /* of the attempt */
    GPtrArray *hosts;          /* char *: the gateway and its backups */
    guint host;
    GArray *addresses; /* NetAddress of the host */
    guint address;
    GCancellable *ahead;    /* of the lookups of other gateways */
    GHashTable *known;      /* host -> GArray of NetAddress: what it resolved to */
    NetPrefix last_address; /* of this tunnel, to be asked for again */

    Network *network;
    Fd tun;
    Fd isakmp;
    Fd natt;
    NetworkPath isakmp_path;
    NetworkPath natt_path;
    EngineLink *link;
    PlaneChoice plane;
    gboolean has_xfrm_link;
    KernelPlane *kernel; /* NULL: the engine moves the packets */
    ClientSettings *settings;
    gboolean is_applying;
    gboolean is_apply_due;
    gboolean is_child_up;
    gboolean has_slept; /* NAT bindings are gone: new sockets whatever the address */

    TunnelLogin login;
    HeldQuestion *held; /* held.c; NULL = none */
    TunnelFacts facts;
};

/* tunnel.c */
void tunnel_set_state(Tunnel *tunnel, TunnelState state);
void tunnel_set_stage(Tunnel *tunnel, const char *stage);
/* Takes the processes away at once, then the network, then tells. detail may be NULL. */
void tunnel_end(Tunnel *tunnel, TunnelState state, Reason reason, const char *detail);
/* The attempt is over: try again, ask again, or end. */
void tunnel_attempt_failed(Tunnel *tunnel, Reason reason, const char *detail);
void tunnel_came_up(Tunnel *tunnel);
/* New keys of a connected tunnel: BOUNDARY_REAUTHENTICATE or BOUNDARY_REKEY. */
void tunnel_renew(Tunnel *tunnel, BoundaryType what);
/* A probe has seen what it wanted. */
void tunnel_probe_done(Tunnel *tunnel);
G_GNUC_PRINTF(2, 3) void tunnel_note(Tunnel *tunnel, const char *format, ...);
void tunnel_changed(Tunnel *tunnel, const char *first, ...) G_GNUC_NULL_TERMINATED;

/* run.c */
void tunnel_run(Tunnel *tunnel);
/* The next address or host of this round; FALSE when there is none. */
gboolean tunnel_run_next(Tunnel *tunnel);
void tunnel_run_stop(Tunnel *tunnel);
void tunnel_apply(Tunnel *tunnel);
/* Keeps what a host name resolved to: GInetAddress. */
void tunnel_know_host(Tunnel *tunnel, const char *host, GList *list);
/* Same tunnel, new sockets, when the host has moved or slept. */
void tunnel_rebind(Tunnel *tunnel);
/* Whether packets to the gateway would leave from another address now. */
gboolean tunnel_has_moved(Tunnel *tunnel);

/* ahead.c */
void tunnel_look_ahead(Tunnel *tunnel);
void tunnel_look_ahead_stop(Tunnel *tunnel);

/* lock.c */
/* The profile's network.lockdown, where the network is ours. */
gboolean tunnel_has_lock(const Tunnel *tunnel);
/* What the profile leaves open; plan points into the result: an array of NetPrefix. */
GArray *tunnel_lock_exceptions(const Tunnel *tunnel, NetworkPlan *plan);
/* Instead of the undo at the end: takes all away but the lock and calls done, with FALSE when that
 * failed. FALSE: there is nothing to hold, done is not called. */
gboolean tunnel_lock_hold(Tunnel *tunnel, void (*done)(Tunnel *tunnel, gboolean is_held));

/* kernel.c */
/* Chooses the plane of this attempt to reach address, and opens its link. */
gboolean tunnel_kernel_open_link(Tunnel *tunnel, const NetAddress *address, GError **error);
/* Opens the kernel's plane where it was chosen. Needs link and paths. */
gboolean tunnel_kernel_open(Tunnel *tunnel, GError **error);
/* Before the engine gets the NAT traversal socket. */
gboolean tunnel_kernel_take_socket(Tunnel *tunnel, GError **error);
/* The paths are new. */
void tunnel_kernel_rebind(Tunnel *tunnel);
void tunnel_kernel_take_keys(Tunnel *tunnel, const BoundaryKeys *keys);
void tunnel_kernel_take_send(Tunnel *tunnel, guint64 child);

/* login.c */
void tunnel_login_ask(Tunnel *tunnel, const BoundaryMessage *message);
void tunnel_trust_ask(Tunnel *tunnel, const BoundaryMessage *message);
/* A person still looks at the certificate, for which no gateway waits: their word starts anew. */
gboolean tunnel_trust_is_open(const Tunnel *tunnel);
/* Calls ready when the group password is there or none is needed; else ends the tunnel. */
void tunnel_login_prepare(Tunnel *tunnel, void (*ready)(Tunnel *tunnel));
void tunnel_login_stop(Tunnel *tunnel);
/* The gateway took what was answered: store what may be stored. */
void tunnel_login_accepted(Tunnel *tunnel);
/* TRUE when asking again makes sense; the known password is forgotten. */
gboolean tunnel_login_refused(Tunnel *tunnel, Reason reason);
void tunnel_login_clear(TunnelLogin *login);

/* held.c */
/* The question waits in the property Question; answered is called once, unless it is cleared. */
void tunnel_hold(Tunnel *tunnel, const AgentQuestion *question, AgentAnswered answered);
void tunnel_held_clear(Tunnel *tunnel);
/* (sa(sa{sv})a{sv}): message, fields, info; empty without a question. Floating or borrowed. */
GVariant *tunnel_held_shown(const Tunnel *tunnel);
/* secrets: field name -> Secret. */
gboolean tunnel_held_answer(Tunnel *tunnel, GHashTable *secrets, GError **error);

/* ping.c */
GPtrArray *tunnel_pings_new(void);
/* PingGateway: answers the call now or later. */
void tunnel_ping(Tunnel *tunnel, BusCall *call);
void tunnel_ping_answered(Tunnel *tunnel, guint32 round_trip_microseconds);
/* There is no engine any more that could answer. */
void tunnel_pings_refuse(Tunnel *tunnel);

/* hooks.c */
void tunnel_run_hooks(Tunnel *tunnel, HookEvent event);

/* face.c */
extern const BusFace tunnel_face;
void tunnel_answer_waits(Tunnel *tunnel);
void tunnel_answer_counts(Tunnel *tunnel, const BoundaryCounters *counters);
void tunnel_waits_free(GPtrArray *waits);
