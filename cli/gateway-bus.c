/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway-bus.h"

#include "config.h"
#include "remote.h"
#include "say.h"

#include <string.h>

#define BUS "org.coati.Gateway1"
#define PATH "/org/coati/Gateway1"
#define INTERFACE "org.coati.Gateway1.Gateway"

enum { PAGE = 500, TIMEOUT_MS = 30000 };

GVariant *
gateway_call(Cli *cli, const char *method, GVariant *parameters, const char *type, GError **error)
{
    if (!remote_open(cli, error)) {
        if (parameters != NULL)
            g_variant_unref(g_variant_ref_sink(parameters));
        return NULL;
    }
    return g_dbus_connection_call_sync(cli->bus, BUS, PATH, INTERFACE, method, parameters,
                                       type != NULL ? G_VARIANT_TYPE(type) : NULL,
                                       G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS,
                                       cli->cancellable, error);
}

guint
gateway_follow(Cli *cli, GDBusSignalCallback callback, GError **error)
{
    g_autoptr(GVariant) reply = gateway_call(cli, "Follow", NULL, "()", error);

    if (reply == NULL)
        return 0;
    return g_dbus_connection_signal_subscribe(cli->bus, BUS, INTERFACE, "Event", PATH, NULL,
                                              G_DBUS_SIGNAL_FLAGS_NONE, callback, cli, NULL);
}

ExitCode
gateway_fail(const GError *error)
{
    g_autofree char *name =
        g_dbus_error_is_remote_error(error) ? g_dbus_error_get_remote_error(error) : NULL;
    g_autoptr(GError) bare = g_error_copy(error);

    g_dbus_error_strip_remote_error(bare);
    if (g_strcmp0(name, "org.freedesktop.DBus.Error.ServiceUnknown") == 0 ||
        g_strcmp0(name, "org.freedesktop.DBus.Error.NameHasNoOwner") == 0) {
        say_error("No gateway is running on this machine", NULL,
                  "Start it as root: systemctl start coati-gateway");
        return EXIT_NO_SERVICE;
    }
    if (g_strcmp0(name, "org.freedesktop.DBus.Error.AccessDenied") == 0) {
        say_error("Only root may ask the gateway", NULL,
                  "org.coati.Gateway1.conf says how to open it for a group.");
        return EXIT_NOT_AUTHORIZED;
    }
    say_error(bare->message, NULL, NULL);
    return g_strcmp0(name, BUS ".Error.NotFound") == 0 ? EXIT_NOT_FOUND : EXIT_UNKNOWN;
}

GVariant *
gateway_list(Cli *cli, const char *method, GVariant *parameters, GError **error)
{
    g_autoptr(GVariant) reply = gateway_call(cli, method, parameters, "(aa{sv})", error);

    return reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
}

GVariant *
gateway_pages(Cli *cli, const char *method, GError **error)
{
    GVariantBuilder all;
    guint32 total = 1;

    g_variant_builder_init(&all, G_VARIANT_TYPE("aa{sv}"));
    for (guint32 offset = 0; offset < total; offset += PAGE) {
        g_autoptr(GVariantIter) page = NULL;
        g_autoptr(GVariant) reply =
            gateway_call(cli, method, g_variant_new("(uu)", offset, PAGE), "(aa{sv}u)", error);
        GVariant *item;

        if (reply == NULL) {
            g_variant_builder_clear(&all);
            return NULL;
        }
        g_variant_get(reply, "(aa{sv}u)", &page, &total);
        while ((item = g_variant_iter_next_value(page)) != NULL) {
            g_variant_builder_add_value(&all, item);
            g_variant_unref(item);
        }
    }
    return g_variant_ref_sink(g_variant_builder_end(&all));
}

gboolean
gateway_run_coatid(const char *const *options, char **ret_said, char **ret_problem,
                   gint *ret_status, GError **error)
{
    const char *other = g_getenv("COATI_COATID");
    g_autoptr(GPtrArray) argv = g_ptr_array_new();

    g_ptr_array_add(argv, (char *)(other != NULL ? other : COATI_LIBEXECDIR "/coatid"));
    for (; *options != NULL; options++)
        g_ptr_array_add(argv, (char *)*options);
    g_ptr_array_add(argv, NULL);
    if (!g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, ret_said,
                      ret_problem, ret_status, error))
        return FALSE;
    g_strchomp(*ret_said);
    g_strchomp(*ret_problem);
    return TRUE;
}

char *
gateway_text(GVariant *dict, const char *key)
{
    g_autoptr(GVariant) value = g_variant_lookup_value(dict, key, NULL);

    if (value == NULL)
        return g_strdup("-");
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return g_strdup(
            g_variant_get_string(value, NULL)[0] != '\0' ? g_variant_get_string(value, NULL) : "-");
    return g_variant_print(value, FALSE);
}

guint64
gateway_number(GVariant *dict, const char *key)
{
    guint64 number = 0;

    g_variant_lookup(dict, key, "t", &number);
    return number;
}

JsonObject *
gateway_json(GVariant *dict)
{
    JsonObject *object = json_object_new();
    GVariantIter iter;
    const char *key;
    GVariant *value;

    g_variant_iter_init(&iter, dict);
    while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
        g_autofree char *name = g_strdelimit(g_strdup(key), "-", '_');

        json_object_set_member(object, name, json_gvariant_serialize(value));
        g_variant_unref(value);
    }
    return object;
}

void
gateway_print_list(const char *name, GVariant *list)
{
    JsonObject *object = json_object_new();
    JsonArray *array = json_array_new();
    GVariantIter iter;
    GVariant *item;

    g_variant_iter_init(&iter, list);
    while ((item = g_variant_iter_next_value(&iter)) != NULL) {
        json_array_add_object_element(array, gateway_json(item));
        g_variant_unref(item);
    }
    json_object_set_array_member(object, name, array);
    json_print(object, FALSE);
}
