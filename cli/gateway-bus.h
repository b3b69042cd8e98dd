/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands of "coatictl gateway" share: the bus, and values of a{sv} for people and JSON. */
#pragma once

#include "cli.h"
#include "json.h"

/* NULL with error. parameters is taken; type NULL: any. */
GVariant *gateway_call(Cli *cli, const char *method, GVariant *parameters, const char *type,
                       GError **error);
/* The gateway's signal Event; to be dropped with g_dbus_connection_signal_unsubscribe(). 0 with
 * error. */
guint gateway_follow(Cli *cli, GDBusSignalCallback callback, GError **error);
/* Says what went wrong. */
ExitCode gateway_fail(const GError *error);

/* A method that answers aa{sv}; pages: one with offset and limit. NULL with error. */
GVariant *gateway_list(Cli *cli, const char *method, GVariant *parameters, GError **error);
GVariant *gateway_pages(Cli *cli, const char *method, GError **error);

/* coatid with these options (ended by NULL), as this user: its own reader looks at a gateway.conf.
 * Both texts are without the last newline; status 0: it is good. FALSE when it cannot be run. */
gboolean gateway_run_coatid(const char *const *options, char **ret_said, char **ret_problem,
                            gint *ret_status, GError **error);

/* "-" for what is missing or empty; to be freed. */
char *gateway_text(GVariant *dict, const char *key);
guint64 gateway_number(GVariant *dict, const char *key);

/* With keys as in gateway.schema.json: underscores for hyphens. */
JsonObject *gateway_json(GVariant *dict);
/* {"name": [...]}, printed. */
void gateway_print_list(const char *name, GVariant *list);
