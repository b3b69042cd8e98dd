/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/face.h"

#include "coati-gateway-dbus.h"
#include "config.h"

#include <string.h>

#define ROOT "/org/coati/Gateway1"
#define INTERFACE "org.coati.Gateway1.Gateway"
#define ERROR_PREFIX "org.coati.Gateway1.Error."

enum { MAX_PAGE = 500, MAX_FOLLOWERS = 64 };

struct GatewayFace {
    CoatiGatewayDbusGateway *skeleton;
    Gateway *gateway;
    GDBusConnection *connection;
    GHashTable *followers; /* unique bus name: the watch on it */
};

/* A call that waits for fresh counters. */
typedef struct {
    GatewayFace *face;
    GDBusMethodInvocation *invocation;
    guint64 sessions[MAX_PAGE + 1];
    guint total;
    gboolean is_single;
} Call;

static gboolean
fail(GDBusMethodInvocation *invocation, const char *name, const char *text)
{
    g_autofree char *full = g_strconcat(ERROR_PREFIX, name, NULL);

    g_dbus_method_invocation_return_dbus_error(invocation, full, text);
    return TRUE;
}

/* --- sessions --- */

static void
answer_sessions(gpointer user_data)
{
    g_autofree Call *call = user_data;
    Gateway *gateway = call->face->gateway;
    gint64 now = gateway_now();
    GVariantBuilder list;

    if (call->is_single) {
        const Guest *guest = gateway_find(gateway, call->sessions[0]);

        if (guest == NULL)
            fail(call->invocation, "NotFound", "This session has ended");
        else
            g_dbus_method_invocation_return_value(
                call->invocation, g_variant_new("(@a{sv})", guest_describe(guest, now)));
        return;
    }
    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; call->sessions[i] != 0; i++) {
        const Guest *guest = gateway_find(gateway, call->sessions[i]);

        if (guest != NULL)
            g_variant_builder_add_value(&list, guest_describe(guest, now));
    }
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(aa{sv}u)", &list, call->total));
}

static gboolean
on_list_sessions(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, guint offset,
                 guint limit, gpointer user_data)
{
    GatewayFace *face = user_data;
    g_autoptr(GPtrArray) guests = gateway_guests(face->gateway);
    Call *call = g_new0(Call, 1);

    call->face = face;
    call->invocation = invocation;
    call->total = guests->len;
    limit = MIN(limit, MAX_PAGE);
    for (guint i = 0; i < limit && offset < guests->len && i < guests->len - offset; i++)
        call->sessions[i] = ((Guest *)guests->pdata[offset + i])->session;
    gateway_refresh(face->gateway, call->sessions, answer_sessions, call);
    return TRUE;
}

static gboolean
on_get_session(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation,
               guint64 session, gpointer user_data)
{
    GatewayFace *face = user_data;
    Call *call;

    if (session == 0 || gateway_find(face->gateway, session) == NULL)
        return fail(invocation, "NotFound", "There is no such session");
    call = g_new0(Call, 1);
    call->face = face;
    call->invocation = invocation;
    call->is_single = TRUE;
    call->sessions[0] = session;
    gateway_refresh(face->gateway, call->sessions, answer_sessions, call);
    return TRUE;
}

static gboolean
on_kick(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, const char *what,
        gpointer user_data)
{
    GatewayFace *face = user_data;
    guint count = gateway_kick(face->gateway, what);

    if (count == 0)
        return fail(invocation, "NotFound", "There is no such session, user or address");
    coati_gateway_dbus_gateway_complete_kick(skeleton, invocation, count);
    return TRUE;
}

/* --- pool and bans --- */

/* a{sv}, floating; NULL for what nobody ever had. */
static GVariant *
describe_lease(const Pool *pool, guint i, const char *name)
{
    GVariantDict dict;
    NetAddress address;
    const char *user;
    gboolean is_used;
    gint64 released;
    char text[NET_ADDRESS_TEXT_SIZE];

    pool_look(pool, i, &address, &user, &is_used, &released);
    if (user == NULL)
        return NULL;
    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "address", "s", net_address_format(&address, text));
    g_variant_dict_insert(&dict, "pool", "s", name);
    g_variant_dict_insert(&dict, "user", "s", user);
    g_variant_dict_insert(&dict, "is-used", "b", is_used);
    g_variant_dict_insert(&dict, "released", "x", released);
    return g_variant_dict_end(&dict);
}

static gboolean
on_list_leases(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, guint offset,
               guint limit, gpointer user_data)
{
    GatewayFace *face = user_data;
    const Leases *leases = gateway_leases(face->gateway);
    GVariantBuilder list;
    guint total = 0;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (guint number = 0; number < leases_pool_count(leases); number++) {
        const char *name;
        const Pool *pool = leases_pool(leases, number, &name);

        for (guint i = 0; pool != NULL && i < pool_size(pool); i++) {
            GVariant *lease = describe_lease(pool, i, name);

            if (lease == NULL)
                continue;
            if (total >= offset && total - offset < MIN(limit, MAX_PAGE))
                g_variant_builder_add_value(&list, lease);
            else
                g_variant_unref(g_variant_ref_sink(lease));
            total++;
        }
    }
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(aa{sv}u)", &list, total));
    return TRUE;
}

/* a{sv}, floating. */
static GVariant *
describe_pool(const GatewayPool *conf, const Pool *pool)
{
    GVariantDict dict;
    char text[NET_ADDRESS_TEXT_SIZE];

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "name", "s", conf->name[0] != '\0' ? conf->name : "pool");
    g_variant_dict_insert(&dict, "first", "s", net_address_format(&conf->network4, text));
    g_variant_dict_insert(&dict, "first6", "s", net_address_format(&conf->network6, text));
    g_variant_dict_insert(&dict, "size", "u", pool_size(pool));
    g_variant_dict_insert(&dict, "used", "u", pool_used(pool));
    return g_variant_dict_end(&dict);
}

static gboolean
on_list_pools(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation,
              gpointer user_data)
{
    GatewayFace *face = user_data;
    const Leases *leases = gateway_leases(face->gateway);
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < leases_pool_count(leases); i++) {
        const char *name;
        const Pool *pool = leases_pool(leases, i, &name);
        const GatewayPool *conf = gateway_config_pool(gateway_config(face->gateway), name);

        if (pool != NULL)
            g_variant_builder_add_value(&list, describe_pool(conf, pool));
    }
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(aa{sv})", &list));
    return TRUE;
}

static gboolean
on_ban(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, const char *name,
       guint seconds, gpointer user_data)
{
    GatewayFace *face = user_data;
    g_autofree char *clean = name_clean(name, strlen(name), 256, FALSE);

    if (name[0] == '\0' || strcmp(clean, name) != 0 || strchr(name, ' ') != NULL)
        return fail(invocation, "InvalidArguments", "Neither a user nor an address");
    gateway_ban(face->gateway, name, seconds);
    coati_gateway_dbus_gateway_complete_ban(skeleton, invocation);
    return TRUE;
}

static gboolean
on_unban(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, const char *name,
         gpointer user_data)
{
    GatewayFace *face = user_data;

    if (!gateway_unban(face->gateway, name))
        return fail(invocation, "NotFound", "There is no such ban");
    coati_gateway_dbus_gateway_complete_unban(skeleton, invocation);
    return TRUE;
}

static void
add_ban(const char *name, gint64 left_seconds, gpointer list)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "name", "s", name);
    g_variant_dict_insert(&dict, "left-seconds", "x", left_seconds);
    g_variant_builder_add_value(list, g_variant_dict_end(&dict));
}

static gboolean
on_list_bans(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation,
             gpointer user_data)
{
    GatewayFace *face = user_data;
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    bans_look(gateway_bans(face->gateway), gateway_now(), add_ban, &list);
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(aa{sv})", &list));
    return TRUE;
}

/* --- the whole --- */

static guint
count_up(Gateway *gateway)
{
    g_autoptr(GPtrArray) guests = gateway_guests(gateway);
    guint up = 0;

    for (guint i = 0; i < guests->len; i++)
        up += strcmp(guest_state(guests->pdata[i]), "up") == 0;
    return up;
}

static void
answer_status(gpointer user_data)
{
    g_autofree Call *call = user_data;
    Gateway *gateway = call->face->gateway;
    const GatewayNumbers *numbers = gateway_numbers(gateway);
    const BoundaryCounters *counters = gateway_counters(gateway);
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "version", "s", COATI_VERSION);
    g_variant_dict_insert(&dict, "config", "s", gateway_config(gateway)->origin);
    g_variant_dict_insert(&dict, "is-draining", "b", gateway_is_draining(gateway));
    g_variant_dict_insert(&dict, "sessions", "u", count_up(gateway));
    g_variant_dict_insert(&dict, "sessions-total", "t", numbers->sessions);
    g_variant_dict_insert(&dict, "logins-accepted", "t", numbers->logins_accepted);
    g_variant_dict_insert(&dict, "logins-refused", "t", numbers->logins_refused);
    g_variant_dict_insert(&dict, "logins-unreachable", "t", numbers->logins_unreachable);
    g_variant_dict_insert(&dict, "pool-size", "u", leases_size(gateway_leases(gateway)));
    g_variant_dict_insert(&dict, "pool-used", "u", leases_used(gateway_leases(gateway)));
    g_variant_dict_insert(&dict, "pool-empty", "t", numbers->pool_empty);
    g_variant_dict_insert(&dict, "octets-in", "t", counters->octets_in);
    g_variant_dict_insert(&dict, "octets-out", "t", counters->octets_out);
    g_variant_dict_insert(&dict, "engines", "t", numbers->engines);
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(@a{sv})", g_variant_dict_end(&dict)));
}

static gboolean
on_get_status(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation,
              gpointer user_data)
{
    GatewayFace *face = user_data;
    Call *call = g_new0(Call, 1);

    call->face = face;
    call->invocation = invocation;
    gateway_refresh(face->gateway, call->sessions, answer_status, call);
    return TRUE;
}

static void
on_reloaded(const GPtrArray *warnings, const GError *error, gpointer user_data)
{
    GDBusMethodInvocation *invocation = user_data;
    GVariantBuilder list;

    if (error != NULL) {
        fail(invocation, "InvalidConfiguration", error->message);
        return;
    }
    g_variant_builder_init(&list, G_VARIANT_TYPE("as"));
    for (guint i = 0; i < warnings->len; i++)
        g_variant_builder_add(&list, "s", warnings->pdata[i]);
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(as)", &list));
}

static gboolean
on_reload(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
    GatewayFace *face = user_data;

    gateway_reload(face->gateway, on_reloaded, invocation);
    return TRUE;
}

static gboolean
on_drain(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, gboolean is_draining,
         gpointer user_data)
{
    GatewayFace *face = user_data;

    gateway_drain(face->gateway, is_draining);
    coati_gateway_dbus_gateway_complete_drain(skeleton, invocation);
    return TRUE;
}

static void
answer_metrics(gpointer user_data)
{
    g_autofree Call *call = user_data;
    g_autofree char *text = gateway_metrics(call->face->gateway);

    g_dbus_method_invocation_return_value(call->invocation, g_variant_new("(s)", text));
}

static gboolean
on_get_metrics(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation,
               gpointer user_data)
{
    GatewayFace *face = user_data;
    Call *call = g_new0(Call, 1);

    call->face = face;
    call->invocation = invocation;
    gateway_refresh(face->gateway, call->sessions, answer_metrics, call);
    return TRUE;
}

/* --- events --- */

/* a{sv}, floating. */
static GVariant *
describe_event(const Event *event)
{
    const char *advice = event_advice(event);
    GVariantDict dict;
    char peer[NET_ENDPOINT_TEXT_SIZE];

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "event", "s", event->event);
    g_variant_dict_insert(&dict, "time", "x", event->unix_seconds);
    if (event->session != 0)
        g_variant_dict_insert(&dict, "session", "t", event->session);
    if (event->user != NULL)
        g_variant_dict_insert(&dict, "user", "s", event->user);
    if (event->peer.address.length != 0)
        g_variant_dict_insert(&dict, "peer", "s", net_endpoint_format(&event->peer, peer));
    g_variant_dict_insert(&dict, "reason", "s",
                          event->reason != REASON_NONE ? reason_token(event->reason) : "");
    g_variant_dict_insert(&dict, "text", "s", event->text);
    g_variant_dict_insert(&dict, "is-trouble", "b", event_is_trouble(event));
    if (advice != NULL)
        g_variant_dict_insert(&dict, "advice", "s", advice);
    return g_variant_dict_end(&dict);
}

/* EventsLook */
static void
add_event(const Event *event, gpointer list)
{
    g_variant_builder_add_value(list, describe_event(event));
}

static gboolean
on_list_events(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation,
               const char *about, gpointer user_data)
{
    GatewayFace *face = user_data;
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    events_look(gateway_events(face->gateway), about, add_event, &list);
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(aa{sv})", &list));
    return TRUE;
}

static void
on_event(const Event *event, gpointer user_data)
{
    GatewayFace *face = user_data;
    g_autoptr(GVariant) values = NULL;
    GHashTableIter iter;
    gpointer name;

    if (g_hash_table_size(face->followers) == 0)
        return;
    values = g_variant_ref_sink(g_variant_new("(s@a{sv})", event->event, describe_event(event)));
    g_hash_table_iter_init(&iter, face->followers);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_dbus_connection_emit_signal(face->connection, name, ROOT, INTERFACE, "Event", values,
                                      NULL);
}

static void
on_follower_gone(GDBusConnection *connection, const char *name, gpointer user_data)
{
    GatewayFace *face = user_data;

    g_hash_table_remove(face->followers, name);
}

static gboolean
on_follow(CoatiGatewayDbusGateway *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
    GatewayFace *face = user_data;
    const char *name = g_dbus_method_invocation_get_sender(invocation);
    guint watch;

    if (!g_hash_table_contains(face->followers, name)) {
        if (g_hash_table_size(face->followers) >= MAX_FOLLOWERS)
            return fail(invocation, "TooMany", "Too many follow the events already");
        watch =
            g_bus_watch_name_on_connection(face->connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                           NULL, on_follower_gone, face, NULL);
        g_hash_table_insert(face->followers, g_strdup(name), GUINT_TO_POINTER(watch));
    }
    coati_gateway_dbus_gateway_complete_follow(skeleton, invocation);
    return TRUE;
}

static void
unwatch(gpointer watch)
{
    g_bus_unwatch_name(GPOINTER_TO_UINT(watch));
}

GatewayFace *
gateway_face_new(GDBusConnection *connection, Gateway *gateway, GError **error)
{
    static const struct {
        const char *signal;
        GCallback handler;
    } rows[] = {
        {"handle-list-sessions", G_CALLBACK(on_list_sessions)},
        {"handle-get-session", G_CALLBACK(on_get_session)},
        {"handle-kick", G_CALLBACK(on_kick)},
        {"handle-list-leases", G_CALLBACK(on_list_leases)},
        {"handle-list-pools", G_CALLBACK(on_list_pools)},
        {"handle-list-events", G_CALLBACK(on_list_events)},
        {"handle-follow", G_CALLBACK(on_follow)},
        {"handle-ban", G_CALLBACK(on_ban)},
        {"handle-unban", G_CALLBACK(on_unban)},
        {"handle-list-bans", G_CALLBACK(on_list_bans)},
        {"handle-get-status", G_CALLBACK(on_get_status)},
        {"handle-reload", G_CALLBACK(on_reload)},
        {"handle-drain", G_CALLBACK(on_drain)},
        {"handle-get-metrics", G_CALLBACK(on_get_metrics)},
    };
    g_autoptr(GatewayFace) face = g_new0(GatewayFace, 1);

    face->gateway = gateway;
    face->connection = g_object_ref(connection);
    face->followers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unwatch);
    face->skeleton = coati_gateway_dbus_gateway_skeleton_new();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_signal_connect(face->skeleton, rows[i].signal, rows[i].handler, face);
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(face->skeleton), connection,
                                          ROOT, error))
        return NULL;
    gateway_hear(gateway, on_event, face);
    return g_steal_pointer(&face);
}

void
gateway_face_free(GatewayFace *face)
{
    if (face == NULL)
        return;
    gateway_hear(face->gateway, NULL, NULL);
    if (g_dbus_interface_skeleton_get_object_path(G_DBUS_INTERFACE_SKELETON(face->skeleton)))
        g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(face->skeleton));
    g_object_unref(face->skeleton);
    g_hash_table_unref(face->followers);
    g_object_unref(face->connection);
    g_free(face);
}

/* --- metrics --- */

static void
add_metric(GString *out, const char *name, const char *type, const char *help, guint64 value)
{
    gboolean is_counter = strcmp(type, "counter") == 0;

    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s%s %" G_GUINT64_FORMAT "\n", name,
                           help, name, type, name, is_counter ? "_total" : "", value);
}

char *
gateway_metrics(Gateway *gateway)
{
    const GatewayNumbers *numbers = gateway_numbers(gateway);
    const BoundaryCounters *counters = gateway_counters(gateway);
    GString *out = g_string_new(NULL);

    add_metric(out, "coati_sessions", "gauge", "Guests that are up.", count_up(gateway));
    add_metric(out, "coati_sessions_up", "counter", "Guests that came up.", numbers->sessions);
    add_metric(out, "coati_logins_accepted", "counter", "Good logins.", numbers->logins_accepted);
    add_metric(out, "coati_logins_refused", "counter", "Bad logins.", numbers->logins_refused);
    add_metric(out, "coati_logins_unreachable", "counter", "Logins that nobody could check.",
               numbers->logins_unreachable);
    add_metric(out, "coati_pool_addresses", "gauge", "Addresses of the pool.",
               leases_size(gateway_leases(gateway)));
    add_metric(out, "coati_pool_addresses_used", "gauge", "Addresses in use.",
               leases_used(gateway_leases(gateway)));
    add_metric(out, "coati_pool_empty", "counter", "Guests for whom there was no address.",
               numbers->pool_empty);
    add_metric(out, "coati_octets_in", "counter", "Octets from guests.", counters->octets_in);
    add_metric(out, "coati_octets_out", "counter", "Octets to guests.", counters->octets_out);
    add_metric(out, "coati_reloads", "counter", "Reloads of the configuration.", numbers->reloads);
    add_metric(out, "coati_reloads_failed", "counter", "Reloads that changed nothing.",
               numbers->reloads_failed);
    add_metric(out, "coati_engines", "counter", "Engines that were started.", numbers->engines);
    for (guint i = 0; i < counters->drop_count; i++)
        g_string_append_printf(out,
                               "%scoati_esp_drops_total{reason=\"%s\"} %" G_GUINT64_FORMAT "\n",
                               i == 0 ? "# HELP coati_esp_drops Packets dropped.\n"
                                        "# TYPE coati_esp_drops counter\n"
                                      : "",
                               counters->drops[i].name, counters->drops[i].count);
    g_string_append(out, "# EOF\n");
    return g_string_free(out, FALSE);
}
