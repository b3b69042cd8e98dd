/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host of the core for a gateway: many guests, one thread, one poll loop (host.h is a
 * client's).
 *
 *     boundary ── SERVE, CONFIGURE, answers ──▶ ┌──────┐ ──▶ SEND on the ISAKMP or NAT-T socket
 *     keys     ── signatures, SKEYID ─────────▶ │ core │ ──▶ ASK and TELL over the boundary
 *     ISAKMP socket, timer ───────────────────▶ └──────┘ ──▶ SIGN and SKEYID to keys
 *     NAT-T socket, TUN ──▶ plane ── IKE ──────────▲     ──▶ children to the plane
 *
 * The sockets are bound and not connected; the TUN is one for all guests. The process ends when the
 * boundary closes: coatid starts a new one, and guests come back by themselves.
 */
#pragma once

#include "engine/kernel.h"
#include "engine/random.h"
#include "guestlink.h"

typedef struct {
    Fd boundary;
    ChannelQueue *queue;
    Fd keys; /* -1 once gone: questions for it are answered with "no" */
    Fd timer;
    Fd tun;
    Fd isakmp;
    Fd natt;
    NetEndpoint isakmp_local;
    NetEndpoint natt_local;
    RandomPool random;
    IkeEngine *engine;
    Plane *plane;       /* NULL before SERVE */
    IkeTrust *trust;    /* NULL before CONFIGURE */
    GPtrArray *draft;   /* policies that the next CONFIGURE makes valid */
    gint64 armed;       /* the timer's; -1 = off */
    gboolean is_kernel; /* the kernel moves ESP: children go to coatid */
    gboolean is_over;
} GuestHost;

/* Takes the descriptors. Before the sandbox closes: the timer is made here. */
GuestHost *guest_host_new(Fd boundary, Fd keys, GError **error);
void guest_host_free(GuestHost *host);

/* As host_run(). */
void guest_host_run(GuestHost *host, const char *note, const volatile gint *stop);

/* guest-actions.c */
void guest_host_carry_out(GuestHost *host, gint64 now);

/* Sends to coatid; what cannot be sent ends the host. */
void guest_host_tell(GuestHost *host, const GuestlinkMessage *message);
void guest_host_note(GuestHost *host, guint64 session, IkeNoteLevel level, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestHost, guest_host_free)
