/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --json prints: data/schema/ has the schemas, and they only grow. */
#pragma once

#include "remote.h"

#include <json-glib/json-glib.h>

/* Objects are given to the caller. */
JsonObject *json_of_profile(const RemoteProfile *profile);
JsonObject *json_of_error(const char *reason, const char *title, const char *detail,
                          const char *hint);
JsonObject *json_of_statistics(GVariant *statistics);
/* Prints object on one line, or indented when it is meant to be read alone, and frees it. */
void json_print(JsonObject *take_object, gboolean is_line);
/* The time now, ISO 8601 in UTC; to be freed. */
char *json_now(void);
