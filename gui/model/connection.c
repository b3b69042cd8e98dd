/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "connection-private.h"

#include <string.h>

#define EVERYBODY G_MAXUINT32

struct _CoatiConnection {
    GObject parent;
    GDBusConnection *bus;
    GCancellable *cancellable;
    char *path;
    Values *profile;
    char *tunnel_path; /* NULL without one */
    Values *tunnel;
    CoatiState state;
    gboolean is_starting; /* Connect was called and has not been answered */
    gboolean is_recalled;
    CoatiFailure *failure;
};

G_DEFINE_FINAL_TYPE(CoatiConnection, coati_connection, G_TYPE_OBJECT)

enum { PROP_0, PROP_ID, PROP_GATEWAY, PROP_SUMMARY, PROP_STATE, PROP_IS_ON, PROP_COUNT };
enum { CHANGED, MOVED, SIGNAL_COUNT };

static GParamSpec *properties[PROP_COUNT];
static guint signals[SIGNAL_COUNT];

static void
coati_connection_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    CoatiConnection *connection = COATI_CONNECTION(object);

    switch (id) {
    case PROP_ID:
        g_value_set_string(value, coati_connection_id(connection));
        break;
    case PROP_GATEWAY:
        g_value_set_string(value, coati_connection_gateway(connection));
        break;
    case PROP_SUMMARY:
        g_value_set_string(value, coati_connection_summary(connection));
        break;
    case PROP_STATE:
        g_value_set_uint(value, (guint)connection->state);
        break;
    case PROP_IS_ON:
        g_value_set_boolean(value, coati_connection_is_on(connection));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void
coati_connection_dispose(GObject *object)
{
    CoatiConnection *connection = COATI_CONNECTION(object);

    g_cancellable_cancel(connection->cancellable);
    G_OBJECT_CLASS(coati_connection_parent_class)->dispose(object);
}

static void
coati_connection_finalize(GObject *object)
{
    CoatiConnection *connection = COATI_CONNECTION(object);

    g_object_unref(connection->bus);
    g_object_unref(connection->cancellable);
    g_hash_table_unref(connection->profile);
    g_hash_table_unref(connection->tunnel);
    g_free(connection->path);
    g_free(connection->tunnel_path);
    coati_failure_free(connection->failure);
    G_OBJECT_CLASS(coati_connection_parent_class)->finalize(object);
}

static void
coati_connection_class_init(CoatiConnectionClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

    object_class->get_property = coati_connection_get_property;
    object_class->dispose = coati_connection_dispose;
    object_class->finalize = coati_connection_finalize;
    properties[PROP_ID] = g_param_spec_string("id", NULL, NULL, NULL, flags);
    properties[PROP_GATEWAY] = g_param_spec_string("gateway", NULL, NULL, NULL, flags);
    properties[PROP_SUMMARY] = g_param_spec_string("summary", NULL, NULL, NULL, flags);
    properties[PROP_STATE] = g_param_spec_uint("state", NULL, NULL, 0, G_MAXUINT, 0, flags);
    properties[PROP_IS_ON] = g_param_spec_boolean("is-on", NULL, NULL, FALSE, flags);
    g_object_class_install_properties(object_class, PROP_COUNT, properties);
    signals[CHANGED] = g_signal_new("changed", COATI_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
    signals[MOVED] = g_signal_new("moved", COATI_TYPE_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);
}

static void
coati_connection_init(CoatiConnection *connection)
{
    connection->cancellable = g_cancellable_new();
    connection->profile = values_new();
    connection->tunnel = values_new();
}

CoatiConnection *
coati_connection_new(GDBusConnection *bus, const char *path)
{
    CoatiConnection *connection = g_object_new(COATI_TYPE_CONNECTION, NULL);

    connection->bus = g_object_ref(bus);
    connection->path = g_strdup(path);
    return connection;
}

static void
tell(CoatiConnection *connection)
{
    for (guint i = PROP_ID; i < PROP_COUNT; i++)
        g_object_notify_by_pspec(G_OBJECT(connection), properties[i]);
    g_signal_emit(connection, signals[CHANGED], 0);
}

static void
take_failure(CoatiConnection *connection, CoatiFailure *failure)
{
    coati_failure_free(connection->failure);
    connection->failure = failure;
}

/* Reason and detail that the tunnel shows; the user's own wish is no failure. */
static void
take_tunnel_error(CoatiConnection *connection)
{
    GVariant *value = values_get(connection->tunnel, "LastError");
    const char *token = "";
    const char *detail = "";

    if (value != NULL)
        g_variant_get(value, "(&s&s@a{sv})", &token, &detail, NULL);
    take_failure(connection, token[0] != '\0' && strcmp(token, "user-request") != 0 &&
                                     strcmp(token, "secrets-cancelled") != 0
                                 ? coati_failure_new(token, detail)
                                 : NULL);
}

static void
move(CoatiConnection *connection, CoatiState state)
{
    CoatiState old = connection->state;

    connection->state = state;
    if (old != state)
        g_signal_emit(connection, signals[MOVED], 0, (guint)old, (guint)state);
}

void
coati_connection_take_profile(CoatiConnection *connection, GVariant *changed)
{
    values_take(connection->profile, changed);
    tell(connection);
}

void
coati_connection_take_tunnel(CoatiConnection *connection, const char *path, GVariant *changed)
{
    CoatiState state;

    if (g_strcmp0(connection->tunnel_path, path) != 0) {
        g_hash_table_remove_all(connection->tunnel);
        g_free(connection->tunnel_path);
        connection->tunnel_path = g_strdup(path);
    }
    if (path == NULL) {
        /* Why it ended stays to be read. */
        if (connection->state != COATI_STATE_FAILED)
            move(connection, COATI_STATE_DISCONNECTED);
        tell(connection);
        return;
    }
    values_take(connection->tunnel, changed);
    connection->is_starting = FALSE;
    state = coati_state_find(values_text(connection->tunnel, "State"));
    take_tunnel_error(connection);
    /* Who cancels has not failed. */
    if (state == COATI_STATE_FAILED && connection->failure == NULL)
        state = COATI_STATE_DISCONNECTED;
    move(connection, state);
    tell(connection);
}

const char *
coati_connection_tunnel(CoatiConnection *connection)
{
    return connection->tunnel_path;
}

GDBusConnection *
coati_connection_bus(CoatiConnection *connection)
{
    return connection->bus;
}

const char *
coati_connection_id(CoatiConnection *connection)
{
    return values_text(connection->profile, "Id");
}

const char *
coati_connection_uuid(CoatiConnection *connection)
{
    return values_text(connection->profile, "Uuid");
}

const char *
coati_connection_path(CoatiConnection *connection)
{
    return connection->path;
}

const char *
coati_connection_gateway(CoatiConnection *connection)
{
    return values_text(connection->profile, "Gateway");
}

CoatiState
coati_connection_state(CoatiConnection *connection)
{
    return connection->is_starting ? COATI_STATE_CONNECTING : connection->state;
}

CoatiStep
coati_connection_step(CoatiConnection *connection)
{
    return coati_step_find(coati_connection_state(connection),
                           values_text(connection->tunnel, "Stage"));
}

const char *
coati_connection_summary(CoatiConnection *connection)
{
    CoatiState state = coati_connection_state(connection);

    if (state == COATI_STATE_FAILED && connection->failure != NULL)
        return connection->failure->title;
    return coati_state_text(state);
}

gboolean
coati_connection_is_on(CoatiConnection *connection)
{
    switch (coati_connection_state(connection)) {
    case COATI_STATE_CONNECTING:
    case COATI_STATE_AUTHENTICATING:
    case COATI_STATE_CONFIGURING:
    case COATI_STATE_CONNECTED:
    case COATI_STATE_RECONNECTING:
        return TRUE;
    case COATI_STATE_DISCONNECTED:
    case COATI_STATE_DISCONNECTING:
    case COATI_STATE_FAILED:
        return FALSE;
    }
    return FALSE;
}

gboolean
coati_connection_is_system(CoatiConnection *connection)
{
    return values_number(connection->profile, "OwnerUid") == EVERYBODY;
}

gboolean
coati_connection_is_read_only(CoatiConnection *connection)
{
    return values_boolean(connection->profile, "ReadOnly", FALSE);
}

gint64
coati_connection_since(CoatiConnection *connection)
{
    return connection->state == COATI_STATE_CONNECTED
               ? (gint64)values_number(connection->tunnel, "ConnectedAt")
               : 0;
}

const char *
coati_connection_banner(CoatiConnection *connection)
{
    return coati_connection_is_on(connection) ? values_text(connection->tunnel, "Banner") : "";
}

gboolean
coati_connection_is_locked(CoatiConnection *connection)
{
    return values_boolean(connection->tunnel, "Locked", FALSE);
}

gboolean
coati_connection_may_save_password(CoatiConnection *connection)
{
    return values_boolean(connection->tunnel, "MaySavePassword", FALSE);
}

const CoatiFailure *
coati_connection_failure(CoatiConnection *connection)
{
    return connection->is_starting ? NULL : connection->failure;
}

GPtrArray *
coati_connection_details(CoatiConnection *connection)
{
    return coati_details_new(connection->tunnel);
}

/* Connecting */

static void
on_connected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    CoatiConnection *connection;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    connection = user_data;
    if (reply != NULL)
        return;
    connection->is_starting = FALSE;
    take_failure(connection, coati_failure_new_of_error(error));
    move(connection, COATI_STATE_FAILED);
    tell(connection);
}

void
coati_connection_connect(CoatiConnection *connection)
{
    if (coati_connection_is_on(connection))
        return;
    connection->is_starting = TRUE;
    take_failure(connection, NULL);
    tell(connection);
    bus_call(connection->bus, connection->path, BUS_CONNECTION, "Connect",
             g_variant_new("(a{sv})", NULL), "(o)", connection->cancellable, on_connected,
             connection);
}

static void
on_disconnected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    CoatiConnection *connection;

    if (reply != NULL || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    connection = user_data;
    take_failure(connection, coati_failure_new_of_error(error));
    tell(connection);
}

void
coati_connection_disconnect(CoatiConnection *connection)
{
    if (connection->tunnel_path == NULL)
        return;
    bus_call(connection->bus, connection->tunnel_path, BUS_TUNNEL, "Disconnect", NULL, NULL,
             connection->cancellable, on_disconnected, connection);
}

void
coati_connection_switch(CoatiConnection *connection, gboolean is_on)
{
    if (is_on)
        coati_connection_connect(connection);
    else
        coati_connection_disconnect(connection);
}

static void
on_recalled(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GVariant) reply = bus_call_finish(source, result, NULL);
    CoatiConnection *connection = user_data;
    const char *token;
    const char *detail;

    if (reply == NULL || g_cancellable_is_cancelled(connection->cancellable))
        return;
    g_variant_get(reply, "(&s&s&s&s)", &token, NULL, NULL, &detail);
    if (connection->failure != NULL || connection->tunnel_path != NULL || token[0] == '\0' ||
        strcmp(token, "user-request") == 0 || strcmp(token, "secrets-cancelled") == 0 ||
        strcmp(token, "shutdown") == 0)
        return;
    take_failure(connection, coati_failure_new(token, detail));
    connection->state = COATI_STATE_FAILED;
    tell(connection);
}

static void
on_recalled_unref(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiConnection) connection = user_data;

    on_recalled(source, result, connection);
}

void
coati_connection_recall_failure(CoatiConnection *connection)
{
    if (connection->is_recalled || connection->state != COATI_STATE_DISCONNECTED)
        return;
    connection->is_recalled = TRUE;
    bus_call(connection->bus, connection->path, BUS_CONNECTION, "GetLastError", NULL, "(ssss)",
             connection->cancellable, on_recalled_unref, g_object_ref(connection));
}

/* The profile */

static void
on_loaded(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    g_autoptr(GVariant) settings = NULL;
    GError *error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    Profile *profile = NULL;

    if (reply != NULL) {
        settings = g_variant_get_child_value(reply, 0);
        profile = profile_from_settings(settings, &error);
    }
    if (profile != NULL)
        g_task_return_pointer(task, profile, (GDestroyNotify)profile_free);
    else
        g_task_return_error(task, error);
}

void
coati_connection_load_async(CoatiConnection *connection, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(connection, cancellable, callback, user_data);

    bus_call(connection->bus, connection->path, BUS_CONNECTION, "GetSettings", NULL, "(a{sv})",
             cancellable, on_loaded, task);
}

Profile *
coati_connection_load_finish(CoatiConnection *connection, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);

    if (reply != NULL)
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

static void
call(CoatiConnection *connection, const char *method, GVariant *parameters,
     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(connection, cancellable, callback, user_data);

    bus_call(connection->bus, connection->path, BUS_CONNECTION, method, parameters, NULL,
             cancellable, on_done, task);
}

void
coati_connection_save_async(CoatiConnection *connection, const Profile *profile,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
    call(connection, "Update", g_variant_new("(@a{sv})", profile_to_settings_with_secrets(profile)),
         cancellable, callback, user_data);
}

void
coati_connection_delete_async(CoatiConnection *connection, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
    call(connection, "Delete", NULL, cancellable, callback, user_data);
}

void
coati_connection_forget_async(CoatiConnection *connection, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
    call(connection, "ClearSecrets", g_variant_new("(as)", NULL), cancellable, callback, user_data);
}

gboolean
coati_connection_finish(CoatiConnection *connection, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

/* The report */

static void
on_reported(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autofree char *said = NULL;
    GSubprocess *process = G_SUBPROCESS(source);

    if (!g_subprocess_communicate_utf8_finish(process, result, NULL, &said, &error))
        g_task_return_error(task, error);
    else if (g_subprocess_get_successful(process))
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", g_strstrip(said));
}

void
coati_connection_report_async(CoatiConnection *connection, GFile *file, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(connection, cancellable, callback, user_data);
    const char *path = g_file_peek_path(file);
    g_autoptr(GSubprocess) process = NULL;
    GError *error = NULL;

    if (path == NULL) {
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s",
                                _("Choose a folder of this computer."));
        return;
    }
    process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDERR_PIPE, &error, "coatictl", "report",
                               coati_connection_uuid(connection), "--output", path, NULL);
    if (process == NULL)
        g_task_return_error(task, error);
    else
        g_subprocess_communicate_utf8_async(process, NULL, cancellable, on_reported,
                                            g_steal_pointer(&task));
}
