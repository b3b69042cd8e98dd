/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tunnel shows on the bus.
 */
#include "client/connection.h"
#include "client/tunnel-private.h"
#include "coati-dbus.h"
#include "config.h"
#include "error.h"

#include <string.h>

/* Values */

static GVariant *
text(const char *value)
{
    return g_variant_new_string(value != NULL ? value : "");
}

static GVariant *
last_error(Tunnel *tunnel)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    if (tunnel->reason != REASON_NONE) {
        g_variant_dict_insert(&dict, "title", "s", reason_title(tunnel->reason));
        g_variant_dict_insert(&dict, "hint", "s", reason_hint(tunnel->reason));
    }
    return g_variant_new("(ss@a{sv})",
                         tunnel->reason != REASON_NONE ? reason_token(tunnel->reason) : "",
                         tunnel_detail(tunnel), g_variant_dict_end(&dict));
}

static GVariant *
address_dict(const Tunnel *tunnel, gboolean is_6)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    if (tunnel->settings != NULL) {
        const NetworkPlan *plan = &tunnel->settings->plan;
        const NetAddress *address = is_6 ? &plan->address6 : &plan->address4;
        char buffer[NET_ADDRESS_TEXT_SIZE];

        if (net_address_is_set(address)) {
            g_variant_dict_insert(&dict, "address", "s", net_address_format(address, buffer));
            g_variant_dict_insert(
                &dict, "prefix", "u",
                (guint)(is_6 ? tunnel->settings->prefix6 : tunnel->settings->prefix4));
        }
    }
    return g_variant_dict_end(&dict);
}

static GVariant *
address_list(GArray *list)
{
    GVariantBuilder builder;
    char buffer[NET_ADDRESS_TEXT_SIZE];

    g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
    for (guint i = 0; list != NULL && i < list->len; i++)
        g_variant_builder_add(&builder, "s",
                              net_address_format(&g_array_index(list, NetAddress, i), buffer));
    return g_variant_builder_end(&builder);
}

static GVariant *
prefix_list(GArray *list, const Tunnel *tunnel, gboolean has_default)
{
    GVariantBuilder builder;
    char buffer[NET_PREFIX_TEXT_SIZE];

    g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
    if (has_default && net_address_is_set(&tunnel->settings->plan.address4))
        g_variant_builder_add(&builder, "s", "0.0.0.0/0");
    if (has_default && net_address_is_set(&tunnel->settings->plan.address6))
        g_variant_builder_add(&builder, "s", "::/0");
    for (guint i = 0; list != NULL && i < list->len; i++)
        g_variant_builder_add(&builder, "s",
                              net_prefix_format(&g_array_index(list, NetPrefix, i), buffer));
    return g_variant_builder_end(&builder);
}

static GVariant *
domain_list(const ClientSettings *settings)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
    for (guint i = 0; settings != NULL && i + 1 < settings->search->len; i++)
        g_variant_builder_add(&builder, "s", settings->search->pdata[i]);
    for (guint i = 0; settings != NULL && i + 1 < settings->split->len; i++)
        g_variant_builder_add(&builder, "s", settings->split->pdata[i]);
    return g_variant_builder_end(&builder);
}

static GVariant *
algorithms(const TunnelFacts *facts)
{
    GVariantDict dict;
    GVariantBuilder weak;

    g_variant_dict_init(&dict, NULL);
    g_variant_builder_init(&weak, G_VARIANT_TYPE("as"));
    if (facts->ike != NULL) {
        g_variant_dict_insert(&dict, "ike", "s", facts->ike);
        g_variant_dict_insert(&dict, "method", "s", facts->method);
        g_variant_dict_insert(&dict, "mode", "s", facts->mode);
    }
    if (facts->esp != NULL) {
        g_variant_dict_insert(&dict, "esp", "s", facts->esp);
        g_variant_dict_insert(&dict, "pfs", "s", facts->pfs);
    }
    if (facts->is_ike_weak)
        g_variant_builder_add(&weak, "s", facts->ike);
    if (facts->is_esp_weak)
        g_variant_builder_add(&weak, "s", facts->esp);
    g_variant_dict_insert_value(&dict, "weak", g_variant_builder_end(&weak));
    return g_variant_dict_end(&dict);
}

static GVariant *
gateway_address(const Tunnel *tunnel)
{
    char buffer[NET_ADDRESS_TEXT_SIZE];

    return text(net_address_format(&tunnel->isakmp_path.remote.address, buffer));
}

/* Properties: one row each */

#define SHOW(name, expression)                                                                     \
    static GVariant *show_##name(Tunnel *tunnel)                                                   \
    {                                                                                              \
        return expression;                                                                         \
    }

SHOW(state, text(tunnel_state_name(tunnel->state)))
SHOW(stage, text(tunnel->stage))
SHOW(last_error, last_error(tunnel))
SHOW(connection, g_variant_new_object_path(tunnel->connection))
SHOW(connection_id, text(tunnel->id))
SHOW(owner_uid, g_variant_new_uint32(tunnel->owner_uid))
SHOW(gateway, text(tunnel->host < tunnel->hosts->len
                       ? tunnel->hosts->pdata[tunnel->host]
                       : profile_text(tunnel->profile, PROFILE_CONNECTION_GATEWAY)))
SHOW(gateway_address, gateway_address(tunnel))
SHOW(gateway_identity, text(tunnel->facts.gateway_identity))
SHOW(interface, text(tunnel->network != NULL ? network_link_name(tunnel->network) : ""))
SHOW(data_plane, text(tunnel->plane.is_kernel ? "kernel" : "userspace"))
SHOW(data_plane_reason, text(tunnel->plane.why))
SHOW(ip4, address_dict(tunnel, FALSE))
SHOW(ip6, address_dict(tunnel, TRUE))
SHOW(dns, address_list(tunnel->settings != NULL ? tunnel->settings->dns : NULL))
SHOW(wins, address_list(tunnel->settings != NULL ? tunnel->settings->wins : NULL))
SHOW(domains, domain_list(tunnel->settings))
SHOW(routes, prefix_list(tunnel->settings != NULL ? tunnel->settings->includes : NULL, tunnel,
                         tunnel->settings != NULL && tunnel->settings->plan.is_full_tunnel))
SHOW(excluded_routes,
     prefix_list(tunnel->settings != NULL ? tunnel->settings->excludes : NULL, tunnel, FALSE))
SHOW(banner, text(tunnel->settings != NULL ? tunnel->settings->banner : ""))
SHOW(connected_at, g_variant_new_uint64((guint64)tunnel->facts.connected_at))
SHOW(ike_rekey_at, g_variant_new_uint64((guint64)tunnel->facts.ike_rekey_at))
SHOW(esp_rekey_at, g_variant_new_uint64((guint64)tunnel->facts.esp_rekey_at))
SHOW(algorithms, algorithms(&tunnel->facts))
SHOW(nat_traversal, text(tunnel->facts.nat_traversal))
SHOW(network, text(tunnel->has_no_network ? "none" : "full"))
SHOW(locked, g_variant_new_boolean(tunnel_has_lock(tunnel) && tunnel->network != NULL))
SHOW(may_save_password,
     g_variant_new_boolean(tunnel->settings != NULL && tunnel->settings->may_save_password))
SHOW(mtu, g_variant_new_uint32(tunnel->facts.mtu_octets))
SHOW(question, tunnel_held_shown(tunnel))

static const struct {
    const char *name;
    GVariant *(*show)(Tunnel *tunnel);
} properties[] = {
    {"State", show_state},
    {"Stage", show_stage},
    {"LastError", show_last_error},
    {"Connection", show_connection},
    {"ConnectionId", show_connection_id},
    {"OwnerUid", show_owner_uid},
    {"Gateway", show_gateway},
    {"GatewayAddress", show_gateway_address},
    {"GatewayIdentity", show_gateway_identity},
    {"Interface", show_interface},
    {"DataPlane", show_data_plane},
    {"DataPlaneReason", show_data_plane_reason},
    {"Ip4", show_ip4},
    {"Ip6", show_ip6},
    {"Dns", show_dns},
    {"Wins", show_wins},
    {"Domains", show_domains},
    {"Routes", show_routes},
    {"ExcludedRoutes", show_excluded_routes},
    {"Banner", show_banner},
    {"ConnectedAt", show_connected_at},
    {"IkeRekeyAt", show_ike_rekey_at},
    {"EspRekeyAt", show_esp_rekey_at},
    {"Algorithms", show_algorithms},
    {"NatTraversal", show_nat_traversal},
    {"Mtu", show_mtu},
    {"MaySavePassword", show_may_save_password},
    {"Locked", show_locked},
    {"Network", show_network},
    {"Question", show_question},
};

static GVariant *
face_property(BusObject *object, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(properties); i++)
        if (g_str_equal(properties[i].name, name))
            return properties[i].show((Tunnel *)object);
    g_assert_not_reached();
}

static gboolean
face_describe(BusObject *object, BusCall *call, GateFacts *ret_facts, GError **error)
{
    Tunnel *tunnel = (Tunnel *)object;

    ret_facts->is_owner = call->uid == tunnel->owner_uid;
    ret_facts->profile = tunnel->id;
    ret_facts->gateway = profile_text(tunnel->profile, PROFILE_CONNECTION_GATEWAY);
    return TRUE;
}

/* Methods */

static void
call_disconnect(BusObject *object, BusCall *call)
{
    tunnel_disconnect((Tunnel *)object, REASON_USER_REQUEST);
    bus_call_return(call, NULL);
}

static void
renew(Tunnel *tunnel, BoundaryType what, BusCall *call)
{
    if (tunnel->state != TUNNEL_CONNECTED) {
        bus_call_refuse(call, COATI_ERROR_FAILED, "The tunnel is not connected");
        return;
    }
    tunnel_renew(tunnel, what);
    bus_call_return(call, NULL);
}

static void
call_reauthenticate(BusObject *object, BusCall *call)
{
    renew((Tunnel *)object, BOUNDARY_REAUTHENTICATE, call);
}

static void
call_rekey(BusObject *object, BusCall *call)
{
    renew((Tunnel *)object, BOUNDARY_REKEY, call);
}

static void
call_answer(BusObject *object, BusCall *call)
{
    Tunnel *tunnel = (Tunnel *)object;
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
    g_autoptr(GVariant) dict = g_variant_get_child_value(call->parameters, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) secrets =
        connect_secrets_read(dict, g_dbus_message_get_unix_fd_list(message), &error);

    if (secrets == NULL || !tunnel_held_answer(tunnel, secrets, &error))
        bus_call_fail(call, error);
    else
        bus_call_return(call, NULL);
    peers_wash(tunnel->service->connection);
}

typedef struct {
    Tunnel *tunnel;
    BusCall *call;
    TunnelState state;
    guint timer;
} Wait;

static void
wait_answer(Wait *wait)
{
    Tunnel *tunnel = wait->tunnel;
    gboolean has_ended = tunnel_has_ended(tunnel);

    g_clear_handle_id(&wait->timer, g_source_remove);
    bus_call_return(wait->call, g_variant_new("(ss)", tunnel_state_name(tunnel->state),
                                              has_ended ? reason_token(tunnel->reason) : ""));
    g_free(wait);
}

static gboolean
wait_is_over(const Wait *wait)
{
    return wait->tunnel->state == wait->state || tunnel_has_ended(wait->tunnel);
}

static gboolean
on_wait_timeout(gpointer user_data)
{
    Wait *wait = user_data;

    wait->timer = 0;
    g_ptr_array_remove(wait->tunnel->waits, wait);
    bus_call_refuse(wait->call, COATI_ERROR_TIMEOUT, "The time is over; the tunnel is %s",
                    tunnel_state_name(wait->tunnel->state));
    g_free(wait);
    return G_SOURCE_REMOVE;
}

void
tunnel_answer_waits(Tunnel *tunnel)
{
    for (guint i = tunnel->waits->len; i > 0; i--) {
        Wait *wait = tunnel->waits->pdata[i - 1];

        if (!wait_is_over(wait))
            continue;
        g_ptr_array_remove_index(tunnel->waits, i - 1);
        wait_answer(wait);
    }
}

void
tunnel_waits_free(GPtrArray *waits)
{
    for (guint i = 0; i < waits->len; i++) {
        Wait *wait = waits->pdata[i];

        g_clear_handle_id(&wait->timer, g_source_remove);
        bus_call_refuse(wait->call, COATI_ERROR_FAILED, "The service is stopping");
        g_free(wait);
    }
    g_ptr_array_unref(waits);
}

static gboolean
find_state(const char *name, TunnelState *ret_state)
{
    for (gint state = TUNNEL_DISCONNECTED; state <= TUNNEL_FAILED; state++)
        if (g_str_equal(tunnel_state_name((TunnelState)state), name)) {
            *ret_state = (TunnelState)state;
            return TRUE;
        }
    return FALSE;
}

static void
call_wait(BusObject *object, BusCall *call)
{
    const char *name;
    guint32 milliseconds;
    TunnelState state;
    Wait *wait;

    g_variant_get(call->parameters, "(&su)", &name, &milliseconds);
    if (!find_state(name, &state)) {
        bus_call_refuse(call, COATI_ERROR_INVALID_ARGUMENTS, "There is no such state");
        return;
    }
    wait = g_new0(Wait, 1);
    wait->tunnel = (Tunnel *)object;
    wait->call = call;
    wait->state = state;
    if (wait_is_over(wait)) {
        wait_answer(wait);
        return;
    }
    wait->timer = g_timeout_add(milliseconds, on_wait_timeout, wait);
    g_ptr_array_add(wait->tunnel->waits, wait);
}

static GVariant *
statistics(const BoundaryCounters *counters)
{
    GVariantDict dict;
    GVariantBuilder drops;

    g_variant_builder_init(&drops, G_VARIANT_TYPE("a{st}"));
    for (guint i = 0; i < MIN(counters->drop_count, (guint)BOUNDARY_MAX_DROPS); i++) {
        g_autofree char *name = g_strndup(counters->drops[i].name, sizeof counters->drops[i].name);

        if (g_utf8_validate(name, -1, NULL))
            g_variant_builder_add(&drops, "{st}", name, counters->drops[i].count);
    }
    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "octets-in", "t", counters->octets_in);
    g_variant_dict_insert(&dict, "octets-out", "t", counters->octets_out);
    g_variant_dict_insert(&dict, "packets-in", "t", counters->packets_in);
    g_variant_dict_insert(&dict, "packets-out", "t", counters->packets_out);
    g_variant_dict_insert(&dict, "last-received-seconds", "u", counters->last_received_seconds);
    g_variant_dict_insert_value(&dict, "drops", g_variant_builder_end(&drops));
    return g_variant_new("(@a{sv})", g_variant_dict_end(&dict));
}

void
tunnel_answer_counts(Tunnel *tunnel, const BoundaryCounters *counters)
{
    static const BoundaryCounters none = {.last_received_seconds = G_MAXUINT32};

    for (guint i = 0; i < tunnel->counts->len; i++)
        bus_call_return(tunnel->counts->pdata[i], statistics(counters != NULL ? counters : &none));
    g_ptr_array_set_size(tunnel->counts, 0);
}

static void
call_get_statistics(BusObject *object, BusCall *call)
{
    Tunnel *tunnel = (Tunnel *)object;
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_COUNT);
    BoundaryCounters counters;

    g_ptr_array_add(tunnel->counts, call);
    if (tunnel->kernel != NULL) {
        kernel_plane_counters(tunnel->kernel, 0, &counters);
        tunnel_answer_counts(tunnel, &counters);
        return;
    }
    if (tunnel->link == NULL || !engine_link_send(tunnel->link, message, NULL, NULL))
        tunnel_answer_counts(tunnel, NULL);
}

static void
call_ping_gateway(BusObject *object, BusCall *call)
{
    tunnel_ping((Tunnel *)object, call);
}

static const BusMethod methods[] = {
    {"Disconnect", call_disconnect},
    {"Reauthenticate", call_reauthenticate},
    {"Rekey", call_rekey},
    {"Answer", call_answer},
    {"Wait", call_wait},
    {"GetStatistics", call_get_statistics},
    {"PingGateway", call_ping_gateway},
    {NULL, NULL},
};

const BusFace tunnel_face = {
    .info = coati_dbus_tunnel_interface_info,
    .property = face_property,
    .describe = face_describe,
    .methods = methods,
};

GVariant *
tunnel_diagnostics(Tunnel *tunnel)
{
    GVariantDict dict;
    GVariantBuilder notes;

    g_variant_dict_init(&dict, NULL);
    g_variant_builder_init(&notes, G_VARIANT_TYPE("as"));
    for (guint i = 0; i < tunnel->notes->len; i++)
        g_variant_builder_add(&notes, "s", tunnel->notes->pdata[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(properties); i++)
        g_variant_dict_insert_value(&dict, properties[i].name, properties[i].show(tunnel));
    g_variant_dict_insert(&dict, "Version", "s", COATI_VERSION);
    g_variant_dict_insert_value(&dict, "Settings", profile_to_settings(tunnel->profile));
    g_variant_dict_insert_value(&dict, "Notes", g_variant_builder_end(&notes));
    return g_variant_dict_end(&dict);
}
