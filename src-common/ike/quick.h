/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quick Mode, both roles on both sides: a client begins, a gateway may renew.
 *
 * RFC 2409 5.5; RFC 2407 4.4 to 4.6; RFC 3947 5.1; PROTOCOL 6.
 */
#pragma once

#include "ike/exchange.h"
#include "ike/state.h"

extern const IkeExchangeTable ike_quick_table;

/* A client: secures the next network that is wanted and has no child, one after the other; tells
 * when all are. */
void ike_quick_begin(IkeSession *session);
/* A new pair in place of child. */
void ike_quick_renew(IkeChild *child);
