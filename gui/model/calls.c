/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "calls.h"

void
bus_call(GDBusConnection *bus, const char *path, const char *interface, const char *method,
         GVariant *parameters, const char *reply_type, GCancellable *cancellable,
         GAsyncReadyCallback callback, gpointer user_data)
{
    g_dbus_connection_call(bus, BUS_NAME, path, interface, method, parameters,
                           reply_type != NULL ? G_VARIANT_TYPE(reply_type) : NULL,
                           G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, cancellable,
                           callback, user_data);
}

GVariant *
bus_call_finish(GObject *source, GAsyncResult *result, GError **error)
{
    return g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, error);
}

Values *
values_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
}

void
values_take(Values *values, GVariant *dictionary)
{
    GVariantIter iter;
    const char *name;
    GVariant *value;

    g_variant_iter_init(&iter, dictionary);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value))
        g_hash_table_replace(values, g_strdup(name), value);
}

GVariant *
values_get(Values *values, const char *name)
{
    return g_hash_table_lookup(values, name);
}

const char *
values_text(Values *values, const char *name)
{
    GVariant *value = values_get(values, name);

    if (value == NULL || (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) &&
                          !g_variant_is_of_type(value, G_VARIANT_TYPE_OBJECT_PATH)))
        return "";
    return g_variant_get_string(value, NULL);
}

guint64
values_number(Values *values, const char *name)
{
    GVariant *value = values_get(values, name);

    if (value == NULL)
        return 0;
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
        return g_variant_get_uint64(value);
    return g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32) ? g_variant_get_uint32(value) : 0;
}

gboolean
values_boolean(Values *values, const char *name, gboolean fallback)
{
    GVariant *value = values_get(values, name);

    return value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)
               ? g_variant_get_boolean(value)
               : fallback;
}

char *
values_list(Values *values, const char *name)
{
    GVariant *value = values_get(values, name);
    g_autofree const char **items = NULL;

    if (value == NULL || !g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY))
        return g_strdup("");
    items = g_variant_get_strv(value, NULL);
    return g_strjoinv(", ", (char **)items);
}
