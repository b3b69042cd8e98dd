/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mode Config: the client asks for its settings (pull) or the gateway gives them unasked (push),
 * both roles (draft-ietf-ipsec-isakmp-mode-cfg-05; PROTOCOL 5.6 to 5.10).
 */
#pragma once

#include "ike/exchange.h"
#include "ike/state.h"

extern const IkeExchangeTable ike_config_pull_table;
extern const IkeExchangeTable ike_config_push_table;

/* Whoever begins does; the other side waits. */
void ike_config_begin(IkeSa *sa);

/* Answer of the host. */
guint ike_config_leased(IkeExchange *exchange, const IkeSettings *settings);
