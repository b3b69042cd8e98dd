/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Servers: the world of a RadiusClient: a connected UDP socket for each of its ports, the clock, the
 * dice, the one timer, and the secrets' file.
 */
#pragma once

#include "login/loginlink.h"
#include "radius/client.h"

typedef struct Servers Servers;

typedef struct {
    /* action is RADIUS_ANSWER; settings may be stolen. */
    void (*answered)(RadiusAction *action, gpointer user_data);
    void (*accounted)(guint64 ticket, gpointer user_data);
    void (*noted)(gboolean is_warning, const char *text, gpointer user_data);
} ServersEvents;

/* configure: a CONFIGURE with servers. Fails with the name of the secrets' file when it is missing,
 * not a file, readable by others than its owner or not ours, or lacks the secret of a server. */
Servers *servers_new(const LoginlinkMessage *configure, const ServersEvents *events,
                     gpointer user_data, GError **error);
void servers_free(Servers *servers);
/* Events come later, never out of these. */
guint64 servers_login(Servers *servers, RadiusLogin *take_login);
void servers_forget(Servers *servers, guint64 ticket);
guint64 servers_account(Servers *servers, RadiusRecord *take_record);

/* secrets.c: one per server of configure, in its order; ret_warning may become a text. */
GPtrArray *secrets_read(const LoginlinkMessage *configure, char **ret_warning, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Servers, servers_free)
