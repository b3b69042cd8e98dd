/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside a configuration: conf.c reads lines, conf-pools.c knows addresses, conf-files.c the rest. */
#pragma once

#include "gateway/conf.h"

/* Sets the error "FILE: text"; FALSE always. */
G_GNUC_PRINTF(3, 4)
gboolean gateway_config_wrong(const GatewayConfig *config, GError **error, const char *format, ...);

/* Pools, framed networks, and what groups and users say of them; fills in prefix_length4. */
gboolean gateway_config_check_pools(GatewayConfig *config, GError **error);
/* Whether the leases of one go on under the other. */
gboolean gateway_config_same_pools(const GatewayConfig *a, const GatewayConfig *b);
