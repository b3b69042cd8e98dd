/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/engine.h"

#include "ike/child.h"
#include "ike/config.h"
#include "ike/dpd.h"
#include "ike/exchange.h"
#include "ike/path.h"
#include "ike/phase1.h"
#include "ike/proof.h"
#include "ike/quick.h"
#include "ike/reauth.h"
#include "ike/sa.h"
#include "ike/session.h"
#include "ike/stranger.h"
#include "ike/xauth.h"

#include <string.h>

/* --- tables --- */

static guint8 *
own_cookie(IkeSa *sa)
{
    return sa->is_initiator ? sa->cky_i : sa->cky_r;
}

static gboolean
is_cookie_equal(const guint8 *a, const guint8 *b)
{
    return memcmp(a, b, IKE_COOKIE_LENGTH) == 0;
}

static guint
cookie_hash(gconstpointer key)
{
    guint32 words[2];

    memcpy(words, key, sizeof(words));
    return words[0] ^ words[1];
}

static gboolean
cookie_equal(gconstpointer a, gconstpointer b)
{
    return is_cookie_equal(a, b);
}

void
ike_engine_add_sa(IkeEngine *engine, IkeSa *sa)
{
    g_hash_table_insert(engine->cookies, own_cookie(sa), sa);
}

void
ike_engine_remove_sa(IkeEngine *engine, IkeSa *sa)
{
    ike_stranger_forget(sa);
    if (g_hash_table_lookup(engine->cookies, own_cookie(sa)) == sa)
        g_hash_table_remove(engine->cookies, own_cookie(sa));
}

guint32
ike_engine_fresh_spi(IkeSession *session)
{
    GHashTable *spis = session->engine->spis;
    guint32 spi;

    do {
        ike_session_random(session, IKE_RANDOM_SPI, &spi, sizeof(spi));
        spi = GUINT32_FROM_BE(spi);
    } while (spi < IKE_MIN_ESP_SPI || g_hash_table_contains(spis, GUINT_TO_POINTER(spi)));
    g_hash_table_add(spis, GUINT_TO_POINTER(spi));
    return spi;
}

void
ike_engine_release_spi(IkeEngine *engine, guint32 spi)
{
    g_hash_table_remove(engine->spis, GUINT_TO_POINTER(spi));
}

GPtrArray *
ike_engine_sessions_of(IkeEngine *engine, const char *user)
{
    return g_hash_table_lookup(engine->users, user);
}

void
ike_engine_add_user(IkeSession *session)
{
    GHashTable *users = session->engine->users;
    GPtrArray *sessions = g_hash_table_lookup(users, session->user);

    if (sessions == NULL) {
        sessions = g_ptr_array_new();
        g_hash_table_insert(users, g_strdup(session->user), sessions);
    }
    g_ptr_array_add(sessions, session);
}

void
ike_engine_remove_user(IkeSession *session)
{
    GHashTable *users = session->engine->users;
    GPtrArray *sessions = session->user != NULL ? g_hash_table_lookup(users, session->user) : NULL;

    if (sessions == NULL)
        return;
    g_ptr_array_remove_fast(sessions, session);
    if (sessions->len == 0)
        g_hash_table_remove(users, session->user);
}

/* --- life --- */

IkeEngine *
ike_engine_new(const IkeOptions *options)
{
    IkeEngine *engine = g_new0(IkeEngine, 1);

    engine->random = options->random;
    engine->random_data = options->random_data;
    engine->responder_policies = g_ptr_array_new_with_free_func((GDestroyNotify)ike_policy_unref);
    if (options->responder_policies != NULL)
        ike_engine_set_responder_policies(engine, options->responder_policies);
    ike_queue_init(&engine->queue);
    ike_deadlines_init(&engine->deadlines);
    engine->sessions = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, ike_session_free);
    engine->cookies = g_hash_table_new(cookie_hash, cookie_equal);
    ike_strangers_init(&engine->strangers);
    engine->tickets = g_hash_table_new(g_int64_hash, g_int64_equal);
    engine->spis = g_hash_table_new(NULL, NULL);
    engine->users =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    engine->touched = g_ptr_array_new();
    return engine;
}

void
ike_engine_set_responder_policies(IkeEngine *engine, GPtrArray *policies)
{
    g_ptr_array_set_size(engine->responder_policies, 0);
    for (guint i = 0; i < policies->len; i++)
        g_ptr_array_add(engine->responder_policies, ike_policy_ref(policies->pdata[i]));
}

void
ike_engine_free(IkeEngine *engine)
{
    if (engine == NULL)
        return;
    g_hash_table_unref(engine->sessions);
    g_hash_table_unref(engine->cookies);
    ike_strangers_clear(&engine->strangers);
    g_hash_table_unref(engine->tickets);
    g_hash_table_unref(engine->spis);
    g_hash_table_unref(engine->users);
    g_ptr_array_unref(engine->touched);
    g_ptr_array_unref(engine->responder_policies);
    ike_deadlines_clear(&engine->deadlines);
    ike_queue_clear(&engine->queue);
    g_free(engine);
}

/* --- every stimulus --- */

static IkeSession *
find_session(const IkeEngine *engine, guint64 number)
{
    IkeSession *session = g_hash_table_lookup(engine->sessions, &number);

    return session != NULL && !session->is_closed ? session : NULL;
}

static void
receive_early_messages(IkeSession *session)
{
    for (guint i = 0; i < session->sas->len && !session->is_closed; i++) {
        IkeSa *sa = g_ptr_array_index(session->sas, i);

        if (ike_sa_is_open(sa))
            ike_sa_receive_early(sa);
    }
}

/* The end of every stimulus: messages that came too early get their turn, what has ended is
 * reaped, and the sessions that were touched are due when they say. */
static void
settle(IkeEngine *engine)
{
    for (guint i = 0; i < engine->touched->len; i++)
        receive_early_messages(g_ptr_array_index(engine->touched, i));
    for (guint i = 0; i < engine->touched->len; i++)
        ike_session_settle(g_ptr_array_index(engine->touched, i));
    g_ptr_array_set_size(engine->touched, 0);
}

guint64
ike_engine_initiate(IkeEngine *engine, gint64 now, IkePolicy *policy, const IkePath *isakmp,
                    const IkePath *natt)
{
    IkeSession *session;
    guint64 number;

    engine->now = now;
    session = ike_session_new(engine, policy, FALSE, isakmp, natt);
    number = session->number;
    ike_phase1_initiate(session, isakmp, FALSE);
    settle(engine);
    return number;
}

static IkeSa *
find_sa(const IkeEngine *engine, const IkeHeader *header, const IkePath *path)
{
    static const guint8 none[IKE_COOKIE_LENGTH];
    IkeSa *sa;

    if (ike_header_is_first(header)) {
        sa = ike_strangers_find(engine, header->cky_i, &path->remote);
        if (sa != NULL)
            return sa;
    } else {
        sa = g_hash_table_lookup(engine->cookies, header->cky_r);
        if (sa != NULL && !sa->is_initiator)
            return is_cookie_equal(sa->cky_i, header->cky_i) ? sa : NULL;
    }
    sa = g_hash_table_lookup(engine->cookies, header->cky_i);
    if (sa == NULL || !sa->is_initiator)
        return NULL;
    if (is_cookie_equal(sa->cky_r, none))
        return sa;
    return is_cookie_equal(sa->cky_r, header->cky_r) ? sa : NULL;
}

void
ike_engine_receive(IkeEngine *engine, gint64 now, const IkePath *path, const guint8 *data,
                   gsize length)
{
    Reader datagram = reader_of(data, length);
    Reader body;
    IkeHeader header;
    IkeSa *sa;

    engine->now = now;
    if (ike_header_parse(datagram, &header, &body) != IKE_OK)
        return;
    sa = find_sa(engine, &header, path);
    if (sa != NULL)
        ike_sa_receive(sa, &header, body, datagram, path);
    else if (ike_header_is_first(&header) && engine->responder_policies->len > 0)
        ike_phase1_respond(engine, &header, body, datagram, path);
    settle(engine);
}

void
ike_engine_answer_login(IkeEngine *engine, gint64 now, guint64 ticket, const IkeLogin *login)
{
    IkeExchange *exchange;

    engine->now = now;
    exchange = ike_exchange_answered(engine, ticket, IKE_ASK_LOGIN);
    if (exchange != NULL)
        ike_exchange_resume(exchange, ike_xauth_login(exchange, login));
    settle(engine);
}

void
ike_engine_answer_trust(IkeEngine *engine, gint64 now, guint64 ticket, Reason reason,
                        const char *detail)
{
    IkeExchange *exchange;

    engine->now = now;
    exchange = ike_exchange_answered(engine, ticket, IKE_ASK_TRUST);
    if (exchange != NULL)
        ike_exchange_resume(exchange, ike_phase1_trusted(exchange, reason, detail));
    settle(engine);
}

void
ike_engine_answer_sign(IkeEngine *engine, gint64 now, guint64 ticket, GBytes *signature)
{
    IkeExchange *exchange;

    engine->now = now;
    exchange = ike_exchange_answered(engine, ticket, IKE_ASK_SIGN);
    if (exchange != NULL)
        ike_exchange_resume(exchange, ike_phase1_signed(exchange, signature));
    settle(engine);
}

void
ike_engine_answer_skeyid(IkeEngine *engine, gint64 now, guint64 ticket, const Secret *skeyid)
{
    IkeExchange *exchange;

    engine->now = now;
    exchange = ike_exchange_answered(engine, ticket, IKE_ASK_SKEYID);
    if (exchange != NULL)
        ike_exchange_resume(exchange, ike_phase1_keyed(exchange, skeyid));
    settle(engine);
}

void
ike_engine_answer_verdict(IkeEngine *engine, gint64 now, guint64 ticket, const IkeVerdict *verdict)
{
    IkeExchange *exchange;

    engine->now = now;
    exchange = ike_exchange_answered(engine, ticket, IKE_ASK_VERDICT);
    if (exchange != NULL)
        ike_exchange_resume(exchange, ike_xauth_judged(exchange, verdict));
    settle(engine);
}

void
ike_engine_answer_lease(IkeEngine *engine, gint64 now, guint64 ticket, const IkeSettings *settings)
{
    IkeExchange *exchange;

    engine->now = now;
    exchange = ike_exchange_answered(engine, ticket, IKE_ASK_LEASE);
    if (exchange != NULL)
        ike_exchange_resume(exchange, ike_config_leased(exchange, settings));
    settle(engine);
}

/* Stimuli that name a session: do act on it if it is there. */
typedef void (*SessionAct)(IkeSession *session);

static void
act_on(IkeEngine *engine, gint64 now, guint64 number, SessionAct act)
{
    IkeSession *session;

    engine->now = now;
    session = find_session(engine, number);
    if (session == NULL)
        return;
    ike_session_touch(session);
    act(session);
    settle(engine);
}

void
ike_engine_hang_up(IkeEngine *engine, gint64 now, guint64 number, Reason reason)
{
    IkeSession *session;

    engine->now = now;
    session = find_session(engine, number);
    if (session == NULL)
        return;
    ike_session_close(session, reason, NULL, TRUE);
    settle(engine);
}

void
ike_engine_reauthenticate(IkeEngine *engine, gint64 now, guint64 session)
{
    act_on(engine, now, session, ike_session_reauthenticate);
}

void
ike_engine_rekey(IkeEngine *engine, gint64 now, guint64 session)
{
    act_on(engine, now, session, ike_children_renew);
}

void
ike_engine_spent(IkeEngine *engine, gint64 now, guint64 number, guint64 child)
{
    IkeSession *session;

    engine->now = now;
    session = find_session(engine, number);
    if (session == NULL)
        return;
    ike_session_touch(session);
    ike_child_spent(session, child);
    settle(engine);
}

void
ike_engine_alive(IkeEngine *engine, gint64 now, guint64 session)
{
    act_on(engine, now, session, ike_dpd_alive);
}

void
ike_engine_probe(IkeEngine *engine, gint64 now, guint64 session)
{
    act_on(engine, now, session, ike_dpd_probe);
}

void
ike_engine_moved(IkeEngine *engine, gint64 now, guint64 number, const NetEndpoint *remote)
{
    IkeSession *session;

    engine->now = now;
    session = find_session(engine, number);
    if (session == NULL)
        return;
    ike_session_touch(session);
    ike_path_moved(session, remote);
    settle(engine);
}

void
ike_engine_rebind(IkeEngine *engine, gint64 now, guint64 number, const IkePath *isakmp,
                  const IkePath *natt)
{
    IkeSession *session;

    engine->now = now;
    session = find_session(engine, number);
    if (session == NULL)
        return;
    ike_session_touch(session);
    ike_path_rebind(session, isakmp, natt);
    settle(engine);
}

void
ike_engine_tick(IkeEngine *engine, gint64 now)
{
    IkeSession *session;
    gint64 when;

    engine->now = now;
    while ((session = ike_deadlines_first(&engine->deadlines, &when)) != NULL && when <= now) {
        ike_deadlines_set(&engine->deadlines, &session->deadline, IKE_NEVER);
        ike_session_tick(session);
    }
    settle(engine);
}

gint64
ike_engine_deadline(const IkeEngine *engine)
{
    gint64 when;

    return ike_deadlines_first(&engine->deadlines, &when) != NULL ? when : -1;
}

const IkeAction *
ike_engine_next(IkeEngine *engine)
{
    return ike_queue_next(&engine->queue);
}

gsize
ike_engine_session_count(const IkeEngine *engine)
{
    return g_hash_table_size(engine->sessions);
}
