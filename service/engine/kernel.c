/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel.h"

void
kernel_seen_update(KernelSeen *seen, gint64 now, guint64 packets_in, guint64 packets_out)
{
    if (packets_in != seen->packets_in) {
        seen->received = now;
        seen->unanswered_since = 0;
    } else if (packets_out != seen->packets_out && seen->unanswered_since == 0) {
        seen->unanswered_since = now;
    }
    seen->packets_in = packets_in;
    seen->packets_out = packets_out;
}

PlaneSeen
kernel_last_seen(const KernelSeen *seen)
{
    return (PlaneSeen){.received = seen->received != 0 ? seen->received : -1,
                       .sent = -1,
                       .unanswered_since =
                           seen->unanswered_since != 0 ? seen->unanswered_since : -1};
}

BoundaryKeys
kernel_keys_of(const IkeChildInfo *child)
{
    return (BoundaryKeys){.child = child->child,
                          .suite = child->suite,
                          .local = child->local,
                          .remote = child->remote,
                          .spi_in = child->spi_in,
                          .spi_out = child->spi_out,
                          .soft_octets = child->soft_octets,
                          .hard_octets = child->hard_octets,
                          .keymat_in = secret_dup(child->keymat_in),
                          .keymat_out = secret_dup(child->keymat_out)};
}

void
kernel_keys_clear(BoundaryKeys *keys)
{
    g_clear_pointer(&keys->keymat_in, secret_free);
    g_clear_pointer(&keys->keymat_out, secret_free);
}
