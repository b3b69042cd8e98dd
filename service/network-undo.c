/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of a journal each. All that is found goes, whatever failed before it. */
#include "network-guard.h"
#include "network-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const guint8 families[] = {AF_INET, AF_INET6};
enum { FAMILIES = G_N_ELEMENTS(families) };

/* Priorities of this tunnel. */
static gboolean
rule_is_of(const NetlinkRule *rule, int number)
{
    guint32 n = (guint32)number;

    return rule->priority == NETWORK_PRIORITY_PATH + n ||
           rule->priority == NETWORK_PRIORITY_DHCP + n ||
           rule->priority == NETWORK_PRIORITY_SPLIT + n ||
           rule->priority == NETWORK_PRIORITY_FULL + n;
}

GArray *
network_list_rules(Netlink *netlink, guint8 family, int number, GError **error)
{
    GArray *rules = netlink_list_rules(netlink, family, NETWORK_PROTOCOL, error);

    for (guint i = rules ? rules->len : 0; i > 0; i--)
        if (!rule_is_of(&g_array_index(rules, NetlinkRule, i - 1), number))
            g_array_remove_index(rules, i - 1);
    return rules;
}

static gboolean
undo_routes(Netlink *netlink, int number, GError **error)
{
    gboolean is_done = TRUE;

    for (gsize i = 0; i < FAMILIES; i++) {
        g_autoptr(GArray) routes =
            netlink_list_routes(netlink, families[i], (guint32)(NETWORK_TABLE + number),
                                NETWORK_PROTOCOL, is_done ? error : NULL);

        is_done = is_done && routes;
        for (guint k = 0; routes && k < routes->len; k++)
            is_done = netlink_delete_route(netlink, &g_array_index(routes, NetlinkRoute, k),
                                           is_done ? error : NULL) &&
                      is_done;
    }
    return is_done;
}

static gboolean
undo_rules(Netlink *netlink, int number, GError **error)
{
    gboolean is_done = TRUE;

    for (gsize i = 0; i < FAMILIES; i++) {
        g_autoptr(GArray) rules =
            network_list_rules(netlink, families[i], number, is_done ? error : NULL);

        is_done = is_done && rules;
        for (guint k = 0; rules && k < rules->len; k++)
            is_done = netlink_delete_rule(netlink, &g_array_index(rules, NetlinkRule, k),
                                          is_done ? error : NULL) &&
                      is_done;
    }
    return is_done;
}

/* Another program may have made a link of this name since. */
static gboolean
undo_link(Netlink *netlink, const char *name, GError **error)
{
    g_autoptr(GError) failure = NULL;
    NetlinkLink link;

    if (!netlink_find_link(netlink, name, &link, &failure)) {
        if (g_error_matches(failure, NETLINK_ERROR, ENODEV))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return (strcmp(link.kind, "tun") != 0 && strcmp(link.kind, "xfrm") != 0) ||
           netlink_delete_link(netlink, link.index, error);
}

/* Without nftables there was none. */
static gboolean
undo_guard(const char *name, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (guard_delete(name, &failure) || g_error_matches(failure, NETLINK_ERROR, EOPNOTSUPP) ||
        g_error_matches(failure, NETLINK_ERROR, EPROTONOSUPPORT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean
undo_xfrm(int number, GError **error)
{
    XfrmBlock block = network_xfrm_block(number);
    g_autoptr(Xfrm) xfrm = xfrm_open(error);

    return xfrm != NULL && xfrm_flush(xfrm, &block, error);
}

static gboolean
fail_unknown(const char *line, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "unknown line \"%s\" in a journal",
                line);
    return FALSE;
}

static gboolean
number_parse(const char *text, int *ret_number)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 0, NETWORK_MAX_LINKS - 1, &number, NULL))
        return FALSE;
    *ret_number = (int)number;
    return TRUE;
}

gboolean
network_undo_line(const char *line, gpointer host, GError **error)
{
    g_autoptr(Netlink) netlink = netlink_open(error);
    g_auto(GStrv) words = g_strsplit(line, " ", 5);
    guint count = g_strv_length(words);
    int number = 0;

    if (!netlink)
        return FALSE;
    if (count == 4 && strcmp(words[0], "dns") == 0 && network_number_of(words[2], &number)) {
        const DnsBackend *backend = dns_find(words[1]);

        return backend ? backend->clear(host, words[3], words[2], error)
                       : fail_unknown(line, error);
    }
    if (count != 2)
        return fail_unknown(line, error);
    if (strcmp(words[0], "link") == 0 && network_number_of(words[1], &number))
        return undo_link(netlink, words[1], error);
    if (strcmp(words[0], "guard") == 0 && network_number_of(words[1], &number))
        return undo_guard(words[1], error);
    if (strcmp(words[0], "routes") == 0 && number_parse(words[1], &number))
        return undo_routes(netlink, number, error);
    if (strcmp(words[0], "rules") == 0 && number_parse(words[1], &number))
        return undo_rules(netlink, number, error);
    if (strcmp(words[0], "xfrm") == 0 && number_parse(words[1], &number))
        return undo_xfrm(number, error);
    return fail_unknown(line, error);
}
