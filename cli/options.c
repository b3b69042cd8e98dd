/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include <string.h>

#define AT(member) offsetof(CliOptions, member)

const CliOption cli_options[] = {
    {"help", 'h', CLI_OPTION_FLAG, AT(help), NULL, "say how the command is used"},
    {"quiet", 'q', CLI_OPTION_FLAG, AT(quiet), NULL, "say nothing but errors"},
    {"json", 0, CLI_OPTION_FLAG, AT(json), NULL, "print JSON"},
    {"watch", 'w', CLI_OPTION_FLAG, AT(watch), NULL, "go on, with one line for each change"},
    {"verbose", 'v', CLI_OPTION_FLAG, AT(verbose), NULL, "say more"},
    {"no-wait", 0, CLI_OPTION_FLAG, AT(no_wait), NULL, "do not wait for the connection"},
    {"no-prompt", 0, CLI_OPTION_FLAG, AT(no_prompt), NULL, "never ask on the terminal"},
    {"timeout", 't', CLI_OPTION_NUMBER, AT(timeout_seconds), "SECONDS", "give up after this time"},
    {"count", 'c', CLI_OPTION_NUMBER, AT(count), "N", "how often; 4 otherwise"},
    {"user", 'u', CLI_OPTION_TEXT, AT(user), "USER", "log in as this user"},
    {"password-stdin", 0, CLI_OPTION_FLAG, AT(password_stdin), NULL,
     "read the password from the first line of standard input"},
    {"password-fd", 0, CLI_OPTION_NUMBER, AT(password_fd), "FD",
     "read the password from the first line of this descriptor"},
    {"password-file", 0, CLI_OPTION_TEXT, AT(password_file), "FILE",
     "read the password from the first line of this file"},
    {"stay", 0, CLI_OPTION_FLAG, AT(stay), NULL,
     "go on until the connection has ended, and take it down when interrupted"},
    {"for", 0, CLI_OPTION_TEXT, AT(state), "STATE",
     "what to wait for: connected (default) or disconnected"},
    {"all", 'a', CLI_OPTION_FLAG, AT(all), NULL, "all that there are"},
    {"names", 0, CLI_OPTION_FLAG, AT(names), NULL, "names alone, one on a line"},
    {"defaults", 0, CLI_OPTION_FLAG, AT(defaults), NULL,
     "show the fields that have their default too"},
    {"dry-run", 'n', CLI_OPTION_FLAG, AT(dry_run), NULL, "show what would be done, do nothing"},
    {"name", 0, CLI_OPTION_TEXT, AT(name), "NAME", "name of the new profile"},
    {"format", 0, CLI_OPTION_TEXT, AT(format), "FORMAT",
     "format of the file; an import finds it by content otherwise"},
    {"method", 0, CLI_OPTION_TEXT, AT(method), "METHOD",
     "of the gateway's methods the one that the profile has; its first otherwise"},
    {"group", 0, CLI_OPTION_TEXT, AT(group), "NAME",
     "whose group password the profile has; the gateway's first otherwise"},
    {"set", 0, CLI_OPTION_TEXTS, AT(settings), "KEY=VALUE",
     "set a field of the new profile too; may be repeated"},
    {"follow", 'f', CLI_OPTION_FLAG, AT(follow), NULL, "go on, with each new line"},
    {"output", 'o', CLI_OPTION_TEXT, AT(output), "FILE",
     "write to this file; - is standard output"},
    {"system", 0, CLI_OPTION_FLAG, AT(system), NULL, "for all users of this computer"},
    {NULL, 0, 0, 0, NULL, NULL},
};

G_GNUC_PRINTF(2, 3)
static gboolean
fail(GError **error, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
    return FALSE;
}

gboolean
cli_command_has(const CliCommand *command, const CliOption *option)
{
    g_auto(GStrv) names = g_strsplit(command->options, " ", -1);

    return strcmp(option->name, "help") == 0 || strcmp(option->name, "quiet") == 0 ||
           g_strv_contains((const char *const *)names, option->name);
}

static const CliOption *
find(const CliCommand *command, const char *name, gsize length)
{
    for (const CliOption *option = cli_options; option->name != NULL; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return cli_command_has(command, option) ? option : NULL;
    return NULL;
}

static const CliOption *
find_letter(const CliCommand *command, char letter)
{
    for (const CliOption *option = cli_options; option->name != NULL; option++)
        if (option->letter == letter && cli_command_has(command, option))
            return option;
    return NULL;
}

static gboolean
store(const CliOption *option, const char *value, CliOptions *options, GError **error)
{
    gpointer place = (char *)options + option->offset;
    guint64 number = 0;

    switch (option->kind) {
    case CLI_OPTION_FLAG:
        *(gboolean *)place = TRUE;
        return TRUE;
    case CLI_OPTION_NUMBER:
        if (!g_ascii_string_to_unsigned(value, 10, 0, 86400 * 365, &number, NULL))
            return fail(error, "\"%s\" is not a number (--%s)", value, option->name);
        *(guint32 *)place = (guint32)number;
        return TRUE;
    case CLI_OPTION_TEXT:
        g_free(*(char **)place);
        *(char **)place = g_strdup(value);
        return TRUE;
    case CLI_OPTION_TEXTS:
        g_ptr_array_add(*(GPtrArray **)place, g_strdup(value));
        return TRUE;
    }
    g_assert_not_reached();
}

/* One word that begins with a hyphen; next moves on when its value is the next word. */
static gboolean
parse_word(const CliCommand *command, const char *word, char ***next, CliOptions *options,
           GError **error)
{
    const char *equals = strchr(word, '=');
    const CliOption *option;
    const char *value = NULL;

    if (word[1] == '-') {
        gsize length = equals != NULL ? (gsize)(equals - word) : strlen(word);

        option = find(command, word + 2, length - 2);
        value = equals != NULL ? equals + 1 : NULL;
    } else {
        option = find_letter(command, word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (g_str_has_prefix(word, "--password") && option == NULL)
        return fail(error,
                    "a password on the command line could be read by others; use "
                    "--password-stdin, --password-fd, or wait to be asked (coatictl %s --help)",
                    command->name);
    if (option == NULL)
        return fail(error, "unknown option %s (coatictl %s --help)", word, command->name);
    if (option->kind == CLI_OPTION_FLAG && value != NULL)
        return fail(error, "option %s takes no value (coatictl %s --help)", word, command->name);
    if (option->kind != CLI_OPTION_FLAG && value == NULL) {
        value = **next;
        if (value == NULL)
            return fail(error, "option %s needs a value (coatictl %s --help)", word, command->name);
        (*next)++;
    }
    return store(option, value, options, error);
}

gboolean
cli_options_parse(const CliCommand *command, char **arguments, CliOptions *options,
                  GPtrArray *ret_words, GError **error)
{
    gboolean is_over = FALSE;

    while (*arguments != NULL) {
        const char *word = *arguments++;

        if (!is_over && strcmp(word, "--") == 0)
            is_over = TRUE;
        else if (is_over || word[0] != '-' || word[1] == '\0')
            g_ptr_array_add(ret_words, g_strdup(word));
        else if (!parse_word(command, word, &arguments, options, error))
            return FALSE;
    }
    return TRUE;
}

void
cli_options_clear(CliOptions *options)
{
    g_free(options->user);
    g_free(options->password_file);
    g_free(options->state);
    g_free(options->name);
    g_free(options->format);
    g_free(options->output);
    g_clear_pointer(&options->settings, g_ptr_array_unref);
}
