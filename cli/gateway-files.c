/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From another program's gateway to a gateway.conf, and from a gateway.conf to clients' profiles. */
#include "gateway.h"

#include "base/fd.h"
#include "base/names.h"
#include "config.h"
#include "gateway-bus.h"
#include "profile/export.h"
#include "profile/import-gateway.h"
#include "profile/place.h"
#include "profiles.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A new file that its owner alone can read: there may be passwords in it. */
static gboolean
write_new(const char *path, const void *data, gsize length)
{
    g_auto(Fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0 && write(fd, data, length) == (gssize)length)
        return TRUE;
    say_error("The file cannot be written", path,
              errno == EEXIST ? "It exists already; choose another name." : g_strerror(errno));
    return FALSE;
}

static ExitCode
deliver(const Cli *cli, const Secret *text)
{
    const char *path = cli->options.output;

    if (path != NULL && strcmp(path, "-") != 0)
        return write_new(path, secret_data(text), secret_length(text)) ? EXIT_OK : EXIT_UNKNOWN;
    fputs(secret_text(text), stdout);
    return EXIT_OK;
}

/* --- import --- */

/* What needs a person comes last, where it is seen. */
static void
print_notes(const Cli *cli, const Import *import)
{
    for (ImportNoteKind kind = IMPORT_NOTE_MAPPED; kind <= IMPORT_NOTE_MISSING; kind++)
        for (guint i = 0; i < import->notes->len; i++) {
            const ImportNote *note = import->notes->pdata[i];
            g_autofree char *text = NULL;

            if (note->kind != kind || (cli->options.quiet && kind < IMPORT_NOTE_WARNING))
                continue;
            text = import_note_format(note);
            fprintf(stderr, "%-9s %s\n", import_note_kind_name(kind), text);
        }
}

ExitCode
command_gateway_import(Cli *cli, char **arguments)
{
    g_autoptr(Place) place = place_new(arguments[0]);
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) content = place_read(arguments[0], IMPORT_MAX_OCTETS, &error);
    g_autoptr(Secret) conf = NULL;
    g_autoptr(Import) import = NULL;

    if (content == NULL) {
        say_error("The file cannot be read", error->message, NULL);
        return EXIT_UNKNOWN;
    }
    import = import_gateway(secret_text(content), secret_length(content), arguments[0],
                            place_files(place), &conf, &error);
    if (import == NULL) {
        say_error("This cannot be imported", error->message,
                  "coatictl profile import is for the client's side.");
        return EXIT_USAGE;
    }
    print_notes(cli, import);
    return deliver(cli, conf);
}

/* --- export --- */

/* The files that the text names lie beside it; without --output they are named. */
static gboolean
write_files(const Cli *cli, const Export *export)
{
    const char *path = cli->options.output;
    gboolean is_file = path != NULL && strcmp(path, "-") != 0;
    g_autofree char *folder = is_file ? g_path_get_dirname(path) : NULL;
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, export->files);
    while (g_hash_table_iter_next(&iter, &name, &text)) {
        g_autofree char *beside = is_file ? g_build_filename(folder, name, NULL) : NULL;

        if (beside == NULL)
            say("%s must lie beside it: --output writes both", (const char *)name);
        else if (!write_new(beside, text, strlen(text)))
            return FALSE;
    }
    return TRUE;
}

/* Formats without a place for the CA get it in a file beside them all the same. */
static void
add_ca(const Profile *profile, Export *export)
{
    const char *id = profile_text(profile, PROFILE_CONNECTION_ID);

    if (profile_is_set(profile, PROFILE_IDENTITY_CA) && !export->is_kept[PROFILE_IDENTITY_CA])
        g_hash_table_insert(export->files, g_strconcat(id, "-ca.pem", NULL),
                            profile_format(profile, PROFILE_IDENTITY_CA));
}

static void
say_notes(const Cli *cli, const Export *export)
{
    for (guint i = 0; i < export->notes->len && !cli->options.quiet; i++) {
        const char *note = export->notes->pdata[i];
        g_autofree char *clean = name_clean(note, strlen(note), 400, FALSE);

        fprintf(stderr, "%-9s %s\n", "dropped", clean);
    }
}

/* The service's own reader makes the profile; what is exported is what a profile can be. */
static Profile *
fetch_profile(const Cli *cli, const char *conf)
{
    const char *words[] = {"--gateway-profile", conf, NULL, NULL, NULL, NULL, NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *said = NULL;
    g_autofree char *problem = NULL;
    Profile *profile = NULL;
    guint count = 2;
    gint status = 0;

    if (cli->options.method != NULL) {
        words[count++] = "--gateway-method";
        words[count++] = cli->options.method;
    }
    if (cli->options.group != NULL) {
        words[count++] = "--gateway-group";
        words[count++] = cli->options.group;
    }
    if (!gateway_run_coatid(words, &said, &problem, &status, &error)) {
        say_error("Cannot run coatid", error->message, NULL);
        return NULL;
    }
    if (status == 0)
        profile = profile_parse(said, strlen(said), NULL, &error);
    if (profile == NULL)
        say_error("There is no profile for clients of this gateway",
                  status != 0 ? problem : error->message, NULL);
    explicit_bzero(said, strlen(said));
    return profile;
}

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

/* Clients after Cisco's name a group in hybrid mode too; the gateway takes any. */
static gboolean
name_group(Profile *profile, const char *format)
{
    static const char *const formats[] = {"pcf", "vpnc", "shrew", NULL};

    return !g_strv_contains(formats, format) ||
           profile_choice(profile, PROFILE_CONNECTION_METHOD) != PROFILE_METHOD_HYBRID_RSA ||
           profile_is_set(profile, PROFILE_IDENTITY_OWN_ID) ||
           profiles_set(profile, profile_field_info(PROFILE_IDENTITY_OWN_ID)->name,
                        profile_text(profile, PROFILE_CONNECTION_ID));
}

ExitCode
command_gateway_export(Cli *cli, char **arguments)
{
    const char *conf = arguments[0] != NULL ? arguments[0] : COATI_SYSCONFDIR "/gateway.conf";
    const char *format = cli->options.format != NULL ? cli->options.format : "coati";
    g_autoptr(Profile) profile = fetch_profile(cli, conf);
    g_autoptr(GError) error = NULL;
    g_autoptr(Export) export = NULL;

    if (profile == NULL)
        return EXIT_UNKNOWN;
    if (!apply_options(cli, profile) || !name_group(profile, format))
        return EXIT_USAGE;
    export = export_write(profile, format, TRUE, &error);
    if (export == NULL) {
        say_error("The profile cannot be written in this format", error->message, NULL);
        return EXIT_USAGE;
    }
    add_ca(profile, export);
    say_notes(cli, export);
    return write_files(cli, export) ? deliver(cli, export->text) : EXIT_UNKNOWN;
}
