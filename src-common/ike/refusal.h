/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a responder takes nothing of an offer, for people: TELL_REFUSED with both sides and the first
 * difference of the pair that agrees furthest. At most a few a second, so that strangers can make
 * neither work nor noise of it.
 */
#pragma once

#include "base/reader.h"
#include "ike/state.h"

/* ke_length: of the KE in the same message, 0 = none. Both sides of phase 1 are the engine's. */
void ike_refusal_phase1(const IkeSa *sa, Reader sa_body, gsize ke_length);
void ike_refusal_esp(const IkeSa *sa, Reader sa_body, IkeEncapsulation encapsulation,
                     gsize ke_length);
/* A guest that speaks for an address that it was not given. remote: its own side. */
void ike_refusal_selectors(const IkeSa *sa, const NetPrefix *remote, const NetPrefix *local);
