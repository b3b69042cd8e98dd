/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.coati.Gateway1 on the bus (dbus/org.coati.Gateway1.xml). Who may call is the bus policy's.
 */
#pragma once

#include "gateway/gateway.h"

typedef struct GatewayFace GatewayFace;

#define GATEWAY_BUS_NAME "org.coati.Gateway1"

/* Borrows gateway. */
GatewayFace *gateway_face_new(GDBusConnection *connection, Gateway *gateway, GError **error);
void gateway_face_free(GatewayFace *face);

/* OpenMetrics text of what the gateway counts; to be freed. */
char *gateway_metrics(Gateway *gateway);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayFace, gateway_face_free)
