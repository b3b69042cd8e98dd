/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatictl gateway: commands for who runs a gateway (dbus/org.coati.Gateway1.xml). */
#pragma once

#include "cli.h"

ExitCode command_gateway_status(Cli *cli, char **arguments);
ExitCode command_gateway_users(Cli *cli, char **arguments);
ExitCode command_gateway_sessions(Cli *cli, char **arguments);
ExitCode command_gateway_show(Cli *cli, char **arguments);
ExitCode command_gateway_kick(Cli *cli, char **arguments);
ExitCode command_gateway_pools(Cli *cli, char **arguments);
ExitCode command_gateway_leases(Cli *cli, char **arguments);
ExitCode command_gateway_ban(Cli *cli, char **arguments);
ExitCode command_gateway_unban(Cli *cli, char **arguments);
ExitCode command_gateway_bans(Cli *cli, char **arguments);
ExitCode command_gateway_events(Cli *cli, char **arguments);
ExitCode command_gateway_explain(Cli *cli, char **arguments);
ExitCode command_gateway_reload(Cli *cli, char **arguments);
ExitCode command_gateway_drain(Cli *cli, char **arguments);
ExitCode command_gateway_metrics(Cli *cli, char **arguments);
ExitCode command_gateway_import(Cli *cli, char **arguments);
ExitCode command_gateway_export(Cli *cli, char **arguments);
ExitCode command_gateway_check(Cli *cli, char **arguments);
