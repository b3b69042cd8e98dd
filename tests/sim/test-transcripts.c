/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine against computed transcripts (tests/vectors): with the transcript's random octets it
 * gets one side's messages and must say what the other side says, octet by octet where its own
 * choices of offers and vendor IDs do not differ, and end with the same ESP keys.
 */
#include "ike/cbc.h"
#include "ike/ike.h"
#include "ike/keys.h"
#include "ike/modecfg.h"
#include "ike/numbers.h"
#include "ike/signature.h"
#include "ike/support.h"

#include <string.h>

typedef struct {
    const char *file;
    gboolean is_gateway;
    const char *suite;
    const char *esp;
    /* Messages of ours that differ in a choice; everything else is equal. */
    const char *different;
} Row;

static const Row rows[] = {
    /* The engine offers draft-03 of NAT traversal too, asks for other settings, and writes a life
     * below 65536 seconds as a basic attribute; QM3 stands on the IV of QM1. */
    {"A_hybrid_aggressive_aes128_sha1_modp1024", FALSE, "aes128-sha1-modp1024", "aes128-sha1",
     "AM1 MODECFG-REQUEST QM1 QM3"},
    {"E_hybrid_main_aes192_sha384_ecp256", FALSE, "aes192-sha384-ecp256", "aes128gcm16",
     "MM1 MODECFG-REQUEST QM1 QM3"},
    {"A_hybrid_aggressive_aes128_sha1_modp1024", TRUE, "aes128-sha1-modp1024", "aes128-sha1", ""},
    /* It asks a hybrid client for no certificate. */
    {"B_hybrid_aggressive_aes256_sha256_modp2048", TRUE, "aes256-sha256-modp2048", "aes256gcm16",
     "AM2"},
    {"C_xauthpsk_main_aes256_sha1_modp1536", TRUE, "aes256-sha1-modp1536", "aes256-sha256", ""},
    /* Its vendor IDs are others. */
    {"D_xauthrsa_main_3des_md5_modp1024", TRUE, "3des-md5-modp1024", "3des-md5", "MM2"},
    {"E_hybrid_main_aes192_sha384_ecp256", TRUE, "aes192-sha384-ecp256", "aes128gcm16", ""},
};

typedef struct {
    JsonObject *vector;
    const Row *row;
    IkeEngine *engine;
    gint64 now;
    GQueue dice[IKE_RANDOM_JITTER + 1]; /* GBytes */
    GQueue sent;                        /* GBytes */
    guint64 session;
    IkePrivateKey *key;
    GBytes *in;
    GBytes *out;
    GString *different;
    GBytes *last; /* of ours, when it was different */
    const char *last_id;
} Replay;

static void
roll(gpointer user_data, IkeRandomUse use, guint8 *ret_octets, gsize length)
{
    Replay *replay = user_data;
    g_autoptr(GBytes) next = g_queue_pop_head(&replay->dice[use]);
    gsize size = next != NULL ? MIN(length, g_bytes_get_size(next)) : 0;

    /* Private values are integers and may be shorter than what was asked for. */
    memset(ret_octets, next != NULL ? 0 : 0x5a, length);
    if (next != NULL && use == IKE_RANDOM_DH_PRIVATE)
        memcpy(ret_octets + length - size, g_bytes_get_data(next, NULL), size);
    else if (next != NULL)
        memcpy(ret_octets, g_bytes_get_data(next, NULL), size);
}

static JsonObject *
inputs(Replay *replay)
{
    return json_object_get_object_member(replay->vector, "inputs");
}

static void
load_die(Replay *replay, IkeRandomUse use, GBytes *octets)
{
    if (octets != NULL)
        g_queue_push_tail(&replay->dice[use], octets);
}

static gboolean
is_ours(const Replay *replay, JsonObject *message)
{
    const char *direction = json_object_get_string_member(message, "dir");

    return strcmp(direction, replay->row->is_gateway ? "R->I" : "I->R") == 0;
}

static JsonObject *
payload_of(JsonObject *message, const char *name)
{
    JsonArray *payloads = json_object_get_array_member(message, "payloads");

    for (guint i = 0; i < json_array_get_length(payloads); i++) {
        JsonObject *payload = json_array_get_object_element(payloads, i);

        if (strcmp(json_object_get_string_member(payload, "name"), name) == 0)
            return payload;
    }
    return NULL;
}

/* The number before the one of the first probe. */
static void
load_sequence(Replay *replay, JsonObject *notify)
{
    g_autoptr(GBytes) body = test_member(notify, "body");
    Reader reader = reader_of_bytes(body);
    guint32 sequence;

    reader_sub(&reader, reader_left(&reader) - 4);
    sequence = reader_u32(&reader) - 1;
    sequence = GUINT32_TO_BE(sequence); /* the macro may look at its argument more than once */
    load_die(replay, IKE_RANDOM_DPD, g_bytes_new(&sequence, sizeof(sequence)));
}

/* An exchange takes a message ID from whoever begins it: the first message that carries it. */
static void
load_message_dice(Replay *replay)
{
    JsonArray *messages = json_object_get_array_member(replay->vector, "messages");
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < json_array_get_length(messages); i++) {
        JsonObject *message = json_array_get_object_element(messages, i);
        const char *id = json_object_get_string_member(message, "msgid");
        JsonObject *attr = payload_of(message, "ATTR");
        JsonObject *nonce = payload_of(message, "NONCE");
        const char *name = json_object_get_string_member(message, "name");

        if (!is_ours(replay, message)) {
            g_hash_table_add(seen, (gpointer)id);
            continue;
        }
        if (strcmp(id, "00000000") != 0 && g_hash_table_add(seen, (gpointer)id)) {
            load_die(replay, IKE_RANDOM_MESSAGE_ID, test_hex(id));
            if (attr != NULL)
                load_die(replay, IKE_RANDOM_IDENTIFIER,
                         test_hex(json_object_get_string_member(attr, "body") + 4));
        }
        if (nonce != NULL)
            load_die(replay, IKE_RANDOM_NONCE, test_member(nonce, "body"));
        if (strcmp(name, "R-U-THERE") == 0)
            load_sequence(replay, payload_of(message, "N"));
    }
}

static void
load_dice(Replay *replay)
{
    gboolean is_gateway = replay->row->is_gateway;
    JsonObject *derived = json_object_get_object_member(replay->vector, "derived");
    JsonObject *esp = json_object_get_object_member(derived, "esp");
    JsonObject *in = json_object_get_object_member(esp, is_gateway ? "i_to_r" : "r_to_i");
    JsonObject *out = json_object_get_object_member(esp, is_gateway ? "r_to_i" : "i_to_r");
    const char *qm = is_gateway ? "qm_dh_private_r" : "qm_dh_private_i";

    load_die(replay, IKE_RANDOM_COOKIE,
             test_member(inputs(replay), is_gateway ? "CKY-R" : "CKY-I"));
    load_die(replay, IKE_RANDOM_DH_PRIVATE,
             test_member(inputs(replay), is_gateway ? "dh_private_r" : "dh_private_i"));
    if (json_object_has_member(derived, qm))
        load_die(replay, IKE_RANDOM_DH_PRIVATE, test_member(derived, qm));
    load_die(replay, IKE_RANDOM_SPI, test_member(in, "spi"));
    load_message_dice(replay);
    replay->in = test_member(in, "keymat");
    replay->out = test_member(out, "keymat");
}

/* --- the host --- */

/* What the transcript's gateway gave. */
static IkeSettings *
lease_of(Replay *replay)
{
    JsonArray *messages = json_object_get_array_member(replay->vector, "messages");
    IkeSettings *lease = ike_settings_new();

    for (guint i = 0; i < json_array_get_length(messages); i++) {
        JsonObject *message = json_array_get_object_element(messages, i);
        g_autoptr(GBytes) body = NULL;
        Reader reader;

        if (strcmp(json_object_get_string_member(message, "name"), "MODECFG-REPLY") != 0)
            continue;
        body = test_member(payload_of(message, "ATTR"), "body");
        reader = reader_of_bytes(body);
        reader_u32(&reader);
        ike_modecfg_parse(reader, lease);
    }
    return lease;
}

static void
answer(Replay *replay, const IkeAction *action)
{
    g_autoptr(Secret) user = secret_new_text("toto");
    g_autoptr(Secret) password = secret_new_text("password");
    g_autoptr(GBytes) signature = NULL;
    g_autoptr(Secret) skeyid = NULL;
    g_autoptr(IkeSettings) lease = NULL;
    IkeLogin login = {.user = user, .password = password};
    IkeVerdict verdict = {.type = IKE_VERDICT_YES};

    if (action->type == IKE_ASK_LOGIN)
        ike_engine_answer_login(replay->engine, replay->now, action->ticket, &login);
    if (action->type == IKE_ASK_TRUST)
        ike_engine_answer_trust(replay->engine, replay->now, action->ticket, REASON_NONE, NULL);
    if (action->type == IKE_ASK_VERDICT) {
        g_assert_true(secret_equal(action->verdict.login.password, password));
        ike_engine_answer_verdict(replay->engine, replay->now, action->ticket, &verdict);
    }
    if (action->type == IKE_ASK_LEASE) {
        lease = lease_of(replay);
        ike_engine_answer_lease(replay->engine, replay->now, action->ticket, lease);
    }
    if (action->type == IKE_ASK_SIGN) {
        signature = ike_private_key_sign(replay->key,
                                         reader_of(action->sign.hash, action->sign.hash_length));
        ike_engine_answer_sign(replay->engine, replay->now, action->ticket, signature);
    }
    if (action->type == IKE_ASK_SKEYID) {
        g_autoptr(Secret) psk = secret_new_text(test_text(inputs(replay), "psk"));

        skeyid =
            ike_skeyid_from_psk(action->skeyid.hash, psk,
                                reader_of(action->skeyid.nonces, action->skeyid.nonces_length));
        ike_engine_answer_skeyid(replay->engine, replay->now, action->ticket, skeyid);
    }
}

static void
drain(Replay *replay)
{
    const IkeAction *action;

    while ((action = ike_engine_next(replay->engine)) != NULL) {
        if (action->type == IKE_SEND)
            g_queue_push_tail(&replay->sent, g_bytes_new(action->send.data, action->send.length));
        if (action->type == IKE_TELL_NOTE)
            g_test_message("%s", action->note.text);
        if (action->type == IKE_TELL_CLOSED)
            g_test_message("closed: %s", reason_token(action->closed.reason));
        if (action->type == IKE_TELL_CHILD_UP) {
            test_equal("KEYMAT in",
                       reader_of(secret_data(action->child_up.keymat_in),
                                 secret_length(action->child_up.keymat_in)),
                       replay->in);
            test_equal("KEYMAT out",
                       reader_of(secret_data(action->child_up.keymat_out),
                                 secret_length(action->child_up.keymat_out)),
                       replay->out);
            replay->session = action->session;
        }
        if (action->ticket != 0)
            answer(replay, action);
    }
}

/* --- the walk --- */

static NetEndpoint
endpoint(const char *text, gint64 port)
{
    NetEndpoint result = {.port = (guint16)port};

    g_assert_true(net_address_parse(text, &result.address));
    return result;
}

/* What the engine's host sees of a message's way; ours first. */
static IkePath
path_of(Replay *replay, gboolean is_natt)
{
    JsonObject *in = inputs(replay);
    const char *seen = test_text(in, "nat_public");
    NetEndpoint client = endpoint(test_text(in, "client_addr"), is_natt ? 4500 : 500);
    NetEndpoint gateway = endpoint(test_text(in, "gateway_addr"), is_natt ? 4500 : 500);

    if (replay->row->is_gateway && seen != NULL)
        client = endpoint(seen, is_natt ? json_object_get_int_member(in, "nat_port_4500") : 500);
    return (IkePath){.local = replay->row->is_gateway ? gateway : client,
                     .remote = replay->row->is_gateway ? client : gateway,
                     .socket = is_natt ? IKE_SOCKET_NATT : IKE_SOCKET_ISAKMP};
}

static gboolean
is_natt(JsonObject *message)
{
    JsonArray *ports = json_object_get_array_member(message, "udp_ports");

    return json_array_get_int_element(ports, 1) == 4500;
}

/* Where our message differed, the peer's answer stands on another IV than in the transcript. */
static GBytes *
reseal(Replay *replay, JsonObject *message)
{
    JsonObject *derived = json_object_get_object_member(replay->vector, "derived");
    g_autoptr(GBytes) packet = test_member(message, "packet");
    g_autoptr(GBytes) padded = test_member(message, "padded");
    g_autoptr(GBytes) key = test_member(derived, "Ka");
    g_autoptr(Secret) ka = test_secret(key);
    gsize packet_length, length, last_length;
    guint8 *copy = g_bytes_unref_to_data(g_bytes_ref(packet), &packet_length);
    const guint8 *plain = g_bytes_get_data(padded, &length);
    const guint8 *last = g_bytes_get_data(replay->last, &last_length);
    IkeIv iv = {.length = 16};

    memcpy(iv.octets, last + last_length - iv.length, iv.length);
    memcpy(copy + IKE_HEADER_LENGTH, plain, length);
    ike_cbc_encrypt(SUITE_IKE_AES_CBC, ka, &iv, copy + IKE_HEADER_LENGTH, length);
    return g_bytes_new_take(copy, packet_length);
}

static void
receive(Replay *replay, JsonObject *message)
{
    g_autoptr(GBytes) packet =
        replay->last != NULL && strcmp(replay->last_id, test_text(message, "msgid")) == 0
            ? reseal(replay, message)
            : test_member(message, "packet");
    IkePath path = path_of(replay, is_natt(message));
    gsize length;
    const guint8 *data = g_bytes_get_data(packet, &length);

    ike_engine_receive(replay->engine, replay->now, &path, data, length);
    drain(replay);
}

/* Fragments are ours to put together again; only whole messages are compared. */
static void
compare(Replay *replay, JsonObject *message)
{
    const char *name = json_object_get_string_member(message, "name");
    g_autoptr(GBytes) expected = test_member(message, "packet");
    g_autoptr(GBytes) seen = g_queue_pop_head(&replay->sent);

    g_clear_pointer(&replay->last, g_bytes_unref);
    if (seen != NULL && g_bytes_equal(seen, expected))
        return;
    if (seen != NULL && strcmp(test_text(message, "msgid"), "00000000") != 0) {
        replay->last = g_bytes_ref(seen);
        replay->last_id = test_text(message, "msgid");
    }
    g_string_append_printf(replay->different, "%s%s", replay->different->len > 0 ? " " : "", name);
    if (seen == NULL)
        g_string_append(replay->different, "(missing)");
}

static void
prompt(Replay *replay, const char *name)
{
    if (strcmp(name, "DELETE-ESP") == 0) {
        ike_engine_hang_up(replay->engine, replay->now, replay->session, REASON_USER_REQUEST);
        drain(replay);
    }
    if (strcmp(name, "R-U-THERE") == 0) {
        ike_engine_probe(replay->engine, replay->now, replay->session);
        drain(replay);
    }
}

static void
walk(Replay *replay)
{
    JsonArray *messages = json_object_get_array_member(replay->vector, "messages");

    for (guint i = 0; i < json_array_get_length(messages); i++) {
        JsonObject *message = json_array_get_object_element(messages, i);

        if (!is_ours(replay, message)) {
            receive(replay, message);
            continue;
        }
        prompt(replay, json_object_get_string_member(message, "name"));
        compare(replay, message);
    }
}

/* --- set-up --- */

static IkePrivateKey *
load_key(const char *name)
{
    g_autofree char *path = g_build_filename(TEST_VECTORS, "computed", name, NULL);
    g_autofree char *text = NULL;
    gsize length;
    IkePrivateKey *key;

    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    key = ike_private_key_new(reader_of(text, length), NULL);
    g_assert_nonnull(key);
    return key;
}

static IkePolicy *
policy_of(Replay *replay)
{
    JsonObject *parameters = json_object_get_object_member(replay->vector, "parameters");
    JsonObject *derived = json_object_get_object_member(replay->vector, "derived");
    gboolean is_main = strcmp(test_text(parameters, "exchange"), "main") == 0;
    gboolean is_gateway = replay->row->is_gateway;
    g_autoptr(GBytes) id = test_member(derived, is_gateway ? "IDir_b" : "IDii_b");
    const guint8 *octets = g_bytes_get_data(id, NULL);
    IkePolicy *policy = ike_policy_new();
    SuitePhase1 suite;
    SuiteEsp esp;

    g_assert_true(suite_phase1_parse(replay->row->suite, &suite));
    g_assert_true(suite_esp_parse(replay->row->esp, &esp));
    g_array_append_val(policy->phase1, suite);
    g_array_append_val(policy->esp, esp);
    policy->mode = is_main ? IKE_MODE_MAIN : IKE_MODE_AGGRESSIVE;
    policy->method = (IkeMethod)json_object_get_int_member(parameters, "auth_method");
    policy->phase1_lifetime_seconds = 86400;
    policy->esp_lifetime_seconds = 3600;
    policy->fragmentation = IKE_FRAGMENTATION_ON;
    policy->fragment_octets = 65000;
    policy->pfs = json_object_has_member(derived, "g(qm)^xy") ? IKE_PFS_AUTO : IKE_PFS_OFF;
    policy->own_id = (IkeId){octets[0], g_bytes_new(octets + 4, g_bytes_get_size(id) - 4)};
    policy->application_version = g_strdup("Coati");
    g_ptr_array_add(policy->own_chain,
                    test_member(inputs(replay), is_gateway ? "gateway_cert" : "client_cert"));
    g_ptr_array_add(policy->ca_names,
                    ike_certificate_subject(test_member(inputs(replay), "ca_cert")));
    return policy;
}

static void
test_transcript(gconstpointer data)
{
    g_autofree char *file = NULL;
    g_autoptr(JsonNode) node = NULL;
    Replay replay = {.row = data, .now = (gint64)1000 * G_USEC_PER_SEC};
    g_autoptr(GPtrArray) policies = g_ptr_array_new();
    IkeOptions options = {.random = roll, .random_data = &replay};
    IkePath isakmp, natt;
    IkePolicy *policy;

    file = g_strdup_printf("computed/%s.json", replay.row->file);
    node = test_load(file);
    replay.vector = test_object(node);
    replay.different = g_string_new(NULL);
    replay.key = load_key(replay.row->is_gateway ? "gateway.key.pem" : "client.key.pem");
    load_dice(&replay);
    policy = policy_of(&replay);
    g_ptr_array_add(policies, policy);
    if (replay.row->is_gateway)
        options.responder_policies = policies;
    replay.engine = ike_engine_new(&options);
    isakmp = path_of(&replay, FALSE);
    natt = path_of(&replay, TRUE);
    if (!replay.row->is_gateway)
        ike_engine_initiate(replay.engine, replay.now, policy, &isakmp, &natt);
    drain(&replay);
    walk(&replay);
    g_assert_cmpuint(replay.session, !=, 0);
    g_assert_cmpstr(replay.different->str, ==, replay.row->different);
    ike_engine_free(replay.engine);
    ike_policy_unref(policy);
    ike_private_key_free(replay.key);
    g_clear_pointer(&replay.last, g_bytes_unref);
    g_bytes_unref(replay.in);
    g_bytes_unref(replay.out);
    g_string_free(replay.different, TRUE);
    for (guint i = 0; i <= IKE_RANDOM_JITTER; i++)
        g_queue_clear_full(&replay.dice[i], (GDestroyNotify)g_bytes_unref);
    g_queue_clear_full(&replay.sent, (GDestroyNotify)g_bytes_unref);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim/transcript/%.1s as %s", rows[i].file,
                                                rows[i].is_gateway ? "gateway" : "client");

        g_test_add_data_func(path, &rows[i], test_transcript);
    }
    return g_test_run();
}
