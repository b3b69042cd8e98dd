/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/tunnel.h"

#include "base/names.h"
#include "client/online.h"
#include "client/tunnel-private.h"
#include "log.h"

#include <string.h>

enum { HANG_UP_MILLISECONDS = 2000, RETRY_FIRST_MILLISECONDS = 500, RETRY_LAST_SECONDS = 60 };

static const NameRow state_names[] = {
    {TUNNEL_DISCONNECTED, "disconnected"},
    {TUNNEL_CONNECTING, "connecting"},
    {TUNNEL_AUTHENTICATING, "authenticating"},
    {TUNNEL_CONFIGURING, "configuring"},
    {TUNNEL_CONNECTED, "connected"},
    {TUNNEL_RECONNECTING, "reconnecting"},
    {TUNNEL_DISCONNECTING, "disconnecting"},
    {TUNNEL_FAILED, "failed"},
    {0, NULL},
};

const char *
tunnel_state_name(TunnelState state)
{
    return name_of(state_names, (gint)state);
}

const char *
tunnel_path(const Tunnel *tunnel)
{
    return tunnel->object.path;
}

TunnelState
tunnel_state(const Tunnel *tunnel)
{
    return tunnel->state;
}

gboolean
tunnel_has_ended(const Tunnel *tunnel)
{
    return tunnel->state == TUNNEL_DISCONNECTED || tunnel->state == TUNNEL_FAILED;
}

gboolean
tunnel_is_bound_to(const Tunnel *tunnel, const char *caller)
{
    return tunnel->is_bound && g_strcmp0(tunnel->caller, caller) == 0;
}

guint32
tunnel_owner(const Tunnel *tunnel)
{
    return tunnel->owner_uid;
}

guint32
tunnel_seen_by(const Tunnel *tunnel)
{
    return tunnel->object.owner_uid;
}

const char *
tunnel_id(const Tunnel *tunnel)
{
    return tunnel->id;
}

const char *
tunnel_uuid(const Tunnel *tunnel)
{
    return profile_text(tunnel->profile, PROFILE_CONNECTION_UUID);
}

/* Between two attempts it is one whose address is still known. */
gboolean
tunnel_gateway(const Tunnel *tunnel, const char **ret_host, NetAddress *ret_address)
{
    GHashTableIter iter;
    gpointer host;
    gpointer addresses;

    if (tunnel->address < tunnel->addresses->len) {
        *ret_host = tunnel->hosts->pdata[tunnel->host];
        *ret_address = g_array_index(tunnel->addresses, NetAddress, tunnel->address);
        return TRUE;
    }
    g_hash_table_iter_init(&iter, tunnel->known);
    if (!g_hash_table_iter_next(&iter, &host, &addresses))
        return FALSE;
    *ret_host = host;
    *ret_address = g_array_index((GArray *)addresses, NetAddress, 0);
    return TRUE;
}

Reason
tunnel_reason(const Tunnel *tunnel)
{
    return tunnel->reason;
}

const char *
tunnel_detail(const Tunnel *tunnel)
{
    return tunnel->detail != NULL ? tunnel->detail : "";
}

void
tunnel_note(Tunnel *tunnel, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (tunnel->notes->len >= TUNNEL_MAX_NOTES)
        g_ptr_array_remove_index(tunnel->notes, 0);
    recent_add(tunnel->service->recent, tunnel->owner_uid, tunnel->id, text);
    g_ptr_array_add(tunnel->notes, g_strconcat(time, " ", text, NULL));
}

void
tunnel_changed(Tunnel *tunnel, const char *first, ...)
{
    const char *names[16] = {first};
    guint count = 1;
    va_list args;

    va_start(args, first);
    while (count < G_N_ELEMENTS(names) - 1 && (names[count] = va_arg(args, const char *)) != NULL)
        count++;
    va_end(args);
    names[count] = NULL;
    bus_changed(tunnel->service->bus, &tunnel->object, names);
}

/* States */

void
tunnel_set_stage(Tunnel *tunnel, const char *stage)
{
    if (g_str_equal(tunnel->stage, stage))
        return;
    tunnel->stage = stage;
    tunnel_changed(tunnel, "Stage", NULL);
}

void
tunnel_set_state(Tunnel *tunnel, TunnelState state)
{
    TunnelState old = tunnel->state;
    const char *token = tunnel->reason != REASON_NONE ? reason_token(tunnel->reason) : "";

    if (old == state)
        return;
    tunnel->state = state;
    tunnel_note(tunnel, "%s", tunnel_state_name(state));
    tunnel_changed(tunnel, "State", "LastError", NULL);
    bus_signal(tunnel->service->bus, &tunnel->object, "StateChanged",
               g_variant_new("(ssss)", tunnel_state_name(state), tunnel_state_name(old), token,
                             tunnel_detail(tunnel)));
    tunnel->events.changed(tunnel, tunnel->events_data);
    tunnel_answer_waits(tunnel);
}

static void
set_reason(Tunnel *tunnel, Reason reason, const char *detail)
{
    g_autofree char *kept = g_strdup(detail);

    g_free(tunnel->detail);
    tunnel->detail = g_steal_pointer(&kept);
    tunnel->reason = reason;
}

/* The end */

static gboolean
on_linger_over(gpointer user_data)
{
    Tunnel *tunnel = user_data;

    tunnel->linger_timer = 0;
    bus_remove(tunnel->service->bus, &tunnel->object);
    tunnel->events.done(tunnel, tunnel->events_data);
    return G_SOURCE_REMOVE;
}

static void
tell_end(Tunnel *tunnel)
{
    const char *title = reason_title(tunnel->reason);

    if (tunnel->end_state != TUNNEL_FAILED) {
        log_info(tunnel->id, "disconnected", "%s", title);
        return;
    }
    tunnel_note(tunnel, "%s [%s]. %s", title, reason_token(tunnel->reason),
                reason_hint(tunnel->reason));
    log_event(G_LOG_LEVEL_WARNING, tunnel->id, "failed", tunnel->reason, "%s%s%s", title,
              tunnel->detail != NULL ? ": " : "", tunnel_detail(tunnel));
}

static void
start_linger(Tunnel *tunnel)
{
    g_clear_pointer(&tunnel->network, network_free);
    tunnel->linger_timer = g_timeout_add_seconds(TUNNEL_LINGER_SECONDS, on_linger_over, tunnel);
}

static void
end_now(Tunnel *tunnel)
{
    tunnel->stage = "";
    tell_end(tunnel);
    if (!tunnel->is_holding)
        start_linger(tunnel);
    tunnel_changed(tunnel, "Stage", "Interface", "Ip4", "Ip6", "Dns", "Domains", "Routes",
                   "ExcludedRoutes", "Locked", NULL);
    tunnel_set_state(tunnel, tunnel->end_state);
}

static void
on_undone(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    g_autoptr(GError) error = NULL;

    if (!network_undo_finish(tunnel->network, result, &error))
        log_warning(tunnel->id, "undo-failed", "Not everything could be undone: %s",
                    error->message);
    end_now(tunnel);
}

static void
on_lock_held(Tunnel *tunnel, gboolean is_held)
{
    tunnel->is_holding = is_held;
    if (is_held)
        end_now(tunnel);
    else
        network_undo_async(tunnel->network, on_undone, tunnel);
}

gboolean
tunnel_is_holding(const Tunnel *tunnel)
{
    return tunnel->is_holding;
}

void
tunnel_let_go(Tunnel *tunnel)
{
    tunnel->is_holding = FALSE;
    tunnel_changed(tunnel, "Locked", NULL);
    start_linger(tunnel);
}

/* The user takes down what has failed already. */
static void
end_hold(Tunnel *tunnel, Reason reason)
{
    tunnel->is_holding = FALSE;
    tunnel->end_state = TUNNEL_DISCONNECTED;
    set_reason(tunnel, reason, NULL);
    tunnel_set_state(tunnel, TUNNEL_DISCONNECTING);
    network_undo_async(tunnel->network, on_undone, tunnel);
}

static void
clear_timers(Tunnel *tunnel)
{
    g_clear_handle_id(&tunnel->limit_timer, g_source_remove);
    g_clear_handle_id(&tunnel->retry_timer, g_source_remove);
    g_clear_handle_id(&tunnel->hang_up_timer, g_source_remove);
    g_clear_handle_id(&tunnel->changed_timer, g_source_remove);
    g_clear_pointer(&tunnel->reach, reach_free);
    if (tunnel->looking != NULL)
        g_cancellable_cancel(tunnel->looking);
    g_clear_object(&tunnel->looking);
}

void
tunnel_end(Tunnel *tunnel, TunnelState state, Reason reason, const char *detail)
{
    if (tunnel->is_ending)
        return;
    tunnel->is_ending = TRUE;
    tunnel->end_state = state;
    set_reason(tunnel, reason, detail);
    if (tunnel->was_up)
        tunnel_run_hooks(tunnel, HOOK_DOWN);
    clear_timers(tunnel);
    tunnel_run_stop(tunnel);
    tunnel_look_ahead_stop(tunnel);
    tunnel_login_stop(tunnel);
    tunnel_login_clear(&tunnel->login);
    g_clear_pointer(&tunnel->settings, client_settings_free);
    fd_close(&tunnel->tun);
    /* What was kept of a tunnel before a crash goes too, however far this one came. */
    if (tunnel->network == NULL && tunnel->is_patient)
        tunnel->network = network_new(&tunnel->service->network_host, tunnel->network_id, NULL);
    if (tunnel_lock_hold(tunnel, on_lock_held))
        return;
    if (tunnel->network != NULL)
        network_undo_async(tunnel->network, on_undone, tunnel);
    else
        end_now(tunnel);
}

static gboolean
on_hang_up_timeout(gpointer user_data)
{
    Tunnel *tunnel = user_data;

    tunnel->hang_up_timer = 0;
    tunnel_end(tunnel, TUNNEL_DISCONNECTED, tunnel->reason, NULL);
    return G_SOURCE_REMOVE;
}

void
tunnel_disconnect(Tunnel *tunnel, Reason reason)
{
    g_autoptr(BoundaryMessage) message = NULL;

    if (tunnel->is_holding)
        end_hold(tunnel, reason);
    if (tunnel->is_ending || tunnel->state == TUNNEL_DISCONNECTING || tunnel_has_ended(tunnel))
        return;
    clear_timers(tunnel);
    tunnel_login_stop(tunnel);
    set_reason(tunnel, reason, NULL);
    tunnel_set_state(tunnel, TUNNEL_DISCONNECTING);
    if (tunnel->link != NULL) {
        message = boundary_message_new(BOUNDARY_HANG_UP);
        message->hang_up = reason;
    }
    if (message == NULL || !engine_link_send(tunnel->link, message, NULL, NULL)) {
        tunnel_end(tunnel, TUNNEL_DISCONNECTED, reason, NULL);
        return;
    }
    tunnel->hang_up_timer = g_timeout_add(HANG_UP_MILLISECONDS, on_hang_up_timeout, tunnel);
}

void
tunnel_renew(Tunnel *tunnel, BoundaryType what)
{
    g_autoptr(BoundaryMessage) message = NULL;

    if (tunnel->state != TUNNEL_CONNECTED || tunnel->link == NULL)
        return;
    message = boundary_message_new(what);
    engine_link_send(tunnel->link, message, NULL, NULL);
}

/* Again */

static gboolean
on_retry(gpointer user_data)
{
    Tunnel *tunnel = user_data;

    tunnel->retry_timer = 0;
    tunnel_run(tunnel);
    return G_SOURCE_REMOVE;
}

/* 0.5 s, then twice as long each time up to a minute, a quarter up or down so that a gateway that
 * comes back does not meet everybody at once. */
static void
retry_later(Tunnel *tunnel)
{
    guint shift = MIN(tunnel->retries, 7);
    guint base = MIN((guint)RETRY_FIRST_MILLISECONDS << shift, RETRY_LAST_SECONDS * 1000U);
    guint wait = base * 3 / 4 + (guint)g_random_int_range(0, (gint32)base / 2 + 1);

    tunnel->retries++;
    g_clear_handle_id(&tunnel->retry_timer, g_source_remove);
    tunnel->retry_timer = g_timeout_add(wait, on_retry, tunnel);
    tunnel_set_state(tunnel, TUNNEL_RECONNECTING);
}

static void
on_reached(const ReachAnswers *answers, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    gboolean is_aggressive =
        profile_choice(tunnel->profile, PROFILE_CONNECTION_MODE) == PROFILE_MODE_AGGRESSIVE;
    g_autofree char *detail = NULL;
    Reason reason = reach_reason(answers, is_aggressive, &detail);
    g_autofree char *other = reason == REASON_GATEWAY_SILENT
                                 ? online_other_vpn(&tunnel->isakmp_path.local.address)
                                 : NULL;
    gboolean is_old = reason == tunnel->reason && tunnel->detail != NULL;

    if (other != NULL) {
        tunnel_end(tunnel, TUNNEL_FAILED, REASON_OTHER_VPN, other);
        return;
    }
    tunnel_end(tunnel, TUNNEL_FAILED, reason, is_old ? tunnel->detail : detail);
}

/* The gateway's own answer explains itself; silence and wrong names may be this network's doing. */
static gboolean
is_by_network(Reason reason)
{
    return reason == REASON_NAME_RESOLUTION || reason == REASON_GATEWAY_SILENT ||
           reason == REASON_GATEWAY_NOT_LISTENING;
}

static void
on_online(gboolean is_portal, gpointer user_data)
{
    Tunnel *tunnel = user_data;

    g_clear_object(&tunnel->looking);
    if (is_portal)
        tunnel_end(tunnel, TUNNEL_FAILED, REASON_CAPTIVE_PORTAL, reason_title(tunnel->reason));
    else if (tunnel->reason == REASON_GATEWAY_SILENT && tunnel->address < tunnel->addresses->len)
        tunnel->reach = reach_new(&g_array_index(tunnel->addresses, NetAddress, tunnel->address),
                                  on_reached, tunnel);
    else
        tunnel_end(tunnel, TUNNEL_FAILED, tunnel->reason, tunnel->detail);
}

/* The end for good; a silence is looked into before it is told. */
static void
give_up(Tunnel *tunnel)
{
    if (tunnel->was_up || !is_by_network(tunnel->reason)) {
        tunnel_end(tunnel, TUNNEL_FAILED, tunnel->reason, tunnel->detail);
        return;
    }
    tunnel->looking = g_cancellable_new();
    online_ask(tunnel->service->connection, tunnel->looking, on_online, tunnel);
}

void
tunnel_probe_done(Tunnel *tunnel)
{
    tunnel_disconnect(tunnel, REASON_USER_REQUEST);
}

/* Refusals that anyone on the way can send, and that a gateway sends while it starts: nobody has proved
 * who says so. They end a first attempt, but never a tunnel that was up, because everything would
 * go around it then. */
static gboolean
is_unproved(Reason reason)
{
    return reason == REASON_PROPOSAL_REJECTED || reason == REASON_PROTOCOL_ERROR ||
           reason == REASON_WRONG_EXCHANGE;
}

void
tunnel_attempt_failed(Tunnel *tunnel, Reason reason, const char *detail)
{
    g_autofree char *kept = g_strdup(detail);

    if (tunnel->is_ending)
        return;
    tunnel_run_stop(tunnel);
    if (reason == REASON_GATEWAY_SILENT && tunnel_trust_is_open(tunnel)) {
        tunnel_note(tunnel, "the gateway did not wait for the answer");
        return;
    }
    tunnel_login_stop(tunnel);
    tunnel_note(tunnel, "%s%s%s", reason_token(reason), kept != NULL ? ": " : "",
                kept != NULL ? kept : "");
    if (tunnel->state == TUNNEL_DISCONNECTING) {
        tunnel_end(tunnel, TUNNEL_DISCONNECTED, tunnel->reason, NULL);
        return;
    }
    if (tunnel_login_refused(tunnel, reason)) {
        set_reason(tunnel, reason, kept);
        tunnel_run(tunnel);
        return;
    }
    if (!reason_is_transient(reason) && !(tunnel->was_up && is_unproved(reason))) {
        tunnel_end(tunnel, TUNNEL_FAILED, reason, kept);
        return;
    }
    set_reason(tunnel, reason, kept);
    if (tunnel->state != TUNNEL_CONNECTED && tunnel_run_next(tunnel))
        return;
    if (!tunnel->persists || (!tunnel->was_up && !tunnel->is_patient)) {
        give_up(tunnel);
        return;
    }
    log_event(G_LOG_LEVEL_MESSAGE, tunnel->id, "reconnecting", reason, "%s", reason_title(reason));
    if (tunnel->state == TUNNEL_CONNECTED)
        tunnel_run_hooks(tunnel, HOOK_RECONNECT);
    retry_later(tunnel);
}

void
tunnel_came_up(Tunnel *tunnel)
{
    if (tunnel->state == TUNNEL_CONNECTED || tunnel->state == TUNNEL_DISCONNECTING)
        return;
    g_clear_handle_id(&tunnel->limit_timer, g_source_remove);
    tunnel->retries = 0;
    tunnel->redirects = 0;
    tunnel->was_up = TRUE;
    tunnel->facts.connected_at = g_get_real_time() / G_USEC_PER_SEC;
    set_reason(tunnel, REASON_NONE, NULL);
    tunnel->stage = "";
    log_info(tunnel->id, "connected", "Connected through %s", network_link_name(tunnel->network));
    tunnel_changed(tunnel, "Stage", "ConnectedAt", NULL);
    tunnel_login_accepted(tunnel);
    tunnel_look_ahead(tunnel);
    tunnel_run_hooks(tunnel, HOOK_UP);
    tunnel_set_state(tunnel, TUNNEL_CONNECTED);
}

/* Our own links make the host's network change too: that is no reason to try at once. */
static gboolean
is_worth_a_try(Tunnel *tunnel)
{
    return tunnel->has_slept || tunnel->reason == REASON_NETWORK_UNREACHABLE ||
           tunnel->reason == REASON_NAME_RESOLUTION || tunnel_has_moved(tunnel);
}

static gboolean
on_changed_later(gpointer user_data)
{
    Tunnel *tunnel = user_data;

    tunnel->changed_timer = 0;
    if (tunnel->state == TUNNEL_RECONNECTING && tunnel->retry_timer != 0 &&
        is_worth_a_try(tunnel)) {
        tunnel->has_slept = FALSE;
        g_clear_handle_id(&tunnel->retry_timer, g_source_remove);
        tunnel_run(tunnel);
    } else if (tunnel->state == TUNNEL_CONNECTED) {
        tunnel_rebind(tunnel);
    }
    return G_SOURCE_REMOVE;
}

void
tunnel_network_changed(Tunnel *tunnel, gboolean has_slept)
{
    tunnel->has_slept |= has_slept;
    if (tunnel->is_ending || tunnel_has_ended(tunnel) || tunnel->changed_timer != 0)
        return;
    /* Changes come in bursts: the first settles what the rest say. */
    tunnel->changed_timer = g_timeout_add(1000, on_changed_later, tunnel);
}

/* Making and unmaking */

static gboolean
on_limit(gpointer user_data)
{
    Tunnel *tunnel = user_data;
    Reason reason = tunnel->login.question != 0     ? REASON_SECRETS_TIMEOUT
                    : tunnel->reason != REASON_NONE ? tunnel->reason
                                                    : REASON_GATEWAY_SILENT;

    tunnel->limit_timer = 0;
    tunnel_end(tunnel, TUNNEL_FAILED, reason, "the time limit of the request is over");
    return G_SOURCE_REMOVE;
}

static void
take_secrets(Tunnel *tunnel, GHashTable *secrets)
{
    GHashTableIter iter;
    gpointer key;
    gpointer value;

    tunnel->login.given =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)secret_free);
    if (secrets == NULL)
        return;
    g_hash_table_iter_init(&iter, secrets);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(tunnel->login.given, g_strdup(key), secret_dup(value));
}

static void
take_known(Tunnel *tunnel, const char *host, const char *text)
{
    NetAddress address;
    GArray *addresses;

    if (host == NULL || text == NULL || !net_address_parse(text, &address))
        return;
    addresses = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    g_array_append_val(addresses, address);
    g_hash_table_insert(tunnel->known, g_strdup(host), addresses);
}

static void
take_options(Tunnel *tunnel, const TunnelOptions *options)
{
    tunnel->object.path = g_strdup_printf(BUS_ROOT "/tunnel/%u", options->number);
    tunnel->object.face = &tunnel_face;
    tunnel->object.owner_uid = options->seen_by;
    tunnel->connection = g_strdup(options->connection != NULL ? options->connection : "/");
    tunnel->id = g_strdup(options->id);
    tunnel->network_id = g_strdup(options->network_id);
    tunnel->owner_uid = options->owner_uid;
    tunnel->caller = g_strdup(options->caller);
    tunnel->is_bound = options->is_bound;
    tunnel->has_no_network = options->has_no_network;
    tunnel->persists = options->persists && !options->is_probe;
    tunnel->is_probe = options->is_probe;
    tunnel->holds_questions = options->holds_questions;
    tunnel->is_patient = options->is_patient;
    tunnel->inherits_lock = options->inherits_lock;
    tunnel->timeout_seconds = options->timeout_seconds;
    take_secrets(tunnel, options->secrets);
}

static gboolean
on_start(gpointer user_data)
{
    Tunnel *tunnel = user_data;

    tunnel->retry_timer = 0;
    tunnel_run(tunnel);
    return G_SOURCE_REMOVE;
}

Tunnel *
tunnel_new(Service *service, const Profile *profile, const TunnelOptions *options,
           const TunnelEvents *events, gpointer user_data)
{
    Tunnel *tunnel = g_new0(Tunnel, 1);

    tunnel->service = service;
    tunnel->events = *events;
    tunnel->events_data = user_data;
    tunnel->profile = profile_dup(profile);
    take_options(tunnel, options);
    tunnel->state = TUNNEL_CONNECTING;
    tunnel->stage = "";
    tunnel->tun = -1;
    tunnel->isakmp = -1;
    tunnel->natt = -1;
    tunnel->login.attempt = 1;
    tunnel->waits = g_ptr_array_new();
    tunnel->counts = g_ptr_array_new();
    tunnel->pings = tunnel_pings_new();
    tunnel->notes = g_ptr_array_new_with_free_func(g_free);
    tunnel->hosts = g_ptr_array_new_with_free_func(g_free);
    tunnel->addresses = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    tunnel->known =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    take_known(tunnel, options->known_host, options->known_address);
    bus_add(service->bus, &tunnel->object);
    log_info(tunnel->id, "connecting", "%s for user %u",
             tunnel->is_probe ? "Probing the gateway" : "Connecting", tunnel->owner_uid);
    if (tunnel->timeout_seconds > 0)
        tunnel->limit_timer = g_timeout_add_seconds(tunnel->timeout_seconds, on_limit, tunnel);
    /* From the loop, so that the caller has the path before anything happens. */
    tunnel->retry_timer = g_idle_add(on_start, tunnel);
    return tunnel;
}

static void
facts_clear(TunnelFacts *facts)
{
    g_free(facts->gateway_identity);
    g_free(facts->nat_traversal);
    g_free(facts->ike);
    g_free(facts->esp);
    g_free(facts->pfs);
}

void
tunnel_free(Tunnel *tunnel)
{
    if (tunnel == NULL)
        return;
    clear_timers(tunnel);
    g_clear_handle_id(&tunnel->linger_timer, g_source_remove);
    tunnel_run_stop(tunnel);
    tunnel_look_ahead_stop(tunnel);
    tunnel_login_stop(tunnel);
    tunnel_login_clear(&tunnel->login);
    bus_remove(tunnel->service->bus, &tunnel->object);
    tunnel_answer_counts(tunnel, NULL);
    tunnel_waits_free(tunnel->waits);
    g_ptr_array_unref(tunnel->counts);
    tunnel_pings_refuse(tunnel);
    g_ptr_array_unref(tunnel->pings);
    client_settings_free(tunnel->settings);
    network_free(tunnel->network);
    fd_close(&tunnel->tun);
    plane_choice_clear(&tunnel->plane);
    facts_clear(&tunnel->facts);
    g_ptr_array_unref(tunnel->notes);
    g_ptr_array_unref(tunnel->hosts);
    g_array_unref(tunnel->addresses);
    g_hash_table_unref(tunnel->known);
    profile_free(tunnel->profile);
    g_free(tunnel->object.path);
    g_free(tunnel->connection);
    g_free(tunnel->id);
    g_free(tunnel->network_id);
    g_free(tunnel->caller);
    g_free(tunnel->detail);
    g_free(tunnel);
}
