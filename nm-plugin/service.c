/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nm-coati-service: what NetworkManager starts for each VPN connection of type coati.
 *
 * It hands the connection to coatid as a transient one with network "none" (NetworkManager sets
 * addresses, routes and names), answers coatid's questions through NetworkManager's agents, and
 * tells NetworkManager what the tunnel became. It stays STARTED while coatid reconnects and sends
 * settings again only when they changed, because NetworkManager never gets out of "activating"
 * when it is told the same twice.
 */
#include "base/fd.h"
#include "base/reason.h"
#include "coati-dbus.h"
#include "ipconfig.h"
#include "names.h"
#include "question.h"
#include "settings.h"

#include <NetworkManager.h>
#include <errno.h>
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COATI_BUS "org.coati.Coati1"
#define COATI_ROOT "/org/coati/Coati1"
#define AGENT_PATH "/org/coati/NetworkManager/agent"

/* NetworkManager must read the failure before the name goes away. */
enum { LINGER_SECONDS = 2 };

typedef struct {
    NMVpnServicePlugin parent;
    GDBusConnection *bus;
    CoatiDbusManager *manager;
    CoatiDbusTunnel *tunnel;
    CoatiDbusAgent *agent;
    NmCoatiQuestion *question;
    GCancellable *cancellable;
    NmCoatiConfig sent;
    NMConnection *connection; /* without secrets */
    GVariant *call;           /* of ConnectTransient, until coatid knows the agent */
    GUnixFDList *fds;
    Reason refusal; /* why somebody would have to be asked again */
    gboolean is_interactive;
    gboolean is_told; /* the log has the reason */
    gboolean is_ended;
} NmCoatiService;

typedef struct {
    NMVpnServicePluginClass parent;
} NmCoatiServiceClass;

GType nm_coati_service_get_type(void);
G_DEFINE_TYPE(NmCoatiService, nm_coati_service, NM_TYPE_VPN_SERVICE_PLUGIN)

static gboolean
quit_now(gpointer user_data)
{
    g_signal_emit_by_name(user_data, "quit");
    return G_SOURCE_REMOVE;
}

/* NetworkManager knows three failures, and keeps the first only when it arrives while the service
 * is already STOPPING and the service lives on for a moment. The log line has what it can't carry. */
static NMVpnPluginFailure
failure_of(Reason reason)
{
    switch (reason_exit_code(reason)) {
    case EXIT_AUTH_REFUSED:
    case EXIT_CANCELLED:
        return NM_VPN_PLUGIN_FAILURE_LOGIN_FAILED;
    case EXIT_NO_ADDRESS:
        return NM_VPN_PLUGIN_FAILURE_BAD_IP_CONFIG;
    case EXIT_OK:
    case EXIT_UNKNOWN:
    case EXIT_USAGE:
    case EXIT_TIMEOUT:
    case EXIT_ACTIVATION:
    case EXIT_DEACTIVATION:
    case EXIT_NO_SERVICE:
    case EXIT_NOT_FOUND:
    case EXIT_UNREACHABLE:
    case EXIT_CERTIFICATE:
    case EXIT_PROPOSAL:
    case EXIT_NOT_AUTHORIZED:
    case EXIT_DATAPLANE:
        break;
    }
    return NM_VPN_PLUGIN_FAILURE_CONNECT_FAILED;
}

static gboolean
is_stopped(NmCoatiService *self)
{
    NMVpnServiceState state;

    g_object_get(self, "state", &state, NULL);
    return state == NM_VPN_SERVICE_STATE_STOPPED;
}

static void
stop_plugin(NmCoatiService *self, const NMVpnPluginFailure *failure)
{
    if (!is_stopped(self)) {
        g_object_set(self, "state", NM_VPN_SERVICE_STATE_STOPPING, NULL);
        if (failure != NULL)
            nm_vpn_service_plugin_failure(NM_VPN_SERVICE_PLUGIN(self), *failure);
        g_object_set(self, "state", NM_VPN_SERVICE_STATE_STOPPED, NULL);
    }
    g_timeout_add_seconds(LINGER_SECONDS, quit_now, self);
}

static void
tell(NmCoatiService *self, Reason reason, const char *detail)
{
    g_warning("connection %s (%s): %s: %s%s%s. %s", nm_connection_get_uuid(self->connection),
              nm_connection_get_id(self->connection), reason_token(reason), reason_title(reason),
              detail != NULL && *detail != '\0' ? ": " : "", detail != NULL ? detail : "",
              reason_hint(reason));
}

static void
end(NmCoatiService *self, Reason reason, const char *detail)
{
    NMVpnPluginFailure failure;

    if (self->is_ended)
        return;
    self->is_ended = TRUE;
    if (reason == REASON_SECRETS_CANCELLED && self->refusal != REASON_NONE)
        reason = self->refusal;
    failure = failure_of(reason);
    if (!self->is_told)
        tell(self, reason, detail);
    stop_plugin(self, &failure);
}

static void
end_by_request(NmCoatiService *self)
{
    if (self->is_ended)
        return;
    self->is_ended = TRUE;
    stop_plugin(self, NULL);
}

static void
end_by_error(NmCoatiService *self, const GError *error)
{
    g_autofree char *remote = g_dbus_error_get_remote_error(error);
    g_autoptr(GError) plain = g_error_copy(error);
    Reason reason = REASON_INTERNAL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
        g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY))
        reason = REASON_SHUTDOWN;
    else if (remote != NULL && g_str_has_suffix(remote, ".InvalidArguments"))
        reason = REASON_PROFILE_INVALID;
    else if (remote != NULL && (g_str_has_suffix(remote, ".NotAuthorized") ||
                                g_str_has_suffix(remote, ".InteractiveAuthorizationRequired")))
        reason = REASON_NOT_AUTHORIZED;
    g_dbus_error_strip_remote_error(plain);
    end(self, reason, plain->message);
}

static void
send_config(NmCoatiService *self)
{
    NMVpnServicePlugin *plugin = NM_VPN_SERVICE_PLUGIN(self);
    g_autoptr(Profile) profile = nm_coati_profile_of(self->connection, NULL);
    NmCoatiConfig config;

    if (!nm_coati_config_of(self->tunnel, profile, &config)) {
        end(self, REASON_NO_ADDRESS, NULL);
        return;
    }
    if (self->sent.config != NULL && nm_coati_config_equal(&config, &self->sent)) {
        nm_coati_config_clear(&config);
        return;
    }
    nm_coati_config_clear(&self->sent);
    self->sent = config;
    nm_vpn_service_plugin_set_config(plugin, config.config);
    if (config.ip4 != NULL)
        nm_vpn_service_plugin_set_ip4_config(plugin, config.ip4);
    if (config.ip6 != NULL)
        nm_vpn_service_plugin_set_ip6_config(plugin, config.ip6);
}

static void
tunnel_changed(NmCoatiService *self)
{
    const char *state = coati_dbus_tunnel_get_state(self->tunnel);
    GVariant *error = coati_dbus_tunnel_get_last_error(self->tunnel);
    const char *token = "";
    const char *detail = "";
    Reason reason = REASON_INTERNAL;

    if (g_strcmp0(state, "connected") == 0)
        send_config(self);
    if (g_strcmp0(state, "failed") != 0 && g_strcmp0(state, "disconnected") != 0)
        return;
    if (error != NULL)
        g_variant_get(error, "(&s&s@a{sv})", &token, &detail, NULL);
    if (g_strcmp0(token, reason_token(REASON_USER_REQUEST)) == 0 || g_strcmp0(token, "") == 0) {
        end_by_request(self);
        return;
    }
    reason_find(token, &reason);
    end(self, reason, detail);
}

static void
tunnel_vanished(NmCoatiService *self)
{
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(self->tunnel));

    if (owner == NULL)
        end(self, REASON_SHUTDOWN, "coatid has gone");
}

static void
tunnel_ready(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    CoatiDbusTunnel *tunnel = coati_dbus_tunnel_proxy_new_finish(result, &error);
    NmCoatiService *self = user_data;

    if (tunnel == NULL) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            end_by_error(self, error);
        return;
    }
    self->tunnel = tunnel;
    g_signal_connect_swapped(tunnel, "g-properties-changed", G_CALLBACK(tunnel_changed), self);
    g_signal_connect_swapped(tunnel, "notify::g-name-owner", G_CALLBACK(tunnel_vanished), self);
    tunnel_changed(self);
}

static void
connect_started(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish(
        G_DBUS_CONNECTION(source), NULL, result, &error);
    NmCoatiService *self = user_data;
    const char *path;

    if (reply == NULL) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            end_by_error(self, error);
        return;
    }
    g_variant_get(reply, "(&o)", &path);
    coati_dbus_tunnel_proxy_new(self->bus, G_DBUS_PROXY_FLAGS_NONE, COATI_BUS, path,
                                self->cancellable, tunnel_ready, self);
}

static void
agent_registered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *remote = NULL;
    gboolean is_registered =
        coati_dbus_manager_call_register_agent_finish(COATI_DBUS_MANAGER(source), result, &error);
    NmCoatiService *self = user_data;
    g_autoptr(GVariant) call = NULL;
    g_autoptr(GUnixFDList) fds = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    call = g_steal_pointer(&self->call);
    fds = g_steal_pointer(&self->fds);
    if (!is_registered)
        remote = g_dbus_error_get_remote_error(error);
    if (!is_registered && (remote == NULL || !g_str_has_suffix(remote, ".AlreadyExists"))) {
        end_by_error(self, error);
        return;
    }
    /* Without a time limit: polkit may be asking a person about weak settings. */
    g_dbus_connection_call_with_unix_fd_list(
        self->bus, COATI_BUS, COATI_ROOT, "org.coati.Coati1.Manager", "ConnectTransient", call,
        G_VARIANT_TYPE("(o)"),
        self->is_interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION
                             : G_DBUS_CALL_FLAGS_NONE,
        G_MAXINT, fds, self->cancellable, connect_started, self);
}

/* A file in memory with the secrets: no bus message holds a password. */
static Fd
secrets_file(NMConnection *connection)
{
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);
    const char *password = nm_setting_vpn_get_secret(vpn, NM_COATI_PASSWORD);
    g_auto(Fd) file = -1;

    if (password == NULL || strchr(password, '\n') != NULL)
        return -1;
    file = memfd_create("coati-secrets", MFD_CLOEXEC);
    if (file < 0 || dprintf(file, NM_COATI_PASSWORD "=%s\n", password) < 0 ||
        lseek(file, 0, SEEK_SET) < 0)
        return -1;
    return fd_steal(&file);
}

static gboolean
start(NmCoatiService *self, NMConnection *connection, GError **error)
{
    static const char *const capabilities[] = {"text", "secret", "otp", "choice", NULL};
    g_auto(Fd) file = secrets_file(connection);
    GVariant *settings = nm_coati_settings_of(connection, error);
    GVariantBuilder options;
    guint32 uid;

    if (settings == NULL)
        return FALSE;
    g_clear_object(&self->connection);
    self->connection = nm_simple_connection_new_clone(connection);
    nm_connection_clear_secrets(self->connection);
    self->is_ended = FALSE;
    self->is_told = FALSE;
    self->refusal = REASON_NONE;
    self->fds = g_unix_fd_list_new();
    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&options, "{sv}", "network", g_variant_new_string("none"));
    g_variant_builder_add(&options, "{sv}", "bind-to-caller", g_variant_new_boolean(TRUE));
    if (nm_coati_owner_of(connection, &uid))
        g_variant_builder_add(&options, "{sv}", "for-user", g_variant_new_uint32(uid));
    if (file >= 0)
        g_variant_builder_add(&options, "{sv}", "secrets-fd",
                              g_variant_new_handle(g_unix_fd_list_append(self->fds, file, NULL)));
    self->call = g_variant_ref_sink(g_variant_new("(@a{sv}a{sv})", settings, &options));
    coati_dbus_manager_call_register_agent(self->manager, AGENT_PATH, capabilities,
                                           self->cancellable, agent_registered, self);
    return TRUE;
}

static gboolean
service_connect(NMVpnServicePlugin *plugin, NMConnection *connection, GError **error)
{
    ((NmCoatiService *)plugin)->is_interactive = FALSE;
    return start((NmCoatiService *)plugin, connection, error);
}

static gboolean
service_connect_interactive(NMVpnServicePlugin *plugin, NMConnection *connection, GVariant *details,
                            GError **error)
{
    ((NmCoatiService *)plugin)->is_interactive = TRUE;
    return start((NmCoatiService *)plugin, connection, error);
}

static gboolean
service_need_secrets(NMVpnServicePlugin *plugin, NMConnection *connection, const char **ret_setting,
                     GError **error)
{
    gboolean is_missing = nm_coati_missing_secret(connection) != NULL;

    *ret_setting = is_missing ? NM_SETTING_VPN_SETTING_NAME : "";
    return is_missing;
}

static gboolean
service_new_secrets(NMVpnServicePlugin *plugin, NMConnection *connection, GError **error)
{
    NmCoatiService *self = (NmCoatiService *)plugin;

    if (self->question == NULL) {
        g_set_error_literal(error, NM_VPN_PLUGIN_ERROR, NM_VPN_PLUGIN_ERROR_FAILED,
                            "Nothing was asked");
        return FALSE;
    }
    nm_coati_question_answer(g_steal_pointer(&self->question), connection);
    return TRUE;
}

/* NetworkManager is done with this connection. */
static void
leave(NmCoatiService *self)
{
    if (self->question != NULL && !self->is_ended && !self->is_told) {
        tell(self, self->refusal != REASON_NONE ? self->refusal : REASON_SECRETS_NO_AGENT, NULL);
        self->is_told = TRUE;
    }
    g_clear_pointer(&self->question, nm_coati_question_cancel);
    if (self->tunnel != NULL && !self->is_ended)
        coati_dbus_tunnel_call_disconnect(self->tunnel, NULL, NULL, NULL);
    else
        g_cancellable_cancel(self->cancellable);
}

static gboolean
service_disconnect(NMVpnServicePlugin *plugin, GError **error)
{
    leave((NmCoatiService *)plugin);
    return TRUE;
}

/* libnm's base class would wait for three minutes where NetworkManager gave up before Connect. */
static void
nm_state_changed(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                 const char *signal, GVariant *parameters, gpointer user_data)
{
    guint32 state;

    if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uu)")))
        return;
    g_variant_get(parameters, "(uu)", &state, NULL);
    if (state != NM_VPN_CONNECTION_STATE_FAILED && state != NM_VPN_CONNECTION_STATE_DISCONNECTED)
        return;
    leave(user_data);
    g_timeout_add_seconds(LINGER_SECONDS, quit_now, user_data);
}

static void
nm_vanished(GDBusConnection *bus, const char *name, gpointer user_data)
{
    leave(user_data);
    g_timeout_add_seconds(LINGER_SECONDS, quit_now, user_data);
}

/* bus_name ends with "Connection_N", where N is the active connection's number. */
static void
watch_manager(NmCoatiService *self, const char *bus_name)
{
    const char *number = strrchr(bus_name, '_');
    g_autofree char *path = NULL;

    g_bus_watch_name_on_connection(self->bus, "org.freedesktop.NetworkManager",
                                   G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, nm_vanished, self, NULL);
    if (number == NULL || !g_ascii_isdigit(number[1]))
        return;
    path = g_strconcat("/org/freedesktop/NetworkManager/ActiveConnection/", number + 1, NULL);
    if (g_variant_is_object_path(path))
        g_dbus_connection_signal_subscribe(self->bus, "org.freedesktop.NetworkManager",
                                           "org.freedesktop.NetworkManager.VPN.Connection",
                                           "VpnStateChanged", path, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                           nm_state_changed, self, NULL);
}

static void
refuse_question(GDBusMethodInvocation *invocation, const char *error, const char *text)
{
    g_autofree char *name = g_strconcat("org.coati.Coati1.Agent.Error.", error, NULL);

    g_dbus_method_invocation_return_dbus_error(invocation, name, text);
}

/* Only questions about this process's own tunnel: it runs as root, as other callers may. */
static gboolean
is_own(NmCoatiService *self, const char *connection, GVariant *info)
{
    const char *id = "";

    g_variant_lookup(info, "connection-id", "&s", &id);
    return g_str_equal(connection, "/") && self->connection != NULL && !self->is_ended &&
           g_strcmp0(id, nm_connection_get_id(self->connection)) == 0;
}

/* The first one-time secret that NetworkManager would write to disk, or NULL. */
static const char *
would_be_stored(NmCoatiService *self)
{
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(self->connection);
    const char *const *names = nm_coati_question_one_time(self->question);

    while (*names != NULL && nm_coati_is_never_saved(vpn, *names))
        names++;
    return *names;
}

/* coatid asks: NetworkManager's agents answer. */
static gboolean
agent_request(CoatiDbusAgent *agent, GDBusMethodInvocation *invocation, const char *connection,
              const char *message, GVariant *fields, GVariant *info, NmCoatiService *self)
{
    g_autofree char *hint = NULL;
    const char *reason = "";
    const char *name;

    if (!is_own(self, connection, info)) {
        refuse_question(invocation, "Failed", "Not a question for this agent");
        return TRUE;
    }
    g_clear_pointer(&self->question, nm_coati_question_cancel);
    if (g_variant_lookup(info, "reason", "&s", &reason))
        reason_find(reason, &self->refusal);
    if (!self->is_interactive) {
        refuse_question(invocation, "Cancelled", "NetworkManager cannot ask anyone");
        return TRUE;
    }
    self->question = nm_coati_question_new(invocation, message, fields, info);
    name = would_be_stored(self);
    if (name != NULL) {
        hint = g_strdup_printf("%s would be stored: nmcli connection modify %s +vpn.data "
                               "%s-flags=2",
                               name, nm_connection_get_uuid(self->connection), name);
        end(self, REASON_PROFILE_INVALID, hint);
        g_clear_pointer(&self->question, nm_coati_question_cancel);
        return TRUE;
    }
    nm_vpn_service_plugin_secrets_required(NM_VPN_SERVICE_PLUGIN(self),
                                           nm_coati_question_message(self->question),
                                           nm_coati_question_hints(self->question));
    return TRUE;
}

static gboolean
agent_cancel(CoatiDbusAgent *agent, GDBusMethodInvocation *invocation, const char *token,
             const char *reason, NmCoatiService *self)
{
    g_clear_pointer(&self->question, nm_coati_question_cancel);
    coati_dbus_agent_complete_cancel(agent, invocation);
    return TRUE;
}

static gboolean
agent_result(CoatiDbusAgent *agent, GDBusMethodInvocation *invocation, const char *connection,
             gboolean is_accepted, NmCoatiService *self)
{
    coati_dbus_agent_complete_secrets_result(agent, invocation);
    return TRUE;
}

static gboolean
agent_release(CoatiDbusAgent *agent, GDBusMethodInvocation *invocation, NmCoatiService *self)
{
    coati_dbus_agent_complete_release(agent, invocation);
    return TRUE;
}

/* coatid is started by the first connection, not here: NetworkManager waits for the name. */
static gboolean
open_service(NmCoatiService *self, GError **error)
{
    self->bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
    if (self->bus == NULL)
        return FALSE;
    self->manager = coati_dbus_manager_proxy_new_sync(
        self->bus,
        G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |
            G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION,
        COATI_BUS, COATI_ROOT, NULL, error);
    if (self->manager == NULL)
        return FALSE;
    self->agent = coati_dbus_agent_skeleton_new();
    g_signal_connect(self->agent, "handle-request-secrets", G_CALLBACK(agent_request), self);
    g_signal_connect(self->agent, "handle-cancel", G_CALLBACK(agent_cancel), self);
    g_signal_connect(self->agent, "handle-secrets-result", G_CALLBACK(agent_result), self);
    g_signal_connect(self->agent, "handle-release", G_CALLBACK(agent_release), self);
    return g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(self->agent), self->bus,
                                            AGENT_PATH, error);
}

static void
nm_coati_service_init(NmCoatiService *self)
{
    self->cancellable = g_cancellable_new();
}

static void
nm_coati_service_finalize(GObject *object)
{
    NmCoatiService *self = (NmCoatiService *)object;

    g_cancellable_cancel(self->cancellable);
    g_clear_pointer(&self->question, nm_coati_question_cancel);
    nm_coati_config_clear(&self->sent);
    if (self->agent != NULL)
        g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(self->agent));
    g_clear_object(&self->agent);
    g_clear_object(&self->tunnel);
    g_clear_object(&self->manager);
    g_clear_object(&self->bus);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->connection);
    g_clear_object(&self->fds);
    g_clear_pointer(&self->call, g_variant_unref);
    G_OBJECT_CLASS(nm_coati_service_parent_class)->finalize(object);
}

static void
nm_coati_service_class_init(NmCoatiServiceClass *class)
{
    NMVpnServicePluginClass *plugin = NM_VPN_SERVICE_PLUGIN_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = nm_coati_service_finalize;
    plugin->connect = service_connect;
    plugin->connect_interactive = service_connect_interactive;
    plugin->need_secrets = service_need_secrets;
    plugin->new_secrets = service_new_secrets;
    plugin->disconnect = service_disconnect;
}

static gboolean
stop(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int
main(int argc, char **argv)
{
    g_autofree char *bus_name = g_strdup(NM_COATI_SERVICE);
    gboolean persists = FALSE;
    const GOptionEntry entries[] = {
        {"bus-name", 0, 0, G_OPTION_ARG_STRING, &bus_name, "Name to own on the system bus", "NAME"},
        {"persist", 0, 0, G_OPTION_ARG_NONE, &persists, "Stay after the connection's end", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- Coati for NetworkManager");
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    g_autoptr(GObject) service = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("nm-coati-service: %s\n", error->message);
        return EXIT_USAGE;
    }
    service = g_initable_new(nm_coati_service_get_type(), NULL, &error,
                             NM_VPN_SERVICE_PLUGIN_DBUS_SERVICE_NAME, bus_name,
                             NM_VPN_SERVICE_PLUGIN_DBUS_WATCH_PEER, FALSE, NULL);
    if (service == NULL || !open_service((NmCoatiService *)service, &error)) {
        g_printerr("nm-coati-service: %s\n", error->message);
        return EXIT_NO_SERVICE;
    }
    if (!persists) {
        watch_manager((NmCoatiService *)service, bus_name);
        g_signal_connect_swapped(service, "quit", G_CALLBACK(g_main_loop_quit), loop);
    }
    g_unix_signal_add(SIGTERM, stop, loop);
    g_main_loop_run(loop);
    return EXIT_OK;
}
