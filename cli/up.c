/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatictl up: the one command that most people type. */
#include "agent.h"
#include "remote.h"
#include "say.h"
#include "secrets.h"
#include "show.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    Cli *cli;
    const char *id;
    const char *connection;
    char *tunnel;
    const char *stage; /* last one said */
} Attempt;

static const struct {
    const char *stage;
    const char *text;
} stages[] = {
    {"resolve", "Looking up the gateway..."},
    {"phase1", "Reaching the gateway and checking who it is..."},
    {"xauth", "Signing in..."},
    {"modecfg", "Getting an address..."},
    {"phase2", "Securing the traffic..."},
    {"network", "Setting up addresses, routes and names..."},
};

static void
say_stage(Attempt *attempt)
{
    g_autoptr(GVariant) properties =
        remote_properties(attempt->cli, attempt->tunnel, CLI_TUNNEL, NULL);
    g_autoptr(GVariantDict) dict = properties != NULL ? g_variant_dict_new(properties) : NULL;
    const char *stage = remote_text(dict, "Stage");

    for (guint i = 0; i < G_N_ELEMENTS(stages); i++)
        if (strcmp(stages[i].stage, stage) == 0 && attempt->stage != stages[i].stage) {
            attempt->stage = stages[i].stage;
            say_progress(attempt->cli, "%s", stages[i].text);
        }
}

/* Gives up; what the user interrupted or waited too long for must not come up later. */
static void
give_up(Attempt *attempt)
{
    g_autoptr(GVariant) reply = NULL;

    g_clear_object(&attempt->cli->cancellable);
    attempt->cli->cancellable = g_cancellable_new();
    reply = remote_call(attempt->cli, attempt->tunnel, CLI_TUNNEL, "Disconnect", NULL, NULL, NULL);
}

static ExitCode
say_connected(Attempt *attempt, gboolean was_up)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) properties =
        remote_properties(attempt->cli, attempt->tunnel, CLI_TUNNEL, &error);
    g_autoptr(GVariantDict) tunnel = NULL;

    if (properties == NULL)
        return remote_fail(error, attempt->id);
    tunnel = g_variant_dict_new(properties);
    if (was_up) {
        g_autofree char *address = remote_address(tunnel, "Ip4", FALSE);

        say_line("%s is already connected%s%s.", attempt->id, address[0] != '\0' ? ": " : "",
                 address);
        return EXIT_OK;
    }
    if (!attempt->cli->options.quiet)
        show_connected(attempt->id, tunnel);
    return EXIT_OK;
}

/* Reason and detail of the end; the tunnel's own words where the signal was missed. */
static ExitCode
say_ended(Attempt *attempt, const char *reason, const char *detail)
{
    g_autoptr(GVariant) reply = NULL;
    const char *last_reason;
    const char *last_detail;

    if (reason[0] != '\0' && strcmp(reason, "none") != 0)
        return say_reason(reason, detail);
    reply = remote_call(attempt->cli, attempt->connection, CLI_CONNECTION, "GetLastError", NULL,
                        "(ssss)", NULL);
    if (reply == NULL)
        return say_reason("internal", NULL);
    g_variant_get(reply, "(&s&s&s&s)", &last_reason, NULL, NULL, &last_detail);
    return say_reason(last_reason, last_detail);
}

static gboolean
has_ended(const char *state)
{
    return strcmp(state, "failed") == 0 || strcmp(state, "disconnected") == 0;
}

/* The tunnel as it is now, for what happened before the first signal. TRUE when it is over. */
static gboolean
look(Attempt *attempt, ExitCode *ret_code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) properties =
        remote_properties(attempt->cli, attempt->tunnel, CLI_TUNNEL, &error);
    g_autoptr(GVariantDict) dict = NULL;
    const char *reason = "";
    const char *detail = "";

    if (properties == NULL) {
        *ret_code = say_ended(attempt, "", "");
        return TRUE;
    }
    dict = g_variant_dict_new(properties);
    if (strcmp(remote_text(dict, "State"), "connected") == 0) {
        *ret_code = say_connected(attempt, FALSE);
        return TRUE;
    }
    if (!has_ended(remote_text(dict, "State")))
        return FALSE;
    g_variant_dict_lookup(dict, "LastError", "(&s&s@a{sv})", &reason, &detail, NULL);
    *ret_code = say_ended(attempt, reason, detail);
    return TRUE;
}

/* TRUE when news ended the waiting. */
static gboolean
take_news(Attempt *attempt, const WatchNews *news, ExitCode *ret_code)
{
    switch (news->event) {
    case WATCH_STATE:
        if (strcmp(news->path, attempt->tunnel) != 0)
            return FALSE;
        if (strcmp(news->state, "connected") == 0)
            *ret_code = say_connected(attempt, FALSE);
        else if (has_ended(news->state))
            *ret_code = say_ended(attempt, news->reason, news->detail);
        else
            return FALSE;
        return TRUE;
    case WATCH_CHANGED:
        if (g_strcmp0(news->path, attempt->tunnel) == 0)
            say_stage(attempt);
        return FALSE;
    case WATCH_GONE:
        say_error("The Coati service went away", NULL, "See what it says: journalctl -u coatid");
        *ret_code = EXIT_NO_SERVICE;
        return TRUE;
    case WATCH_TIMEOUT:
        give_up(attempt);
        say_error("The time is over before the connection was up", NULL,
                  "Allow more with --timeout, or see coatictl why.");
        *ret_code = EXIT_TIMEOUT;
        return TRUE;
    case WATCH_INTERRUPTED:
        give_up(attempt);
        say("Cancelled");
        *ret_code = EXIT_CANCELLED;
        return TRUE;
    }
    g_assert_not_reached();
}

static ExitCode
wait_until_up(Attempt *attempt, Watch *watch)
{
    ExitCode code = EXIT_OK;

    say_stage(attempt);
    if (look(attempt, &code))
        return code;
    for (;;) {
        g_autoptr(WatchNews) news = watch_next(watch);

        if (take_news(attempt, news, &code))
            return code;
    }
}

static gboolean
is_end(const Attempt *attempt, const WatchNews *news)
{
    return news->event == WATCH_STATE && strcmp(news->path, attempt->tunnel) == 0 &&
           has_ended(news->state);
}

/* Lives as long as the tunnel does. A disconnect on request is a good end. */
static ExitCode
stay(Attempt *attempt)
{
    g_autoptr(Watch) watch = watch_new(attempt->cli, 0);
    ExitCode code = EXIT_OK;

    if (look(attempt, &code) && code != EXIT_OK)
        return code;
    for (;;) {
        g_autoptr(WatchNews) news = watch_next(watch);

        if (news->event == WATCH_INTERRUPTED) {
            give_up(attempt);
            return EXIT_OK;
        }
        if (news->event == WATCH_GONE) {
            take_news(attempt, news, &code);
            return code;
        }
        if (!is_end(attempt, news))
            continue;
        return strcmp(news->state, "disconnected") == 0
                   ? EXIT_OK
                   : say_ended(attempt, news->reason, news->detail);
    }
}

static GVariant *
connect_options(const Cli *cli, gint fd_index)
{
    GVariantBuilder options;

    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    if (fd_index >= 0)
        g_variant_builder_add(&options, "{sv}", "secrets-fd", g_variant_new_handle(fd_index));
    if (cli->options.timeout_seconds > 0)
        g_variant_builder_add(&options, "{sv}", "timeout",
                              g_variant_new_uint32(cli->options.timeout_seconds));
    return g_variant_builder_end(&options);
}

/* The tunnel's path; NULL when it was said why not. */
static char *
start(Attempt *attempt, const Secret *secrets, ExitCode *ret_code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    g_autoptr(GVariant) reply = NULL;
    gint index = -1;
    char *tunnel = NULL;

    if (secrets != NULL && !secrets_append_fd(secrets, fds, &index, &error)) {
        say_error("The password could not be handed over", error->message, NULL);
        *ret_code = EXIT_UNKNOWN;
        return NULL;
    }
    reply = remote_call_with_fds(attempt->cli, attempt->connection, CLI_CONNECTION, "Connect",
                                 g_variant_new("(@a{sv})", connect_options(attempt->cli, index)),
                                 "(o)", fds, &error);
    if (reply == NULL)
        *ret_code = remote_fail(error, attempt->id);
    else
        g_variant_get(reply, "(o)", &tunnel);
    return tunnel;
}

static ExitCode
run(Attempt *attempt, const RemoteProfile *profile)
{
    Cli *cli = attempt->cli;
    gboolean waits = !cli->options.no_wait;
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) secrets = NULL;
    g_autoptr(CliAgent) agent = NULL;
    g_autoptr(Watch) watch = NULL;
    ExitCode code = EXIT_OK;

    if (profile->tunnel != NULL &&
        strcmp(remote_text(profile->tunnel, "State"), "connected") == 0) {
        attempt->tunnel = g_strdup(profile->tunnel_path);
        code = say_connected(attempt, TRUE);
        return code == EXIT_OK && cli->options.stay ? stay(attempt) : code;
    }
    if (!secrets_read(cli, &secrets, &error)) {
        say_error("The password could not be read", error->message, NULL);
        return EXIT_USAGE;
    }
    if (waits && !cli->options.no_prompt)
        agent = agent_new(cli, &error);
    if (error != NULL)
        return remote_fail(error, NULL);
    watch = watch_new(cli, cli->options.timeout_seconds);
    attempt->tunnel = start(attempt, secrets, &code);
    if (attempt->tunnel == NULL)
        return code;
    if (waits) {
        code = wait_until_up(attempt, watch);
        return code == EXIT_OK && cli->options.stay ? stay(attempt) : code;
    }
    say_progress(cli, "Connecting %s; coatictl status says how it goes.", attempt->id);
    return EXIT_OK;
}

ExitCode
command_up(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    Attempt attempt = {.cli = cli};
    ExitCode code = EXIT_OK;
    RemoteProfile *profile;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    profile = remote_find_profile(profiles, arguments[0], &code);
    if (profile == NULL)
        return code;
    attempt.id = remote_text(profile->properties, "Id");
    attempt.connection = profile->path;
    code = run(&attempt, profile);
    g_free(attempt.tunnel);
    return code;
}
