/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying out what the core wants done: one function for each action.
 */
#pragma once

#include "engine/host.h"

/* All actions that are queued, in their order. */
void actions_carry_out(Host *host, gint64 now);

/* coatid's word about the certificate that was asked for with ASK_TRUST. When it is accepted it is
 * pinned for the rest of this tunnel's life. */
void actions_answer_trust(Host *host, gint64 now, guint64 ticket, Reason reason);
