/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dead peer detection (RFC 3706; PROTOCOL 8.1): probes when nothing authenticated was heard for a
 * while, or when the plane says that its packets stay without an answer.
 */
#pragma once

#include "ike/state.h"
#include "ike/view.h"

void ike_dpd_start(IkeSa *sa);
/* Any authenticated message, or ESP, is life. */
void ike_dpd_heard(IkeSa *sa);
void ike_dpd_alive(IkeSession *session);
/* Probes now. */
void ike_dpd_probe(IkeSession *session);
void ike_dpd_tick(IkeSa *sa);
/* R-U-THERE and R-U-THERE-ACK in a hashed message. */
void ike_dpd_receive(IkeSa *sa, const IkeNotifyView *view);
