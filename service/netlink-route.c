/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes and rules. */
#include "netlink-private.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <string.h>
#include <sys/socket.h>

static struct nlmsghdr *
route_message(char *buffer, guint16 type, guint16 flags, const NetlinkRoute *route)
{
    struct nlmsghdr *message = netlink_message(buffer, type, flags);
    struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);

    header->rtm_family = netlink_family(&route->to.address);
    header->rtm_dst_len = route->to.prefix_length;
    header->rtm_table = RT_TABLE_UNSPEC;
    header->rtm_protocol = route->protocol;
    header->rtm_type = route->type;
    header->rtm_scope =
        route->link && route->to.address.length == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    mnl_attr_put_u32(message, RTA_TABLE, route->table);
    mnl_attr_put_u32(message, RTA_PRIORITY, route->metric);
    if (route->to.prefix_length)
        netlink_put_address(message, RTA_DST, &route->to.address);
    if (route->link)
        mnl_attr_put_u32(message, RTA_OIF, (guint32)route->link);
    if (route->source.length)
        netlink_put_address(message, RTA_PREFSRC, &route->source);
    return message;
}

gboolean
netlink_put_route(Netlink *netlink, const NetlinkRoute *route, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    char text[NET_PREFIX_TEXT_SIZE];
    int code = netlink_change(
        netlink, route_message(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route));

    if (code != 0)
        netlink_fail(error, code, "cannot add the route to %s",
                     net_prefix_format(&route->to, text));
    return code == 0;
}

gboolean
netlink_delete_route(Netlink *netlink, const NetlinkRoute *route, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    char text[NET_PREFIX_TEXT_SIZE];
    int code = netlink_change(netlink, route_message(buffer, RTM_DELROUTE, 0, route));

    /* ENOENT: IPv4 has not even the table. */
    if (code != 0 && code != ESRCH && code != ENOENT) {
        netlink_fail(error, code, "cannot remove the route to %s",
                     net_prefix_format(&route->to, text));
        return FALSE;
    }
    return TRUE;
}

static int
read_route(const struct nlmsghdr *message, void *user_data)
{
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    static const guint8 zero[16];
    NetlinkRoute route = {.table = header->rtm_table,
                          .protocol = header->rtm_protocol,
                          .type = header->rtm_type,
                          .to.prefix_length = header->rtm_dst_len};
    const struct nlattr *attribute;

    route.to.address = net_address_of(zero, header->rtm_family == AF_INET6 ? 16 : 4);
    mnl_attr_for_each(attribute, message, sizeof *header)
    {
        guint16 type = mnl_attr_get_type(attribute);

        if (type == RTA_TABLE)
            route.table = netlink_read_u32(attribute);
        else if (type == RTA_PRIORITY)
            route.metric = netlink_read_u32(attribute);
        else if (type == RTA_OIF)
            route.link = (int)netlink_read_u32(attribute);
        else if (type == RTA_DST)
            route.to.address = netlink_read_address(attribute);
        else if (type == RTA_PREFSRC)
            route.source = netlink_read_address(attribute);
    }
    /* IPv6 says "lo" for routes that lead nowhere. */
    if (route.type != RTN_UNICAST)
        route.link = 0;
    if (!(header->rtm_flags & RTM_F_CLONED))
        g_array_append_val((GArray *)user_data, route);
    return MNL_CB_OK;
}

static void
keep_routes_of(GArray *routes, guint32 table, guint8 protocol)
{
    for (guint i = routes->len; i > 0; i--) {
        const NetlinkRoute *route = &g_array_index(routes, NetlinkRoute, i - 1);

        if (route->table != table || route->protocol != protocol)
            g_array_remove_index(routes, i - 1);
    }
}

GArray *
netlink_list_routes(Netlink *netlink, guint8 family, guint32 table, guint8 protocol, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, RTM_GETROUTE, 0);
    struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    g_autoptr(GArray) routes = g_array_new(FALSE, TRUE, sizeof(NetlinkRoute));
    int code;

    header->rtm_family = family;
    header->rtm_protocol = protocol;
    mnl_attr_put_u32(message, RTA_TABLE, table);
    code = netlink_dump(netlink, message, read_route, routes);
    /* No such table, or no IPv6 at all. */
    if (code != 0 && code != ENOENT && code != EAFNOSUPPORT && code != EOPNOTSUPP) {
        netlink_fail(error, code, "cannot list the routes of table %u", table);
        return NULL;
    }
    keep_routes_of(routes, table, protocol);
    return g_steal_pointer(&routes);
}

static void
put_rule_ports(struct nlmsghdr *message, const NetlinkRule *rule)
{
    struct fib_rule_port_range source = {rule->source_port, rule->source_port};
    struct fib_rule_port_range target = {rule->target_port, rule->target_port};

    if (rule->source_port)
        mnl_attr_put(message, FRA_SPORT_RANGE, sizeof source, &source);
    if (rule->target_port)
        mnl_attr_put(message, FRA_DPORT_RANGE, sizeof target, &target);
}

static struct nlmsghdr *
rule_message(char *buffer, guint16 type, guint16 flags, const NetlinkRule *rule)
{
    struct nlmsghdr *message = netlink_message(buffer, type, flags);
    struct fib_rule_hdr *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    struct fib_rule_uid_range root = {0, 0};

    header->family = rule->family;
    header->action = FR_ACT_TO_TBL;
    header->flags = rule->is_inverted ? FIB_RULE_INVERT : 0;
    header->src_len = rule->from.prefix_length;
    header->dst_len = rule->to.prefix_length;
    mnl_attr_put_u32(message, FRA_PRIORITY, rule->priority);
    mnl_attr_put_u32(message, FRA_TABLE, rule->table);
    mnl_attr_put_u8(message, FRA_PROTOCOL, rule->protocol);
    if (rule->from.prefix_length)
        netlink_put_address(message, FRA_SRC, &rule->from.address);
    if (rule->to.prefix_length)
        netlink_put_address(message, FRA_DST, &rule->to.address);
    if (rule->mark) {
        mnl_attr_put_u32(message, FRA_FWMARK, rule->mark);
        mnl_attr_put_u32(message, FRA_FWMASK, G_MAXUINT32);
    }
    if (rule->ip_protocol)
        mnl_attr_put_u8(message, FRA_IP_PROTO, rule->ip_protocol);
    if (rule->is_for_root)
        mnl_attr_put(message, FRA_UID_RANGE, sizeof root, &root);
    put_rule_ports(message, rule);
    return message;
}

gboolean
netlink_add_rule(Netlink *netlink, const NetlinkRule *rule, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    int code =
        netlink_change(netlink, rule_message(buffer, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule));

    if (code != 0 && code != EEXIST) {
        netlink_fail(error, code, "cannot add the rule of priority %u", rule->priority);
        return FALSE;
    }
    return TRUE;
}

gboolean
netlink_delete_rule(Netlink *netlink, const NetlinkRule *rule, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    int code = netlink_change(netlink, rule_message(buffer, RTM_DELRULE, 0, rule));

    if (code != 0 && code != ENOENT) {
        netlink_fail(error, code, "cannot remove the rule of priority %u", rule->priority);
        return FALSE;
    }
    return TRUE;
}

static guint16
read_port(const struct nlattr *attribute)
{
    const struct fib_rule_port_range *range = mnl_attr_get_payload(attribute);

    return mnl_attr_get_payload_len(attribute) >= sizeof *range ? range->start : 0;
}

static gboolean
read_is_root(const struct nlattr *attribute)
{
    const struct fib_rule_uid_range *range = mnl_attr_get_payload(attribute);

    return mnl_attr_get_payload_len(attribute) >= sizeof *range && range->start == 0 &&
           range->end == 0;
}

static void
read_rule_attribute(const struct nlattr *attribute, NetlinkRule *rule)
{
    guint16 type = mnl_attr_get_type(attribute);

    if (type == FRA_PRIORITY)
        rule->priority = netlink_read_u32(attribute);
    else if (type == FRA_TABLE)
        rule->table = netlink_read_u32(attribute);
    else if (type == FRA_FWMARK)
        rule->mark = netlink_read_u32(attribute);
    else if (type == FRA_SRC)
        rule->from.address = netlink_read_address(attribute);
    else if (type == FRA_DST)
        rule->to.address = netlink_read_address(attribute);
    else if (type == FRA_SPORT_RANGE)
        rule->source_port = read_port(attribute);
    else if (type == FRA_DPORT_RANGE)
        rule->target_port = read_port(attribute);
    else if (type == FRA_UID_RANGE)
        rule->is_for_root = read_is_root(attribute);
    else if (type == FRA_PROTOCOL && mnl_attr_get_payload_len(attribute) >= 1)
        rule->protocol = mnl_attr_get_u8(attribute);
    else if (type == FRA_IP_PROTO && mnl_attr_get_payload_len(attribute) >= 1)
        rule->ip_protocol = mnl_attr_get_u8(attribute);
}

static int
read_rule(const struct nlmsghdr *message, void *user_data)
{
    const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
    NetlinkRule rule = {.family = header->family,
                        .table = header->table,
                        .is_inverted = (header->flags & FIB_RULE_INVERT) != 0,
                        .from.prefix_length = header->src_len,
                        .to.prefix_length = header->dst_len};
    const struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof *header) read_rule_attribute(attribute, &rule);
    g_array_append_val((GArray *)user_data, rule);
    return MNL_CB_OK;
}

GArray *
netlink_list_rules(Netlink *netlink, guint8 family, guint8 protocol, GError **error)
{
    char buffer[NETLINK_REQUEST_SIZE];
    struct nlmsghdr *message = netlink_message(buffer, RTM_GETRULE, 0);
    struct fib_rule_hdr *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    g_autoptr(GArray) rules = g_array_new(FALSE, TRUE, sizeof(NetlinkRule));
    int code;

    header->family = family;
    code = netlink_dump(netlink, message, read_rule, rules);
    if (code != 0 && code != EAFNOSUPPORT && code != EOPNOTSUPP) {
        netlink_fail(error, code, "cannot list the rules");
        return NULL;
    }
    for (guint i = rules->len; i > 0; i--)
        if (g_array_index(rules, NetlinkRule, i - 1).protocol != protocol)
            g_array_remove_index(rules, i - 1);
    return g_steal_pointer(&rules);
}

gboolean
netlink_route_equal(const NetlinkRoute *a, const NetlinkRoute *b)
{
    return a->table == b->table && a->protocol == b->protocol && a->type == b->type &&
           a->metric == b->metric && a->link == b->link && net_prefix_equal(&a->to, &b->to) &&
           net_address_equal(&a->source, &b->source);
}

gboolean
netlink_rule_equal(const NetlinkRule *a, const NetlinkRule *b)
{
    return a->family == b->family && a->protocol == b->protocol && a->priority == b->priority &&
           a->table == b->table && a->mark == b->mark && a->is_inverted == b->is_inverted &&
           net_prefix_equal(&a->from, &b->from) && net_prefix_equal(&a->to, &b->to) &&
           a->ip_protocol == b->ip_protocol && a->source_port == b->source_port &&
           a->target_port == b->target_port && a->is_for_root == b->is_for_root;
}
