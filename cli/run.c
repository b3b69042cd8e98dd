/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"
#include "config.h"
#include "polkit-agent.h"
#include "prompt.h"
#include "remote.h"
#include "say.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_SECOND_SIGNAL = 130 };

/* The first signal gives up politely, the second at once. */
static gboolean
on_interrupt(gpointer user_data)
{
    Cli *cli = user_data;

    if (cli->is_interrupted) {
        prompt_restore();
        _exit(EXIT_SECOND_SIGNAL);
    }
    cli->is_interrupted = TRUE;
    g_cancellable_cancel(cli->cancellable);
    return G_SOURCE_CONTINUE;
}

static ExitCode
run_command(Cli *cli, const CliCommand *command, char **words)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    ExitCode code;

    for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
        g_unix_signal_add(signals[i], on_interrupt, cli);
    if (command->is_guarded)
        polkit_agent_start(cli);
    code = command->run(cli, words);
    polkit_agent_stop(cli);
    if (cli->bus != NULL)
        g_dbus_connection_flush_sync(cli->bus, NULL, NULL);
    return code;
}

static ExitCode
parse_and_run(Cli *cli, const CliCommand *command, char **arguments)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autofree char *hint =
        g_strdup_printf("Usage: coatictl %s %s", command->name, command->arguments);

    if (!cli_options_parse(command, arguments, &cli->options, words, &error)) {
        say_error(error->message, NULL, NULL);
        return EXIT_USAGE;
    }
    if (cli->options.help) {
        cli_help_command(command);
        return EXIT_OK;
    }
    if (words->len < command->min_arguments || words->len > command->max_arguments) {
        say_error(words->len < command->min_arguments ? "Something is missing"
                                                      : "There are too many arguments",
                  NULL, hint);
        return EXIT_USAGE;
    }
    g_ptr_array_add(words, NULL);
    return run_command(cli, command, (char **)words->pdata);
}

static ExitCode
unknown_command(char **words)
{
    g_autofree char *detail = g_strdup_printf("\"%s%s%s\"", words[0], words[1] != NULL ? " " : "",
                                              words[1] != NULL ? words[1] : "");

    if (strcmp(words[0], "profile") == 0 && words[1] == NULL)
        say_error("Do what with a profile?", "list, show, import, set, remove, export, forget",
                  "coatictl help lists all commands.");
    else
        say_error("There is no such command", detail, "coatictl help lists all.");
    return EXIT_USAGE;
}

int
cli_main(int argc, char **argv)
{
    Cli cli = {.options = {.password_fd = G_MAXUINT32}};
    const CliCommand *command;
    ExitCode code;
    guint used = 0;

    setlocale(LC_ALL, "");
    if (argc < 2) {
        cli_help();
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cli_help();
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("coatictl " COATI_VERSION);
        return EXIT_OK;
    }
    command = cli_command_find(argv + 1, &used);
    if (command == NULL)
        return unknown_command(argv + 1);
    cli.cancellable = g_cancellable_new();
    cli.options.settings = g_ptr_array_new_with_free_func(g_free);
    code = parse_and_run(&cli, command, argv + 1 + used);
    cli_options_clear(&cli.options);
    g_clear_object(&cli.bus);
    g_object_unref(cli.cancellable);
    return code;
}
