/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Peers of a responder that have proved nothing yet: which first message belongs to which SA, how
 * many are half open, and how much work is done for them.
 *
 * A flood of first messages from any number of addresses must neither fill the memory, nor take the
 * processor, nor keep a real client out:
 * - The state is capped. When it is full, who waits longest without having shown that it receives at
 *   its address makes room, so a real client has as long as the flood needs to fill the table.
 * - Diffie-Hellman, and the signature in the answer of Aggressive Mode, are paid from a budget. It
 *   is counted in microseconds of a reference machine and never clocked, and grows by a quarter of
 *   the time that passes. A third message of Main Mode, which carries our cookie, may use all of
 *   it; a first message of Aggressive Mode half of it, so the one never waits for the other.
 * - Under load a first message of Aggressive Mode is served only when it is repeated.
 * - Work that ends in a login is given back, and the address of the login is known from then on: it
 *   neither pays nor waits. The caps for its endpoints still hold.
 *
 * No cookie exchange: IKEv1 has none (RFC 2408 2.5.3). Limits are in limits.h.
 */
#pragma once

#include "ike/header.h"
#include "ike/state.h"

void ike_strangers_init(IkeStrangers *strangers);
void ike_strangers_clear(IkeStrangers *strangers);

/* TRUE when one more stranger's first message is to be served; may end another one's session. */
gboolean ike_strangers_admit(IkeEngine *engine, const IkeHeader *header, Reader datagram,
                             const NetEndpoint *remote);
/* With more than a few half open, so many that somebody means it. */
gboolean ike_strangers_are_many(const IkeEngine *engine);
/* Whose first message this is, or NULL: the initiator does not know our cookie yet when it repeats
 * that one. */
IkeSa *ike_strangers_find(const IkeEngine *engine, const guint8 *cky_i, const NetEndpoint *remote);
/* Answers to strangers that keep no state: at most a few a second. */
gboolean ike_strangers_may_answer(IkeEngine *engine);

/* sa's first message has come: half open from now on. */
void ike_stranger_add(IkeSa *sa);
/* Half open no more; nothing for an sa that is not. */
void ike_stranger_forget(IkeSa *sa);
/* It sent back our cookie, so it receives at its address. */
void ike_stranger_reached(IkeSa *sa);
/* Pays for the work of this exchange's key agreement; FALSE when there is nothing left. */
gboolean ike_stranger_pay(IkeSa *sa);
/* It logged in, or proved a key where no login is asked for. */
void ike_stranger_trusted(IkeSa *sa);
