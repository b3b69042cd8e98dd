/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipconfig.h"

#include "base/net.h"
#include "routes.h"

#include <NetworkManager.h>
#include <string.h>

/* Leads nowhere: the plane drops what has no child (RFC 4193 prefix of our own). */
#define CLOSED_IP6 "fdc0:a71c:0a71::1"

/* NetworkManager wants an IPv4 address as the four octets in memory. */
static guint32
raw4(const NetAddress *address)
{
    guint32 raw;

    memcpy(&raw, address->octets, sizeof raw);
    return raw;
}

static GVariant *
octets_of(const NetAddress *address)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, address->octets, address->length, 1);
}

static gboolean
find_address(GVariant *ip, NetAddress *ret_address)
{
    const char *text;

    return ip != NULL && g_variant_lookup(ip, "address", "&s", &text) &&
           net_address_parse(text, ret_address);
}

static void
add(GVariantBuilder *builder, const char *key, GVariant *value)
{
    g_variant_builder_add(builder, "{sv}", key, value);
}

static GVariant *
addresses4(const char *const *texts)
{
    GVariantBuilder list;
    NetAddress address;

    g_variant_builder_init(&list, G_VARIANT_TYPE("au"));
    for (; texts != NULL && *texts != NULL; texts++)
        if (net_address_parse(*texts, &address) && address.length == 4)
            g_variant_builder_add(&list, "u", raw4(&address));
    return g_variant_builder_end(&list);
}

static GVariant *
addresses6(const char *const *texts)
{
    GVariantBuilder list;
    NetAddress address;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aay"));
    for (; texts != NULL && *texts != NULL; texts++)
        if (net_address_parse(*texts, &address) && address.length == 16)
            g_variant_builder_add_value(&list, octets_of(&address));
    return g_variant_builder_end(&list);
}

/* What goes through, one family's share. */
typedef struct {
    GVariant *list;   /* as NetworkManager takes it; floating */
    gboolean is_full; /* everything but the gaps */
    gboolean has_gaps;
} Routes;

static GArray *
prefixes_of(const char *const *texts, gsize length)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    NetPrefix prefix;

    for (; texts != NULL && *texts != NULL; texts++)
        if (net_prefix_parse(*texts, &prefix) && prefix.address.length == length)
            g_array_append_val(list, prefix);
    return list;
}

static gboolean
has_default(const GArray *prefixes)
{
    for (guint i = 0; i < prefixes->len; i++)
        if (net_prefix_is_default(&g_array_index(prefixes, NetPrefix, i)))
            return TRUE;
    return FALSE;
}

static void
add_route(GVariantBuilder *list, const NetPrefix *prefix)
{
    NetAddress none = {.length = prefix->address.length};

    if (prefix->address.length == 4) {
        guint32 route[] = {raw4(&prefix->address), prefix->prefix_length, 0, 0};

        g_variant_builder_add_value(
            list, g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, route, G_N_ELEMENTS(route), 4));
    } else {
        g_variant_builder_add(list, "(@ayu@ayu)", octets_of(&prefix->address),
                              (guint32)prefix->prefix_length, octets_of(&none), 0u);
    }
}

static Routes
routes_of(const char *const *through, const char *const *beside, gsize length)
{
    g_autoptr(GArray) wanted = prefixes_of(through, length);
    g_autoptr(GArray) gaps = prefixes_of(beside, length);
    g_autoptr(GArray) covered = nm_coati_routes_without(wanted, gaps);
    Routes routes = {.is_full = has_default(wanted), .has_gaps = gaps->len > 0};
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE(length == 4 ? "aau" : "a(ayuayu)"));
    for (guint i = 0; i < covered->len; i++) {
        const NetPrefix *prefix = &g_array_index(covered, NetPrefix, i);

        if (!net_prefix_is_default(prefix))
            add_route(&list, prefix);
    }
    routes.list = g_variant_builder_end(&list);
    return routes;
}

/* NetworkManager asks a VPN's servers for every name when it knows no domain for them. */
static gboolean
has_names(CoatiDbusTunnel *tunnel, const Profile *profile, gboolean is_full)
{
    const char *const *domains = coati_dbus_tunnel_get_domains(tunnel);

    return is_full || (domains != NULL && domains[0] != NULL) || profile == NULL ||
           profile_choice(profile, PROFILE_NETWORK_DNS_WITHOUT_DOMAIN) == PROFILE_DNS_ALL;
}

/* With gaps there is no default route that would tell NetworkManager where names belong. */
static void
add_domains(GVariantBuilder *ip, CoatiDbusTunnel *tunnel, const Routes *routes)
{
    const char *const *domains = coati_dbus_tunnel_get_domains(tunnel);
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (; domains != NULL && *domains != NULL; domains++)
        g_ptr_array_add(list, (gpointer)*domains);
    if (routes->is_full && routes->has_gaps)
        g_ptr_array_add(list, (gpointer) "~.");
    if (list->len > 0)
        add(ip, NM_VPN_PLUGIN_IP4_CONFIG_DOMAINS,
            g_variant_new_strv((const char *const *)list->pdata, list->len));
}

static GVariant *
build_ip4(CoatiDbusTunnel *tunnel, const Profile *profile, const NetAddress *address,
          gboolean *ret_is_full)
{
    Routes routes = routes_of(coati_dbus_tunnel_get_routes(tunnel),
                              coati_dbus_tunnel_get_excluded_routes(tunnel), 4);
    GVariantBuilder ip4;

    g_variant_builder_init(&ip4, G_VARIANT_TYPE_VARDICT);
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_ADDRESS, g_variant_new_uint32(raw4(address)));
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_PREFIX, g_variant_new_uint32(32));
    if (has_names(tunnel, profile, routes.is_full))
        add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_DNS, addresses4(coati_dbus_tunnel_get_dns(tunnel)));
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_NBNS, addresses4(coati_dbus_tunnel_get_wins(tunnel)));
    add_domains(&ip4, tunnel, &routes);
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_ROUTES, routes.list);
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_NEVER_DEFAULT,
        g_variant_new_boolean(!routes.is_full || routes.has_gaps));
    *ret_is_full = routes.is_full;
    return g_variant_builder_end(&ip4);
}

static GVariant *
build_ip6(CoatiDbusTunnel *tunnel, const Profile *profile, const NetAddress *address)
{
    Routes routes = routes_of(coati_dbus_tunnel_get_routes(tunnel),
                              coati_dbus_tunnel_get_excluded_routes(tunnel), 16);
    GVariantBuilder ip6;

    g_variant_builder_init(&ip6, G_VARIANT_TYPE_VARDICT);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ADDRESS, octets_of(address));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_PREFIX, g_variant_new_uint32(128));
    if (has_names(tunnel, profile, routes.is_full))
        add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_DNS, addresses6(coati_dbus_tunnel_get_dns(tunnel)));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ROUTES, routes.list);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_NEVER_DEFAULT,
        g_variant_new_boolean(!routes.is_full || routes.has_gaps));
    return g_variant_builder_end(&ip6);
}

/* Networks of the profile that stay outside do so here too. */
static GVariant *
build_closed_ip6(CoatiDbusTunnel *tunnel)
{
    static const char *const everything[] = {"::/0", NULL};
    Routes routes = routes_of(everything, coati_dbus_tunnel_get_excluded_routes(tunnel), 16);
    NetAddress address = {.length = 0};
    GVariantBuilder ip6;

    net_address_parse(CLOSED_IP6, &address);
    g_variant_builder_init(&ip6, G_VARIANT_TYPE_VARDICT);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ADDRESS, octets_of(&address));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_PREFIX, g_variant_new_uint32(128));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ROUTES, routes.list);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_NEVER_DEFAULT, g_variant_new_boolean(routes.has_gaps));
    return g_variant_builder_end(&ip6);
}

static GVariant *
build_config(CoatiDbusTunnel *tunnel, gboolean has_ip4, gboolean has_ip6)
{
    const char *banner = coati_dbus_tunnel_get_banner(tunnel);
    guint mtu = coati_dbus_tunnel_get_mtu(tunnel);
    GVariantBuilder config;
    NetAddress gateway;

    g_variant_builder_init(&config, G_VARIANT_TYPE_VARDICT);
    add(&config, NM_VPN_PLUGIN_CONFIG_TUNDEV,
        g_variant_new_string(coati_dbus_tunnel_get_interface(tunnel)));
    if (net_address_parse(coati_dbus_tunnel_get_gateway_address(tunnel), &gateway))
        add(&config, NM_VPN_PLUGIN_CONFIG_EXT_GATEWAY,
            gateway.length == 4 ? g_variant_new_uint32(raw4(&gateway)) : octets_of(&gateway));
    if (mtu != 0)
        add(&config, NM_VPN_PLUGIN_CONFIG_MTU, g_variant_new_uint32(mtu));
    if (banner != NULL && *banner != '\0')
        add(&config, NM_VPN_PLUGIN_CONFIG_BANNER, g_variant_new_string(banner));
    add(&config, NM_VPN_PLUGIN_CONFIG_HAS_IP4, g_variant_new_boolean(has_ip4));
    add(&config, NM_VPN_PLUGIN_CONFIG_HAS_IP6, g_variant_new_boolean(has_ip6));
    add(&config, NM_VPN_PLUGIN_CAN_PERSIST, g_variant_new_boolean(TRUE));
    return g_variant_builder_end(&config);
}

gboolean
nm_coati_config_of(CoatiDbusTunnel *tunnel, const Profile *profile, NmCoatiConfig *ret_config)
{
    gboolean closes_ip6 =
        profile == NULL || profile_choice(profile, PROFILE_NETWORK_IPV6) == PROFILE_IPV6_CLOSE;
    NmCoatiConfig config = {NULL, NULL, NULL};
    gboolean is_full = FALSE;
    NetAddress address;

    if (coati_dbus_tunnel_get_interface(tunnel) == NULL)
        return FALSE;
    if (find_address(coati_dbus_tunnel_get_ip4(tunnel), &address) && address.length == 4)
        config.ip4 = g_variant_ref_sink(build_ip4(tunnel, profile, &address, &is_full));
    if (find_address(coati_dbus_tunnel_get_ip6(tunnel), &address) && address.length == 16)
        config.ip6 = g_variant_ref_sink(build_ip6(tunnel, profile, &address));
    else if (is_full && closes_ip6)
        config.ip6 = g_variant_ref_sink(build_closed_ip6(tunnel));
    if (config.ip4 == NULL && config.ip6 == NULL)
        return FALSE;
    config.config =
        g_variant_ref_sink(build_config(tunnel, config.ip4 != NULL, config.ip6 != NULL));
    *ret_config = config;
    return TRUE;
}

void
nm_coati_config_clear(NmCoatiConfig *config)
{
    g_clear_pointer(&config->config, g_variant_unref);
    g_clear_pointer(&config->ip4, g_variant_unref);
    g_clear_pointer(&config->ip6, g_variant_unref);
}

static gboolean
same(GVariant *a, GVariant *b)
{
    return a == b || (a != NULL && b != NULL && g_variant_equal(a, b));
}

gboolean
nm_coati_config_equal(const NmCoatiConfig *a, const NmCoatiConfig *b)
{
    return same(a->config, b->config) && same(a->ip4, b->ip4) && same(a->ip6, b->ip6);
}
