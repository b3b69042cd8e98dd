/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what is in the kernel to what should be. New things come before old ones go, so that
 * nothing is open in between: addresses, routes, rules in; rules, routes, addresses out; names.
 */
#include "network-guard.h"
#include "network-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const guint8 families[] = {AF_INET, AF_INET6};
enum { FAMILIES = G_N_ELEMENTS(families) };

/* One apply: what should be and what is, for each family. */
typedef struct {
    Network *network;
    const NetworkPlan *plan;
    Netlink *netlink;
    NetlinkLink link;
    GArray *addresses; /* of the whole machine */
    GArray *routes[FAMILIES];
    GArray *routes_now[FAMILIES];
    GArray *rules[FAMILIES];
    GArray *rules_now[FAMILIES];
} Converge;

static void
clear_array(GArray **array)
{
    g_clear_pointer(array, g_array_unref);
}

static void
converge_clear(Converge *converge)
{
    netlink_close(converge->netlink);
    clear_array(&converge->addresses);
    for (gsize i = 0; i < FAMILIES; i++) {
        clear_array(&converge->routes[i]);
        clear_array(&converge->routes_now[i]);
        clear_array(&converge->rules[i]);
        clear_array(&converge->rules_now[i]);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Converge, converge_clear)

/* The rules that are there, but with the plan's paths. */
static GArray *
kept_rules(const Converge *converge, gsize i)
{
    int number = converge->network->number;
    guint32 path = (guint32)(NETWORK_PRIORITY_PATH + number);
    const GArray *now = converge->rules_now[i];
    g_autoptr(GArray) planned =
        network_plan_rules(converge->plan, families[i], number, converge->routes_now[i]->len > 0);
    GArray *kept = g_array_new(FALSE, TRUE, sizeof(NetlinkRule));

    for (guint k = 0; k < planned->len; k++)
        if (g_array_index(planned, NetlinkRule, k).priority == path)
            g_array_append_val(kept, g_array_index(planned, NetlinkRule, k));
    for (guint k = 0; k < now->len; k++)
        if (g_array_index(now, NetlinkRule, k).priority != path)
            g_array_append_val(kept, g_array_index(now, NetlinkRule, k));
    return kept;
}

static void
keep_family(Converge *converge, gsize i)
{
    g_array_unref(converge->routes[i]);
    g_array_unref(converge->rules[i]);
    converge->routes[i] = g_array_ref(converge->routes_now[i]);
    converge->rules[i] = kept_rules(converge, i);
}

static gboolean
read_family(Converge *converge, gsize i, GError **error)
{
    int number = converge->network->number;
    guint32 table = (guint32)(NETWORK_TABLE + number);

    converge->routes[i] = network_plan_routes(converge->plan, families[i], number,
                                              converge->link.index, converge->addresses);
    converge->rules[i] =
        network_plan_rules(converge->plan, families[i], number, converge->routes[i]->len > 0);
    converge->routes_now[i] =
        netlink_list_routes(converge->netlink, families[i], table, NETWORK_PROTOCOL, error);
    converge->rules_now[i] = converge->routes_now[i]
                                 ? network_list_rules(converge->netlink, families[i], number, error)
                                 : NULL;
    if (converge->rules_now[i] && converge->plan->keeps_others)
        keep_family(converge, i);
    return converge->rules_now[i] != NULL;
}

static gboolean
read_machine(Converge *converge, GError **error)
{
    converge->netlink = netlink_open(error);
    if (!converge->netlink ||
        !netlink_find_link(converge->netlink, converge->network->link_name, &converge->link, error))
        return FALSE;
    converge->addresses = netlink_list_addresses(converge->netlink, error);
    if (!converge->addresses)
        return FALSE;
    for (gsize i = 0; i < FAMILIES; i++)
        if (!read_family(converge, i, error))
            return FALSE;
    return TRUE;
}

static gboolean
address_is_wanted(const Converge *converge, const NetlinkAddress *address)
{
    return address->prefix_length == address->address.length * 8 &&
           (net_address_equal(&address->address, &converge->plan->address4) ||
            net_address_equal(&address->address, &converge->plan->address6));
}

static gboolean
add_address(Converge *converge, const NetAddress *address, GError **error)
{
    NetlinkAddress wanted = {.link = converge->link.index,
                             .address = *address,
                             .prefix_length = (guint8)(address->length * 8)};

    return !net_address_is_set(address) || netlink_add_address(converge->netlink, &wanted, error);
}

static gboolean
has_route(const GArray *routes, const NetlinkRoute *route)
{
    for (guint i = 0; i < routes->len; i++)
        if (netlink_route_equal(&g_array_index(routes, NetlinkRoute, i), route))
            return TRUE;
    return FALSE;
}

/* A route to the same network with the same metric: the new one has taken its place. */
static gboolean
is_replaced(const GArray *routes, const NetlinkRoute *old)
{
    for (guint i = 0; i < routes->len; i++) {
        const NetlinkRoute *route = &g_array_index(routes, NetlinkRoute, i);

        if (route->metric == old->metric && net_prefix_equal(&route->to, &old->to))
            return TRUE;
    }
    return FALSE;
}

static gboolean
has_rule(const GArray *rules, const NetlinkRule *rule)
{
    for (guint i = 0; i < rules->len; i++)
        if (netlink_rule_equal(&g_array_index(rules, NetlinkRule, i), rule))
            return TRUE;
    return FALSE;
}

static gboolean
bring_in_family(Converge *converge, gsize family, GError **error)
{
    const GArray *routes = converge->routes[family];
    const GArray *rules = converge->rules[family];

    for (guint i = 0; i < routes->len; i++) {
        const NetlinkRoute *route = &g_array_index(routes, NetlinkRoute, i);

        if (!has_route(converge->routes_now[family], route) &&
            !netlink_put_route(converge->netlink, route, error))
            return FALSE;
    }
    for (guint i = 0; i < rules->len; i++) {
        const NetlinkRule *rule = &g_array_index(rules, NetlinkRule, i);

        if (!has_rule(converge->rules_now[family], rule) &&
            !netlink_add_rule(converge->netlink, rule, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
take_out_family(Converge *converge, gsize family, GError **error)
{
    const GArray *routes = converge->routes_now[family];
    const GArray *rules = converge->rules_now[family];

    for (guint i = 0; i < rules->len; i++) {
        const NetlinkRule *rule = &g_array_index(rules, NetlinkRule, i);

        if (!has_rule(converge->rules[family], rule) &&
            !netlink_delete_rule(converge->netlink, rule, error))
            return FALSE;
    }
    for (guint i = 0; i < routes->len; i++) {
        const NetlinkRoute *route = &g_array_index(routes, NetlinkRoute, i);

        if (!is_replaced(converge->routes[family], route) &&
            !netlink_delete_route(converge->netlink, route, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
write_journal(Converge *converge, GError **error)
{
    Journal *journal = converge->network->journal;
    g_autofree char *routes = g_strdup_printf("routes %d", converge->network->number);
    g_autofree char *rules = g_strdup_printf("rules %d", converge->network->number);

    if (converge->routes[0]->len == 0 && converge->routes[1]->len == 0)
        return TRUE;
    return journal_append(journal, routes, FALSE, error) &&
           journal_append(journal, rules, FALSE, error);
}

/* An IPv6 address needs the smallest MTU of RFC 8200 5, below that the kernel takes it away. */
static guint32
mtu_of(const NetworkPlan *plan)
{
    guint32 mtu = plan->mtu_octets ? plan->mtu_octets : NETWORK_DEFAULT_MTU;

    if (plan->keeps_others)
        return 0;
    return net_address_is_set(&plan->address6) ? MAX(mtu, 1280) : mtu;
}

/* A plan that keeps what is there says nothing of addresses: the link's own count. */
static void
take_guarded_addresses(const Converge *converge, Guard *guard)
{
    guard->address4 = converge->plan->address4;
    guard->address6 = converge->plan->address6;
    for (guint i = 0; converge->plan->keeps_others && i < converge->addresses->len; i++) {
        const NetlinkAddress *own = &g_array_index(converge->addresses, NetlinkAddress, i);

        if (own->link == guard->link && own->address.length == 4)
            guard->address4 = own->address;
        else if (own->link == guard->link)
            guard->address6 = own->address;
    }
}

/* What the table says, to see whether it must be put again. */
static char *
guard_key(const Guard *guard)
{
    GString *key = g_string_new(NULL);
    char text[NET_PREFIX_TEXT_SIZE];

    g_string_append_printf(key, "%d %d %d %s", guard->link, guard->is_by_policy, guard->is_locked,
                           net_address_format(&guard->address4, text));
    g_string_append_printf(key, " %s", net_address_format(&guard->address6, text));
    for (gsize i = 0; i < guard->outside_count; i++)
        g_string_append_printf(key, " %s", net_prefix_format(&guard->outside[i], text));
    return g_string_free(key, FALSE);
}

/* A kernel without nftables goes without a guard, with a word in the log, but not without a lock. */
static gboolean
put_guard(Converge *converge, GError **error)
{
    Network *network = converge->network;
    const NetworkPlan *plan = converge->plan;
    int link = converge->link.index;
    g_autoptr(GArray) outside = network_plan_outside(plan, link, converge->addresses);
    g_autoptr(GError) failure = NULL;
    g_autofree char *undo = g_strdup_printf("guard %s", network->link_name);
    g_autofree char *key = NULL;
    Guard guard = {.name = network->link_name,
                   .link = link,
                   .is_by_policy = plan->is_by_policy,
                   .is_locked = plan->is_locked};

    take_guarded_addresses(converge, &guard);
    if (guard.is_locked) {
        guard.outside = (const NetPrefix *)(gpointer)outside->data;
        guard.outside_count = outside->len;
    }
    key = guard_key(&guard);
    if (g_strcmp0(network->guarded, key) == 0 ||
        (!guard.is_locked && (plan->keeps_others || (!net_address_is_set(&guard.address4) &&
                                                     !net_address_is_set(&guard.address6)))))
        return TRUE;
    if (!journal_append(network->journal, undo, FALSE, error))
        return FALSE;
    if (!guard_put(&guard, &failure)) {
        if (guard.is_locked) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_message("%s has no guard against its neighbours: %s", network->link_name,
                  failure->message);
    }
    g_free(network->guarded);
    network->guarded = g_steal_pointer(&key);
    return TRUE;
}

static gboolean
bring_in(Converge *converge, GError **error)
{
    const NetworkPlan *plan = converge->plan;

    if (!netlink_raise_link(converge->netlink, converge->link.index, mtu_of(plan), error) ||
        !put_guard(converge, error) || !add_address(converge, &plan->address4, error) ||
        !add_address(converge, &plan->address6, error))
        return FALSE;
    for (gsize i = 0; i < FAMILIES; i++)
        if (!bring_in_family(converge, i, error))
            return FALSE;
    return TRUE;
}

static gboolean
take_out(Converge *converge, GError **error)
{
    for (gsize i = 0; i < FAMILIES; i++)
        if (!take_out_family(converge, i, error))
            return FALSE;
    for (guint i = 0; !converge->plan->keeps_others && i < converge->addresses->len; i++) {
        const NetlinkAddress *address = &g_array_index(converge->addresses, NetlinkAddress, i);

        if (address->link == converge->link.index && !address_is_wanted(converge, address) &&
            !netlink_delete_address(converge->netlink, address, error))
            return FALSE;
    }
    return TRUE;
}

/* What another backend, or this one, did before and must not do any longer. */
static gboolean
clear_dns(Network *network, const DnsBackend *but, GError **error)
{
    static const DnsBackend *const backends[] = {&dns_resolved, &dns_resolvconf, &dns_file};

    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++) {
        g_autofree char *prefix = g_strdup_printf("dns %s ", backends[i]->name);

        if (backends[i] != but && journal_find(network->journal, prefix) &&
            !backends[i]->clear(network->host, network->id, network->link_name, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
apply_dns(Network *network, const NetworkPlan *plan, GCancellable *cancellable, GError **error)
{
    NetworkDns dns = network_plan_dns(plan);
    const DnsBackend *backend = dns == NETWORK_DNS_NONE ? NULL : dns_detect(network->host);
    DnsSettings settings = {.id = network->id,
                            .link = network->link_name,
                            .servers = plan->dns,
                            .server_count = plan->dns_count,
                            .search_domains = plan->search_domains,
                            .split_domains = plan->split_domains,
                            .takes_all = dns == NETWORK_DNS_ALL};
    g_autofree char *undo = NULL;

    if (!clear_dns(network, backend, error))
        return FALSE;
    if (!backend)
        return TRUE;
    undo = g_strdup_printf("dns %s %s %s", backend->name, network->link_name, network->id);
    return journal_append(network->journal, undo, backend == &dns_file, error) &&
           backend->set(network->host, &settings, cancellable, error);
}

/* Keeps the text, gives the reason; a cancelled call stays one. */
static void
propagate(GError **error, GError *failure, Reason reason)
{
    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, failure);
        return;
    }
    g_set_error_literal(error, NETWORK_ERROR, (gint)reason, failure->message);
    g_error_free(failure);
}

gboolean
network_converge(Network *network, const NetworkPlan *plan, GCancellable *cancellable,
                 GError **error)
{
    g_auto(Converge) converge = {.network = network, .plan = plan};
    GError *failure = NULL;

    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return FALSE;
    if (!read_machine(&converge, &failure)) {
        propagate(error, failure, REASON_INTERFACE_FAILED);
        return FALSE;
    }
    if (!write_journal(&converge, &failure)) {
        propagate(error, failure, REASON_INTERNAL);
        return FALSE;
    }
    if (!bring_in(&converge, &failure) || !take_out(&converge, &failure)) {
        propagate(error, failure, REASON_INTERFACE_FAILED);
        return FALSE;
    }
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return FALSE;
    if (!plan->keeps_others && !apply_dns(network, plan, cancellable, &failure)) {
        propagate(error, failure, REASON_DNS_FAILED);
        return FALSE;
    }
    return TRUE;
}
