/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote.h"
#include "say.h"
#include "show.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

enum { DOWN_SECONDS = 30 };

static gboolean
is_over(const char *state)
{
    return strcmp(state, "disconnected") == 0 || strcmp(state, "failed") == 0;
}

/* Until the tunnel has ended or its object is gone. */
static ExitCode
wait_until_down(Cli *cli, Watch *watch, const char *tunnel)
{
    for (;;) {
        g_autoptr(GVariant) properties = remote_properties(cli, tunnel, CLI_TUNNEL, NULL);
        g_autoptr(GVariantDict) dict = properties != NULL ? g_variant_dict_new(properties) : NULL;
        g_autoptr(WatchNews) news = NULL;

        if (dict == NULL || is_over(remote_text(dict, "State")))
            return cli->is_interrupted ? EXIT_CANCELLED : EXIT_OK;
        news = watch_next(watch);
        if (news->event == WATCH_TIMEOUT) {
            say_error("The tunnel does not come down", NULL,
                      "See what the service says: journalctl -u coatid");
            return EXIT_DEACTIVATION;
        }
        if (news->event == WATCH_INTERRUPTED)
            return EXIT_CANCELLED;
        if (news->event == WATCH_GONE)
            return EXIT_OK;
    }
}

static void
say_sum(const char *id, guint64 seconds, GVariant *statistics)
{
    g_autofree char *duration = say_duration(seconds);
    g_autofree char *in = NULL;
    g_autofree char *out = NULL;
    guint64 octets_in = 0;
    guint64 octets_out = 0;

    if (statistics == NULL || seconds == 0) {
        say_line("Disconnected %s.", id);
        return;
    }
    g_variant_lookup(statistics, "octets-in", "t", &octets_in);
    g_variant_lookup(statistics, "octets-out", "t", &octets_out);
    in = say_octets(octets_in);
    out = say_octets(octets_out);
    say_line("Disconnected %s after %s: %s received, %s sent.", id, duration, in, out);
}

static ExitCode
disconnect(Cli *cli, const RemoteProfile *profile)
{
    const char *id = remote_text(profile->properties, "Id");
    guint64 seconds = show_seconds_up(profile->tunnel);
    g_autoptr(Watch) watch = watch_new(cli, DOWN_SECONDS);
    g_autoptr(GVariant) counted = NULL;
    g_autoptr(GVariant) statistics = NULL;
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GError) error = NULL;
    ExitCode code;

    counted =
        remote_call(cli, profile->tunnel_path, CLI_TUNNEL, "GetStatistics", NULL, "(a{sv})", NULL);
    if (counted != NULL)
        statistics = g_variant_get_child_value(counted, 0);
    reply = remote_call(cli, profile->tunnel_path, CLI_TUNNEL, "Disconnect", NULL, NULL, &error);
    if (reply == NULL)
        return remote_fail(error, id);
    code = wait_until_down(cli, watch, profile->tunnel_path);
    if (code == EXIT_OK && !cli->options.quiet)
        say_sum(id, seconds, statistics);
    return code;
}

/* One that has failed may still hold its lock (network.lockdown). */
static gboolean
is_up(const RemoteProfile *profile)
{
    gboolean is_locked = FALSE;

    if (profile->tunnel == NULL)
        return FALSE;
    g_variant_dict_lookup(profile->tunnel, "Locked", "b", &is_locked);
    return is_locked || !is_over(remote_text(profile->tunnel, "State"));
}

static ExitCode
disconnect_many(Cli *cli, GPtrArray *profiles, gboolean is_all)
{
    g_autoptr(GPtrArray) up = g_ptr_array_new();
    ExitCode code = EXIT_OK;

    for (guint i = 0; i < profiles->len; i++)
        if (is_up(profiles->pdata[i]))
            g_ptr_array_add(up, profiles->pdata[i]);
    if (up->len == 0) {
        puts("Nothing is connected.");
        return EXIT_OK;
    }
    if (up->len > 1 && !is_all) {
        say_error("Several profiles are up", NULL, "Name one, or use --all.");
        return EXIT_USAGE;
    }
    for (guint i = 0; i < up->len; i++) {
        ExitCode here = disconnect(cli, up->pdata[i]);

        code = here != EXIT_OK ? here : code;
    }
    return code;
}

ExitCode
command_down(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    ExitCode code = EXIT_OK;
    RemoteProfile *profile;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    if (arguments[0] == NULL)
        return disconnect_many(cli, profiles, cli->options.all);
    profile = remote_find_profile(profiles, arguments[0], &code);
    if (profile == NULL)
        return code;
    if (is_up(profile))
        return disconnect(cli, profile);
    say_line("%s is not connected.", remote_text(profile->properties, "Id"));
    return EXIT_OK;
}
