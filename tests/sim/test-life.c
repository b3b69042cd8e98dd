/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes after connecting: renewals, deletes, dead and wandering peers, several networks. */
#include "pair.h"

#include "ike/numbers.h"

#include <string.h>

#define H IKE_METHOD_HYBRID_RSA
#define A IKE_MODE_AGGRESSIVE

static void
check_all_gone(SimPair *pair)
{
    sim_run(pair->sim, 300);
    g_assert_cmpuint(pair->client->closed_count, ==, 1);
    g_assert_cmpuint(ike_engine_session_count(pair->client->engine), ==, 0);
    g_assert_cmpuint(ike_engine_session_count(pair->gateway->engine), ==, 0);
    g_assert_cmpuint(g_hash_table_size(pair->client->children), ==, 0);
    g_assert_cmpuint(g_hash_table_size(pair->gateway->children), ==, 0);
    sim_free(pair->sim);
}

static void
test_client_hangs_up(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    sim_hang_up(pair.client);
    sim_run(pair.sim, 1);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 1);
    g_assert_cmpstr(reason_token(pair.gateway->reason), ==, "peer-deleted");
    check_all_gone(&pair);
}

static void
test_gateway_hangs_up(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    sim_hang_up(pair.gateway);
    sim_run(pair.sim, 1);
    g_assert_cmpstr(reason_token(pair.client->reason), ==, "peer-deleted");
    check_all_gone(&pair);
}

/* Child life 1000 s: renewed by the client before; the old pair goes ten seconds later. */
static void
test_child_is_renewed_without_a_gap(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint64 first;

    pair.ours->esp_lifetime_seconds = pair.theirs->esp_lifetime_seconds = 1000;
    sim_pair_connect(&pair);
    first = pair.client->sending;
    while (pair.client->sending == first)
        sim_run(pair.sim, 1);
    g_assert_cmpuint(g_hash_table_size(pair.client->children), ==, 2);
    sim_check_children(pair.client, pair.gateway, 2);
    sim_run(pair.sim, 15);
    sim_check_children(pair.client, pair.gateway, 1);
    g_assert_cmpuint(g_hash_table_size(pair.gateway->children), ==, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_gateway_renews_a_child(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint64 first;

    sim_pair_connect(&pair);
    first = pair.client->sending;
    ike_engine_rekey(pair.gateway->engine, pair.sim->now, pair.gateway->session);
    sim_drain(pair.gateway);
    sim_run(pair.sim, 1);
    g_assert_cmpuint(pair.client->sending, !=, first);
    sim_check_children(pair.client, pair.gateway, 2);
    sim_run(pair.sim, 15);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_both_renew_at_the_same_time(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->pfs = pair.theirs->pfs = IKE_PFS_AUTO;
    sim_pair_connect(&pair);
    ike_engine_rekey(pair.gateway->engine, pair.sim->now, pair.gateway->session);
    ike_engine_rekey(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.gateway);
    sim_drain(pair.client);
    sim_run(pair.sim, 30);
    g_assert_cmpuint(g_hash_table_size(pair.client->children), ==,
                     g_hash_table_size(pair.gateway->children));
    sim_check_children(pair.client, pair.gateway, g_hash_table_size(pair.client->children));
    sim_run(pair.sim, 7200);
    g_assert_true(sim_is_connected(pair.client));
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_reauthentication_keeps_the_address_and_the_child(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint64 child, session;

    sim_pair_connect(&pair);
    child = pair.client->sending;
    session = pair.gateway->session;
    ike_engine_reauthenticate(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 10);
    g_assert_cmpuint(pair.client->phase1_count, ==, 2);
    g_assert_cmpuint(pair.client->login_count, ==, 2);
    g_assert_true(pair.client->was_login_reauthentication);
    g_assert_cmpuint(pair.client->sending, ==, child);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    g_assert_cmpuint(pair.gateway->session, ==, session);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0);
    g_assert_cmpuint(pair.gateway->lease_count, ==, 1);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_run(pair.sim, 60);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==, 1);
    /* The new SA carries everything now. */
    ike_engine_rekey(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 30);
    sim_check_children(pair.client, pair.gateway, 1);
    g_assert_cmpuint(pair.client->sending, !=, child);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static gboolean
mute_logins(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    const guint8 *octets = g_bytes_get_data(*data, NULL);

    return from->is_behind_nat || octets[18] != IKE_EXCHANGE_TRANSACTION;
}

/* Cisco's gateways ask for nothing when phase 1 is renewed: the client goes on after a while. */
static void
test_renewal_without_a_login(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint64 child;

    sim_pair_connect(&pair);
    child = pair.client->sending;
    pair.sim->tap = mute_logins;
    ike_engine_reauthenticate(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 8);
    g_assert_cmpuint(pair.client->phase1_count, ==, 2);
    g_assert_cmpuint(pair.client->login_count, ==, 1);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    g_assert_cmpuint(pair.client->sending, ==, child);
    sim_free(pair.sim);
}

/* A user who is away at the time of a renewal keeps the tunnel as long as its phase 1 lives. */
static void
test_cancelled_login_at_a_renewal_keeps_the_tunnel(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    pair.client->cancels_login = TRUE;
    ike_engine_reauthenticate(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 60);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0);
    sim_check_children(pair.client, pair.gateway, 1);
    pair.client->cancels_login = FALSE; /* asked again later, the user is back */
    sim_run(pair.sim, 300);
    g_assert_cmpuint(pair.client->login_count, ==, 3);
    g_assert_cmpuint(pair.client->phase1_count, ==, 3);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_failed_renewal_is_tried_again_while_the_old_one_lives(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    pair.ours->dpd_delay_seconds = 0;
    pair.sim->link.is_cut = TRUE;
    ike_engine_reauthenticate(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    for (guint i = 0; i < 33; i++) {
        sim_run(pair.sim, 1);
        ike_engine_alive(pair.client->engine, pair.sim->now, pair.client->session);
        sim_drain(pair.client);
    }
    pair.sim->link.is_cut = FALSE;
    sim_run(pair.sim, 60);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    g_assert_cmpuint(pair.client->phase1_count, ==, 2);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

/* Phase 1 of an hour, children of ten minutes, for a day. */
static void
test_a_day_of_renewals(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->phase1_lifetime_seconds = pair.theirs->phase1_lifetime_seconds = 3600;
    pair.ours->esp_lifetime_seconds = pair.theirs->esp_lifetime_seconds = 600;
    sim_pair_connect(&pair);
    sim_run(pair.sim, 24 * 3600);
    g_assert_true(sim_is_connected(pair.client));
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0);
    g_assert_cmpuint(pair.client->phase1_count, >=, 26);
    g_assert_cmpuint(pair.client->children_up, >=, 150);
    g_assert_cmpuint(g_hash_table_size(pair.client->children), <=, 2);
    sim_check_children(pair.client, pair.gateway, g_hash_table_size(pair.client->children));
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_a_day_of_renewals_over_a_bad_link(void)
{
    SimPair pair = sim_pair(IKE_METHOD_XAUTH_PSK, IKE_MODE_MAIN, TRUE);

    pair.ours->phase1_lifetime_seconds = pair.theirs->phase1_lifetime_seconds = 3600;
    pair.ours->esp_lifetime_seconds = pair.theirs->esp_lifetime_seconds = 600;
    pair.ours->pfs = IKE_PFS_AUTO;
    sim_pair_connect(&pair);
    pair.sim->link.loss_percent = 10;
    pair.sim->link.duplicate_percent = 10;
    pair.sim->link.reorder_percent = 20;
    sim_run(pair.sim, 24 * 3600);
    pair.sim->link = (SimLink){.delay_ms = 20};
    sim_run(pair.sim, 1200);
    g_assert_true(sim_is_connected(pair.client));
    g_assert_cmpuint(g_hash_table_size(pair.gateway->children), <=, 3);
    sim_check_children(pair.client, pair.gateway, g_hash_table_size(pair.client->children));
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_dead_gateway_is_found_out(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    gint64 begin;

    sim_pair_connect(&pair);
    sim_run(pair.sim, 3);
    begin = pair.sim->now;
    pair.sim->link.is_cut = TRUE;
    while (pair.client->closed_count == 0)
        sim_run(pair.sim, 1);
    g_assert_cmpstr(reason_token(pair.client->reason), ==, "peer-dead");
    /* Idle time, and then five tries of five seconds. */
    g_assert_cmpint((pair.sim->now - begin) / G_USEC_PER_SEC, <=, 20 + 5 * 5 + 1);
    check_all_gone(&pair);
}

static void
test_esp_counts_as_life_and_traffic_as_doubt(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    gint64 begin;

    pair.theirs->dpd_delay_seconds = 0;
    sim_pair_connect(&pair);
    pair.sim->link.is_cut = TRUE;
    for (guint i = 0; i < 300; i++) {
        sim_run(pair.sim, 1);
        ike_engine_alive(pair.client->engine, pair.sim->now, pair.client->session);
        sim_drain(pair.client);
    }
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    begin = pair.sim->now;
    ike_engine_probe(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    while (pair.client->closed_count == 0)
        sim_run(pair.sim, 1);
    g_assert_cmpint((pair.sim->now - begin) / G_USEC_PER_SEC, <=, 26);
    g_assert_cmpuint(ike_engine_session_count(pair.client->engine), ==, 0);
    sim_free(pair.sim);
}

/* A client that is silent long asks by itself; who asks on purpose hears how long it took. */
static void
test_probe_tells_the_round_trip(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->dpd_delay_seconds = 600;
    pair.theirs->dpd_delay_seconds = 0;
    sim_pair_connect(&pair);
    sim_run(pair.sim, 2);
    g_assert_cmpuint(pair.client->alive_count, ==, 0);
    ike_engine_probe(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 2);
    g_assert_cmpuint(pair.client->alive_count, ==, 1);
    g_assert_cmpuint(pair.client->round_trip_microseconds, ==, 2 * pair.sim->link.delay_ms * 1000);
    pair.sim->link.is_cut = TRUE;
    for (guint i = 0; i < 4; i++) {
        ike_engine_probe(pair.client->engine, pair.sim->now, pair.client->session);
        sim_drain(pair.client);
    }
    sim_run(pair.sim, 10);
    g_assert_cmpuint(pair.client->alive_count, ==, 1);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    sim_free(pair.sim);
}

static void
test_restarted_gateway_is_found_out(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    sim_restart_gateway(pair.gateway, sim_policy(H, A, SIM_FAST, "aes256gcm16", TRUE));
    sim_run(pair.sim, 60);
    g_assert_cmpstr(reason_token(pair.client->reason), ==, "peer-dead");
    check_all_gone(&pair);
}

static void
test_nat_rebinding_is_followed(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint count;

    sim_pair_connect(&pair);
    count = pair.gateway->path_count;
    sim_nat_rebind(pair.sim);
    sim_run(pair.sim, 60);
    g_assert_cmpuint(pair.client->closed_count, ==, 0);
    g_assert_cmpuint(pair.gateway->path_count, ==, count + 1);
    g_assert_cmpuint(pair.gateway->path.remote.port, ==, 33001);
    ike_engine_rekey(pair.gateway->engine, pair.sim->now, pair.gateway->session);
    sim_drain(pair.gateway);
    sim_run(pair.sim, 20);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_esp_from_a_new_place_moves_the_peer(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    NetEndpoint place;

    sim_pair_connect(&pair);
    place = pair.gateway->path.remote;
    place.port += 7;
    ike_engine_moved(pair.gateway->engine, pair.sim->now, pair.gateway->session, &place);
    sim_drain(pair.gateway);
    g_assert_cmpuint(pair.gateway->path.remote.port, ==, place.port);
    /* A gateway that is not behind a NAT does not wander. */
    ike_engine_moved(pair.client->engine, pair.sim->now, pair.client->session, &place);
    sim_drain(pair.client);
    g_assert_cmpuint(pair.client->path.remote.port, ==, 4500);
    sim_free(pair.sim);
}

static void
test_client_behind_nat_keeps_its_mapping_alive(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->dpd_delay_seconds = 0;
    pair.theirs->dpd_delay_seconds = 0;
    sim_pair_connect(&pair);
    sim_run(pair.sim, 200);
    g_assert_cmpuint(pair.client->keepalive_count, ==, 10);
    g_assert_cmpuint(pair.gateway->keepalive_count, ==, 0);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_forced_encapsulation_without_nat(void)
{
    SimPair pair = sim_pair(H, A, FALSE);

    pair.ours->natt = IKE_NATT_FORCE;
    sim_pair_connect(&pair);
    g_assert_true(pair.client->phase1.is_encapsulated);
    g_assert_true(pair.gateway->phase1.is_encapsulated);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_small_links_are_passed_in_fragments(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.sim->link.max_octets = 552;
    sim_pair_connect(&pair);
    g_assert_true(pair.client->phase1.has_fragmentation);
    g_assert_cmpuint(pair.gateway->longest_sent, <=, 552);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

/* The first message too goes in pieces where that is forced, and as a whole when nobody answers. */
static void
test_forced_fragments_before_the_first_answer(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->fragmentation = IKE_FRAGMENTATION_FORCE;
    pair.ours->fragment_octets = 200;
    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    sim_connect(pair.client, pair.gateway, pair.ours);
    g_assert_cmpuint(pair.client->sent_count, >=, 2);
    g_assert_cmpuint(pair.client->longest_sent, <=, 172);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    g_assert_true(sim_is_connected(pair.client));
    sim_run(pair.sim, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_several_networks_have_a_child_each(void)
{
    static const char *const networks[] = {"10.1.0.0/16", "10.2.0.0/16", "172.16.0.0/12"};
    SimPair pair = sim_pair(H, A, TRUE);

    for (guint i = 0; i < G_N_ELEMENTS(networks); i++) {
        NetPrefix network;

        g_assert_true(net_prefix_parse(networks[i], &network));
        g_array_append_val(pair.ours->remote_networks, network);
    }
    sim_pair_connect(&pair);
    sim_check_children(pair.client, pair.gateway, 3);
    ike_engine_rekey(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 30);
    sim_check_children(pair.client, pair.gateway, 3);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_both_families_inside(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->wants_ipv6 = TRUE;
    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    g_assert_true(net_address_parse("2001:db8::10", &pair.gateway->lease->address6));
    pair.gateway->lease->prefix_length6 = 128;
    sim_connect(pair.client, pair.gateway, pair.ours);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    sim_run(pair.sim, 1);
    g_assert_true(sim_is_connected(pair.client));
    sim_check_children(pair.client, pair.gateway, 2);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_code_in_a_second_round(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    pair.gateway->wanted_passcode = pair.client->passcode = "123456";
    sim_connect(pair.client, pair.gateway, pair.ours);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    g_assert_true(sim_is_connected(pair.client));
    g_assert_cmpuint(pair.client->login_count, ==, 2);
    g_assert_cmpstr(pair.client->login_message, ==, "Enter the code");
    sim_run(pair.sim, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

/* A user who types for a minute and a half is waited for, and asked once. */
static void
test_slow_typist_is_waited_for(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.client->login_ms = 90 * 1000;
    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    sim_connect(pair.client, pair.gateway, pair.ours);
    g_assert_true(sim_settle(pair.sim, pair.client, 120));
    g_assert_true(sim_is_connected(pair.client));
    g_assert_cmpuint(pair.client->login_count, ==, 1);
    sim_run(pair.sim, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_clock_jump_ends_or_renews_nothing_twice(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    pair.sim->link.is_cut = TRUE;
    pair.sim->now += (gint64)10 * 3600 * G_USEC_PER_SEC; /* slept longer than phase 1 lives */
    pair.sim->link.is_cut = FALSE;
    sim_run(pair.sim, 120);
    g_assert_cmpuint(pair.client->closed_count, ==, 1);
    check_all_gone(&pair);
}

/* The host has new sockets, on other ports: the gateway is told by a probe at once. */
static void
test_new_sockets_are_used_at_once(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    IkePath isakmp, natt;

    sim_pair_connect(&pair);
    isakmp = natt = pair.client->path;
    isakmp.socket = IKE_SOCKET_ISAKMP;
    isakmp.remote.port = 500;
    natt.local.port = isakmp.local.port = 40000;
    sim_nat_rebind(pair.sim);
    ike_engine_rebind(pair.client->engine, pair.sim->now, pair.client->session, &isakmp, &natt);
    sim_drain(pair.client);
    sim_run(pair.sim, 1);
    g_assert_cmpuint(pair.client->path.local.port, ==, 40000);
    g_assert_cmpuint(pair.gateway->path.remote.port, ==, 33001);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static guint32
life_of(SimNode *node)
{
    SimChild *child = g_hash_table_lookup(node->children, &node->sending);

    return child->info.lifetime_seconds;
}

static void
test_gateway_shortens_the_life_of_a_child(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->esp_lifetime_seconds = 28800;
    pair.theirs->esp_lifetime_seconds = 1800;
    sim_pair_connect(&pair);
    g_assert_cmpuint(life_of(pair.client), ==, 1800);
    g_assert_cmpuint(life_of(pair.gateway), ==, 1800);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static const SimChild *
child_of(const SimNode *node)
{
    return g_hash_table_lookup(node->children, &node->sending);
}

/* In octets and role by role: the client's soft end comes before the gateway's. */
static void
test_gateway_limits_what_a_child_carries(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint64 mebibyte = 1 << 20;

    pair.theirs->proposal_check = IKE_CHECK_CLAIM;
    pair.theirs->esp_lifetime_kilobytes = 100 * 1024;
    sim_pair_connect(&pair);
    g_assert_cmpuint(child_of(pair.client)->info.soft_octets, ==, 85 * mebibyte);
    g_assert_cmpuint(child_of(pair.client)->info.hard_octets, ==, 100 * mebibyte);
    g_assert_cmpuint(child_of(pair.gateway)->info.soft_octets, ==, 95 * mebibyte);
    g_assert_cmpuint(child_of(pair.gateway)->info.hard_octets, ==, 110 * mebibyte);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_without_a_limit_a_child_carries_any_amount(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    sim_pair_connect(&pair);
    g_assert_cmpuint(child_of(pair.client)->info.soft_octets, ==, 0);
    g_assert_cmpuint(child_of(pair.gateway)->info.hard_octets, ==, 0);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

/* A peer that asks for less than a mebibyte would be renewed without end. */
static void
test_tiny_volumes_are_not_taken_at_their_word(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->esp_lifetime_kilobytes = 1;
    sim_pair_connect(&pair);
    g_assert_cmpuint(child_of(pair.gateway)->info.hard_octets, >, 1024 * 1024);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

/* At the hard end the pair goes at both sides, and the client has another one made. */
static void
test_spent_child_is_replaced(gconstpointer data)
{
    gboolean is_gateway = data != NULL;
    SimPair pair = sim_pair(H, A, TRUE);
    SimNode *node;
    guint64 old;

    sim_pair_connect(&pair);
    node = is_gateway ? pair.gateway : pair.client;
    old = node->sending;
    ike_engine_spent(node->engine, pair.sim->now, node->session, old);
    ike_engine_tick(node->engine, pair.sim->now);
    sim_drain(node);
    g_assert_false(g_hash_table_contains(node->children, &old));
    sim_run(pair.sim, 5);
    sim_check_children(pair.client, pair.gateway, 1);
    ike_engine_spent(node->engine, pair.sim->now, node->session, old); /* long gone */
    sim_run(pair.sim, 5);
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

static void
test_gateway_that_wants_pfs_is_given_it(void)
{
    SimPair pair = sim_pair(H, A, TRUE);

    pair.ours->pfs = IKE_PFS_AUTO;
    pair.theirs->pfs = IKE_PFS_GROUP;
    pair.theirs->pfs_group = SUITE_GROUP_CURVE25519;
    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    pair.gateway->lease->has_pfs = TRUE; /* and says the contrary: the other way is tried */
    pair.gateway->lease->pfs = 0;
    sim_connect(pair.client, pair.gateway, pair.ours);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    sim_run(pair.sim, 1);
    g_assert_true(sim_is_connected(pair.client));
    sim_check_children(pair.client, pair.gateway, 1);
    sim_hang_up(pair.client);
    check_all_gone(&pair);
}

/* Two hundred clients at one gateway, each behind its own port of the same NAT. */
static void
test_many_clients_at_one_gateway(void)
{
    enum { CLIENTS = 200 };
    g_autoptr(Sim) sim = sim_new(4);
    SimNode *gateway =
        sim_gateway(sim, sim_policy(IKE_METHOD_XAUTH_PSK, A, SIM_FAST, "aes256gcm16", TRUE), NULL);
    SimNode *clients[CLIENTS];

    for (guint i = 0; i < CLIENTS; i++) {
        clients[i] = sim_client(sim, FALSE);
        clients[i]->address.octets[2] = (guint8)(100 + i / 100);
        clients[i]->address.octets[3] = (guint8)(1 + i % 100);
        sim_connect(clients[i], gateway,
                    sim_policy(IKE_METHOD_XAUTH_PSK, A, SIM_FAST, "aes256gcm16", FALSE));
    }
    sim_run(sim, 300);
    for (guint i = 0; i < CLIENTS; i++)
        g_assert_true(sim_is_connected(clients[i]));
    g_assert_cmpuint(ike_engine_session_count(gateway->engine), ==, CLIENTS);
    g_assert_cmpuint(g_hash_table_size(gateway->children), ==, CLIENTS);
}

static void
test_restarted_client_replaces_its_old_session(void)
{
    SimPair pair = sim_pair(H, A, TRUE);
    guint64 old;

    sim_pair_connect(&pair);
    old = pair.gateway->session;
    /* The client forgets everything and comes again from the same place. */
    pair.client->is_gone = TRUE;
    pair.client = sim_client(pair.sim, TRUE);
    sim_connect(pair.client, pair.gateway, sim_policy(H, A, SIM_FAST, "aes256gcm16", FALSE));
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    sim_run(pair.sim, 2);
    g_assert_cmpuint(pair.gateway->session, !=, old);
    g_assert_cmpuint(pair.gateway->closed_count, ==, 0);
    g_assert_cmpuint(ike_engine_session_count(pair.gateway->engine), ==, 1);
    sim_free(pair.sim);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/sim/life/" #name, test_##name)
    TEST(client_hangs_up);
    TEST(gateway_hangs_up);
    TEST(child_is_renewed_without_a_gap);
    TEST(gateway_renews_a_child);
    TEST(both_renew_at_the_same_time);
    TEST(reauthentication_keeps_the_address_and_the_child);
    TEST(renewal_without_a_login);
    TEST(cancelled_login_at_a_renewal_keeps_the_tunnel);
    TEST(failed_renewal_is_tried_again_while_the_old_one_lives);
    TEST(a_day_of_renewals);
    TEST(a_day_of_renewals_over_a_bad_link);
    TEST(dead_gateway_is_found_out);
    TEST(esp_counts_as_life_and_traffic_as_doubt);
    TEST(probe_tells_the_round_trip);
    TEST(restarted_gateway_is_found_out);
    TEST(nat_rebinding_is_followed);
    TEST(esp_from_a_new_place_moves_the_peer);
    TEST(client_behind_nat_keeps_its_mapping_alive);
    TEST(forced_encapsulation_without_nat);
    TEST(small_links_are_passed_in_fragments);
    TEST(forced_fragments_before_the_first_answer);
    TEST(several_networks_have_a_child_each);
    TEST(both_families_inside);
    TEST(code_in_a_second_round);
    TEST(slow_typist_is_waited_for);
    TEST(clock_jump_ends_or_renews_nothing_twice);
    TEST(new_sockets_are_used_at_once);
    TEST(gateway_shortens_the_life_of_a_child);
    TEST(gateway_limits_what_a_child_carries);
    TEST(without_a_limit_a_child_carries_any_amount);
    TEST(tiny_volumes_are_not_taken_at_their_word);
    g_test_add_data_func("/sim/life/spent_child_is_replaced/client", NULL,
                         test_spent_child_is_replaced);
    g_test_add_data_func("/sim/life/spent_child_is_replaced/gateway", "",
                         test_spent_child_is_replaced);
    TEST(gateway_that_wants_pfs_is_given_it);
    TEST(many_clients_at_one_gateway);
    TEST(restarted_client_replaces_its_old_session);
    return g_test_run();
}
