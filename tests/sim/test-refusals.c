/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes wrong ends once, with the reason that helps, and soon. */
#include "sim.h"

#include <string.h>

#define FAST "aes128-sha256-x25519"
#define H IKE_METHOD_HYBRID_RSA
#define XP IKE_METHOD_XAUTH_PSK
#define XR IKE_METHOD_XAUTH_RSA
#define A IKE_MODE_AGGRESSIVE
#define M IKE_MODE_MAIN

typedef void (*Spoil)(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours,
                      IkePolicy *theirs);

typedef struct {
    const char *name;
    IkeMethod method;
    IkeMode mode;
    Spoil before; /* gateway is NULL: policies can be changed */
    Spoil after;  /* both nodes exist */
    Reason reason;
    gdouble seconds; /* at most */
} Row;

static void
wrong_password(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    client->password = "wrong";
}

static void
distrust(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    client->trust = REASON_GATEWAY_CERT_UNTRUSTED;
}

static void
distrust_client(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    gateway->trust = REASON_GATEWAY_CERT_UNTRUSTED;
}

static void
cancel(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    client->cancels_login = TRUE;
}

static void
auth_down(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    gateway->is_auth_down = TRUE;
}

static void
wrong_code(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    gateway->wanted_passcode = "123456";
    client->passcode = "654321";
}

static void
cut(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    sim->link.is_cut = TRUE;
}

static void
block_natt(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    sim->link.blocks_natt = TRUE;
}

static void
other_psk(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    client->psk = "not the group's";
}

static void
other_key(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    IkePrivateKey *key = gateway->key;

    gateway->key = client->key;
    client->key = key;
}

static void
empty_pool(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    g_clear_pointer(&gateway->lease, ike_settings_free);
}

static void
silly_address(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    gateway->lease->address4 = (NetAddress){.length = 4, .octets = {127, 0, 0, 1}};
}

static void
no_certificate(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    g_ptr_array_set_size(theirs->own_chain, 0);
}

static void
other_suite(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    g_array_index(theirs->phase1, SuitePhase1, 0).hash = SUITE_HASH_SHA2_512;
}

static void
other_mode(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    theirs->mode = theirs->mode == A ? M : A;
}

static void
other_group(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    theirs->peer_id = (IkeId){IKE_ID_KEY_ID, g_bytes_new_static("staff", 5)};
}

static void
other_esp(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    suite_esp_parse("aes256-sha1", &g_array_index(theirs->esp, SuiteEsp, 0));
}

static void
pfs_missing(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    ours->pfs = IKE_PFS_OFF;
    theirs->pfs = IKE_PFS_GROUP;
    theirs->pfs_group = SUITE_GROUP_CURVE25519;
}

static void
pfs_other(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    theirs->pfs = IKE_PFS_GROUP;
    theirs->pfs_group = SUITE_GROUP_ECP_256;
}

static void
needs_natt(Sim *sim, SimNode *client, SimNode *gateway, IkePolicy *ours, IkePolicy *theirs)
{
    ours->is_esp_always_encapsulated = TRUE;
    theirs->natt = IKE_NATT_OFF;
}

static const Row rows[] = {
    {"wrong password", H, A, NULL, wrong_password, REASON_AUTH_USER_REJECTED, 5},
    {"wrong password in main mode", XP, M, NULL, wrong_password, REASON_AUTH_USER_REJECTED, 5},
    {"gateway not trusted", H, A, NULL, distrust, REASON_GATEWAY_CERT_UNTRUSTED, 2},
    {"gateway not trusted in main mode", H, M, NULL, distrust, REASON_GATEWAY_CERT_UNTRUSTED, 2},
    {"client not trusted", XR, A, NULL, distrust_client, REASON_CLIENT_CERT_REJECTED, 5},
    {"client not trusted in main mode", XR, M, NULL, distrust_client, REASON_CLIENT_CERT_REJECTED,
     5},
    {"login cancelled", H, A, NULL, cancel, REASON_SECRETS_CANCELLED, 5},
    {"user database unreachable", H, A, NULL, auth_down, REASON_AUTH_SERVER_UNREACHABLE, 5},
    {"wrong code in the second round", H, A, NULL, wrong_code, REASON_AUTH_CHALLENGE_FAILED, 10},
    {"no answer at all", H, A, NULL, cut, REASON_GATEWAY_SILENT, 31},
    {"no answer at all in main mode", H, M, NULL, cut, REASON_GATEWAY_SILENT, 31},
    {"port 4500 blocked", H, A, NULL, block_natt, REASON_UDP4500_BLOCKED, 35},
    {"port 4500 blocked in main mode", H, M, NULL, block_natt, REASON_UDP4500_BLOCKED, 31},
    {"other group password", XP, A, NULL, other_psk, REASON_GATEWAY_AUTH_FAILED, 2},
    {"other group password in main mode", XP, M, NULL, other_psk, REASON_GROUP_REJECTED, 5},
    {"key does not fit the certificate", H, A, NULL, other_key, REASON_GATEWAY_AUTH_FAILED, 2},
    {"key does not fit in main mode", H, M, NULL, other_key, REASON_GATEWAY_AUTH_FAILED, 2},
    {"no address left", H, A, NULL, empty_pool, REASON_NO_ADDRESS, 5},
    {"address of no host", H, A, NULL, silly_address, REASON_NO_ADDRESS, 5},
    {"no certificate", H, A, no_certificate, NULL, REASON_GATEWAY_CERT_MISSING, 2},
    {"no common suite", H, A, other_suite, NULL, REASON_PROPOSAL_REJECTED, 4},
    {"no common suite in main mode", H, M, other_suite, NULL, REASON_PROPOSAL_REJECTED, 4},
    {"mode not served", H, A, other_mode, NULL, REASON_PROPOSAL_REJECTED, 4},
    {"unknown group", XP, A, other_group, NULL, REASON_PROPOSAL_REJECTED, 4},
    {"no common ESP suite", H, A, other_esp, NULL, REASON_ESP_PROPOSAL_REJECTED, 5},
    {"PFS wanted by the gateway alone", H, A, pfs_missing, NULL, REASON_ESP_PROPOSAL_REJECTED, 5},
    {"PFS with another group", H, A, pfs_other, NULL, REASON_ESP_PROPOSAL_REJECTED, 5},
    {"NAT traversal missing", H, A, needs_natt, NULL, REASON_DATAPLANE_UNAVAILABLE, 2},
};

static void
is_refused(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(Sim) sim = sim_new(7);
    SimNode *client = sim_client(sim, TRUE);
    IkePolicy *theirs = sim_policy(row->method, row->mode, FAST, "aes256gcm16", TRUE);
    IkePolicy *ours = sim_policy(row->method, row->mode, FAST, "aes256gcm16", FALSE);
    SimNode *gateway;
    gint64 begin = sim->now;

    sim->is_noisy = g_test_verbose();
    if (row->before != NULL)
        row->before(sim, client, NULL, ours, theirs);
    gateway = sim_gateway(sim, theirs, NULL);
    if (row->after != NULL)
        row->after(sim, client, gateway, ours, theirs);
    sim_connect(client, gateway, ours);
    g_assert_true(sim_settle(sim, client, 120));
    g_assert_cmpstr(reason_token(client->reason), ==, reason_token(row->reason));
    g_assert_cmpfloat((gdouble)(sim->now - begin) / G_USEC_PER_SEC, <=, row->seconds);
    sim_run(sim, 300);
    g_assert_cmpuint(client->closed_count, ==, 1);
    g_assert_cmpuint(g_hash_table_size(client->children), ==, 0);
    g_assert_cmpuint(g_hash_table_size(gateway->children), ==, 0);
    g_assert_cmpuint(ike_engine_session_count(client->engine), ==, 0);
    g_assert_cmpuint(ike_engine_session_count(gateway->engine), ==, 0);
    g_assert_cmpint(ike_engine_deadline(client->engine), ==, -1);
    if (row->after == distrust) {
        g_assert_cmpuint(client->login_count, ==, 0);
        g_assert_cmpuint(gateway->verdict_count, ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim/refused/%s", rows[i].name);

        g_test_add_data_func(path, &rows[i], is_refused);
    }
    return g_test_run();
}
