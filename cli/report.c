/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coatictl report: what a help desk wants to see, without secrets and without login names.
 */
#include "config.h"
#include "lines.h"
#include "profiles.h"
#include "say.h"
#include "show.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { REPORT_LINES = 200 };

static void
heading(const char *title)
{
    printf("\n== %s ==\n", title);
}

static void
print_versions(Cli *cli)
{
    g_autoptr(GVariant) manager = remote_properties(cli, CLI_ROOT, CLI_MANAGER, NULL);
    g_autoptr(GVariantDict) dict = manager != NULL ? g_variant_dict_new(manager) : NULL;
    g_autofree const char **planes = remote_texts(dict, "DataPlanes");
    g_autofree char *plane_list = g_strjoinv(" ", (char **)planes);
    g_autofree char *system = g_get_os_info(G_OS_INFO_KEY_PRETTY_NAME);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format_iso8601(now);
    struct utsname kernel = {0};

    uname(&kernel);
    heading("Versions");
    show_row("Time", stamp);
    show_row("coatictl", COATI_VERSION);
    show_row("coatid", remote_text(dict, "Version"));
    show_row("Kernel", kernel.release);
    show_row("System", system != NULL ? system : "");
    show_row("Data planes", plane_list);
    show_row("DNS through", remote_text(dict, "DnsBackend"));
}

static void
print_settings(Cli *cli, const RemoteProfile *remote)
{
    ExitCode code;
    g_autoptr(Profile) profile =
        profiles_fetch(cli, remote_text(remote->properties, "Uuid"), NULL, &code);

    heading("Profile");
    if (profile == NULL)
        return;
    if (profile_is_set(profile, PROFILE_LOGIN_USER))
        profile_set(profile, PROFILE_LOGIN_USER, "(not shown)", NULL);
    profile_unset(profile, PROFILE_IMPORT_NOTES);
    profiles_print(profile, FALSE);
}

static void
print_counter(const char *name, GVariant *value)
{
    g_autofree char *text = g_variant_print(value, FALSE);

    show_row(name, text);
}

static void
print_counters(Cli *cli, const RemoteProfile *remote)
{
    g_autoptr(GVariant) reply =
        remote_call(cli, remote->tunnel_path, CLI_TUNNEL, "GetStatistics", NULL, "(a{sv})", NULL);
    g_autoptr(GVariant) statistics = reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
    GVariantIter iter;
    const char *name;
    GVariant *value;

    if (statistics == NULL)
        return;
    heading("Counters");
    g_variant_iter_init(&iter, statistics);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        print_counter(name, value);
        g_variant_unref(value);
    }
}

static void
print_last_error(Cli *cli, const RemoteProfile *remote)
{
    static const char *const labels[] = {"Reason", "Title", "Hint", "Detail"};
    g_autoptr(GVariant) reply =
        remote_call(cli, remote->path, CLI_CONNECTION, "GetLastError", NULL, "(ssss)", NULL);

    heading("Last failure");
    for (guint i = 0; i < G_N_ELEMENTS(labels) && reply != NULL; i++) {
        const char *text;

        g_variant_get_child(reply, i, "&s", &text);
        show_row(labels[i], text);
    }
}

static void
print_log(Cli *cli, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) lines = lines_fetch(cli, 0, &error);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    gint64 time;
    const char *profile;
    const char *text;
    GVariantIter iter;

    heading("Last lines");
    if (lines == NULL) {
        say_line("%s", error->message);
        return;
    }
    g_variant_iter_init(&iter, lines);
    while (g_variant_iter_next(&iter, "(tx&s&s)", NULL, &time, &profile, &text))
        if (strcmp(profile, name) == 0)
            g_ptr_array_add(kept, lines_format(time, profile, text));
    for (guint i = kept->len > REPORT_LINES ? kept->len - REPORT_LINES : 0; i < kept->len; i++)
        say_line("%s", (const char *)kept->pdata[i]);
}

static gboolean
redirect(const char *path)
{
    int fd;

    if (path == NULL || strcmp(path, "-") == 0)
        return TRUE;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) {
        say_error("The report cannot be written", g_strerror(errno), NULL);
        return FALSE;
    }
    close(fd);
    return TRUE;
}

ExitCode
command_report(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = remote_profiles(cli, &error);
    ExitCode code = EXIT_OK;
    RemoteProfile *remote;

    if (profiles == NULL)
        return remote_fail(error, NULL);
    remote = remote_find_profile(profiles, arguments[0], &code);
    if (remote == NULL)
        return code;
    if (!redirect(cli->options.output))
        return EXIT_UNKNOWN;
    puts("Report of Coati. It holds no password, key or login name; read it before you send it.");
    print_versions(cli);
    print_settings(cli, remote);
    heading("Tunnel");
    show_details(remote);
    if (remote->tunnel != NULL)
        print_counters(cli, remote);
    print_last_error(cli, remote);
    print_log(cli, remote_text(remote->properties, "Id"));
    return EXIT_OK;
}
