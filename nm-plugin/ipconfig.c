/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipconfig.h"

#include "base/net.h"

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

/* Routes of one family; *ret_has_default tells whether the default route is among them. */
static GVariant *
routes_of(const char *const *texts, gsize length, gboolean *ret_has_default)
{
    NetAddress none = {.length = (guint8)length};
    GVariantBuilder list;

    *ret_has_default = FALSE;
    g_variant_builder_init(&list, G_VARIANT_TYPE(length == 4 ? "aau" : "a(ayuayu)"));
    for (; texts != NULL && *texts != NULL; texts++) {
        NetPrefix prefix;

        if (!net_prefix_parse(*texts, &prefix) || prefix.address.length != length)
            continue;
        if (net_prefix_is_default(&prefix)) {
            *ret_has_default = TRUE;
        } else if (length == 4) {
            guint32 route[] = {raw4(&prefix.address), prefix.prefix_length, 0, 0};

            g_variant_builder_add_value(
                &list,
                g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, route, G_N_ELEMENTS(route), 4));
        } else {
            g_variant_builder_add(&list, "(@ayu@ayu)", octets_of(&prefix.address),
                                  (guint32)prefix.prefix_length, octets_of(&none), 0u);
        }
    }
    return g_variant_builder_end(&list);
}

static GVariant *
build_ip4(CoatiDbusTunnel *tunnel, const NetAddress *address, gboolean *ret_is_full)
{
    const char *const *domains = coati_dbus_tunnel_get_domains(tunnel);
    GVariantBuilder ip4;
    GVariant *routes;

    g_variant_builder_init(&ip4, G_VARIANT_TYPE_VARDICT);
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_ADDRESS, g_variant_new_uint32(raw4(address)));
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_PREFIX, g_variant_new_uint32(32));
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_DNS, addresses4(coati_dbus_tunnel_get_dns(tunnel)));
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_NBNS, addresses4(coati_dbus_tunnel_get_wins(tunnel)));
    if (domains != NULL && domains[0] != NULL)
        add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_DOMAINS, g_variant_new_strv(domains, -1));
    routes = routes_of(coati_dbus_tunnel_get_routes(tunnel), 4, ret_is_full);
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_ROUTES, routes);
    add(&ip4, NM_VPN_PLUGIN_IP4_CONFIG_NEVER_DEFAULT, g_variant_new_boolean(!*ret_is_full));
    return g_variant_builder_end(&ip4);
}

static GVariant *
build_ip6(CoatiDbusTunnel *tunnel, const NetAddress *address)
{
    gboolean is_full;
    GVariantBuilder ip6;
    GVariant *routes;

    g_variant_builder_init(&ip6, G_VARIANT_TYPE_VARDICT);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ADDRESS, octets_of(address));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_PREFIX, g_variant_new_uint32(128));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_DNS, addresses6(coati_dbus_tunnel_get_dns(tunnel)));
    routes = routes_of(coati_dbus_tunnel_get_routes(tunnel), 16, &is_full);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ROUTES, routes);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_NEVER_DEFAULT, g_variant_new_boolean(!is_full));
    return g_variant_builder_end(&ip6);
}

static GVariant *
build_closed_ip6(void)
{
    NetAddress address = {.length = 0};
    GVariantBuilder ip6;

    net_address_parse(CLOSED_IP6, &address);
    g_variant_builder_init(&ip6, G_VARIANT_TYPE_VARDICT);
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_ADDRESS, octets_of(&address));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_PREFIX, g_variant_new_uint32(128));
    add(&ip6, NM_VPN_PLUGIN_IP6_CONFIG_NEVER_DEFAULT, g_variant_new_boolean(FALSE));
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
nm_coati_config_of(CoatiDbusTunnel *tunnel, gboolean closes_ip6, NmCoatiConfig *ret_config)
{
    NmCoatiConfig config = {NULL, NULL, NULL};
    gboolean is_full = FALSE;
    NetAddress address;

    if (coati_dbus_tunnel_get_interface(tunnel) == NULL)
        return FALSE;
    if (find_address(coati_dbus_tunnel_get_ip4(tunnel), &address) && address.length == 4)
        config.ip4 = g_variant_ref_sink(build_ip4(tunnel, &address, &is_full));
    if (find_address(coati_dbus_tunnel_get_ip6(tunnel), &address) && address.length == 16)
        config.ip6 = g_variant_ref_sink(build_ip6(tunnel, &address));
    else if (is_full && closes_ip6)
        config.ip6 = g_variant_ref_sink(build_closed_ip6());
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
