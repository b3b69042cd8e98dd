/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls to coatid. While a call is under way the main context runs, so that questions of the
 * service are answered and signals seen.
 */
#pragma once

#include "cli.h"

#include <gio/gunixfdlist.h>

gboolean remote_open(Cli *cli, GError **error);
/* reply_type NULL for any. No time limit: polkit may be asking a person. */
GVariant *remote_call(Cli *cli, const char *path, const char *interface, const char *method,
                      GVariant *parameters, const char *reply_type, GError **error);
GVariant *remote_call_with_fds(Cli *cli, const char *path, const char *interface,
                               const char *method, GVariant *parameters, const char *reply_type,
                               GUnixFDList *fds, GError **error);
/* a{sv} of all properties. */
GVariant *remote_properties(Cli *cli, const char *path, const char *interface, GError **error);
/* NetworkManager's Connectivity (u), or NULL where nobody knows. */
GVariant *remote_network_connectivity(Cli *cli);
/* a{oa{sa{sv}}} of all objects that the caller may see. */
GVariant *remote_objects(Cli *cli, GError **error);
/* A person's words for error, to stderr, and the exit code. what: the thing, such as a profile's
 * name, or NULL. */
ExitCode remote_fail(const GError *error, const char *what);

/* Profiles with their tunnels, from remote_objects(). */
typedef struct {
    char *path;
    GVariantDict *properties; /* of the connection */
    char *tunnel_path;        /* NULL without tunnel */
    GVariantDict *tunnel;     /* NULL without tunnel */
} RemoteProfile;
/* RemoteProfile, by name. */
GPtrArray *remote_profiles(Cli *cli, GError **error);
/* Those and the tunnels that have no profile here, such as NetworkManager's: their path is "/". */
GPtrArray *remote_connections(Cli *cli, GError **error);
/* By name or UUID. */
gboolean remote_has_profile(GPtrArray *profiles, const char *name);
/* name NULL: the only one there is. With error text already said: NULL and *ret_code. */
RemoteProfile *remote_find_profile(GPtrArray *profiles, const char *name, ExitCode *ret_code);

/* Never NULL; "" when it is not there. Borrowed from dict. */
const char *remote_text(GVariantDict *dict, const char *name);
/* To be freed with g_free (the strings are dict's); never NULL. */
const char **remote_texts(GVariantDict *dict, const char *name);
guint64 remote_number(GVariantDict *dict, const char *name);
/* "address/prefix" of Ip4 or Ip6; "" without one; to be freed. */
char *remote_address(GVariantDict *tunnel, const char *name, gboolean with_prefix);
