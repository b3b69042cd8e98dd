/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First messages by the ten thousand from as many addresses: what a gateway does for strangers is
 * bounded, and who means it gets in. Time is the simulator's, so seconds of a flood are counted, not
 * waited for. */
#include "sim.h"

#include "ike/dh.h"
#include "ike/header.h"
#include "ike/state.h"

#include <string.h>

#define P IKE_METHOD_XAUTH_PSK
#define A IKE_MODE_AGGRESSIVE
#define M IKE_MODE_MAIN
#define FAST "aes128-sha256-x25519"
#define SLOW "aes128-sha256-modp2048"

enum { STRANGERS_PER_SECOND = 10000 };

typedef struct {
    Sim *sim;
    SimNode *gateway;
    GBytes *first; /* what every stranger says, with a cookie of its own */
    guint copies;
} Flood;

static IkePolicy *
policy_of(IkeMode mode, const char *suite, gboolean is_gateway)
{
    return sim_policy(P, mode, suite, "aes256gcm16", is_gateway);
}

static GBytes *
first_message(Sim *sim, SimNode *gateway, IkeMode mode, const char *suite)
{
    g_autoptr(IkePolicy) policy = policy_of(mode, suite, FALSE);
    SimNode *stranger = sim_client(sim, FALSE);
    IkePath path = {.local = {stranger->address, 500}, .remote = {gateway->address, 500}};
    const IkeAction *action;
    GBytes *message = NULL;

    stranger->is_gone = TRUE;
    ike_engine_initiate(stranger->engine, sim->now, policy, &path, &path);
    while ((action = ike_engine_next(stranger->engine)) != NULL) {
        if (action->type == IKE_SEND && message == NULL)
            message = g_bytes_new(action->send.data, action->send.length);
    }
    return message;
}

static Flood
flood_of(IkeMode mode, const char *suite, guint copies)
{
    Flood flood = {.sim = sim_new(31), .copies = copies};
    IkePolicy *theirs = policy_of(A, suite, TRUE);

    theirs->modes = 1 << M | 1 << A;
    theirs->fragmentation = IKE_FRAGMENTATION_OFF; /* one datagram, one answer */
    flood.gateway = sim_gateway(flood.sim, theirs, NULL);
    flood.first = first_message(flood.sim, flood.gateway, mode, suite);
    return flood;
}

static void
flood_clear(Flood *flood)
{
    g_bytes_unref(flood->first);
    sim_free(flood->sim);
}

static void
pour(const Flood *flood, guint count)
{
    gsize length;
    const guint8 *first = g_bytes_get_data(flood->first, &length);
    g_autofree guint8 *message = g_memdup2(first, length);
    IkePath path = {.local = {flood->gateway->address, 500},
                    .remote = {{.length = 4, .octets = {100}}, 500}};

    for (guint i = 0; i < count; i++) {
        for (guint k = 1; k < 4; k++)
            path.remote.address.octets[k] = (guint8)g_rand_int_range(flood->sim->dice, 0, 256);
        for (guint k = 0; k < IKE_COOKIE_LENGTH; k++)
            message[k] = (guint8)g_rand_int_range(flood->sim->dice, 1, 256);
        for (guint k = 0; k < flood->copies; k++) {
            ike_engine_receive(flood->gateway->engine, flood->sim->now, &path, message, length);
            sim_drain(flood->gateway);
        }
    }
}

/* For so long, or until client is there. */
static void
rage(const Flood *flood, gdouble seconds, const SimNode *client)
{
    for (guint i = 0; i < seconds * 100; i++) {
        if (client != NULL && sim_is_connected(client))
            return;
        pour(flood, STRANGERS_PER_SECOND / 100);
        sim_run(flood->sim, 0.01);
    }
}

static SimNode *
start_client(const Flood *flood, IkeMode mode, const char *suite)
{
    SimNode *client = sim_client(flood->sim, FALSE);

    sim_connect(client, flood->gateway, policy_of(mode, suite, FALSE));
    return client;
}

/* --- memory --- */

static void
test_full_of_strangers_main_mode_still_connects(void)
{
    Flood flood = flood_of(M, FAST, 1);
    SimNode *client;

    rage(&flood, 6, NULL);
    g_assert_cmpuint(ike_engine_session_count(flood.gateway->engine), ==, IKE_MAX_HALF_OPEN);
    client = start_client(&flood, M, FAST);
    rage(&flood, 10, client);
    g_assert_true(sim_is_connected(client));
    g_assert_cmpuint(ike_engine_session_count(flood.gateway->engine), <=, IKE_MAX_HALF_OPEN + 1);
    flood_clear(&flood);
}

static void
test_strangers_have_less_time_under_load(void)
{
    Flood flood = flood_of(M, FAST, 1);

    pour(&flood, 3000);
    sim_run(flood.sim, IKE_LOADED_HALF_OPEN_SECONDS + 1);
    g_assert_cmpuint(ike_engine_session_count(flood.gateway->engine), <=, IKE_LOADED_HALF_OPEN + 1);
    sim_run(flood.sim, 30);
    g_assert_cmpuint(ike_engine_session_count(flood.gateway->engine), ==, 0);
    flood_clear(&flood);
}

/* --- work --- */

/* Group 14 with its public value on both sides: every answer costs what a real one does. */
static void
test_work_for_strangers_is_a_quarter_of_the_time(void)
{
    const guint seconds = 4;
    Flood flood = flood_of(A, SLOW, 2);
    guint64 worked;

    rage(&flood, seconds, NULL);
    worked = (guint64)flood.gateway->sent_count * ike_dh_cost_microseconds(SUITE_GROUP_MODP_2048);
    g_assert_cmpuint(worked, <=, seconds * G_USEC_PER_SEC / 4 + IKE_STRANGER_BUDGET);
    g_assert_cmpuint(worked, >=, seconds * G_USEC_PER_SEC / 5); /* and it is not refused outright */
    flood_clear(&flood);
}

static void
test_logins_give_the_work_back(void)
{
    Flood flood = flood_of(A, SLOW, 1);
    SimNode *client = start_client(&flood, A, SLOW);

    g_assert_true(sim_settle(flood.sim, client, 10));
    g_assert_true(sim_is_connected(client));
    g_assert_cmpint(flood.gateway->engine->strangers.budget, ==, IKE_STRANGER_BUDGET);
    flood_clear(&flood);
}

static gboolean
forget_cookie(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    gsize length;
    guint8 *copy;

    if (from == user_data)
        return TRUE;
    copy = g_bytes_unref_to_data(g_steal_pointer(data), &length);
    memset(copy + IKE_COOKIE_LENGTH, 0, IKE_COOKIE_LENGTH);
    *data = g_bytes_new_take(copy, length);
    return TRUE;
}

/* Who never sees an answer cannot have the gateway's cookie, and gets no Diffie-Hellman without. */
static void
test_a_third_message_without_the_cookie_is_not_taken(void)
{
    Flood flood = flood_of(M, FAST, 1);
    SimNode *client;

    flood.sim->tap = forget_cookie;
    flood.sim->tap_data = flood.gateway;
    client = start_client(&flood, M, FAST);
    sim_run(flood.sim, 20);
    g_assert_false(sim_is_connected(client));
    g_assert_cmpuint(flood.gateway->sent_count, ==, 1);
    g_assert_cmpint(flood.gateway->engine->strangers.budget, ==, IKE_STRANGER_BUDGET);
    flood_clear(&flood);
}

/* --- who means it --- */

typedef struct {
    const char *name;
    IkeMode flood;
    guint copies; /* of each first message: 2 pass for repeated */
    IkeMode client;
    gboolean was_there; /* logged in once before */
} Row;

static const Row rows[] = {
    {"main-mode-through-aggressive-flood", A, 1, M, FALSE},
    {"main-mode-through-repeating-flood", A, 2, M, FALSE},
    {"aggressive-mode-through-main-flood", M, 1, A, FALSE},
    {"aggressive-mode-through-aggressive-flood", A, 1, A, FALSE},
    {"known-address-through-repeating-flood", A, 2, A, TRUE},
};

static void
test_a_real_client_gets_in(gconstpointer data)
{
    const Row *row = data;
    Flood flood = flood_of(row->flood, FAST, row->copies);
    SimNode *client;

    if (row->was_there) {
        client = start_client(&flood, row->client, FAST);
        g_assert_true(sim_settle(flood.sim, client, 10));
        g_assert_true(sim_is_connected(client));
        ike_engine_hang_up(client->engine, flood.sim->now, client->session, REASON_USER_REQUEST);
        sim_drain(client);
        sim_run(flood.sim, 1);
        client->is_gone = TRUE;
    }
    rage(&flood, 2, NULL);
    client = start_client(&flood, row->client, FAST);
    rage(&flood, 20, client);
    g_assert_true(sim_is_connected(client));
    flood_clear(&flood);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flood/full-of-strangers-main-mode-still-connects",
                    test_full_of_strangers_main_mode_still_connects);
    g_test_add_func("/flood/strangers-have-less-time-under-load",
                    test_strangers_have_less_time_under_load);
    g_test_add_func("/flood/work-for-strangers-is-a-quarter-of-the-time",
                    test_work_for_strangers_is_a_quarter_of_the_time);
    g_test_add_func("/flood/logins-give-the-work-back", test_logins_give_the_work_back);
    g_test_add_func("/flood/a-third-message-without-the-cookie-is-not-taken",
                    test_a_third_message_without_the_cookie_is_not_taken);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/flood/a-real-client-gets-in/", rows[i].name, NULL);

        g_test_add_data_func(path, &rows[i], test_a_real_client_gets_in);
    }
    return g_test_run();
}
