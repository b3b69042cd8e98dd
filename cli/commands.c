/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"
#include "gateway.h"

#include <string.h>

const CliCommand cli_commands[] = {
    {"up", "connect", "[PROFILE]", "Connect, and wait until it is done",
     "Asks on the terminal for what is needed: login, password, codes, and at the first connect "
     "whether the gateway's certificate is the right one. A profile that is up already stays up. "
     "Interrupting it (Ctrl-C) gives up the attempt. With --stay it is a process that lives as "
     "long "
     "as the connection, for a service manager: coati@PROFILE.service of systemd runs it.",
     "no-wait stay no-prompt timeout user password-stdin password-fd password-file", 0, 1,
     CLI_COMPLETE_PROFILE, TRUE, command_up},
    {"down", "disconnect", "[PROFILE]", "Disconnect", "Without a profile: the one that is up.",
     "all", 0, 1, CLI_COMPLETE_PROFILE, TRUE, command_down},
    {"status", NULL, "[PROFILE]", "Say what is connected",
     "With a profile, everything about it. Tunnels of NetworkManager are shown by its names. With "
     "--json one object as in status.schema.json; with "
     "--watch one line, or one object, for each change.",
     "json watch verbose", 0, 1, CLI_COMPLETE_PROFILE, FALSE, command_status},
    {"wait", NULL, "[PROFILE]", "Wait until a profile is up or down",
     "For scripts. Ends at once with the reason's exit code when an attempt fails meanwhile.",
     "for timeout", 0, 1, CLI_COMPLETE_PROFILE, FALSE, command_wait},
    {"get", NULL, "PROFILE FIELD", "Print one value, for scripts",
     "FIELD is one of state, stage, address, address6, dns, domains, gateway, gateway-address, "
     "identity, interface, plane, mtu, routes, excluded-routes, nat-traversal, connected-at, "
     "banner, reason; or a field of the profile such as connection.gateway.",
     "", 2, 2, CLI_COMPLETE_PROFILE_VALUE, FALSE, command_get},
    {"stats", NULL, "[PROFILE]", "Count octets, packets and drops", NULL, "json", 0, 1,
     CLI_COMPLETE_PROFILE, FALSE, command_stats},
    {"why", NULL, "[PROFILE]", "Say why a profile failed last, and what to do", NULL, "json", 0, 1,
     CLI_COMPLETE_PROFILE, FALSE, command_why},
    {"doctor", NULL, "[PROFILE]", "Look for what is wrong with a profile, step by step",
     "Each check is ok, warn, fail or skipped, with what was seen; what was not tested is skipped. "
     "The gateway is looked at up to its certificate, without login; a tunnel that is up is "
     "tested from within. Exit codes: 0 all is well, 1 warnings, 2 failures. With --json as in "
     "doctor.schema.json.",
     "json", 0, 1, CLI_COMPLETE_PROFILE, TRUE, command_doctor},
    {"ping", NULL, "[PROFILE [ADDRESS]]", "Say which layer of a tunnel answers, and how fast",
     "IKE is asked by dead peer detection, ESP by an echo request to ADDRESS, to the first name "
     "server of the tunnel otherwise. Prints how many were answered, and the least, mean and most "
     "time. Fails when a layer that was tested is silent. With --json as in ping.schema.json.",
     "count json", 0, 2, CLI_COMPLETE_PROFILE, TRUE, command_ping},
    {"probe", NULL, "HOST", "Look at a gateway up to its certificate, without credentials",
     "Tries aggressive mode, and main mode where that may help. --set gives what a profile would "
     "say, such as identity.ca=@ca.pem or ike.proposals. Ends well when the gateway answered with "
     "a proof, or with a certificate that somebody must look at. With --json as in "
     "probe.schema.json.",
     "json set", 1, 1, CLI_COMPLETE_NOTHING, TRUE, command_probe},
    {"log", NULL, "[PROFILE]", "Show what happened to your tunnels",
     "From the journal for root where there is one, else the last lines that the service keeps, "
     "those of your own tunnels.",
     "follow", 0, 1, CLI_COMPLETE_PROFILE, FALSE, command_log},
    {"report", NULL, "[PROFILE]", "Collect what a help desk wants to see",
     "Versions, the profile without secrets and login name, the tunnel, its algorithms, routes and "
     "counters, the last failure and the last lines of the log.",
     "output", 0, 1, CLI_COMPLETE_PROFILE, FALSE, command_report},
    {"profile list", NULL, "", "List profiles", NULL, "json names", 0, 0, CLI_COMPLETE_NOTHING,
     FALSE, command_profile_list},
    {"profile show", NULL, "PROFILE [FIELD]", "Show a profile, without its secrets",
     "With FIELD its value alone.", "defaults", 1, 2, CLI_COMPLETE_PROFILE_FIELD, FALSE,
     command_profile_show},
    {"profile import", NULL, "FILE", "Make profiles of a file",
     "FILE is a profile of Coati or a file of another program (see FORMATS in coatictl(1)); \"-\" "
     "is standard input. Says how everything was mapped and what was dropped. --dry-run shows the "
     "profile instead of storing it.",
     "dry-run name format set system", 1, 1, CLI_COMPLETE_FILE, TRUE, command_profile_import},
    {"profile set", NULL, "PROFILE KEY VALUE...", "Change fields of a profile",
     "KEY VALUE may also be KEY=VALUE, and be repeated. The value @FILE is the text of the file, "
     "@- of standard input, and an empty value takes the field back to its default. A secret is "
     "asked for when its value is left out, and never taken from the command line.",
     "", 2, 64, CLI_COMPLETE_PROFILE_FIELD, TRUE, command_profile_set},
    {"profile remove", NULL, "PROFILE", "Remove a profile and its secrets", NULL, "", 1, 1,
     CLI_COMPLETE_PROFILE, TRUE, command_profile_remove},
    {"profile export", NULL, "PROFILE [FILE]", "Write a profile as a file, without its secrets",
     "With --format for another program. Says what that format has no place for.", "format", 1, 2,
     CLI_COMPLETE_PROFILE, FALSE, command_profile_export},
    {"profile forget", NULL, "PROFILE [SECRET...]", "Forget stored secrets of a profile",
     "SECRET is password, group-password or private-key; all when none is named.", "", 1, 4,
     CLI_COMPLETE_PROFILE, TRUE, command_profile_forget},
    {"reload", NULL, "", "Let the service read its profiles again", NULL, "", 0, 0,
     CLI_COMPLETE_NOTHING, TRUE, command_reload},
    {"gateway status", NULL, "", "Say how a gateway on this machine does", NULL, "json", 0, 0,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_status},
    {"gateway users", NULL, "", "List who is connected", NULL, "json", 0, 0, CLI_COMPLETE_NOTHING,
     FALSE, command_gateway_users},
    {"gateway sessions", NULL, "", "List the gateway's sessions",
     "Number, user, inner address, outer endpoint, state, how long, and traffic.", "json", 0, 0,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_sessions},
    {"gateway show", NULL, "SESSION", "Show everything about a session", NULL, "json", 1, 1,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_show},
    {"gateway kick", NULL, "WHAT", "End sessions",
     "WHAT is a session's number, a user, or an inner address.", "json", 1, 1, CLI_COMPLETE_NOTHING,
     FALSE, command_gateway_kick},
    {"gateway pools", NULL, "", "List the pools of addresses", NULL, "json", 0, 0,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_pools},
    {"gateway leases", NULL, "", "List addresses that somebody has or had", NULL, "json", 0, 0,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_leases},
    {"gateway ban", NULL, "NAME [SECONDS]", "Refuse a user or an address",
     "For good without SECONDS; until the gateway's next start at most.", "json", 1, 2,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_ban},
    {"gateway unban", NULL, "NAME", "Refuse a user or an address no more", NULL, "json", 1, 1,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_unban},
    {"gateway bans", NULL, "", "List who is refused", NULL, "json", 0, 0, CLI_COMPLETE_NOTHING,
     FALSE, command_gateway_bans},
    {"gateway events", NULL, "", "Print what happened, one line for each event",
     "The last 1000 since the start; with --follow those that come from now on, until interrupted, "
     "and with --json one object on each line.",
     "json follow", 0, 0, CLI_COMPLETE_NOTHING, FALSE, command_gateway_events},
    {"gateway explain", NULL, "[WHO]", "Say what went wrong for whom, and what to do",
     "WHO is a user, a peer's outer address or a session's number; everybody without. A refused "
     "proposal is shown with both sides and the first difference.",
     "json", 0, 1, CLI_COMPLETE_NOTHING, FALSE, command_gateway_explain},
    {"gateway reload", NULL, "", "Let the gateway read its configuration again",
     "All or nothing: with a mistake in the file everything stays as it was, and the line is said. "
     "Guests that are connected keep their traffic.",
     "json", 0, 0, CLI_COMPLETE_NOTHING, FALSE, command_gateway_reload},
    {"gateway drain", NULL, "[on|off]", "Take no new guests", NULL, "json", 0, 1,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_drain},
    {"gateway metrics", NULL, "", "Print counters as OpenMetrics text", NULL, "json", 0, 0,
     CLI_COMPLETE_NOTHING, FALSE, command_gateway_metrics},
    {"gateway check", NULL, "FILE", "Say what is wrong with a gateway.conf",
     "Needs no rights but to read the files, and touches nothing.", "json", 1, 1, CLI_COMPLETE_FILE,
     FALSE, command_gateway_check},
    {"gateway import", NULL, "RACOON.CONF", "Make a gateway.conf of a racoon.conf",
     "For the gateway's side of it; coatictl profile import is for the client's. Says what became "
     "of each statement; what has no place stays in the new file as a comment, with its line and "
     "the reason.",
     "output", 1, 1, CLI_COMPLETE_FILE, FALSE, command_gateway_import},
    {"gateway export", NULL, "[FILE]", "Write a profile for clients of this gateway",
     "FILE is a gateway.conf, /etc/coati/gateway.conf otherwise. The profile has the CA in "
     "it, or in a file beside it, and for xauth-psk the group's password: keep it as secret as "
     "that. "
     "FORMATS are those of profile export.",
     "format output name method group set", 0, 1, CLI_COMPLETE_FILE, FALSE, command_gateway_export},
    {"help", NULL, "[COMMAND]", "Say how a command is used", NULL, "", 0, 2, CLI_COMPLETE_COMMAND,
     FALSE, command_help},
    {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, FALSE, NULL},
};

static gboolean
matches(const char *name, char **words, guint *ret_used)
{
    g_auto(GStrv) parts = g_strsplit(name, " ", -1);
    guint i;

    for (i = 0; parts[i] != NULL; i++)
        if (words[i] == NULL || strcmp(parts[i], words[i]) != 0)
            return FALSE;
    *ret_used = i;
    return TRUE;
}

const CliCommand *
cli_command_find(char **words, guint *ret_used)
{
    for (const CliCommand *command = cli_commands; command->name != NULL; command++)
        if (matches(command->name, words, ret_used) ||
            (command->alias != NULL && matches(command->alias, words, ret_used)))
            return command;
    return NULL;
}
