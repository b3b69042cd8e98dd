/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatictl profile list, show, set, remove, export, forget. */
#include "base/fd.h"
#include "base/names.h"
#include "json.h"
#include "profile/export.h"
#include "profiles.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *
owner_name(guint64 uid)
{
    const struct passwd *entry = uid != G_MAXUINT32 ? getpwuid((uid_t)uid) : NULL;

    if (uid == G_MAXUINT32)
        return g_strdup("system");
    return entry != NULL ? g_strdup(entry->pw_name) : g_strdup_printf("%" G_GUINT64_FORMAT, uid);
}

static void
list_as_json(GPtrArray *profiles)
{
    JsonObject *object = json_object_new();
    JsonArray *array = json_array_new();

    for (guint i = 0; i < profiles->len; i++) {
        JsonObject *profile = json_of_profile(profiles->pdata[i]);

        json_object_remove_member(profile, "tunnel");
        json_array_add_object_element(array, profile);
    }
    json_object_set_array_member(object, "profiles", array);
    json_print(object, FALSE);
}

static void
list_line(const RemoteProfile *profile)
{
    g_autofree char *owner = owner_name(remote_number(profile->properties, "OwnerUid"));
    const char *state =
        profile->tunnel != NULL ? remote_text(profile->tunnel, "State") : "disconnected";

    say_line("%-20s %-28s %-10s %s", remote_text(profile->properties, "Id"),
             remote_text(profile->properties, "Gateway"), owner, state);
}

ExitCode
command_profile_list(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);

    if (profiles == NULL)
        return remote_fail(error, NULL);
    if (cli->options.json) {
        list_as_json(profiles);
        return EXIT_OK;
    }
    if (!cli->options.names && profiles->len == 0)
        puts("There is no profile yet. Make one: coatictl profile import FILE");
    else if (!cli->options.names)
        say_line("%-20s %-28s %-10s %s", "NAME", "GATEWAY", "OWNER", "STATE");
    for (guint i = 0; i < profiles->len; i++) {
        if (cli->options.names)
            say_text(remote_text(((RemoteProfile *)profiles->pdata[i])->properties, "Id"));
        else
            list_line(profiles->pdata[i]);
    }
    return EXIT_OK;
}

static ExitCode
show_one(const Profile *profile, const char *name)
{
    g_autofree char *text = NULL;
    ProfileField field;

    if (!profile_field_find(name, &field)) {
        const char *near = profile_field_suggest(name);
        g_autofree char *hint = near != NULL ? g_strdup_printf("Did you mean %s?", near) : NULL;

        say_error("There is no such field", name, hint);
        return EXIT_USAGE;
    }
    if (profile_field_info(field)->type == PROFILE_TYPE_SECRET) {
        say_error("Secrets are not shown", name, NULL);
        return EXIT_USAGE;
    }
    if (profile_field_info(field)->type == PROFILE_TYPE_LIST) {
        for (const char *const *item = profile_list(profile, field); *item != NULL; item++)
            say_text(*item);
        return EXIT_OK;
    }
    text = profile_format(profile, field);
    puts(text != NULL ? text : "");
    return EXIT_OK;
}

ExitCode
command_profile_show(Cli *cli, char **arguments)
{
    ExitCode code = EXIT_OK;
    g_autoptr(Profile) profile = profiles_fetch(cli, arguments[0], NULL, &code);

    if (profile == NULL)
        return code;
    if (arguments[1] != NULL)
        return show_one(profile, arguments[1]);
    profiles_print(profile, cli->options.defaults);
    return EXIT_OK;
}

/* "KEY VALUE KEY VALUE" and "KEY=VALUE" may be mixed; a last KEY alone is a secret to be asked. */
static gboolean
apply_words(Profile *profile, char **words)
{
    while (*words != NULL) {
        const char *key = *words++;
        gboolean is_set;

        if (strchr(key, '=') != NULL)
            is_set = profiles_set_pair(profile, key);
        else
            is_set = profiles_set(profile, key, *words);
        if (!is_set)
            return FALSE;
        if (strchr(key, '=') == NULL && *words != NULL)
            words++;
    }
    return TRUE;
}

ExitCode
command_profile_set(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    g_autoptr(GVariant) reply = NULL;
    ExitCode code = EXIT_OK;
    g_autoptr(Profile) profile = profiles_fetch(cli, arguments[0], &path, &code);

    if (profile == NULL)
        return code;
    if (!apply_words(profile, arguments + 1))
        return EXIT_USAGE;
    reply = remote_call(cli, path, CLI_CONNECTION, "Update",
                        g_variant_new("(@a{sv})", profile_to_settings_with_secrets(profile)), NULL,
                        &error);
    if (reply == NULL)
        return remote_fail(error, arguments[0]);
    return EXIT_OK;
}

static ExitCode
call_connection(Cli *cli, const char *name, const char *method, GVariant *parameters)
{
    g_autoptr(GVariant) sunk = parameters != NULL ? g_variant_ref_sink(parameters) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    g_autoptr(GVariant) reply = NULL;
    ExitCode code = EXIT_OK;
    RemoteProfile *profile;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    profile = remote_find_profile(profiles, name, &code);
    if (profile == NULL)
        return code;
    reply = remote_call(cli, profile->path, CLI_CONNECTION, method, sunk, NULL, &error);
    return reply != NULL ? EXIT_OK : remote_fail(error, name);
}

ExitCode
command_profile_remove(Cli *cli, char **arguments)
{
    ExitCode code = call_connection(cli, arguments[0], "Delete", NULL);

    if (code == EXIT_OK && !cli->options.quiet)
        say_line("Removed %s.", arguments[0]);
    return code;
}

ExitCode
command_profile_forget(Cli *cli, char **arguments)
{
    ExitCode code =
        call_connection(cli, arguments[0], "ClearSecrets", g_variant_new("(^as)", arguments + 1));

    if (code == EXIT_OK && !cli->options.quiet)
        say_line("Forgot the secrets of %s.", arguments[0]);
    return code;
}

static gboolean
write_file(const char *path, const Secret *text)
{
    g_auto(Fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0 && write(fd, secret_data(text), secret_length(text)) == (gssize)secret_length(text))
        return TRUE;
    say_error("The file cannot be written", path,
              errno == EEXIST ? "It exists already; choose another name." : g_strerror(errno));
    return FALSE;
}

/* What the other program needs besides the file, and what it will not have. */
static void
say_export(const Cli *cli, const char *profile, const Export *export)
{
    GHashTableIter iter;
    gpointer name;

    if (cli->options.quiet)
        return;
    for (guint i = 0; i < export->notes->len; i++) {
        const char *note = export->notes->pdata[i];
        g_autofree char *clean = name_clean(note, strlen(note), 400, FALSE);

        fprintf(stderr, "%-9s %s\n", "dropped", clean);
    }
    g_hash_table_iter_init(&iter, export->files);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        fprintf(stderr, "%-9s %s, from: coatictl profile show %s %s\n", "needed",
                (const char *)name, profile,
                profile_field_info(g_str_has_suffix(name, "-ca.pem") ? PROFILE_IDENTITY_CA
                                                                     : PROFILE_IDENTITY_CERTIFICATE)
                    ->name);
}

ExitCode
command_profile_export(Cli *cli, char **arguments)
{
    const char *format = cli->options.format != NULL ? cli->options.format : "coati";
    ExitCode code = EXIT_OK;
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profiles_fetch(cli, arguments[0], NULL, &code);
    g_autoptr(Export) export = NULL;

    if (profile == NULL)
        return code;
    export = export_write(profile, format, FALSE, &error);
    if (export == NULL) {
        say_error("The profile cannot be written in this format", error->message, NULL);
        return EXIT_USAGE;
    }
    if (cli->options.format != NULL)
        say_export(cli, arguments[0], export);
    if (arguments[1] != NULL && strcmp(arguments[1], "-") != 0)
        return write_file(arguments[1], export->text) ? EXIT_OK : EXIT_UNKNOWN;
    fputs(secret_text(export->text), stdout);
    return EXIT_OK;
}
