/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gateway of this computer for its administrators: who is here, addresses, what happened. */
#pragma once

#include "model/gateway.h"

#include <adwaita.h>

#define COATI_TYPE_GATEWAY_WINDOW coati_gateway_window_get_type()
G_DECLARE_FINAL_TYPE(CoatiGatewayWindow, coati_gateway_window, COATI, GATEWAY_WINDOW, AdwWindow)

void coati_gateway_window_present(GtkApplication *application, CoatiGateway *gateway);
