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
    guest = guest_new(session, gateway->run, ++gateway->last_port);
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
    const Secret *given = message->ask_verdict.password;
    GBytes *challenge = message->ask_verdict.challenge;
    g_autoptr(Secret) password =
        challenge != NULL && given != NULL ? secret_dup(given) : without_nul(given);
    g_autoptr(Secret) passcode = without_nul(message->ask_verdict.passcode);
    g_autoptr(Secret) answer = without_nul(message->ask_verdict.answer);
    GatewayLoginQuestion question = {.session = message->session,
                                     .ticket = message->ask_verdict.ticket,
                                     .password = password,
                                     .passcode = passcode,
                                     .domain = message->ask_verdict.domain,
                                     .next_pin = message->ask_verdict.next_pin,
                                     .answer = answer,
                                     .challenge = challenge,
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
        question.id = guest->id;
        question.port = guest->port;
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
accept_login(Gateway *gateway, Guest *guest, GatewayLoginAnswer *answer)
{
    radius_settings_free(guest->radius);
    guest->radius = g_steal_pointer(&answer->settings);
    g_free(guest->user);
    guest->user = g_steal_pointer(&guest->asked_user);
    guest->is_logged_in = TRUE;
    gateway->numbers.logins_accepted++;
    bans_succeeded(gateway->bans, guest->user, &guest->peer.address);
    gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "login", REASON_NONE, "is logged in");
}

void
gateway_answered(GatewayLoginAnswer *answer, gpointer user_data)
{
    Gateway *gateway = user_data;
    Guest *guest = find(gateway, answer->session);

    if (guest == NULL || guest->asked_user == NULL)
        return;
    switch (answer->type) {
    case IKE_VERDICT_YES:
        accept_login(gateway, guest, answer);
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

static void
tell_child_up(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find(gateway, message->session);
    char suite[SUITE_TEXT_SIZE], network[NET_PREFIX_TEXT_SIZE], address[NET_ADDRESS_TEXT_SIZE];

    if (guest != NULL && guest->is_ending)
        return;
    if (guest == NULL || guest->lease == NULL ||
        !lease_is(guest->lease, &message->child_up.remote)) {
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
                  net_address_format(&message->child_up.remote.address, address),
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
    gateway_kernel_take_path(gateway, guest);
    if (guest->up_at != 0)
        gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "moved", REASON_NONE, "was at %s", from);
}

static void
tell_counters(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest *guest = find(gateway, message->session);
    GatewayRefresh *refresh;

    if (message->session != 0) {
        if (guest == NULL)
            return;
        guest_count(guest, &message->counters);
        gateway_kernel_count(gateway, guest);
        return;
    }
    gateway->counters = message->counters;
    gateway_kernel_count(gateway, NULL);
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

/* Of a stranger, or of a guest that is known. */
static void
tell_refused(Gateway *gateway, const GuestlinkMessage *message)
{
    Guest stranger = {.session = 0, .peer = message->refused.peer};
    const Guest *guest = find(gateway, message->session);

    gateway_event(gateway, guest != NULL ? guest : &stranger, G_LOG_LEVEL_WARNING,
                  message->refused.reason == REASON_SELECTORS_REFUSED ? "selectors-refused"
                                                                      : "proposal-refused",
                  message->refused.reason, "%s; offered: %s; here: %s", message->refused.difference,
                  message->refused.offered, message->refused.own);
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
        gateway_forget(gateway, guest, REASON_NONE);
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
    gateway_forget(gateway, guest, message->closed.reason);
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
        gateway_ask_lease(gateway, find(gateway, message->session), message);
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
        if (guest != NULL && gateway->kernel != NULL)
            kernel_plane_down(gateway->kernel, message->child_down);
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
    case GUESTLINK_REFUSED:
        tell_refused(gateway, message);
        break;
    case GUESTLINK_CHILD_KEYS:
        gateway_kernel_take_keys(gateway, find(gateway, message->session), &message->child_keys);
        break;
    case GUESTLINK_CHILD_SEND:
        gateway_kernel_take_send(gateway, find(gateway, message->session), message->child_send);
        break;
    case GUESTLINK_SERVE:
    case GUESTLINK_POLICY:
    case GUESTLINK_CONFIGURE:
    case GUESTLINK_VERDICT:
    case GUESTLINK_LEASE:
    case GUESTLINK_HANG_UP:
    case GUESTLINK_COUNT:
    case GUESTLINK_ALIVE:
    case GUESTLINK_MOVED:
    case GUESTLINK_EXPIRING:
        /* guestlink_receive() lets none of the other direction in. */
        g_assert_not_reached();
    }
}
