/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transaction exchange: one ATTR payload there, one back (draft-ietf-ipsec-isakmp-mode-cfg-05 3;
 * PROTOCOL 5.1). What the first message carries decides which table it is: Xauth (xauth.h) or Mode
 * Config (config.h).
 */
#pragma once

#include "ike/exchange.h"
#include "ike/view.h"

/* For the peer's first message; it becomes one of the tables below. */
extern const IkeExchangeTable ike_transaction_table;

/* Some VPN3000 releases use one message ID for a whole login: what does not fit an exchange that is
 * over may begin the next one, on its IV chain. */
void ike_transaction_receive_chained(IkeExchange *exchange, const IkeHeader *header, Reader body,
                                     Reader datagram, const IkePath *path);

/* The ATTR payload, which must be of this type. */
guint ike_transaction_parse(const IkeChain *chain, IkeConfigType type, IkeConfigView *ret_view);
/* Opens ATTR; attributes follow, then ike_draft_close(). */
Writer *ike_transaction_open(IkeDraft *draft, IkeConfigType type, guint16 identifier);
guint16 ike_transaction_identifier(IkeSa *sa);

gboolean ike_transaction_is_xauth(guint16 attribute);
