/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatid as a gateway: takes its name on the bus and runs the loop until it is told to stop. */
#pragma once

#include "gateway/gateway.h"

/* Returns the exit status. */
int gateway_main(GDBusConnection *connection, const GatewayOptions *options);
