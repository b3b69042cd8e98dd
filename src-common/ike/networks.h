/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which networks a client wants behind its gateway, one Quick Mode each: those of the policy, or
 * everything, or the split networks one by one where everything was refused (PROTOCOL 6.2).
 */
#pragma once

#include "ike/state.h"

/* The next one that has no child and was not refused, with our own side of it; FALSE when there is
 * none left. */
gboolean ike_networks_next(IkeSession *session, NetPrefix *ret_local, NetPrefix *ret_network);
void ike_networks_refused(IkeSession *session, const NetPrefix *network);
