/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/gateway-private.h"

#include "log.h"

#include <string.h>
#include <time.h>

enum { RESTART_MS = 1000, SAVE_SECONDS = 2, STOP_MS = 2000 };

gint64
gateway_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void
gateway_event(Gateway *gateway, const Guest *guest, GLogLevelFlags level, const char *event,
              Reason reason, const char *format, ...)
{
    static const Guest nobody;
    const Guest *whom = guest != NULL ? guest : &nobody;
    g_autofree char *text = NULL;
    va_list arguments;
    Event happened;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    guest_log(whom, level, event, reason, "%s", text);
    happened = (Event){.unix_seconds = g_get_real_time() / G_USEC_PER_SEC,
                       .session = whom->session,
                       .user = whom->user != NULL ? whom->user : whom->asked_user,
                       .peer = whom->peer,
                       .event = event,
                       .reason = reason,
                       .text = text};
    events_add(gateway->events, &happened);
    if (gateway->hear != NULL)
        gateway->hear(&happened, gateway->hear_data);
}

void
gateway_send(Gateway *gateway, const GuestlinkMessage *message, const Fd *fds)
{
    if (gateway->link != NULL)
        gateway_link_send(gateway->link, message, fds);
}

void
gateway_hang_up(Gateway *gateway, Guest *guest, Reason reason)
{
    GuestlinkMessage message = {.type = GUESTLINK_HANG_UP, .session = guest->session};

    guest->is_ending = TRUE;
    message.hang_up = reason;
    gateway_send(gateway, &message, NULL);
}

static gboolean
on_save(gpointer user_data)
{
    Gateway *gateway = user_data;
    g_autoptr(GError) error = NULL;

    gateway->save_source = 0;
    if (!leases_save(gateway->leases, &error))
        log_warning(NULL, "leases", "%s", error->message);
    return G_SOURCE_REMOVE;
}

static void
check_stopped(Gateway *gateway)
{
    if (gateway->stopped == NULL || g_hash_table_size(gateway->guests) > 0)
        return;
    g_clear_handle_id(&gateway->stop_source, g_source_remove);
    gateway->stopped(gateway->stopped_data);
    gateway->stopped = NULL;
}

/* All that a guest has here. */
static void
let_go(Gateway *gateway, Guest *guest, Reason reason)
{
    gateway_account_stop(gateway, guest, reason);
    if (gateway->kernel != NULL)
        kernel_plane_forget(gateway->kernel, guest->session);
    gateway_release(gateway, guest);
    gateway_login_forget(gateway->login, guest->session, guest->id);
}

void
gateway_forget(Gateway *gateway, Guest *guest, Reason reason)
{
    let_go(gateway, guest, reason);
    if (gateway->save_source == 0)
        gateway->save_source = g_timeout_add_seconds(SAVE_SECONDS, on_save, gateway);
    g_hash_table_remove(gateway->guests, &guest->session);
    check_stopped(gateway);
}

/* --- the engine --- */

static void start_engine(Gateway *gateway);

static gboolean
on_restart(gpointer user_data)
{
    Gateway *gateway = user_data;

    gateway->restart_source = 0;
    start_engine(gateway);
    return G_SOURCE_REMOVE;
}

static void
drop_refreshes(Gateway *gateway)
{
    GatewayRefresh *refresh;

    while ((refresh = g_queue_pop_head(&gateway->refreshes)) != NULL) {
        refresh->done(refresh->user_data);
        g_free(refresh);
    }
}

static gboolean
forget_each(gpointer key, gpointer value, gpointer user_data)
{
    Gateway *gateway = user_data;

    let_go(gateway, value, gateway->is_stopping ? REASON_SHUTDOWN : REASON_ENGINE_CRASHED);
    return TRUE;
}

/* Sessions live in the engine: they are gone with it, and clients come back by themselves. */
static void
lose_engine(Gateway *gateway, const char *why)
{
    gateway_event(gateway, NULL, G_LOG_LEVEL_WARNING, "engine-gone", REASON_ENGINE_CRASHED,
                  "%s; %u guests have to come again", why, g_hash_table_size(gateway->guests));
    g_clear_handle_id(&gateway->distrust_source, g_source_remove);
    g_clear_pointer(&gateway->link, gateway_link_free);
    g_hash_table_foreach_remove(gateway->guests, forget_each, gateway);
    drop_refreshes(gateway);
    check_stopped(gateway);
    if (!gateway->is_stopping && gateway->restart_source == 0)
        gateway->restart_source = g_timeout_add(RESTART_MS, on_restart, gateway);
}

static void
on_gone(const char *detail, gpointer gateway)
{
    g_autofree char *copy = g_strdup(detail);

    lose_engine(gateway, copy);
}

static gboolean
on_distrusted(gpointer user_data)
{
    Gateway *gateway = user_data;

    gateway->distrust_source = 0;
    lose_engine(gateway, "the engine was ended because it broke a rule");
    return G_SOURCE_REMOVE;
}

void
gateway_distrust(Gateway *gateway, const Guest *guest, const char *text)
{
    gateway_event(gateway, guest, G_LOG_LEVEL_CRITICAL & ~G_LOG_FLAG_FATAL, "engine-distrusted",
                  REASON_INTERNAL, "%s", text);
    /* Not from inside the link's event; once, however many rules it breaks before. */
    if (gateway->distrust_source == 0)
        gateway->distrust_source = g_idle_add(on_distrusted, gateway);
}

static void
send_configuration(Gateway *gateway)
{
    GuestlinkMessage configure = {.type = GUESTLINK_CONFIGURE};
    g_autoptr(IkeTrust) trust = ike_trust_new();

    for (guint i = 0; i < gateway->config->policies->len; i++) {
        GuestlinkMessage message = {.type = GUESTLINK_POLICY};

        message.policy = gateway->config->policies->pdata[i];
        gateway_send(gateway, &message, NULL);
    }
    for (guint i = 0; i < gateway->config->client_anchors->len; i++)
        g_ptr_array_add(trust->anchors, g_bytes_ref(gateway->config->client_anchors->pdata[i]));
    trust->accepts_any_name = TRUE;
    trust->is_peer_gateway = FALSE;
    configure.configure = trust;
    gateway_send(gateway, &configure, NULL);
}

/* Sessions are numbered by their engine; together with this their numbers are unique. */
static void
name_run(Gateway *gateway)
{
    g_free(gateway->run);
    gateway->run =
        g_strdup_printf("%" G_GINT64_MODIFIER "x%04x", g_get_real_time() / G_USEC_PER_SEC,
                        g_random_int() & G_MAXUINT16);
}

static void
start_engine(Gateway *gateway)
{
    static const GatewayLinkEvents events = {.message = gateway_take, .gone = on_gone};
    GuestlinkMessage message = {.type = GUESTLINK_SERVE};
    g_autoptr(GError) error = NULL;
    g_auto(Fd) tun = -1;
    Fd fds[3];

    gateway->link =
        gateway_link_new(gateway->libexec_directory, gateway->config, &events, gateway, &error);
    if (gateway->link == NULL || !gateway_site_open_tun(gateway->network, &tun, &error)) {
        lose_engine(gateway, error->message);
        return;
    }
    name_run(gateway);
    gateway->numbers.engines++;
    message.serve.isakmp = gateway->sockets.isakmp_local;
    message.serve.natt = gateway->sockets.natt_local;
    message.serve.esp_fragment_octets = (guint16)gateway->config->esp_fragment_octets;
    message.serve.mtu_octets = (guint16)gateway->config->mtu_octets;
    message.serve.is_kernel = gateway->kernel != NULL;
    fds[0] = gateway->sockets.isakmp;
    fds[1] = gateway->sockets.natt;
    fds[2] = tun;
    send_configuration(gateway);
    gateway_send(gateway, &message, fds);
}

/* --- life --- */

static void
on_login_refused(const char *text, gpointer user_data)
{
    Gateway *gateway = user_data;

    log_warning(NULL, "start", "%s", text);
    gateway->is_failed = TRUE;
    if (gateway->failed != NULL)
        gateway->failed(gateway->failed_data);
}

static const GatewayLoginEvents login_events = {
    .answered = gateway_answered, .refused = on_login_refused, .control = gateway_control};

static gboolean
set_up(Gateway *gateway, GError **error)
{
    gateway->config = gateway_config_read(gateway->config_path, error);
    if (gateway->config == NULL)
        return FALSE;
    if (!gateway_sockets_open(&gateway->config->listen, &gateway->sockets, error))
        return FALSE;
    gateway->network = gateway_site_new(gateway->config, gateway->state_directory, error);
    if (gateway->network == NULL || !gateway_kernel_open(gateway, error))
        return FALSE;
    gateway->login = gateway_login_new(gateway->config, gateway->libexec_directory,
                                       gateway->state_directory, &login_events, gateway);
    gateway->leases = leases_new(gateway->config, gateway->state_directory);
    gateway_account_on(gateway);
    return TRUE;
}

static void
say_warnings(const GatewayConfig *config)
{
    for (guint i = 0; i < config->warnings->len; i++)
        log_warning(NULL, "config", "%s", (const char *)config->warnings->pdata[i]);
}

Gateway *
gateway_new(const GatewayOptions *options, GError **error)
{
    g_autoptr(Gateway) gateway = g_new0(Gateway, 1);

    gateway->config_path = g_strdup(options->config_path);
    gateway->state_directory = g_strdup(options->state_directory);
    gateway->libexec_directory = g_strdup(options->libexec_directory);
    gateway->sockets = (GatewaySockets){.isakmp = -1, .natt = -1};
    /* Other numbers than those before a restart, which a server may remember. */
    gateway->last_port = g_random_int();
    gateway->bans = bans_new();
    gateway->events = events_new(EVENTS_KEPT);
    gateway->guests = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, guest_free);
    gateway->holders = gateway_holders_new();
    g_queue_init(&gateway->refreshes);
    if (!set_up(gateway, error))
        return NULL;
    say_warnings(gateway->config);
    start_engine(gateway);
    return g_steal_pointer(&gateway);
}

void
gateway_free(Gateway *gateway)
{
    if (gateway == NULL)
        return;
    gateway->is_stopping = TRUE;
    gateway_link_free(gateway->link);
    drop_refreshes(gateway);
    g_hash_table_foreach_remove(gateway->guests, forget_each, gateway);
    if (gateway->leases != NULL)
        gateway_account_off(gateway);
    gateway_login_free(gateway->login);
    g_clear_handle_id(&gateway->times_source, g_source_remove);
    g_clear_handle_id(&gateway->restart_source, g_source_remove);
    g_clear_handle_id(&gateway->distrust_source, g_source_remove);
    g_clear_handle_id(&gateway->save_source, g_source_remove);
    g_clear_handle_id(&gateway->stop_source, g_source_remove);
    g_hash_table_unref(gateway->guests);
    g_hash_table_unref(gateway->holders);
    leases_free(gateway->leases);
    g_free(gateway->run);
    bans_free(gateway->bans);
    events_free(gateway->events);
    kernel_plane_free(gateway->kernel);
    gateway_site_free(gateway->network);
    gateway_sockets_close(&gateway->sockets);
    gateway_config_unref(gateway->reload.config);
    gateway_config_unref(gateway->config);
    g_free(gateway->config_path);
    g_free(gateway->state_directory);
    g_free(gateway->libexec_directory);
    g_free(gateway);
}

void
gateway_on_failure(Gateway *gateway, GSourceOnceFunc failed, gpointer user_data)
{
    gateway->failed = failed;
    gateway->failed_data = user_data;
    if (gateway->is_failed)
        failed(user_data);
}

void
gateway_hear(Gateway *gateway, GatewayHear hear, gpointer user_data)
{
    gateway->hear = hear;
    gateway->hear_data = user_data;
}

static gboolean
on_stop_timeout(gpointer user_data)
{
    Gateway *gateway = user_data;
    GSourceOnceFunc stopped = gateway->stopped;

    gateway->stop_source = 0;
    gateway->stopped = NULL;
    stopped(gateway->stopped_data);
    return G_SOURCE_REMOVE;
}

void
gateway_stop(Gateway *gateway, GSourceOnceFunc done, gpointer user_data)
{
    GHashTableIter iter;
    gpointer value;

    if (gateway->is_stopping)
        return;
    gateway->is_stopping = TRUE;
    gateway->is_draining = TRUE;
    gateway->stopped = done;
    gateway->stopped_data = user_data;
    gateway->stop_source = g_timeout_add(STOP_MS, on_stop_timeout, gateway);
    g_hash_table_iter_init(&iter, gateway->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        gateway_hang_up(gateway, value, REASON_SHUTDOWN);
    check_stopped(gateway);
}

/* --- reload --- */

/* Everything is as it was. */
static void
end_reload(Gateway *gateway, const GError *error)
{
    GatewayReload reload = gateway->reload;

    gateway->reload = (GatewayReload){NULL};
    g_clear_pointer(&reload.config, gateway_config_unref);
    if (error != NULL) {
        gateway->numbers.reloads_failed++;
        gateway_event(gateway, NULL, G_LOG_LEVEL_WARNING, "reload-failed", REASON_NONE,
                      "nothing is changed: %s", error->message);
    }
    reload.done(gateway->config->warnings, error, reload.user_data);
}

static void
swap_configuration(Gateway *gateway)
{
    gateway_config_unref(gateway->config);
    gateway->config = g_steal_pointer(&gateway->reload.config);
    leases_reconfigure(gateway->leases, gateway->config);
    send_configuration(gateway);
    say_warnings(gateway->config);
    gateway_event(gateway, NULL, G_LOG_LEVEL_MESSAGE, "reloaded", REASON_NONE,
                  "%s is in force for new guests", gateway->config_path);
}

/* coati-login has taken it, or says what is wrong. */
static void
on_login_tried(const GError *error, gpointer user_data)
{
    Gateway *gateway = user_data;

    if (error == NULL)
        swap_configuration(gateway);
    end_reload(gateway, error);
}

static gboolean
read_configuration(Gateway *gateway, GatewayConfig **ret_config, GError **error)
{
    g_autoptr(GatewayConfig) config = gateway_config_read(gateway->config_path, error);
    g_autofree char *restart = NULL;

    if (config == NULL)
        return FALSE;
    restart = gateway_config_needs_restart(gateway->config, config);
    if (restart != NULL) {
        g_set_error_literal(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID, restart);
        return FALSE;
    }
    *ret_config = g_steal_pointer(&config);
    return TRUE;
}

void
gateway_reload(Gateway *gateway, GatewayReloaded done, gpointer user_data)
{
    g_autoptr(GError) error = NULL;

    gateway->numbers.reloads++;
    if (gateway->reload.done != NULL) {
        g_set_error(&error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID,
                    "%s is being read already", gateway->config_path);
        done(gateway->config->warnings, error, user_data);
        return;
    }
    gateway->reload = (GatewayReload){.done = done, .user_data = user_data};
    if (read_configuration(gateway, &gateway->reload.config, &error))
        gateway_login_try(gateway->login, gateway->reload.config, on_login_tried, gateway);
    else
        end_reload(gateway, error);
}

void
gateway_drain(Gateway *gateway, gboolean is_draining)
{
    gateway->is_draining = is_draining;
    gateway_event(gateway, NULL, G_LOG_LEVEL_MESSAGE, "drain", REASON_NONE, "%s",
                  is_draining ? "no new guests from now on" : "new guests are welcome again");
}

void
gateway_ban(Gateway *gateway, const char *name, guint seconds)
{
    bans_add(gateway->bans, gateway_now(), name, seconds);
    gateway_event(gateway, NULL, G_LOG_LEVEL_MESSAGE, "ban", REASON_NONE, "%s is refused", name);
}

gboolean
gateway_unban(Gateway *gateway, const char *name)
{
    if (!bans_remove(gateway->bans, name))
        return FALSE;
    gateway_event(gateway, NULL, G_LOG_LEVEL_MESSAGE, "unban", REASON_NONE, "%s is refused no more",
                  name);
    return TRUE;
}

static gboolean
is_named(const Guest *guest, const char *name)
{
    g_autofree char *session = g_strdup_printf("%" G_GUINT64_FORMAT, guest->session);
    char address[NET_ADDRESS_TEXT_SIZE] = "";

    if (guest->lease != NULL)
        net_address_format(lease_address4(guest->lease), address);
    return strcmp(session, name) == 0 || g_strcmp0(guest->user, name) == 0 ||
           strcmp(address, name) == 0;
}

guint
gateway_kick(Gateway *gateway, const char *name)
{
    g_autoptr(GPtrArray) guests = gateway_guests(gateway);
    guint count = 0;

    for (guint i = 0; i < guests->len; i++) {
        Guest *guest = guests->pdata[i];

        if (guest->is_ending || name[0] == '\0' || !is_named(guest, name))
            continue;
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "kicked", REASON_NONE, "as %s", name);
        gateway_hang_up(gateway, guest, REASON_USER_REQUEST);
        count++;
    }
    return count;
}

void
gateway_refresh(Gateway *gateway, const guint64 *sessions, GSourceOnceFunc done, gpointer user_data)
{
    GuestlinkMessage message = {.type = GUESTLINK_COUNT};
    GatewayRefresh *refresh;

    if (gateway->link == NULL) {
        done(user_data);
        return;
    }
    for (; *sessions != 0; sessions++) {
        message.session = *sessions;
        gateway_send(gateway, &message, NULL);
    }
    refresh = g_new0(GatewayRefresh, 1);
    refresh->done = done;
    refresh->user_data = user_data;
    g_queue_push_tail(&gateway->refreshes, refresh);
    message.session = 0;
    gateway_send(gateway, &message, NULL);
}

static gint
compare_sessions(gconstpointer a, gconstpointer b)
{
    const Guest *one = *(Guest *const *)a;
    const Guest *two = *(Guest *const *)b;

    return one->session < two->session ? -1 : one->session > two->session;
}

GPtrArray *
gateway_guests(Gateway *gateway)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, gateway->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(list, value);
    g_ptr_array_sort(list, compare_sessions);
    return list;
}

const Guest *
gateway_find(Gateway *gateway, guint64 session)
{
    return g_hash_table_lookup(gateway->guests, &session);
}

const GatewayConfig *
gateway_config(const Gateway *gateway)
{
    return gateway->config;
}

const Leases *
gateway_leases(const Gateway *gateway)
{
    return gateway->leases;
}

Bans *
gateway_bans(Gateway *gateway)
{
    return gateway->bans;
}

const Events *
gateway_events(const Gateway *gateway)
{
    return gateway->events;
}

const GatewayNumbers *
gateway_numbers(const Gateway *gateway)
{
    return &gateway->numbers;
}

const BoundaryCounters *
gateway_counters(const Gateway *gateway)
{
    return &gateway->counters;
}

gboolean
gateway_is_draining(const Gateway *gateway)
{
    return gateway->is_draining;
}
