/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between xfrm.c (SAs), xfrm-policy.c and xfrm-listen.c. */
#pragma once

#include "netlink-private.h"
#include "xfrm.h"

#include <linux/xfrm.h>

struct Xfrm {
    Netlink *netlink;
    struct mnl_socket *listener; /* NULL unless xfrm_listen() */
    guint watch;
    XfrmEvents events;
    gpointer user_data;
};

/* A request with keys and a window of XFRM_REPLAY_PACKETS. */
enum { XFRM_REQUEST_SIZE = 2048 };

xfrm_address_t xfrm_address_of(const NetAddress *address);
NetAddress xfrm_read_address(const xfrm_address_t *address, guint16 family);
gboolean xfrm_block_has(const XfrmBlock *block, guint32 reqid);
/* The code of an idempotent removal. */
gboolean xfrm_is_gone(int code);
/* Not in a block means not ours. */
gboolean xfrm_flush_policies(Xfrm *xfrm, const XfrmBlock *block, GError **error);
void xfrm_stop_listening(Xfrm *xfrm);
