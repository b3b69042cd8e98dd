/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include "json.h"
#include "profiles.h"
#include "say.h"
#include "show.h"

#include <string.h>

enum { PROBE_SECONDS = 100 };

static char *
probe_start(Cli *cli, const Profile *profile, GError **error)
{
    g_autoptr(GVariant) reply = NULL;
    GVariantBuilder options;
    char *path = NULL;

    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&options, "{sv}", "probe", g_variant_new_boolean(TRUE));
    g_variant_builder_add(&options, "{sv}", "bind-to-caller", g_variant_new_boolean(TRUE));
    reply = remote_call(cli, CLI_ROOT, CLI_MANAGER, "ConnectTransient",
                        g_variant_new("(@a{sv}@a{sv})", profile_to_settings_with_secrets(profile),
                                      g_variant_builder_end(&options)),
                        "(o)", error);
    if (reply != NULL)
        g_variant_get(reply, "(o)", &path);
    return path;
}

Probe *
probe_run(Cli *cli, const Profile *profile, GError **error)
{
    g_autofree char *path = probe_start(cli, profile, error);
    g_autoptr(GVariant) waited = NULL;
    g_autoptr(GVariant) properties = NULL;
    Probe *probe;
    const char *token;
    const char *detail = "";

    if (path == NULL)
        return NULL;
    waited =
        remote_call(cli, path, CLI_TUNNEL, "Wait",
                    g_variant_new("(su)", "disconnected", PROBE_SECONDS * 1000), "(ss)", error);
    properties = waited != NULL ? remote_properties(cli, path, CLI_TUNNEL, error) : NULL;
    if (properties == NULL)
        return NULL;
    probe = g_new0(Probe, 1);
    probe->tunnel = g_variant_dict_new(properties);
    g_variant_get(waited, "(&s&s)", NULL, &token);
    if (!reason_find(token, &probe->reason))
        probe->reason = REASON_INTERNAL;
    if (probe->reason == REASON_USER_REQUEST)
        probe->reason = REASON_NONE;
    g_variant_dict_lookup(probe->tunnel, "LastError", "(&s&s@a{sv})", NULL, &detail, NULL);
    probe->detail = g_strdup(detail);
    return probe;
}

void
probe_free(Probe *probe)
{
    if (probe == NULL)
        return;
    g_free(probe->detail);
    g_variant_dict_unref(probe->tunnel);
    g_free(probe);
}

char *
probe_algorithms(GVariantDict *tunnel)
{
    g_autoptr(GVariant) value =
        g_variant_dict_lookup_value(tunnel, "Algorithms", G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariantDict) dict = value != NULL ? g_variant_dict_new(value) : NULL;

    if (remote_text(dict, "ike")[0] == '\0')
        return g_strdup("");
    return g_strdup_printf("%s, %s, %s mode", remote_text(dict, "ike"), remote_text(dict, "method"),
                           remote_text(dict, "mode"));
}

static void
print_text(const Probe *probe, const char *host, const char *mode)
{
    g_autofree char *algorithms = probe_algorithms(probe->tunnel);

    say_line("%s, %s mode", host, mode);
    show_row("Address", remote_text(probe->tunnel, "GatewayAddress"));
    show_row("Identity", remote_text(probe->tunnel, "GatewayIdentity"));
    show_row("Algorithms", algorithms);
    show_row("NAT traversal", remote_text(probe->tunnel, "NatTraversal"));
    if (probe->reason == REASON_NONE) {
        show_row("Result", "the gateway proved who it is");
        return;
    }
    show_row("Result", reason_title(probe->reason));
    show_row("Reason", reason_token(probe->reason));
    show_row("Detail", probe->detail);
    show_row("What to do", reason_hint(probe->reason));
}

static JsonObject *
json_of_probe(const Probe *probe, const char *mode)
{
    g_autofree char *algorithms = probe_algorithms(probe->tunnel);
    gboolean is_good = probe->reason == REASON_NONE;
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "mode", mode);
    json_object_set_string_member(object, "address", remote_text(probe->tunnel, "GatewayAddress"));
    json_object_set_string_member(object, "identity",
                                  remote_text(probe->tunnel, "GatewayIdentity"));
    json_object_set_string_member(object, "algorithms", algorithms);
    json_object_set_object_member(object, "error",
                                  json_of_error(is_good ? "" : reason_token(probe->reason),
                                                is_good ? "" : reason_title(probe->reason),
                                                probe->detail,
                                                is_good ? "" : reason_hint(probe->reason)));
    return object;
}

/* A certificate that nobody vouches for yet is what a probe is there to show. */
static gboolean
has_answered(const Probe *probe)
{
    return probe->reason == REASON_NONE || reason_exit_code(probe->reason) == EXIT_CERTIFICATE;
}

static gboolean
is_worth_main_mode(const Probe *probe)
{
    return probe->reason == REASON_WRONG_EXCHANGE || probe->reason == REASON_PROPOSAL_REJECTED ||
           probe->reason == REASON_FRAGMENTS_DROPPED;
}

static Profile *
profile_of_host(const Cli *cli, const char *host)
{
    g_autoptr(Profile) profile = profile_new();

    if (!profiles_set(profile, "connection.id", "probe") ||
        !profiles_set(profile, "connection.gateway", host))
        return NULL;
    for (guint i = 0; i < cli->options.settings->len; i++)
        if (!profiles_set_pair(profile, cli->options.settings->pdata[i]))
            return NULL;
    return g_steal_pointer(&profile);
}

ExitCode
command_probe(Cli *cli, char **arguments)
{
    static const char *const modes[] = {"aggressive", "main"};
    g_autoptr(Profile) profile = profile_of_host(cli, arguments[0]);
    JsonArray *list = json_array_new();
    JsonObject *object = json_object_new();
    ExitCode code = EXIT_USAGE;
    gboolean goes_on = profile != NULL;

    for (guint i = 0; i < G_N_ELEMENTS(modes) && goes_on; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Probe) probe = NULL;

        profiles_set(profile, "connection.mode", modes[i]);
        probe = probe_run(cli, profile, &error);
        if (probe == NULL) {
            code = remote_fail(error, arguments[0]);
            break;
        }
        if (cli->options.json)
            json_array_add_object_element(list, json_of_probe(probe, modes[i]));
        else
            print_text(probe, arguments[0], modes[i]);
        code = has_answered(probe) ? EXIT_OK : reason_exit_code(probe->reason);
        goes_on = is_worth_main_mode(probe);
    }
    json_object_set_string_member(object, "host", arguments[0]);
    json_object_set_array_member(object, "attempts", list);
    if (cli->options.json)
        json_print(object, FALSE);
    else
        json_object_unref(object);
    return code;
}
