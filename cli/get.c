/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coatictl get: one value, without decoration; lists have one item on a line. */
#include "profile/profile.h"
#include "remote.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

typedef enum { GET_TEXT, GET_LIST, GET_NUMBER, GET_ADDRESS, GET_REASON } GetKind;

static const struct {
    const char *name;
    const char *property;
    GetKind kind;
} rows[] = {
    {"state", "State", GET_TEXT},
    {"stage", "Stage", GET_TEXT},
    {"address", "Ip4", GET_ADDRESS},
    {"address6", "Ip6", GET_ADDRESS},
    {"dns", "Dns", GET_LIST},
    {"domains", "Domains", GET_LIST},
    {"gateway", "Gateway", GET_TEXT},
    {"gateway-address", "GatewayAddress", GET_TEXT},
    {"identity", "GatewayIdentity", GET_TEXT},
    {"interface", "Interface", GET_TEXT},
    {"plane", "DataPlane", GET_TEXT},
    {"mtu", "Mtu", GET_NUMBER},
    {"routes", "Routes", GET_LIST},
    {"excluded-routes", "ExcludedRoutes", GET_LIST},
    {"nat-traversal", "NatTraversal", GET_TEXT},
    {"connected-at", "ConnectedAt", GET_NUMBER},
    {"banner", "Banner", GET_TEXT},
    {"reason", "LastError", GET_REASON},
};

const char *const *
command_get_names(void)
{
    static const char *names[G_N_ELEMENTS(rows) + 1];

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        names[i] = rows[i].name;
    return names;
}

static void
print_value(GVariantDict *tunnel, guint row)
{
    g_autofree const char **items = NULL;
    g_autofree char *address = NULL;
    const char *reason = "";

    switch (rows[row].kind) {
    case GET_TEXT:
        say_text(remote_text(tunnel, rows[row].property));
        return;
    case GET_NUMBER:
        printf("%" G_GUINT64_FORMAT "\n", remote_number(tunnel, rows[row].property));
        return;
    case GET_LIST:
        items = remote_texts(tunnel, rows[row].property);
        for (guint i = 0; items[i] != NULL; i++)
            say_text(items[i]);
        return;
    case GET_ADDRESS:
        address = remote_address(tunnel, rows[row].property, FALSE);
        if (address[0] != '\0')
            say_text(address);
        return;
    case GET_REASON:
        g_variant_dict_lookup(tunnel, "LastError", "(&s&s@a{sv})", &reason, NULL, NULL);
        say_text(reason);
        return;
    }
}

static ExitCode
get_of_tunnel(const RemoteProfile *profile, guint row)
{
    if (profile->tunnel != NULL) {
        print_value(profile->tunnel, row);
        return EXIT_OK;
    }
    if (strcmp(rows[row].name, "state") == 0) {
        puts("disconnected");
        return EXIT_OK;
    }
    if (strcmp(rows[row].name, "gateway") == 0) {
        say_text(remote_text(profile->properties, "Gateway"));
        return EXIT_OK;
    }
    say_error("It is not connected", remote_text(profile->properties, "Id"), NULL);
    return EXIT_ACTIVATION;
}

ExitCode
command_get(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) profiles = NULL;
    ExitCode code = EXIT_OK;
    ProfileField field;
    RemoteProfile *profile;

    if (profile_field_find(arguments[1], &field))
        return command_profile_show(cli, arguments);
    profiles = remote_profiles(cli, &error);
    if (profiles == NULL)
        return remote_fail(error, NULL);
    profile = remote_find_profile(profiles, arguments[0], &code);
    if (profile == NULL)
        return code;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, arguments[1]) == 0)
            return get_of_tunnel(profile, i);
    say_error("There is no such field", arguments[1], "coatictl get --help lists all.");
    return EXIT_USAGE;
}

ExitCode
command_reload(Cli *cli, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        remote_call(cli, CLI_ROOT, CLI_MANAGER, "Reload", NULL, NULL, &error);

    return reply != NULL ? EXIT_OK : remote_fail(error, NULL);
}
