/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatictl profile import: from a file of this or another program to profiles of the service. */
#include "profile/place.h"
#include "profiles.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

/* --set may have filled it. */
static gboolean
is_done(const Import *import, const ImportNote *note)
{
    for (guint i = 0; i < import->profiles->len; i++)
        if (!import_note_is_done(note, import->profiles->pdata[i]))
            return FALSE;
    return TRUE;
}

/* What needs a person comes last, where it is seen. */
static void
print_notes(const Cli *cli, const Import *import)
{
    for (ImportNoteKind kind = IMPORT_NOTE_MAPPED; kind <= IMPORT_NOTE_MISSING; kind++)
        for (guint i = 0; i < import->notes->len; i++) {
            const ImportNote *note = import->notes->pdata[i];
            g_autofree char *text = NULL;

            if (note->kind != kind || (cli->options.quiet && kind < IMPORT_NOTE_WARNING) ||
                is_done(import, note))
                continue;
            text = import_note_format(note);
            fprintf(stderr, "%-9s %s\n", import_note_kind_name(kind), text);
        }
}

/* What the command line says about the new profile. */
static gboolean
apply_options(const Cli *cli, Profile *profile)
{
    if (cli->options.name != NULL &&
        !profiles_set(profile, profile_field_info(PROFILE_CONNECTION_ID)->name, cli->options.name))
        return FALSE;
    for (guint i = 0; i < cli->options.settings->len; i++)
        if (!profiles_set_pair(profile, cli->options.settings->pdata[i]))
            return FALSE;
    return TRUE;
}

static ExitCode
add(Cli *cli, const Profile *profile)
{
    const char *id = profile_text(profile, PROFILE_CONNECTION_ID);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = NULL;
    GVariantBuilder options;

    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    if (cli->options.system)
        g_variant_builder_add(&options, "{sv}", "owner", g_variant_new_string("system"));
    reply = remote_call(cli, CLI_ROOT, CLI_MANAGER, "AddConnection",
                        g_variant_new("(@a{sv}@a{sv})", profile_to_settings_with_secrets(profile),
                                      g_variant_builder_end(&options)),
                        "(o)", &error);
    if (reply == NULL)
        return remote_fail(error, id);
    say_line("Imported %s. Connect with: coatictl up %s", id, id);
    return EXIT_OK;
}

/* The notes were just said. */
static void
print_dry(const Profile *profile)
{
    g_autoptr(Profile) shown = profile_dup(profile);

    profile_unset(shown, PROFILE_IMPORT_NOTES);
    profiles_print(shown, FALSE);
}

static ExitCode
take_profile(Cli *cli, const Profile *profile)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *detail = NULL;

    if (cli->options.dry_run)
        print_dry(profile);
    if (!profile_check(profile, &error)) {
        detail =
            g_strdup_printf("%s: %s", profile_text(profile, PROFILE_CONNECTION_ID), error->message);
        say_error("The profile is not complete", detail,
                  "Give what is missing with --set KEY=VALUE; @FILE reads a file.");
        return EXIT_USAGE;
    }
    return cli->options.dry_run ? EXIT_OK : add(cli, profile);
}

/* Names and fields first, so that the notes are about what is still to do. */
static gboolean
complete_profiles(const Cli *cli, const Import *import, const char *origin)
{
    for (guint i = 0; i < import->profiles->len; i++) {
        place_name_profile(import->profiles->pdata[i], origin);
        if (!apply_options(cli, import->profiles->pdata[i]))
            return FALSE;
        import_sign(import, origin, import->profiles->pdata[i]);
    }
    return TRUE;
}

ExitCode
command_profile_import(Cli *cli, char **arguments)
{
    const char *file = arguments[0];
    const char *origin = strcmp(file, "-") == 0 ? "stdin" : file;
    g_autoptr(Place) place = place_new(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) content = profiles_read_file(file, IMPORT_MAX_OCTETS, &error);
    g_autoptr(Import) import = NULL;
    ExitCode code = EXIT_OK;

    if (content != NULL)
        import = import_parse(secret_text(content), secret_length(content), cli->options.format,
                              origin, place_files(place), &error);
    if (import == NULL) {
        say_error("The file cannot be imported", error->message, NULL);
        return EXIT_USAGE;
    }
    if (cli->options.name != NULL && import->profiles->len > 1) {
        say_error("--name fits one profile only", "the file has several", NULL);
        return EXIT_USAGE;
    }
    if (!complete_profiles(cli, import, origin))
        return EXIT_USAGE;
    print_notes(cli, import);
    for (guint i = 0; i < import->profiles->len; i++) {
        ExitCode here = take_profile(cli, import->profiles->pdata[i]);

        code = here != EXIT_OK ? here : code;
    }
    return code;
}
