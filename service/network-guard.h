/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guard at the tunnel's own addresses (CVE-2019-14899): Linux takes a packet for any address of
 * its own from any link, so a neighbour could find out the tunnel's address and probe what is
 * inside. One nftables table for each tunnel, named like its link, drops packets to its addresses
 * that came in from elsewhere than the tunnel and this machine itself.
 */
#pragma once

#include "base/net.h"

/* Takes the place of an older guard of the same name, in one step. An address may be none.
 * Errors are in NETLINK_ERROR; a kernel without nftables is one of them. */
gboolean guard_put(const char *name, int link, const NetAddress *address4,
                   const NetAddress *address6, GError **error);
/* Succeeds when there is none. */
gboolean guard_delete(const char *name, GError **error);
