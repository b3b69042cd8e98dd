/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For client.c, which hears from the service, and for what reads a tunnel's counters. */
#pragma once

#include "calls.h"
#include "connection.h"

CoatiConnection *coati_connection_new(GDBusConnection *bus, const char *path);
/* properties: a{sv} of the interface Connection, all or those that changed. */
void coati_connection_take_profile(CoatiConnection *connection, GVariant *properties);
/* The same for the tunnel at this path; a new path forgets the old tunnel. */
void coati_connection_take_tunnel(CoatiConnection *connection, const char *path,
                                  GVariant *properties);
/* NULL without a tunnel. */
const char *coati_connection_tunnel(CoatiConnection *connection);
GDBusConnection *coati_connection_bus(CoatiConnection *connection);
