/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What coatictl says to people: plain text, no colour, nothing that a terminal would obey. */
#pragma once

#include "cli.h"

/* To stderr: "coatictl: TITLE", then detail and hint on lines of their own; NULL and "" are left
 * out. */
void say_error(const char *title, const char *detail, const char *hint);
/* "coatictl: ..." to stderr. */
G_GNUC_PRINTF(1, 2) void say(const char *format, ...);
/* A line about what goes on, for a person who waits: stderr when it is a terminal, and not with
 * --quiet. */
G_GNUC_PRINTF(2, 3) void say_progress(const Cli *cli, const char *format, ...);
/* The reason's own words; detail may be NULL. Returns its exit code, never EXIT_OK. */
ExitCode say_reason(const char *token, const char *detail);
/* A line of data to stdout, cleaned as a whole: names come from elsewhere. */
G_GNUC_PRINTF(1, 2) void say_line(const char *format, ...);
/* Text from elsewhere to stdout, cleaned, with a newline. */
void say_text(const char *text);
/* "2 h 5 min", "12 s"; to be freed. */
char *say_duration(guint64 seconds);
/* "1.2 MB"; to be freed. */
char *say_octets(guint64 octets);
