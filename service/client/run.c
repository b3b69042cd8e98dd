/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One attempt: the gateway's name, an address, a link and two sockets, the paths into the network,
 * the processes, INITIATE; and what the engine says from then on. Everything it says is hostile.
 */
#include "base/names.h"
#include "client/policy.h"
#include "client/tunnel-private.h"
#include "log.h"

#include <string.h>

enum { PORT_ISAKMP = 500, PORT_NATT = 4500, MAX_ADDRESSES = 8, MIN_MTU = 576, MAX_MTU = 9000 };
/* How long a gateway may be silent when there is another one. */
enum { SILENCE_SECONDS = 10, MAX_REDIRECTS = 5 };
enum { NOTE_SECONDS = 10, NOTES_PER_TIME = 100 };

static void connect_address(Tunnel *tunnel);
static void resolve_host(Tunnel *tunnel);

static void
fail_with(Tunnel *tunnel, const GError *error, Reason otherwise)
{
    Reason reason = error->domain == NETWORK_ERROR ? (Reason)error->code : otherwise;

    tunnel_attempt_failed(tunnel, reason, error->message);
}

/* Names */

static void
add_host(Tunnel *tunnel, const char *host)
{
    for (guint i = 0; i < tunnel->hosts->len; i++)
        if (g_str_equal(tunnel->hosts->pdata[i], host))
            return;
    g_ptr_array_add(tunnel->hosts, g_strdup(host));
}

static void
list_hosts(Tunnel *tunnel)
{
    const char *const *backups = profile_list(tunnel->profile, PROFILE_CONNECTION_BACKUP_GATEWAYS);

    g_ptr_array_set_size(tunnel->hosts, 0);
    add_host(tunnel, profile_text(tunnel->profile, PROFILE_CONNECTION_GATEWAY));
    for (guint i = 0; backups[i] != NULL; i++)
        add_host(tunnel, backups[i]);
    for (guint i = 0; tunnel->settings != NULL && i < tunnel->settings->backup_gateways->len; i++)
        add_host(tunnel, tunnel->settings->backup_gateways->pdata[i]);
    tunnel->host = 0;
}

static gboolean
address_of(GInetAddress *inet, NetAddress *ret_address)
{
    gsize length = g_inet_address_get_native_size(inet);

    if (length != 4 && length != 16)
        return FALSE;
    *ret_address = net_address_of(g_inet_address_to_bytes(inet), length);
    return TRUE;
}

void
tunnel_know_host(Tunnel *tunnel, const char *host, GList *list)
{
    g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    NetAddress address;

    for (; list != NULL && addresses->len < MAX_ADDRESSES; list = list->next)
        if (address_of(list->data, &address))
            g_array_append_val(addresses, address);
    if (addresses->len > 0)
        g_hash_table_insert(tunnel->known, g_strdup(host), g_steal_pointer(&addresses));
}

/* FALSE when it was never found. */
static gboolean
use_known(Tunnel *tunnel, const char *host)
{
    GArray *known = g_hash_table_lookup(tunnel->known, host);

    if (known == NULL)
        return FALSE;
    g_array_append_vals(tunnel->addresses, known->data, known->len);
    return TRUE;
}

static void
on_resolved(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    g_autoptr(GError) error = NULL;
    GList *list = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);
    const char *host;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    host = tunnel->hosts->pdata[tunnel->host];
    tunnel_know_host(tunnel, host, list);
    g_resolver_free_addresses(list);
    if (!use_known(tunnel, host)) {
        tunnel_attempt_failed(tunnel, REASON_NAME_RESOLUTION,
                              error != NULL ? error->message : NULL);
        return;
    }
    tunnel_look_ahead(tunnel);
    connect_address(tunnel);
}

static void
resolve_host(Tunnel *tunnel)
{
    const char *host = tunnel->hosts->pdata[tunnel->host];
    g_autoptr(GResolver) resolver = NULL;
    NetAddress address;

    g_array_set_size(tunnel->addresses, 0);
    tunnel->address = 0;
    tunnel_changed(tunnel, "Gateway", NULL);
    if (net_address_parse(host, &address)) {
        g_array_append_val(tunnel->addresses, address);
        connect_address(tunnel);
        return;
    }
    /* While the tunnel's name servers or a lock are in place but the tunnel is down nobody can be
     * asked. */
    if ((tunnel->was_up || tunnel->is_patient || tunnel->inherits_lock) &&
        use_known(tunnel, host)) {
        connect_address(tunnel);
        return;
    }
    tunnel_set_stage(tunnel, "resolve");
    resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, host, tunnel->cancellable, on_resolved, tunnel);
}

/* Processes */

static const EngineLinkEvents engine_events;

static NetEndpoint
endpoint(const NetAddress *address, guint16 port)
{
    return (NetEndpoint){.address = *address, .port = port};
}

static IkePath
ike_path(const NetworkPath *path, IkeSocket socket)
{
    return (IkePath){.local = path->local, .remote = path->remote, .socket = socket};
}

static BoundaryMessage *
initiate_message(Tunnel *tunnel)
{
    BoundaryMessage *message = boundary_message_new(BOUNDARY_INITIATE);
    g_autoptr(GBytes) pin = profile_pinned_sha256(tunnel->profile);
    PolicyInput input = {
        .profile = tunnel->profile,
        .gateway = tunnel->hosts->pdata[tunnel->host],
        .wished = tunnel->last_address.address,
    };

    message->initiate.policy = client_policy_new(&input);
    message->initiate.trust = client_trust_new(&input, pin);
    message->initiate.isakmp = ike_path(&tunnel->isakmp_path, IKE_SOCKET_ISAKMP);
    message->initiate.natt = ike_path(&tunnel->natt_path, IKE_SOCKET_NATT);
    message->initiate.esp_fragment_octets =
        (guint16)profile_number(tunnel->profile, PROFILE_ESP_FRAGMENT_SIZE);
    message->initiate.mtu_octets = (guint16)profile_number(tunnel->profile, PROFILE_ESP_MTU);
    message->initiate.is_kernel = tunnel->kernel != NULL;
    return message;
}

static gboolean
has_next(const Tunnel *tunnel)
{
    return tunnel->address + 1 < tunnel->addresses->len || tunnel->host + 1 < tunnel->hosts->len;
}

static gboolean
on_silence(gpointer user_data)
{
    Tunnel *tunnel = user_data;

    tunnel->silence_timer = 0;
    tunnel_attempt_failed(tunnel, REASON_GATEWAY_SILENT, "another gateway is tried");
    return G_SOURCE_REMOVE;
}

static void
start_engine(Tunnel *tunnel)
{
    const Secret *key = profile_needs_certificate(tunnel->profile)
                            ? profile_secret(tunnel->profile, PROFILE_SECRETS_PRIVATE_KEY)
                            : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(BoundaryMessage) message = NULL;
    /* An XFRM interface has no descriptor; a message always has its three. */
    Fd fds[] = {tunnel->isakmp, tunnel->natt, tunnel->tun >= 0 ? tunnel->tun : tunnel->natt};

    if (!tunnel_kernel_open(tunnel, &error)) {
        fail_with(tunnel, error, REASON_DATAPLANE_UNAVAILABLE);
        return;
    }
    tunnel->link = engine_link_new(tunnel->service->libexec_directory, key,
                                   tunnel->login.group_password, &engine_events, tunnel, &error);
    if (tunnel->link == NULL) {
        fail_with(tunnel, error, REASON_INTERNAL);
        return;
    }
    message = initiate_message(tunnel);
    if (!engine_link_send(tunnel->link, message, fds, &error)) {
        fail_with(tunnel, error, REASON_INTERNAL);
        return;
    }
    fd_close(&tunnel->isakmp);
    fd_close(&tunnel->natt);
    tunnel_set_stage(tunnel, "phase1");
    if (has_next(tunnel))
        tunnel->silence_timer = g_timeout_add_seconds(SILENCE_SECONDS, on_silence, tunnel);
}

/* The network */

static NetworkPlan
current_plan(const Tunnel *tunnel)
{
    NetworkPlan plan = {0};
    guint16 mtu = tunnel->facts.mtu_octets;

    if (tunnel->settings != NULL && !tunnel->has_no_network)
        plan = tunnel->settings->plan;
    plan.isakmp = tunnel->isakmp_path;
    plan.natt = tunnel->natt_path;
    plan.keeps_others = tunnel->settings == NULL || tunnel->has_no_network;
    plan.mtu_octets = mtu;
    plan.is_by_policy = tunnel->plane.is_kernel && !tunnel->has_xfrm_link;
    plan.is_locked = tunnel_has_lock(tunnel);
    return plan;
}

/* Before there are settings the profile alone says what a lock leaves open. */
static void
start_apply(Tunnel *tunnel, GAsyncReadyCallback callback)
{
    g_autoptr(GArray) excludes = NULL;
    NetworkPlan plan = current_plan(tunnel);

    if (plan.is_locked && tunnel->settings == NULL)
        excludes = tunnel_lock_exceptions(tunnel, &plan);
    tunnel->is_applying = TRUE;
    network_apply_async(tunnel->network, &plan, NULL, callback, tunnel);
}

static void
on_applied(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    g_autoptr(GError) error = NULL;
    gboolean is_good = network_apply_finish(tunnel->network, result, &error);

    tunnel->is_applying = FALSE;
    if (tunnel->is_ending)
        return;
    if (!is_good && g_error_matches(error, NETWORK_ERROR, REASON_DNS_FAILED)) {
        log_event(G_LOG_LEVEL_WARNING, tunnel->id, "dns", REASON_DNS_FAILED, "%s", error->message);
        tunnel_note(tunnel, "dns: %s", error->message);
    } else if (!is_good) {
        fail_with(tunnel, error, REASON_INTERFACE_FAILED);
        return;
    }
    if (tunnel->is_apply_due)
        tunnel_apply(tunnel);
    else if (tunnel->is_child_up)
        tunnel_came_up(tunnel);
}

void
tunnel_apply(Tunnel *tunnel)
{
    tunnel->is_apply_due = tunnel->is_applying;
    if (!tunnel->is_applying)
        start_apply(tunnel, on_applied);
}

/* The sockets' ends must be in the network before the engine uses them. */
static void
on_paths_applied(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    g_autoptr(GError) error = NULL;
    gboolean is_good = network_apply_finish(tunnel->network, result, &error);

    tunnel->is_applying = FALSE;
    if (tunnel->is_ending || tunnel->state == TUNNEL_DISCONNECTING || tunnel->isakmp < 0)
        return;
    if (!is_good && !g_error_matches(error, NETWORK_ERROR, REASON_DNS_FAILED))
        fail_with(tunnel, error, REASON_INTERFACE_FAILED);
    else
        start_engine(tunnel);
}

static gboolean
open_paths(Tunnel *tunnel, const NetAddress *address, GError **error)
{
    NetEndpoint isakmp = endpoint(address, PORT_ISAKMP);
    NetEndpoint natt = endpoint(address, PORT_NATT);
    guint16 port = (guint16)profile_number(tunnel->profile, PROFILE_IKE_LOCAL_PORT);

    fd_close(&tunnel->isakmp);
    fd_close(&tunnel->natt);
    return network_open_path(&isakmp, port, &tunnel->isakmp, &tunnel->isakmp_path, error) &&
           network_open_path(&natt, port == PORT_ISAKMP ? PORT_NATT : 0, &tunnel->natt,
                             &tunnel->natt_path, error);
}

static gboolean
open_link(Tunnel *tunnel, const NetAddress *address, GError **error)
{
    if (tunnel->network == NULL)
        tunnel->network = network_new(&tunnel->service->network_host, tunnel->network_id, error);
    if (tunnel->network == NULL)
        return FALSE;
    return tunnel_kernel_open_link(tunnel, address, error);
}

static void
connect_address(Tunnel *tunnel)
{
    const NetAddress *address = &g_array_index(tunnel->addresses, NetAddress, tunnel->address);
    g_autoptr(GError) error = NULL;

    tunnel_set_stage(tunnel, "phase1");
    if (!open_link(tunnel, address, &error) || !open_paths(tunnel, address, &error)) {
        fail_with(tunnel, error, REASON_DATAPLANE_UNAVAILABLE);
        return;
    }
    tunnel_changed(tunnel, "GatewayAddress", "Interface", NULL);
    /* Behind a lock nobody can be asked for it: it is written down before. */
    tunnel->events.changed(tunnel, tunnel->events_data);
    start_apply(tunnel, on_paths_applied);
}

static void
begin(Tunnel *tunnel)
{
    list_hosts(tunnel);
    resolve_host(tunnel);
}

void
tunnel_run(Tunnel *tunnel)
{
    if (tunnel->state != TUNNEL_RECONNECTING)
        tunnel_set_state(tunnel, TUNNEL_CONNECTING);
    tunnel_run_stop(tunnel);
    tunnel->cancellable = g_cancellable_new();
    tunnel->login.asked = 0;
    tunnel_login_prepare(tunnel, begin);
}

/* TRUE when it is tried there: the same gateway by name, and so by identity. */
static gboolean
follow_redirect(Tunnel *tunnel, const char *text)
{
    NetAddress address;

    if (text == NULL || !net_address_parse(text, &address) || net_address_is_special(&address) ||
        tunnel->state == TUNNEL_DISCONNECTING || tunnel->redirects >= MAX_REDIRECTS)
        return FALSE;
    tunnel->redirects++;
    log_info(tunnel->id, "redirected", "The gateway sends this computer to %s", text);
    tunnel_note(tunnel, "redirected to %s", text);
    tunnel_run_stop(tunnel);
    tunnel_login_stop(tunnel);
    if (tunnel->state == TUNNEL_CONNECTED)
        tunnel_set_state(tunnel, TUNNEL_RECONNECTING);
    tunnel->cancellable = g_cancellable_new();
    g_array_set_size(tunnel->addresses, 0);
    g_array_append_val(tunnel->addresses, address);
    tunnel->address = 0;
    connect_address(tunnel);
    return TRUE;
}

gboolean
tunnel_run_next(Tunnel *tunnel)
{
    if (!has_next(tunnel))
        return FALSE;
    tunnel_run_stop(tunnel);
    tunnel->cancellable = g_cancellable_new();
    if (tunnel->address + 1 < tunnel->addresses->len) {
        tunnel->address++;
        connect_address(tunnel);
    } else {
        tunnel->host++;
        resolve_host(tunnel);
    }
    return TRUE;
}

void
tunnel_run_stop(Tunnel *tunnel)
{
    if (tunnel->cancellable != NULL)
        g_cancellable_cancel(tunnel->cancellable);
    g_clear_object(&tunnel->cancellable);
    g_clear_handle_id(&tunnel->silence_timer, g_source_remove);
    g_clear_pointer(&tunnel->link, engine_link_free);
    g_clear_pointer(&tunnel->kernel, kernel_plane_free);
    fd_close(&tunnel->isakmp);
    fd_close(&tunnel->natt);
    tunnel->is_child_up = FALSE;
    tunnel->is_apply_due = FALSE;
    tunnel_answer_counts(tunnel, NULL);
    tunnel_pings_refuse(tunnel);
}

/* Roaming */

static void
send_rebind(Tunnel *tunnel)
{
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_REBIND);
    Fd fds[] = {tunnel->isakmp, tunnel->natt};

    message->rebind.isakmp = ike_path(&tunnel->isakmp_path, IKE_SOCKET_ISAKMP);
    message->rebind.natt = ike_path(&tunnel->natt_path, IKE_SOCKET_NATT);
    tunnel_kernel_rebind(tunnel);
    engine_link_send(tunnel->link, message, fds, NULL);
    fd_close(&tunnel->isakmp);
    fd_close(&tunnel->natt);
}

static void
on_rebind_applied(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    g_autoptr(GError) error = NULL;
    gboolean is_good = network_apply_finish(tunnel->network, result, &error);

    tunnel->is_applying = FALSE;
    if (tunnel->is_ending || tunnel->link == NULL || tunnel->isakmp < 0)
        return;
    if (!is_good && !g_error_matches(error, NETWORK_ERROR, REASON_DNS_FAILED))
        fail_with(tunnel, error, REASON_INTERFACE_FAILED);
    else if (!tunnel_kernel_take_socket(tunnel, &error))
        fail_with(tunnel, error, REASON_DATAPLANE_UNAVAILABLE);
    else
        send_rebind(tunnel);
}

gboolean
tunnel_has_moved(Tunnel *tunnel)
{
    g_autoptr(GError) error = NULL;
    g_auto(Fd) fd = -1;
    NetworkPath path;

    if (!network_open_path(&tunnel->natt_path.remote, 0, &fd, &path, &error)) {
        /* No way now: dead peer detection decides whether that lasts. */
        log_debug(tunnel->id, "network", "%s", error->message);
        return FALSE;
    }
    return !net_address_equal(&path.local.address, &tunnel->natt_path.local.address);
}

void
tunnel_rebind(Tunnel *tunnel)
{
    NetAddress remote = tunnel->natt_path.remote.address;
    gboolean is_awake = tunnel->has_slept;
    g_autoptr(GError) error = NULL;

    if (tunnel->link == NULL || tunnel->is_applying)
        return;
    tunnel->has_slept = FALSE;
    if (!is_awake && !tunnel_has_moved(tunnel))
        return;
    if (!open_paths(tunnel, &remote, &error)) {
        log_debug(tunnel->id, "network", "%s", error->message);
        return;
    }
    log_info(tunnel->id, "network",
             is_awake ? "This computer woke up" : "This computer has another address now");
    start_apply(tunnel, on_rebind_applied);
}

/* What the engine says */

static void
take_stage(Tunnel *tunnel, IkeStage stage)
{
    static const struct {
        const char *stage;
        TunnelState state;
    } rows[] = {
        [IKE_STAGE_REACHING] = {"phase1", TUNNEL_CONNECTING},
        [IKE_STAGE_AUTHENTICATING] = {"phase1", TUNNEL_AUTHENTICATING},
        [IKE_STAGE_LOGIN] = {"xauth", TUNNEL_AUTHENTICATING},
        [IKE_STAGE_CONFIGURING] = {"modecfg", TUNNEL_CONFIGURING},
        [IKE_STAGE_SECURING] = {"phase2", TUNNEL_CONFIGURING},
        [IKE_STAGE_ESTABLISHED] = {"network", TUNNEL_CONFIGURING},
    };

    if (stage > IKE_STAGE_REACHING)
        g_clear_handle_id(&tunnel->silence_timer, g_source_remove);
    if (tunnel->state == TUNNEL_CONNECTED || tunnel->state == TUNNEL_DISCONNECTING ||
        (gsize)stage >= G_N_ELEMENTS(rows))
        return;
    tunnel_set_stage(tunnel, rows[stage].stage);
    if (tunnel->state != TUNNEL_RECONNECTING)
        tunnel_set_state(tunnel, rows[stage].state);
}

static const char *
method_name(IkeMethod method)
{
    static const NameRow names[] = {
        {IKE_METHOD_PSK, "psk"},
        {IKE_METHOD_RSA, "rsa"},
        {IKE_METHOD_HYBRID_RSA, "hybrid-rsa"},
        {IKE_METHOD_XAUTH_PSK, "xauth-psk"},
        {IKE_METHOD_XAUTH_RSA, "xauth-rsa"},
        {0, NULL},
    };
    const char *name = name_of(names, (gint)method);

    return name != NULL ? name : "";
}

/* The engine renews after nine tenths of a life, a little earlier or later. */
static gint64
renewal_of(guint32 lifetime_seconds)
{
    return g_get_real_time() / G_USEC_PER_SEC + (gint64)lifetime_seconds * 9 / 10;
}

static void
take_phase1(Tunnel *tunnel, const BoundaryMessage *message)
{
    TunnelFacts *facts = &tunnel->facts;
    char text[SUITE_TEXT_SIZE];
    gboolean is_local = message->phase1.is_local_behind_nat;
    gboolean is_remote = message->phase1.is_remote_behind_nat;
    const char *identity = message->phase1.peer_identity;

    g_free(facts->ike);
    facts->ike = g_strdup(suite_phase1_format(&message->phase1.suite, text));
    facts->is_ike_weak = suite_phase1_is_weak(&message->phase1.suite);
    facts->has_dpd =
        message->phase1.has_dpd && profile_number(tunnel->profile, PROFILE_IKE_DPD_DELAY) > 0;
    facts->method = method_name(message->phase1.method);
    facts->ike_rekey_at = renewal_of(message->phase1.lifetime_seconds);
    facts->mode = message->phase1.mode == IKE_MODE_MAIN ? "main" : "aggressive";
    g_free(facts->nat_traversal);
    facts->nat_traversal = g_strdup(is_local && is_remote             ? "both"
                                    : is_local                        ? "local"
                                    : is_remote                       ? "remote"
                                    : message->phase1.is_encapsulated ? "forced"
                                                                      : "none");
    g_free(facts->gateway_identity);
    facts->gateway_identity =
        identity != NULL ? name_clean(identity, strlen(identity), 512, FALSE) : g_strdup("");
    tunnel_note(tunnel, "phase 1: %s, %s, %s mode, nat %s", facts->ike, facts->method, facts->mode,
                facts->nat_traversal);
    tunnel_changed(tunnel, "Algorithms", "NatTraversal", "GatewayIdentity", "IkeRekeyAt", NULL);
    if (tunnel->is_probe)
        tunnel_probe_done(tunnel);
}

static void
take_settings(Tunnel *tunnel, const IkeSettings *given)
{
    Reason reason = REASON_NONE;
    g_autofree char *detail = NULL;
    g_autoptr(ClientSettings) settings =
        client_settings_new(tunnel->profile, given, &reason, &detail);

    if (settings == NULL) {
        tunnel_attempt_failed(tunnel, reason, detail);
        return;
    }
    for (guint i = 0; i < settings->notes->len; i++) {
        log_warning(tunnel->id, "settings", "Left out of the gateway's settings: %s",
                    (const char *)settings->notes->pdata[i]);
        tunnel_note(tunnel, "left out: %s", (const char *)settings->notes->pdata[i]);
    }
    tunnel->last_address = net_address_is_set(&settings->plan.address4)
                               ? net_prefix_of(&settings->plan.address4, 32)
                               : net_prefix_of(&settings->plan.address6, 128);
    g_clear_pointer(&tunnel->settings, client_settings_free);
    tunnel->settings = g_steal_pointer(&settings);
    tunnel_changed(tunnel, "Ip4", "Ip6", "Dns", "Wins", "Domains", "Routes", "ExcludedRoutes",
                   "Banner", NULL);
    if (tunnel->state == TUNNEL_CONNECTED)
        tunnel_login_accepted(tunnel);
    if (tunnel->is_child_up)
        tunnel_apply(tunnel);
}

static void
take_child(Tunnel *tunnel, const BoundaryMessage *message)
{
    TunnelFacts *facts = &tunnel->facts;
    char text[SUITE_TEXT_SIZE];
    const char *group = suite_group_name(message->child_up.pfs_group);
    guint16 wanted = (guint16)profile_number(tunnel->profile, PROFILE_ESP_MTU);
    guint16 mtu =
        wanted != 0 ? MIN(wanted, message->child_up.mtu_octets) : message->child_up.mtu_octets;

    g_free(facts->esp);
    facts->esp = g_strdup(suite_esp_format(&message->child_up.suite, text));
    facts->is_esp_weak = suite_esp_is_weak(&message->child_up.suite);
    g_free(facts->pfs);
    facts->pfs =
        g_strdup(message->child_up.pfs_group != SUITE_GROUP_NONE && group != NULL ? group : "off");
    tunnel_note(tunnel, "phase 2: %s, pfs %s", facts->esp, facts->pfs);
    facts->esp_rekey_at = renewal_of(message->child_up.lifetime_seconds);
    facts->mtu_octets = CLAMP(mtu, MIN_MTU, MAX_MTU);
    tunnel_changed(tunnel, "Algorithms", "Mtu", "EspRekeyAt", NULL);
    if (tunnel->settings == NULL) {
        tunnel_attempt_failed(tunnel, REASON_NO_ADDRESS, NULL);
        return;
    }
    tunnel->is_child_up = TRUE;
    if (tunnel->state != TUNNEL_CONNECTED)
        tunnel_set_stage(tunnel, "network");
    tunnel_apply(tunnel);
}

/* An engine that fell must not fill the log. */
static gboolean
is_too_talkative(Tunnel *tunnel)
{
    gint64 now = g_get_monotonic_time();

    if (now - tunnel->note_time > NOTE_SECONDS * G_USEC_PER_SEC) {
        tunnel->note_time = now;
        tunnel->note_count = 0;
    }
    return ++tunnel->note_count > NOTES_PER_TIME;
}

static void
take_note(Tunnel *tunnel, IkeNoteLevel level, const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), 512, FALSE);

    if (is_too_talkative(tunnel))
        return;

    switch (level) {
    case IKE_NOTE_DEBUG:
        log_debug(tunnel->id, "engine", "%s", clean);
        break;
    case IKE_NOTE_INFO:
        log_info(tunnel->id, "engine", "%s", clean);
        break;
    case IKE_NOTE_WARNING:
        log_warning(tunnel->id, "engine", "%s", clean);
        break;
    }
    tunnel_note(tunnel, "%s", clean);
}

static void
on_message(const BoundaryMessage *message, gpointer user_data)
{
    Tunnel *tunnel = user_data;
    g_autofree char *detail = NULL;

    switch ((gint)message->type) {
    case BOUNDARY_STAGE:
        take_stage(tunnel, message->stage);
        return;
    case BOUNDARY_PHASE1:
        take_phase1(tunnel, message);
        return;
    case BOUNDARY_ASK_LOGIN:
        tunnel_login_ask(tunnel, message);
        return;
    case BOUNDARY_ASK_TRUST:
        tunnel_trust_ask(tunnel, message);
        return;
    case BOUNDARY_SETTINGS:
        take_settings(tunnel, message->settings);
        return;
    case BOUNDARY_CHILD_UP:
        take_child(tunnel, message);
        return;
    case BOUNDARY_CHILD_KEYS:
        tunnel_kernel_take_keys(tunnel, &message->child_keys);
        return;
    case BOUNDARY_CHILD_SEND:
        tunnel_kernel_take_send(tunnel, message->child_send);
        return;
    case BOUNDARY_CHILD_DOWN:
        if (tunnel->kernel != NULL)
            kernel_plane_down(tunnel->kernel, message->child_down);
        return;
    case BOUNDARY_COUNTERS:
        tunnel_answer_counts(tunnel, &message->counters);
        return;
    case BOUNDARY_ALIVE:
        tunnel_ping_answered(tunnel, message->round_trip_microseconds);
        return;
    case BOUNDARY_NOTE:
        take_note(tunnel, message->note.level, message->note.text);
        return;
    case BOUNDARY_CLOSED:
        if (message->closed.detail != NULL)
            detail = name_clean(message->closed.detail, strlen(message->closed.detail), 512, FALSE);
        if (message->closed.reason != REASON_REDIRECTED || !follow_redirect(tunnel, detail))
            tunnel_attempt_failed(tunnel, message->closed.reason, detail);
        return;
    default: /* CHILD_DOWN and PATH change nothing here: CLOSED says when the tunnel is over */
        return;
    }
}

static void
on_gone(const char *detail, gpointer user_data)
{
    tunnel_attempt_failed(user_data, REASON_ENGINE_CRASHED, detail);
}

static const EngineLinkEvents engine_events = {.message = on_message, .gone = on_gone};
