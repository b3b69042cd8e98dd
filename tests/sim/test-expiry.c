/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gateway ends or renews nothing before the client has had its time to. */
#include "pair.h"

#include "ike/numbers.h"

enum { LIFETIME = 1000, SLACK = LIFETIME / 10 + 60 };

/* Phase 1 and child of 1000 s each; only the gateway goes on living after this. */
static SimPair
abandoned_gateway(void)
{
    SimPair pair = sim_pair(IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, TRUE);

    pair.theirs->dpd_delay_seconds = 0;
    pair.ours->phase1_lifetime_seconds = pair.theirs->phase1_lifetime_seconds = LIFETIME;
    pair.ours->esp_lifetime_seconds = pair.theirs->esp_lifetime_seconds = LIFETIME;
    sim_pair_connect(&pair);
    pair.client->is_gone = TRUE;
    return pair;
}

/* vpnc's packets are of no use any more after a Quick Mode that its gateway began. */
static void
test_gateway_begins_no_renewal(void)
{
    SimPair pair = abandoned_gateway();
    guint sent = pair.gateway->sent_count;

    sim_run(pair.sim, LIFETIME + SLACK - 10);
    g_assert_cmpuint(pair.gateway->sent_count, ==, sent);
    g_assert_cmpuint(pair.gateway->children_up, ==, 1);
    sim_free(pair.sim);
}

static void
test_gateway_waits_longer_than_was_agreed(void)
{
    SimPair pair = abandoned_gateway();

    sim_run(pair.sim, LIFETIME + SLACK - 10);
    g_assert_cmpuint(g_hash_table_size(pair.gateway->children), ==, 1);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0);
    sim_run(pair.sim, 20);
    g_assert_cmpuint(g_hash_table_size(pair.gateway->children), ==, 0);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 1);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==, 0);
    sim_free(pair.sim);
}

/* The client renews both in time, though its own timers are the late ones that vpnc has: the whole
 * lifetime. */
static void
test_client_that_renews_at_the_very_end_is_in_time(void)
{
    SimPair pair = sim_pair(IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, TRUE);

    /* Its renewals begin at nine tenths of this and up to a tenth of that earlier. */
    pair.ours->phase1_lifetime_seconds = pair.ours->esp_lifetime_seconds = LIFETIME * 12 / 10;
    pair.theirs->phase1_lifetime_seconds = pair.theirs->esp_lifetime_seconds = LIFETIME;
    pair.theirs->proposal_check = IKE_CHECK_OBEY;
    sim_pair_connect(&pair);
    sim_run(pair.sim, 20 * LIFETIME);
    g_assert_true(sim_is_connected(pair.client));
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0);
    sim_check_children(pair.client, pair.gateway, g_hash_table_size(pair.client->children));
    sim_free(pair.sim);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/expiry/gateway-begins-no-renewal", test_gateway_begins_no_renewal);
    g_test_add_func("/sim/expiry/gateway-waits-longer-than-was-agreed",
                    test_gateway_waits_longer_than_was_agreed);
    g_test_add_func("/sim/expiry/client-that-renews-at-the-very-end-is-in-time",
                    test_client_that_renews_at_the_very_end_is_in_time);
    return g_test_run();
}
