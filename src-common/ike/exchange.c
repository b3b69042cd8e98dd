/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/exchange.h"

#include "ike/hash.h"
#include "ike/message.h"
#include "ike/phase1.h"
#include "ike/sa.h"
#include "ike/session.h"

#include <string.h>

enum {
    FORGET_SECONDS = 60,
    DUPLICATE_GAP_MILLISECONDS = 200,
};

/* Seconds to wait after the first, second, ... sending (PROTOCOL 4.11, 6.14). A gateway's questions
 * may wait for a person to type. */
static const guint8 client_pauses[] = {1, 2, 4, 8, 8, 0};
static const guint8 gateway_pauses[] = {4, 7, 13, 13, 13, 20, 20, 30, 0};

static const IkeStep *
step_of(const IkeExchange *exchange)
{
    return &exchange->table->steps[exchange->step];
}

static gboolean
is_our_turn(const IkeExchange *exchange)
{
    return (exchange->step % 2 == 0) == exchange->is_starter;
}

static gboolean
is_phase1(const IkeExchange *exchange)
{
    return exchange->sa->opening == exchange;
}

static gboolean
has_ended(const IkeExchange *exchange)
{
    return exchange->is_done || exchange->sa->state == IKE_SA_GONE ||
           exchange->sa->session->is_closed;
}

static IkeExchange *
exchange_new(IkeSa *sa, const IkeExchangeTable *table, guint32 message_id)
{
    IkeExchange *exchange = g_new0(IkeExchange, 1);

    exchange->sa = sa;
    exchange->table = table;
    exchange->message_id = message_id;
    exchange->repeat_at = IKE_NEVER;
    exchange->forget_at = IKE_NEVER;
    exchange->data = g_malloc0(table->data_size);
    if (message_id != 0) {
        ike_sa_remember_message_id(sa, message_id);
        exchange->iv = ike_keys_message_iv(sa->keys, &sa->lb, message_id);
    }
    g_ptr_array_add(sa->exchanges, exchange);
    return exchange;
}

IkeExchange *
ike_exchange_start(IkeSa *sa, const IkeExchangeTable *table)
{
    IkeExchange *exchange =
        exchange_new(sa, table, sa->keys != NULL ? ike_sa_fresh_message_id(sa) : 0);

    exchange->is_starter = TRUE;
    return exchange;
}

IkeExchange *
ike_exchange_accept(IkeSa *sa, const IkeExchangeTable *table, guint32 message_id)
{
    return exchange_new(sa, table, message_id);
}

static void
free_data(IkeExchange *exchange)
{
    if (exchange->data != NULL && exchange->table->clear != NULL)
        exchange->table->clear(exchange->data);
    g_clear_pointer(&exchange->data, g_free);
}

static void
drop_ticket(IkeExchange *exchange)
{
    if (exchange->ticket != 0)
        g_hash_table_remove(exchange->sa->session->engine->tickets, &exchange->ticket);
    exchange->ticket = 0;
    exchange->is_waiting = FALSE;
}

void
ike_exchange_free(gpointer data)
{
    IkeExchange *exchange = data;

    drop_ticket(exchange);
    free_data(exchange);
    g_clear_pointer(&exchange->sent, g_bytes_unref);
    g_clear_pointer(&exchange->ni_b, g_bytes_unref);
    g_clear_pointer(&exchange->nr_b, g_bytes_unref);
    g_free(exchange);
}

void
ike_exchange_become(IkeExchange *exchange, const IkeExchangeTable *table)
{
    g_assert(exchange->table->type == table->type && exchange->step == 0);
    free_data(exchange);
    exchange->table = table;
    exchange->data = g_malloc0(table->data_size);
}

void
ike_exchange_abandon(IkeExchange *exchange)
{
    drop_ticket(exchange);
    exchange->is_done = TRUE;
    exchange->repeat_at = IKE_NEVER;
    exchange->forget_at = exchange->sa->session->engine->now + IKE_SECONDS(FORGET_SECONDS);
}

/* --- sending --- */

/* 0: it was sent often enough. Phase 1 goes on until sa->give_up_at. */
static guint8
pause_of(const IkeExchange *exchange)
{
    gboolean is_gateway = exchange->sa->session->is_gateway;
    const guint8 *pauses = is_gateway ? gateway_pauses : client_pauses;
    guint last = is_gateway ? G_N_ELEMENTS(gateway_pauses) - 1 : G_N_ELEMENTS(client_pauses) - 1;

    if (is_phase1(exchange))
        return pauses[MIN(exchange->repeats, last - 1)];
    return pauses[MIN(exchange->repeats, last)];
}

/* A responder of phase 1 repeats on no timer: the peer has not proved its address (RFC 2408 2.5.3
 * taken further; a repeated answer to a forged address is an amplifier). */
static void
arm_repeat(IkeExchange *exchange)
{
    if (is_phase1(exchange) && !exchange->is_starter)
        return;
    exchange->repeat_at = exchange->sa->session->engine->now + IKE_SECONDS(pause_of(exchange));
}

static void
send_again(IkeExchange *exchange)
{
    ike_sa_send(exchange->sa, exchange->sent, exchange->fragment_id);
}

/* payloads: behind the HASH payload. */
static void
compute_hash(const IkeExchange *exchange, IkeHashKind kind, Reader payloads, guint8 *ret_hash)
{
    const IkeKeys *keys = exchange->sa->keys;
    guint32 id = exchange->message_id;

    switch (kind) {
    case IKE_HASH_NONE:
        break;
    case IKE_HASH_1:
        ike_keys_hash_1(keys, id, payloads, ret_hash);
        break;
    case IKE_HASH_2:
        ike_keys_hash_2(keys, id, reader_of_bytes(exchange->ni_b), payloads, ret_hash);
        break;
    case IKE_HASH_3:
        ike_keys_hash_3(keys, id, reader_of_bytes(exchange->ni_b), reader_of_bytes(exchange->nr_b),
                        ret_hash);
        break;
    }
}

/* FALSE when the message does not fit any. */
static gboolean
send_step(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    const IkeStep *step = step_of(exchange);
    IkeHeader header = {.exchange = exchange->table->type, .message_id = exchange->message_id};
    g_auto(IkeDraft) draft;
    gsize hash = 0;

    memcpy(header.cky_i, sa->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, sa->cky_r, sizeof(header.cky_r));
    draft = ike_draft_init(&header);
    if (step->hash != IKE_HASH_NONE)
        hash = ike_draft_reserve(&draft, IKE_PAYLOAD_HASH, ike_keys_hash_length(sa->keys));
    step->write(exchange, &draft);
    if (step->hash != IKE_HASH_NONE)
        compute_hash(exchange, step->hash, ike_draft_behind_hash(&draft),
                     ike_draft_at(&draft, hash));
    g_clear_pointer(&exchange->sent, g_bytes_unref);
    exchange->sent = step->sealing == IKE_CLEAR ? ike_draft_finish(&draft)
                                                : ike_message_seal(sa->keys, &exchange->iv, &draft);
    exchange->repeats = 0;
    exchange->duplicates = 0;
    exchange->repeat_at = IKE_NEVER;
    exchange->fragment_id = ike_sa_fresh_fragment_id(sa);
    if (exchange->sent == NULL)
        return FALSE;
    send_again(exchange);
    if (exchange->step + 1 < exchange->table->count || step->is_insistent)
        arm_repeat(exchange);
    return TRUE;
}

/* --- running --- */

static void
fail(IkeExchange *exchange, guint problem)
{
    if (has_ended(exchange))
        return;
    ike_exchange_abandon(exchange);
    exchange->table->fail(exchange, problem);
}

/* Our last message answers one that the peer says again until it has the answer; and as long as
 * nothing came behind it, an initiator's phase 1 says what became of it (ike_phase1_hint()). */
static gboolean
is_needed_yet(const IkeExchange *exchange)
{
    guint last = exchange->table->count - 1;

    if (is_phase1(exchange) && exchange->is_starter)
        return TRUE;
    return last > 0 && (last % 2 == 0) == exchange->is_starter;
}

static void
finish(IkeExchange *exchange)
{
    gboolean is_insistent =
        exchange->table->steps[exchange->table->count - 1].is_insistent && exchange->is_starter;
    gint64 repeat_at = exchange->repeat_at;

    ike_exchange_abandon(exchange);
    if (is_insistent)
        exchange->repeat_at = repeat_at;
    if (!is_needed_yet(exchange))
        exchange->forget_at = exchange->sa->session->engine->now;
    exchange->table->done(exchange);
}

void
ike_exchange_trim(IkeExchange *exchange)
{
    if (!exchange->is_done || exchange->step < exchange->table->count)
        return;
    free_data(exchange);
    g_clear_pointer(&exchange->ni_b, g_bytes_unref);
    g_clear_pointer(&exchange->nr_b, g_bytes_unref);
}

void
ike_exchange_run(IkeExchange *exchange)
{
    while (!has_ended(exchange)) {
        const IkeStep *step = step_of(exchange);
        gboolean is_ours = is_our_turn(exchange);
        const IkeAct *acts = is_ours ? step->before : step->after;

        while (acts[exchange->act] != NULL) {
            guint result = acts[exchange->act++](exchange);

            if (has_ended(exchange))
                return;
            if (result == IKE_PENDING)
                return;
            if (result != IKE_OK) {
                fail(exchange, result);
                return;
            }
        }
        exchange->act = 0;
        if (is_ours && !send_step(exchange)) {
            fail(exchange, IKE_UNEQUAL_PAYLOAD_LENGTHS);
            return;
        }
        exchange->step++;
        if (exchange->step == exchange->table->count) {
            finish(exchange);
            return;
        }
        if (!is_our_turn(exchange))
            return;
    }
}

IkeAction *
ike_exchange_ask(IkeExchange *exchange, IkeActionType type)
{
    IkeEngine *engine = exchange->sa->session->engine;
    IkeAction *action = ike_session_tell(exchange->sa->session, type);

    drop_ticket(exchange);
    exchange->ticket = ++engine->last_number;
    exchange->asked = type;
    exchange->is_waiting = TRUE;
    action->ticket = exchange->ticket;
    g_hash_table_insert(engine->tickets, &exchange->ticket, exchange);
    return action;
}

IkeExchange *
ike_exchange_answered(IkeEngine *engine, guint64 ticket, IkeActionType type)
{
    IkeExchange *exchange = g_hash_table_lookup(engine->tickets, &ticket);

    if (exchange == NULL || exchange->asked != type || has_ended(exchange))
        return NULL;
    drop_ticket(exchange);
    ike_session_touch(exchange->sa->session);
    return exchange;
}

void
ike_exchange_resume(IkeExchange *exchange, guint result)
{
    if (result == IKE_OK)
        ike_exchange_run(exchange);
    else if (result != IKE_PENDING)
        fail(exchange, result);
}

void
ike_exchange_refused(IkeExchange *exchange, guint16 notify)
{
    fail(exchange, notify);
}

/* --- receiving --- */

static guint32
bit_of(guint8 type)
{
    if (type == IKE_PAYLOAD_NAT_D_DRAFT)
        return IKE_HAS(NAT_D);
    if (type == IKE_PAYLOAD_NAT_OA_DRAFT)
        return IKE_HAS(NAT_OA);
    return type < 31 ? 1u << type : 0;
}

static guint32
resolve_proof(const IkeExchange *exchange, guint32 set)
{
    const IkeMethodRow *method = exchange->sa->method;
    gboolean is_from_initiator = exchange->step % 2 == 0;

    if ((set & IKE_HAS_PROOF) == 0)
        return set;
    return (set & ~IKE_HAS_PROOF) |
           bit_of(is_from_initiator ? method->initiator_proof : method->responder_proof);
}

/* What must be there is there, what must not is not, and what may come once comes once. */
static IkeNotify
check_payloads(const IkeExchange *exchange, const IkeStep *step, const IkeChain *chain)
{
    const guint32 single =
        IKE_HAS(SA) | IKE_HAS(KE) | IKE_HAS(NONCE) | IKE_HAS(HASH) | IKE_HAS(SIG);
    guint32 must = resolve_proof(exchange, step->must);
    guint32 may = must | step->may | IKE_HAS(VENDOR);
    guint32 seen = 0;

    if (step->hash != IKE_HASH_NONE) {
        if (chain->count == 0 || chain->list[0].type != IKE_PAYLOAD_HASH)
            return IKE_PAYLOAD_MALFORMED;
        may |= IKE_HAS(HASH);
    }
    for (gsize i = 0; i < chain->count; i++) {
        guint32 bit = bit_of(chain->list[i].type);

        if (bit == 0)
            continue;
        if ((bit & may) == 0 || (bit & seen & single) != 0)
            return IKE_PAYLOAD_MALFORMED;
        seen |= bit;
    }
    if ((must & ~seen) != 0 || ike_chain_count(chain, IKE_PAYLOAD_ID) > exchange->table->max_ids)
        return IKE_PAYLOAD_MALFORMED;
    return IKE_OK;
}

static gboolean
is_hash_right(const IkeExchange *exchange, const IkeStep *step, const IkeChain *chain)
{
    guint8 expected[IKE_MAX_HASH_LENGTH];
    Reader given;

    if (step->hash == IKE_HASH_NONE)
        return TRUE;
    given = chain->list[0].body;
    compute_hash(exchange, step->hash, ike_chain_behind_hash(chain), expected);
    return reader_left(&given) == ike_keys_hash_length(exchange->sa->keys) &&
           secret_equal_octets(given.at, expected, reader_left(&given));
}

/* The reply goes out again, a few times, not too fast, and never because of our own timer. */
static void
answer_duplicate(IkeExchange *exchange)
{
    gint64 now = exchange->sa->session->engine->now;

    if (exchange->sent == NULL || exchange->is_waiting ||
        exchange->duplicates >= IKE_MAX_DUPLICATE_ANSWERS || now < exchange->duplicate_at)
        return;
    exchange->duplicates++;
    exchange->duplicate_at = now + DUPLICATE_GAP_MILLISECONDS * 1000;
    send_again(exchange);
}

static gboolean
is_sealing_right(const IkeStep *step, gboolean is_encrypted)
{
    return step->sealing == IKE_CLEAR_OR_SEALED || is_encrypted == (step->sealing == IKE_SEALED);
}

static IkeNotify
open_and_check(IkeExchange *exchange, const IkeHeader *header, Reader body, Secret **ret_plain,
               IkeIv *ret_iv, IkeChain *ret_chain)
{
    const IkeStep *step = step_of(exchange);
    gboolean is_encrypted = ike_header_is_encrypted(header);
    IkeNotify problem;

    *ret_iv = exchange->iv;
    if (is_phase1(exchange) && exchange->is_starter && ike_header_is_first(header))
        return IKE_INVALID_FLAGS; /* our own first message, thrown back */
    /* A responder's cookie comes back in all but the first: who has it receives at its address. */
    if (is_phase1(exchange) && exchange->step > 0 && !exchange->is_starter &&
        ike_header_is_first(header))
        return IKE_INVALID_FLAGS;
    if (!is_sealing_right(step, is_encrypted))
        return IKE_INVALID_FLAGS;
    if (is_encrypted) {
        if (exchange->sa->keys == NULL)
            return IKE_INVALID_FLAGS;
        problem = ike_message_open(exchange->sa->keys, &exchange->iv, body, ret_plain, ret_iv);
        if (problem != IKE_OK)
            return problem;
        body = reader_of(secret_data(*ret_plain), secret_length(*ret_plain));
    }
    problem = ike_chain_parse(header->next_payload, body, is_encrypted, ret_chain);
    if (problem == IKE_OK)
        problem = check_payloads(exchange, step, ret_chain);
    if (problem == IKE_OK && !is_hash_right(exchange, step, ret_chain))
        problem = IKE_INVALID_HASH_INFORMATION;
    return problem;
}

static const guint8 no_cookie[IKE_COOKIE_LENGTH];

/* Where a message of phase 1 came from, and the responder's cookie in the first answer. */
static void
note_sender(IkeExchange *exchange, const IkeHeader *header, const IkePath *path)
{
    exchange->sa->phase1->path = *path;
    if (exchange->sa->is_initiator)
        ike_sa_set_peer_cookie(exchange->sa, header->cky_r);
}

static void
drop(IkeExchange *exchange, guint problem)
{
    if (problem != IKE_BUSY)
        ike_session_note(exchange->sa->session, IKE_NOTE_DEBUG, "%s: a message was dropped: %s",
                         exchange->table->name, ike_notify_name((guint16)problem));
    /* A first answer that was no good must not fix the responder's cookie. */
    if (is_phase1(exchange) && exchange->is_starter && !exchange->has_received)
        ike_sa_set_peer_cookie(exchange->sa, no_cookie);
}

/* The message as such is wrong, or comes at a bad time; nothing is changed by it. */
static gboolean
is_drop(guint problem)
{
    return problem == IKE_PAYLOAD_MALFORMED || problem == IKE_INVALID_HASH_INFORMATION ||
           problem == IKE_BUSY;
}

IkeReceived
ike_exchange_receive(IkeExchange *exchange, const IkeHeader *header, Reader body, Reader datagram,
                     const IkePath *path)
{
    g_autoptr(Secret) plain = NULL;
    guint8 sum[32];
    IkeIv next_iv;
    IkeChain chain;
    guint problem;

    ike_hash(SUITE_HASH_SHA2_256, &datagram, 1, sum);
    if (exchange->has_received && memcmp(sum, exchange->received, sizeof(sum)) == 0) {
        answer_duplicate(exchange);
        return IKE_RECEIVED_DUPLICATE;
    }
    if (has_ended(exchange) || exchange->is_waiting || is_our_turn(exchange))
        return IKE_RECEIVED_DROPPED;
    problem = open_and_check(exchange, header, body, &plain, &next_iv, &chain);
    if (problem != IKE_OK) {
        drop(exchange, problem);
        if (is_phase1(exchange) && ike_header_is_encrypted(header))
            ike_phase1_undecipherable(exchange);
        return IKE_RECEIVED_DROPPED;
    }
    if (is_phase1(exchange))
        note_sender(exchange, header, path);
    exchange->flags_received = header->flags;
    problem = step_of(exchange)->read(exchange, &chain);
    if (is_drop(problem)) {
        drop(exchange, problem);
        return IKE_RECEIVED_DROPPED;
    }
    memcpy(exchange->received, sum, sizeof(sum));
    exchange->has_received = TRUE;
    exchange->iv = next_iv;
    exchange->repeat_at = IKE_NEVER;
    if (!is_phase1(exchange))
        ike_sa_heard(exchange->sa, path);
    if (problem != IKE_OK)
        fail(exchange, problem);
    else
        ike_exchange_run(exchange);
    return IKE_RECEIVED_ACCEPTED;
}

/* --- time --- */

gint64
ike_exchange_deadline(const IkeExchange *exchange)
{
    return MIN(exchange->repeat_at, exchange->forget_at);
}

void
ike_exchange_tick(IkeExchange *exchange)
{
    gint64 now = exchange->sa->session->engine->now;

    if (now < exchange->repeat_at)
        return;
    exchange->repeat_at = IKE_NEVER;
    exchange->repeats++;
    if (pause_of(exchange) != 0) {
        send_again(exchange);
        arm_repeat(exchange);
        return;
    }
    fail(exchange, IKE_TIMEOUT);
}
