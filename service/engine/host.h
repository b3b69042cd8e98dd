/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host of the core in coati-engine: one tunnel, one thread, one poll loop.
 *
 * It turns what becomes readable into stimuli of ike.h and carries out the actions (actions.c):
 *
 *     boundary ── INITIATE, answers, HANG_UP ──▶ ┌──────┐ ──▶ SEND on the ISAKMP or NAT-T socket
 *     keys     ── signatures, SKEYID ──────────▶ │ core │ ──▶ ASK and TELL over the boundary
 *     ISAKMP socket, timer ────────────────────▶ └──────┘ ──▶ SIGN and SKEYID to keys
 *     NAT-T socket, TUN ──▶ plane ── IKE ───────────▲     ──▶ children to the plane
 *
 * It trusts coatid, which made it. When the boundary closes, everything is wiped and the process
 * ends. It ends too once the session is CLOSED: the next connect gets a new process.
 */
#pragma once

#include "boundary.h"
#include "engine/kernel.h"
#include "engine/random.h"
#include "engine/sockets.h"

typedef struct {
    Fd boundary;
    Fd keys; /* -1 once gone: questions for it are answered with "no" */
    Fd timer;
    Fd tun;
    Sockets sockets;
    RandomPool random;
    IkeEngine *engine;
    Plane *plane;       /* NULL before INITIATE */
    IkeTrust *trust;    /* NULL before INITIATE */
    guint64 session;    /* 0 before INITIATE */
    GBytes *asked_leaf; /* the certificate that a person looks at now */
    gboolean is_kernel; /* the kernel moves ESP: children go to coatid */
    KernelSeen seen;    /* what coatid saw of it */
    gint64 alive_told;
    gint64 probe_told;
    gint64 armed; /* the timer's; -1 = off */
    gboolean is_over;
} Host;

/* Takes the descriptors. Before the sandbox closes: the timer is made here. */
Host *host_new(Fd boundary, Fd keys, GError **error);
void host_free(Host *host);

/* Until the session or coatid is gone. *stop is set by a signal handler; signals must be blocked
 * and are taken while waiting only. note: told to coatid first. */
void host_run(Host *host, const char *note, const volatile gint *stop);

/* Microseconds of CLOCK_BOOTTIME. */
gint64 host_now(void);

/* Sends to coatid. A debug note is lost when coatid does not read; anything else that cannot be
 * sent ends the host. */
void host_tell(Host *host, const BoundaryMessage *message);
void host_note(Host *host, IkeNoteLevel level, const char *text);
void host_close(Host *host, Reason reason, const char *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_free)
