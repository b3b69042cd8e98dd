/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network of one tunnel on this machine: its link, addresses, routes, rules and names.
 *
 * A caller describes what should be (NetworkPlan) and applies it; applying again carries out the
 * differences only, against what the kernel really has, so that a new lease, a roam and taking
 * over after a crash are the same call. Before each deed its undo is in the tunnel's journal on
 * disk; network_undo_async() walks that backwards and goes on past failures, network_recover()
 * does the same for what a crash left behind.
 *
 * Routing. Every tunnel has a number n (its link is coati<n>), a routing table of its own and its
 * own rule priorities; routes and rules carry the protocol number NETWORK_PROTOCOL. The tunnel's
 * table is looked up before table main, so that no more specific route of the local network beats
 * the tunnel, and only for packets without NETWORK_MARK, which the engine's sockets alone carry:
 * there is no host route to the gateway for everybody. Behind every route of the tunnel stands an
 * unreachable one: without the link nothing leaves in clear. Excluded networks are throw routes.
 * A full tunnel keeps in everything but marked packets, DHCP and IPv6 link-local, and, because
 * routing has no say there, processes that bind themselves to another device (their IPv4 packets
 * pass no router, however). Where the tunnel has no IPv6 address, IPv6 is
 * unreachable (closes_ipv6).
 *
 * A guard in nftables drops packets to the tunnel's addresses that come in from elsewhere
 * (network-guard.h); a kernel without nftables goes without it, with a message in the log. The same
 * table holds the lock of a plan that is_locked; there a kernel without nftables is an error.
 *
 * Strict reverse path filtering (rp_filter = 1) asks for the way back to the gateway without the
 * mark, because src_valid_mark is off by default. A rule for exactly the sockets' two endpoints
 * and the user that the kernel uses for this question answers it with table main; no system
 * setting is touched. So paths must be in the plan before the engine uses them.
 *
 * Needs CAP_NET_ADMIN and a /dev/net/tun that may be opened; nothing else, but see dns.h.
 *
 * Threads. Asynchronous calls run one after another in a thread of the Network and end in the
 * caller's main context. The synchronous ones talk to the kernel only (netlink answers at once;
 * a time limit of a second guards against surprises) and may be called from the main loop.
 *
 * Errors are in NETWORK_ERROR with a Reason as code: REASON_DATAPLANE_UNAVAILABLE (no TUN),
 * REASON_INTERFACE_FAILED, REASON_DNS_FAILED, REASON_NETWORK_UNREACHABLE, REASON_CONFIG_REFUSED
 * (the plan is not fit to be applied), REASON_INTERNAL (the journal cannot be written); or
 * G_IO_ERROR_CANCELLED.
 */
#pragma once

#include "base/fd.h"
#include "base/net.h"
#include "base/reason.h"
#include "fdstore.h"
#include "xfrm.h"

#include <gio/gio.h>

#define NETWORK_ERROR (network_error_quark())
GQuark network_error_quark(void);

enum {
    NETWORK_PROTOCOL = 197, /* of our routes and rules */
    NETWORK_MARK = 0xC0A7,  /* of the engine's sockets */
    NETWORK_MAX_LINKS = 256,
    NETWORK_MAX_ROUTES = 1024, /* includes and excludes each */
    NETWORK_MAX_DNS = 8,
    NETWORK_MAX_DOMAINS = 32,   /* search and split each */
    NETWORK_TABLE = 51800,      /* + n */
    NETWORK_REQID = 0x40a70000, /* + n * NETWORK_REQIDS */
    NETWORK_REQIDS = 256,
    /* Rule priorities, + n. Split tunnels come before full ones. */
    NETWORK_PRIORITY_PATH = 20000,
    NETWORK_PRIORITY_DHCP = 20256,
    NETWORK_PRIORITY_SPLIT = 20512,
    NETWORK_PRIORITY_FULL = 20768,
};

/* Which names the tunnel's servers are asked for. */
typedef enum {
    /* Full tunnel: all. Split tunnel with domains: those. Split tunnel without domains: none,
     * because a gateway would otherwise see every name that this machine looks up. */
    NETWORK_DNS_AUTO,
    NETWORK_DNS_ALL,
    NETWORK_DNS_DOMAINS,
    NETWORK_DNS_NONE,
} NetworkDns;

/* The two ends of one of the engine's sockets; all zero = none. */
typedef struct {
    NetEndpoint local;
    NetEndpoint remote;
} NetworkPath;

/* What should be. Pointers are borrowed for the call; a zeroed plan is an idle link. */
typedef struct {
    NetworkPath isakmp;
    NetworkPath natt;
    gboolean keeps_others; /* only the paths and the lock; what else is there stays */
    NetAddress address4;   /* set as /32 and /128: what else is in the tunnel, routes say */
    NetAddress address6;
    guint16 mtu_octets; /* 0 = 1400; at least 1280 where there is an IPv6 address */

    gboolean is_full_tunnel;        /* everything, of each family that has an address */
    gboolean closes_ipv6;           /* full tunnel without address6: IPv6 is unreachable */
    gboolean allows_local_networks; /* private networks that are on-link now stay outside */
    gboolean is_by_policy;     /* the kernel's ESP takes packets without regard to links (xfrm.h) */
    gboolean is_locked;        /* nothing leaves but into the tunnel (network-guard.h) */
    const NetPrefix *includes; /* of families without an address: skipped */
    gsize include_count;
    const NetPrefix *excludes;
    gsize exclude_count;

    NetworkDns dns_policy;
    const NetAddress *dns;
    gsize dns_count;
    const char *const *search_domains; /* NULL or NULL-terminated; searched and asked for here */
    const char *const *split_domains;  /* asked for here, not searched */
} NetworkPlan;

/* Where things are; NULL members have the usual value. Strings and bus are copied or referenced
 * by network_new(); store is borrowed for as long as there is a Network. */
typedef struct {
    const char *state_directory;    /* needed: journals and backups */
    GDBusConnection *bus;           /* NULL: no systemd-resolved */
    const char *resolv_conf;        /* /etc/resolv.conf */
    const char *resolvconf_program; /* searched in /usr/sbin, /sbin, /usr/bin */
    FdStore *store;                 /* keeps the carrier over a crash; NULL: nobody does */
} NetworkHost;

typedef struct Network Network;

/* id names the journal: 1 to 64 of A-Z a-z 0-9 _ -. A journal that is there already (kept by
 * network_recover()) is taken over: network_open_link() then opens the same link again. */
Network *network_new(const NetworkHost *host, const char *id, GError **error);
/* Leaves the machine as it is (call network_undo_async() first). Waits for a running call. */
void network_free(Network *network);

/* Makes the tunnel's link, or opens it again when it is there (a new engine after a crash): a
 * persistent TUN device without packet information, owned by this process's user, up, without
 * IPv6 link-local address and multicast. The Network keeps a descriptor of its own, so that the
 * link does not lose its carrier with the engine. ret_tun is non-blocking, the caller's.
 * Synchronous. */
gboolean network_open_link(Network *network, gboolean has_vnet_header, Fd *ret_tun, GError **error);
/* The same for the kernel plane, where the kernel can: an XFRM interface, whose if_id is the first
 * number of network_claim_xfrm(). It carries what the policies with this if_id say. Error
 * REASON_DATAPLANE_UNAVAILABLE where the kernel has none: then network_open_link() does. */
gboolean network_open_xfrm_link(Network *network, GError **error);
/* "coati0"; NULL before network_open_link(). */
const char *network_link_name(const Network *network);

/* Reqids of the kernel's ESP for this tunnel (xfrm.h). Whatever has one of them is removed by
 * network_undo_async() and network_recover(). Needs a link. */
gboolean network_claim_xfrm(Network *network, XfrmBlock *ret_block, GError **error);

/* The plan is copied. When only names failed (REASON_DNS_FAILED) everything else is in place and
 * the caller may go on. After any other failure or a cancelled call the machine may be anywhere
 * between the old and the new plan, never outside: apply again or undo. */
void network_apply_async(Network *network, const NetworkPlan *plan, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data);
gboolean network_apply_finish(Network *network, GAsyncResult *result, GError **error);

/* Removes all, the link last. Waits for its turn behind running calls; cannot be cancelled. On
 * failure the rest is done and what failed stays in the journal. */
void network_undo_async(Network *network, GAsyncReadyCallback callback, gpointer user_data);
gboolean network_undo_finish(Network *network, GAsyncResult *result, GError **error);

/* At start, before the main loop: undoes every journal but the kept ones (NULL or
 * NULL-terminated ids: tunnels that will be applied again at once, so that nothing leaks
 * meanwhile; those whose link is gone are not kept). Takes less than two seconds. The first failure is told, the rest is done. */
gboolean network_recover(const NetworkHost *host, const char *const *kept_ids, GError **error);

/* Ids of the journals in the state directory. */
char **network_list(const NetworkHost *host);

/* What would be used now: "resolved", "resolvconf", "file". May ask the bus; at most a second. */
const char *network_dns_backend(const NetworkHost *host);

/* A UDP socket for the engine, connected to remote: marked with NETWORK_MARK, non-blocking,
 * buffers of 4 MiB where allowed, errors of the path queued (IP_RECVERR). Datagrams up to the
 * path's MTU carry DF; larger ones (IKE messages of peers without IKE fragmentation) leave in IP
 * fragments, ESP packets are the plane's to keep below. local_port 0 = any. Synchronous.
 * REASON_NETWORK_UNREACHABLE when there is no way to remote. */
gboolean network_open_path(const NetEndpoint *remote, guint16 local_port, Fd *ret_socket,
                           NetworkPath *ret_path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Network, network_free)
