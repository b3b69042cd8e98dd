/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tunnel: one run of a connection, and the object on the bus that shows it.
 *
 *     connecting -> authenticating -> configuring -> connected
 *          any -> reconnecting -> connected        a loss that time may heal
 *          any -> disconnecting -> disconnected    on request
 *          any -> failed                           with one reason
 *
 * A tunnel owns its processes (engine-link.h), its network (network.h) and its secrets, and takes
 * them away before it says that it has ended. It stays on the bus for TUNNEL_LINGER_SECONDS then,
 * so that whoever started it can still read why.
 */
#pragma once

#include "service.h"

enum { TUNNEL_LINGER_SECONDS = 30, TUNNEL_MAX_ATTEMPTS = 3 };

typedef struct Tunnel Tunnel;

typedef enum {
    TUNNEL_DISCONNECTED,
    TUNNEL_CONNECTING,
    TUNNEL_AUTHENTICATING,
    TUNNEL_CONFIGURING,
    TUNNEL_CONNECTED,
    TUNNEL_RECONNECTING,
    TUNNEL_DISCONNECTING,
    TUNNEL_FAILED,
} TunnelState;

/* What whoever made the tunnel hears. */
typedef struct {
    void (*changed)(Tunnel *tunnel, gpointer user_data);
    /* The user accepted the gateway's certificate (SHA-256, 64 hexadecimal digits). */
    void (*pinned)(Tunnel *tunnel, const char *sha256, gpointer user_data);
    /* The gateway accepted this password and it may be stored. user may be NULL. */
    void (*accepted)(Tunnel *tunnel, const char *user, const Secret *password, gpointer user_data);
    /* It has ended and is off the bus: free it. */
    void (*done)(Tunnel *tunnel, gpointer user_data);
} TunnelEvents;

typedef struct {
    guint number;             /* of the object path */
    const char *connection;   /* object path, NULL when transient */
    const char *id;           /* the profile's name, for people and the log */
    const char *network_id;   /* network_new() */
    guint32 owner_uid;        /* who started it */
    guint32 seen_by;          /* BusObject.owner_uid */
    const char *caller;       /* bus name that started it; NULL for the service itself */
    GHashTable *secrets;      /* char * -> Secret *, given with the call; NULL for none */
    gboolean is_bound;        /* down when caller leaves */
    gboolean has_no_network;  /* the caller sets addresses, routes and names */
    gboolean persists;        /* reconnect by itself */
    gboolean is_probe;        /* let go as soon as phase 1 is done; ask nobody */
    gboolean holds_questions; /* without an agent they wait for Answer() */
    gboolean is_patient;      /* try again even before the first success */
    gboolean inherits_lock;   /* takes over from one that held a lock */
    guint timeout_seconds;    /* for the first success; 0 = none */
    const char *known_host; /* resolved to known_address while names could be asked for; or NULL */
    const char *known_address;
} TunnelOptions;

/* profile is copied. Puts the object on the bus and starts. */
Tunnel *tunnel_new(Service *service, const Profile *profile, const TunnelOptions *options,
                   const TunnelEvents *events, gpointer user_data);
/* From events.done only, or when the service ends. */
void tunnel_free(Tunnel *tunnel);

/* Asks the gateway to let go, takes the network away and ends. */
void tunnel_disconnect(Tunnel *tunnel, Reason reason);
/* The host may have another way to the gateway, or has slept: go on from there. */
void tunnel_network_changed(Tunnel *tunnel, gboolean has_slept);

const char *tunnel_path(const Tunnel *tunnel);
TunnelState tunnel_state(const Tunnel *tunnel);
const char *tunnel_state_name(TunnelState state);
/* TRUE when it has ended, for whatever reason. */
gboolean tunnel_has_ended(const Tunnel *tunnel);
/* TRUE when it has failed but its lock stands: nothing leaves the machine until tunnel_disconnect(),
 * or until tunnel_let_go() makes way for the next tunnel of the connection. */
gboolean tunnel_is_holding(const Tunnel *tunnel);
void tunnel_let_go(Tunnel *tunnel);
gboolean tunnel_is_bound_to(const Tunnel *tunnel, const char *caller);
guint32 tunnel_owner(const Tunnel *tunnel);
/* TunnelOptions.seen_by. */
guint32 tunnel_seen_by(const Tunnel *tunnel);
/* Of the profile; the UUID may be NULL. */
const char *tunnel_id(const Tunnel *tunnel);
const char *tunnel_uuid(const Tunnel *tunnel);
/* The gateway that it has or tries, and where that is; FALSE before it was found. */
gboolean tunnel_gateway(const Tunnel *tunnel, const char **ret_host, NetAddress *ret_address);
Reason tunnel_reason(const Tunnel *tunnel);
const char *tunnel_detail(const Tunnel *tunnel);
/* a{sv} for a report, floating. */
GVariant *tunnel_diagnostics(Tunnel *tunnel);
