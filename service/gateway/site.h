/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a gateway needs of its machine: two sockets, one TUN device with routes for the pool, packets
 * forwarded, and guests behind the machine's own address towards the office where they have no way
 * back (nat). Everything is undone at the end, or by the next start after a crash (journal.h).
 *
 * Needs CAP_NET_ADMIN. The ports come from the service manager (LISTEN_FDS), or are bound here by
 * who may.
 */
#pragma once

#include "base/fd.h"
#include "gateway/conf.h"
#include "xfrm.h"

typedef struct GatewaySite GatewaySite;

/* Undoes what a crash left, then sets up. */
GatewaySite *gateway_site_new(const GatewayConfig *config, const char *state_directory,
                              GError **error);
/* Undoes all. Accepts NULL. */
void gateway_site_free(GatewaySite *network);

/* A TUN descriptor for an engine; the caller's. */
gboolean gateway_site_open_tun(GatewaySite *network, Fd *ret_tun, GError **error);

/* Reqids of the kernel's ESP for guests (xfrm.h): what has one of them is undone with the rest. */
gboolean gateway_site_claim_xfrm(GatewaySite *network, XfrmBlock *ret_block, GError **error);

/* Bound UDP sockets of ports 500 and 4500, for as long as the process lives. */
typedef struct {
    Fd isakmp;
    Fd natt;
    NetEndpoint isakmp_local;
    NetEndpoint natt_local;
} GatewaySockets;

gboolean gateway_sockets_open(const NetAddress *listen, GatewaySockets *ret_sockets,
                              GError **error);
void gateway_sockets_close(GatewaySockets *sockets);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewaySite, gateway_site_free)
