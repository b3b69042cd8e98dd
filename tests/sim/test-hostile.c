/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What others may send: damaged, old, early, forged and thrown-back messages change nothing. */
#include "sim.h"

#include "ike/draft.h"
#include "ike/state.h"

#include <string.h>

#define FAST "aes128-sha256-x25519"
#define H IKE_METHOD_HYBRID_RSA
#define A IKE_MODE_AGGRESSIVE
#define M IKE_MODE_MAIN

typedef struct {
    Sim *sim;
    SimNode *client;
    SimNode *gateway;
    IkePolicy *ours;
    IkePolicy *theirs;
} Pair;

static Pair
prepare(IkeMethod method, IkeMode mode, guint32 seed)
{
    Pair pair = {
        .sim = sim_new(seed),
        .ours = sim_policy(method, mode, FAST, "aes256gcm16", FALSE),
        .theirs = sim_policy(method, mode, FAST, "aes256gcm16", TRUE),
    };

    pair.sim->is_noisy = g_test_verbose();
    pair.client = sim_client(pair.sim, TRUE);
    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    return pair;
}

static void
connect_pair(Pair *pair)
{
    sim_connect(pair->client, pair->gateway, pair->ours);
    g_assert_true(sim_settle(pair->sim, pair->client, 60));
    g_assert_true(sim_is_connected(pair->client));
    sim_run(pair->sim, 1);
}

static IkeSa *
sa_of(SimNode *node)
{
    IkeSession *session = g_hash_table_lookup(node->engine->sessions, &node->session);

    return session != NULL ? session->current : NULL;
}

static void
inject(SimNode *to, const IkePath *path, GBytes *message)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(message, &length);

    ike_engine_receive(to->engine, to->sim->now, path, data, length);
    sim_drain(to);
}

/* --- damage --- */

typedef struct {
    guint countdown;
    gboolean was_sealed;
    gboolean was_done;
} Damage;

static gboolean
damage(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    Damage *state = user_data;
    gsize length, at;
    guint8 *copy;

    if (state->was_done || state->countdown-- > 0)
        return TRUE;
    state->was_done = TRUE;
    copy = g_bytes_unref_to_data(g_steal_pointer(data), &length);
    /* Phase 1 proves nothing about NAT-D payloads and padding, although the last block of its last
     * message becomes everyone's IV. */
    state->was_sealed = (copy[19] & IKE_FLAG_ENCRYPTED) != 0 && copy[18] > IKE_EXCHANGE_AGGRESSIVE;
    at = IKE_HEADER_LENGTH + (gsize)g_rand_int_range(sim->dice, 0, (gint)length - 28);
    copy[at] ^= (guint8)(1 << g_rand_int_range(sim->dice, 0, 8));
    *data = g_bytes_new_take(copy, length);
    return TRUE;
}

static void
test_one_damaged_bit_in_any_message(void)
{
    guint connected = 0;

    for (guint32 seed = 0; seed < 300; seed++) {
        Pair pair = prepare(seed % 2 != 0 ? H : IKE_METHOD_XAUTH_PSK, seed % 3 != 0 ? A : M, seed);
        Damage state = {.countdown = seed % 18};

        pair.sim->tap = damage;
        pair.sim->tap_data = &state;
        sim_connect(pair.client, pair.gateway, pair.ours);
        g_assert_true(sim_settle(pair.sim, pair.client, 120));
        connected += sim_is_connected(pair.client) ? 1 : 0;
        /* A sealed message that was damaged is not seen at all, so it is repeated. */
        if (state.was_sealed)
            g_assert_true(sim_is_connected(pair.client));
        else if (!sim_is_connected(pair.client))
            g_assert_cmpint(pair.client->reason, !=, REASON_NONE);
        sim_free(pair.sim);
    }
    g_assert_cmpuint(connected, >, 200);
}

/* --- old messages --- */

typedef struct {
    GPtrArray *messages; /* GBytes */
} Recorder;

static gboolean
record(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    Recorder *recorder = user_data;

    g_ptr_array_add(recorder->messages, g_bytes_ref(*data));
    return TRUE;
}

static void
replay_all(Pair *pair, GPtrArray *messages)
{
    for (guint i = 0; i < 4 * messages->len; i++) {
        GBytes *message = g_ptr_array_index(
            messages, (guint)g_rand_int_range(pair->sim->dice, 0, (gint)messages->len));

        inject(pair->client, &pair->client->path, message);
        inject(pair->gateway, &pair->gateway->path, message);
        sim_run(pair->sim, 0.3);
    }
}

static void
test_old_messages_of_both_sides_change_nothing(void)
{
    for (guint mode = 0; mode < 2; mode++) {
        Pair pair = prepare(H, mode == 0 ? A : M, 5);
        Recorder recorder = {.messages =
                                 g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};
        guint64 sending;

        pair.sim->tap = record;
        pair.sim->tap_data = &recorder;
        connect_pair(&pair);
        pair.sim->tap = NULL;
        sending = pair.client->sending;
        replay_all(&pair, recorder.messages);
        sim_run(pair.sim, 90); /* long enough to forget what was answered */
        replay_all(&pair, recorder.messages);
        g_assert_cmpuint(pair.client->closed_count + pair.gateway->closed_count, ==, 0);
        g_assert_cmpuint(pair.client->login_count, ==, 1);
        g_assert_cmpuint(pair.gateway->verdict_count, ==, 1);
        g_assert_cmpuint(pair.client->sending, ==, sending);
        sim_check_children(pair.client, pair.gateway, 1);
        g_ptr_array_unref(recorder.messages);
        sim_free(pair.sim);
    }
}

static gboolean
throw_back(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    if (from->is_behind_nat && from->path.remote.port != 0)
        sim_inject(from, &from->path, *data, 1);
    return TRUE;
}

static void
test_own_messages_thrown_back_change_nothing(void)
{
    Pair pair = prepare(H, A, 6);

    connect_pair(&pair);
    pair.sim->tap = throw_back;
    ike_engine_rekey(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 30);
    sim_check_children(pair.client, pair.gateway, 1);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    sim_free(pair.sim);
}

/* --- forged in clear --- */

static GBytes *
clear_message(const IkeSa *sa, IkePayloadType payload, guint16 type)
{
    IkeHeader header = {.exchange = IKE_EXCHANGE_INFORMATIONAL, .message_id = 77};
    guint8 cookies[16];
    g_auto(IkeDraft) draft;
    Writer *body;

    memcpy(header.cky_i, sa->cky_i, 8);
    memcpy(header.cky_r, sa->cky_r, 8);
    memcpy(cookies, sa->cky_i, 8);
    memcpy(cookies + 8, sa->cky_r, 8);
    draft = ike_draft_init(&header);
    if (payload == IKE_PAYLOAD_NOTIFY) {
        ike_draft_put_notify(&draft, IKE_PROTOCOL_ISAKMP, type, cookies, 16, NULL, 0);
        return ike_draft_finish(&draft);
    }
    body = ike_draft_open(&draft, IKE_PAYLOAD_DELETE);
    writer_u32(body, IKE_DOI_IPSEC);
    writer_u8(body, IKE_PROTOCOL_ISAKMP);
    writer_u8(body, 16);
    writer_u16(body, 1);
    writer_put(body, cookies, 16);
    ike_draft_close(&draft);
    return ike_draft_finish(&draft);
}

static void
forge_all(SimNode *to, const IkePath *path)
{
    static const guint16 types[] = {
        IKE_NO_PROPOSAL_CHOSEN, IKE_AUTHENTICATION_FAILED, IKE_INVALID_COOKIE, IKE_INITIAL_CONTACT,
        IKE_R_U_THERE,          IKE_UNITY_LOAD_BALANCE,
    };
    const IkeSa *sa = sa_of(to);
    g_autoptr(GBytes) deletion = clear_message(sa, IKE_PAYLOAD_DELETE, 0);

    inject(to, path, deletion);
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(GBytes) notify = clear_message(sa, IKE_PAYLOAD_NOTIFY, types[i]);

        inject(to, path, notify);
    }
}

static void
test_clear_notifies_and_deletes_tear_nothing_down(void)
{
    Pair pair = prepare(H, A, 8);
    guint sent;

    connect_pair(&pair);
    sent = pair.client->sent_count + pair.gateway->sent_count;
    for (guint i = 0; i < 20; i++) {
        forge_all(pair.client, &pair.client->path);
        forge_all(pair.gateway, &pair.gateway->path);
    }
    g_assert_cmpuint(pair.client->sent_count + pair.gateway->sent_count, ==, sent);
    sim_run(pair.sim, 10);
    g_assert_cmpuint(pair.client->closed_count + pair.gateway->closed_count, ==, 0);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_free(pair.sim);
}

static void
test_one_forged_refusal_does_not_stop_a_connection(void)
{
    Pair pair = prepare(H, A, 9);
    g_autoptr(GBytes) refusal = NULL;
    IkePath path;

    sim_connect(pair.client, pair.gateway, pair.ours);
    path = sa_of(pair.client)->path;
    refusal = clear_message(sa_of(pair.client), IKE_PAYLOAD_NOTIFY, IKE_NO_PROPOSAL_CHOSEN);
    inject(pair.client, &path, refusal);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    g_assert_true(sim_is_connected(pair.client));
    sim_free(pair.sim);
}

/* --- strangers at a gateway --- */

static void
inject_first_messages(Pair *pair, guint count, guint16 first_port, gboolean is_same_port)
{
    for (guint i = 0; i < count; i++) {
        IkePath path = {.local = {pair->gateway->address, 500},
                        .remote = {pair->client->address, (guint16)(first_port + i)}};
        SimNode *stranger = sim_client(pair->sim, FALSE);
        const IkeAction *action;

        if (is_same_port)
            path.remote.port = first_port;
        ike_engine_initiate(stranger->engine, pair->sim->now, pair->ours, &path, &path);
        while ((action = ike_engine_next(stranger->engine)) != NULL) {
            g_autoptr(GBytes) message = NULL;

            if (action->type != IKE_SEND)
                continue;
            message = g_bytes_new(action->send.data, action->send.length);
            inject(pair->gateway, &path, message);
        }
        stranger->is_gone = TRUE;
    }
}

static void
test_half_open_state_is_capped_for_each_endpoint(void)
{
    Pair pair = prepare(IKE_METHOD_XAUTH_PSK, M, 10);

    inject_first_messages(&pair, 20, 500, TRUE);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==,
                     IKE_MAX_HALF_OPEN_PER_ENDPOINT);
    /* Neighbours behind the same address have their own count. */
    inject_first_messages(&pair, 20, 1000, FALSE);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==,
                     IKE_MAX_HALF_OPEN_PER_ENDPOINT + 20);
    sim_run(pair.sim, 60);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==, 0);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0); /* the host never heard of them */
    ike_policy_unref(pair.ours);
    sim_free(pair.sim);
}

/* A first message of Aggressive Mode costs a responder Diffie-Hellman: under load only who repeats it
 * is served. */
static void
test_under_load_who_repeats_is_served(void)
{
    Pair pair = prepare(IKE_METHOD_XAUTH_PSK, M, 16);
    SimNode *client = sim_client(pair.sim, FALSE);
    guint half_open = 0;

    pair.theirs->modes = 1 << M | 1 << A;
    for (guint i = 0; i < 11; i++) {
        pair.client->address.octets[3] = (guint8)(10 + i);
        inject_first_messages(&pair, 99, 1000, FALSE);
    }
    half_open = (guint)ike_engine_session_count(pair.gateway->engine);
    g_assert_cmpuint(half_open, >, IKE_LOADED_HALF_OPEN);
    inject_first_messages(&pair, 10, 2000, FALSE); /* one address, its cap */
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==, half_open + 1);
    sim_connect(client, pair.gateway,
                sim_policy(IKE_METHOD_XAUTH_PSK, A, FAST, "aes256gcm16", FALSE));
    sim_run(pair.sim, 0.9);
    g_assert_cmpint(client->stage, ==, IKE_STAGE_REACHING);
    g_assert_true(sim_settle(pair.sim, client, 20));
    g_assert_true(sim_is_connected(client));
    ike_policy_unref(pair.ours);
    sim_free(pair.sim);
}

static void
test_responder_repeats_on_no_timer(void)
{
    Pair pair = prepare(IKE_METHOD_XAUTH_PSK, A, 11);
    guint sent;

    pair.theirs->fragmentation = IKE_FRAGMENTATION_OFF;
    inject_first_messages(&pair, 1, 500, TRUE);
    sim_run(pair.sim, 0.1);
    sent = pair.gateway->sent_count;
    g_assert_cmpuint(sent, >=, 1);
    sim_run(pair.sim, 120);
    g_assert_cmpuint(pair.gateway->sent_count, ==, sent);
    ike_policy_unref(pair.ours);
    sim_free(pair.sim);
}

static void
test_duplicates_are_answered_a_few_times_only(void)
{
    Pair pair = prepare(IKE_METHOD_XAUTH_PSK, A, 17);
    Recorder recorder = {.messages = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};
    IkePath path = {.local = {pair.gateway->address, 500}, .remote = {pair.client->address, 500}};

    pair.theirs->fragmentation = IKE_FRAGMENTATION_OFF;
    pair.sim->tap = record;
    pair.sim->tap_data = &recorder;
    sim_connect(pair.client, pair.gateway, pair.ours);
    pair.client->is_gone = TRUE;
    for (guint i = 0; i < 50; i++) {
        guint before = pair.gateway->sent_count;

        inject(pair.gateway, &path, g_ptr_array_index(recorder.messages, 0));
        sim_run(pair.sim, 0.3);
        g_assert_cmpuint(pair.gateway->sent_count, <=, before + 2); /* one for each origin */
    }
    g_assert_cmpuint(pair.gateway->sent_count, <=, 2 * (1 + IKE_MAX_DUPLICATE_ANSWERS));
    g_ptr_array_unref(recorder.messages);
    sim_free(pair.sim);
}

static void
test_malformed_first_messages_get_no_answer(void)
{
    Pair pair = prepare(H, A, 12);
    GRand *dice = g_rand_new_with_seed(12);
    IkePath path = {.local = {pair.gateway->address, 500}, .remote = {pair.client->address, 500}};

    for (guint i = 0; i < 2000; i++) {
        guint8 octets[200] = {0};
        gsize length = (gsize)g_rand_int_range(dice, 0, sizeof(octets));

        for (gsize k = 0; k < length; k++)
            octets[k] = (guint8)g_rand_int_range(dice, 0, 256);
        memset(octets + 8, 0, 8);
        octets[16] = IKE_PAYLOAD_SA;
        octets[17] = IKE_VERSION;
        octets[18] = IKE_EXCHANGE_AGGRESSIVE;
        memset(octets + 19, 0, 7);
        octets[26] = 0;
        octets[27] = (guint8)length;
        ike_engine_receive(pair.gateway->engine, pair.sim->now, &path, octets, length);
        sim_drain(pair.gateway);
    }
    g_assert_cmpuint(pair.gateway->sent_count, ==, 0);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==, 0);
    g_rand_free(dice);
    ike_policy_unref(pair.ours);
    sim_free(pair.sim);
}

/* --- order --- */

/* In Main Mode the login question can come while the certificate is still looked at. */
static void
test_login_waits_for_trust(void)
{
    Pair pair = prepare(H, M, 13);

    pair.client->answer_ms = 3000;
    sim_connect(pair.client, pair.gateway, pair.ours);
    sim_run(pair.sim, 3);
    g_assert_cmpuint(pair.client->login_count, ==, 0);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    g_assert_true(sim_is_connected(pair.client));
    g_assert_cmpuint(pair.client->login_count, ==, 1);
    sim_free(pair.sim);
}

static void
test_late_and_unknown_answers_are_ignored(void)
{
    Pair pair = prepare(H, A, 14);
    IkeLogin login = {.is_cancelled = TRUE};
    g_autoptr(Secret) secret = secret_new_text("x");

    connect_pair(&pair);
    for (guint64 ticket = 0; ticket < 60; ticket++) {
        ike_engine_answer_login(pair.client->engine, pair.sim->now, ticket, &login);
        ike_engine_answer_trust(pair.client->engine, pair.sim->now, ticket,
                                REASON_GATEWAY_CERT_EXPIRED, NULL);
        ike_engine_answer_skeyid(pair.client->engine, pair.sim->now, ticket, secret);
        ike_engine_answer_sign(pair.gateway->engine, pair.sim->now, ticket, NULL);
        ike_engine_answer_lease(pair.gateway->engine, pair.sim->now, ticket, NULL);
    }
    sim_drain(pair.client);
    sim_drain(pair.gateway);
    sim_run(pair.sim, 5);
    g_assert_true(sim_is_connected(pair.client));
    sim_check_children(pair.client, pair.gateway, 1);
    sim_free(pair.sim);
}

/* A guest that asks for another's address gets no child. */
static void
test_selectors_are_bound_to_the_lease(void)
{
    Pair pair = prepare(H, A, 15);
    IkeSession *session;

    connect_pair(&pair);
    session = sa_of(pair.client)->session;
    session->address4.octets[3]++;
    for (guint i = 0; i < session->children->len; i++) {
        IkeChild *child = g_ptr_array_index(session->children, i);

        child->local.address = session->address4;
    }
    ike_engine_rekey(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 5);
    g_assert_cmpuint(pair.gateway->children_up, ==, 1);
    g_assert_nonnull(strstr(pair.client->notes->str, "INVALID-ID-INFORMATION"));
    sim_free(pair.sim);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/sim/hostile/" #name, test_##name)
    TEST(one_damaged_bit_in_any_message);
    TEST(old_messages_of_both_sides_change_nothing);
    TEST(own_messages_thrown_back_change_nothing);
    TEST(clear_notifies_and_deletes_tear_nothing_down);
    TEST(one_forged_refusal_does_not_stop_a_connection);
    TEST(half_open_state_is_capped_for_each_endpoint);
    TEST(under_load_who_repeats_is_served);
    TEST(responder_repeats_on_no_timer);
    TEST(duplicates_are_answered_a_few_times_only);
    TEST(malformed_first_messages_get_no_answer);
    TEST(login_waits_for_trust);
    TEST(late_and_unknown_answers_are_ignored);
    TEST(selectors_are_bound_to_the_lease);
    return g_test_run();
}
