/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usersession.h"

#define LOGIN "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"

typedef struct {
    GCancellable *cancellable;
    UserSessionFound found;
    gpointer user_data;
} Search;

static void
search_free(Search *search)
{
    g_object_unref(search->cancellable);
    g_free(search);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Search, search_free)

static void
on_display(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Search) search = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) display = NULL;
    const char *session = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply != NULL)
        g_variant_get(reply, "(v)", &display);
    if (display != NULL && g_variant_is_of_type(display, G_VARIANT_TYPE("(so)")))
        g_variant_get(display, "(&s&o)", &session, NULL);
    search->found(session != NULL && *session != '\0' ? session : NULL, search->user_data);
}

static void
on_user(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Search) search = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    const char *path;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply == NULL) {
        search->found(NULL, search->user_data);
        return;
    }
    g_variant_get(reply, "(&o)", &path);
    g_dbus_connection_call(
        G_DBUS_CONNECTION(source), LOGIN, path, "org.freedesktop.DBus.Properties", "Get",
        g_variant_new("(ss)", LOGIN ".User", "Display"), G_VARIANT_TYPE("(v)"),
        G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, search->cancellable, on_display, search);
    search = NULL;
}

void
user_session_find(GDBusConnection *connection, guint32 uid, GCancellable *cancellable,
                  UserSessionFound found, gpointer user_data)
{
    Search *search = g_new0(Search, 1);

    search->cancellable = g_object_ref(cancellable);
    search->found = found;
    search->user_data = user_data;
    g_dbus_connection_call(connection, LOGIN, LOGIN_PATH, LOGIN ".Manager", "GetUser",
                           g_variant_new("(u)", uid), G_VARIANT_TYPE("(o)"),
                           G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, cancellable, on_user, search);
}
