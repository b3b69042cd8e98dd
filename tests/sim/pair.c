/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pair.h"

SimPair
sim_pair(IkeMethod method, IkeMode mode, gboolean has_nat)
{
    SimPair pair = {
        .sim = sim_new(3),
        .ours = sim_policy(method, mode, SIM_FAST, "aes256gcm16", FALSE),
        .theirs = sim_policy(method, mode, SIM_FAST, "aes256gcm16", TRUE),
    };

    pair.sim->is_noisy = g_test_verbose();
    pair.client = sim_client(pair.sim, has_nat);
    return pair;
}

void
sim_pair_connect(SimPair *pair)
{
    pair->gateway = sim_gateway(pair->sim, pair->theirs, NULL);
    sim_connect(pair->client, pair->gateway, pair->ours);
    g_assert_true(sim_settle(pair->sim, pair->client, 60));
    g_assert_cmpstr(reason_token(pair->client->reason), ==, "none");
    g_assert_true(sim_is_connected(pair->client));
    sim_run(pair->sim, 1);
}

void
sim_hang_up(SimNode *node)
{
    ike_engine_hang_up(node->engine, node->sim->now, node->session, REASON_USER_REQUEST);
    sim_drain(node);
}
