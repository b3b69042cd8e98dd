/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest may not do, and what a gateway says of it: each row is something that another gateway
 * for these clients was found to get wrong, or must never do.
 */
#include "puppet.h"

#include "ike/child.h"
#include "ike/engine.h"
#include "ike/message.h"
#include "ike/offer.h"
#include "ike/sa.h"

#include <string.h>

#define SUITE "aes128-sha256-x25519"
#define ESP "aes256gcm16"
#define H IKE_METHOD_HYBRID_RSA
#define A IKE_MODE_AGGRESSIVE
#define M IKE_MODE_MAIN

/* --- refused proposals --- */

static const struct {
    const char *name;
    IkeMethod method; /* of the client */
    IkeMode mode;     /* of the client; the gateway has aggressive mode */
    const char *client;
    const char *client_esp;
    const char *gateway;
    const char *gateway_esp;
    const char *offered;
    const char *own;
    const char *difference;
} refusals[] = {
    {"cipher", H, A, "3des-sha1-modp2048", ESP, "aes256-sha1-modp2048", ESP, "3des-sha1-modp2048",
     "aes256-sha1-modp2048", "cipher: 3des offered, aes256 here"},
    {"hash", H, A, "aes256-sha1-modp2048", ESP, "aes256-sha256-modp2048", ESP,
     "aes256-sha1-modp2048", "aes256-sha256-modp2048", "hash: sha1 offered, sha256 here"},
    {"group", H, A, "aes256-sha256-modp2048", ESP, "aes256-sha256-ecp256", ESP,
     "aes256-sha256-modp2048", "aes256-sha256-ecp256", "group: modp2048 offered, ecp256 here"},
    {"nearest", H, A, "aes256-sha256-modp2048", ESP,
     "aes256-sha512-modp2048,3des-sha256-modp2048,aes256-sha256-ecp384", ESP,
     "aes256-sha256-modp2048", "aes256-sha512-modp2048 3des-sha256-modp2048 aes256-sha256-ecp384",
     "group: modp2048 offered, ecp384 here"},
    {"method", IKE_METHOD_XAUTH_PSK, A, SUITE, ESP, SUITE, ESP, SUITE, SUITE,
     "method: xauth-psk offered, hybrid-rsa here"},
    {"mode", H, M, SUITE, ESP, SUITE, ESP, SUITE, SUITE, "mode: main offered, aggressive here"},
    {"ESP cipher", H, A, SUITE, "aes128-sha1", SUITE, "aes256gcm16", "aes128-sha1", "aes256gcm16",
     "cipher: aes128 offered, aes256gcm16 here"},
    {"ESP integrity", H, A, SUITE, "aes128-sha1", SUITE, "aes128-sha256", "aes128-sha1",
     "aes128-sha256", "integrity: sha1 offered, sha256 here"},
};

static void
test_a_refused_proposal_is_told_with_both_sides(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(Sim) sim = sim_new(70 + (guint32)i);
    IkePolicy *ours = sim_policy(refusals[i].method, refusals[i].mode, refusals[i].client,
                                 refusals[i].client_esp, FALSE);
    IkePolicy *theirs = sim_policy(H, A, refusals[i].gateway, refusals[i].gateway_esp, TRUE);
    SimNode *client = sim_client(sim, TRUE);
    SimNode *gateway = sim_gateway(sim, theirs, NULL);
    const char *notes;

    client->psk = "any";
    sim_connect(client, gateway, ours);
    sim_run(sim, 60);
    notes = gateway->notes->str;
    g_assert_cmpuint(gateway->children_up, ==, 0);
    g_assert_nonnull(strstr(notes, refusals[i].offered));
    g_assert_nonnull(strstr(notes, refusals[i].own));
    if (strstr(notes, refusals[i].difference) == NULL)
        g_error("\"%s\" is not in: %s", refusals[i].difference, notes);
}

/* A lifetime that a strict gateway does not take; PFS that it insists on. */
static void
test_lifetime_and_pfs_are_named(void)
{
    for (guint round = 0; round < 2; round++) {
        g_autoptr(Sim) sim = sim_new(60 + round);
        IkePolicy *ours = sim_policy(H, A, SUITE, ESP, FALSE);
        IkePolicy *theirs = sim_policy(H, A, SUITE, ESP, TRUE);
        SimNode *client = sim_client(sim, TRUE);
        SimNode *gateway;

        theirs->proposal_check = IKE_CHECK_STRICT;
        if (round == 0) {
            ours->phase1_lifetime_seconds = 7200;
            theirs->phase1_lifetime_seconds = 3600;
        } else {
            ours->pfs = IKE_PFS_OFF;
            theirs->pfs = IKE_PFS_GROUP;
            theirs->pfs_group = SUITE_GROUP_ECP_256;
            theirs->esp_lifetime_seconds = ours->esp_lifetime_seconds;
            theirs->phase1_lifetime_seconds = ours->phase1_lifetime_seconds;
        }
        gateway = sim_gateway(sim, theirs, NULL);
        sim_connect(client, gateway, ours);
        sim_run(sim, 60);
        if (strstr(gateway->notes->str, round == 0 ? "lifetime: 7200 s offered, 3600 s here"
                                                   : "PFS: none offered, ecp256 here") == NULL)
            g_error("round %u: %s", round, gateway->notes->str);
    }
}

/* Strangers make neither work nor noise: a few a second are told. */
static void
test_a_flood_of_bad_proposals_is_told_a_few_times(void)
{
    g_autoptr(Sim) sim = sim_new(59);
    SimNode *gateway = sim_gateway(sim, sim_policy(H, A, SUITE, ESP, TRUE), NULL);
    guint lines = 0;

    for (guint i = 0; i < 100; i++) {
        SimNode *client = sim_client(sim, FALSE);

        client->address.octets[3] = (guint8)(i + 1);
        sim_connect(client, gateway, sim_policy(H, A, "aes256-sha512-x25519", ESP, FALSE));
    }
    sim_run(sim, 0.5);
    for (const char *at = gateway->notes->str; (at = strstr(at, "sha512 offered")) != NULL; at++)
        lines++;
    g_assert_cmpuint(lines, >, 0);
    g_assert_cmpuint(lines, <=, 20);
}

/* --- selectors --- */

typedef struct {
    Sim *sim;
    SimNode *client;
    SimNode *gateway;
} Pair;

static Pair
connected(IkeMode mode, guint32 seed)
{
    Pair pair = {.sim = sim_new(seed)};

    pair.client = sim_client(pair.sim, TRUE);
    pair.gateway = sim_gateway(pair.sim, sim_policy(H, mode, SUITE, ESP, TRUE), NULL);
    sim_connect(pair.client, pair.gateway, sim_policy(H, mode, SUITE, ESP, FALSE));
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    g_assert_true(sim_is_connected(pair.client));
    sim_run(pair.sim, 1);
    return pair;
}

static IkeSession *
session_of(SimNode *node)
{
    return g_hash_table_lookup(node->engine->sessions, &node->session);
}

/* change: what is added to the last octet of the leased address; bits of the prefix asked for. */
static const struct {
    const char *name;
    guint8 change;
    guint8 bits;
} claims[] = {
    {"the neighbour's address", 1, 32},
    {"everything on both sides", 0, 0},
    {"a network around its own", 0, 31},
    {"a whole network", 0, 24},
};

static void
test_a_guest_speaks_for_its_own_address_alone(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    Pair pair = connected(A, 40 + (guint32)i);
    IkeSession *session = session_of(pair.client);
    NetAddress address = session->address4;

    address.octets[3] += claims[i].change;
    session->address4 = address;
    for (guint j = 0; j < session->children->len; j++) {
        IkeChild *child = g_ptr_array_index(session->children, j);

        child->local = net_prefix_of(&address, claims[i].bits);
    }
    ike_engine_rekey(pair.client->engine, pair.sim->now, pair.client->session);
    sim_drain(pair.client);
    sim_run(pair.sim, 5);
    g_assert_cmpuint(pair.gateway->children_up, ==, 1);
    g_assert_nonnull(strstr(pair.client->notes->str, "INVALID-ID-INFORMATION"));
    g_assert_nonnull(strstr(pair.gateway->notes->str, "address: "));
    sim_free(pair.sim);
}

/* --- before the login --- */

static void
add_quick_mode(IkeDraft *draft, const IkePolicy *policy)
{
    static const guint8 nonce[32] = {1};
    static const guint8 any[] = {IKE_ID_IPV4_ADDR_SUBNET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    ike_offer_write_esp(ike_draft_open(draft, IKE_PAYLOAD_SA), policy, 0x12345678,
                        IKE_ENCAPSULATION_UDP_TUNNEL, SUITE_GROUP_NONE);
    ike_draft_close(draft);
    ike_draft_put(draft, IKE_PAYLOAD_NONCE, nonce, sizeof(nonce));
    ike_draft_put(draft, IKE_PAYLOAD_ID, any, sizeof(any));
    ike_draft_put(draft, IKE_PAYLOAD_ID, any, sizeof(any));
}

static void
add_attributes(IkeDraft *draft, guint8 type, guint16 attribute)
{
    Writer *body = ike_draft_open(draft, IKE_PAYLOAD_ATTR);

    writer_u8(body, type);
    writer_u8(body, 0);
    writer_u16(body, 7);
    writer_u16(body, attribute);
    writer_u16(body, 0);
    ike_draft_close(draft);
}

typedef enum { SAY_QUICK, SAY_REQUEST, SAY_SET, SAY_STATUS } Saying;

static const struct {
    const char *name;
    IkeMode mode;
    Saying saying;
} too_early[] = {
    {"quick mode, aggressive", A, SAY_QUICK},
    {"quick mode, main", M, SAY_QUICK},
    {"a request for settings", A, SAY_REQUEST},
    {"settings for the gateway", A, SAY_SET},
    {"the verdict, by the guest itself", A, SAY_STATUS},
};

static void
say(Puppet *puppet, Saying saying)
{
    static const IkeExchangeType exchanges[] = {IKE_EXCHANGE_QUICK, IKE_EXCHANGE_TRANSACTION,
                                                IKE_EXCHANGE_TRANSACTION, IKE_EXCHANGE_TRANSACTION};
    g_auto(IkeDraft) draft = puppet_begin(puppet, exchanges[saying], PUPPET_HASH_RIGHT);
    g_autoptr(IkePolicy) policy = sim_policy(H, A, SUITE, ESP, FALSE);

    switch (saying) {
    case SAY_QUICK:
        add_quick_mode(&draft, policy);
        break;
    case SAY_REQUEST:
        add_attributes(&draft, IKE_CFG_REQUEST, 1);
        break;
    case SAY_SET:
        add_attributes(&draft, IKE_CFG_SET, 1);
        break;
    case SAY_STATUS:
        add_attributes(&draft, IKE_CFG_SET, 16527);
        break;
    }
    puppet_end(puppet, &draft, PUPPET_HASH_RIGHT);
}

static void
test_nothing_but_the_login_before_the_login(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    IkeMode mode = too_early[i].mode;
    g_autoptr(Puppet) puppet = puppet_new_guest(sim_policy(H, mode, SUITE, ESP, FALSE),
                                                sim_policy(H, mode, SUITE, ESP, TRUE));
    const IkeSession *session = session_of(puppet->gateway);

    say(puppet, too_early[i].saying);
    sim_run(puppet->sim, 2);
    g_assert_cmpuint(puppet->gateway->lease_count, ==, 0);
    g_assert_cmpuint(puppet->gateway->verdict_count, ==, 0);
    g_assert_cmpuint(puppet->gateway->children_up, ==, 0);
    g_assert_true(session_of(puppet->gateway) == session);
    g_assert_false(session->current->state == IKE_SA_READY);
}

/* --- HASH --- */

static const struct {
    const char *name;
    PuppetHash hash;
    guint verdicts;
} hashes[] = {
    {"the right one", PUPPET_HASH_RIGHT, 1},
    {"none", PUPPET_HASH_NONE, 0},
    {"a wrong one", PUPPET_HASH_WRONG, 0},
    {"its first octet", PUPPET_HASH_SHORT, 0},
};

static void
add_login(IkeDraft *draft, guint16 identifier)
{
    static const struct {
        guint16 attribute;
        const char *text;
    } rows[] = {{IKE_FIELD_USER, "toto"}, {IKE_FIELD_PASSWORD, "wrong"}};
    Writer *body = ike_draft_open(draft, IKE_PAYLOAD_ATTR);

    writer_u8(body, IKE_CFG_REPLY);
    writer_u8(body, 0);
    writer_u16(body, identifier);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        writer_u16(body, rows[i].attribute);
        writer_u16(body, (guint16)strlen(rows[i].text));
        writer_put(body, rows[i].text, strlen(rows[i].text));
    }
    ike_draft_close(draft);
}

/* The gateway's question again, with its message ID and identifier. */
static void
answer_login(Puppet *puppet, PuppetHash kind)
{
    GBytes *question = g_ptr_array_index(puppet->heard, 0);
    g_autoptr(Secret) plain = NULL;
    IkeHeader header;
    IkeChain chain;
    Reader body;
    IkeIv iv;
    IkeDraft draft;
    guint16 identifier;

    g_assert_cmpint(ike_header_parse(reader_of_bytes(question), &header, &body), ==, IKE_OK);
    iv = ike_keys_message_iv(puppet->keys, &puppet->lb, header.message_id);
    g_assert_cmpint(ike_message_open(puppet->keys, &iv, body, &plain, &iv), ==, IKE_OK);
    body = reader_of(secret_data(plain), secret_length(plain));
    g_assert_cmpint(ike_chain_parse(header.next_payload, body, TRUE, &chain), ==, IKE_OK);
    body = ike_chain_find(&chain, IKE_PAYLOAD_ATTR, 0)->body;
    reader_u16(&body);
    identifier = reader_u16(&body);
    puppet->message_id = header.message_id - 1;
    draft = puppet_begin(puppet, IKE_EXCHANGE_TRANSACTION, kind);
    add_login(&draft, identifier);
    puppet_end_with(puppet, &draft, kind, &iv);
    ike_draft_clear(&draft);
}

static void
test_a_login_counts_with_the_right_hash_alone(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(Puppet) puppet =
        puppet_new_guest(sim_policy(H, A, SUITE, ESP, FALSE), sim_policy(H, A, SUITE, ESP, TRUE));

    sim_run(puppet->sim, 12); /* the question is repeated, and heard by the puppet then */
    g_assert_cmpuint(puppet->heard->len, >, 0);
    answer_login(puppet, hashes[i].hash);
    g_assert_cmpuint(puppet->gateway->verdict_count, ==, hashes[i].verdicts);
}

/* AM3 of an initiator that does not prove anything. */
static gboolean
forge_hash_i(Sim *sim, SimNode *from, GBytes **data, gpointer user_data)
{
    static const guint8 zero[32];
    guint *count = user_data;
    IkeHeader header;
    Reader body;
    IkeDraft draft;

    g_assert_cmpint(ike_header_parse(reader_of_bytes(*data), &header, &body), ==, IKE_OK);
    if (!from->is_behind_nat || header.exchange != A || ++*count == 1)
        return TRUE;
    header.flags = 0;
    draft = ike_draft_init(&header);
    ike_draft_put(&draft, IKE_PAYLOAD_HASH, zero, sizeof(zero));
    g_bytes_unref(*data);
    *data = ike_draft_finish(&draft);
    return TRUE;
}

static void
test_hash_i_is_verified_in_hybrid_mode_too(void)
{
    g_autoptr(Sim) sim = sim_new(31);
    SimNode *client = sim_client(sim, TRUE);
    SimNode *gateway = sim_gateway(sim, sim_policy(H, A, SUITE, ESP, TRUE), NULL);
    guint count = 0;

    sim->tap = forge_hash_i;
    sim->tap_data = &count;
    sim_connect(client, gateway, sim_policy(H, A, SUITE, ESP, FALSE));
    sim_run(sim, 3);
    g_assert_cmpuint(count, >=, 2);
    g_assert_cmpuint(gateway->phase1_count, ==, 0);
    g_assert_cmpuint(client->login_count, ==, 0);
}

/* --- two packets --- */

/* MM1, and then a message of an exchange that needs keys there are none of. */
static const struct {
    const char *name;
    guint8 exchange;
    guint8 flags;
    guint32 message_id;
} second_packets[] = {
    {"Mode Config, encrypted", IKE_EXCHANGE_TRANSACTION, IKE_FLAG_ENCRYPTED, 1},
    {"Mode Config, in clear", IKE_EXCHANGE_TRANSACTION, 0, 1},
    {"Mode Config without a message ID", IKE_EXCHANGE_TRANSACTION, IKE_FLAG_ENCRYPTED, 0},
    {"Quick Mode, encrypted", IKE_EXCHANGE_QUICK, IKE_FLAG_ENCRYPTED, 1},
    {"Quick Mode, in clear", IKE_EXCHANGE_QUICK, 0, 1},
    {"Informational, encrypted", IKE_EXCHANGE_INFORMATIONAL, IKE_FLAG_ENCRYPTED, 1},
    {"Main Mode, encrypted", IKE_EXCHANGE_MAIN, IKE_FLAG_ENCRYPTED, 0},
};

static void
test_two_packets_do_not_stop_a_gateway(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(Sim) sim = sim_new(20 + (guint32)i);
    SimNode *client = sim_client(sim, TRUE);
    SimNode *next = sim_client(sim, FALSE);
    SimNode *gateway = sim_gateway(sim, sim_policy(H, M, SUITE, ESP, TRUE), NULL);
    IkeHeader header = {.exchange = second_packets[i].exchange,
                        .flags = second_packets[i].flags,
                        .message_id = second_packets[i].message_id};
    IkePath path = {.local = {gateway->address, 500}, .remote = {client->address, 500}};
    GHashTableIter iter;
    IkeSession *session;
    g_auto(IkeDraft) draft;
    g_autoptr(GBytes) message = NULL;

    sim_connect(client, gateway, sim_policy(H, M, SUITE, ESP, FALSE));
    client->is_gone = TRUE;
    sim_run(sim, 0.2);
    g_hash_table_iter_init(&iter, gateway->engine->sessions);
    g_assert_true(g_hash_table_iter_next(&iter, NULL, (gpointer *)&session));
    g_assert_null(session->current->keys);
    memcpy(header.cky_i, session->current->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, session->current->cky_r, sizeof(header.cky_r));
    draft = ike_draft_init(&header);
    add_attributes(&draft, IKE_CFG_REQUEST, 1);
    message = ike_draft_finish(&draft);
    sim_inject(gateway, &path, message, 1);
    sim_run(sim, 1);
    sim_connect(next, gateway, sim_policy(H, M, SUITE, ESP, FALSE));
    g_assert_true(sim_settle(sim, next, 60));
    g_assert_true(sim_is_connected(next));
}

/* --- somebody else's --- */

/* An authenticated guest that knows another's cookies, which travel in clear. */
static void
test_a_guest_cannot_end_another(void)
{
    g_autoptr(Puppet) puppet =
        puppet_new_guest(sim_policy(H, A, SUITE, ESP, FALSE), sim_policy(H, A, SUITE, ESP, TRUE));
    SimNode *victim = sim_client(puppet->sim, FALSE);
    const IkeSa *sa;
    IkeDraft draft;
    Writer *body;

    sim_connect(victim, puppet->gateway, sim_policy(H, A, SUITE, ESP, FALSE));
    g_assert_true(sim_settle(puppet->sim, victim, 60));
    g_assert_true(sim_is_connected(victim));
    sa = session_of(victim)->current;
    draft = puppet_begin(puppet, IKE_EXCHANGE_INFORMATIONAL, PUPPET_HASH_RIGHT);
    body = ike_draft_open(&draft, IKE_PAYLOAD_DELETE);
    writer_u32(body, IKE_DOI_IPSEC);
    writer_u8(body, IKE_PROTOCOL_ISAKMP);
    writer_u8(body, 2 * IKE_COOKIE_LENGTH);
    writer_u16(body, 1);
    writer_put(body, sa->cky_i, IKE_COOKIE_LENGTH);
    writer_put(body, sa->cky_r, IKE_COOKIE_LENGTH);
    ike_draft_close(&draft);
    puppet_end(puppet, &draft, PUPPET_HASH_RIGHT);
    ike_draft_clear(&draft);
    sim_run(puppet->sim, 2);
    ike_engine_rekey(victim->engine, puppet->sim->now, victim->session);
    sim_drain(victim);
    sim_run(puppet->sim, 5);
    g_assert_cmpuint(victim->closed_count, ==, 0);
    g_assert_cmpuint(victim->children_up, ==, 2);
}

/* What proves nothing moves nobody. */
static void
test_unproved_messages_move_no_guest(void)
{
    Pair pair = connected(A, 19);
    const IkeSa *sa = session_of(pair.gateway)->current;
    IkePath path = sa->path;
    guint moves = pair.gateway->path_count;
    IkeHeader header = {
        .exchange = IKE_EXCHANGE_QUICK, .flags = IKE_FLAG_ENCRYPTED, .message_id = 4711};
    g_auto(IkeDraft) draft;
    g_autoptr(GBytes) message = NULL;

    memcpy(header.cky_i, sa->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, sa->cky_r, sizeof(header.cky_r));
    draft = ike_draft_init(&header);
    add_attributes(&draft, IKE_CFG_REQUEST, 1);
    message = ike_draft_finish(&draft);
    path.remote.address.octets[3]++;
    path.remote.port = 4001;
    sim_inject(pair.gateway, &path, message, 1);
    sim_run(pair.sim, 1);
    g_assert_cmpuint(pair.gateway->path_count, ==, moves);
    g_assert_false(
        net_endpoint_equal(&session_of(pair.gateway)->current->path.remote, &path.remote));
    sim_free(pair.sim);
}

#define TABLE(rows, function)                                                                      \
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {                                               \
        g_autofree char *path = g_strdup_printf("/sim/guests/" #function "/%s", rows[i].name);     \
                                                                                                   \
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_##function);                          \
    }

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/sim/guests/" #name, test_##name)
    TABLE(refusals, a_refused_proposal_is_told_with_both_sides)
    TEST(lifetime_and_pfs_are_named);
    TEST(a_flood_of_bad_proposals_is_told_a_few_times);
    TABLE(claims, a_guest_speaks_for_its_own_address_alone)
    TABLE(too_early, nothing_but_the_login_before_the_login)
    TABLE(hashes, a_login_counts_with_the_right_hash_alone)
    TEST(hash_i_is_verified_in_hybrid_mode_too);
    TABLE(second_packets, two_packets_do_not_stop_a_gateway)
    TEST(a_guest_cannot_end_another);
    TEST(unproved_messages_move_no_guest);
    return g_test_run();
}
