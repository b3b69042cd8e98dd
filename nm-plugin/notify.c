/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coati-notify: says in the user's session why a VPN of NetworkManager failed or went away.
 *
 * NetworkManager knows three failures and shows none of coatid's reasons. This program starts with
 * the session, without GTK, and turns the end of a tunnel that NetworkManager set up into one
 * desktop notification with what happened and what to do. What the user asked for or gave up is no
 * news, and tunnels of profiles have their own front ends.
 */
#include "base/reason.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <stdlib.h>

#define COATI_BUS "org.coati.Coati1"
#define COATI_ROOT "/org/coati/Coati1"
#define NOTIFICATIONS "org.freedesktop.Notifications"

static void
on_notified(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (reply == NULL)
        g_printerr("coati-notify: %s\n", error->message);
}

static void
notify(GDBusConnection *session, const char *id, Reason reason, const char *detail)
{
    g_autofree char *summary = g_strdup_printf("VPN \"%s\": %s", id, reason_title(reason));
    g_autofree char *body = *detail != '\0' ? g_strdup_printf("%s\n%s", detail, reason_hint(reason))
                                            : g_strdup(reason_hint(reason));
    g_autofree char *escaped = g_markup_escape_text(body, -1);
    GVariantBuilder hints;

    g_variant_builder_init(&hints, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&hints, "{sv}", "category", g_variant_new_string("network.error"));
    g_variant_builder_add(&hints, "{sv}", "urgency", g_variant_new_byte(1));
    g_dbus_connection_call(
        session, NOTIFICATIONS, "/org/freedesktop/Notifications", NOTIFICATIONS, "Notify",
        g_variant_new("(susss@asa{sv}i)", "Coati", 0u, "network-vpn", summary, escaped,
                      g_variant_new_strv(NULL, 0), &hints, -1),
        G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_notified, NULL);
}

static const char *
text_of(GDBusProxy *proxy, const char *name, GVariant **ret_value)
{
    *ret_value = g_dbus_proxy_get_cached_property(proxy, name);
    return *ret_value != NULL && g_variant_is_of_type(*ret_value, G_VARIANT_TYPE_STRING)
               ? g_variant_get_string(*ret_value, NULL)
               : "";
}

static void
on_signal(GDBusObjectManagerClient *client, GDBusObjectProxy *object, GDBusProxy *tunnel,
          const char *sender, const char *signal, GVariant *parameters, gpointer session)
{
    g_autoptr(GVariant) network = NULL;
    g_autoptr(GVariant) id = NULL;
    const char *state;
    const char *token;
    const char *detail;
    Reason reason;

    if (!g_str_equal(signal, "StateChanged") ||
        !g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ssss)")))
        return;
    g_variant_get(parameters, "(&s&s&s&s)", &state, NULL, &token, &detail);
    if (!g_str_equal(state, "failed") || !reason_find(token, &reason) ||
        reason == REASON_USER_REQUEST || reason == REASON_SECRETS_CANCELLED)
        return;
    if (g_str_equal(text_of(tunnel, "Network", &network), "none"))
        notify(session, text_of(tunnel, "ConnectionId", &id), reason, detail);
}

static gboolean
stop(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context =
        g_option_context_new("- desktop notifications about VPNs of NetworkManager");
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GDBusConnection) session = NULL;
    g_autoptr(GDBusObjectManager) tunnels = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("coati-notify: %s\n", error->message);
        return EXIT_USAGE;
    }
    session = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
    if (session != NULL)
        tunnels = g_dbus_object_manager_client_new_for_bus_sync(
            G_BUS_TYPE_SYSTEM, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_DO_NOT_AUTO_START, COATI_BUS,
            COATI_ROOT, NULL, NULL, NULL, NULL, &error);
    if (tunnels == NULL) {
        g_printerr("coati-notify: %s\n", error->message);
        return EXIT_NO_SERVICE;
    }
    g_signal_connect(tunnels, "interface-proxy-signal", G_CALLBACK(on_signal), session);
    g_unix_signal_add(SIGTERM, stop, loop);
    g_main_loop_run(loop);
    return EXIT_OK;
}
