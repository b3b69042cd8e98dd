/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connecting: every method, mode and way of configuring, both ends of the core face to face. */
#include "sim.h"

typedef struct {
    const char *name;
    IkeMethod method;
    IkeMode mode;
    const char *suites;
    const char *esp;
    gboolean has_nat;
    IkeConfigMode config;
    IkePfs pfs;
} Row;

#define FAST "aes128-sha256-x25519"

static const Row rows[] = {
    {"hybrid aggressive", IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, FAST, "aes256gcm16", TRUE,
     IKE_CONFIG_PULL, IKE_PFS_OFF},
};

static void
connects(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(Sim) sim = sim_new(1);
    SimNode *client = sim_client(sim, row->has_nat);
    IkePolicy *gateway_policy = sim_policy(row->method, row->mode, row->suites, row->esp, TRUE);
    IkePolicy *policy = sim_policy(row->method, row->mode, row->suites, row->esp, FALSE);
    SimNode *gateway;

    gateway_policy->config_mode = policy->config_mode = row->config;
    gateway_policy->pfs = policy->pfs = row->pfs;
    gateway = sim_gateway(sim, gateway_policy, NULL);
    sim->is_noisy = TRUE;
    sim_connect(client, gateway, policy);
    g_assert_true(sim_settle(sim, client, 60));
    g_assert_cmpstr(reason_token(client->reason), ==, "none");
    g_assert_true(sim_is_connected(client));
    sim_run(sim, 1);
    sim_check_children(client, gateway, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim/connects/%s", rows[i].name);

        g_test_add_data_func(path, &rows[i], connects);
    }
    return g_test_run();
}
