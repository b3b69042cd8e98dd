/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

static void
set_text(JsonObject *object, const char *name, const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), 16384, TRUE);

    json_object_set_string_member(object, name, clean);
}

/* Properties of D-Bus and their names here. */
typedef struct {
    const char *name;
    const char *property;
} Row;

static void
set_texts(JsonObject *object, const Row *rows, GVariantDict *dict)
{
    for (; rows->name != NULL; rows++)
        set_text(object, rows->name, remote_text(dict, rows->property));
}

static void
set_list(JsonObject *object, const char *name, GVariantDict *dict, const char *property)
{
    g_autofree const char **items = remote_texts(dict, property);
    JsonArray *array = json_array_new();

    for (guint i = 0; items[i] != NULL; i++)
        json_array_add_string_element(array, items[i]);
    json_object_set_array_member(object, name, array);
}

static void
set_lists(JsonObject *object, const Row *rows, GVariantDict *dict)
{
    for (; rows->name != NULL; rows++)
        set_list(object, rows->name, dict, rows->property);
}

static void
set_address(JsonObject *object, const char *name, GVariantDict *tunnel, const char *property)
{
    g_autoptr(GVariant) value =
        g_variant_dict_lookup_value(tunnel, property, G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariantDict) dict = value != NULL ? g_variant_dict_new(value) : NULL;
    JsonObject *address;

    if (remote_text(dict, "address")[0] == '\0') {
        json_object_set_null_member(object, name);
        return;
    }
    address = json_object_new();
    set_text(address, "address", remote_text(dict, "address"));
    json_object_set_int_member(address, "prefix", (gint64)remote_number(dict, "prefix"));
    json_object_set_object_member(object, name, address);
}

static void
set_algorithms(JsonObject *object, GVariantDict *tunnel)
{
    static const Row rows[] = {{"ike", "ike"},   {"esp", "esp"}, {"method", "method"},
                               {"mode", "mode"}, {"pfs", "pfs"}, {NULL, NULL}};
    g_autoptr(GVariant) value =
        g_variant_dict_lookup_value(tunnel, "Algorithms", G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariantDict) dict = value != NULL ? g_variant_dict_new(value) : NULL;
    JsonObject *algorithms = json_object_new();

    set_texts(algorithms, rows, dict);
    set_list(algorithms, "weak", dict, "weak");
    json_object_set_object_member(object, "algorithms", algorithms);
}

JsonObject *
json_of_error(const char *reason, const char *title, const char *detail, const char *hint)
{
    JsonObject *object = json_object_new();

    set_text(object, "reason", reason);
    set_text(object, "title", title);
    set_text(object, "detail", detail);
    set_text(object, "hint", hint);
    return object;
}

static void
set_error(JsonObject *object, GVariantDict *tunnel)
{
    g_autoptr(GVariant) extra = NULL;
    const char *reason = "";
    const char *detail = "";
    const char *title = "";
    const char *hint = "";

    if (!g_variant_dict_lookup(tunnel, "LastError", "(&s&s@a{sv})", &reason, &detail, &extra) ||
        reason[0] == '\0') {
        json_object_set_null_member(object, "last_error");
        return;
    }
    g_variant_lookup(extra, "title", "&s", &title);
    g_variant_lookup(extra, "hint", "&s", &hint);
    json_object_set_object_member(object, "last_error", json_of_error(reason, title, detail, hint));
}

static void
set_since(JsonObject *object, GVariantDict *tunnel)
{
    gint64 since = (gint64)remote_number(tunnel, "ConnectedAt");
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(since);
    g_autofree char *stamp = time != NULL ? g_date_time_format_iso8601(time) : NULL;

    if (since == 0 || stamp == NULL) {
        json_object_set_null_member(object, "connected_at");
        json_object_set_null_member(object, "connected_at_seconds");
        return;
    }
    json_object_set_string_member(object, "connected_at", stamp);
    json_object_set_int_member(object, "connected_at_seconds", since);
}

static JsonObject *
json_of_tunnel(GVariantDict *tunnel)
{
    static const Row texts[] = {{"state", "State"},
                                {"stage", "Stage"},
                                {"gateway", "Gateway"},
                                {"gateway_address", "GatewayAddress"},
                                {"gateway_identity", "GatewayIdentity"},
                                {"interface", "Interface"},
                                {"data_plane", "DataPlane"},
                                {"data_plane_reason", "DataPlaneReason"},
                                {"nat_traversal", "NatTraversal"},
                                {"banner", "Banner"},
                                {NULL, NULL}};
    static const Row lists[] = {{"dns", "Dns"},
                                {"wins", "Wins"},
                                {"domains", "Domains"},
                                {"routes", "Routes"},
                                {"excluded_routes", "ExcludedRoutes"},
                                {NULL, NULL}};
    JsonObject *object = json_object_new();
    gboolean is_locked = FALSE;

    set_texts(object, texts, tunnel);
    set_since(object, tunnel);
    g_variant_dict_lookup(tunnel, "Locked", "b", &is_locked);
    json_object_set_boolean_member(object, "locked", is_locked);
    set_address(object, "ip4", tunnel, "Ip4");
    set_address(object, "ip6", tunnel, "Ip6");
    set_lists(object, lists, tunnel);
    json_object_set_int_member(object, "mtu", (gint64)remote_number(tunnel, "Mtu"));
    set_algorithms(object, tunnel);
    set_error(object, tunnel);
    return object;
}

JsonObject *
json_of_profile(const RemoteProfile *profile)
{
    static const Row texts[] = {
        {"id", "Id"}, {"uuid", "Uuid"}, {"gateway", "Gateway"}, {NULL, NULL}};
    JsonObject *object = json_object_new();
    guint64 owner = remote_number(profile->properties, "OwnerUid");
    gboolean is_read_only = FALSE;
    gboolean autoconnect = FALSE;

    set_texts(object, texts, profile->properties);
    if (owner == G_MAXUINT32)
        json_object_set_null_member(object, "owner_uid");
    else
        json_object_set_int_member(object, "owner_uid", (gint64)owner);
    g_variant_dict_lookup(profile->properties, "ReadOnly", "b", &is_read_only);
    g_variant_dict_lookup(profile->properties, "AutoConnect", "b", &autoconnect);
    json_object_set_boolean_member(object, "read_only", is_read_only);
    json_object_set_boolean_member(object, "autoconnect", autoconnect);
    if (profile->tunnel != NULL)
        json_object_set_object_member(object, "tunnel", json_of_tunnel(profile->tunnel));
    else
        json_object_set_null_member(object, "tunnel");
    return object;
}

JsonObject *
json_of_statistics(GVariant *statistics)
{
    static const Row rows[] = {{"octets_in", "octets-in"},
                               {"octets_out", "octets-out"},
                               {"packets_in", "packets-in"},
                               {"packets_out", "packets-out"},
                               {NULL, NULL}};
    g_autoptr(GVariantDict) dict = g_variant_dict_new(statistics);
    g_autoptr(GVariant) drops =
        g_variant_lookup_value(statistics, "drops", G_VARIANT_TYPE("a{st}"));
    JsonObject *object = json_object_new();
    JsonObject *dropped = json_object_new();
    guint32 ago = G_MAXUINT32;

    for (const Row *row = rows; row->name != NULL; row++)
        json_object_set_int_member(object, row->name, (gint64)remote_number(dict, row->property));
    if (drops != NULL) {
        GVariantIter iter;
        const char *name;
        guint64 count;

        g_variant_iter_init(&iter, drops);
        while (g_variant_iter_next(&iter, "{&st}", &name, &count))
            json_object_set_int_member(dropped, name, (gint64)count);
    }
    json_object_set_object_member(object, "drops", dropped);
    if (g_variant_lookup(statistics, "last-received-seconds", "u", &ago) && ago != G_MAXUINT32)
        json_object_set_int_member(object, "last_received_seconds", ago);
    else
        json_object_set_null_member(object, "last_received_seconds");
    return object;
}

void
json_print(JsonObject *take_object, gboolean is_line)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *text = NULL;
    g_autofree char *clean = NULL;

    json_node_take_object(node, take_object);
    text = json_to_string(node, !is_line);
    clean = name_clean(text, strlen(text), strlen(text) + 8, TRUE);
    puts(clean);
    fflush(stdout);
}

char *
json_now(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    return g_date_time_format_iso8601(now);
}
