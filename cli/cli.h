/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coatictl: what its commands share. It knows the D-Bus API and profiles, never the core.
 *
 * Data goes to stdout, everything said to a person to stderr. Exit codes are ExitCode of
 * base/reason.h.
 */
#pragma once

#include "base/reason.h"
#include "base/secret.h"

#include <gio/gio.h>

#define CLI_BUS "org.coati.Coati1"
#define CLI_ROOT "/org/coati/Coati1"
#define CLI_MANAGER "org.coati.Coati1.Manager"
#define CLI_CONNECTION "org.coati.Coati1.Connection"
#define CLI_TUNNEL "org.coati.Coati1.Tunnel"

/* What the options of all commands set; options.c has their table. */
typedef struct {
    gboolean help;
    gboolean json;
    gboolean watch;
    gboolean no_wait;
    gboolean no_prompt;
    gboolean password_stdin;
    gboolean stay;
    gboolean all;
    gboolean dry_run;
    gboolean defaults;
    gboolean names;
    gboolean system;
    gboolean quiet;
    gboolean verbose;
    gboolean follow;
    guint32 password_fd; /* G_MAXUINT32 = none */
    guint32 timeout_seconds;
    guint32 count;
    char *user;
    char *password_file;
    char *state;
    char *name;
    char *format;
    char *method;
    char *group;
    char *output;
    GPtrArray *settings; /* char: KEY=VALUE */
} CliOptions;

typedef struct {
    CliOptions options;
    GDBusConnection *bus;
    GCancellable *cancellable; /* cancelled by the first SIGINT, SIGTERM or SIGHUP */
    gboolean is_interrupted;
    GPid polkit_agent;
} Cli;

typedef enum {
    CLI_COMPLETE_NOTHING,
    CLI_COMPLETE_PROFILE,
    CLI_COMPLETE_PROFILE_FIELD, /* a profile, then fields of coati-profile(5) */
    CLI_COMPLETE_PROFILE_VALUE, /* a profile, then what get knows */
    CLI_COMPLETE_FILE,
    CLI_COMPLETE_COMMAND,
} CliCompletion;

/* One row for each command; help, completion and the manual page come from it. */
typedef struct {
    const char *name;  /* "up", "profile list" */
    const char *alias; /* or NULL */
    const char *arguments;
    const char *summary;     /* one line without a full stop */
    const char *description; /* more, for --help and the manual page; may be NULL */
    const char *options;     /* names with blanks between */
    guint8 min_arguments;
    guint8 max_arguments;
    CliCompletion completion;
    gboolean is_guarded; /* polkit may ask for a password */
    ExitCode (*run)(Cli *cli, char **arguments);
} CliCommand;

extern const CliCommand cli_commands[];

typedef enum {
    CLI_OPTION_FLAG,
    CLI_OPTION_NUMBER,
    CLI_OPTION_TEXT,
    CLI_OPTION_TEXTS
} CliOptionKind;
typedef struct {
    const char *name; /* without the hyphens */
    char letter;      /* or 0 */
    CliOptionKind kind;
    gsize offset; /* in CliOptions */
    const char *value;
    const char *help;
} CliOption;

extern const CliOption cli_options[];

/* Takes options out of arguments; those that command does not have are refused. */
gboolean cli_options_parse(const CliCommand *command, char **arguments, CliOptions *options,
                           GPtrArray *ret_words, GError **error);
void cli_options_clear(CliOptions *options);
gboolean cli_command_has(const CliCommand *command, const CliOption *option);

/* The command that the words begin with; ret_used: how many words its name takes. */
const CliCommand *cli_command_find(char **words, guint *ret_used);
void cli_help(void);
void cli_help_command(const CliCommand *command);

int cli_main(int argc, char **argv);

/* Commands */
ExitCode command_up(Cli *cli, char **arguments);
ExitCode command_down(Cli *cli, char **arguments);
ExitCode command_status(Cli *cli, char **arguments);
ExitCode command_wait(Cli *cli, char **arguments);
ExitCode command_get(Cli *cli, char **arguments);
ExitCode command_stats(Cli *cli, char **arguments);
ExitCode command_why(Cli *cli, char **arguments);
ExitCode command_doctor(Cli *cli, char **arguments);
ExitCode command_ping(Cli *cli, char **arguments);
ExitCode command_probe(Cli *cli, char **arguments);
ExitCode command_log(Cli *cli, char **arguments);
ExitCode command_report(Cli *cli, char **arguments);
ExitCode command_reload(Cli *cli, char **arguments);
ExitCode command_help(Cli *cli, char **arguments);
ExitCode command_profile_list(Cli *cli, char **arguments);
ExitCode command_profile_show(Cli *cli, char **arguments);
ExitCode command_profile_import(Cli *cli, char **arguments);
ExitCode command_profile_set(Cli *cli, char **arguments);
ExitCode command_profile_remove(Cli *cli, char **arguments);
ExitCode command_profile_export(Cli *cli, char **arguments);
ExitCode command_profile_forget(Cli *cli, char **arguments);
/* Names that "get" knows, ended by NULL. */
const char *const *command_get_names(void);
