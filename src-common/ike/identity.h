/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Phase 1 identities: what we call ourselves, and which policy a stranger's name selects
 * (RFC 2407 4.6.2; PROTOCOL 4.7).
 */
#pragma once

#include "ike/state.h"

/* The body of our ID payload. Protocol and port are 0: NAT traversal wants the port so
 * (RFC 3947 4). */
void ike_identity_write(Writer *id_body, const IkeSa *sa);

/* Aggressive Mode: does the peer's identity select this policy of a responder? In Main Mode it is
 * not known yet, and a policy that wants a name is passed over. */
gboolean ike_identity_selects(const IkePolicy *policy, const IkeSa *sa);
