/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this computer's own network has to do with it that no gateway answers: a portal that wants a
 * login (as NetworkManager finds out), or another VPN that takes the packets.
 */
#pragma once

#include "base/net.h"

#include <gio/gio.h>

/* is_portal: NetworkManager says so. Not called when cancelled. */
typedef void (*OnlineAnswer)(gboolean is_portal, gpointer user_data);

/* Answers within ONLINE_MILLISECONDS, at once where there is no NetworkManager. */
enum { ONLINE_MILLISECONDS = 2000 };
void online_ask(GDBusConnection *connection, GCancellable *cancellable, OnlineAnswer answer,
                gpointer user_data);
/* The tunnel of another program through which packets from local leave, to be freed; or NULL. */
char *online_other_vpn(const NetAddress *local);
