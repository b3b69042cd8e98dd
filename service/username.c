/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "username.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

typedef struct {
    GCancellable *cancellable;
    guint32 uid;
    GPtrArray *names; /* char *: unique names, as the bus lists them: oldest first */
    guint next;       /* number of names that are still to be looked at */
    UserNameFound found;
    gpointer user_data;
} Search;

static void
search_free(Search *search)
{
    g_object_unref(search->cancellable);
    g_ptr_array_unref(search->names);
    g_free(search);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Search, search_free)

static void look(GDBusConnection *connection, Search *take_search);

static void
on_user(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Search) search = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    guint32 uid;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply != NULL)
        g_variant_get(reply, "(u)", &uid);
    if (reply != NULL && uid == search->uid)
        search->found(search->names->pdata[search->next], search->user_data);
    else
        look(G_DBUS_CONNECTION(source), g_steal_pointer(&search));
}

/* The next name, from the newest. */
static void
look(GDBusConnection *connection, Search *take_search)
{
    g_autoptr(Search) search = take_search;

    if (search->next == 0) {
        search->found(NULL, search->user_data);
        return;
    }
    search->next--;
    g_dbus_connection_call(connection, BUS_NAME, BUS_PATH, BUS_NAME, "GetConnectionUnixUser",
                           g_variant_new("(s)", search->names->pdata[search->next]),
                           G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, search->cancellable,
                           on_user, search);
    search = NULL;
}

static gint
by_age(gconstpointer a, gconstpointer b)
{
    const char *one = *(const char *const *)a;
    const char *two = *(const char *const *)b;
    guint64 age_one = g_ascii_strtoull(one + 3, NULL, 10);
    guint64 age_two = g_ascii_strtoull(two + 3, NULL, 10);

    return age_one < age_two ? -1 : age_one > age_two;
}

static void
on_names(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Search) search = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariantIter) names = NULL;
    const char *name;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply != NULL)
        g_variant_get(reply, "(as)", &names);
    while (names != NULL && g_variant_iter_next(names, "&s", &name))
        if (g_str_has_prefix(name, ":1.")) /* the form that dbus-daemon and dbus-broker give */
            g_ptr_array_add(search->names, g_strdup(name));
    g_ptr_array_sort(search->names, by_age);
    search->next = search->names->len;
    look(G_DBUS_CONNECTION(source), g_steal_pointer(&search));
}

void
user_name_find(GDBusConnection *connection, guint32 uid, GCancellable *cancellable,
               UserNameFound found, gpointer user_data)
{
    Search *search = g_new0(Search, 1);

    search->cancellable = g_object_ref(cancellable);
    search->uid = uid;
    search->names = g_ptr_array_new_with_free_func(g_free);
    search->found = found;
    search->user_data = user_data;
    g_dbus_connection_call(connection, BUS_NAME, BUS_PATH, BUS_NAME, "ListNames", NULL,
                           G_VARIANT_TYPE("(as)"), G_DBUS_CALL_FLAGS_NONE, -1, cancellable,
                           on_names, search);
}
