/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "say.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SHOWN = 16 * 1024 };

static void
print_clean(FILE *file, const char *before, const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), MAX_SHOWN, FALSE);

    fprintf(file, "%s%s\n", before, clean);
}

void
say_error(const char *title, const char *detail, const char *hint)
{
    print_clean(stderr, "coatictl: ", title);
    if (detail != NULL && detail[0] != '\0')
        print_clean(stderr, "  ", detail);
    if (hint != NULL && hint[0] != '\0')
        print_clean(stderr, "  Hint: ", hint);
}

void
say(const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    print_clean(stderr, "coatictl: ", text);
}

void
say_progress(const Cli *cli, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    if (cli->options.quiet || !isatty(STDERR_FILENO))
        return;
    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    print_clean(stderr, "", text);
}

ExitCode
say_reason(const char *token, const char *detail)
{
    Reason reason = REASON_INTERNAL;
    ExitCode code;

    if (!reason_find(token, &reason)) {
        /* A newer service knows more reasons. */
        say_error(token[0] != '\0' ? token : "The connection failed", detail, NULL);
        return EXIT_ACTIVATION;
    }
    say_error(reason_title(reason), detail, reason_hint(reason));
    code = reason_exit_code(reason);
    return code != EXIT_OK ? code : EXIT_ACTIVATION;
}

void
say_line(const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    print_clean(stdout, "", text);
}

void
say_text(const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), MAX_SHOWN, TRUE);

    printf("%s\n", clean);
}

char *
say_duration(guint64 seconds)
{
    if (seconds < 60)
        return g_strdup_printf("%u s", (guint)seconds);
    if (seconds < 3600)
        return g_strdup_printf("%u min %u s", (guint)(seconds / 60), (guint)(seconds % 60));
    if (seconds < 86400)
        return g_strdup_printf("%u h %u min", (guint)(seconds / 3600), (guint)(seconds / 60 % 60));
    return g_strdup_printf("%" G_GUINT64_FORMAT " d %u h", seconds / 86400,
                           (guint)(seconds / 3600 % 24));
}

char *
say_octets(guint64 octets)
{
    /* GLib puts a no-break space between number and unit. */
    g_autofree char *size = g_format_size(octets);
    g_auto(GStrv) parts = g_strsplit(size, "\xc2\xa0", -1);

    return g_strjoinv(" ", parts);
}
