/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the parts of the network: plan, apply, undo. They run in the Network's thread. */
#pragma once

#include "dns.h"
#include "journal.h"
#include "netlink.h"
#include "network.h"

struct Network {
    char *id;
    DnsHost *host;
    FdStore *store;
    Journal *journal;
    int number;         /* -1 = no link yet */
    char link_name[16]; /* "" = no link yet */
    Fd tun;             /* keeps the carrier while an engine is gone */
    gboolean has_vnet_header;
    gboolean is_xfrm;    /* the link is an XFRM interface: no descriptor */
    char *guarded;       /* what the guard stands for; NULL = no guard, or not known */
    GThreadPool *worker; /* one thread: calls run in the order in which they came */
};

enum {
    NETWORK_METRIC = 50,
    NETWORK_METRIC_CLOSED = 65000, /* the unreachable routes behind */
    NETWORK_DEFAULT_MTU = 1400,
};

/* "coati7" to 7; FALSE for any other name. */
gboolean network_number_of(const char *link_name, int *ret_number);

NetworkPlan *network_plan_copy(const NetworkPlan *plan);
void network_plan_free(NetworkPlan *plan);
/* REASON_CONFIG_REFUSED when it must not be applied. */
gboolean network_plan_check(const NetworkPlan *plan, GError **error);
/* Who is asked for names: DNS_AUTO decided. */
NetworkDns network_plan_dns(const NetworkPlan *plan);
/* What should be in the kernel: arrays of NetlinkRoute and NetlinkRule of a family. addresses
 * are those of the machine now, for the local networks. */
GArray *network_plan_routes(const NetworkPlan *plan, guint8 family, int number, int link,
                            const GArray *addresses);
/* What a lock leaves open: an array of NetPrefix of both families. */
GArray *network_plan_outside(const NetworkPlan *plan, int link, const GArray *addresses);
GArray *network_plan_rules(const NetworkPlan *plan, guint8 family, int number, gboolean has_routes);

gboolean network_converge(Network *network, const NetworkPlan *plan, GCancellable *cancellable,
                          GError **error);

/* Rules of the tunnel of this number: an array of NetlinkRule. */
GArray *network_list_rules(Netlink *netlink, guint8 family, int number, GError **error);
XfrmBlock network_xfrm_block(int number);
/* One line of a journal. */
gboolean network_undo_line(const char *line, gpointer host, GError **error);
char *network_journal_directory(const char *state_directory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkPlan, network_plan_free)
