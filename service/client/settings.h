/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the gateway wants of this machine (IkeSettings, through a process that may have fallen),
 * checked against what the user wants (Profile), as a plan for the network.
 *
 * An own address that is special ends the connection; every other item that is special, too wide,
 * not a name, or too much is left out and noted. Nothing of the gateway's opens the default route
 * when the profile says split, and nothing of it keeps the default route out of the tunnel.
 */
#pragma once

#include "base/reason.h"
#include "ike/action.h"
#include "network.h"
#include "profile/profile.h"

enum { CLIENT_MAX_BANNER = 4096, CLIENT_MAX_BACKUPS = 8 };

typedef struct {
    NetworkPlan plan; /* points into the arrays; paths and mtu_octets are the tunnel's to set */
    guint8 prefix4;   /* as the gateway gave them, shown only */
    guint8 prefix6;
    GArray *includes;           /* NetPrefix */
    GArray *excludes;           /* NetPrefix */
    GArray *dns;                /* NetAddress */
    GArray *wins;               /* NetAddress, shown only */
    GPtrArray *search;          /* char *, ended by NULL */
    GPtrArray *split;           /* char *, ended by NULL */
    char *banner;               /* cleaned; "" for none */
    GPtrArray *backup_gateways; /* char * */
    gboolean may_save_password;
    GPtrArray *notes; /* char *: what was left out and why */
} ClientSettings;

/* NULL with a reason and, unless NULL, a detail to be freed. */
ClientSettings *client_settings_new(const Profile *profile, const IkeSettings *given,
                                    Reason *ret_reason, char **ret_detail);
void client_settings_free(ClientSettings *settings);

/* A host name or address that may stand in a profile, a resolver call or a log line. */
gboolean client_is_host(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClientSettings, client_settings_free)
