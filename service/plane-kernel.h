/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel plane, coatid's half: children of one tunnel, or of all guests of a gateway, as SAs
 * and policies of the kernel (xfrm.h).
 *
 * The five functions of every plane: up, change, down, counters, last seen. The engine negotiates
 * and sends each child's keys over the boundary; what it says about a child is checked by the
 * caller before it comes here. Outer endpoints are the caller's own knowledge.
 *
 * Everything has a reqid of the plane's block, which the caller has in a journal before it makes a
 * plane, and which kernel_plane_free() empties. A child's reqid is that of all children with the
 * same selectors: the kernel sends with the SA that was made last, so a child's outbound SA is
 * made when it may send, and not before.
 */
#pragma once

#include "boundary.h"
#include "xfrm.h"

typedef struct KernelPlane KernelPlane;

typedef struct {
    XfrmBlock block;
    guint32 interface;      /* if_id; 0 = policies alone decide */
    guint32 mark;           /* of outer packets; 0 = none */
    gboolean is_forwarding; /* a gateway's */
    guint poll_seconds;     /* how often the kernel is asked who was heard of */
} KernelPlaneOptions;

/* Sessions are the caller's numbers: a guest's; 0 on a client. */
typedef struct {
    /* Half of a child's sequence numbers are used. */
    void (*expiring)(guint64 session, gpointer user_data);
    /* Authentic packets come from there now. */
    void (*moved)(guint64 session, const NetEndpoint *remote, gpointer user_data);
    /* Packets went, or (is_heard) came, since this was told last. They count from the session's
     * beginning. */
    void (*seen)(guint64 session, gboolean is_heard, guint64 packets_in, guint64 packets_out,
                 gpointer user_data);
} KernelPlaneEvents;

/* What is in the block goes first. */
KernelPlane *kernel_plane_new(const KernelPlaneOptions *options, const KernelPlaneEvents *events,
                              gpointer user_data, GError **error);
/* All children go. Accepts NULL. */
void kernel_plane_free(KernelPlane *plane);

typedef struct {
    guint64 session;
    guint64 child;
    SuiteEsp suite;
    NetPrefix local;
    NetPrefix remote;
    guint32 spi_in;
    guint32 spi_out;
    guint64 soft_octets; /* of each SA, as in IkeChildInfo */
    guint64 hard_octets;
    const Secret *keymat_in;
    const Secret *keymat_out;
    NetEndpoint local_end; /* outer, with the ports of ESP in UDP */
    NetEndpoint remote_end;
} KernelChild;

/* It takes packets at once; it sends after kernel_plane_change_send(). */
gboolean kernel_plane_up(KernelPlane *plane, const KernelChild *child, GError **error);
gboolean kernel_plane_change_send(KernelPlane *plane, guint64 child, GError **error);
/* All children of a session go this way now. */
gboolean kernel_plane_change_path(KernelPlane *plane, guint64 session, const NetEndpoint *local_end,
                                  const NetEndpoint *remote_end, GError **error);
/* An unknown number is ignored. */
void kernel_plane_down(KernelPlane *plane, guint64 child);
/* Downs its children and forgets its counters. */
void kernel_plane_forget(KernelPlane *plane, guint64 session);

/* Of one session, or of all that are there. Asks the kernel. */
void kernel_plane_counters(KernelPlane *plane, guint64 session, BoundaryCounters *ret_counters);
void kernel_plane_all_counters(KernelPlane *plane, BoundaryCounters *ret_counters);

/* TRUE when the kernel can do ESP in UDP with each of the suites (SuiteEsp) over outer packets of
 * this family; else the error says what is missing. */
gboolean kernel_plane_probe(const GArray *suites, guint8 address_length, GError **error);

/* Whether it can do ESP at all: with AES-256-GCM over IPv4. */
gboolean kernel_plane_is_possible(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelPlane, kernel_plane_free)
