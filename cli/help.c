/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMNS = 80 };

/* text in lines of at most HELP_COLUMNS, each indented. */
static void
print_wrapped(const char *text, guint indent, guint column)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        guint length = (guint)g_utf8_strlen(words[i], -1);

        if (i > 0 && column + 1 + length > HELP_COLUMNS) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        } else if (i > 0) {
            putchar(' ');
            column++;
        }
        fputs(words[i], stdout);
        column += length;
    }
    putchar('\n');
}

void
cli_help(void)
{
    puts("Usage: coatictl COMMAND [OPTION...]\n\nConnects to VPN gateways by way of the Coati "
         "service.\n\nCommands:");
    for (const CliCommand *command = cli_commands; command->name != NULL; command++) {
        g_autofree char *head = g_strdup_printf("%s %s", command->name, command->arguments);

        printf("  %-34s ", head);
        print_wrapped(command->summary, 37, 37);
    }
    puts("\n\"coatictl COMMAND --help\" says more. See also coatictl(1), coati-profile(5).");
}

void
cli_help_command(const CliCommand *command)
{
    printf("Usage: coatictl %s%s%s [OPTION...]\n\n", command->name,
           command->arguments[0] != '\0' ? " " : "", command->arguments);
    print_wrapped(command->summary, 0, 0);
    if (command->description != NULL) {
        putchar('\n');
        print_wrapped(command->description, 0, 0);
    }
    if (command->alias != NULL)
        printf("\nAlias: coatictl %s\n", command->alias);
    puts("\nOptions:");
    for (const CliOption *option = cli_options; option->name != NULL; option++) {
        g_autofree char *head = NULL;

        if (!cli_command_has(command, option))
            continue;
        head = g_strdup_printf("%c%c%s--%s%s%s", option->letter != 0 ? '-' : ' ',
                               option->letter != 0 ? option->letter : ' ',
                               option->letter != 0 ? ", " : "  ", option->name,
                               option->value != NULL ? " " : "",
                               option->value != NULL ? option->value : "");
        printf("  %-26s ", head);
        print_wrapped(option->help, 29, 29);
    }
}

ExitCode
command_help(Cli *cli, char **arguments)
{
    const CliCommand *command;
    guint used = 0;

    if (arguments[0] == NULL) {
        cli_help();
        return EXIT_OK;
    }
    command = cli_command_find(arguments, &used);
    if (command == NULL) {
        say_error("There is no such command", arguments[0], "coatictl help lists all.");
        return EXIT_USAGE;
    }
    cli_help_command(command);
    return EXIT_OK;
}
