/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/sa.h"

#include "ike/config.h"
#include "ike/dpd.h"
#include "ike/engine.h"
#include "ike/informational.h"
#include "ike/path.h"
#include "ike/phase1.h"
#include "ike/quick.h"
#include "ike/reauth.h"
#include "ike/session.h"
#include "ike/stranger.h"
#include "ike/transaction.h"
#include "ike/xauth.h"

#include <string.h>

enum {
    MESSAGE_IDS = 256,       /* remembered against replay */
    MESSAGE_IDS_STEP = 16,   /* by which the room for them grows */
    MAX_EARLY_OCTETS = 4096, /* of one message */
    MAX_REMEMBERED = 128,    /* exchanges, running and over */
};

IkeSa *
ike_sa_new(IkeSession *session, gboolean is_initiator, const IkePath *path)
{
    IkeSa *sa = g_new0(IkeSa, 1);

    sa->session = session;
    sa->is_initiator = is_initiator;
    sa->path = *path;
    sa->is_floated = path->socket == IKE_SOCKET_NATT;
    sa->exchanges = g_ptr_array_new_with_free_func(ike_exchange_free);
    sa->phase1 = g_new0(IkePhase1, 1);
    sa->phase1->certificates = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    sa->give_up_at = sa->skip_xauth_at = sa->renew_at = IKE_NEVER;
    sa->expire_at = sa->keepalive_at = sa->dpd.next_at = sa->dpd.sent_at = IKE_NEVER;
    ike_session_random(session, IKE_RANDOM_COOKIE, is_initiator ? sa->cky_i : sa->cky_r,
                       IKE_COOKIE_LENGTH);
    ike_engine_add_sa(session->engine, sa);
    g_ptr_array_add(session->sas, sa);
    ike_session_touch(session);
    return sa;
}

void
ike_phase1_free(IkePhase1 *phase1)
{
    if (phase1 == NULL)
        return;
    ike_dh_free(phase1->dh);
    g_clear_pointer(&phase1->sai_b, g_bytes_unref);
    g_clear_pointer(&phase1->ni_b, g_bytes_unref);
    g_clear_pointer(&phase1->nr_b, g_bytes_unref);
    g_clear_pointer(&phase1->g_xi, g_bytes_unref);
    g_clear_pointer(&phase1->g_xr, g_bytes_unref);
    g_clear_pointer(&phase1->idii_b, g_bytes_unref);
    g_clear_pointer(&phase1->idir_b, g_bytes_unref);
    g_clear_pointer(&phase1->peer_proof, g_bytes_unref);
    g_clear_pointer(&phase1->signature, g_bytes_unref);
    g_ptr_array_unref(phase1->certificates);
    secret_free(phase1->g_xy);
    secret_free(phase1->skeyid);
    g_free(phase1);
}

static void
early_free(IkeEarly *early)
{
    for (guint i = 0; early != NULL && i < IKE_MAX_EARLY_MESSAGES; i++)
        g_clear_pointer(&early->datagrams[i], g_bytes_unref);
    g_free(early);
}

void
ike_sa_free(gpointer data)
{
    IkeSa *sa = data;

    ike_engine_remove_sa(sa->session->engine, sa);
    g_ptr_array_unref(sa->exchanges);
    ike_phase1_free(sa->phase1);
    ike_keys_free(sa->keys);
    g_clear_pointer(&sa->peer_id.data, g_bytes_unref);
    for (guint i = 0; i < IKE_MAX_REASSEMBLIES; i++)
        ike_reassembly_free(sa->reassemblies[i].set);
    early_free(sa->early);
    g_free(sa->message_ids);
    ike_settings_free(sa->draft);
    g_free(sa->login.user);
    g_free(sa->login.message);
    g_free(sa);
}

void
ike_sa_set_peer_cookie(IkeSa *sa, const guint8 *cookie)
{
    memcpy(sa->is_initiator ? sa->cky_r : sa->cky_i, cookie, IKE_COOKIE_LENGTH);
}

gboolean
ike_sa_is_open(const IkeSa *sa)
{
    return sa->state != IKE_SA_OPENING && sa->state != IKE_SA_GONE;
}

gboolean
ike_sa_may_have_quick_mode(const IkeSa *sa)
{
    return sa->state == IKE_SA_READY;
}

/* --- message IDs --- */

static gboolean
was_message_id_used(const IkeSa *sa, guint32 message_id)
{
    for (guint i = 0; i < MIN(sa->message_id_count, MESSAGE_IDS); i++) {
        if (sa->message_ids[i] == message_id)
            return TRUE;
    }
    return FALSE;
}

void
ike_sa_remember_message_id(IkeSa *sa, guint32 message_id)
{
    if (sa->message_id_count < MESSAGE_IDS && sa->message_id_count % MESSAGE_IDS_STEP == 0)
        sa->message_ids =
            g_renew(guint32, sa->message_ids, sa->message_id_count + MESSAGE_IDS_STEP);
    sa->message_ids[sa->message_id_count++ % MESSAGE_IDS] = message_id;
}

guint32
ike_sa_fresh_message_id(IkeSa *sa)
{
    guint32 id;

    do {
        ike_session_random(sa->session, IKE_RANDOM_MESSAGE_ID, &id, sizeof(id));
        id = GUINT32_FROM_BE(id);
    } while (id == 0 || was_message_id_used(sa, id));
    return id;
}

/* --- sending --- */

guint16
ike_sa_fresh_fragment_id(IkeSa *sa)
{
    if (++sa->fragment_id == 0)
        sa->fragment_id = 1;
    return sa->fragment_id;
}

/* Nobody knows what the peer takes before its first answer. Where fragments are forced the first
 * message goes in pieces, and when that stays without an answer as a whole, and so on in turn: many
 * gateways take no fragments before there is an SA. */
static gboolean
may_fragment(const IkeSa *sa)
{
    static const guint8 none[IKE_COOKIE_LENGTH];
    IkeFragmentation choice = sa->session->policy->fragmentation;

    if (choice == IKE_FRAGMENTATION_OFF)
        return FALSE;
    if (memcmp(sa->cky_r, none, sizeof(none)) == 0)
        return choice == IKE_FRAGMENTATION_FORCE && sa->opening != NULL &&
               sa->opening->repeats % 2 == 0;
    return choice == IKE_FRAGMENTATION_FORCE || (sa->peer_vendors & IKE_VENDOR_FRAGMENTATION) != 0;
}

static void
send_datagram(IkeSa *sa, GBytes *datagram)
{
    IkeQueue *queue = &sa->session->engine->queue;
    IkeAction *action = ike_session_tell(sa->session, IKE_SEND);

    ike_queue_keep(queue, g_bytes_ref(datagram), (GDestroyNotify)g_bytes_unref);
    action->send.path = sa->path;
    action->send.data = g_bytes_get_data(datagram, &action->send.length);
}

void
ike_sa_send(IkeSa *sa, GBytes *message, guint16 fragment_id)
{
    gboolean is_natt = sa->path.socket == IKE_SOCKET_NATT;
    gsize limit = ike_fragment_limit(sa->session->policy->fragment_octets,
                                     sa->path.remote.address.length == 16, is_natt);
    g_autoptr(GPtrArray) fragments = NULL;

    ike_path_sent(sa);
    if (g_bytes_get_size(message) > limit && may_fragment(sa))
        fragments = ike_fragment_split(message, (IkeExchangeType)sa->mode, fragment_id, limit);
    if (fragments == NULL) {
        send_datagram(sa, message);
        return;
    }
    for (guint i = 0; i < fragments->len; i++)
        send_datagram(sa, g_ptr_array_index(fragments, i));
}

/* --- receiving --- */

static IkeExchange *
find_exchange(const IkeSa *sa, guint32 message_id)
{
    for (guint i = 0; i < sa->exchanges->len; i++) {
        IkeExchange *exchange = g_ptr_array_index(sa->exchanges, i);

        if (exchange->message_id == message_id)
            return exchange;
    }
    return NULL;
}

static guint
count_running(const IkeSa *sa)
{
    guint count = 0;

    for (guint i = 0; i < sa->exchanges->len; i++) {
        const IkeExchange *exchange = g_ptr_array_index(sa->exchanges, i);

        count += exchange->is_done ? 0 : 1;
    }
    return count;
}

static void
hold_early(IkeSa *sa, Reader datagram, const IkePath *path)
{
    if (reader_left(&datagram) > MAX_EARLY_OCTETS)
        return;
    if (sa->early == NULL)
        sa->early = g_new0(IkeEarly, 1);
    for (guint i = 0; i < IKE_MAX_EARLY_MESSAGES; i++) {
        if (sa->early->datagrams[i] != NULL)
            continue;
        sa->early->datagrams[i] = reader_dup_bytes(&datagram);
        sa->early->paths[i] = *path;
        return;
    }
}

void
ike_sa_receive_early(IkeSa *sa)
{
    IkeEarly *early = g_steal_pointer(&sa->early);

    for (guint i = 0; early != NULL && i < IKE_MAX_EARLY_MESSAGES; i++) {
        GBytes *datagram = early->datagrams[i];
        IkeHeader header;
        Reader body;

        if (datagram == NULL || sa->session->is_closed)
            continue;
        if (ike_header_parse(reader_of_bytes(datagram), &header, &body) == IKE_OK)
            ike_sa_receive(sa, &header, body, reader_of_bytes(datagram), &early->paths[i]);
    }
    early_free(early);
}

/* A first message of an exchange that the peer starts. What it carries is checked before anything
 * is remembered. */
static void
receive_new(IkeSa *sa, const IkeExchangeTable *table, const IkeHeader *header, Reader body,
            Reader datagram, const IkePath *path)
{
    IkeExchange *exchange;

    if (was_message_id_used(sa, header->message_id) || count_running(sa) >= IKE_MAX_EXCHANGES ||
        sa->exchanges->len >= MAX_REMEMBERED)
        return;
    exchange = ike_exchange_accept(sa, table, header->message_id);
    if (ike_exchange_receive(exchange, header, body, datagram, path) == IKE_RECEIVED_ACCEPTED)
        return;
    sa->message_id_count--;
    g_ptr_array_remove(sa->exchanges, exchange);
}

static const IkeExchangeTable *
table_of(const IkeSa *sa, const IkeHeader *header)
{
    switch (header->exchange) {
    case IKE_EXCHANGE_INFORMATIONAL:
        return &ike_informational_table;
    case IKE_EXCHANGE_TRANSACTION:
        return &ike_transaction_table;
    case IKE_EXCHANGE_QUICK:
        return ike_sa_may_have_quick_mode(sa) ? &ike_quick_table : NULL;
    default:
        return NULL;
    }
}

static void
receive_later(IkeSa *sa, const IkeHeader *header, Reader body, Reader datagram, const IkePath *path)
{
    IkeExchange *exchange = find_exchange(sa, header->message_id);
    const IkeExchangeTable *table = table_of(sa, header);

    if (exchange == NULL && table != NULL) {
        receive_new(sa, table, header, body, datagram, path);
        return;
    }
    if (exchange == NULL || exchange->table->type != header->exchange)
        return;
    if (ike_exchange_receive(exchange, header, body, datagram, path) == IKE_RECEIVED_DROPPED)
        ike_transaction_receive_chained(exchange, header, body, datagram, path);
}

static void
receive_whole(IkeSa *sa, const IkeHeader *header, Reader body, Reader datagram, const IkePath *path)
{
    if (header->exchange == IKE_EXCHANGE_MAIN || header->exchange == IKE_EXCHANGE_AGGRESSIVE) {
        if (header->exchange == sa->mode && header->message_id == 0 && sa->opening != NULL)
            ike_exchange_receive(sa->opening, header, body, datagram, path);
        return;
    }
    if (!ike_header_is_encrypted(header)) {
        if (header->exchange == IKE_EXCHANGE_INFORMATIONAL)
            ike_informational_advice(sa, header, body);
        return;
    }
    if (header->message_id == 0)
        return;
    if (ike_sa_is_open(sa))
        receive_later(sa, header, body, datagram, path);
    else if (!ike_phase1_receive_refusal(sa, header, body, datagram, path))
        hold_early(sa, datagram, path);
}

static IkeReassemblySlot *
reassembly_slot(IkeSa *sa, const IkeHeader *header, guint16 id)
{
    gint64 now = sa->session->engine->now;
    gsize limit = ike_sa_is_open(sa) ? IKE_MAX_MESSAGE : IKE_MAX_MESSAGE_STRANGER;
    IkeReassemblySlot *slot = NULL;

    for (guint i = 0; i < IKE_MAX_REASSEMBLIES; i++) {
        IkeReassemblySlot *candidate = &sa->reassemblies[i];

        if (candidate->set != NULL && ike_reassembly_id(candidate->set) == id &&
            now < candidate->drop_at)
            return candidate;
        if (candidate->set == NULL || now >= candidate->drop_at)
            slot = candidate;
    }
    if (slot == NULL)
        slot = &sa->reassemblies[sa->reassemblies[0].drop_at < sa->reassemblies[1].drop_at ? 0 : 1];
    ike_reassembly_free(slot->set);
    slot->set = ike_reassembly_new(header, id, limit);
    slot->drop_at = now + IKE_SECONDS(IKE_FRAGMENT_SECONDS);
    return slot;
}

static void
receive_fragment(IkeSa *sa, const IkeHeader *header, Reader body, const IkePath *path)
{
    g_autoptr(GBytes) message = NULL;
    IkeReassemblySlot *slot;
    IkeFragmentView view;
    IkeFragmentResult result;
    IkeHeader whole;

    if (sa->session->policy->fragmentation == IKE_FRAGMENTATION_OFF ||
        ike_fragment_parse(body, &view) != IKE_OK)
        return;
    slot = reassembly_slot(sa, header, view.id);
    result = ike_reassembly_add(slot->set, header, &view, &message);
    if (result == IKE_FRAGMENT_BROKEN || result == IKE_FRAGMENT_COMPLETE)
        g_clear_pointer(&slot->set, ike_reassembly_free);
    if (result != IKE_FRAGMENT_COMPLETE)
        return;
    if (ike_header_parse(reader_of_bytes(message), &whole, &body) == IKE_OK)
        receive_whole(sa, &whole, body, reader_of_bytes(message), path);
}

void
ike_sa_receive(IkeSa *sa, const IkeHeader *header, Reader body, Reader datagram,
               const IkePath *path)
{
    if (sa->state == IKE_SA_GONE || sa->session->is_closed)
        return;
    ike_session_touch(sa->session);
    if (header->next_payload == IKE_PAYLOAD_FRAGMENT)
        receive_fragment(sa, header, body, path);
    else
        receive_whole(sa, header, body, datagram, path);
}

void
ike_sa_heard(IkeSa *sa, const IkePath *path)
{
    sa->was_heard = TRUE;
    if (sa->opening != NULL)
        sa->opening->repeat_at = IKE_NEVER;
    ike_dpd_heard(sa);
    ike_path_heard(sa, path);
}

/* --- the walk through the stages --- */

void
ike_sa_opened(IkeSa *sa)
{
    IkeSession *session = sa->session;

    ike_stranger_forget(sa);
    sa->state = sa->method->has_xauth ? IKE_SA_LOGIN : IKE_SA_CONFIG;
    sa->give_up_at = IKE_NEVER;
    ike_reauth_schedule(sa);
    if (session->current == NULL || !sa->is_replacement)
        session->current = sa;
    ike_phase1_tell(sa);
    ike_path_opened(sa);
    ike_dpd_start(sa);
    ike_informational_initial_contact(sa);
    ike_sa_advance(sa);
}

void
ike_sa_advance(IkeSa *sa)
{
    IkeSession *session = sa->session;

    if (session->is_closed)
        return;
    if (sa->state == IKE_SA_LOGIN) {
        ike_session_tell_stage(session, IKE_STAGE_LOGIN);
        if (!sa->login.is_accepted) {
            ike_xauth_begin(sa);
            return;
        }
        sa->state = IKE_SA_CONFIG;
    }
    if (sa->state == IKE_SA_CONFIG) {
        if (session->is_gateway)
            ike_stranger_trusted(sa);
        ike_session_tell_stage(session, IKE_STAGE_CONFIGURING);
        if (session->policy->config_mode != IKE_CONFIG_OFF && !sa->is_configured) {
            ike_config_begin(sa);
            return;
        }
        sa->state = IKE_SA_READY;
        sa->give_up_at = IKE_NEVER;
        ike_dpd_heard(sa);
        ike_reauth_ready(sa);
    }
    if (sa->state == IKE_SA_READY && sa == session->current) {
        ike_session_tell_stage(session, IKE_STAGE_SECURING);
        if (!session->is_gateway)
            ike_quick_begin(session);
    }
}

void
ike_sa_drop(IkeSa *sa)
{
    IkeSession *session = sa->session;

    for (guint i = 0; i < sa->exchanges->len; i++)
        ike_exchange_abandon(g_ptr_array_index(sa->exchanges, i));
    sa->state = IKE_SA_GONE;
    if (session->current == sa)
        session->current = NULL;
    ike_session_touch(session);
}

void
ike_sa_fail(IkeSa *sa, Reason reason, const char *detail, gboolean tells_peer)
{
    if (ike_reauth_failed(sa, reason))
        return;
    ike_session_close(sa->session, reason, detail, tells_peer);
}

Reason
ike_sa_silence(const IkeSa *sa)
{
    const IkeSession *session = sa->session;

    if (session->hint != REASON_NONE)
        return session->hint;
    if (sa->is_floated && !sa->was_heard && !sa->is_replacement && sa->keys != NULL)
        return REASON_UDP4500_BLOCKED;
    return REASON_GATEWAY_SILENT;
}

/* --- time --- */

gint64
ike_sa_deadline(const IkeSa *sa)
{
    gint64 when = MIN(MIN(sa->give_up_at, sa->skip_xauth_at), MIN(sa->renew_at, sa->expire_at));

    when = MIN(when, MIN(sa->keepalive_at, sa->dpd.next_at));
    for (guint i = 0; i < sa->exchanges->len; i++)
        when = MIN(when, ike_exchange_deadline(g_ptr_array_index(sa->exchanges, i)));
    return when;
}

void
ike_sa_settle(IkeSa *sa)
{
    gint64 now = sa->session->engine->now;

    for (guint i = sa->exchanges->len; i > 0; i--) {
        IkeExchange *exchange = g_ptr_array_index(sa->exchanges, i - 1);

        ike_exchange_trim(exchange);
        if (now < exchange->forget_at)
            continue;
        if (exchange == sa->opening) {
            sa->opening = NULL;
            g_clear_pointer(&sa->phase1, ike_phase1_free);
        }
        g_ptr_array_remove_index(sa->exchanges, i - 1);
    }
}

void
ike_sa_forget_answers(IkeSa *sa)
{
    for (guint i = 0; i < sa->exchanges->len; i++) {
        IkeExchange *exchange = g_ptr_array_index(sa->exchanges, i);

        if (exchange->is_done)
            exchange->forget_at = sa->session->engine->now;
    }
}

static gboolean
is_still_on(const IkeSa *sa)
{
    return sa->state != IKE_SA_GONE && !sa->session->is_closed;
}

static void
tick_timers(IkeSa *sa)
{
    gint64 now = sa->session->engine->now;

    if (now >= sa->give_up_at) {
        sa->give_up_at = IKE_NEVER;
        ike_phase1_give_up(sa);
    }
    if (is_still_on(sa) && now >= sa->expire_at) {
        sa->expire_at = IKE_NEVER;
        ike_reauth_expired(sa);
    }
    if (is_still_on(sa) && now >= sa->renew_at) {
        sa->renew_at = IKE_NEVER;
        ike_session_reauthenticate(sa->session);
    }
    if (is_still_on(sa) && now >= sa->skip_xauth_at) {
        sa->skip_xauth_at = IKE_NEVER;
        ike_reauth_skip_xauth(sa);
    }
    if (is_still_on(sa) && now >= sa->keepalive_at)
        ike_path_keepalive(sa);
    if (is_still_on(sa) && now >= sa->dpd.next_at)
        ike_dpd_tick(sa);
}

/* The gateway complained in clear, and the message was repeated since: nothing better will come. */
static gboolean
is_hopeless(const IkeSa *sa)
{
    return sa->opening != NULL && sa->session->hint_count > 0 && !sa->was_heard &&
           sa->opening->repeats > 0 && sa->session->engine->now >= sa->opening->repeat_at;
}

void
ike_sa_tick(IkeSa *sa)
{
    if (sa->state == IKE_SA_GONE)
        return;
    if (is_hopeless(sa)) {
        ike_phase1_give_up(sa);
        return;
    }
    for (guint i = 0; i < sa->exchanges->len && is_still_on(sa); i++)
        ike_exchange_tick(g_ptr_array_index(sa->exchanges, i));
    if (is_still_on(sa))
        tick_timers(sa);
}
