/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who talks to us: unique bus names with their user, asked from the bus once and watched until
 * they leave. A name that has left is never answered and never allowed anything.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    char *name; /* unique bus name */
    guint32 uid;
    guint32 pid;   /* for the session of an agent only, never for a decision */
    guint pending; /* calls under way, counted by the bus block */
} Peer;

typedef struct Peers Peers;

/* peer is NULL when the name has left or the bus could not tell. */
typedef void (*PeersFound)(Peer *peer, gpointer user_data);
/* Called while peer is still valid. */
typedef void (*PeersGone)(const Peer *peer, gpointer user_data);

Peers *peers_new(GDBusConnection *connection);
void peers_free(Peers *peers);

/* At once for a known name, else when the bus has answered. */
void peers_find(Peers *peers, const char *name, PeersFound found, gpointer user_data);
/* NULL unless the name is known and there. */
Peer *peers_lookup(Peers *peers, const char *name);
/* Names of everyone known of these users, and of root: who may see what belongs to uid. */
GPtrArray *peers_names_for(Peers *peers, guint32 uid);
GDBusConnection *peers_connection(const Peers *peers);
/* Listeners stay for the life of peers. */
void peers_on_gone(Peers *peers, PeersGone gone, gpointer user_data);

/* After a message with a secret: asks the bus for something long, so that GDBus's read buffer, which
 * is never cleared, holds that instead. */
void peers_wash(GDBusConnection *connection);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peers, peers_free)
