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

#define H IKE_METHOD_HYBRID_RSA
#define XP IKE_METHOD_XAUTH_PSK
#define XR IKE_METHOD_XAUTH_RSA
#define R IKE_METHOD_RSA
#define P IKE_METHOD_PSK
#define A IKE_MODE_AGGRESSIVE
#define M IKE_MODE_MAIN
#define PULL IKE_CONFIG_PULL
#define PUSH IKE_CONFIG_PUSH

static const Row rows[] = {
    {"hybrid aggressive", H, A, FAST, "aes256gcm16", TRUE, PULL, IKE_PFS_OFF},
    {"hybrid aggressive without NAT", H, A, FAST, "aes256gcm16", FALSE, PULL, IKE_PFS_OFF},
    {"hybrid aggressive push", H, A, FAST, "aes256gcm16", TRUE, PUSH, IKE_PFS_OFF},
    {"hybrid aggressive with PFS", H, A, FAST, "aes128gcm16", TRUE, PULL, IKE_PFS_AUTO},
    {"hybrid main", H, M, FAST, "aes256gcm16", TRUE, PULL, IKE_PFS_OFF},
    {"hybrid main push without NAT", H, M, FAST, "aes256gcm16", FALSE, PUSH, IKE_PFS_AUTO},
    {"xauth-psk aggressive", XP, A, FAST, "aes256-sha1", TRUE, PULL, IKE_PFS_OFF},
    {"xauth-psk main", XP, M, FAST, "aes256-sha256", TRUE, PULL, IKE_PFS_AUTO},
    {"xauth-rsa aggressive", XR, A, FAST, "aes128-sha256", TRUE, PULL, IKE_PFS_OFF},
    {"xauth-rsa main", XR, M, FAST, "aes128-sha512", FALSE, PUSH, IKE_PFS_AUTO},
    {"rsa aggressive", R, A, FAST, "aes256gcm16", TRUE, PULL, IKE_PFS_OFF},
    {"rsa main", R, M, FAST, "aes256gcm16", TRUE, PULL, IKE_PFS_AUTO},
    {"psk aggressive", P, A, FAST, "aes256gcm16", FALSE, PULL, IKE_PFS_OFF},
    {"psk main", P, M, FAST, "aes256gcm16", TRUE, PULL, IKE_PFS_AUTO},
    {"aes256-sha512-ecp256", H, A, "aes256-sha512-ecp256", "aes256-sha384", TRUE, PULL,
     IKE_PFS_AUTO},
    {"aes192-sha384-ecp384", H, M, "aes192-sha384-ecp384", "aes192gcm16", TRUE, PULL, IKE_PFS_AUTO},
    {"aes256-sha1-modp1536", XP, A, "aes256-sha1-modp1536", "aes256-sha1", TRUE, PULL,
     IKE_PFS_AUTO},
    {"3des-md5-modp1024", H, A, "3des-md5-modp1024", "3des-md5", TRUE, PULL, IKE_PFS_AUTO},
    {"aes128-sha1-modp2048", H, M, "aes128-sha1-modp2048", "aes128-sha1", FALSE, PULL,
     IKE_PFS_AUTO},
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
    sim->is_noisy = g_test_verbose();
    sim_connect(client, gateway, policy);
    g_assert_true(sim_settle(sim, client, 60));
    g_assert_cmpstr(reason_token(client->reason), ==, "none");
    g_assert_true(sim_is_connected(client));
    sim_run(sim, 1);
    sim_check_children(client, gateway, 1);
    g_assert_cmpint(client->phase1.is_local_behind_nat, ==, row->has_nat);
    g_assert_cmpint(gateway->phase1.is_remote_behind_nat, ==, row->has_nat);
    g_assert_cmpint(client->path.socket, ==, row->has_nat ? IKE_SOCKET_NATT : IKE_SOCKET_ISAKMP);
    g_assert_cmpuint(client->login_count, ==, ike_method_has_xauth(row->method) ? 1 : 0);
    g_assert_cmpstr(client->settings->domain, ==, "example.net");
    g_assert_cmpuint(gateway->lease_count, ==, 1);
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
