/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote.h"

#include "say.h"

#include <string.h>

#define NO_SERVICE_HINT                                                                            \
    "Start it as root: systemctl start coatid. If there is no such unit, Coati is not installed "  \
    "completely."

gboolean
remote_open(Cli *cli, GError **error)
{
    if (cli->bus == NULL)
        cli->bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
    if (cli->bus == NULL)
        return FALSE;
    g_dbus_connection_set_exit_on_close(cli->bus, FALSE);
    return TRUE;
}

static void
on_result(GObject *source, GAsyncResult *result, gpointer user_data)
{
    *(GAsyncResult **)user_data = g_object_ref(result);
}

GVariant *
remote_call_with_fds(Cli *cli, const char *path, const char *interface, const char *method,
                     GVariant *parameters, const char *reply_type, GUnixFDList *fds, GError **error)
{
    g_autoptr(GAsyncResult) result = NULL;
    GVariant *reply;

    if (!remote_open(cli, error)) {
        if (parameters != NULL)
            g_variant_unref(g_variant_ref_sink(parameters));
        return NULL;
    }
    g_dbus_connection_call_with_unix_fd_list(cli->bus, CLI_BUS, path, interface, method, parameters,
                                             reply_type != NULL ? G_VARIANT_TYPE(reply_type) : NULL,
                                             G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                             G_MAXINT, fds, cli->cancellable, on_result, &result);
    while (result == NULL)
        g_main_context_iteration(NULL, TRUE);
    reply = g_dbus_connection_call_with_unix_fd_list_finish(cli->bus, NULL, result, error);
    return reply;
}

GVariant *
remote_call(Cli *cli, const char *path, const char *interface, const char *method,
            GVariant *parameters, const char *reply_type, GError **error)
{
    return remote_call_with_fds(cli, path, interface, method, parameters, reply_type, NULL, error);
}

GVariant *
remote_properties(Cli *cli, const char *path, const char *interface, GError **error)
{
    g_autoptr(GVariant) reply = remote_call(cli, path, "org.freedesktop.DBus.Properties", "GetAll",
                                            g_variant_new("(s)", interface), "(a{sv})", error);

    return reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
}

GVariant *
remote_network_connectivity(Cli *cli)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariant) value = NULL;

    if (!remote_open(cli, NULL))
        return NULL;
    reply = g_dbus_connection_call_sync(
        cli->bus, "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager",
        "org.freedesktop.DBus.Properties", "Get",
        g_variant_new("(ss)", "org.freedesktop.NetworkManager", "Connectivity"),
        G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, 2000, cli->cancellable, NULL);
    if (reply != NULL)
        g_variant_get(reply, "(v)", &value);
    return value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32)
               ? g_steal_pointer(&value)
               : NULL;
}

GVariant *
remote_objects(Cli *cli, GError **error)
{
    g_autoptr(GVariant) reply = remote_call(cli, CLI_ROOT, "org.freedesktop.DBus.ObjectManager",
                                            "GetManagedObjects", NULL, "(a{oa{sa{sv}}})", error);

    return reply != NULL ? g_variant_get_child_value(reply, 0) : NULL;
}

/* Names of D-Bus errors; the title is said when the service has not said more. */
static const struct {
    const char *name;
    ExitCode code;
    const char *title;
    const char *hint;
} failures[] = {
    {"org.freedesktop.DBus.Error.ServiceUnknown", EXIT_NO_SERVICE,
     "The Coati service is not running", NO_SERVICE_HINT},
    {"org.freedesktop.DBus.Error.NameHasNoOwner", EXIT_NO_SERVICE,
     "The Coati service is not running", NO_SERVICE_HINT},
    {"org.freedesktop.DBus.Error.NoReply", EXIT_NO_SERVICE, "The Coati service went away",
     "See what it says: journalctl -u coatid"},
    {"org.freedesktop.DBus.Error.AccessDenied", EXIT_NOT_AUTHORIZED,
     "The system bus does not allow this", "Ask an administrator of this computer."},
    {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", EXIT_NOT_AUTHORIZED,
     "This needs a password of this computer",
     "Run it on a terminal or in a desktop session, or as root."},
    {CLI_BUS ".Error.NotAuthorized", EXIT_NOT_AUTHORIZED, "You may not do this",
     "Ask an administrator of this computer."},
    {CLI_BUS ".Error.InvalidArguments", EXIT_USAGE, "The service does not accept this", NULL},
    {CLI_BUS ".Error.NotFound", EXIT_NOT_FOUND, "There is no such profile",
     "coatictl profile list shows all."},
    {CLI_BUS ".Error.AlreadyExists", EXIT_USAGE, "A profile of this name exists already",
     "Choose another with --name, or remove the old one."},
    {CLI_BUS ".Error.Busy", EXIT_UNKNOWN, "The service is busy with this", "Try again."},
    {CLI_BUS ".Error.NotSupported", EXIT_USAGE, "The service does not know this", NULL},
    {CLI_BUS ".Error.Timeout", EXIT_TIMEOUT, "The time is over", NULL},
};

ExitCode
remote_fail(const GError *error, const char *what)
{
    g_autofree char *name =
        g_dbus_error_is_remote_error(error) ? g_dbus_error_get_remote_error(error) : NULL;
    g_autoptr(GError) bare = g_error_copy(error);
    g_autofree char *detail = NULL;

    g_dbus_error_strip_remote_error(bare);
    detail =
        what != NULL ? g_strdup_printf("%s: %s", what, bare->message) : g_strdup(bare->message);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        say("Cancelled");
        return EXIT_CANCELLED;
    }
    if (name == NULL) {
        say_error("The system bus cannot be reached", bare->message,
                  "Is dbus running? In a container it may be missing.");
        return EXIT_NO_SERVICE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
        if (strcmp(failures[i].name, name) != 0)
            continue;
        say_error(failures[i].title, failures[i].code == EXIT_NO_SERVICE ? NULL : detail,
                  failures[i].hint);
        return failures[i].code;
    }
    if (g_str_has_prefix(name, "org.freedesktop.DBus.Error.Spawn.") ||
        g_str_has_prefix(name, "org.freedesktop.systemd1.")) {
        say_error("The Coati service could not be started", bare->message,
                  "See what it says: journalctl -u coatid");
        return EXIT_NO_SERVICE;
    }
    say_error("The service refused this", detail, NULL);
    return EXIT_UNKNOWN;
}

static void
profile_clear(gpointer data)
{
    RemoteProfile *profile = data;

    g_free(profile->path);
    g_free(profile->tunnel_path);
    g_variant_dict_unref(profile->properties);
    g_clear_pointer(&profile->tunnel, g_variant_dict_unref);
    g_free(profile);
}

static gint
compare_profiles(gconstpointer a, gconstpointer b)
{
    const RemoteProfile *left = *(const RemoteProfile *const *)a;
    const RemoteProfile *right = *(const RemoteProfile *const *)b;

    return strcmp(remote_text(left->properties, "Id"), remote_text(right->properties, "Id"));
}

/* g_variant_lookup_value() takes string keys alone, and these are object paths. */
static GVariant *
find_object(GVariant *objects, const char *path)
{
    GVariantIter iter;
    const char *name;
    GVariant *interfaces;

    g_variant_iter_init(&iter, objects);
    while (g_variant_iter_next(&iter, "{&o@a{sa{sv}}}", &name, &interfaces)) {
        if (strcmp(name, path) == 0)
            return interfaces;
        g_variant_unref(interfaces);
    }
    return NULL;
}

static GVariantDict *
properties_of(GVariant *objects, const char *path, const char *interface)
{
    g_autoptr(GVariant) interfaces = find_object(objects, path);
    g_autoptr(GVariant) properties =
        interfaces != NULL ? g_variant_lookup_value(interfaces, interface, NULL) : NULL;

    return properties != NULL ? g_variant_dict_new(properties) : NULL;
}

static const char *
remote_object(GVariantDict *dict, const char *name)
{
    const char *path = "";

    g_variant_dict_lookup(dict, name, "&o", &path);
    return path;
}

static RemoteProfile *
profile_new(GVariant *objects, const char *path, GVariantDict *properties)
{
    RemoteProfile *profile = g_new0(RemoteProfile, 1);
    const char *tunnel = NULL;

    profile->path = g_strdup(path);
    profile->properties = properties;
    if (g_variant_dict_lookup(properties, "Tunnel", "&o", &tunnel) && strcmp(tunnel, "/") != 0)
        profile->tunnel = properties_of(objects, tunnel, CLI_TUNNEL);
    if (profile->tunnel != NULL)
        profile->tunnel_path = g_strdup(tunnel);
    return profile;
}

static gboolean
has_ended(GVariantDict *tunnel)
{
    const char *state = remote_text(tunnel, "State");

    return strcmp(state, "disconnected") == 0 || strcmp(state, "failed") == 0;
}

/* A tunnel without a profile here, shown as if it had one; NULL for every other object, and for one
 * that is over and lingers. */
static RemoteProfile *
transient_new(GVariant *objects, const char *path)
{
    g_autoptr(GVariantDict) tunnel = properties_of(objects, path, CLI_TUNNEL);
    RemoteProfile *profile;

    if (tunnel == NULL || strcmp(remote_object(tunnel, "Connection"), "/") != 0 ||
        has_ended(tunnel))
        return NULL;
    profile = g_new0(RemoteProfile, 1);
    profile->path = g_strdup("/");
    profile->properties = g_variant_dict_new(NULL);
    g_variant_dict_insert(profile->properties, "Id", "s", remote_text(tunnel, "ConnectionId"));
    g_variant_dict_insert(profile->properties, "Gateway", "s", remote_text(tunnel, "Gateway"));
    g_variant_dict_insert(profile->properties, "OwnerUid", "u",
                          (guint32)remote_number(tunnel, "OwnerUid"));
    profile->tunnel_path = g_strdup(path);
    profile->tunnel = g_steal_pointer(&tunnel);
    return profile;
}

static GPtrArray *
list_profiles(Cli *cli, gboolean has_transients, GError **error)
{
    g_autoptr(GVariant) objects = remote_objects(cli, error);
    GPtrArray *profiles;
    GVariantIter iter;
    const char *path;

    if (objects == NULL)
        return NULL;
    profiles = g_ptr_array_new_with_free_func(profile_clear);
    g_variant_iter_init(&iter, objects);
    while (g_variant_iter_next(&iter, "{&o@a{sa{sv}}}", &path, NULL)) {
        GVariantDict *properties = properties_of(objects, path, CLI_CONNECTION);
        RemoteProfile *profile = properties != NULL ? profile_new(objects, path, properties)
                                 : has_transients   ? transient_new(objects, path)
                                                    : NULL;

        if (profile != NULL)
            g_ptr_array_add(profiles, profile);
    }
    g_ptr_array_sort(profiles, compare_profiles);
    return profiles;
}

GPtrArray *
remote_profiles(Cli *cli, GError **error)
{
    return list_profiles(cli, FALSE, error);
}

GPtrArray *
remote_connections(Cli *cli, GError **error)
{
    return list_profiles(cli, TRUE, error);
}

static char *
list_names(GPtrArray *profiles)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < profiles->len; i++) {
        RemoteProfile *profile = profiles->pdata[i];

        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               remote_text(profile->properties, "Id"));
    }
    return g_string_free(names, FALSE);
}

static RemoteProfile *
profile_named(GPtrArray *profiles, const char *name)
{
    for (guint i = 0; i < profiles->len; i++) {
        RemoteProfile *profile = profiles->pdata[i];

        if (strcmp(remote_text(profile->properties, "Id"), name) == 0 ||
            strcmp(remote_text(profile->properties, "Uuid"), name) == 0)
            return profile;
    }
    return NULL;
}

gboolean
remote_has_profile(GPtrArray *profiles, const char *name)
{
    return profile_named(profiles, name) != NULL;
}

RemoteProfile *
remote_find_profile(GPtrArray *profiles, const char *name, ExitCode *ret_code)
{
    g_autofree char *names = list_names(profiles);
    g_autofree char *detail = NULL;
    RemoteProfile *profile = name != NULL ? profile_named(profiles, name) : NULL;

    if (name == NULL && profiles->len == 1)
        return profiles->pdata[0];
    if (profile != NULL)
        return profile;
    *ret_code = EXIT_NOT_FOUND;
    if (profiles->len == 0) {
        say_error("There is no profile yet", NULL, "Make one: coatictl profile import FILE");
        return NULL;
    }
    if (name == NULL) {
        *ret_code = EXIT_USAGE;
        say_error("Which profile?", NULL, NULL);
    } else {
        detail = g_strdup_printf("\"%s\"", name);
        say_error("There is no such profile", detail, NULL);
    }
    say("The profiles are: %s", names);
    return NULL;
}

const char *
remote_text(GVariantDict *dict, const char *name)
{
    const char *text = "";

    if (dict != NULL && !g_variant_dict_lookup(dict, name, "&s", &text))
        g_variant_dict_lookup(dict, name, "&o", &text);
    return text;
}

const char **
remote_texts(GVariantDict *dict, const char *name)
{
    const char **texts = NULL;

    if (dict != NULL && g_variant_dict_lookup(dict, name, "^a&s", &texts))
        return texts;
    return g_new0(const char *, 1);
}

guint64
remote_number(GVariantDict *dict, const char *name)
{
    guint64 large = 0;
    guint32 small = 0;

    if (dict == NULL || g_variant_dict_lookup(dict, name, "t", &large))
        return large;
    g_variant_dict_lookup(dict, name, "u", &small);
    return small;
}

char *
remote_address(GVariantDict *tunnel, const char *name, gboolean with_prefix)
{
    g_autoptr(GVariant) value =
        tunnel != NULL ? g_variant_dict_lookup_value(tunnel, name, G_VARIANT_TYPE_VARDICT) : NULL;
    const char *address = "";
    guint32 prefix = 0;

    if (value == NULL || !g_variant_lookup(value, "address", "&s", &address) || address[0] == '\0')
        return g_strdup("");
    if (!with_prefix || !g_variant_lookup(value, "prefix", "u", &prefix))
        return g_strdup(address);
    return g_strdup_printf("%s/%u", address, prefix);
}
