/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what a user wants (Profile) to what the core may do (IkePolicy, IkeTrust).
 *
 * The suites are the profile's: weak ones are in it only where the profile names and allows them
 * (profile_check()).
 */
#pragma once

#include "ike/policy.h"
#include "ike/trust.h"
#include "profile/profile.h"

typedef struct {
    const Profile *profile;
    const char *gateway; /* host as it was written */
    NetAddress wished;   /* address to ask for again; none = any */
} PolicyInput;

/* The profile must have passed profile_check(). */
IkePolicy *client_policy_new(const PolicyInput *input);
/* pinned_sha256: 32 octets that win over the profile's identity, or NULL. */
IkeTrust *client_trust_new(const PolicyInput *input, GBytes *pinned_sha256);

/* What weakens a tunnel and needs an administrator's word: weak algorithms, a group password, a
 * gateway that may be any of the CA's. */
gboolean client_is_unsafe(const Profile *profile);
