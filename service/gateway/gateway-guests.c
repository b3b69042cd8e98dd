/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine asks and tells about guests, and what comes of it. */
#include "gateway/gateway-private.h"

#include <string.h>

/* Guests that an engine may speak of, and the longest name of a user. */
enum { MAX_GUESTS = 200000, MAX_USER_OCTETS = 253 };

static Guest *
find(Gateway *gateway, guint64 session)
{
    return g_hash_table_lookup(gateway->guests, &session);
}

/* NULL: not one more. */
static Guest *
find_or_add(Gateway *gateway, guint64 session)
{
    Guest *guest = find(gateway, session);

    if (guest != NULL || session == 0 || g_hash_table_size(gateway->guests) >= MAX_GUESTS)
        return guest;
    guest = guest_new(session);
    guest->came_at = gateway_now();
    g_hash_table_insert(gateway->guests, &guest->session, guest);
    return guest;
}

/* --- the login --- */

static void
send_verdict(Gateway *gateway, guint64 session, guint64 ticket, IkeVerdictType type, IkeField field,
             const char *text)
{
    GuestlinkMessage message = {.type = GUESTLINK_VERDICT, .session = session};

    message.verdict.ticket = ticket;
    message.verdict.type = type;
    message.verdict.field = field != 0 ? field : IKE_FIELD_PASSWORD;
    message.verdict.message = (char *)text; /* only written */
    gateway_send(gateway, &message, NULL);
}

/* One trailing NUL is cut: some clients send it. NULL stays NULL. */
static Secret *
without_nul(const Secret *secret)
{
    gsize length;

    if (secret == NULL)
        return NULL;
    length = secret_length(secret);
    if (length > 0 && secret_data(secret)[length - 1] == '\0')
        length--;
    return secret_new(secret_data(secret), length);
}

/* NULL for what is no name of a user: empty, too long, or not printable. */
static char *
user_name(const Secret *secret)
{
    g_autoptr(Secret) name = without_nul(secret);
    g_autofree char *clean = NULL;
    const char *text;

    if (name == NULL || secret_length(name) == 0 || secret_length(name) > MAX_USER_OCTETS)
        return NULL;
    text = secret_text(name);
    clean = name_clean(text, secret_length(name), MAX_USER_OCTETS + 1, FALSE);
    if (strlen(text) != secret_length(name) || strcmp(clean, text) != 0 ||
        strpbrk(text, " :") != NULL)
        return NULL;
    return g_steal_pointer(&clean);
}

static void
refuse_login(Gateway *gateway, Guest *guest, guint64 ticket, const char *why)
{
    gateway->numbers.logins_refused++;
    gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "login-refused", REASON_AUTH_USER_REJECTED,
                  "%s", why);
    send_verdict(gateway, guest->session, ticket, IKE_VERDICT_NO, 0, NULL);
}

static void
ask_verdict(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find_or_add(gateway, message->session);
    g_autoptr(Secret) password = without_nul(message->ask_verdict.password);
    g_autoptr(Secret) passcode = without_nul(message->ask_verdict.passcode);
    g_autoptr(Secret) answer = without_nul(message->ask_verdict.answer);
    GatewayLoginQuestion question = {.session = message->session,
                                     .ticket = message->ask_verdict.ticket,
                                     .password = password,
                                     .passcode = passcode,
                                     .domain = message->ask_verdict.domain,
                                     .next_pin = message->ask_verdict.next_pin,
                                     .answer = answer,
                                     .group = message->ask_verdict.group,
                                     .round = message->ask_verdict.round,
                                     .peer = message->ask_verdict.peer};

    if (guest == NULL) {
        send_verdict(gateway, message->session, question.ticket, IKE_VERDICT_UNREACHABLE, 0, NULL);
        return;
    }
    guest->peer = message->ask_verdict.peer;
    guest->is_logged_in = FALSE;
    g_free(guest->asked_user);
    guest->asked_user = user_name(message->ask_verdict.user);
    if (guest->asked_user == NULL) {
        refuse_login(gateway, guest, question.ticket, "this cannot be the name of a user");
    } else if (bans_have(gateway->bans, gateway_now(), guest->asked_user, &guest->peer.address)) {
        refuse_login(gateway, guest, question.ticket, "has to wait (banned)");
    } else {
        question.user = guest->asked_user;
        gateway_login_ask(gateway->login, &question);
    }
}

static void
note_failure(Gateway *gateway, const Guest *guest)
{
    if (bans_failed(gateway->bans, gateway_now(), guest->asked_user, &guest->peer.address,
                    gateway->config->max_failures, gateway->config->ban_seconds))
        gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "banned", REASON_NONE,
                      "%s has to wait for %u s at this address", guest->asked_user,
                      gateway->config->ban_seconds);
}

static void
accept_login(Gateway *gateway, Guest *guest)
{
    g_free(guest->user);
    guest->user = g_steal_pointer(&guest->asked_user);
    guest->is_logged_in = TRUE;
    gateway->numbers.logins_accepted++;
    bans_succeeded(gateway->bans, guest->user, &guest->peer.address);
    gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "login", REASON_NONE, "is logged in");
}

void
gateway_answered(const GatewayLoginAnswer *answer, gpointer user_data)
{
    Gateway *gateway = user_data;
    Guest *guest = find(gateway, answer->session);

    if (guest == NULL || guest->asked_user == NULL)
        return;
    switch (answer->type) {
    case IKE_VERDICT_YES:
        accept_login(gateway, guest);
        break;
    case IKE_VERDICT_NO:
        gateway->numbers.logins_refused++;
        gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "login-refused",
                      REASON_AUTH_USER_REJECTED, "as %s", guest->asked_user);
        note_failure(gateway, guest);
        break;
    case IKE_VERDICT_AGAIN:
        break;
    case IKE_VERDICT_UNREACHABLE:
        gateway->numbers.logins_unreachable++;
        gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "login-unreachable",
                      REASON_AUTH_SERVER_UNREACHABLE, "as %s", guest->asked_user);
        break;
    }
    send_verdict(gateway, answer->session, answer->ticket, answer->type, answer->field,
                 answer->message);
}

/* --- the lease --- */

static void
send_lease(Gateway *gateway, guint64 session, guint64 ticket, IkeSettings *settings)
{
    GuestlinkMessage message = {.type = GUESTLINK_LEASE, .session = session};

    message.lease.ticket = ticket;
    message.lease.is_given = settings != NULL;
    message.lease.settings = settings;
    gateway_send(gateway, &message, NULL);
}

static Guest *
oldest_of(Gateway *gateway, const Guest *but, guint *ret_count)
{
    Guest *oldest = NULL;
    GHashTableIter iter;
    gpointer value;

    *ret_count = 0;
    g_hash_table_iter_init(&iter, gateway->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Guest *other = value;

        if (other == but || other->lease == NULL || g_strcmp0(other->user, but->user) != 0)
            continue;
        (*ret_count)++;
        if (oldest == NULL || other->session < oldest->session)
            oldest = other;
    }
    return oldest;
}

/* One session for each user, or as many as the configuration says. FALSE: this one is too many. */
static gboolean
make_room(Gateway *gateway, Guest *guest)
{
    guint count;
    Guest *oldest = oldest_of(gateway, guest, &count);

    while (count >= gateway->config->sessions_per_user) {
        if (gateway->config->when_full == GATEWAY_FULL_REFUSE) {
            gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "too-many-sessions",
                          REASON_NO_ADDRESS, "has %u already", count);
            return FALSE;
        }
        gateway_event(gateway, oldest, G_LOG_LEVEL_MESSAGE, "replaced", REASON_NONE,
                      "gives way to session %" G_GUINT64_FORMAT, guest->session);
        gateway_hang_up(gateway, oldest, REASON_PEER_DELETED);
        pool_release(gateway->pool, g_steal_pointer(&oldest->lease),
                     g_get_real_time() / G_USEC_PER_SEC);
        oldest = oldest_of(gateway, guest, &count);
    }
    return TRUE;
}

static void
lease(Gateway *gateway, Guest *guest, const GuestlinkMessage *message)
{
    g_autoptr(IkeSettings) settings = NULL;
    char text[NET_ADDRESS_TEXT_SIZE];

    if (gateway->is_draining) {
        gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "draining", REASON_NO_ADDRESS,
                      "no new guests");
    } else if (guest->lease == NULL && make_room(gateway, guest)) {
        guest->lease = pool_lease(gateway->pool, guest->user, &message->ask_lease.wished);
        if (guest->lease == NULL) {
            gateway->numbers.pool_empty++;
            gateway_event(gateway, guest, G_LOG_LEVEL_WARNING, "pool-empty", REASON_NO_ADDRESS,
                          "all %u addresses are in use", pool_size(gateway->pool));
        }
    }
    if (guest->lease != NULL) {
        settings = gateway_config_settings(gateway->config);
        settings->address4 = *pool_lease_address(guest->lease);
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "leased", REASON_NONE, "has %s",
                      net_address_format(&settings->address4, text));
    }
    send_lease(gateway, guest->session, message->ask_lease.ticket, settings);
}

/* Who came with a certificate alone is called by its name. */
static void
name_by_certificate(Guest *guest)
{
    if (guest->user == NULL && guest->has_phase1 && !ike_method_has_xauth(guest->method)) {
        guest->user = g_strdup(guest->group);
        guest->is_logged_in = TRUE;
    }
}

static void
ask_lease(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find(gateway, message->session);

    if (guest != NULL)
        name_by_certificate(guest);
    if (guest != NULL && guest->is_ending) {
        send_lease(gateway, guest->session, message->ask_lease.ticket, NULL);
        return;
    }
    if (guest == NULL || !guest->is_logged_in) {
        gateway_distrust(gateway, guest, "asks for an address without a login");
        return;
    }
    lease(gateway, guest, message);
}

/* --- what it tells --- */

static void
tell_phase1(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find_or_add(gateway, message->session);

    if (guest == NULL)
        return;
    guest->has_phase1 = TRUE;
    guest->suite = message->phase1.suite;
    guest->method = message->phase1.method;
    guest->mode = message->phase1.mode;
    guest->is_behind_nat = message->phase1.is_behind_nat;
    guest->has_fragmentation = message->phase1.has_fragmentation;
    guest->has_unity = message->phase1.has_unity;
    g_free(guest->group);
    guest->group = g_strdup(message->phase1.group);
}

static gboolean
is_leased(const Guest *guest, const NetPrefix *inner)
{
    return guest->lease != NULL && inner->prefix_length == inner->address.length * 8 &&
           net_address_equal(&inner->address, pool_lease_address(guest->lease));
}

static void
tell_child_up(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find(gateway, message->session);
    char suite[SUITE_TEXT_SIZE], network[NET_PREFIX_TEXT_SIZE], address[NET_ADDRESS_TEXT_SIZE];

    if (guest != NULL && guest->is_ending)
        return;
    if (guest == NULL || !is_leased(guest, &message->child_up.remote)) {
        gateway_distrust(gateway, guest, "has a tunnel to an address that it did not lease");
        return;
    }
    guest->children++;
    g_free(guest->esp);
    guest->esp = g_strdup(suite_esp_format(&message->child_up.suite, suite));
    if (guest->up_at != 0)
        return;
    guest->up_at = gateway_now();
    gateway->numbers.sessions++;
    gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "up", REASON_NONE, "%s reaches %s with %s",
                  net_address_format(pool_lease_address(guest->lease), address),
                  net_prefix_format(&message->child_up.local, network), guest->esp);
}

static void
tell_path(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find_or_add(gateway, message->session);
    char from[NET_ENDPOINT_TEXT_SIZE];

    if (guest == NULL || net_endpoint_equal(&guest->peer, &message->path))
        return;
    net_endpoint_format(&guest->peer, from);
    guest->peer = message->path;
    if (guest->up_at != 0)
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "moved", REASON_NONE, "was at %s", from);
}

static void
tell_counters(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find(gateway, message->session);
    GatewayRefresh *refresh;

    if (message->session != 0) {
        if (guest != NULL)
            guest->counters = message->counters;
        return;
    }
    gateway->counters = message->counters;
    refresh = g_queue_pop_head(&gateway->refreshes);
    if (refresh == NULL)
        return;
    refresh->done(refresh->user_data);
    g_free(refresh);
}

static void
tell_note(Gateway *gateway, const GuestlinkMessage *message)
{
    static const GLogLevelFlags levels[] = {[IKE_NOTE_DEBUG] = G_LOG_LEVEL_DEBUG,
                                            [IKE_NOTE_INFO] = G_LOG_LEVEL_INFO,
                                            [IKE_NOTE_WARNING] = G_LOG_LEVEL_WARNING};
    Guest nobody = {.session = 0};
    const Guest *guest = find(gateway, message->session);

    guest_log(guest != NULL ? guest : &nobody, levels[message->note.level], "note", REASON_NONE,
              "%s", message->note.text);
}

static void
tell_closed(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find(gateway, message->session);
    gint64 seconds;

    if (guest == NULL)
        return;
    if (message->closed.reason == REASON_NONE && guest->up_at == 0) {
        /* Its phase 1 is another session's now. */
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "renewed", REASON_NONE, "%s",
                      message->closed.detail != NULL ? message->closed.detail : "");
        gateway_forget(gateway, guest);
        return;
    }
    seconds = guest->up_at != 0 ? (gateway_now() - guest->up_at) / G_USEC_PER_SEC : 0;
    guest->is_ending = TRUE;
    if (guest->user != NULL || guest->asked_user != NULL)
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "down", message->closed.reason,
                      "after %" G_GINT64_FORMAT " s, %" G_GUINT64_FORMAT
                      " octets in, %" G_GUINT64_FORMAT " out%s%s",
                      seconds, guest->counters.octets_in, guest->counters.octets_out,
                      message->closed.detail != NULL ? ": " : "",
                      message->closed.detail != NULL ? message->closed.detail : "");
    gateway_forget(gateway, guest);
}

void
gateway_take(const GuestlinkMessage *message, gpointer user_data)
{
    Gateway *gateway = user_data;
    Guest *guest;

    switch (message->type) {
    case GUESTLINK_ASK_VERDICT:
        ask_verdict(gateway, message);
        break;
    case GUESTLINK_ASK_LEASE:
        ask_lease(gateway, message);
        break;
    case GUESTLINK_PHASE1:
        tell_phase1(gateway, message);
        break;
    case GUESTLINK_CHILD_UP:
        tell_child_up(gateway, message);
        break;
    case GUESTLINK_CHILD_DOWN:
        guest = find(gateway, message->session);
        if (guest != NULL && guest->children > 0)
            guest->children--;
        break;
    case GUESTLINK_PATH:
        tell_path(gateway, message);
        break;
    case GUESTLINK_COUNTERS:
        tell_counters(gateway, message);
        break;
    case GUESTLINK_NOTE:
        tell_note(gateway, message);
        break;
    case GUESTLINK_CLOSED:
        tell_closed(gateway, message);
        break;
    case GUESTLINK_SERVE:
    case GUESTLINK_POLICY:
    case GUESTLINK_CONFIGURE:
    case GUESTLINK_VERDICT:
    case GUESTLINK_LEASE:
    case GUESTLINK_HANG_UP:
    case GUESTLINK_COUNT:
        /* guestlink_receive() lets none of the other direction in. */
        g_assert_not_reached();
    }
}
