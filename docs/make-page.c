/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes manual pages and completions from the tables of commands, options, fields and reasons: a
 * line "@NAME@" of the template becomes the table NAME. Runs at build time only.
 */
#include "cli.h"

#include "base/reason.h"
#include "config.h"
#include "profile/import.h"

#include <stdio.h>
#include <string.h>

/* text as roff: nothing in it is a request. */
static void
print_roff(const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void
print_line(const char *text)
{
    print_roff(text);
    putchar('\n');
}

static void
print_options(const CliCommand *command)
{
    for (const CliOption *option = cli_options; option->name != NULL; option++) {
        if (!cli_command_has(command, option) || strcmp(option->name, "help") == 0 ||
            strcmp(option->name, "quiet") == 0)
            continue;
        fputs(".RS\n.TP\n.B ", stdout);
        if (option->letter != 0)
            printf("\\-%c\\fR, \\fB", option->letter);
        fputs("\\-\\-", stdout);
        print_roff(option->name);
        if (option->value != NULL)
            printf(" \\fI%s", option->value);
        putchar('\n');
        print_line(option->help);
        fputs(".RE\n", stdout);
    }
}

static void
print_commands(void)
{
    for (const CliCommand *command = cli_commands; command->name != NULL; command++) {
        printf(".TP\n.B %s \\fI%s\\fR\n", command->name, command->arguments);
        print_roff(command->summary);
        fputs(".\n", stdout);
        if (command->description != NULL)
            print_line(command->description);
        if (command->alias != NULL)
            printf("Alias:\n.BR %s .\n", command->alias);
        print_options(command);
    }
}

static const char *
type_name(ProfileType type)
{
    switch (type) {
    case PROFILE_TYPE_TEXT:
        return "text";
    case PROFILE_TYPE_LINES:
        return "text of several lines";
    case PROFILE_TYPE_CHOICE:
        return "one of";
    case PROFILE_TYPE_BOOLEAN:
        return "switch";
    case PROFILE_TYPE_NUMBER:
        return "number";
    case PROFILE_TYPE_LIST:
        return "list";
    case PROFILE_TYPE_SECRET:
        return "secret";
    }
    return "";
}

static void
print_fields(void)
{
    const char *section = "";

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const ProfileFieldInfo *info = profile_field_info((ProfileField)i);

        if (strcmp(section, info->section) != 0)
            printf(".SS [%s]\n", info->section);
        section = info->section;
        fputs(".TP\n.B ", stdout);
        print_line(info->key);
        print_line(info->description);
        printf("(%s: ", type_name(info->type));
        print_roff(info->words);
        if (info->fallback != NULL) {
            fputs("; default ", stdout);
            print_roff(info->fallback);
        }
        fputs(")\n", stdout);
    }
}

static void
print_reasons(void)
{
    for (gint i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        Reason reason = (Reason)i;

        fputs(".TP\n.B ", stdout);
        print_roff(reason_token(reason));
        printf("\\fR (exit code %d)\n", (gint)reason_exit_code(reason));
        print_roff(reason_title(reason));
        fputs(".\n", stdout);
        if (reason_hint(reason)[0] != '\0')
            print_line(reason_hint(reason));
    }
}

static void
print_example(void)
{
    g_auto(GStrv) lines = g_strsplit(profile_example, "\n", -1);

    fputs(".nf\n", stdout);
    for (guint i = 0; lines[i] != NULL; i++)
        print_line(lines[i]);
    fputs(".fi\n", stdout);
}

static void
print_formats(void)
{
    const char *title;
    gboolean is_written;

    for (guint i = 0; import_format_name(i, &title, &is_written) != NULL; i++) {
        fputs(".TP\n.B ", stdout);
        print_roff(import_format_name(i, &title, &is_written));
        fputs("\n", stdout);
        print_roff(title);
        printf("%s.\n", is_written ? "" : "; read but not written");
    }
}

/* The second words of commands whose first is group. */
static void
print_group(const char *group)
{
    g_autofree char *prefix = g_strconcat(group, " ", NULL);

    printf("    local %s_commands=\"", group);
    for (const CliCommand *command = cli_commands; command->name != NULL; command++)
        if (g_str_has_prefix(command->name, prefix))
            printf("%s ", command->name + strlen(prefix));
    fputs("\"\n", stdout);
}

/* For bash: words of the shell, one variable each. */
static void
print_words(void)
{
    const char *const *names = command_get_names();
    const char *title;
    gboolean is_written;

    fputs("    local commands=\"", stdout);
    for (const CliCommand *command = cli_commands; command->name != NULL; command++)
        if (strchr(command->name, ' ') == NULL)
            printf("%s ", command->name);
    fputs("profile gateway\"\n", stdout);
    print_group("profile");
    print_group("gateway");
    fputs("    local values=\"", stdout);
    for (; *names != NULL; names++)
        printf("%s ", *names);
    fputs("\"\n    local formats=\"", stdout);
    for (guint i = 0; import_format_name(i, &title, &is_written) != NULL; i++)
        printf("%s ", import_format_name(i, &title, &is_written));
    fputs("\"\n    local fields=\"", stdout);
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        printf("%s ", profile_field_info((ProfileField)i)->name);
    fputs("\"\n", stdout);
}

static void
print_cases(void)
{
    static const char *const kinds[] = {"nothing", "profile", "field", "value", "file", "command"};

    for (const CliCommand *command = cli_commands; command->name != NULL; command++) {
        printf("    \"%s\")\n        kind=%s\n        options=\"", command->name,
               kinds[command->completion]);
        for (const CliOption *option = cli_options; option->name != NULL; option++)
            if (cli_command_has(command, option))
                printf("--%s ", option->name);
        fputs("\"\n        ;;\n", stdout);
    }
}

/* In single quotes, for zsh and fish; they differ in how a quote is written there. */
static void
print_quoted(const char *text, const char *quote)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    g_autofree char *joined = g_strjoinv(quote, parts);

    printf("'%s'", joined);
}

static void
print_fish_command(const char *when, const char *name, const char *summary)
{
    printf("complete -c coatictl -n '__coatictl_at \"%s\" 0' -a %s -d ", when, name);
    print_quoted(summary, "\\'");
    putchar('\n');
}

static void
print_fish_options(const CliCommand *command)
{
    for (const CliOption *option = cli_options; option->name != NULL; option++) {
        if (!cli_command_has(command, option))
            continue;
        printf("complete -c coatictl -n '__coatictl_at \"%s\"' -l %s", command->name, option->name);
        if (option->letter != 0)
            printf(" -s %c", option->letter);
        if (option->kind != CLI_OPTION_FLAG)
            fputs(g_strcmp0(option->value, "FILE") == 0 ? " -r -F" : " -x", stdout);
        fputs(" -d ", stdout);
        print_quoted(option->help, "\\'");
        putchar('\n');
    }
}

static void
print_fish_words(const CliCommand *command)
{
    static const char profiles[] = "(coatictl profile list --names 2>/dev/null)";
    const char *const *names = command_get_names();
    gboolean has_fields = command->completion == CLI_COMPLETE_PROFILE_FIELD ||
                          command->completion == CLI_COMPLETE_PROFILE_VALUE;

    if (command->completion == CLI_COMPLETE_PROFILE || has_fields)
        printf("complete -c coatictl -n '__coatictl_at \"%s\" 0' -a '%s'\n", command->name,
               profiles);
    if (command->completion == CLI_COMPLETE_FILE)
        printf("complete -c coatictl -n '__coatictl_at \"%s\" 0' -F\n", command->name);
    if (!has_fields)
        return;
    printf("complete -c coatictl -n '__coatictl_at \"%s\" 1' -a '", command->name);
    for (; command->completion == CLI_COMPLETE_PROFILE_VALUE && *names != NULL; names++)
        printf("%s ", *names);
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        printf("%s ", profile_field_info((ProfileField)i)->name);
    fputs("'\n", stdout);
}

static void
print_fish(void)
{
    print_fish_command("", "profile", "Profiles");
    print_fish_command("", "gateway", "A gateway on this computer");
    for (const CliCommand *command = cli_commands; command->name != NULL; command++) {
        g_auto(GStrv) words = g_strsplit(command->name, " ", 2);
        gboolean is_in_group = words[1] != NULL;

        print_fish_command(is_in_group ? words[0] : "", is_in_group ? words[1] : words[0],
                           command->summary);
        print_fish_options(command);
        print_fish_words(command);
    }
}

/* "'list:List profiles' ..." of a group; of all that are in none, and the groups, with NULL. */
static void
print_zsh_commands(const char *group)
{
    printf("    '%s')\n        commands=(", group != NULL ? group : "");
    for (const CliCommand *command = cli_commands; command->name != NULL; command++) {
        g_auto(GStrv) words = g_strsplit(command->name, " ", 2);
        const char *name = group != NULL ? words[1] : words[1] == NULL ? words[0] : NULL;
        g_autofree char *text = NULL;

        if (name == NULL || (group != NULL && strcmp(words[0], group) != 0))
            continue;
        text = g_strdup_printf("%s:%s", name, command->summary);
        print_quoted(text, "'\\''");
        putchar(' ');
    }
    puts(group != NULL ? ")\n        ;;" : "profile gateway)\n        ;;");
}

static void
print_zsh(void)
{
    static const char *const kinds[] = {"nothing", "profile", "field", "value", "file", "command"};
    const char *const *names = command_get_names();

    fputs("    values=(", stdout);
    for (; *names != NULL; names++)
        printf("%s ", *names);
    fputs(")\n    fields=(", stdout);
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        printf("%s ", profile_field_info((ProfileField)i)->name);
    fputs(")\n    case $command in\n", stdout);
    print_zsh_commands(NULL);
    print_zsh_commands("profile");
    print_zsh_commands("gateway");
    for (const CliCommand *command = cli_commands; command->name != NULL; command++) {
        printf("    '%s')\n        kind=%s\n        options=(", command->name,
               kinds[command->completion]);
        for (const CliOption *option = cli_options; option->name != NULL; option++) {
            g_autofree char *text = g_strdup_printf("--%s:%s", option->name, option->help);

            if (!cli_command_has(command, option))
                continue;
            print_quoted(text, "'\\''");
            putchar(' ');
        }
        puts(")\n        ;;");
    }
    puts("    esac");
}

static const struct {
    const char *name;
    void (*print)(void);
} tables[] = {
    {"@COMMANDS@", print_commands}, {"@FIELDS@", print_fields}, {"@REASONS@", print_reasons},
    {"@EXAMPLE@", print_example},   {"@WORDS@", print_words},   {"@CASES@", print_cases},
    {"@FORMATS@", print_formats},   {"@FISH@", print_fish},     {"@ZSH@", print_zsh},
};

static void
print_template_line(const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, "@VERSION@", -1);
    g_autofree char *text = g_strjoinv(COATI_VERSION, parts);

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
        if (strcmp(tables[i].name, line) == 0) {
            tables[i].print();
            return;
        }
    puts(text);
}

int
main(int argc, char **argv)
{
    g_autofree char *template = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GError) error = NULL;

    if (argc != 2 || !g_file_get_contents(argv[1], &template, NULL, &error)) {
        fprintf(stderr, "make-page: %s\n", error != NULL ? error->message : "one template");
        return 1;
    }
    lines = g_strsplit(g_strchomp(template), "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        print_template_line(lines[i]);
    return 0;
}
