/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client says to the questions of all kinds of gateways, octet by octet (PROTOCOL 5.2, 5.3;
 * draft-ietf-ipsec-isakmp-xauth-06, draft-beaulieu-ike-xauth-02).
 */
#include "pair.h"
#include "puppet.h"

#include <string.h>

#define FAST "aes128-sha256-x25519"
#define ASK IKE_EXCHANGE_TRANSACTION, IKE_PAYLOAD_ATTR

static Puppet *
make_puppet(IkeConfigMode config)
{
    IkePolicy *ours =
        sim_policy(IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, FAST, "aes256gcm16", FALSE);
    IkePolicy *theirs =
        sim_policy(IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, FAST, "aes256gcm16", TRUE);

    ours->config_mode = config;
    return puppet_new(ours, theirs);
}

/* ATTR bodies. User toto, password "password". */
static const struct {
    const char *name;
    const char *request;
    const char *reply;
    guint logins; /* questions to the user */
} rows[] = {
    {"type, name, password (racoon)", "01000007 c0880000 40890000 408a0000",
     "02000007c088000040890004746f746f408a000870617373776f7264", 1},
    {"no type (strongSwan): none in the answer", "01000000 40890000 408a0000",
     "0200000040890004746f746f408a000870617373776f7264", 1},
    {"order of the question is kept", "01000007 408a0000 40890000",
     "02000007408a000870617373776f726440890004746f746f", 1},
    {"one-time password by type 2", "01000007 c0880002 40890000 408a0000",
     "02000007c088000240890004746f746f408a000870617373776f7264", 1},
    {"RADIUS-CHAP without a challenge", "01000007 c0880001 40890000 408a0000 408d0000",
     "02000007c0880001c08f0000", 0},
    {"a private type is not supported", "01000007 c0889000 40890000", "02000007c0889000c08f0000",
     0},
    {"message and passcode", "01000007 c0880000 408c0002 6869 408b0000",
     "02000007c0880000408b000870617373776f7264", 1},
    {"only a message", "01000007 408c0002 6869", "02000007", 0},
    {"domain given is said again", "01000007 40890000 408a0000 408e0003 4e4554",
     "0200000740890004746f746f408a000870617373776f7264408e00034e4554", 1},
    {"what nobody knows is left out", "01000007 40890000 408a0000 7d880000 00150000",
     "0200000740890004746f746f408a000870617373776f7264", 1},
    {"a new PIN that the user does not give", "01000007 40900000", "0200000740900000", 1},
    {"the same asked twice is answered once", "01000007 40890000 40890000",
     "0200000740890004746f746f", 1},
    {"libreswan's padding", "01000007 40890000 408a0000 0000",
     "0200000740890004746f746f408a000870617373776f7264", 1},
};

static void
test_answer(gconstpointer data)
{
    guint row = GPOINTER_TO_UINT(data);
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);
    g_autofree char *reply = NULL;

    puppet_say(puppet, ASK, rows[row].request);
    reply = puppet_hear(puppet, ASK);
    g_assert_cmpstr(reply, ==, rows[row].reply);
    g_assert_cmpuint(puppet->client->login_count, ==, rows[row].logins);
}

/* The identifier is the client's choice; the rest is RFC 1994's sum. */
static void
test_chap_does_not_tell_the_password(void)
{
    static const guint8 challenge[] = {1, 2, 3, 4};
    static const char head[] = "02000007c088000140890004746f746f408a0011";
    static const char tail[] = "408d000401020304";
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
    g_autofree char *reply = NULL;
    g_autofree char *expected = NULL;
    guint8 id;

    puppet_say(puppet, ASK, "01000007 c0880001 40890000 408a0000 408d0004 01020304");
    reply = puppet_hear(puppet, ASK);
    g_assert_true(g_str_has_prefix(reply, head));
    id = (guint8)(g_ascii_xdigit_value(reply[strlen(head)]) * 16 +
                  g_ascii_xdigit_value(reply[strlen(head) + 1]));
    g_checksum_update(checksum, &id, 1);
    g_checksum_update(checksum, (const guchar *)"password", 8);
    g_checksum_update(checksum, challenge, sizeof(challenge));
    expected = g_strdup_printf("%s%02x%s%s", head, id, g_checksum_get_string(checksum), tail);
    g_assert_cmpstr(reply, ==, expected);
    g_assert_cmpuint(puppet->client->login_count, ==, 1);
}

typedef struct {
    const char *name;
    const char *password;
    const char *wanted_passcode;
    Reason reason; /* NONE = connected */
} ChapRow;

static const ChapRow chap_rows[] = {
    {"right", "password", NULL, REASON_NONE},
    {"wrong", "another", NULL, REASON_AUTH_USER_REJECTED},
    {"a code in a second round is told", "password", "123456", REASON_NONE},
};

static void
test_chap_at_both_ends(gconstpointer data)
{
    const ChapRow *row = data;
    SimPair pair = sim_pair(IKE_METHOD_HYBRID_RSA, IKE_MODE_AGGRESSIVE, TRUE);

    pair.theirs->asks_chap = TRUE;
    pair.gateway = sim_gateway(pair.sim, pair.theirs, NULL);
    pair.gateway->accepted_password = "password";
    pair.gateway->wanted_passcode = row->wanted_passcode;
    pair.gateway->again_field = IKE_FIELD_PASSCODE;
    pair.client->password = row->password;
    pair.client->passcode = row->wanted_passcode;
    sim_connect(pair.client, pair.gateway, pair.ours);
    g_assert_true(sim_settle(pair.sim, pair.client, 60));
    g_assert_cmpint(sim_is_connected(pair.client), ==, row->reason == REASON_NONE);
    g_assert_cmpint(pair.client->reason, ==, row->reason);
    g_assert_cmpuint(pair.gateway->chap_count, ==, 1);
    sim_free(pair.sim);
}

static void
test_several_rounds_and_then_the_verdict(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);

    puppet->client->passcode = "123456";
    for (guint i = 1; i <= 4; i++) {
        g_autofree char *reply = NULL;

        puppet_say(puppet, ASK, "01000007 408c0004 436f6465 408b0000");
        reply = puppet_hear(puppet, ASK);
        g_assert_nonnull(reply);
        g_assert_cmpuint(puppet->client->login_count, ==, i);
        g_assert_cmpstr(puppet->client->login_message, ==, "Code");
    }
    puppet_say(puppet, ASK, "03000007 c08f0000 408c0003 6e6f21");
    g_assert_cmpstr(reason_token(puppet->client->reason), ==, "auth-challenge-failed");
    g_assert_cmpstr(puppet->client->detail, ==, "no!");
}

/* charon acknowledges no probe before the login is over. */
static void
test_slow_typist_is_not_taken_for_a_dead_gateway(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);
    g_autofree char *reply = NULL;

    puppet->client->login_ms = 110 * 1000;
    puppet_say(puppet, ASK, "01000000 40890000 408a0000");
    sim_run(puppet->sim, 115);
    g_assert_cmpuint(puppet->client->closed_count, ==, 0);
    reply = puppet_hear(puppet, ASK);
    g_assert_cmpstr(reply, ==, "0200000040890004746f746f408a000870617373776f7264");
}

static void
test_question_without_end_is_ended(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);

    for (guint i = 0; i < 20 && puppet->client->closed_count == 0; i++)
        puppet_say(puppet, ASK, "01000007 408a0000");
    g_assert_cmpuint(puppet->client->closed_count, ==, 1);
    g_assert_cmpuint(puppet->client->login_count, ==, IKE_MAX_LOGIN_ROUNDS);
}

static void
test_verdict_without_a_question_is_refused(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);

    puppet_say(puppet, ASK, "03000007 c08f0001");
    g_assert_cmpstr(reason_token(puppet->client->reason), ==, "policy-rejected");
}

static void
test_user_who_gives_up_says_so_and_leaves(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);
    g_autofree char *reply = NULL;
    g_autofree char *deletion = NULL;

    puppet->client->cancels_login = TRUE;
    puppet_say(puppet, ASK, "01000007 c0880000 40890000 408a0000");
    reply = puppet_hear(puppet, ASK);
    g_assert_cmpstr(reply, ==, "02000007c0880000c08f0000");
    deletion = puppet_hear(puppet, IKE_EXCHANGE_INFORMATIONAL, IKE_PAYLOAD_DELETE);
    g_assert_true(g_str_has_prefix(deletion, "0000000101100001"));
    g_assert_cmpstr(reason_token(puppet->client->reason), ==, "secrets-cancelled");
}

/* PROTOCOL 5.10: settings before the verdict, which are kept and used. */
static void
test_settings_before_the_verdict(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PUSH);
    g_autofree char *ack = NULL;
    g_autofree char *quick = NULL;

    puppet_say(puppet, ASK, "01000007 40890000 408a0000");
    g_ptr_array_set_size(puppet->heard, 0);
    puppet_say(puppet, ASK, "03000008 00010004 0a070011 00030004 0a070001");
    ack = puppet_hear(puppet, ASK);
    g_assert_true(g_str_has_prefix(ack, "04000008"));
    g_assert_null(puppet->client->settings);
    puppet_say(puppet, ASK, "03000007 c08f0001");
    g_assert_nonnull(puppet->client->settings);
    g_assert_cmpuint(puppet->client->settings->address4.octets[3], ==, 0x11);
    quick = puppet_hear(puppet, IKE_EXCHANGE_QUICK, IKE_PAYLOAD_ID);
    g_assert_cmpstr(quick, ==, "010000000a070011");
}

/* A gateway that refuses 0.0.0.0/0 is asked for its split networks one by one. */
static void
test_split_networks_one_by_one(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PUSH);
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    puppet_say(puppet, ASK, "01000007 40890000 408a0000");
    puppet_say(puppet, ASK, "03000007 c08f0001");
    puppet_say(puppet, ASK, "03000008 00010004 0a070011 7004000e 0a640000 ffff0000 000000000000");
    first = puppet_hear(puppet, IKE_EXCHANGE_QUICK, IKE_PAYLOAD_SA);
    g_assert_nonnull(first);
    g_ptr_array_set_size(puppet->heard, 0);
    puppet_say(puppet, IKE_EXCHANGE_INFORMATIONAL, IKE_PAYLOAD_NOTIFY, "00000001 01000012");
    second = puppet_hear(puppet, IKE_EXCHANGE_QUICK, IKE_PAYLOAD_SA);
    g_assert_nonnull(second);
    g_assert_nonnull(strstr(puppet->client->notes->str, "INVALID-ID-INFORMATION"));
    puppet_say(puppet, IKE_EXCHANGE_INFORMATIONAL, IKE_PAYLOAD_NOTIFY, "00000001 01000012");
    g_assert_cmpstr(reason_token(puppet->client->reason), ==, "selectors-refused");
    g_assert_nonnull(strstr(puppet->client->detail, "10.100.0.0/16"));
}

/* Deletes, probes and settings of a stranger's making reach nobody without the right HASH; with it
 * R-U-THERE is answered even before the login is over. */
static void
test_probe_is_answered_during_the_login(void)
{
    g_autoptr(Puppet) puppet = make_puppet(IKE_CONFIG_PULL);
    g_autoptr(GString) probe = g_string_new("00000001 0110 8d28");
    g_autofree char *answer = NULL;

    for (guint i = 0; i < 16; i++)
        g_string_append_printf(probe, "%02x",
                               i < 8 ? puppet->keys->cky_i[i] : puppet->keys->cky_r[i - 8]);
    g_string_append(probe, "0000002a");
    puppet_say(puppet, IKE_EXCHANGE_INFORMATIONAL, IKE_PAYLOAD_NOTIFY, probe->str);
    answer = puppet_hear(puppet, IKE_EXCHANGE_INFORMATIONAL, IKE_PAYLOAD_NOTIFY);
    g_assert_true(g_str_has_prefix(answer, "0000000101108d29"));
    g_assert_true(g_str_has_suffix(answer, "0000002a"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim/xauth/answer/%s", rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_answer);
    }
#define TEST(name) g_test_add_func("/sim/xauth/" #name, test_##name)
    for (gsize i = 0; i < G_N_ELEMENTS(chap_rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim/xauth/chap/%s", chap_rows[i].name);

        g_test_add_data_func(path, &chap_rows[i], test_chap_at_both_ends);
    }
    TEST(chap_does_not_tell_the_password);
    TEST(several_rounds_and_then_the_verdict);
    TEST(slow_typist_is_not_taken_for_a_dead_gateway);
    TEST(question_without_end_is_ended);
    TEST(verdict_without_a_question_is_refused);
    TEST(user_who_gives_up_says_so_and_leaves);
    TEST(settings_before_the_verdict);
    TEST(split_networks_one_by_one);
    TEST(probe_is_answered_during_the_login);
    return g_test_run();
}
