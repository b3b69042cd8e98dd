/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a plan to what should be in the kernel. Pure: no system call. */
#include "network-private.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { MIN_MTU = 576, DHCP_CLIENT = 68, DHCP_SERVER = 67, DHCP6_CLIENT = 546, DHCP6_SERVER = 547 };

/* On-link networks that may stay outside: RFC 1918, RFC 3927, RFC 4193. */
static const char *const private_networks[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                               "169.254.0.0/16", "fc00::/7"};

NetworkPlan *
network_plan_copy(const NetworkPlan *plan)
{
    NetworkPlan *copy = g_memdup2(plan, sizeof *plan);

    copy->includes = g_memdup2(plan->includes, plan->include_count * sizeof *plan->includes);
    copy->excludes = g_memdup2(plan->excludes, plan->exclude_count * sizeof *plan->excludes);
    copy->dns = g_memdup2(plan->dns, plan->dns_count * sizeof *plan->dns);
    copy->search_domains = (const char *const *)g_strdupv((char **)plan->search_domains);
    copy->split_domains = (const char *const *)g_strdupv((char **)plan->split_domains);
    return copy;
}

void
network_plan_free(NetworkPlan *plan)
{
    if (!plan)
        return;
    g_free((gpointer)plan->includes);
    g_free((gpointer)plan->excludes);
    g_free((gpointer)plan->dns);
    g_strfreev((char **)plan->search_domains);
    g_strfreev((char **)plan->split_domains);
    g_free(plan);
}

static gboolean
refuse(GError **error, const char *claim, const char *value)
{
    g_autofree char *shown = g_strescape(value, NULL);

    g_set_error(error, NETWORK_ERROR, REASON_CONFIG_REFUSED, "%s: %s", claim, shown);
    return FALSE;
}

static gboolean
check_address(const NetAddress *address, guint8 length, GError **error)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    if (!net_address_is_set(address))
        return TRUE;
    if (address->length != length || net_address_is_special(address))
        return refuse(error, "not fit as a tunnel's own address",
                      net_address_format(address, text));
    return TRUE;
}

static gboolean
prefix_is_valid(const NetPrefix *prefix)
{
    guint8 length = prefix->address.length;
    NetPrefix masked;

    if ((length != 4 && length != 16) || prefix->prefix_length > length * 8)
        return FALSE;
    masked = net_prefix_of(&prefix->address, prefix->prefix_length);
    return net_address_equal(&masked.address, &prefix->address);
}

static gboolean
check_networks(const NetworkPlan *plan, GError **error)
{
    char text[NET_PREFIX_TEXT_SIZE];

    if (plan->include_count > NETWORK_MAX_ROUTES || plan->exclude_count > NETWORK_MAX_ROUTES)
        return refuse(error, "too many", "routes");
    for (gsize i = 0; i < plan->include_count; i++) {
        const NetPrefix *include = &plan->includes[i];
        gboolean is_default = prefix_is_valid(include) && net_prefix_is_default(include);

        if (is_default ? !plan->is_full_tunnel
                       : !prefix_is_valid(include) || net_address_is_special(&include->address))
            return refuse(error, "not fit as a network in a tunnel",
                          net_prefix_format(include, text));
    }
    for (gsize i = 0; i < plan->exclude_count; i++)
        if (!prefix_is_valid(&plan->excludes[i]))
            return refuse(error, "not fit as a network beside a tunnel",
                          net_prefix_format(&plan->excludes[i], text));
    return TRUE;
}

static gboolean
check_domains(const char *const *domains, GError **error)
{
    if (domains && g_strv_length((char **)domains) > NETWORK_MAX_DOMAINS)
        return refuse(error, "too many", "domains");
    for (gsize i = 0; domains && domains[i]; i++)
        if (!dns_domain_is_valid(domains[i]))
            return refuse(error, "not a domain", domains[i]);
    return TRUE;
}

gboolean
network_plan_check(const NetworkPlan *plan, GError **error)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    if (plan->mtu_octets != 0 && plan->mtu_octets < MIN_MTU)
        return refuse(error, "too small", "MTU");
    if (plan->dns_count > NETWORK_MAX_DNS)
        return refuse(error, "too many", "name servers");
    for (gsize i = 0; i < plan->dns_count; i++)
        if (net_address_is_special(&plan->dns[i]))
            return refuse(error, "not fit as a name server",
                          net_address_format(&plan->dns[i], text));
    return check_address(&plan->address4, 4, error) && check_address(&plan->address6, 16, error) &&
           check_networks(plan, error) && check_domains(plan->search_domains, error) &&
           check_domains(plan->split_domains, error);
}

NetworkDns
network_plan_dns(const NetworkPlan *plan)
{
    gboolean has_domains = (plan->search_domains && plan->search_domains[0]) ||
                           (plan->split_domains && plan->split_domains[0]);

    if (plan->dns_count == 0 || plan->dns_policy == NETWORK_DNS_NONE)
        return NETWORK_DNS_NONE;
    if (plan->dns_policy == NETWORK_DNS_ALL)
        return NETWORK_DNS_ALL;
    if (plan->dns_policy == NETWORK_DNS_AUTO && plan->is_full_tunnel)
        return NETWORK_DNS_ALL;
    return has_domains ? NETWORK_DNS_DOMAINS : NETWORK_DNS_NONE;
}

/* The state of one call of network_plan_routes(). */
typedef struct {
    GArray *routes;
    NetlinkRoute model; /* table and protocol; link and source of unicast ones */
    guint8 length;      /* of the family's addresses */
} RouteList;

static gboolean
routes_have(const RouteList *list, const NetPrefix *to, guint32 metric)
{
    for (guint i = 0; i < list->routes->len; i++) {
        const NetlinkRoute *route = &g_array_index(list->routes, NetlinkRoute, i);

        if (route->metric == metric && net_prefix_equal(&route->to, to))
            return TRUE;
    }
    return FALSE;
}

/* The first one to a network wins; other families are skipped. */
static void
add_route(RouteList *list, guint8 type, const NetPrefix *to, guint32 metric)
{
    NetlinkRoute route = {.table = list->model.table,
                          .protocol = list->model.protocol,
                          .type = type,
                          .to = *to,
                          .metric = metric};

    if (to->address.length != list->length || routes_have(list, to, metric))
        return;
    if (type == RTN_UNICAST) {
        route.link = list->model.link;
        route.source = list->model.source;
    }
    g_array_append_val(list->routes, route);
}

/* Into the tunnel, and nowhere else while it cannot take it. */
static void
add_inside(RouteList *list, const NetPrefix *to)
{
    if (to->address.length != list->length || routes_have(list, to, NETWORK_METRIC))
        return;
    add_route(list, RTN_UNICAST, to, NETWORK_METRIC);
    add_route(list, RTN_UNREACHABLE, to, NETWORK_METRIC_CLOSED);
}

static void
add_outside_text(RouteList *list, const char *text)
{
    NetPrefix prefix;

    if (net_prefix_parse(text, &prefix))
        add_route(list, RTN_THROW, &prefix, NETWORK_METRIC);
}

static gboolean
network_is_private(const NetPrefix *network)
{
    for (gsize i = 0; i < G_N_ELEMENTS(private_networks); i++) {
        NetPrefix outer;

        if (net_prefix_parse(private_networks[i], &outer) && net_prefix_covers(&outer, network))
            return TRUE;
    }
    return FALSE;
}

/* What other links say is directly behind them, as long as it is private: a hostile network may
 * claim any prefix; and multicast. */
static GArray *
local_networks(int link, const GArray *addresses)
{
    GArray *networks = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    NetPrefix multicast;

    for (guint i = 0; i < addresses->len; i++) {
        const NetlinkAddress *other = &g_array_index(addresses, NetlinkAddress, i);
        NetPrefix network = net_prefix_of(&other->address, other->prefix_length);

        if (other->link != link && network_is_private(&network))
            g_array_append_val(networks, network);
    }
    if (net_prefix_parse("224.0.0.0/4", &multicast))
        g_array_append_val(networks, multicast);
    return networks;
}

/* Networks of the tunnel's own are more specific or were added before. */
static void
add_local_networks(RouteList *list, const GArray *addresses)
{
    g_autoptr(GArray) networks = local_networks(list->model.link, addresses);

    for (guint i = 0; i < networks->len; i++)
        add_route(list, RTN_THROW, &g_array_index(networks, NetPrefix, i), NETWORK_METRIC);
}

GArray *
network_plan_outside(const NetworkPlan *plan, int link, const GArray *addresses)
{
    static const char *const on_link[] = {"fe80::/10", "ff02::/16"};
    GArray *outside = plan->allows_local_networks ? local_networks(link, addresses)
                                                  : g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    NetPrefix prefix;

    for (gsize i = 0; plan->allows_local_networks && i < G_N_ELEMENTS(on_link); i++)
        if (net_prefix_parse(on_link[i], &prefix))
            g_array_append_val(outside, prefix);
    g_array_append_vals(outside, plan->excludes, (guint)plan->exclude_count);
    return outside;
}

static void
add_tunnel_routes(RouteList *list, const NetworkPlan *plan, const NetPrefix *everything)
{
    gboolean uses_dns = network_plan_dns(plan) != NETWORK_DNS_NONE;

    for (gsize i = 0; uses_dns && i < plan->dns_count; i++) {
        NetPrefix server = net_prefix_of(&plan->dns[i], (guint8)(plan->dns[i].length * 8));

        add_inside(list, &server);
    }
    for (gsize i = 0; i < plan->include_count; i++)
        add_inside(list, &plan->includes[i]);
    if (plan->is_full_tunnel)
        add_inside(list, everything);
}

GArray *
network_plan_routes(const NetworkPlan *plan, guint8 family, int number, int link,
                    const GArray *addresses)
{
    static const guint8 zero[16];
    const NetAddress *own = family == AF_INET6 ? &plan->address6 : &plan->address4;
    guint8 length = family == AF_INET6 ? 16 : 4;
    NetPrefix everything = {.address = net_address_of(zero, length)};
    RouteList list = {.routes = g_array_new(FALSE, TRUE, sizeof(NetlinkRoute)),
                      .model = {.table = (guint32)(NETWORK_TABLE + number),
                                .protocol = NETWORK_PROTOCOL,
                                .link = link,
                                .source = *own},
                      .length = length};
    gboolean is_open = net_address_is_set(own);
    gboolean is_closed =
        !is_open && family == AF_INET6 && plan->is_full_tunnel && plan->closes_ipv6;

    if (!is_open && !is_closed)
        return list.routes;
    for (gsize i = 0; i < plan->exclude_count; i++)
        add_route(&list, RTN_THROW, &plan->excludes[i], NETWORK_METRIC);
    if (is_open)
        add_tunnel_routes(&list, plan, &everything);
    else
        add_route(&list, RTN_UNREACHABLE, &everything, NETWORK_METRIC_CLOSED);
    /* Neighbours and routers are asked on the link itself; that goes no further. */
    if (plan->is_full_tunnel)
        add_outside_text(&list, "fe80::/10");
    if (plan->allows_local_networks)
        add_local_networks(&list, addresses);
    return list.routes;
}

static void
add_path_rule(GArray *rules, const NetworkPath *path, int number)
{
    NetlinkRule rule = {.family = AF_INET,
                        .protocol = NETWORK_PROTOCOL,
                        .priority = (guint32)(NETWORK_PRIORITY_PATH + number),
                        .table = RT_TABLE_MAIN,
                        .ip_protocol = IPPROTO_UDP,
                        .source_port = path->local.port,
                        .target_port = path->remote.port,
                        .is_for_root = TRUE};

    if (path->local.address.length != 4 || path->remote.address.length != 4)
        return;
    rule.from = net_prefix_of(&path->local.address, 32);
    rule.to = net_prefix_of(&path->remote.address, 32);
    g_array_append_val(rules, rule);
}

GArray *
network_plan_rules(const NetworkPlan *plan, guint8 family, int number, gboolean has_routes)
{
    GArray *rules = g_array_new(FALSE, TRUE, sizeof(NetlinkRule));
    guint32 priority = plan->is_full_tunnel ? NETWORK_PRIORITY_FULL : NETWORK_PRIORITY_SPLIT;
    NetlinkRule dhcp = {.family = family,
                        .protocol = NETWORK_PROTOCOL,
                        .priority = (guint32)(NETWORK_PRIORITY_DHCP + number),
                        .table = RT_TABLE_MAIN,
                        .ip_protocol = IPPROTO_UDP,
                        .source_port = family == AF_INET6 ? DHCP6_CLIENT : DHCP_CLIENT,
                        .target_port = family == AF_INET6 ? DHCP6_SERVER : DHCP_SERVER};
    NetlinkRule tunnel = {.family = family,
                          .protocol = NETWORK_PROTOCOL,
                          .priority = priority + (guint32)number,
                          .table = (guint32)(NETWORK_TABLE + number),
                          .mark = NETWORK_MARK,
                          .is_inverted = TRUE};

    if (!has_routes)
        return rules;
    /* IPv6 has no reverse path filter of the kernel's own. */
    if (family == AF_INET) {
        add_path_rule(rules, &plan->isakmp, number);
        add_path_rule(rules, &plan->natt, number);
    }
    if (plan->is_full_tunnel)
        g_array_append_val(rules, dhcp);
    g_array_append_val(rules, tunnel);
    return rules;
}
