/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/natt.h"
#include "ike/vendor.h"
#include "support.h"

/* MD5 of the texts, as the documents derive them. */
static void
test_known_texts_are_recognised(void)
{
    static const struct {
        const char *text;
        guint32 bit;
    } rows[] = {
        {"RFC 3947", IKE_VENDOR_NATT_RFC3947},
        {"draft-ietf-ipsec-nat-t-ike-00", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike-01", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike-02", IKE_VENDOR_NATT_02},
        {"draft-ietf-ipsec-nat-t-ike-02\n", IKE_VENDOR_NATT_02N},
        {"draft-ietf-ipsec-nat-t-ike-03", IKE_VENDOR_NATT_03},
        {"draft-ietf-ipsec-nat-t-ike-04", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike-05", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike-06", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike-07", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike-08", IKE_VENDOR_NATT_OTHER},
        {"draft-ietf-ipsec-nat-t-ike", IKE_VENDOR_NATT_APPLE},
        {"FRAGMENTATION", IKE_VENDOR_FRAGMENTATION},
        {"strongSwan", IKE_VENDOR_STRONGSWAN},
        {"KAME/racoon", IKE_VENDOR_RACOON},
        {"IPSec-Tools", IKE_VENDOR_RACOON},
        {"MS NT5 ISAKMPOAKLEY", IKE_VENDOR_MICROSOFT},
        {"Vid-Initial-Contact", IKE_VENDOR_MICROSOFT},
        {"GSSAPI", IKE_VENDOR_OTHER},
        {"ALTIGA NETWORKS", IKE_VENDOR_CISCO},
        {"ALTIGA GATEWAY", IKE_VENDOR_CISCO},
    };
    g_autoptr(JsonNode) root = test_load("computed/primitives.json");
    JsonObject *texts = json_object_get_object_member(test_object(root), "vendor_id_strings");

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) id = test_member(texts, rows[i].text);

        g_assert_nonnull(id);
        g_assert_cmphex(ike_vendor_of(reader_of_bytes(id)), ==, rows[i].bit);
    }
}

static void
test_variants_are_recognised_and_others_are_not(void)
{
    static const struct {
        const char *hex;
        guint32 bit;
    } rows[] = {
        {"09002689dfd6b712", IKE_VENDOR_XAUTH},
        {"afcad71368a1f1c96b8696fc77570100", IKE_VENDOR_DPD},
        {"3b9031dce4fcf88b489a923963dd0c49", IKE_VENDOR_DPD},
        {"12f5f28c457168a9702d9fe274cc0100", IKE_VENDOR_UNITY},
        {"12f5f28c457168a9702d9fe274cc02d4", IKE_VENDOR_UNITY},
        {"4048b7d56ebce88525e7de7f00d6c2d3c0000000", IKE_VENDOR_FRAGMENTATION},
        {"1f07f70eaa6514d3b0fa96542a500407", IKE_VENDOR_CISCO},
        {"4f45606c50487c5662707575", IKE_VENDOR_LIBRESWAN},
        {"", 0},
        {"09002689dfd6b7", 0},
        {"09002689dfd6b71200", 0},
        {"4048b7d56ebce88525e7de7f00d6c2", 0},
        {"00000000000000000000000000000000", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) id = test_hex(rows[i].hex);

        g_assert_cmphex(ike_vendor_of(reader_of_bytes(id)), ==, rows[i].bit);
    }
}

static void
test_best_common_nat_traversal_is_chosen(void)
{
    guint32 own = IKE_VENDOR_NATT_RFC3947 | IKE_VENDOR_NATT_03 | IKE_VENDOR_NATT_02N;

    g_assert_cmphex(ike_natt_choose(own, own | IKE_VENDOR_NATT_OTHER), ==, IKE_VENDOR_NATT_RFC3947);
    g_assert_cmphex(ike_natt_choose(own, IKE_VENDOR_NATT_02N | IKE_VENDOR_NATT_03), ==,
                    IKE_VENDOR_NATT_03);
    g_assert_cmphex(ike_natt_choose(own, IKE_VENDOR_NATT_OTHER | IKE_VENDOR_DPD), ==, 0);
    g_assert_cmpint(ike_natt_version(IKE_VENDOR_NATT_02), ==, IKE_NATT_VERSION_DRAFT);
    g_assert_cmpint(ike_natt_version(0), ==, IKE_NATT_VERSION_NONE);
    g_assert_cmpint(ike_natt_encapsulation(IKE_NATT_VERSION_DRAFT, TRUE), ==, 61443);
    g_assert_cmpint(ike_natt_encapsulation(IKE_NATT_VERSION_RFC3947, TRUE), ==, 3);
    g_assert_cmpint(ike_natt_encapsulation(IKE_NATT_VERSION_RFC3947, FALSE), ==, 1);
}

static void
test_responder_sends_one_nat_traversal_id(void)
{
    g_autoptr(IkePolicy) policy = ike_policy_new();
    guint32 all = ike_vendor_for_initiator(policy);

    g_assert_cmphex(ike_vendor_for_responder(policy, all) & ~all, ==, 0);
    g_assert_cmphex(
        ike_vendor_for_responder(policy, all) & (IKE_VENDOR_NATT_03 | IKE_VENDOR_NATT_02N), ==, 0);
    g_assert_cmphex(ike_vendor_for_responder(policy, 0) & IKE_VENDOR_FRAGMENTATION, ==, 0);
    policy->natt = IKE_NATT_OFF;
    g_assert_cmphex(ike_vendor_for_responder(policy, all) & IKE_VENDOR_NATT_RFC3947, ==, 0);
}

/* One message with two NAT-D payloads, as the peer at remote sends it to local. */
static IkeNattResult
compare(const char *peer_sees_us, guint16 our_port, guint16 its_port, gboolean tries_500)
{
    IkeHeader header = {.cky_i = {1}, .cky_r = {2}, .exchange = IKE_EXCHANGE_MAIN};
    g_auto(IkeDraft) draft = ike_draft_init(&header);
    IkePath sent = {0};
    IkePath seen = {0};
    g_autoptr(GBytes) message = NULL;
    IkeHeader parsed;
    IkeChain chain;
    Reader body;

    g_assert_true(net_address_parse(peer_sees_us, &sent.remote.address));
    g_assert_true(net_address_parse("203.0.113.1", &sent.local.address));
    sent.remote.port = our_port;
    sent.local.port = its_port;
    ike_natt_put(&draft, IKE_NATT_VERSION_RFC3947, SUITE_HASH_SHA1, &header, &sent, NULL);
    message = ike_draft_finish(&draft);
    g_assert_cmpint(ike_header_parse(reader_of_bytes(message), &parsed, &body), ==, IKE_OK);
    g_assert_cmpint(ike_chain_parse(parsed.next_payload, body, FALSE, &chain), ==, IKE_OK);
    g_assert_true(net_address_parse("10.0.0.5", &seen.local.address));
    g_assert_true(net_address_parse("203.0.113.1", &seen.remote.address));
    seen.local.port = seen.remote.port = 4500;
    return ike_natt_compare(&chain, IKE_NATT_VERSION_RFC3947, SUITE_HASH_SHA1, &parsed, &seen,
                            tries_500, FALSE);
}

static void
test_hashes_tell_who_is_behind_nat(void)
{
    IkeNattResult open = compare("10.0.0.5", 4500, 4500, FALSE);
    IkeNattResult local = compare("198.51.100.7", 4500, 4500, FALSE);
    IkeNattResult remote = compare("10.0.0.5", 4500, 32001, FALSE);
    IkeNattResult old_ports = compare("10.0.0.5", 500, 500, TRUE);
    IkeNattResult strict = compare("10.0.0.5", 500, 500, FALSE);

    g_assert_true(open.has_payloads && !open.is_local_behind_nat && !open.is_remote_behind_nat);
    g_assert_true(local.is_local_behind_nat && !local.is_remote_behind_nat);
    g_assert_true(!remote.is_local_behind_nat && remote.is_remote_behind_nat);
    g_assert_true(!old_ports.is_local_behind_nat && !old_ports.is_remote_behind_nat);
    g_assert_true(strict.is_local_behind_nat && strict.is_remote_behind_nat);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/vendor/" #name, test_##name)
    TEST(known_texts_are_recognised);
    TEST(variants_are_recognised_and_others_are_not);
    TEST(best_common_nat_traversal_is_chosen);
    TEST(responder_sends_one_nat_traversal_id);
    TEST(hashes_tell_who_is_behind_nat);
    return g_test_run();
}
