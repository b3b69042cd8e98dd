/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peers.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

enum { MAX_PEERS = 4096 };

typedef struct {
    PeersFound found;
    gpointer user_data;
} Waiter;

/* One for each name ever asked for: is_known once the bus has told its user. */
typedef struct {
    Peer peer;
    Peers *peers;
    gboolean is_known;
    guint subscription;
    GArray *waiters; /* Waiter */
} Entry;

typedef struct {
    PeersGone gone;
    gpointer user_data;
} Listener;

struct Peers {
    GDBusConnection *connection;
    GCancellable *cancellable;
    GHashTable *entries; /* name -> Entry */
    GArray *listeners;   /* Listener */
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_dbus_connection_signal_unsubscribe(entry->peers->connection, entry->subscription);
    g_array_unref(entry->waiters);
    g_free(entry->peer.name);
    g_free(entry);
}

Peers *
peers_new(GDBusConnection *connection)
{
    Peers *peers = g_new0(Peers, 1);

    peers->connection = g_object_ref(connection);
    peers->cancellable = g_cancellable_new();
    peers->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
    peers->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    return peers;
}

void
peers_free(Peers *peers)
{
    if (peers == NULL)
        return;
    g_cancellable_cancel(peers->cancellable);
    g_hash_table_unref(peers->entries);
    g_array_unref(peers->listeners);
    g_object_unref(peers->cancellable);
    g_object_unref(peers->connection);
    g_free(peers);
}

static void
entry_answer(Entry *entry, gboolean is_there)
{
    g_autoptr(GArray) waiters = g_steal_pointer(&entry->waiters);
    Peer *peer = is_there ? &entry->peer : NULL;

    entry->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    for (guint i = 0; i < waiters->len; i++) {
        Waiter *waiter = &g_array_index(waiters, Waiter, i);

        waiter->found(peer, waiter->user_data);
    }
}

static void
entry_drop(Peers *peers, Entry *entry)
{
    g_hash_table_steal(peers->entries, entry->peer.name);
    entry_answer(entry, FALSE);
    if (entry->is_known)
        for (guint i = 0; i < peers->listeners->len; i++) {
            Listener *listener = &g_array_index(peers->listeners, Listener, i);

            listener->gone(&entry->peer, listener->user_data);
        }
    entry_free(entry);
}

static void
on_owner_changed(GDBusConnection *connection, const gchar *sender, const gchar *path,
                 const gchar *interface, const gchar *signal, GVariant *parameters,
                 gpointer user_data)
{
    Peers *peers = user_data;
    const char *name;
    const char *new_owner;
    Entry *entry;

    g_variant_get(parameters, "(&s&s&s)", &name, NULL, &new_owner);
    entry = g_hash_table_lookup(peers->entries, name);
    if (entry != NULL && *new_owner == '\0')
        entry_drop(peers, entry);
}

typedef struct {
    Peers *peers;
    char *name;
} Question;

static void
on_credentials(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Question *question = user_data;
    g_autofree char *name = question->name;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) credentials = NULL;
    Entry *entry;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    entry = g_hash_table_lookup(question->peers->entries, name);
    if (entry == NULL)
        return;
    if (reply != NULL)
        credentials = g_variant_get_child_value(reply, 0);
    if (credentials == NULL ||
        !g_variant_lookup(credentials, "UnixUserID", "u", &entry->peer.uid)) {
        entry_drop(question->peers, entry);
        return;
    }
    g_variant_lookup(credentials, "ProcessID", "u", &entry->peer.pid);
    entry->is_known = TRUE;
    entry_answer(entry, TRUE);
}

static Entry *
entry_new(Peers *peers, const char *name)
{
    Entry *entry = g_new0(Entry, 1);
    Question *question = g_new0(Question, 1);

    entry->peers = peers;
    entry->peer.name = g_strdup(name);
    entry->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    /* Watched before the question, so that a name which leaves meanwhile is noticed. */
    entry->subscription = g_dbus_connection_signal_subscribe(
        peers->connection, BUS_NAME, BUS_NAME, "NameOwnerChanged", BUS_PATH, name,
        G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, peers, NULL);
    g_hash_table_insert(peers->entries, entry->peer.name, entry);
    question->peers = peers;
    question->name = g_strdup(name);
    g_dbus_connection_call(peers->connection, BUS_NAME, BUS_PATH, BUS_NAME,
                           "GetConnectionCredentials", g_variant_new("(s)", name),
                           G_VARIANT_TYPE("(a{sv})"), G_DBUS_CALL_FLAGS_NONE, -1,
                           peers->cancellable, on_credentials, question);
    return entry;
}

void
peers_find(Peers *peers, const char *name, PeersFound found, gpointer user_data)
{
    Waiter waiter = {found, user_data};
    Entry *entry = g_hash_table_lookup(peers->entries, name);

    if (entry == NULL && g_hash_table_size(peers->entries) >= MAX_PEERS) {
        found(NULL, user_data);
        return;
    }
    if (entry == NULL)
        entry = entry_new(peers, name);
    if (entry->is_known)
        found(&entry->peer, user_data);
    else
        g_array_append_val(entry->waiters, waiter);
}

Peer *
peers_lookup(Peers *peers, const char *name)
{
    Entry *entry = g_hash_table_lookup(peers->entries, name);

    return entry != NULL && entry->is_known ? &entry->peer : NULL;
}

GPtrArray *
peers_names_for(Peers *peers, guint32 uid)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, peers->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Entry *entry = value;

        if (entry->is_known && (entry->peer.uid == uid || entry->peer.uid == 0))
            g_ptr_array_add(names, g_strdup(entry->peer.name));
    }
    return names;
}

void
peers_on_gone(Peers *peers, PeersGone gone, gpointer user_data)
{
    Listener listener = {gone, user_data};

    g_array_append_val(peers->listeners, listener);
}

void
peers_wash(GDBusConnection *connection)
{
    g_dbus_connection_call(connection, BUS_NAME, BUS_PATH, "org.freedesktop.DBus.Introspectable",
                           "Introspect", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

GDBusConnection *
peers_connection(const Peers *peers)
{
    return peers->connection;
}
