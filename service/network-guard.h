/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What routes cannot do for a tunnel: one nftables table for each, named like its link.
 *
 * A guard at the tunnel's own addresses (CVE-2019-14899): Linux takes a packet for any address of
 * its own from any link, so a neighbour could find out the tunnel's address and probe what is
 * inside. Packets to these addresses that came in from elsewhere than the tunnel and this machine
 * itself are dropped.
 *
 * A lock (the profile's network.lockdown): nothing leaves this machine but into the tunnel, to the
 * tunnel's gateway (by the mark of the engine's sockets), and what keeps a link of the machine
 * going: DHCP and IPv6 neighbour discovery. Everything else is refused, whatever routes say and
 * whatever device a process has bound itself to.
 */
#pragma once

#include "base/net.h"

typedef struct {
    const char *name; /* of link and table */
    int link;
    NetAddress address4; /* the tunnel's own; none: not guarded */
    NetAddress address6;
    /* Policies alone say what is inside (network.h): such packets come from and go to other links,
     * and are known by their ESP. */
    gboolean is_by_policy;
    gboolean is_locked;
    const NetPrefix *outside; /* what a lock leaves open all the same */
    gsize outside_count;
} Guard;

/* Takes the place of an older table of that name, in one step. Errors are in NETLINK_ERROR; a
 * kernel without nftables is one of them. */
gboolean guard_put(const Guard *guard, GError **error);
/* Succeeds when there is none. */
gboolean guard_delete(const char *name, GError **error);
