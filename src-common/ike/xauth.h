/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Xauth: the gateway asks, the user answers, as many rounds as it takes; then the gateway tells
 * whether it believes (draft-ietf-ipsec-isakmp-xauth-06, draft-beaulieu-ike-xauth-02; PROTOCOL 5.2
 * to 5.5). Both roles. Passwords are kept no longer than the message takes.
 */
#pragma once

#include "ike/exchange.h"
#include "ike/state.h"

extern const IkeExchangeTable ike_xauth_ask_table;
extern const IkeExchangeTable ike_xauth_tell_table;

/* A gateway asks; a client waits to be asked. */
void ike_xauth_begin(IkeSa *sa);
/* The client went on, so it has seen the verdict even if its ACK was lost. FALSE when it is not
 * logged in at all. */
gboolean ike_xauth_confirm(IkeSa *sa);

/* Answers of the host. */
guint ike_xauth_login(IkeExchange *exchange, const IkeLogin *login);
guint ike_xauth_judged(IkeExchange *exchange, const IkeVerdict *verdict);
