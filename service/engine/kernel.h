/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel plane, the engine's half: children go to coatid with their keys (plane-kernel.h), and
 * what coatid counts comes back for dead peer detection. The NAT traversal socket stays the plane's,
 * which brings IKE from it (PlaneOptions.tun = -1).
 */
#pragma once

#include "engine/plane.h"

/* All zero: nothing yet. */
typedef struct {
    guint64 packets_in;
    guint64 packets_out;
    gint64 received;         /* 0 = never */
    gint64 unanswered_since; /* 0 = nothing is */
} KernelSeen;

/* Counters since the tunnel began. */
void kernel_seen_update(KernelSeen *seen, gint64 now, guint64 packets_in, guint64 packets_out);
/* As the userspace plane tells it. */
PlaneSeen kernel_last_seen(const KernelSeen *seen);

/* Copies the keys: kernel_keys_clear() wipes them. */
BoundaryKeys kernel_keys_of(const IkeChildInfo *child);
void kernel_keys_clear(BoundaryKeys *keys);
