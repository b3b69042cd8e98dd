/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thousand bad links: 20 % lost, 10 % doubled, a third out of order. Every connection ends
 * connected with equal keys, or closed with a reason; none hangs and none leaks.
 */
#include "sim.h"

enum { SEEDS = 1000 };

static const struct {
    IkeMethod method;
    IkeMode mode;
    IkeConfigMode config;
    gboolean has_nat;
} kinds[] = {
    {IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, IKE_CONFIG_PULL, TRUE},
    {IKE_METHOD_HYBRID_RSA, IKE_MODE_MAIN, IKE_CONFIG_PULL, FALSE},
    {IKE_METHOD_XAUTH_PSK, IKE_MODE_AGGRESSIVE, IKE_CONFIG_PUSH, TRUE},
    {IKE_METHOD_XAUTH_PSK, IKE_MODE_MAIN, IKE_CONFIG_PULL, TRUE},
    {IKE_METHOD_PSK, IKE_MODE_AGGRESSIVE, IKE_CONFIG_PULL, FALSE},
};

static gboolean
connects(guint32 seed)
{
    guint kind = seed % G_N_ELEMENTS(kinds);
    g_autoptr(Sim) sim = sim_new(seed);
    SimNode *client = sim_client(sim, kinds[kind].has_nat);
    IkePolicy *theirs = sim_policy(kinds[kind].method, kinds[kind].mode, "aes128-sha256-x25519",
                                   "aes256gcm16", TRUE);
    IkePolicy *ours = sim_policy(kinds[kind].method, kinds[kind].mode, "aes128-sha256-x25519",
                                 "aes256gcm16", FALSE);
    gboolean was_connected;
    SimNode *gateway;

    theirs->config_mode = ours->config_mode = kinds[kind].config;
    gateway = sim_gateway(sim, theirs, NULL);
    sim->is_noisy = g_test_verbose();
    sim->link.loss_percent = 20;
    sim->link.duplicate_percent = 10;
    sim->link.reorder_percent = 33;
    sim_connect(client, gateway, ours);
    g_assert_true(sim_settle(sim, client, 600));
    was_connected = sim_is_connected(client);
    if (was_connected) {
        sim->link.loss_percent = 0;
        sim_run(sim, 30);
        g_assert_true(sim_is_connected(client));
        sim_check_children(client, gateway, 1);
        ike_engine_hang_up(client->engine, sim->now, client->session, REASON_USER_REQUEST);
        sim_drain(client);
    }
    g_assert_cmpuint(client->closed_count, ==, 1);
    g_assert_cmpint(client->reason, !=, REASON_NONE);
    sim_run(sim, 600);
    g_assert_cmpuint(ike_engine_session_count(client->engine), ==, 0);
    g_assert_cmpuint(ike_engine_session_count(gateway->engine), ==, 0);
    return was_connected;
}

static void
test_every_bad_link_ends_connected_or_with_a_reason(void)
{
    guint connected = 0;

    for (guint32 seed = 1; seed <= SEEDS; seed++) {
        if (g_test_verbose())
            g_test_message("seed %u", seed);
        connected += connects(seed) ? 1 : 0;
    }
    g_test_message("%u of %u connected", connected, SEEDS);
    /* Repetition must be worth something. */
    g_assert_cmpuint(connected, >, SEEDS * 95 / 100);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/lossy/every_bad_link_ends_connected_or_with_a_reason",
                    test_every_bad_link_ends_connected_or_with_a_reason);
    return g_test_run();
}
