/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which data plane a tunnel gets: what the profile says, and what the kernel can do.
 */
#pragma once

#include "ike/policy.h"
#include "profile/profile.h"

typedef struct {
    gboolean is_kernel;
    char *why; /* for people */
} PlaneChoice;

/* address_length: of the gateway's address. FALSE with REASON_DATAPLANE_UNAVAILABLE in
 * NETWORK_ERROR when the profile wants the kernel and it cannot. */
gboolean plane_choose(const Profile *profile, const IkePolicy *policy, guint8 address_length,
                      PlaneChoice *ret_choice, GError **error);
void plane_choice_clear(PlaneChoice *choice);
