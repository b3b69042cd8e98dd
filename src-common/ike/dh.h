/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diffie-Hellman for every group of base/suite.h (RFC 2409 6, RFC 3526, RFC 5903, RFC 7748 as
 * group 31). The private value is the caller's: random octets of the host, or of a vector. Public
 * and shared values always have the group's full length, leading zeros kept (PROTOCOL 3.2).
 */
#pragma once

#include "base/reader.h"
#include "base/secret.h"
#include "base/suite.h"
#include "ike/numbers.h"

typedef struct IkeDh IkeDh;

/* Octets of a KE body and of g^xy; 0 for an unknown group. */
gsize ike_dh_public_length(SuiteGroup group);
gsize ike_dh_shared_length(SuiteGroup group);
/* Random octets that a fresh private value wants (at least 256 bits). */
gsize ike_dh_private_length(SuiteGroup group);
/* What a key pair and one agreement take, roughly, on one core of a server of 2024. */
guint32 ike_dh_cost_microseconds(SuiteGroup group);

/* private_value: big-endian of any length up to the group's; Curve25519: 32 octets as in RFC 7748.
 * A value beyond the order of an ECP group is brought into it. It may be copied, never logged.
 * Never fails for a known group and a value that is not zero. */
IkeDh *ike_dh_new(SuiteGroup group, Reader private_value);
void ike_dh_free(IkeDh *dh);

SuiteGroup ike_dh_group(const IkeDh *dh);
/* The body of our KE payload; lives as long as dh. */
Reader ike_dh_public(const IkeDh *dh);

/* INVALID-KEY-INFORMATION for a wrong length, 0, 1, p-1, p and above, a point that is not on the
 * curve, and an all-zero Curve25519 result. */
IkeNotify ike_dh_agree(const IkeDh *dh, Reader peer_public, Secret **ret_shared);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeDh, ike_dh_free)
