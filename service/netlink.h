/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Links, addresses, routes and rules of this machine over rtnetlink(7), as plain values.
 *
 * Every call is one request and its answer. The kernel answers at once; a socket waits for a
 * second at most. Adding what is there already and removing what is not there succeed, because
 * undo and repeated apply must be idempotent. Errors are in NETLINK_ERROR, the code is the errno.
 */
#pragma once

#include "base/net.h"

#include <linux/rtnetlink.h>

#define NETLINK_ERROR (netlink_error_quark())
GQuark netlink_error_quark(void);

typedef struct Netlink Netlink;

/* A socket of its own: one for each thread. */
Netlink *netlink_open(GError **error);
void netlink_close(Netlink *netlink);

typedef struct {
    int index;
    guint32 flags; /* IFF_UP, ... */
    guint32 mtu;
    char kind[16]; /* "tun"; "" for hardware */
} NetlinkLink;

typedef struct {
    int link;
    NetAddress address;
    guint8 prefix_length;
} NetlinkAddress;

/* An all-zero member is "not given". */
typedef struct {
    guint32 table;
    guint8 protocol;
    guint8 type;  /* RTN_UNICAST, RTN_THROW, RTN_UNREACHABLE */
    NetPrefix to; /* of the route's family; length 0 of prefix = default */
    guint32 metric;
    int link;
    NetAddress source;
} NetlinkRoute;

typedef struct {
    guint8 family; /* AF_INET, AF_INET6 */
    guint8 protocol;
    guint32 priority;
    guint32 table;
    guint32 mark;         /* whole mark; 0 = not asked for */
    gboolean is_inverted; /* matches what the rest does not */
    NetPrefix from;
    NetPrefix to;
    guint8 ip_protocol;
    guint16 source_port;
    guint16 target_port;
    gboolean is_for_root; /* user 0 alone */
} NetlinkRule;

/* Error ENODEV when there is none. */
gboolean netlink_find_link(Netlink *netlink, const char *name, NetlinkLink *ret_link,
                           GError **error);
/* An XFRM interface for SAs and policies with this if_id (not 0). EOPNOTSUPP where the kernel has
 * none, EEXIST when the name is taken. */
gboolean netlink_make_xfrm_link(Netlink *netlink, const char *name, guint32 interface,
                                GError **error);
/* No IPv6 link-local address, no router solicitation; for a link that is down. A kernel without
 * IPv6 is fine. alias is shown to people. */
gboolean netlink_prepare_link(Netlink *netlink, int index, const char *alias, GError **error);
/* Up, without multicast. mtu 0 = as it is. */
gboolean netlink_raise_link(Netlink *netlink, int index, guint32 mtu, GError **error);
gboolean netlink_delete_link(Netlink *netlink, int index, GError **error);

/* Without a route of its own and without duplicate address detection. */
gboolean netlink_add_address(Netlink *netlink, const NetlinkAddress *address, GError **error);
gboolean netlink_delete_address(Netlink *netlink, const NetlinkAddress *address, GError **error);
/* Of both families and all links: an array of NetlinkAddress, without link-local scope ones. */
GArray *netlink_list_addresses(Netlink *netlink, GError **error);

/* Takes the place of a route to the same prefix with the same metric. */
gboolean netlink_put_route(Netlink *netlink, const NetlinkRoute *route, GError **error);
gboolean netlink_delete_route(Netlink *netlink, const NetlinkRoute *route, GError **error);
/* Of one family, table and protocol: an array of NetlinkRoute. */
GArray *netlink_list_routes(Netlink *netlink, guint8 family, guint32 table, guint8 protocol,
                            GError **error);

gboolean netlink_add_rule(Netlink *netlink, const NetlinkRule *rule, GError **error);
gboolean netlink_delete_rule(Netlink *netlink, const NetlinkRule *rule, GError **error);
/* Of one family and protocol: an array of NetlinkRule. */
GArray *netlink_list_rules(Netlink *netlink, guint8 family, guint8 protocol, GError **error);

gboolean netlink_route_equal(const NetlinkRoute *a, const NetlinkRoute *b);
gboolean netlink_rule_equal(const NetlinkRule *a, const NetlinkRule *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Netlink, netlink_close)
