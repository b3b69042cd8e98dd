/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/online.h"

#include "base/netif.h"

/* NMConnectivityState */
enum { CONNECTIVITY_PORTAL = 2 };

typedef struct {
    OnlineAnswer answer;
    gpointer user_data;
} Question;

static void
on_connectivity(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Question *question = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) value = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply != NULL)
        g_variant_get(reply, "(v)", &value);
    question->answer(value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32) &&
                         g_variant_get_uint32(value) == CONNECTIVITY_PORTAL,
                     question->user_data);
}

void
online_ask(GDBusConnection *connection, GCancellable *cancellable, OnlineAnswer answer,
           gpointer user_data)
{
    Question *question = g_new(Question, 1);

    *question = (Question){.answer = answer, .user_data = user_data};
    g_dbus_connection_call(connection, "org.freedesktop.NetworkManager",
                           "/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Properties",
                           "Get",
                           g_variant_new("(ss)", "org.freedesktop.NetworkManager", "Connectivity"),
                           G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           ONLINE_MILLISECONDS, cancellable, on_connectivity, question);
}

char *
online_other_vpn(const NetAddress *local)
{
    g_autofree char *name = netif_of_address(local);

    return name != NULL && netif_is_tunnel(name) ? g_steal_pointer(&name) : NULL;
}
