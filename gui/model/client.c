/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include "agent.h"
#include "connection-private.h"

#include <string.h>

enum { RETRY_FIRST_SECONDS = 1, RETRY_LAST_SECONDS = 30 };

struct _CoatiClient {
    GObject parent;
    GDBusConnection *bus;
    GCancellable *cancellable;
    GListStore *connections;
    GHashTable *by_path; /* path of a connection -> CoatiConnection, owned by the list */
    GHashTable *tunnels; /* path of a tunnel -> Values; what the service says of all */
    CoatiAgent *agent;
    CoatiService service;
    CoatiFailure *failure;
    gboolean is_loaded; /* since the service appeared; signals before are in what is loaded */
    guint name_watch;
    guint signal_watch;
    guint retry_timer;
    guint retries;
};

static void list_model_init(GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE(CoatiClient, coati_client, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

enum { QUESTION, REMARK, MOVED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];
enum { PROP_0, PROP_SERVICE };

/* The list */

static GType
get_item_type(GListModel *model)
{
    return COATI_TYPE_CONNECTION;
}

static guint
get_n_items(GListModel *model)
{
    return g_list_model_get_n_items(G_LIST_MODEL(COATI_CLIENT(model)->connections));
}

static gpointer
get_item(GListModel *model, guint position)
{
    return g_list_model_get_item(G_LIST_MODEL(COATI_CLIENT(model)->connections), position);
}

static void
list_model_init(GListModelInterface *interface)
{
    interface->get_item_type = get_item_type;
    interface->get_n_items = get_n_items;
    interface->get_item = get_item;
}

static gint
compare(gconstpointer a, gconstpointer b, gpointer user_data)
{
    CoatiConnection *left = COATI_CONNECTION((gpointer)a);
    CoatiConnection *right = COATI_CONNECTION((gpointer)b);
    gint order = g_utf8_collate(coati_connection_id(left), coati_connection_id(right));

    return order != 0 ? order : strcmp(coati_connection_path(left), coati_connection_path(right));
}

static void
on_items_changed(GListModel *store, guint position, guint removed, guint added, gpointer user_data)
{
    g_list_model_items_changed(G_LIST_MODEL(user_data), position, removed, added);
}

static void
on_moved(CoatiConnection *connection, guint old_state, guint state, gpointer user_data)
{
    g_signal_emit(user_data, signals[MOVED], 0, connection, old_state, state);
}

static void
show_tunnel(CoatiClient *client, CoatiConnection *connection, GVariant *properties)
{
    const char *path = "/";
    GVariant *tunnel;

    if (!g_variant_lookup(properties, "Tunnel", "&o", &path))
        return;
    tunnel = g_hash_table_lookup(client->tunnels, path);
    if (strcmp(path, "/") == 0)
        coati_connection_take_tunnel(connection, NULL, NULL);
    else if (tunnel != NULL)
        coati_connection_take_tunnel(connection, path, tunnel);
}

static void
add_connection(CoatiClient *client, const char *path, GVariant *properties)
{
    CoatiConnection *known = g_hash_table_lookup(client->by_path, path);
    g_autoptr(CoatiConnection) connection = NULL;
    g_autofree char *id = NULL;

    if (known == NULL) {
        connection = coati_connection_new(client->bus, path);
        g_signal_connect_object(connection, "moved", G_CALLBACK(on_moved), client, 0);
        coati_connection_take_profile(connection, properties);
        g_hash_table_insert(client->by_path, g_strdup(path), connection);
        g_list_store_insert_sorted(client->connections, connection, compare, NULL);
        known = connection;
    } else {
        id = g_strdup(coati_connection_id(known));
        coati_connection_take_profile(known, properties);
        if (strcmp(id, coati_connection_id(known)) != 0)
            g_list_store_sort(client->connections, compare, NULL);
    }
    show_tunnel(client, known, properties);
}

static void
remove_connection(CoatiClient *client, const char *path)
{
    gpointer connection = g_hash_table_lookup(client->by_path, path);
    guint position;

    if (connection == NULL)
        return;
    g_hash_table_remove(client->by_path, path);
    if (g_list_store_find(client->connections, connection, &position))
        g_list_store_remove(client->connections, position);
}

/* What the service says */

static CoatiConnection *
connection_of_tunnel(CoatiClient *client, const char *tunnel)
{
    GHashTableIter iter;
    gpointer connection;

    g_hash_table_iter_init(&iter, client->by_path);
    while (g_hash_table_iter_next(&iter, NULL, &connection))
        if (g_strcmp0(coati_connection_tunnel(connection), tunnel) == 0)
            return connection;
    return NULL;
}

/* A tunnel's first properties may come before or after its connection names it. */
static void
add_tunnel(CoatiClient *client, const char *path, GVariant *properties)
{
    const char *owner = "";
    CoatiConnection *connection;

    g_hash_table_insert(client->tunnels, g_strdup(path), g_variant_ref(properties));
    g_variant_lookup(properties, "Connection", "&o", &owner);
    connection = g_hash_table_lookup(client->by_path, owner);
    if (connection != NULL)
        coati_connection_take_tunnel(connection, path, properties);
}

static void
remove_tunnel(CoatiClient *client, const char *path)
{
    CoatiConnection *connection = connection_of_tunnel(client, path);

    g_hash_table_remove(client->tunnels, path);
    if (connection != NULL)
        coati_connection_take_tunnel(connection, NULL, NULL);
}

static void
add_object(CoatiClient *client, const char *path, GVariant *interfaces)
{
    g_autoptr(GVariant) connection =
        g_variant_lookup_value(interfaces, BUS_CONNECTION, G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariant) tunnel =
        g_variant_lookup_value(interfaces, BUS_TUNNEL, G_VARIANT_TYPE_VARDICT);

    if (connection != NULL)
        add_connection(client, path, connection);
    if (tunnel != NULL)
        add_tunnel(client, path, tunnel);
}

static void
change_object(CoatiClient *client, const char *path, const char *interface, GVariant *changed)
{
    CoatiConnection *connection = NULL;

    if (strcmp(interface, BUS_CONNECTION) == 0) {
        if (g_hash_table_contains(client->by_path, path))
            add_connection(client, path, changed);
        return;
    }
    if (strcmp(interface, BUS_TUNNEL) == 0)
        connection = connection_of_tunnel(client, path);
    if (connection != NULL)
        coati_connection_take_tunnel(connection, path, changed);
}

static void
on_signal(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
          const char *signal, GVariant *parameters, gpointer user_data)
{
    CoatiClient *client = user_data;
    g_autoptr(GVariant) values = NULL;
    const char *name;

    if (!client->is_loaded)
        return;
    if (strcmp(signal, "InterfacesAdded") == 0 &&
        g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oa{sa{sv}})"))) {
        g_variant_get(parameters, "(&o@a{sa{sv}})", &name, &values);
        add_object(client, name, values);
    } else if (strcmp(signal, "InterfacesRemoved") == 0 &&
               g_variant_is_of_type(parameters, G_VARIANT_TYPE("(oas)"))) {
        g_variant_get(parameters, "(&o@as)", &name, NULL);
        remove_tunnel(client, name);
        remove_connection(client, name);
    } else if (strcmp(signal, "PropertiesChanged") == 0 &&
               g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sa{sv}as)"))) {
        g_variant_get(parameters, "(&s@a{sv}@as)", &name, &values, NULL);
        change_object(client, path, name, values);
    }
}

/* The service comes and goes */

static void
set_service(CoatiClient *client, CoatiService service, const GError *error)
{
    coati_failure_free(client->failure);
    client->failure = error != NULL ? coati_failure_new_of_error(error) : NULL;
    client->service = service;
    g_object_notify(G_OBJECT(client), "service");
}

/* Paths that are in objects. */
static void
forget_others(CoatiClient *client, GHashTable *seen)
{
    g_autoptr(GList) paths = g_hash_table_get_keys(client->by_path);

    for (GList *path = paths; path != NULL; path = path->next)
        if (!g_hash_table_contains(seen, path->data)) {
            g_autofree char *gone = g_strdup(path->data);

            remove_connection(client, gone);
        }
}

/* Tunnels first, so that connections find theirs. */
static void
take_objects(CoatiClient *client, GVariant *objects)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const char *path;
    GVariant *interfaces;
    GVariantIter iter;

    g_hash_table_remove_all(client->tunnels);
    for (gint round = 0; round < 2; round++) {
        g_variant_iter_init(&iter, objects);
        while (g_variant_iter_next(&iter, "{&o@a{sa{sv}}}", &path, &interfaces)) {
            g_autoptr(GVariant) tunnel =
                g_variant_lookup_value(interfaces, BUS_TUNNEL, G_VARIANT_TYPE_VARDICT);

            g_hash_table_add(seen, g_strdup(path));
            if ((tunnel != NULL) == (round == 0))
                add_object(client, path, interfaces);
            g_variant_unref(interfaces);
        }
    }
    forget_others(client, seen);
}

static gboolean
on_retry(gpointer user_data)
{
    CoatiClient *client = user_data;

    client->retry_timer = 0;
    coati_client_retry(client);
    return G_SOURCE_REMOVE;
}

static void
retry_later(CoatiClient *client)
{
    guint seconds = MIN((guint)RETRY_FIRST_SECONDS << MIN(client->retries, 5), RETRY_LAST_SECONDS);

    client->retries++;
    if (client->retry_timer == 0)
        client->retry_timer = g_timeout_add_seconds(seconds, on_retry, client);
}

static void
on_objects(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    g_autoptr(GVariant) objects = NULL;
    CoatiClient *client;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    client = user_data;
    if (reply == NULL) {
        set_service(client, COATI_SERVICE_ABSENT, error);
        retry_later(client);
        return;
    }
    objects = g_variant_get_child_value(reply, 0);
    client->is_loaded = TRUE;
    client->retries = 0;
    take_objects(client, objects);
    set_service(client, COATI_SERVICE_RUNNING, NULL);
}

static void
load(CoatiClient *client)
{
    bus_call(client->bus, BUS_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL,
             "(a{oa{sa{sv}}})", client->cancellable, on_objects, client);
}

static void
on_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
    CoatiClient *client = user_data;

    coati_agent_register(client->agent, owner);
    load(client);
}

static void
on_vanished(GDBusConnection *bus, const char *name, gpointer user_data)
{
    CoatiClient *client = user_data;
    GHashTableIter iter;
    gpointer connection;

    if (bus == NULL)
        return;
    coati_agent_unregister(client->agent);
    if (client->is_loaded) {
        client->is_loaded = FALSE;
        g_hash_table_remove_all(client->tunnels);
        g_hash_table_iter_init(&iter, client->by_path);
        while (g_hash_table_iter_next(&iter, NULL, &connection))
            coati_connection_take_tunnel(connection, NULL, NULL);
        set_service(client, COATI_SERVICE_STARTING, NULL);
    }
    retry_later(client);
}

void
coati_client_retry(CoatiClient *client)
{
    if (client->bus != NULL && !client->is_loaded)
        load(client);
}

static void
on_question(CoatiAgent *agent, CoatiQuestion *question, gpointer user_data)
{
    g_signal_emit(user_data, signals[QUESTION], 0, question);
}

static void
on_remark(CoatiAgent *agent, const char *text, gpointer user_data)
{
    g_signal_emit(user_data, signals[REMARK], 0, text);
}

static void
on_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) bus = g_bus_get_finish(result, &error);
    CoatiClient *client;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    client = user_data;
    if (bus == NULL) {
        set_service(client, COATI_SERVICE_ABSENT, error);
        return;
    }
    client->bus = g_object_ref(bus);
    g_dbus_connection_set_exit_on_close(bus, FALSE);
    client->agent = coati_agent_new(client);
    g_signal_connect_object(client->agent, "question", G_CALLBACK(on_question), client, 0);
    g_signal_connect_object(client->agent, "remark", G_CALLBACK(on_remark), client, 0);
    client->signal_watch = g_dbus_connection_signal_subscribe(
        bus, BUS_NAME, NULL, NULL, NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, client, NULL);
    client->name_watch = g_bus_watch_name_on_connection(
        bus, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_appeared, on_vanished, client, NULL);
}

static void
coati_client_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    if (id == PROP_SERVICE)
        g_value_set_uint(value, (guint)COATI_CLIENT(object)->service);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
coati_client_dispose(GObject *object)
{
    CoatiClient *client = COATI_CLIENT(object);

    g_cancellable_cancel(client->cancellable);
    g_clear_handle_id(&client->retry_timer, g_source_remove);
    g_clear_handle_id(&client->name_watch, g_bus_unwatch_name);
    if (client->signal_watch != 0)
        g_dbus_connection_signal_unsubscribe(client->bus, client->signal_watch);
    client->signal_watch = 0;
    g_clear_object(&client->agent);
    G_OBJECT_CLASS(coati_client_parent_class)->dispose(object);
}

static void
coati_client_finalize(GObject *object)
{
    CoatiClient *client = COATI_CLIENT(object);

    g_hash_table_unref(client->by_path);
    g_hash_table_unref(client->tunnels);
    g_object_unref(client->connections);
    g_object_unref(client->cancellable);
    g_clear_object(&client->bus);
    coati_failure_free(client->failure);
    G_OBJECT_CLASS(coati_client_parent_class)->finalize(object);
}

static void
coati_client_class_init(CoatiClientClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);

    object_class->get_property = coati_client_get_property;
    object_class->dispose = coati_client_dispose;
    object_class->finalize = coati_client_finalize;
    g_object_class_install_property(object_class, PROP_SERVICE,
                                    g_param_spec_uint("service", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
    signals[QUESTION] = g_signal_new("question", COATI_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 1, COATI_TYPE_QUESTION);
    signals[REMARK] = g_signal_new("remark", COATI_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[MOVED] =
        g_signal_new("moved", COATI_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 3, COATI_TYPE_CONNECTION, G_TYPE_UINT, G_TYPE_UINT);
}

static void
coati_client_init(CoatiClient *client)
{
    client->cancellable = g_cancellable_new();
    client->connections = g_list_store_new(COATI_TYPE_CONNECTION);
    client->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    client->tunnels =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
    g_signal_connect_object(client->connections, "items-changed", G_CALLBACK(on_items_changed),
                            client, 0);
}

CoatiClient *
coati_client_new(void)
{
    CoatiClient *client = g_object_new(COATI_TYPE_CLIENT, NULL);

    g_bus_get(G_BUS_TYPE_SYSTEM, client->cancellable, on_bus, client);
    return client;
}

CoatiService
coati_client_service(CoatiClient *client)
{
    return client->service;
}

const CoatiFailure *
coati_client_failure(CoatiClient *client)
{
    return client->failure;
}

GDBusConnection *
coati_client_bus(CoatiClient *client)
{
    return client->bus;
}

CoatiConnection *
coati_client_find(CoatiClient *client, const char *uuid)
{
    GHashTableIter iter;
    gpointer connection;

    g_hash_table_iter_init(&iter, client->by_path);
    while (g_hash_table_iter_next(&iter, NULL, &connection))
        if (strcmp(coati_connection_uuid(connection), uuid) == 0)
            return connection;
    return NULL;
}

CoatiConnection *
coati_client_find_path(CoatiClient *client, const char *path)
{
    return g_hash_table_lookup(client->by_path, path);
}

gboolean
coati_client_has_id(CoatiClient *client, const char *id)
{
    GHashTableIter iter;
    gpointer connection;

    g_hash_table_iter_init(&iter, client->by_path);
    while (g_hash_table_iter_next(&iter, NULL, &connection))
        if (strcmp(coati_connection_id(connection), id) == 0)
            return TRUE;
    return FALSE;
}

static void
on_added(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    char *path = NULL;

    if (reply == NULL) {
        g_task_return_error(task, error);
        return;
    }
    g_variant_get(reply, "(o)", &path);
    g_task_return_pointer(task, path, g_free);
}

void
coati_client_add_async(CoatiClient *client, const Profile *profile, gboolean is_system,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(client, cancellable, callback, user_data);
    GVariantBuilder options;

    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    if (is_system)
        g_variant_builder_add(&options, "{sv}", "owner", g_variant_new_string("system"));
    bus_call(client->bus, BUS_ROOT, BUS_MANAGER, "AddConnection",
             g_variant_new("(@a{sv}@a{sv})", profile_to_settings_with_secrets(profile),
                           g_variant_builder_end(&options)),
             "(o)", cancellable, on_added, task);
}

char *
coati_client_add_finish(CoatiClient *client, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
