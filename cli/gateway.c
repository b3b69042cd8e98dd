/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a gateway says of itself, its guests and what happened. */
#include "gateway.h"

#include "gateway-bus.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

/* --- one thing --- */

static void
print_dict(GVariant *dict)
{
    GVariantIter iter;
    const char *key;
    GVariant *value;

    g_variant_iter_init(&iter, dict);
    while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
        g_autofree char *text = gateway_text(dict, key);

        say_line("%-20s %s", key, text);
        g_variant_unref(value);
    }
}

static ExitCode
print_reply(Cli *cli, GVariant *reply, const GError *error)
{
    g_autoptr(GVariant) dict = NULL;

    if (reply == NULL)
        return gateway_fail(error);
    dict = g_variant_get_child_value(reply, 0);
    if (cli->options.json)
        json_print(gateway_json(dict), FALSE);
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
    reply = gateway_call(cli, "GetSession", g_variant_new("(t)", session), "(a{sv})", &error);
    return print_reply(cli, reply, error);
}

ExitCode
command_gateway_status(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = gateway_call(cli, "GetStatus", NULL, "(a{sv})", &error);

    return print_reply(cli, reply, error);
}

/* --- lists --- */

typedef void (*PrintRow)(GVariant *row);

/* taken: the list, or NULL: error says why. */
static ExitCode
print_rows(Cli *cli, GVariant *taken, const GError *error, const char *name, PrintRow print)
{
    g_autoptr(GVariant) list = taken;
    GVariantIter iter;
    GVariant *row;

    if (list == NULL)
        return gateway_fail(error);
    if (cli->options.json) {
        gateway_print_list(name, list);
        return EXIT_OK;
    }
    g_variant_iter_init(&iter, list);
    while ((row = g_variant_iter_next_value(&iter)) != NULL) {
        print(row);
        g_variant_unref(row);
    }
    return EXIT_OK;
}

static void
print_session(GVariant *session)
{
    static const char *const keys[] = {"session", "user", "address", "peer", "state"};
    g_autofree char *since = say_duration(gateway_number(session, "seconds"));
    g_autofree char *in = say_octets(gateway_number(session, "octets-in"));
    g_autofree char *out = say_octets(gateway_number(session, "octets-out"));
    g_autoptr(GString) line = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *text = gateway_text(session, keys[i]);

        g_string_append_printf(line, "%-*s  ", i == 0 ? 6 : (i == 3 ? 22 : 15), text);
    }
    say_line("%s%s  in %s, out %s", line->str, since, in, out);
}

ExitCode
command_gateway_sessions(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *list = gateway_pages(cli, "ListSessions", &error);

    return print_rows(cli, list, error, "sessions", print_session);
}

static void
print_pool(GVariant *pool)
{
    g_autofree char *name = gateway_text(pool, "name");
    g_autofree char *first = gateway_text(pool, "first");
    g_autofree char *size = gateway_text(pool, "size");
    g_autofree char *used = gateway_text(pool, "used");

    say_line("%-20s  from %-20s  %s of %s in use", name, first, used, size);
}

ExitCode
command_gateway_pools(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *list = gateway_list(cli, "ListPools", NULL, &error);

    return print_rows(cli, list, error, "pools", print_pool);
}

static void
print_lease(GVariant *lease)
{
    g_autofree char *address = gateway_text(lease, "address");
    g_autofree char *user = gateway_text(lease, "user");
    gboolean is_used = FALSE;

    g_variant_lookup(lease, "is-used", "b", &is_used);
    say_line("%-20s  %-20s  %s", address, user, is_used ? "in use" : "free");
}

ExitCode
command_gateway_leases(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *list = gateway_pages(cli, "ListLeases", &error);

    return print_rows(cli, list, error, "leases", print_lease);
}

static void
print_ban(GVariant *ban)
{
    g_autofree char *name = gateway_text(ban, "name");
    gint64 left_seconds = -1;
    g_autofree char *left = NULL;

    g_variant_lookup(ban, "left-seconds", "x", &left_seconds);
    left = left_seconds >= 0 ? say_duration((guint64)left_seconds) : g_strdup("no end");
    say_line("%-40s  %s", name, left);
}

ExitCode
command_gateway_bans(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *list = gateway_list(cli, "ListBans", NULL, &error);

    return print_rows(cli, list, error, "bans", print_ban);
}

/* --- users: sessions by name --- */

/* user -> GPtrArray of addresses */
static GHashTable *
by_user(GVariant *list)
{
    GHashTable *users =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    GVariantIter iter;
    GVariant *session;

    g_variant_iter_init(&iter, list);
    while ((session = g_variant_iter_next_value(&iter)) != NULL) {
        g_autofree char *user = gateway_text(session, "user");
        GPtrArray *addresses = g_hash_table_lookup(users, user);

        if (addresses == NULL && strcmp(user, "-") != 0) {
            addresses = g_ptr_array_new_with_free_func(g_free);
            g_hash_table_insert(users, g_strdup(user), addresses);
        }
        if (addresses != NULL)
            g_ptr_array_add(addresses, gateway_text(session, "address"));
        g_variant_unref(session);
    }
    return users;
}

static JsonObject *
json_of_user(const char *user, const GPtrArray *addresses)
{
    JsonObject *object = json_object_new();
    JsonArray *texts = json_array_new();

    for (guint i = 0; i < addresses->len; i++)
        json_array_add_string_element(texts, addresses->pdata[i]);
    json_object_set_string_member(object, "user", user);
    json_object_set_array_member(object, "addresses", texts);
    return object;
}

static void
print_user(const char *user, const GPtrArray *addresses)
{
    g_autoptr(GString) line = g_string_new(NULL);

    for (guint i = 0; i < addresses->len; i++)
        g_string_append_printf(line, "%s%s", i > 0 ? ", " : "", (char *)addresses->pdata[i]);
    say_line("%-20s  %u  %s", user, addresses->len, line->str);
}

ExitCode
command_gateway_users(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) list = gateway_pages(cli, "ListSessions", &error);
    g_autoptr(GHashTable) users = NULL;
    g_autoptr(GList) names = NULL;
    g_autoptr(JsonArray) array = json_array_new();

    if (list == NULL)
        return gateway_fail(error);
    users = by_user(list);
    names = g_list_sort(g_hash_table_get_keys(users), (GCompareFunc)strcmp);
    for (const GList *at = names; at != NULL; at = at->next) {
        const GPtrArray *addresses = g_hash_table_lookup(users, at->data);

        if (cli->options.json)
            json_array_add_object_element(array, json_of_user(at->data, addresses));
        else
            print_user(at->data, addresses);
    }
    if (cli->options.json) {
        JsonObject *object = json_object_new();

        json_object_set_array_member(object, "users", g_steal_pointer(&array));
        json_print(object, FALSE);
    }
    return EXIT_OK;
}

/* --- events --- */

static char *
time_text(GVariant *event)
{
    gint64 seconds = 0;
    g_autoptr(GDateTime) time = NULL;

    g_variant_lookup(event, "time", "x", &seconds);
    time = g_date_time_new_from_unix_utc(seconds);
    return g_date_time_format_iso8601(time);
}

static void
print_event(GVariant *event)
{
    g_autofree char *time = time_text(event);
    g_autofree char *name = gateway_text(event, "event");
    g_autofree char *session = gateway_text(event, "session");
    g_autofree char *user = gateway_text(event, "user");
    g_autofree char *peer = gateway_text(event, "peer");
    g_autofree char *text = gateway_text(event, "text");

    say_line("%s session=%s user=%s peer=%s event=%s: %s", time, session, user, peer, name, text);
}

static void
on_event(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
         const char *signal, GVariant *parameters, gpointer user_data)
{
    const Cli *cli = user_data;
    g_autoptr(GVariant) event = g_variant_get_child_value(parameters, 1);

    if (cli->options.json)
        json_print(gateway_json(event), TRUE);
    else
        print_event(event);
    fflush(stdout);
}

/* The past as one object, the present as one for each line: what follows has no end. */
ExitCode
command_gateway_events(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *list;
    guint watch;

    if (!cli->options.follow) {
        list = gateway_list(cli, "ListEvents", g_variant_new("(s)", ""), &error);
        return print_rows(cli, list, error, "events", print_event);
    }
    watch = gateway_follow(cli, on_event, &error);
    if (watch == 0)
        return gateway_fail(error);
    while (!g_cancellable_is_cancelled(cli->cancellable))
        g_main_context_iteration(NULL, TRUE);
    g_dbus_connection_signal_unsubscribe(cli->bus, watch);
    return EXIT_OK;
}

static void
print_trouble(GVariant *event)
{
    g_autofree char *time = time_text(event);
    g_autofree char *name = gateway_text(event, "event");
    g_autofree char *session = gateway_text(event, "session");
    g_autofree char *user = gateway_text(event, "user");
    g_autofree char *peer = gateway_text(event, "peer");
    g_autofree char *text = gateway_text(event, "text");
    g_autofree char *advice = gateway_text(event, "advice");

    say_line("%s  %s: user %s, peer %s, session %s", time, name, user, peer, session);
    say_line("    %s", text);
    if (strcmp(advice, "-") != 0)
        say_line("    -> %s", advice);
}

static GVariant *
keep_troubles(GVariant *list)
{
    GVariantBuilder kept;
    GVariantIter iter;
    GVariant *event;

    g_variant_builder_init(&kept, G_VARIANT_TYPE("aa{sv}"));
    g_variant_iter_init(&iter, list);
    while ((event = g_variant_iter_next_value(&iter)) != NULL) {
        gboolean is_trouble = FALSE;

        g_variant_lookup(event, "is-trouble", "b", &is_trouble);
        if (is_trouble)
            g_variant_builder_add_value(&kept, event);
        g_variant_unref(event);
    }
    return g_variant_ref_sink(g_variant_builder_end(&kept));
}

ExitCode
command_gateway_explain(Cli *cli, char **arguments)
{
    const char *about = arguments[0] != NULL ? arguments[0] : "";
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) list = gateway_list(cli, "ListEvents", g_variant_new("(s)", about), &error);
    GVariant *troubles;

    if (list == NULL)
        return gateway_fail(error);
    troubles = keep_troubles(list);
    if (!cli->options.json && g_variant_n_children(troubles) == 0)
        say("Nothing went wrong%s%s, as far as is remembered", about[0] != '\0' ? " for " : "",
            about);
    return print_rows(cli, troubles, NULL, "troubles", print_trouble);
}
