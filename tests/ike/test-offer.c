/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/offer.h"
#include "support.h"

#include <string.h>

enum { HYBRID = 64221 };

static IkePolicy *
policy_of(const char *const *phase1, const char *const *esp)
{
    IkePolicy *policy = ike_policy_new();

    for (; phase1 != NULL && *phase1 != NULL; phase1++) {
        SuitePhase1 suite;

        g_assert_true(suite_phase1_parse(*phase1, &suite));
        g_array_append_val(policy->phase1, suite);
    }
    for (; esp != NULL && *esp != NULL; esp++) {
        SuiteEsp suite;

        g_assert_true(suite_esp_parse(*esp, &suite));
        g_array_append_val(policy->esp, suite);
    }
    return policy;
}

static GBytes *
offer1(const IkePolicy *policy, SuiteGroup only_group)
{
    g_auto(Writer) writer = writer_init(4096);

    ike_offer_write_phase1(&writer, policy, HYBRID, only_group);
    return writer_take_bytes(&writer);
}

static GBytes *
offer2(const IkePolicy *policy, IkeEncapsulation mode, SuiteGroup group)
{
    g_auto(Writer) writer = writer_init(4096);

    ike_offer_write_esp(&writer, policy, 0x12345678, mode, group);
    return writer_take_bytes(&writer);
}

/* PROTOCOL 13.2: the offer of transcript A, whose life is a 4-octet TLV. */
static void
test_offer_has_the_known_octets(void)
{
    g_autoptr(IkePolicy) policy = policy_of((const char *[]){"aes128-sha1-modp1024", NULL}, NULL);
    g_autoptr(GBytes) expected =
        test_hex("00000001000000010000003001010001000000280101000080010007800e0080800200028003fadd"
                 "80040002800b0001000c000400015180");
    g_autoptr(GBytes) offer = NULL;
    g_autofree char *text = NULL;

    policy->phase1_lifetime_seconds = 86400;
    offer = offer1(policy, SUITE_GROUP_NONE);
    test_equal("SAi_b", reader_of_bytes(offer), expected);
    text = ike_offer_format(reader_of_bytes(offer));
    g_assert_cmpstr(text, ==, "aes128-sha1-modp1024 hybrid-rsa 86400s");
}

static void
test_responder_takes_the_first_that_it_allows(void)
{
    static const char *const client[] = {"aes256-sha256-modp2048", "aes128-sha1-modp2048",
                                         "3des-md5-modp1024", NULL};
    static const char *const gateway[] = {"3des-md5-modp1024", "aes128-sha1-modp2048", NULL};
    g_autoptr(IkePolicy) initiator = policy_of(client, NULL);
    g_autoptr(IkePolicy) responder = policy_of(gateway, NULL);
    g_autoptr(GBytes) offer = offer1(initiator, SUITE_GROUP_NONE);
    g_auto(Writer) answer = writer_init(4096);
    IkePhase1Choice choice;
    IkePhase1Choice matched;

    g_assert_cmpint(
        ike_offer_choose_phase1(reader_of_bytes(offer), responder, HYBRID, 256, &choice), ==,
        IKE_OK);
    g_assert_cmpint(choice.suite.cipher, ==, SUITE_IKE_AES_CBC);
    g_assert_cmpint(choice.suite.key_bits, ==, 128);
    ike_offer_answer_phase1(&answer, &choice);
    g_assert_cmpint(ike_offer_match_phase1(reader_of(answer.data, answer.length), initiator, HYBRID,
                                           SUITE_GROUP_NONE, &matched),
                    ==, IKE_OK);
    g_assert_cmpint(matched.suite.hash, ==, SUITE_HASH_SHA1);
    /* A KE of group 2 leaves only the last. */
    g_assert_cmpint(
        ike_offer_choose_phase1(reader_of_bytes(offer), responder, HYBRID, 128, &choice), ==,
        IKE_OK);
    g_assert_cmpint(choice.suite.cipher, ==, SUITE_IKE_3DES_CBC);
    g_assert_cmpint(
        ike_offer_choose_phase1(reader_of_bytes(offer), responder, IKE_METHOD_PSK, 256, &choice),
        ==, IKE_NO_PROPOSAL_CHOSEN);
}

static void
test_initiator_refuses_what_it_did_not_offer(void)
{
    static const char *const offered[] = {"aes256-sha256-modp2048", NULL};
    static const char *const rows[] = {"aes128-sha256-modp2048", "aes256-sha1-modp2048",
                                       "aes256-sha256-modp1024", "3des-sha256-modp2048"};
    g_autoptr(IkePolicy) initiator = policy_of(offered, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(IkePolicy) other = policy_of((const char *[]){rows[i], NULL}, NULL);
        g_autoptr(GBytes) answer = offer1(other, SUITE_GROUP_NONE);
        IkePhase1Choice choice;

        g_assert_cmpint(ike_offer_match_phase1(reader_of_bytes(answer), initiator, HYBRID,
                                               SUITE_GROUP_NONE, &choice),
                        ==, IKE_NO_PROPOSAL_CHOSEN);
    }
}

static void
test_answer_must_be_one_transform_with_a_life_not_above_ours(void)
{
    static const char *const two[] = {"aes256-sha256-modp2048", "aes128-sha256-modp2048", NULL};
    static const guint32 lives[] = {3600, 28801};
    g_autoptr(IkePolicy) initiator = policy_of(two, NULL);
    g_autoptr(IkePolicy) one = policy_of((const char *[]){two[0], NULL}, NULL);
    g_autoptr(GBytes) both = offer1(initiator, SUITE_GROUP_NONE);
    IkePhase1Choice choice;

    g_assert_cmpint(
        ike_offer_match_phase1(reader_of_bytes(both), initiator, HYBRID, SUITE_GROUP_NONE, &choice),
        ==, IKE_BAD_PROPOSAL_SYNTAX);
    for (gsize i = 0; i < G_N_ELEMENTS(lives); i++) {
        g_autoptr(GBytes) answer = NULL;
        guint32 life = lives[i];

        one->phase1_lifetime_seconds = life;
        answer = offer1(one, SUITE_GROUP_NONE);
        g_assert_cmpint(ike_offer_match_phase1(reader_of_bytes(answer), initiator, HYBRID,
                                               SUITE_GROUP_NONE, &choice),
                        ==, life == 3600 ? IKE_OK : IKE_NO_PROPOSAL_CHOSEN);
        if (life == 3600)
            g_assert_cmpuint(choice.lifetime_seconds, ==, 3600);
    }
}

static void
test_lives_are_judged_as_the_policy_says(void)
{
    static const struct {
        IkeProposalCheck check;
        guint32 offered;
        gboolean is_taken;
        guint32 agreed;
        gboolean needs_notify;
    } rows[] = {
        {IKE_CHECK_OBEY, 7200, TRUE, 7200, FALSE},   {IKE_CHECK_CLAIM, 7200, TRUE, 3600, TRUE},
        {IKE_CHECK_CLAIM, 1800, TRUE, 1800, FALSE},  {IKE_CHECK_STRICT, 7200, FALSE, 0, FALSE},
        {IKE_CHECK_STRICT, 1800, TRUE, 1800, FALSE}, {IKE_CHECK_EXACT, 1800, FALSE, 0, FALSE},
        {IKE_CHECK_EXACT, 3600, TRUE, 3600, FALSE},
    };
    static const char *const esp[] = {"aes128-sha1", NULL};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(IkePolicy) client = policy_of(NULL, esp);
        g_autoptr(IkePolicy) gateway = policy_of(NULL, esp);
        g_autoptr(GBytes) offer = NULL;
        IkeEspChoice choice;
        IkeNotify result;

        client->esp_lifetime_seconds = rows[i].offered;
        gateway->proposal_check = rows[i].check;
        offer = offer2(client, IKE_ENCAPSULATION_UDP_TUNNEL, SUITE_GROUP_NONE);
        result = ike_offer_choose_esp(reader_of_bytes(offer), gateway, IKE_ENCAPSULATION_UDP_TUNNEL,
                                      0, &choice);
        g_assert_cmpint(result, ==, rows[i].is_taken ? IKE_OK : IKE_NO_PROPOSAL_CHOSEN);
        if (!rows[i].is_taken)
            continue;
        g_assert_cmpuint(choice.lifetime_seconds, ==, rows[i].agreed);
        g_assert_cmpint(choice.needs_responder_lifetime, ==, rows[i].needs_notify);
    }
}

static void
test_esp_offer_is_answered_and_matched(void)
{
    static const char *const client[] = {"aes256gcm16", "aes256-sha256", "aes128-sha1", NULL};
    static const char *const gateway[] = {"aes128-sha1", NULL};
    g_autoptr(IkePolicy) initiator = policy_of(NULL, client);
    g_autoptr(IkePolicy) responder = policy_of(NULL, gateway);
    g_autoptr(GBytes) offer =
        offer2(initiator, IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT, SUITE_GROUP_MODP_2048);
    g_auto(Writer) answer = writer_init(4096);
    IkeEspChoice choice;
    IkeEspChoice matched;

    g_assert_cmpint(ike_offer_choose_esp(reader_of_bytes(offer), responder,
                                         IKE_ENCAPSULATION_UDP_TUNNEL, 256, &choice),
                    ==, IKE_OK);
    g_assert_cmphex(choice.spi, ==, 0x12345678);
    g_assert_cmpint(choice.encapsulation, ==, IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT);
    g_assert_cmpint(choice.pfs_group, ==, SUITE_GROUP_MODP_2048);
    ike_offer_answer_esp(&answer, &choice, 0x9abcdef0);
    g_assert_cmpint(ike_offer_match_esp(reader_of(answer.data, answer.length), initiator,
                                        IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT, SUITE_GROUP_MODP_2048,
                                        &matched),
                    ==, IKE_OK);
    g_assert_cmphex(matched.spi, ==, 0x9abcdef0);
    g_assert_cmpint(ike_offer_match_esp(reader_of(answer.data, answer.length), initiator,
                                        IKE_ENCAPSULATION_UDP_TUNNEL, SUITE_GROUP_NONE, &matched),
                    ==, IKE_NO_PROPOSAL_CHOSEN);
    g_assert_cmpint(ike_offer_match_esp(reader_of(answer.data, answer.length), initiator,
                                        IKE_ENCAPSULATION_TUNNEL, SUITE_GROUP_MODP_2048, &matched),
                    ==, IKE_NO_PROPOSAL_CHOSEN);
}

static void
test_group_and_ke_go_together(void)
{
    static const char *const esp[] = {"aes128-sha1", NULL};
    static const struct {
        SuiteGroup group;
        gsize ke_length;
        IkeNotify result;
    } rows[] = {{SUITE_GROUP_NONE, 0, IKE_OK},
                {SUITE_GROUP_NONE, 256, IKE_NO_PROPOSAL_CHOSEN},
                {SUITE_GROUP_MODP_2048, 0, IKE_NO_PROPOSAL_CHOSEN},
                {SUITE_GROUP_MODP_2048, 128, IKE_NO_PROPOSAL_CHOSEN},
                {SUITE_GROUP_MODP_2048, 256, IKE_OK},
                /* weak, and named nowhere in the policy */
                {SUITE_GROUP_MODP_1024, 128, IKE_NO_PROPOSAL_CHOSEN}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(IkePolicy) policy = policy_of(NULL, esp);
        g_autoptr(GBytes) offer = offer2(policy, IKE_ENCAPSULATION_TUNNEL, rows[i].group);
        IkeEspChoice choice;

        g_assert_cmpint(ike_offer_choose_esp(reader_of_bytes(offer), policy,
                                             IKE_ENCAPSULATION_TUNNEL, rows[i].ke_length, &choice),
                        ==, rows[i].result);
    }
}

/* DOI 4.6.3.1; the second row is FortiGate's (PROTOCOL 6.9). */
static void
test_responder_lifetime_is_read(void)
{
    static const struct {
        const char *hex;
        IkeNotify result;
        guint32 seconds;
        guint64 kilobytes;
    } rows[] = {
        {"800100018002012c", IKE_OK, 300, 0},
        {"800b00010002000400007080", IKE_OK, 28800, 0},
        {"80010002000200040000ffff", IKE_OK, 0, 65535},
        {"800100038002012c", IKE_PAYLOAD_MALFORMED, 0, 0},
        {"80010001000200ff", IKE_PAYLOAD_MALFORMED, 0, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) data = test_hex(rows[i].hex);
        guint32 seconds = 0;
        guint64 kilobytes = 0;

        g_assert_cmpint(ike_offer_parse_lifetime(reader_of_bytes(data), &seconds, &kilobytes), ==,
                        rows[i].result);
        g_assert_cmpuint(seconds, ==, rows[i].seconds);
        g_assert_cmpuint(kilobytes, ==, rows[i].kilobytes);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/offer/" #name, test_##name)
    TEST(offer_has_the_known_octets);
    TEST(responder_takes_the_first_that_it_allows);
    TEST(initiator_refuses_what_it_did_not_offer);
    TEST(answer_must_be_one_transform_with_a_life_not_above_ours);
    TEST(lives_are_judged_as_the_policy_says);
    TEST(esp_offer_is_answered_and_matched);
    TEST(group_and_ke_go_together);
    TEST(responder_lifetime_is_read);
    return g_test_run();
}
