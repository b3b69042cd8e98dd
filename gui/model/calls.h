/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to coatid and values of its answers: private to model/. */
#pragma once

#include <gio/gio.h>

#define BUS_NAME "org.coati.Coati1"
#define BUS_ROOT "/org/coati/Coati1"
#define BUS_MANAGER "org.coati.Coati1.Manager"
#define BUS_CONNECTION "org.coati.Coati1.Connection"
#define BUS_TUNNEL "org.coati.Coati1.Tunnel"

/* A person may be asked for a password by polkit meanwhile, so there is no time limit. parameters
 * may be floating. Finish with bus_call_finish(). */
void bus_call(GDBusConnection *bus, const char *path, const char *interface, const char *method,
              GVariant *parameters, const char *reply_type, GCancellable *cancellable,
              GAsyncReadyCallback callback, gpointer user_data);
/* As g_dbus_connection_call_finish(); source is the bus. */
GVariant *bus_call_finish(GObject *source, GAsyncResult *result, GError **error);

/* Values by name, as the service sent them last. */
typedef GHashTable Values;
Values *values_new(void);
/* dictionary: a{sv}. */
void values_take(Values *values, GVariant *dictionary);
/* "" where there is none. Borrowed until the next values_take(). */
const char *values_text(Values *values, const char *name);
guint64 values_number(Values *values, const char *name);
gboolean values_boolean(Values *values, const char *name, gboolean fallback);
/* "a, b"; to be freed. */
char *values_list(Values *values, const char *name);
/* NULL where there is none; borrowed. */
GVariant *values_get(Values *values, const char *name);
