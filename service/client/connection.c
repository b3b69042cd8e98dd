/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/connection.h"

#include "client/policy.h"
#include "coati-dbus.h"
#include "error.h"
#include "log.h"

#include <string.h>

struct Connection {
    BusObject object;
    Service *service;
    Stored *stored;
    ConnectionEvents events;
    gpointer events_data;
    Tunnel *tunnel;       /* running */
    GPtrArray *lingering; /* Tunnel: ended, still on the bus */
    Reason last_reason;
    char *last_detail;
    char *owner; /* for the gate: a user's number or "system" */
};

static const BusFace connection_face;

static const char *
show_id(const Connection *connection)
{
    const char *id = profile_text(connection->stored->profile, PROFILE_CONNECTION_ID);

    return id != NULL ? id : connection->stored->uuid;
}

static const char *
show_gateway(const Connection *connection)
{
    const char *gateway = profile_text(connection->stored->profile, PROFILE_CONNECTION_GATEWAY);

    return gateway != NULL ? gateway : "";
}

Connection *
connection_new(Service *service, Stored *take_stored, const ConnectionEvents *events,
               gpointer user_data)
{
    Connection *connection = g_new0(Connection, 1);
    guint32 owner = take_stored->owner_uid;

    connection->service = service;
    connection->stored = take_stored;
    connection->events = *events;
    connection->events_data = user_data;
    connection->lingering = g_ptr_array_new();
    connection->object.path = g_strconcat(BUS_ROOT "/connection/", take_stored->uuid, NULL);
    g_strdelimit(connection->object.path + strlen(BUS_ROOT "/connection/"), "-", '_');
    connection->object.face = &connection_face;
    connection->object.owner_uid = owner;
    connection->owner = owner == BUS_EVERYBODY ? g_strdup("system") : g_strdup_printf("%u", owner);
    bus_add(service->bus, &connection->object);
    return connection;
}

void
connection_free(Connection *connection)
{
    if (connection == NULL)
        return;
    bus_remove(connection->service->bus, &connection->object);
    tunnel_free(connection->tunnel);
    for (guint i = 0; i < connection->lingering->len; i++)
        tunnel_free(connection->lingering->pdata[i]);
    g_ptr_array_unref(connection->lingering);
    stored_free(connection->stored);
    g_free(connection->object.path);
    g_free(connection->last_detail);
    g_free(connection->owner);
    g_free(connection);
}

const char *
connection_path(const Connection *connection)
{
    return connection->object.path;
}

const Stored *
connection_stored(const Connection *connection)
{
    return connection->stored;
}

Tunnel *
connection_tunnel(Connection *connection)
{
    return connection->tunnel;
}

gboolean
connection_is_self_sufficient(const Connection *connection)
{
    const Profile *profile = connection->stored->profile;

    if (profile_has_xauth(profile) && (!profile_is_set(profile, PROFILE_SECRETS_PASSWORD) ||
                                       !profile_is_set(profile, PROFILE_LOGIN_USER)))
        return FALSE;
    return !profile_needs_group_password(profile) ||
           profile_is_set(profile, PROFILE_SECRETS_GROUP_PASSWORD);
}

gboolean
connection_must_resume(const Connection *connection)
{
    return connection_is_self_sufficient(connection) ||
           profile_boolean(connection->stored->profile, PROFILE_NETWORK_LOCKDOWN);
}

void
connection_network_changed(Connection *connection, gboolean has_slept)
{
    if (connection->tunnel != NULL)
        tunnel_network_changed(connection->tunnel, has_slept);
}

static void
changed(Connection *connection)
{
    static const char *const names[] = {"Id", "Gateway", "AutoConnect", NULL};

    bus_changed(connection->service->bus, &connection->object, names);
    bus_signal(connection->service->bus, &connection->object, "Changed", NULL);
}

void
connection_replace(Connection *connection, Stored *take_stored)
{
    stored_free(connection->stored);
    connection->stored = take_stored;
    changed(connection);
}

/* The tunnel */

static void
on_tunnel_changed(Tunnel *tunnel, gpointer user_data)
{
    static const char *const names[] = {"Tunnel", NULL};
    Connection *connection = user_data;

    if (tunnel == connection->tunnel && tunnel_has_ended(tunnel)) {
        connection->last_reason = tunnel_reason(tunnel);
        g_free(connection->last_detail);
        connection->last_detail = g_strdup(tunnel_detail(tunnel));
    }
    if (tunnel == connection->tunnel && tunnel_has_ended(tunnel) && !tunnel_is_holding(tunnel)) {
        g_ptr_array_add(connection->lingering, tunnel);
        connection->tunnel = NULL;
        bus_changed(connection->service->bus, &connection->object, names);
    }
    connection->events.changed(connection, connection->events_data);
}

/* One change of the profile by ourselves: on a copy, which becomes true once it is on disk. */
static void
store_change(Connection *connection, const char *what,
             gboolean (*change)(Profile *profile, gconstpointer data, GError **error),
             gconstpointer data)
{
    Stored *stored = connection->stored;
    Profile *old = stored->profile;
    g_autoptr(Profile) copy = profile_dup(old);
    g_autoptr(GError) error = NULL;

    if (stored->is_read_only) {
        log_info(show_id(connection), "profile", "%s is not kept: the profile is read-only", what);
        return;
    }
    if (!change(copy, data, &error)) {
        log_warning(show_id(connection), "profile", "%s is not kept: %s", what, error->message);
        return;
    }
    stored->profile = copy;
    if (store_write(stored, &error)) {
        (void)g_steal_pointer(&copy);
        profile_free(old);
        changed(connection);
        return;
    }
    stored->profile = old;
    log_warning(show_id(connection), "profile", "%s is not kept: %s", what, error->message);
}

static gboolean
set_pin(Profile *profile, gconstpointer data, GError **error)
{
    return profile_set(profile, PROFILE_IDENTITY_PINNED_SHA256, data, error);
}

static void
on_pinned(Tunnel *tunnel, const char *sha256, gpointer user_data)
{
    store_change(user_data, "The certificate's fingerprint", set_pin, sha256);
}

typedef struct {
    const char *user;
    const Secret *password;
} Accepted;

static gboolean
set_password(Profile *profile, gconstpointer data, GError **error)
{
    const Accepted *accepted = data;

    if (accepted->user != NULL && !profile_set(profile, PROFILE_LOGIN_USER, accepted->user, error))
        return FALSE;
    return profile_take_secret(profile, PROFILE_SECRETS_PASSWORD, secret_dup(accepted->password),
                               error);
}

static void
on_accepted(Tunnel *tunnel, const char *user, const Secret *password, gpointer user_data)
{
    Accepted accepted = {user, password};

    store_change(user_data, "The password", set_password, &accepted);
}

static void
on_tunnel_done(Tunnel *tunnel, gpointer user_data)
{
    Connection *connection = user_data;

    g_ptr_array_remove(connection->lingering, tunnel);
    tunnel_free(tunnel);
}

static const TunnelEvents tunnel_events = {
    .changed = on_tunnel_changed,
    .pinned = on_pinned,
    .accepted = on_accepted,
    .done = on_tunnel_done,
};

/* Where there is a tunnel still, it holds its lock for the next one. */
static void
start(Connection *connection, const TunnelOptions *given)
{
    static const char *const names[] = {"Tunnel", NULL};
    TunnelOptions options = *given;
    NetAddress address;
    char text[NET_ADDRESS_TEXT_SIZE];

    options.number = connection->events.next_number(connection->events_data);
    options.connection = connection->object.path;
    options.id = show_id(connection);
    options.network_id = connection->stored->uuid;
    options.seen_by = connection->object.owner_uid;
    if (connection->tunnel != NULL) {
        options.inherits_lock = TRUE;
        if (tunnel_gateway(connection->tunnel, &options.known_host, &address))
            options.known_address = net_address_format(&address, text);
        tunnel_let_go(connection->tunnel);
        g_ptr_array_add(connection->lingering, connection->tunnel);
    }
    connection->tunnel = tunnel_new(connection->service, connection->stored->profile, &options,
                                    &tunnel_events, connection);
    bus_changed(connection->service->bus, &connection->object, names);
    connection->events.changed(connection, connection->events_data);
}

void
connection_resume(Connection *connection, guint32 owner_uid, const char *host, const char *address)
{
    TunnelOptions options = {
        .owner_uid = owner_uid,
        .persists = profile_boolean(connection->stored->profile, PROFILE_CONNECTION_RECONNECT),
        .is_patient = TRUE,
        .known_host = host,
        .known_address = address,
    };

    if (connection->tunnel == NULL)
        start(connection, &options);
}

/* Methods */

static void
call_connect(BusObject *object, BusCall *call)
{
    Connection *connection = (Connection *)object;
    g_auto(ConnectOptions) read = {0};
    g_autoptr(GVariant) dict = g_variant_get_child_value(call->parameters, 0);
    g_autoptr(GError) error = NULL;
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
    TunnelOptions options = {0};

    if (connection->tunnel != NULL && !tunnel_is_holding(connection->tunnel)) {
        bus_call_return(call, g_variant_new("(o)", tunnel_path(connection->tunnel)));
        return;
    }
    if (!connection->events.may_start(call->uid, connection->events_data)) {
        bus_call_refuse(call, COATI_ERROR_BUSY, "You have too many tunnels");
        return;
    }
    if (!connect_options_read(dict, g_dbus_message_get_unix_fd_list(message), &read, &error)) {
        bus_call_fail(call, error);
        return;
    }
    if (!profile_check(connection->stored->profile, &error)) {
        bus_call_refuse(call, COATI_ERROR_INVALID_ARGUMENTS, "%s", error->message);
        return;
    }
    if (read.is_probe || read.is_for_user) {
        bus_call_refuse(call, COATI_ERROR_INVALID_ARGUMENTS,
                        "The options probe and for-user are ConnectTransient's alone");
        return;
    }
    options.owner_uid = call->uid;
    options.caller = call->sender;
    options.secrets = read.secrets;
    options.is_bound = read.is_bound;
    options.holds_questions = read.holds_questions;
    options.has_no_network = read.has_no_network;
    options.timeout_seconds = read.timeout_seconds;
    options.persists =
        read.persists && profile_boolean(connection->stored->profile, PROFILE_CONNECTION_RECONNECT);
    start(connection, &options);
    bus_call_return(call, g_variant_new("(o)", tunnel_path(connection->tunnel)));
    peers_wash(connection->service->connection);
}

static void
call_get_settings(BusObject *object, BusCall *call)
{
    Connection *connection = (Connection *)object;

    bus_call_return(call,
                    g_variant_new("(@a{sv})", profile_to_settings(connection->stored->profile)));
}

/* Writes profile as the connection's own; error on the call. Answers the call. */
static void
keep(Connection *connection, Profile *take_profile, BusCall *call)
{
    Stored *stored = connection->stored;
    Profile *old = stored->profile;
    g_autoptr(GError) error = NULL;

    stored->profile = take_profile;
    if (!store_write(stored, &error)) {
        stored->profile = old;
        profile_free(take_profile);
        bus_call_refuse(call, COATI_ERROR_FAILED, "%s", error->message);
        return;
    }
    profile_free(old);
    changed(connection);
    bus_call_return(call, NULL);
}

static gboolean
is_writable(Connection *connection, BusCall *call)
{
    if (!connection->stored->is_read_only)
        return TRUE;
    bus_call_refuse(call, COATI_ERROR_NOT_SUPPORTED, "The profile %s is read-only",
                    show_id(connection));
    return FALSE;
}

static void
call_update(BusObject *object, BusCall *call)
{
    Connection *connection = (Connection *)object;
    Profile *profile = g_steal_pointer(&call->prepared);

    if (!is_writable(connection, call)) {
        profile_free(profile);
        return;
    }
    profile_keep_secrets(profile, connection->stored->profile);
    profile_set(profile, PROFILE_CONNECTION_UUID, connection->stored->uuid, NULL);
    keep(connection, profile, call);
}

static void
call_delete(BusObject *object, BusCall *call)
{
    Connection *connection = (Connection *)object;
    g_autoptr(GError) error = NULL;

    if (!is_writable(connection, call))
        return;
    if (connection->tunnel != NULL) {
        bus_call_refuse(call, COATI_ERROR_BUSY, "Disconnect it first");
        return;
    }
    if (!store_delete(connection->stored, &error)) {
        bus_call_refuse(call, COATI_ERROR_FAILED, "%s", error->message);
        return;
    }
    bus_call_return(call, NULL);
    bus_remove(connection->service->bus, &connection->object);
    connection->events.deleted(connection, connection->events_data);
}

static void
call_clear_secrets(BusObject *object, BusCall *call)
{
    static const ProfileField fields[] = {PROFILE_SECRETS_PASSWORD, PROFILE_SECRETS_GROUP_PASSWORD,
                                          PROFILE_SECRETS_PRIVATE_KEY};
    Connection *connection = (Connection *)object;
    g_autofree const char **names = NULL;
    Profile *profile;

    if (!is_writable(connection, call))
        return;
    g_variant_get(call->parameters, "(^a&s)", &names);
    profile = profile_dup(connection->stored->profile);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        const ProfileFieldInfo *info = profile_field_info(fields[i]);

        if (names[0] == NULL || g_strv_contains((const gchar *const *)names, info->key) ||
            g_strv_contains((const gchar *const *)names, info->name))
            profile_unset(profile, fields[i]);
    }
    keep(connection, profile, call);
}

static void
call_get_last_error(BusObject *object, BusCall *call)
{
    Connection *connection = (Connection *)object;
    Reason reason = connection->last_reason;

    bus_call_return(
        call, g_variant_new("(ssss)", reason != REASON_NONE ? reason_token(reason) : "",
                            reason != REASON_NONE ? reason_title(reason) : "", reason_hint(reason),
                            connection->last_detail != NULL ? connection->last_detail : ""));
}

/* Properties */

static GVariant *
face_property(BusObject *object, const char *name)
{
    Connection *connection = (Connection *)object;

    if (g_str_equal(name, "Id"))
        return g_variant_new_string(show_id(connection));
    if (g_str_equal(name, "Uuid"))
        return g_variant_new_string(connection->stored->uuid);
    if (g_str_equal(name, "OwnerUid"))
        return g_variant_new_uint32(connection->object.owner_uid);
    if (g_str_equal(name, "Gateway"))
        return g_variant_new_string(show_gateway(connection));
    if (g_str_equal(name, "ReadOnly"))
        return g_variant_new_boolean(connection->stored->is_read_only);
    if (g_str_equal(name, "AutoConnect"))
        return g_variant_new_boolean(
            profile_boolean(connection->stored->profile, PROFILE_CONNECTION_AUTOCONNECT));
    if (g_str_equal(name, "Tunnel"))
        return g_variant_new_object_path(
            connection->tunnel != NULL ? tunnel_path(connection->tunnel) : "/");
    g_assert_not_reached();
}

static gboolean
prepare_update(BusCall *call, GError **error)
{
    g_autoptr(GVariant) settings = g_variant_get_child_value(call->parameters, 0);
    g_autoptr(GError) wrong = NULL;

    call->prepared = profile_from_settings(settings, &wrong);
    call->prepared_free = (GDestroyNotify)profile_free;
    if (call->prepared != NULL)
        return TRUE;
    g_set_error_literal(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS, wrong->message);
    return FALSE;
}

static gboolean
face_describe(BusObject *object, BusCall *call, GateFacts *ret_facts, GError **error)
{
    Connection *connection = (Connection *)object;

    ret_facts->is_owner = call->uid == connection->object.owner_uid;
    ret_facts->is_system = connection->object.owner_uid == BUS_EVERYBODY;
    ret_facts->profile = show_id(connection);
    ret_facts->owner = connection->owner;
    ret_facts->gateway = show_gateway(connection);
    if (!g_str_equal(g_dbus_method_invocation_get_method_name(call->invocation), "Update"))
        return TRUE;
    if (!prepare_update(call, error))
        return FALSE;
    ret_facts->is_unsafe = client_is_unsafe(call->prepared);
    return TRUE;
}

static const BusMethod methods[] = {
    {"Connect", call_connect},
    {"GetSettings", call_get_settings},
    {"Update", call_update},
    {"Delete", call_delete},
    {"ClearSecrets", call_clear_secrets},
    {"GetLastError", call_get_last_error},
    {NULL, NULL},
};

static const BusFace connection_face = {
    .info = coati_dbus_connection_interface_info,
    .property = face_property,
    .describe = face_describe,
    .methods = methods,
};
