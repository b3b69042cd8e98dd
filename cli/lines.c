/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coatictl log: the journal where root asks and there is one, else the last lines of the caller's
 * own tunnels that coatid keeps.
 */
#include "lines.h"

#include "say.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FOLLOW_MILLISECONDS = 500 };

GVariant *
lines_fetch(Cli *cli, guint64 after, GError **error)
{
    g_autoptr(GVariant) reply = remote_call(cli, CLI_ROOT, CLI_MANAGER, "GetLog",
                                            g_variant_new("(t)", after), "(a(txss))", error);

    return reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
}

char *
lines_format(gint64 unix_microseconds, const char *profile, const char *text)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_microseconds / G_USEC_PER_SEC);
    g_autofree char *stamp = time != NULL ? g_date_time_format_iso8601(time) : g_strdup("?");

    return g_strdup_printf("%s %s: %s", stamp, profile, text);
}

static void
print_lines(GVariant *lines, const char *name, guint64 *number)
{
    gint64 time;
    const char *profile;
    const char *text;
    GVariantIter iter;

    g_variant_iter_init(&iter, lines);
    while (g_variant_iter_next(&iter, "(tx&s&s)", number, &time, &profile, &text)) {
        g_autofree char *line = lines_format(time, profile, text);

        if (name == NULL || strcmp(name, profile) == 0)
            say_line("%s", line);
    }
    fflush(stdout);
}

static gboolean
has_journal(void)
{
    return geteuid() == 0 && g_file_test("/run/systemd/journal/socket", G_FILE_TEST_EXISTS);
}

static ExitCode
read_journal(const Cli *cli, const char *name)
{
    g_autofree char *match = name != NULL ? g_strdup_printf("COATI_PROFILE=%s", name) : NULL;
    const char *arguments[8] = {"journalctl", "--unit=coatid.service", "--output=short-iso",
                                "--no-pager", "--lines=1000"};
    guint count = 5;

    if (cli->options.follow)
        arguments[count++] = "--follow";
    if (match != NULL)
        arguments[count++] = match;
    execvp(arguments[0], (char **)arguments);
    say_error("The journal cannot be read", "journalctl is not there", NULL);
    return EXIT_UNKNOWN;
}

/* FALSE when the command was interrupted. */
static gboolean
pause_a_moment(Cli *cli)
{
    for (guint i = 0; i < 10 && !cli->is_interrupted; i++) {
        g_usleep(FOLLOW_MILLISECONDS * 100);
        g_main_context_iteration(NULL, FALSE);
    }
    return !cli->is_interrupted;
}

ExitCode
command_log(Cli *cli, char **arguments)
{
    guint64 number = 0;

    if (has_journal())
        return read_journal(cli, arguments[0]);
    do {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) lines = lines_fetch(cli, number, &error);

        if (lines == NULL && cli->is_interrupted)
            break;
        if (lines == NULL)
            return remote_fail(error, NULL);
        print_lines(lines, arguments[0], &number);
    } while (cli->options.follow && pause_a_moment(cli));
    return EXIT_OK;
}
