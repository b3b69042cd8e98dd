/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ESP in the kernel: its SAs and policies over NETLINK_XFRM, as plain values (ip-xfrm(8) shows
 * them). Always tunnel mode in UDP (RFC 3948).
 *
 * An SA and the policies that use it are tied by a reqid. The numbers here are ours alone and
 * grouped in blocks (XfrmBlock), one for each tunnel, so that what a crash left behind can be
 * found and taken away without a list of it.
 *
 * As netlink.h: one request and its answer, errors in NETLINK_ERROR with the errno as code;
 * removing what is not there succeeds. Needs CAP_NET_ADMIN. Requests that hold keys are wiped.
 */
#pragma once

#include "base/net.h"
#include "base/secret.h"
#include "base/suite.h"
#include "netlink.h"

enum { XFRM_REPLAY_PACKETS = 2048 };

typedef struct Xfrm Xfrm;

/* A socket of its own. ENOPROTOOPT or EPROTONOSUPPORT where the kernel has no XFRM. */
Xfrm *xfrm_open(GError **error);
void xfrm_close(Xfrm *xfrm);

/* Reqids from first to first + count - 1. */
typedef struct {
    guint32 first;
    guint32 count;
} XfrmBlock;

typedef struct {
    guint32 spi;
    NetEndpoint source; /* outer; the ports are those of the UDP header */
    NetEndpoint target;
    guint32 reqid;
    guint32 interface; /* if_id of the XFRM interface that it belongs to; 0 = none */
    guint32 mark;      /* of the outer packets, for routing; 0 = none */
    int offload_link;  /* index of the link whose hardware may do the work; 0 = none */
    gboolean is_inbound;
    SuiteEsp suite;
    guint64 soft_octets;  /* expiring is told after so many; 0 = never */
    guint64 hard_octets;  /* it is gone after so many */
    const Secret *keymat; /* RFC 2409 5.5; borrowed */
} XfrmSa;

/* EEXIST when there is one with this SPI to this target. An offload that the hardware refuses
 * fails. */
gboolean xfrm_add_sa(Xfrm *xfrm, const XfrmSa *sa, GError **error);
/* Gives an SA other outer endpoints: keys, sequence number, window and counters go with it. A port
 * alone is changed in place; for an address the SA is made anew. */
gboolean xfrm_move_sa(Xfrm *xfrm, guint32 spi, const NetAddress *old_target,
                      const NetEndpoint *source, const NetEndpoint *target, GError **error);
gboolean xfrm_delete_sa(Xfrm *xfrm, guint32 spi, const NetAddress *target, GError **error);

/* What one SA did. */
typedef struct {
    guint32 spi;
    guint32 reqid;
    NetAddress target; /* outer */
    guint64 packets;
    guint64 octets;
    guint32 replayed; /* dropped: duplicates and what fell out of the window */
    guint32 forged;   /* dropped: not authentic */
} XfrmUse;

/* FALSE when there is none. */
gboolean xfrm_find_use(Xfrm *xfrm, guint32 spi, const NetAddress *target, XfrmUse *ret_use);
/* Of all SAs in a block: an array of XfrmUse. */
GArray *xfrm_list_use(Xfrm *xfrm, const XfrmBlock *block, GError **error);

typedef struct {
    NetPrefix local; /* inner */
    NetPrefix remote;
    NetAddress local_end; /* outer */
    NetAddress remote_end;
    guint32 reqid;
    guint32 interface;
    gboolean is_forwarding; /* packets from remote may be passed on, as on a gateway */
} XfrmPolicy;

/* Out of the machine, into it, and through it where it forwards: plain packets that match are not
 * let in any more. Takes the place of policies with the same selectors. */
gboolean xfrm_put_policy(Xfrm *xfrm, const XfrmPolicy *policy, GError **error);
gboolean xfrm_delete_policy(Xfrm *xfrm, const XfrmPolicy *policy, GError **error);

/* All SAs and policies of a block, whoever made them. Goes on past failures; the first is told. */
gboolean xfrm_flush(Xfrm *xfrm, const XfrmBlock *block, GError **error);

/* Adds and removes an SA with this suite, which is the only proof that the kernel can do ESP: it
 * takes policies, and the socket option for ESP in UDP, without. Should the caller be killed in
 * between, the SA goes by itself. */
gboolean xfrm_probe(Xfrm *xfrm, const SuiteEsp *suite, guint8 address_length, GError **error);

/* Makes a UDP socket take ESP; the rest, behind the non-ESP marker, stays the reader's. */
gboolean xfrm_take_esp(int socket, GError **error);

/* What the kernel tells by itself. */
typedef struct {
    /* Half of the SA's sequence numbers are used or soft_octets carried, or (is_hard) all: it is
     * gone then. */
    void (*expired)(guint32 spi, guint32 reqid, gboolean is_hard, gpointer user_data);
    /* Authentic packets of this SA come from another endpoint (a NAT forgot a mapping). */
    void (*moved)(guint32 spi, guint32 reqid, const NetEndpoint *source, gpointer user_data);
} XfrmEvents;

/* Calls back from the main context that is the thread's default. Once. */
gboolean xfrm_listen(Xfrm *xfrm, const XfrmEvents *events, gpointer user_data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Xfrm, xfrm_close)
