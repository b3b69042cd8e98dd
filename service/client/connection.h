/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connection: a stored profile as an object on the bus, with at most one tunnel running.
 */
#pragma once

#include "client/tunnel.h"
#include "service.h"

typedef struct Connection Connection;

typedef struct {
    /* The number of the next tunnel's object. */
    guint (*next_number)(gpointer user_data);
    /* Whether this user may have one tunnel more. */
    gboolean (*may_start)(guint32 uid, gpointer user_data);
    /* Its tunnel changed its state: what is up must be written down. */
    void (*changed)(Connection *connection, gpointer user_data);
    /* Deleted on request and off the bus: free it. */
    void (*deleted)(Connection *connection, gpointer user_data);
} ConnectionEvents;

/* What a Connect call may say; see the introspection XML. */
typedef struct {
    GHashTable *secrets;
    gboolean is_bound;
    gboolean has_no_network;
    gboolean persists;
    gboolean is_probe;
    gboolean is_for_user; /* for_uid is whose connection it is, BUS_EVERYBODY: the machine's */
    guint32 for_uid;
    gboolean holds_questions;
    guint timeout_seconds;
} ConnectOptions;

/* Reads a{sv} of a call with its descriptors; the secrets-fd is read at once and must hold
 * everything (a memfd, a file, or a pipe whose writer has finished). */
gboolean connect_options_read(GVariant *options, GUnixFDList *fds, ConnectOptions *ret_options,
                              GError **error);
void connect_options_clear(ConnectOptions *options);
/* "secrets" and "secrets-fd" of such a dictionary: name -> Secret; NULL with error. */
GHashTable *connect_secrets_read(GVariant *options, GUnixFDList *fds, GError **error);

/* Takes stored. Puts the object on the bus. */
Connection *connection_new(Service *service, Stored *take_stored, const ConnectionEvents *events,
                           gpointer user_data);
void connection_free(Connection *connection);

const char *connection_path(const Connection *connection);
const Stored *connection_stored(const Connection *connection);
/* NULL when nothing runs. */
Tunnel *connection_tunnel(Connection *connection);
/* TRUE when nothing needs a person: all secrets are in the profile. */
gboolean connection_is_self_sufficient(const Connection *connection);
/* After a crash: when it can come back by itself, or must not open what the profile closes. */
gboolean connection_must_resume(const Connection *connection);
/* At start and for autoconnect: for owner_uid, trying until it works. host and address may be NULL:
 * the gateway that it was connected to before a crash. */
void connection_resume(Connection *connection, guint32 owner_uid, const char *host,
                       const char *address);
/* The file changed on disk. Takes stored. */
void connection_replace(Connection *connection, Stored *take_stored);
void connection_network_changed(Connection *connection, gboolean has_slept);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ConnectOptions, connect_options_clear)
