/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatictl status, wait, stats, why: what is, and what was. */
#include "config.h"
#include "json.h"
#include "remote.h"
#include "say.h"
#include "show.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

/* The profiles that the arguments name: one, or all. */
static GPtrArray *
chosen(GPtrArray *profiles, const char *name, ExitCode *ret_code)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    RemoteProfile *profile;

    if (name != NULL) {
        profile = remote_find_profile(profiles, name, ret_code);
        if (profile == NULL)
            return NULL;
        g_ptr_array_add(list, profile);
        return g_steal_pointer(&list);
    }
    for (guint i = 0; i < profiles->len; i++)
        g_ptr_array_add(list, profiles->pdata[i]);
    return g_steal_pointer(&list);
}

static void
print_json(GPtrArray *list)
{
    JsonObject *object = json_object_new();
    JsonArray *array = json_array_new();

    for (guint i = 0; i < list->len; i++)
        json_array_add_object_element(array, json_of_profile(list->pdata[i]));
    json_object_set_string_member(object, "version", COATI_VERSION);
    json_object_set_array_member(object, "connections", array);
    json_print(object, FALSE);
}

static void
print_text(GPtrArray *list, gboolean has_details)
{
    guint up = 0;

    for (guint i = 0; i < list->len; i++) {
        const RemoteProfile *profile = list->pdata[i];

        if (has_details)
            show_details(profile);
        else if (profile->tunnel != NULL)
            show_line(profile);
        up += profile->tunnel != NULL;
    }
    if (up == 0 && !has_details)
        puts("Nothing is connected.");
}

static void
print_change(const Cli *cli, const char *id, const WatchNews *news)
{
    g_autofree char *now = json_now();
    JsonObject *object;

    if (!cli->options.json) {
        say_line("%s  %s  %s%s%s%s%s", now, id, news->state, news->reason[0] != '\0' ? "  " : "",
                 news->reason, news->detail[0] != '\0' ? ": " : "", news->detail);
        fflush(stdout);
        return;
    }
    object = json_object_new();
    json_object_set_string_member(object, "time", now);
    json_object_set_string_member(object, "connection", id);
    json_object_set_string_member(object, "state", news->state);
    json_object_set_string_member(object, "old_state", news->old_state);
    json_object_set_string_member(object, "reason", news->reason);
    json_object_set_string_member(object, "detail", news->detail);
    json_print(object, TRUE);
}

/* The name of a tunnel's profile; a tunnel that is gone already keeps its path. */
static char *
name_of_tunnel(Cli *cli, const char *path)
{
    g_autoptr(GVariant) properties = remote_properties(cli, path, CLI_TUNNEL, NULL);
    const char *id = NULL;

    if (properties != NULL)
        g_variant_lookup(properties, "ConnectionId", "&s", &id);
    return g_strdup(id != NULL ? id : path);
}

static ExitCode
follow(Cli *cli, Watch *watch, const char *name)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (;;) {
        g_autoptr(WatchNews) news = watch_next(watch);
        const char *id;

        if (news->event == WATCH_INTERRUPTED)
            return EXIT_OK;
        if (news->event == WATCH_GONE) {
            say_error("The Coati service went away", NULL, NULL);
            return EXIT_NO_SERVICE;
        }
        if (news->event != WATCH_STATE)
            continue;
        if (!g_hash_table_contains(names, news->path))
            g_hash_table_insert(names, g_strdup(news->path), name_of_tunnel(cli, news->path));
        id = g_hash_table_lookup(names, news->path);
        if (name == NULL || strcmp(id, name) == 0)
            print_change(cli, id, news);
    }
}

/* What is the case at the beginning, in the form of changes. */
static void
print_first(Cli *cli, GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const RemoteProfile *profile = list->pdata[i];
        WatchNews news = {.old_state = (char *)"", .reason = (char *)"", .detail = (char *)""};

        news.state = (char *)(profile->tunnel != NULL ? remote_text(profile->tunnel, "State")
                                                      : "disconnected");
        print_change(cli, remote_text(profile->properties, "Id"), &news);
    }
}

ExitCode
command_status(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Watch) watch = NULL;
    g_autoptr(GPtrArray) profiles = NULL;
    g_autoptr(GPtrArray) list = NULL;
    ExitCode code = EXIT_OK;

    if (!remote_open(cli, &error))
        return remote_fail(error, NULL);
    watch = watch_new(cli, 0);
    profiles = remote_connections(cli, &error);
    if (profiles == NULL)
        return remote_fail(error, NULL);
    list = chosen(profiles, arguments[0], &code);
    if (list == NULL)
        return code;
    if (cli->options.watch) {
        print_first(cli, list);
        return follow(cli, watch,
                      arguments[0] != NULL
                          ? remote_text(((RemoteProfile *)list->pdata[0])->properties, "Id")
                          : NULL);
    }
    if (cli->options.json)
        print_json(list);
    else
        print_text(list, arguments[0] != NULL || cli->options.verbose);
    return EXIT_OK;
}

/* Whether the profile is in the wanted state now. */
static gboolean
is_reached(const RemoteProfile *profile, gboolean wants_up)
{
    const char *state =
        profile->tunnel != NULL ? remote_text(profile->tunnel, "State") : "disconnected";

    if (wants_up)
        return strcmp(state, "connected") == 0;
    return strcmp(state, "disconnected") == 0 || strcmp(state, "failed") == 0;
}

static gboolean
reaches(Cli *cli, const char *name, gboolean wants_up, gboolean *ret_reached, ExitCode *ret_code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    RemoteProfile *profile;

    if (profiles == NULL) {
        *ret_code = remote_fail(error, NULL);
        return FALSE;
    }
    profile = remote_find_profile(profiles, name, ret_code);
    if (profile == NULL)
        return FALSE;
    *ret_reached = is_reached(profile, wants_up);
    return TRUE;
}

static ExitCode
wait_for(Cli *cli, Watch *watch, const char *name, gboolean wants_up)
{
    for (;;) {
        g_autoptr(WatchNews) news = NULL;
        gboolean is_there = FALSE;
        ExitCode code = EXIT_OK;

        if (!reaches(cli, name, wants_up, &is_there, &code))
            return code;
        if (is_there)
            return EXIT_OK;
        news = watch_next(watch);
        if (news->event == WATCH_TIMEOUT) {
            say("The time is over");
            return EXIT_TIMEOUT;
        }
        if (news->event == WATCH_INTERRUPTED)
            return EXIT_CANCELLED;
        if (news->event == WATCH_GONE) {
            say_error("The Coati service went away", NULL, NULL);
            return EXIT_NO_SERVICE;
        }
        if (news->event == WATCH_STATE && wants_up && strcmp(news->state, "failed") == 0) {
            g_autofree char *id = name_of_tunnel(cli, news->path);

            if (name == NULL || strcmp(id, name) == 0)
                return say_reason(news->reason, news->detail);
        }
    }
}

ExitCode
command_wait(Cli *cli, char **arguments)
{
    const char *state = cli->options.state != NULL ? cli->options.state : "connected";
    g_autoptr(GError) error = NULL;
    g_autoptr(Watch) watch = NULL;

    if (strcmp(state, "connected") != 0 && strcmp(state, "disconnected") != 0) {
        say_error("--for takes connected or disconnected", state, NULL);
        return EXIT_USAGE;
    }
    if (!remote_open(cli, &error))
        return remote_fail(error, NULL);
    watch = watch_new(cli, cli->options.timeout_seconds);
    return wait_for(cli, watch, arguments[0], strcmp(state, "connected") == 0);
}

static void
print_statistics(const char *id, GVariant *statistics)
{
    g_autoptr(GVariantDict) dict = g_variant_dict_new(statistics);
    g_autoptr(GVariant) drops =
        g_variant_lookup_value(statistics, "drops", G_VARIANT_TYPE("a{st}"));
    g_autofree char *in = say_octets(remote_number(dict, "octets-in"));
    g_autofree char *out = say_octets(remote_number(dict, "octets-out"));
    GVariantIter iter;
    const char *name;
    guint64 count;

    say_line("%s", id);
    say_line("  %-16s%s in %" G_GUINT64_FORMAT " packets", "Received", in,
             remote_number(dict, "packets-in"));
    say_line("  %-16s%s in %" G_GUINT64_FORMAT " packets", "Sent", out,
             remote_number(dict, "packets-out"));
    if (drops == NULL)
        return;
    g_variant_iter_init(&iter, drops);
    while (g_variant_iter_next(&iter, "{&st}", &name, &count))
        if (count > 0)
            say_line("  %-16s%" G_GUINT64_FORMAT " (%s)", "Dropped", count, name);
}

ExitCode
command_stats(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_connections(cli, &error);
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariant) statistics = NULL;
    ExitCode code = EXIT_OK;
    const char *id;
    RemoteProfile *profile;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    profile = remote_find_profile(profiles, arguments[0], &code);
    if (profile == NULL)
        return code;
    id = remote_text(profile->properties, "Id");
    if (profile->tunnel == NULL) {
        say_error("It is not connected", id, NULL);
        return EXIT_ACTIVATION;
    }
    reply = remote_call(cli, profile->tunnel_path, CLI_TUNNEL, "GetStatistics", NULL, "(a{sv})",
                        &error);
    if (reply == NULL)
        return remote_fail(error, id);
    statistics = g_variant_get_child_value(reply, 0);
    if (cli->options.json)
        json_print(json_of_statistics(statistics), FALSE);
    else
        print_statistics(id, statistics);
    return EXIT_OK;
}

static gboolean
has_failed(GVariant *ending)
{
    const char *reason;

    if (ending == NULL)
        return FALSE;
    g_variant_get_child(ending, 0, "&s", &reason);
    return reason[0] != '\0' && strcmp(reason, "none") != 0;
}

static void
print_ending(const Cli *cli, const char *id, GVariant *ending)
{
    const char *reason;
    const char *title;
    const char *hint;
    const char *detail;

    g_variant_get(ending, "(&s&s&s&s)", &reason, &title, &hint, &detail);
    if (cli->options.json) {
        json_print(json_of_error(reason, title, detail, hint), FALSE);
        return;
    }
    if (!has_failed(ending)) {
        say_line("%s has not failed.", id);
        return;
    }
    say_line("%s: %s", id, title);
    show_row("Reason", reason);
    show_row("Detail", detail);
    show_row("What to do", hint);
}

/* A connection of NetworkManager has no profile here; NULL where none of this name has ended. */
static GVariant *
transient_ending(Cli *cli, const char *name)
{
    return name != NULL ? remote_call(cli, CLI_ROOT, CLI_MANAGER, "GetTransientError",
                                      g_variant_new("(s)", name), "(ssss)", NULL)
                        : NULL;
}

ExitCode
command_why(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    g_autoptr(GVariant) transient = NULL;
    g_autoptr(GVariant) ending = NULL;
    ExitCode code = EXIT_OK;
    RemoteProfile *profile;
    const char *id;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    transient = transient_ending(cli, arguments[0]);
    if (transient != NULL && !remote_has_profile(profiles, arguments[0])) {
        print_ending(cli, arguments[0], transient);
        return EXIT_OK;
    }
    profile = remote_find_profile(profiles, arguments[0], &code);
    if (profile == NULL)
        return code;
    id = remote_text(profile->properties, "Id");
    ending =
        remote_call(cli, profile->path, CLI_CONNECTION, "GetLastError", NULL, "(ssss)", &error);
    if (ending == NULL)
        return remote_fail(error, id);
    /* NetworkManager may have a connection of the profile's name. */
    print_ending(cli, id, transient != NULL && !has_failed(ending) ? transient : ending);
    return EXIT_OK;
}
