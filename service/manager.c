/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager.h"

#include "client/connection.h"
#include "client/endings.h"
#include "coati-dbus.h"
#include "config.h"
#include "error.h"
#include "log.h"
#include "plane-kernel.h"
#include "request.h"
#include "upfile.h"

#include <glib/gstdio.h>
#include <string.h>

enum { MAX_PROFILES_OF_USER = 256, MAX_TUNNELS_OF_USER = 16, STOP_SECONDS = 8 };

struct Manager {
    BusObject object;
    Service service;
    GHashTable *connections; /* uuid -> Connection */
    GPtrArray *transients;   /* Tunnel */
    Endings *endings;        /* of those */
    guint next_number;
    guint next_transient;
    char *dns_backend;
    gboolean has_kernel_plane;
    GPtrArray *was_up; /* UpEntry: from before a crash or restart */
    gboolean is_started;
    gboolean is_stopping;
    guint stop_timer;
    void (*stopped)(gpointer user_data);
    gpointer stopped_data;
    GNetworkMonitor *monitor;
    gulong monitor_handler;
    guint sleep_subscription;
};

static const BusFace manager_face;

/* What is up */

/* With the gateway's address: while the names go into the tunnel nobody can be asked for it. */
static UpEntry *
entry_of(const char *uuid, const Tunnel *tunnel)
{
    const char *host;
    char text[NET_ADDRESS_TEXT_SIZE];
    NetAddress address;

    return tunnel_gateway(tunnel, &host, &address)
               ? up_entry_new(uuid, tunnel_owner(tunnel), host, net_address_format(&address, text))
               : up_entry_new(uuid, tunnel_owner(tunnel), NULL, NULL);
}

static void
write_up(Manager *manager)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)up_entry_free);
    g_autoptr(GError) error = NULL;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Tunnel *tunnel = connection_tunnel(value);

        if (tunnel != NULL)
            g_ptr_array_add(entries, entry_of(connection_stored(value)->uuid, tunnel));
    }
    if (!upfile_write(manager->service.run_directory, entries, &error))
        log_warning(NULL, "state", "%s", error->message);
}

static gboolean
is_quiet(Manager *manager)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (connection_tunnel(value) != NULL)
            return FALSE;
    for (guint i = 0; i < manager->transients->len; i++)
        if (!tunnel_has_ended(manager->transients->pdata[i]))
            return FALSE;
    return TRUE;
}

static gboolean
on_stopped(gpointer user_data)
{
    Manager *manager = user_data;

    manager->stop_timer = 0;
    manager->stopped(manager->stopped_data);
    return G_SOURCE_REMOVE;
}

/* While stopping the file stays as it was, so that a restart brings everything back. */
static void
after_change(Manager *manager)
{
    if (!manager->is_stopping) {
        write_up(manager);
        return;
    }
    if (is_quiet(manager)) {
        g_clear_handle_id(&manager->stop_timer, g_source_remove);
        manager->stop_timer = g_idle_add(on_stopped, manager);
    }
}

/* Connections */

static guint
on_next_number(gpointer user_data)
{
    Manager *manager = user_data;

    return ++manager->next_number;
}

static gboolean
on_may_start(guint32 uid, gpointer user_data)
{
    Manager *manager = user_data;
    GHashTableIter iter;
    gpointer value;
    guint count = 0;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Tunnel *tunnel = connection_tunnel(value);

        count += tunnel != NULL && tunnel_owner(tunnel) == uid ? 1 : 0;
    }
    for (guint i = 0; i < manager->transients->len; i++) {
        Tunnel *tunnel = manager->transients->pdata[i];

        count += !tunnel_has_ended(tunnel) && tunnel_owner(tunnel) == uid ? 1 : 0;
    }
    return uid == 0 || count < MAX_TUNNELS_OF_USER;
}

static void
on_connection_changed(Connection *connection, gpointer user_data)
{
    after_change(user_data);
}

static void
on_connection_deleted(Connection *connection, gpointer user_data)
{
    Manager *manager = user_data;

    g_hash_table_remove(manager->connections, connection_stored(connection)->uuid);
}

static const ConnectionEvents connection_events = {
    .next_number = on_next_number,
    .may_start = on_may_start,
    .changed = on_connection_changed,
    .deleted = on_connection_deleted,
};

static Connection *
add_connection(Manager *manager, Stored *take_stored)
{
    Connection *connection =
        connection_new(&manager->service, take_stored, &connection_events, manager);

    g_hash_table_insert(manager->connections, take_stored->uuid, connection);
    return connection;
}

static void
drop_missing(Manager *manager, GPtrArray *list)
{
    GHashTableIter iter;
    gpointer key;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        gboolean is_there = FALSE;

        for (guint i = 0; i < list->len && !is_there; i++)
            is_there = g_str_equal(((Stored *)list->pdata[i])->uuid, key);
        if (!is_there && connection_tunnel(value) == NULL)
            g_hash_table_iter_remove(&iter);
    }
}

void
manager_reload(Manager *manager)
{
    g_autoptr(GPtrArray) list = store_load(&manager->service.directories);
    guint count = list->len;

    drop_missing(manager, list);
    while (list->len > 0) {
        Stored *stored = g_ptr_array_steal_index(list, list->len - 1);
        Connection *connection = g_hash_table_lookup(manager->connections, stored->uuid);

        if (connection == NULL)
            add_connection(manager, stored);
        else if (connection_stored(connection)->owner_uid == stored->owner_uid) {
            g_hash_table_steal(manager->connections, stored->uuid);
            connection_replace(connection, stored);
            g_hash_table_insert(manager->connections, connection_stored(connection)->uuid,
                                connection);
        } else
            stored_free(stored);
    }
    log_info(NULL, "profiles", "%u profiles", count);
}

static guint
count_of_user(Manager *manager, guint32 uid)
{
    GHashTableIter iter;
    gpointer value;
    guint count = 0;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        count += connection_stored(value)->owner_uid == uid ? 1 : 0;
    return count;
}

/* Methods */

static void
call_add_connection(BusObject *object, BusCall *call)
{
    Manager *manager = (Manager *)object;
    const Request *request = call->prepared;
    guint32 owner = request->is_system ? BUS_EVERYBODY : call->uid;
    g_autoptr(Stored) stored = NULL;
    g_autoptr(GError) error = NULL;
    Connection *connection;

    if (!request->is_system && count_of_user(manager, owner) >= MAX_PROFILES_OF_USER) {
        bus_call_refuse(call, COATI_ERROR_BUSY, "You have too many profiles");
        return;
    }
    stored = store_new(&manager->service.directories, owner, request->profile);
    if (g_hash_table_contains(manager->connections, stored->uuid)) {
        bus_call_refuse(call, COATI_ERROR_ALREADY_EXISTS, "There is a profile with this UUID");
        return;
    }
    if (!store_write(stored, &error)) {
        bus_call_refuse(call, COATI_ERROR_FAILED, "%s", error->message);
        return;
    }
    connection = add_connection(manager, g_steal_pointer(&stored));
    bus_call_return(call, g_variant_new("(o)", connection_path(connection)));
    peers_wash(manager->service.connection);
}

static void
on_transient_changed(Tunnel *tunnel, gpointer user_data)
{
    Manager *manager = user_data;

    if (tunnel_has_ended(tunnel))
        endings_add(manager->endings, tunnel);
    after_change(manager);
}

static void
on_transient_pinned(Tunnel *tunnel, const char *sha256, gpointer user_data)
{
}

static void
on_transient_accepted(Tunnel *tunnel, const char *user, const Secret *password, gpointer user_data)
{
}

static void
on_transient_done(Tunnel *tunnel, gpointer user_data)
{
    Manager *manager = user_data;

    g_ptr_array_remove(manager->transients, tunnel);
}

static const TunnelEvents transient_events = {
    .changed = on_transient_changed,
    .pinned = on_transient_pinned,
    .accepted = on_transient_accepted,
    .done = on_transient_done,
};

static void
call_connect_transient(BusObject *object, BusCall *call)
{
    Manager *manager = (Manager *)object;
    const Request *request = call->prepared;
    const char *id = profile_text(request->profile, PROFILE_CONNECTION_ID);
    g_autofree char *network_id = NULL;
    g_autoptr(GError) error = NULL;
    TunnelOptions options = {0};
    Tunnel *tunnel;

    if (!on_may_start(request_uid(request, call), manager)) {
        bus_call_refuse(call, COATI_ERROR_BUSY, "You have too many tunnels");
        return;
    }
    if (!(request->options.is_probe ? profile_check_probe(request->profile, &error)
                                    : profile_check(request->profile, &error))) {
        g_autoptr(GError) refusal =
            g_error_new_literal(COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS, error->message);

        endings_add_refusal(manager->endings, call, refusal);
        bus_call_fail(call, refusal);
        return;
    }
    network_id = g_strdup_printf("transient-%u", ++manager->next_transient);
    options.number = on_next_number(manager);
    options.id = id != NULL ? id : profile_text(request->profile, PROFILE_CONNECTION_GATEWAY);
    options.network_id = network_id;
    options.owner_uid = request_uid(request, call);
    options.seen_by = request->options.is_for_user ? request->options.for_uid : call->uid;
    options.caller = call->sender;
    options.secrets = request->options.secrets;
    options.is_bound = request->options.is_bound;
    options.holds_questions = request->options.holds_questions;
    options.has_no_network = request->options.has_no_network;
    options.persists = request->options.persists;
    options.is_probe = request->options.is_probe;
    options.timeout_seconds = request->options.timeout_seconds;
    tunnel = tunnel_new(&manager->service, request->profile, &options, &transient_events, manager);
    g_ptr_array_add(manager->transients, tunnel);
    bus_call_return(call, g_variant_new("(o)", tunnel_path(tunnel)));
    peers_wash(manager->service.connection);
}

static void
call_find_connection(BusObject *object, BusCall *call)
{
    Manager *manager = (Manager *)object;
    Connection *found = NULL;
    gboolean is_by_id = FALSE;
    GHashTableIter iter;
    const char *name;
    gpointer value;

    g_variant_get(call->parameters, "(&s)", &name);
    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Stored *stored = connection_stored(value);
        const char *id = profile_text(stored->profile, PROFILE_CONNECTION_ID);
        gboolean is_own = stored->owner_uid == call->uid;

        if (!bus_may_see((BusObject *)value, call->uid))
            continue;
        /* Names are not unique: the caller's own profile comes before the machine's. */
        if (g_strcmp0(id, name) == 0 && (found == NULL || !is_by_id || is_own)) {
            found = value;
            is_by_id = TRUE;
        } else if (found == NULL && g_str_equal(stored->uuid, name)) {
            found = value;
        }
    }
    if (found == NULL)
        bus_call_refuse(call, COATI_ERROR_NOT_FOUND, "There is no connection %s", name);
    else
        bus_call_return(call, g_variant_new("(o)", connection_path(found)));
}

static void
call_agent(BusObject *object, BusCall *call)
{
    Manager *manager = (Manager *)object;
    const char *method = g_dbus_method_invocation_get_method_name(call->invocation);
    Peer *peer = peers_lookup(manager->service.peers, call->sender);
    g_autoptr(GError) error = NULL;
    const char *path;
    gboolean is_good;

    if (peer == NULL) {
        bus_call_refuse(call, COATI_ERROR_NOT_AUTHORIZED, "The caller has left");
        return;
    }
    g_variant_get_child(call->parameters, 0, "&o", &path);
    is_good = g_str_equal(method, "RegisterAgent")
                  ? agents_register(manager->service.agents, peer, path, &error)
                  : agents_unregister(manager->service.agents, peer, path, &error);
    if (is_good)
        bus_call_return(call, NULL);
    else
        bus_call_fail(call, error);
}

static void
call_get_diagnostics(BusObject *object, BusCall *call)
{
    Manager *manager = (Manager *)object;
    const char *path;
    BusObject *found;

    g_variant_get(call->parameters, "(&o)", &path);
    found = bus_find(manager->service.bus, path, call->uid);
    if (found == NULL || found->face->info() != coati_dbus_tunnel_interface_info())
        bus_call_refuse(call, COATI_ERROR_NOT_FOUND, "There is no such tunnel");
    else
        bus_call_return(call,
                        g_variant_new("(@a{sv})", tunnel_diagnostics((Tunnel *)(gpointer)found)));
}

static void
call_get_log(BusObject *object, BusCall *call)
{
    Manager *manager = (Manager *)object;
    guint64 after;

    g_variant_get(call->parameters, "(t)", &after);
    bus_call_return(
        call, g_variant_new("(@a(txss))", recent_list(manager->service.recent, call->uid, after)));
}

static void
call_get_transient_error(BusObject *object, BusCall *call)
{
    endings_answer(((Manager *)object)->endings, call);
}

static void
call_reload(BusObject *object, BusCall *call)
{
    manager_reload((Manager *)object);
    bus_call_return(call, NULL);
}

static const BusMethod methods[] = {
    {"AddConnection", call_add_connection},
    {"ConnectTransient", call_connect_transient},
    {"FindConnection", call_find_connection},
    {"RegisterAgent", call_agent},
    {"UnregisterAgent", call_agent},
    {"GetDiagnostics", call_get_diagnostics},
    {"GetLog", call_get_log},
    {"GetTransientError", call_get_transient_error},
    {"Reload", call_reload},
    {NULL, NULL},
};

static GVariant *
face_property(BusObject *object, const char *name)
{
    static const char *const planes[] = {"kernel", "userspace", NULL};
    Manager *manager = (Manager *)object;

    if (g_str_equal(name, "Version"))
        return g_variant_new_string(COATI_VERSION);
    if (g_str_equal(name, "DataPlanes"))
        return g_variant_new_strv(manager->has_kernel_plane ? planes : planes + 1, -1);
    return g_variant_new_string(manager->dns_backend);
}

static gboolean
face_describe(BusObject *object, BusCall *call, GateFacts *ret_facts, GError **error)
{
    const char *method = g_dbus_method_invocation_get_method_name(call->invocation);

    if (g_str_equal(method, "Reload")) {
        ret_facts->is_system = TRUE;
        return TRUE;
    }
    if (!request_read(call, g_str_equal(method, "ConnectTransient"), error))
        return FALSE;
    request_describe(call->prepared, call, ret_facts);
    return TRUE;
}

static void
face_refused(BusObject *object, BusCall *call, const GError *error)
{
    const char *method = g_dbus_method_invocation_get_method_name(call->invocation);

    if (g_str_equal(method, "ConnectTransient"))
        endings_add_refusal(((Manager *)object)->endings, call, error);
}

static const BusFace manager_face = {
    .info = coati_dbus_manager_interface_info,
    .property = face_property,
    .describe = face_describe,
    .refused = face_refused,
    .methods = methods,
};

/* The world around */

static void
on_peer_gone(const Peer *peer, gpointer user_data)
{
    Manager *manager = user_data;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Tunnel *tunnel = connection_tunnel(value);

        if (tunnel != NULL && tunnel_is_bound_to(tunnel, peer->name))
            tunnel_disconnect(tunnel, REASON_USER_REQUEST);
    }
    for (guint i = 0; i < manager->transients->len; i++)
        if (tunnel_is_bound_to(manager->transients->pdata[i], peer->name))
            tunnel_disconnect(manager->transients->pdata[i], REASON_USER_REQUEST);
}

static void
network_changed(Manager *manager, gboolean has_slept)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        connection_network_changed(value, has_slept);
    for (guint i = 0; i < manager->transients->len; i++)
        tunnel_network_changed(manager->transients->pdata[i], has_slept);
}

static void
on_network_changed(GNetworkMonitor *monitor, gboolean is_available, gpointer user_data)
{
    network_changed(user_data, FALSE);
}

static void
on_sleep(GDBusConnection *connection, const gchar *sender, const gchar *path,
         const gchar *interface, const gchar *signal, GVariant *parameters, gpointer user_data)
{
    gboolean is_going_down = TRUE;

    if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(b)")))
        g_variant_get(parameters, "(b)", &is_going_down);
    if (!is_going_down)
        network_changed(user_data, TRUE);
}

static void
watch_world(Manager *manager)
{
    manager->monitor = g_object_ref(g_network_monitor_get_default());
    manager->monitor_handler = g_signal_connect(manager->monitor, "network-changed",
                                                G_CALLBACK(on_network_changed), manager);
    manager->sleep_subscription = g_dbus_connection_signal_subscribe(
        manager->service.connection, "org.freedesktop.login1", "org.freedesktop.login1.Manager",
        "PrepareForSleep", "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_sleep,
        manager, NULL);
    peers_on_gone(manager->service.peers, on_peer_gone, manager);
}

/* Start and stop */

/* Tunnels that come back keep their network meanwhile; everything else of a crash is undone. */
static void
recover(Manager *manager)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    manager->was_up = upfile_read(manager->service.run_directory);
    for (guint i = manager->was_up->len; i > 0; i--) {
        UpEntry *entry = manager->was_up->pdata[i - 1];
        Connection *connection = g_hash_table_lookup(manager->connections, entry->uuid);

        if (connection != NULL && connection_must_resume(connection))
            g_ptr_array_add(kept, entry->uuid);
        else
            g_ptr_array_remove_index(manager->was_up, i - 1);
    }
    g_ptr_array_add(kept, NULL);
    if (!network_recover(&manager->service.network_host, (const char *const *)kept->pdata, &error))
        log_warning(NULL, "recover", "Not everything could be undone: %s", error->message);
}

void
manager_start(Manager *manager)
{
    GHashTableIter iter;
    gpointer value;

    if (manager->is_started)
        return;
    manager->is_started = TRUE;
    for (guint i = 0; i < manager->was_up->len; i++) {
        const UpEntry *entry = manager->was_up->pdata[i];
        Connection *connection = g_hash_table_lookup(manager->connections, entry->uuid);

        if (connection != NULL)
            connection_resume(connection, entry->owner_uid, entry->host, entry->address);
    }
    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Stored *stored = connection_stored(value);

        if (stored->owner_uid == BUS_EVERYBODY && connection_is_self_sufficient(value) &&
            profile_boolean(stored->profile, PROFILE_CONNECTION_AUTOCONNECT))
            connection_resume(value, 0, NULL, NULL);
    }
}

static void
take_options(Manager *manager, const ManagerOptions *options)
{
    Service *service = &manager->service;

    service->directories.config_directory = g_strdup(options->config_directory);
    service->directories.vendor_directory = g_strdup(options->vendor_directory);
    service->directories.state_directory = g_strdup(options->state_directory);
    service->run_directory = g_strdup(options->run_directory);
    service->libexec_directory = g_strdup(options->libexec_directory);
    service->network_host = (NetworkHost){
        .state_directory = service->directories.state_directory,
        .bus = service->connection,
        .resolv_conf = options->resolv_conf,
        /* A file of one's own means that the machine's names are to be left alone. */
        .resolvconf_program = options->resolv_conf != NULL ? "/nonexistent" : NULL,
        .store = options->store,
    };
}

Manager *
manager_new(GDBusConnection *connection, const ManagerOptions *options, GError **error)
{
    g_autoptr(Manager) manager = g_new0(Manager, 1);
    Service *service = &manager->service;

    service->connection = g_object_ref(connection);
    take_options(manager, options);
    manager->connections =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)connection_free);
    manager->transients = g_ptr_array_new_with_free_func((GDestroyNotify)tunnel_free);
    manager->endings = endings_new();
    manager->dns_backend = g_strdup(network_dns_backend(&service->network_host));
    manager->has_kernel_plane = kernel_plane_is_possible();
    service->recent = recent_new();
    service->peers = peers_new(connection);
    service->gate = gate_new(service->peers);
    service->agents = agents_new(connection, service->peers);
    service->bus = bus_new(connection, service->peers, service->gate, error);
    if (service->bus == NULL)
        return NULL;
    manager->object.path = g_strdup(BUS_ROOT);
    manager->object.face = &manager_face;
    manager->object.owner_uid = BUS_EVERYBODY;
    bus_add(service->bus, &manager->object);
    manager_reload(manager);
    recover(manager);
    watch_world(manager);
    return g_steal_pointer(&manager);
}

void
manager_stop(Manager *manager, void (*stopped)(gpointer user_data), gpointer user_data)
{
    GHashTableIter iter;
    gpointer value;

    if (manager->is_stopping)
        return;
    manager->is_stopping = TRUE;
    manager->stopped = stopped;
    manager->stopped_data = user_data;
    manager->stop_timer = g_timeout_add_seconds(STOP_SECONDS, on_stopped, manager);
    g_hash_table_iter_init(&iter, manager->connections);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (connection_tunnel(value) != NULL)
            tunnel_disconnect(connection_tunnel(value), REASON_SHUTDOWN);
    for (guint i = 0; i < manager->transients->len; i++)
        tunnel_disconnect(manager->transients->pdata[i], REASON_SHUTDOWN);
    after_change(manager);
}

void
manager_free(Manager *manager)
{
    Service *service;

    if (manager == NULL)
        return;
    service = &manager->service;
    g_clear_handle_id(&manager->stop_timer, g_source_remove);
    if (manager->sleep_subscription != 0)
        g_dbus_connection_signal_unsubscribe(service->connection, manager->sleep_subscription);
    if (manager->monitor != NULL)
        g_signal_handler_disconnect(manager->monitor, manager->monitor_handler);
    g_clear_object(&manager->monitor);
    g_hash_table_unref(manager->connections);
    g_ptr_array_unref(manager->transients);
    endings_free(manager->endings);
    g_clear_pointer(&manager->was_up, g_ptr_array_unref);
    agents_free(service->agents);
    gate_free(service->gate);
    bus_free(service->bus);
    peers_free(service->peers);
    recent_free(service->recent);
    g_free(service->directories.config_directory);
    g_free(service->directories.vendor_directory);
    g_free(service->directories.state_directory);
    g_free(service->libexec_directory);
    g_free(service->run_directory);
    g_free(manager->object.path);
    g_free(manager->dns_backend);
    g_object_unref(service->connection);
    g_free(manager);
}
