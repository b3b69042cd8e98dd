/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus.h"

#include "coati-dbus.h"
#include "error.h"
#include "log.h"

#include <string.h>

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

struct Bus {
    GDBusConnection *connection;
    Peers *peers;
    Gate *gate;
    GHashTable *objects; /* path -> BusObject, borrowed */
    GDBusNodeInfo *manager_node;
    guint objects_root[2];
    guint subtrees[2];
};

static const char object_manager_xml[] =
    "<node><interface name='org.freedesktop.DBus.ObjectManager'>"
    "<method name='GetManagedObjects'>"
    "<arg name='objects' type='a{oa{sa{sv}}}' direction='out'/></method>"
    "<signal name='InterfacesAdded'><arg name='object' type='o'/>"
    "<arg name='interfaces' type='a{sa{sv}}'/></signal>"
    "<signal name='InterfacesRemoved'><arg name='object' type='o'/>"
    "<arg name='interfaces' type='as'/></signal>"
    "</interface></node>";

/* Calls */

static void
call_free(BusCall *call)
{
    Peer *peer = peers_lookup(call->bus->peers, call->sender);

    if (peer != NULL && call->is_counted)
        peer->pending--;
    if (call->prepared != NULL)
        call->prepared_free(call->prepared);
    g_variant_unref(call->parameters);
    g_free(call->sender);
    g_free(call);
}

void
bus_call_return(BusCall *call, GVariant *value)
{
    g_dbus_method_invocation_return_value(call->invocation, value);
    call_free(call);
}

void
bus_call_fail(BusCall *call, const GError *error)
{
    g_dbus_method_invocation_return_gerror(call->invocation, error);
    call_free(call);
}

void
bus_call_refuse(BusCall *call, gint code, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    error = g_error_new_valist(COATI_ERROR, code, format, args);
    va_end(args);
    bus_call_fail(call, error);
}

/* Objects */

gboolean
bus_may_see(const BusObject *object, guint32 uid)
{
    return object->owner_uid == BUS_EVERYBODY || object->owner_uid == uid || uid == 0;
}

BusObject *
bus_find(Bus *bus, const char *path, guint32 uid)
{
    BusObject *object = g_hash_table_lookup(bus->objects, path);

    return object != NULL && bus_may_see(object, uid) ? object : NULL;
}

static void
emit(Bus *bus, const BusObject *object, const char *path, const char *interface, const char *signal,
     GVariant *parameters)
{
    g_autoptr(GVariant) sunk = parameters != NULL ? g_variant_ref_sink(parameters) : NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (object->owner_uid == BUS_EVERYBODY) {
        g_dbus_connection_emit_signal(bus->connection, NULL, path, interface, signal, sunk, NULL);
        return;
    }
    names = peers_names_for(bus->peers, object->owner_uid);
    for (guint i = 0; i < names->len; i++)
        g_dbus_connection_emit_signal(bus->connection, names->pdata[i], path, interface, signal,
                                      sunk, NULL);
}

static GVariant *
properties_of(BusObject *object)
{
    GDBusInterfaceInfo *info = object->face->info();
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (guint i = 0; info->properties != NULL && info->properties[i] != NULL; i++)
        g_variant_builder_add(&builder, "{sv}", info->properties[i]->name,
                              object->face->property(object, info->properties[i]->name));
    return g_variant_builder_end(&builder);
}

static GVariant *
interfaces_of(BusObject *object)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sa{sv}}"));
    g_variant_builder_add(&builder, "{s@a{sv}}", object->face->info()->name, properties_of(object));
    return g_variant_builder_end(&builder);
}

void
bus_add(Bus *bus, BusObject *object)
{
    g_hash_table_insert(bus->objects, object->path, object);
    if (!g_str_equal(object->path, BUS_ROOT))
        emit(bus, object, BUS_ROOT, OBJECT_MANAGER, "InterfacesAdded",
             g_variant_new("(o@a{sa{sv}})", object->path, interfaces_of(object)));
}

void
bus_remove(Bus *bus, BusObject *object)
{
    const char *interfaces[] = {object->face->info()->name, NULL};

    if (!g_hash_table_remove(bus->objects, object->path))
        return;
    if (!g_str_equal(object->path, BUS_ROOT))
        emit(bus, object, BUS_ROOT, OBJECT_MANAGER, "InterfacesRemoved",
             g_variant_new("(o^as)", object->path, interfaces));
}

void
bus_changed(Bus *bus, BusObject *object, const char *const *names)
{
    GVariantBuilder builder;

    if (!g_hash_table_contains(bus->objects, object->path))
        return;
    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    for (guint i = 0; names[i] != NULL; i++)
        g_variant_builder_add(&builder, "{sv}", names[i], object->face->property(object, names[i]));
    emit(bus, object, object->path, PROPERTIES, "PropertiesChanged",
         g_variant_new("(s@a{sv}@as)", object->face->info()->name, g_variant_builder_end(&builder),
                       g_variant_new_strv(NULL, 0)));
}

void
bus_signal(Bus *bus, BusObject *object, const char *signal, GVariant *parameters)
{
    emit(bus, object, object->path, object->face->info()->name, signal, parameters);
}

/* What is answered here: properties and the list of objects */

static void
answer_managed_objects(Bus *bus, BusCall *call)
{
    GVariantBuilder builder;
    GHashTableIter iter;
    gpointer value;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
    g_hash_table_iter_init(&iter, bus->objects);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        BusObject *object = value;

        if (bus_may_see(object, call->uid) && !g_str_equal(object->path, BUS_ROOT))
            g_variant_builder_add(&builder, "{o@a{sa{sv}}}", object->path, interfaces_of(object));
    }
    bus_call_return(call, g_variant_new("(@a{oa{sa{sv}}})", g_variant_builder_end(&builder)));
}

static void
answer_property(BusObject *object, BusCall *call, const char *method)
{
    const char *name = NULL;

    if (g_str_equal(method, "GetAll")) {
        bus_call_return(call, g_variant_new("(@a{sv})", properties_of(object)));
        return;
    }
    g_variant_get_child(call->parameters, 1, "&s", &name);
    if (g_dbus_interface_info_lookup_property(object->face->info(), name) == NULL)
        bus_call_refuse(call, COATI_ERROR_NOT_FOUND, "There is no property %s", name);
    else
        bus_call_return(call, g_variant_new("(v)", object->face->property(object, name)));
}

static void
dispatch(Bus *bus, BusCall *call)
{
    const char *path = g_dbus_method_invocation_get_object_path(call->invocation);
    const char *interface = g_dbus_method_invocation_get_interface_name(call->invocation);
    const char *name = g_dbus_method_invocation_get_method_name(call->invocation);
    BusObject *object = bus_find(bus, path, call->uid);

    if (object == NULL) {
        bus_call_refuse(call, COATI_ERROR_NOT_FOUND, "There is no such object");
        return;
    }
    if (g_str_equal(interface, OBJECT_MANAGER)) {
        answer_managed_objects(bus, call);
        return;
    }
    if (g_str_equal(interface, PROPERTIES)) {
        answer_property(object, call, name);
        return;
    }
    for (const BusMethod *method = object->face->methods; method->name != NULL; method++)
        if (g_str_equal(method->name, name)) {
            method->handler(object, call);
            return;
        }
    bus_call_refuse(call, COATI_ERROR_NOT_SUPPORTED, "There is no method %s", name);
}

static void
refuse(BusCall *call, const GError *error)
{
    const char *path = g_dbus_method_invocation_get_object_path(call->invocation);
    BusObject *object = bus_find(call->bus, path, call->uid);

    if (object != NULL && object->face->refused != NULL)
        object->face->refused(object, call, error);
    bus_call_fail(call, error);
}

static void
on_gate_answered(const GError *error, gpointer user_data)
{
    BusCall *call = user_data;

    if (error == NULL) {
        dispatch(call->bus, call);
        return;
    }
    log_debug(NULL, "refused", "User %u, %s: %s", call->uid,
              g_dbus_method_invocation_get_method_name(call->invocation), error->message);
    refuse(call, error);
}

static void
on_peer(Peer *peer, gpointer user_data)
{
    BusCall *call = user_data;
    const char *path = g_dbus_method_invocation_get_object_path(call->invocation);
    const char *interface = g_dbus_method_invocation_get_interface_name(call->invocation);
    const char *method = g_dbus_method_invocation_get_method_name(call->invocation);
    g_autoptr(GError) error = NULL;
    GateFacts facts = {0};
    BusObject *object;
    const GateRow *row;

    if (peer == NULL) {
        bus_call_refuse(call, COATI_ERROR_NOT_AUTHORIZED, "The caller has left");
        return;
    }
    call->uid = peer->uid;
    call->is_counted = TRUE;
    if (peer->pending++ >= BUS_MAX_PENDING) {
        bus_call_refuse(call, COATI_ERROR_BUSY, "Too many calls of yours are under way");
        return;
    }
    object = bus_find(call->bus, path, call->uid);
    if (object == NULL) {
        bus_call_refuse(call, COATI_ERROR_NOT_FOUND, "There is no such object");
        return;
    }
    row = gate_row(interface, method);
    if (row != NULL && row->rule != GATE_FREE && row->rule != GATE_NEVER &&
        !object->face->describe(object, call, &facts, &error)) {
        refuse(call, error);
        return;
    }
    gate_ask(call->bus->gate, row, &facts, peer, call->may_interact, on_gate_answered, call);
}

static void
on_method_call(GDBusConnection *connection, const gchar *sender, const gchar *path,
               const gchar *interface, const gchar *method, GVariant *parameters,
               GDBusMethodInvocation *invocation, gpointer user_data)
{
    BusCall *call = g_new0(BusCall, 1);

    call->bus = user_data;
    call->invocation = invocation;
    call->parameters = g_variant_ref(parameters);
    call->sender = g_strdup(sender);
    call->may_interact =
        (g_dbus_message_get_flags(g_dbus_method_invocation_get_message(invocation)) &
         G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
    if (g_variant_get_size(parameters) > BUS_MAX_ARGUMENTS)
        bus_call_refuse(call, COATI_ERROR_INVALID_ARGUMENTS, "The arguments are too long");
    else
        peers_find(call->bus->peers, sender, on_peer, call);
}

/* Without get_property GDBus hands property reads to method_call, where they are bound to the
 * sender like everything else. */
static const GDBusInterfaceVTable vtable = {.method_call = on_method_call};

/* Subtrees: whatever the name below them, a node looks the same, so that introspection tells
 * nobody which profiles there are. Only what everybody may see is listed. */

typedef struct {
    const char *path;
    GDBusInterfaceInfo *(*info)(void);
} Branch;

static const Branch branches[] = {
    {BUS_ROOT "/connection", coati_dbus_connection_interface_info},
    {BUS_ROOT "/tunnel", coati_dbus_tunnel_interface_info},
};

static gchar **
on_enumerate(GDBusConnection *connection, const gchar *sender, const gchar *path,
             gpointer user_data)
{
    Bus *bus = user_data;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    gsize length = strlen(path);
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, bus->objects);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        BusObject *object = value;

        if (object->owner_uid == BUS_EVERYBODY && g_str_has_prefix(object->path, path) &&
            object->path[length] == '/')
            g_ptr_array_add(names, g_strdup(object->path + length + 1));
    }
    g_ptr_array_add(names, NULL);
    return (gchar **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static GDBusInterfaceInfo **
on_introspect(GDBusConnection *connection, const gchar *sender, const gchar *path,
              const gchar *node, gpointer user_data)
{
    GDBusInterfaceInfo **infos = g_new0(GDBusInterfaceInfo *, 2);

    for (gsize i = 0; node != NULL && i < G_N_ELEMENTS(branches); i++)
        if (g_str_has_prefix(path, branches[i].path))
            infos[0] = g_dbus_interface_info_ref(branches[i].info());
    return infos;
}

static const GDBusInterfaceVTable *
on_dispatch(GDBusConnection *connection, const gchar *sender, const gchar *path,
            const gchar *interface, const gchar *node, gpointer *ret_user_data, gpointer user_data)
{
    *ret_user_data = user_data;
    return node != NULL ? &vtable : NULL;
}

static const GDBusSubtreeVTable subtree_vtable = {
    .enumerate = on_enumerate, .introspect = on_introspect, .dispatch = on_dispatch};

Bus *
bus_new(GDBusConnection *connection, Peers *peers, Gate *gate, GError **error)
{
    g_autoptr(Bus) bus = g_new0(Bus, 1);
    GDBusInterfaceInfo *root[2];

    bus->connection = g_object_ref(connection);
    bus->peers = peers;
    bus->gate = gate;
    bus->objects = g_hash_table_new(g_str_hash, g_str_equal);
    bus->manager_node = g_dbus_node_info_new_for_xml(object_manager_xml, error);
    if (bus->manager_node == NULL)
        return NULL;
    root[0] = bus->manager_node->interfaces[0];
    root[1] = coati_dbus_manager_interface_info();
    for (guint i = 0; i < G_N_ELEMENTS(root); i++) {
        bus->objects_root[i] = g_dbus_connection_register_object(connection, BUS_ROOT, root[i],
                                                                 &vtable, bus, NULL, error);
        if (bus->objects_root[i] == 0)
            return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(branches); i++) {
        bus->subtrees[i] = g_dbus_connection_register_subtree(
            connection, branches[i].path, &subtree_vtable,
            G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, bus, NULL, error);
        if (bus->subtrees[i] == 0)
            return NULL;
    }
    return g_steal_pointer(&bus);
}

void
bus_free(Bus *bus)
{
    if (bus == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(bus->objects_root); i++)
        if (bus->objects_root[i] != 0)
            g_dbus_connection_unregister_object(bus->connection, bus->objects_root[i]);
    for (guint i = 0; i < G_N_ELEMENTS(bus->subtrees); i++)
        if (bus->subtrees[i] != 0)
            g_dbus_connection_unregister_subtree(bus->connection, bus->subtrees[i]);
    g_clear_pointer(&bus->manager_node, g_dbus_node_info_unref);
    g_hash_table_unref(bus->objects);
    g_object_unref(bus->connection);
    g_free(bus);
}

GDBusConnection *
bus_connection(const Bus *bus)
{
    return bus->connection;
}
