/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What clients of a gateway need: a profile out of its gateway.conf, with the CA that issued its
 * certificate and, for xauth-psk, the group's password.
 */
#pragma once

#include "gateway/conf.h"
#include "profile/profile.h"

/* method: of gateway_methods, NULL for the gateway's first; group: whose password, NULL for the
 * first. NULL with an error that says which key is missing. */
Profile *gateway_config_profile(const GatewayConfig *config, const char *method, const char *group,
                                GError **error);
