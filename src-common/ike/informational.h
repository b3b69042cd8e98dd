/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Informational exchange: one message, no answer, never repeated (RFC 2408 4.8, RFC 2409 5.7;
 * PROTOCOL 4.9, 6.13). Hashed ones act; clear ones are advice that changes nothing but the reason
 * that is told when nothing better comes.
 */
#pragma once

#include "ike/exchange.h"
#include "ike/state.h"
#include "ike/view.h"

extern const IkeExchangeTable ike_informational_table;

/* spi: of ESP, or 0 for a notify about the ISAKMP SA, which carries both cookies. */
void ike_informational_notify(IkeSa *sa, IkeProtocol protocol, guint16 type, guint32 spi);
void ike_informational_dpd(IkeSa *sa, guint16 type, guint32 sequence);
void ike_informational_delete_child(IkeSa *sa, const IkeChild *child);
void ike_informational_delete_sa(IkeSa *sa);
/* Once for a fresh connection, where the policy says so. */
void ike_informational_initial_contact(IkeSa *sa);

/* Tells an initiator in clear that phase 1 will not be: one small answer for one message, within
 * the limit for strangers, and never for what is malformed. */
void ike_informational_refuse(IkeSa *sa, guint16 type);

/* A clear one. */
void ike_informational_advice(IkeSa *sa, const IkeHeader *header, Reader body);
/* A status notify that came authenticated, in whatever message. */
void ike_informational_status(IkeSa *sa, const IkeNotifyView *view);
