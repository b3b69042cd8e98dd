/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include "config.h"
#include "json.h"
#include "remote.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

#define BUS "org.coati.Gateway1"
#define PATH "/org/coati/Gateway1"
#define INTERFACE "org.coati.Gateway1.Gateway"

enum { PAGE = 500, TIMEOUT_MS = 30000 };

static GVariant *
call(Cli *cli, const char *method, GVariant *parameters, const char *type, GError **error)
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

static ExitCode
fail(const GError *error)
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

/* --- values --- */

static void
print_json(const char *name, GVariant *value)
{
    JsonObject *object = json_object_new();

    json_object_set_member(object, name, json_gvariant_serialize(value));
    json_print(object, FALSE);
}

static void
print_object(GVariant *dict)
{
    g_autoptr(JsonNode) node = json_gvariant_serialize(dict);

    json_print(json_object_ref(json_node_get_object(node)), FALSE);
}

static char *
text_of(GVariant *dict, const char *key)
{
    g_autoptr(GVariant) value = g_variant_lookup_value(dict, key, NULL);

    if (value == NULL)
        return g_strdup("-");
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
        return g_strdup(
            g_variant_get_string(value, NULL)[0] != '\0' ? g_variant_get_string(value, NULL) : "-");
    return g_variant_print(value, FALSE);
}

static guint64
number_of(GVariant *dict, const char *key)
{
    guint64 number = 0;

    g_variant_lookup(dict, key, "t", &number);
    return number;
}

/* All pages of a list as aa{sv}; floating. */
static GVariant *
fetch_list(Cli *cli, const char *method, GError **error)
{
    GVariantBuilder all;
    guint32 total = 1;

    g_variant_builder_init(&all, G_VARIANT_TYPE("aa{sv}"));
    for (guint32 offset = 0; offset < total; offset += PAGE) {
        g_autoptr(GVariantIter) page = NULL;
        g_autoptr(GVariant) reply =
            call(cli, method, g_variant_new("(uu)", offset, PAGE), "(aa{sv}u)", error);
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
    return g_variant_builder_end(&all);
}

static void
print_session(GVariant *session)
{
    static const char *const keys[] = {"session", "user", "address", "peer", "state"};
    g_autofree char *since = say_duration(number_of(session, "seconds"));
    g_autofree char *in = say_octets(number_of(session, "octets-in"));
    g_autofree char *out = say_octets(number_of(session, "octets-out"));
    g_autoptr(GString) line = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *text = text_of(session, keys[i]);

        g_string_append_printf(line, "%-*s  ", i == 0 ? 6 : (i == 3 ? 22 : 15), text);
    }
    say_line("%s%s  in %s, out %s", line->str, since, in, out);
}

ExitCode
command_gateway_sessions(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) list = fetch_list(cli, "ListSessions", &error);
    GVariantIter iter;
    GVariant *session;

    if (list == NULL)
        return fail(error);
    g_variant_ref_sink(list);
    if (cli->options.json) {
        print_json("sessions", list);
        return EXIT_OK;
    }
    g_variant_iter_init(&iter, list);
    while ((session = g_variant_iter_next_value(&iter)) != NULL) {
        print_session(session);
        g_variant_unref(session);
    }
    return EXIT_OK;
}

/* One line for each user: how many sessions, and their addresses. */
static GHashTable *
by_user(GVariant *list)
{
    GHashTable *users =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    GVariantIter iter;
    GVariant *session;

    g_variant_iter_init(&iter, list);
    while ((session = g_variant_iter_next_value(&iter)) != NULL) {
        g_autofree char *user = text_of(session, "user");
        GPtrArray *addresses = g_hash_table_lookup(users, user);

        if (addresses == NULL && strcmp(user, "-") != 0) {
            addresses = g_ptr_array_new_with_free_func(g_free);
            g_hash_table_insert(users, g_strdup(user), addresses);
        }
        if (addresses != NULL)
            g_ptr_array_add(addresses, text_of(session, "address"));
        g_variant_unref(session);
    }
    return users;
}

ExitCode
command_gateway_users(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) list = fetch_list(cli, "ListSessions", &error);
    g_autoptr(GHashTable) users = NULL;
    g_autoptr(GList) names = NULL;
    JsonArray *array = json_array_new();

    if (list == NULL) {
        json_array_unref(array);
        return fail(error);
    }
    g_variant_ref_sink(list);
    users = by_user(list);
    names = g_list_sort(g_hash_table_get_keys(users), (GCompareFunc)strcmp);
    for (const GList *at = names; at != NULL; at = at->next) {
        GPtrArray *addresses = g_hash_table_lookup(users, at->data);
        JsonObject *object = json_object_new();
        JsonArray *texts = json_array_new();

        for (guint i = 0; i < addresses->len; i++)
            json_array_add_string_element(texts, addresses->pdata[i]);
        json_object_set_string_member(object, "user", at->data);
        json_object_set_array_member(object, "addresses", texts);
        json_array_add_object_element(array, object);
        if (!cli->options.json)
            say_line("%-20s  %u  %s", (const char *)at->data, addresses->len,
                     (const char *)addresses->pdata[0]);
    }
    if (cli->options.json) {
        JsonObject *object = json_object_new();

        json_object_set_array_member(object, "users", array);
        json_print(object, FALSE);
    } else {
        json_array_unref(array);
    }
    return EXIT_OK;
}

static void
print_dict(GVariant *dict)
{
    GVariantIter iter;
    const char *key;
    GVariant *value;

    g_variant_iter_init(&iter, dict);
    while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
        g_autofree char *text = text_of(dict, key);

        say_line("%-20s %s", key, text);
        g_variant_unref(value);
    }
}

static ExitCode
print_reply(Cli *cli, GVariant *reply, const GError *error)
{
    g_autoptr(GVariant) dict = NULL;

    if (reply == NULL)
        return fail(error);
    dict = g_variant_get_child_value(reply, 0);
    if (cli->options.json)
        print_object(dict);
    else
        print_dict(dict);
    return EXIT_OK;
}

ExitCode
command_gateway_show(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = NULL;
    guint64 session;

    if (!g_ascii_string_to_unsigned(arguments[0], 10, 1, G_MAXINT64, &session, NULL)) {
        say_error("This is no number of a session", arguments[0],
                  "coatictl gateway sessions shows them.");
        return EXIT_USAGE;
    }
    reply = call(cli, "GetSession", g_variant_new("(t)", session), "(a{sv})", &error);
    return print_reply(cli, reply, error);
}

ExitCode
command_gateway_status(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = call(cli, "GetStatus", NULL, "(a{sv})", &error);

    return print_reply(cli, reply, error);
}

ExitCode
command_gateway_kick(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        call(cli, "Kick", g_variant_new("(s)", arguments[0]), "(u)", &error);
    guint32 count = 0;

    if (reply == NULL)
        return fail(error);
    g_variant_get(reply, "(u)", &count);
    say_progress(cli, "%u told to go", count);
    return EXIT_OK;
}

static ExitCode
print_rows(Cli *cli, GVariant *list, const char *name, const char *const keys[3])
{
    GVariantIter iter;
    GVariant *row;

    if (cli->options.json) {
        print_json(name, list);
        return EXIT_OK;
    }
    g_variant_iter_init(&iter, list);
    while ((row = g_variant_iter_next_value(&iter)) != NULL) {
        g_autofree char *first = text_of(row, keys[0]);
        g_autofree char *second = text_of(row, keys[1]);
        g_autofree char *third = keys[2] != NULL ? text_of(row, keys[2]) : g_strdup("");

        say_line("%-20s  %-20s  %s", first, second, third);
        g_variant_unref(row);
    }
    return EXIT_OK;
}

ExitCode
command_gateway_leases(Cli *cli, char **arguments)
{
    static const char *const keys[] = {"address", "user", "is-used"};
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) list = fetch_list(cli, "ListLeases", &error);

    if (list == NULL)
        return fail(error);
    g_variant_ref_sink(list);
    return print_rows(cli, list, "leases", keys);
}

ExitCode
command_gateway_bans(Cli *cli, char **arguments)
{
    static const char *const keys[] = {"name", "left-seconds", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = call(cli, "ListBans", NULL, "(aa{sv})", &error);
    g_autoptr(GVariant) list = NULL;

    if (reply == NULL)
        return fail(error);
    list = g_variant_get_child_value(reply, 0);
    return print_rows(cli, list, "bans", keys);
}

static ExitCode
do_it(Cli *cli, const char *method, GVariant *parameters)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = call(cli, method, parameters, NULL, &error);

    return reply != NULL ? EXIT_OK : fail(error);
}

ExitCode
command_gateway_ban(Cli *cli, char **arguments)
{
    guint64 seconds = 0;

    if (arguments[1] != NULL &&
        !g_ascii_string_to_unsigned(arguments[1], 10, 1, G_MAXUINT32, &seconds, NULL)) {
        say_error("This is no number of seconds", arguments[1], NULL);
        return EXIT_USAGE;
    }
    return do_it(cli, "Ban", g_variant_new("(su)", arguments[0], (guint32)seconds));
}

ExitCode
command_gateway_unban(Cli *cli, char **arguments)
{
    return do_it(cli, "Unban", g_variant_new("(s)", arguments[0]));
}

ExitCode
command_gateway_drain(Cli *cli, char **arguments)
{
    gboolean is_off = g_strcmp0(arguments[0], "off") == 0;

    if (arguments[0] != NULL && !is_off && strcmp(arguments[0], "on") != 0) {
        say_error("Neither \"on\" nor \"off\"", arguments[0], NULL);
        return EXIT_USAGE;
    }
    return do_it(cli, "Drain", g_variant_new("(b)", !is_off));
}

ExitCode
command_gateway_reload(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = call(cli, "Reload", NULL, "(as)", &error);
    g_autoptr(GVariantIter) warnings = NULL;
    const char *text;

    if (reply == NULL)
        return fail(error);
    g_variant_get(reply, "(as)", &warnings);
    while (g_variant_iter_next(warnings, "&s", &text))
        say("warning: %s", text);
    return EXIT_OK;
}

ExitCode
command_gateway_metrics(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = call(cli, "GetMetrics", NULL, "(s)", &error);
    const char *text;

    if (reply == NULL)
        return fail(error);
    g_variant_get(reply, "(&s)", &text);
    fputs(text, stdout);
    return EXIT_OK;
}

static void
on_event(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
         const char *signal, GVariant *parameters, gpointer user_data)
{
    Cli *cli = user_data;
    g_autofree char *now = json_now();
    g_autoptr(GVariant) values = NULL;
    const char *event;

    g_variant_get(parameters, "(&s@a{sv})", &event, &values);
    if (cli->options.json) {
        g_autoptr(JsonNode) node = json_gvariant_serialize(values);
        JsonObject *object = json_object_ref(json_node_get_object(node));

        json_object_set_string_member(object, "time", now);
        json_object_set_string_member(object, "event", event);
        json_print(object, TRUE);
    } else {
        g_autofree char *session = text_of(values, "session");
        g_autofree char *user = text_of(values, "user");
        g_autofree char *peer = text_of(values, "peer");
        g_autofree char *text = text_of(values, "text");

        say_line("%s  %s  session %s  %s  %s: %s", now, event, session, user, peer, text);
    }
    fflush(stdout);
}

ExitCode
command_gateway_events(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    guint watch;

    if (!remote_open(cli, &error))
        return fail(error);
    watch = g_dbus_connection_signal_subscribe(cli->bus, BUS, INTERFACE, "Event", PATH, NULL,
                                               G_DBUS_SIGNAL_FLAGS_NONE, on_event, cli, NULL);
    while (!g_cancellable_is_cancelled(cli->cancellable))
        g_main_context_iteration(NULL, TRUE);
    g_dbus_connection_signal_unsubscribe(cli->bus, watch);
    return EXIT_OK;
}

/* The service's own reader looks at the file, as this user: no kernel, socket or bus is needed. */
ExitCode
command_gateway_check(Cli *cli, char **arguments)
{
    const char *argv[] = {COATI_LIBEXECDIR "/coatid", "--gateway-check", arguments[0], NULL};
    const char *other = g_getenv("COATI_COATID");
    g_autoptr(GError) error = NULL;
    g_autofree char *said = NULL;
    g_autofree char *problem = NULL;
    gint status = 0;

    if (other != NULL)
        argv[0] = other;
    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, &problem,
                      &status, &error)) {
        say_error("Cannot run coatid", error->message, NULL);
        return EXIT_NO_SERVICE;
    }
    g_strchomp(said);
    g_strchomp(problem);
    if (cli->options.json) {
        JsonObject *object = json_object_new();
        JsonArray *warnings = json_array_new();
        g_auto(GStrv) lines = g_strsplit(said, "\n", -1);

        for (guint i = 0; lines[i] != NULL; i++)
            if (lines[i][0] != '\0')
                json_array_add_string_element(warnings, lines[i]);
        json_object_set_boolean_member(object, "is-good", status == 0);
        json_object_set_string_member(object, "error", problem);
        json_object_set_array_member(object, "warnings", warnings);
        json_print(object, FALSE);
    } else if (status != 0) {
        say_error(problem, NULL, NULL);
    } else if (said[0] != '\0') {
        say_text(said);
    }
    return status == 0 ? EXIT_OK : EXIT_UNKNOWN;
}
