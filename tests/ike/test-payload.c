/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/attribute.h"
#include "ike/header.h"
#include "ike/payload.h"
#include "ike/view.h"
#include "support.h"

#include <string.h>

static void
test_headers_are_checked(void)
{
    static const struct {
        const char *hex;
        IkeNotify result;
    } rows[] = {
        {"0102030405060708000000000000000001100400000000000000001c", IKE_OK},
        {"0102030405060708000000000000000001110400000000000000001c", IKE_OK},
        {"01020304050607080000000000000000011004000000000000000020", IKE_UNEQUAL_PAYLOAD_LENGTHS},
        {"0102030405060708000000000000000001100400000000000000001b", IKE_UNEQUAL_PAYLOAD_LENGTHS},
        {"01020304050607080000000000000000011004000000000000010000", IKE_UNEQUAL_PAYLOAD_LENGTHS},
        {"0102030405060708000000000000000001200400000000000000001c", IKE_INVALID_MAJOR_VERSION},
        {"0000000000000000000000000000000001100400000000000000001c", IKE_INVALID_COOKIE},
        {"01020304050607080000000000000000011004000000000000", IKE_UNEQUAL_PAYLOAD_LENGTHS},
        {"", IKE_UNEQUAL_PAYLOAD_LENGTHS},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) datagram = test_hex(rows[i].hex);
        IkeHeader header;
        Reader body;

        g_assert_cmpint(ike_header_parse(reader_of_bytes(datagram), &header, &body), ==,
                        rows[i].result);
    }
}

/* PROTOCOL 1.9; the count is that of the payloads kept. */
static void
test_chains_are_checked(void)
{
    static const struct {
        guint8 first;
        const char *hex;
        gboolean is_decrypted;
        IkeNotify result;
        gsize count;
    } rows[] = {
        {0, "", FALSE, IKE_OK, 0},
        {13, "00000005aa", FALSE, IKE_OK, 1},
        {13, "0d000005aa00000005bb", FALSE, IKE_OK, 2},
        {13, "00000005aa000000", FALSE, IKE_OK, 1},
        {13, "00000005aa00000000", FALSE, IKE_PAYLOAD_MALFORMED, 0},
        {13, "00000005aa01", FALSE, IKE_PAYLOAD_MALFORMED, 0},
        {13, "00000005aa7f3c998803", TRUE, IKE_OK, 1}, /* racoon pads at random */
        {13, "00000003", FALSE, IKE_PAYLOAD_MALFORMED, 0},
        {13, "00000006aa", FALSE, IKE_PAYLOAD_MALFORMED, 0},
        {13, "0d000005aa", FALSE, IKE_PAYLOAD_MALFORMED, 0},
        {13, "000000", FALSE, IKE_PAYLOAD_MALFORMED, 0},
        {13, "00010005aa", FALSE, IKE_OK, 1},
        {13, "00010005aa", TRUE, IKE_PAYLOAD_MALFORMED, 0}, /* a wrong key */
        {15, "0d000005aa00000005bb", FALSE, IKE_OK, 1},     /* NAT-D of old drafts: passed over */
        {200, "0d000005aa00000005bb", FALSE, IKE_OK, 1},
        {2, "00000005aa", FALSE, IKE_INVALID_PAYLOAD_TYPE, 0},
        {23, "00000005aa", FALSE, IKE_INVALID_PAYLOAD_TYPE, 0},
        {127, "00000005aa", FALSE, IKE_INVALID_PAYLOAD_TYPE, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) octets = test_hex(rows[i].hex);
        IkeChain chain;
        IkeNotify result =
            ike_chain_parse(rows[i].first, reader_of_bytes(octets), rows[i].is_decrypted, &chain);

        g_assert_cmpint(result, ==, rows[i].result);
        if (result == IKE_OK)
            g_assert_cmpuint(chain.count, ==, rows[i].count);
    }
}

static void
test_payloads_have_a_limit(void)
{
    for (guint extra = 0; extra < 2; extra++) {
        g_autoptr(GString) hex = g_string_new(NULL);
        g_autoptr(GBytes) octets = NULL;
        IkeChain chain;

        for (guint i = 1; i < IKE_MAX_PAYLOADS + extra; i++)
            g_string_append(hex, "0d000005aa");
        g_string_append(hex, "00000005aa");
        octets = test_hex(hex->str);
        g_assert_cmpint(ike_chain_parse(13, reader_of_bytes(octets), FALSE, &chain), ==,
                        extra == 0 ? IKE_OK : IKE_PAYLOAD_MALFORMED);
    }
}

static void
test_hash_covers_passed_over_payloads_but_no_padding(void)
{
    g_autoptr(GBytes) octets = test_hex("c8000005aa0b000005bb00000005cc000000000000");
    g_autoptr(GBytes) expected = test_hex("0b000005bb00000005cc");
    IkeChain chain;

    g_assert_cmpint(ike_chain_parse(8, reader_of_bytes(octets), TRUE, &chain), ==, IKE_OK);
    g_assert_cmpuint(chain.count, ==, 2);
    test_equal("behind the hash", ike_chain_behind_hash(&chain), expected);
}

static void
test_offers_must_nest_exactly(void)
{
    static const struct {
        const char *hex;
        IkeNotify result;
    } rows[] = {
        {"000000010000000100000014010100010000000c0101000080010007", IKE_OK},
        {"000000000000000100000014010100010000000c0101000080010007", IKE_OK},
        {"000000020000000100000014010100010000000c0101000080010007", IKE_DOI_NOT_SUPPORTED},
        {"000000010000000200000014010100010000000c0101000080010007", IKE_SITUATION_NOT_SUPPORTED},
        /* two transforms said, one there */
        {"000000010000000100000014010100020000000c0101000080010007", IKE_BAD_PROPOSAL_SYNTAX},
        /* more follows, but nothing does */
        {"000000010000000100000014010100010300000c0101000080010007", IKE_BAD_PROPOSAL_SYNTAX},
        {"000000010000000102000014010100010000000c0101000080010007", IKE_BAD_PROPOSAL_SYNTAX},
        /* proposal shorter and longer than what is in it */
        {"000000010000000100000013010100010000000c0101000080010007", IKE_BAD_PROPOSAL_SYNTAX},
        {"000000010000000100000015010100010000000c0101000080010007", IKE_BAD_PROPOSAL_SYNTAX},
        /* SPI beyond the end; no transform; no proposal */
        {"0000000100000001000000140101ff010000000c0101000080010007", IKE_BAD_PROPOSAL_SYNTAX},
        {"00000001000000010000000801010000", IKE_BAD_PROPOSAL_SYNTAX},
        {"0000000100000001", IKE_BAD_PROPOSAL_SYNTAX},
        {"00000001", IKE_PAYLOAD_MALFORMED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) body = test_hex(rows[i].hex);
        IkeSaView sa;

        g_assert_cmpint(ike_sa_parse(reader_of_bytes(body), TRUE, &sa), ==, rows[i].result);
    }
}

static void
test_deletes_must_be_coherent(void)
{
    static const struct {
        const char *hex;
        gboolean is_good;
    } rows[] = {
        {"000000010304000112345678", TRUE},
        {"00000001030400021234567812345679", TRUE},
        {"00000000011000010102030405060708090a0b0c0d0e0f10", TRUE},
        {"000000010304000212345678", FALSE}, /* two said, one there */
        {"00000001030400011234567800", FALSE},
        {"0000000103040000", FALSE},
        {"0000000101040001aabbccdd", FALSE},
        {"0000000103000005", FALSE},
        {"000000020304000112345678", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) body = test_hex(rows[i].hex);
        IkeDeleteView view;

        g_assert_cmpint(ike_delete_parse(reader_of_bytes(body), &view) == IKE_OK, ==,
                        rows[i].is_good);
    }
}

static void
test_notifies_must_be_coherent(void)
{
    g_autoptr(GBytes) good = test_hex("00000001010000000e");
    g_autoptr(GBytes) dpd = test_hex("0000000101108d280102030405060708090a0b0c0d0e0f1000000007");
    g_autoptr(GBytes) cut = test_hex("0000000101108d2801020304");
    g_autoptr(GBytes) size = test_hex("0000000103ff000e");
    IkeNotifyView view;

    g_assert_cmpint(ike_notify_parse(reader_of_bytes(good), &view), ==, IKE_OK);
    g_assert_cmpint(ike_notify_parse(reader_of_bytes(dpd), &view), ==, IKE_OK);
    g_assert_cmpint(view.type, ==, IKE_R_U_THERE);
    g_assert_cmpuint(reader_u32(&view.data), ==, 7);
    g_assert_cmpint(ike_notify_parse(reader_of_bytes(cut), &view), ==, IKE_PAYLOAD_MALFORMED);
    g_assert_cmpint(ike_notify_parse(reader_of_bytes(size), &view), ==, IKE_PAYLOAD_MALFORMED);
}

static void
test_attributes_are_written_as_computed(void)
{
    g_autoptr(JsonNode) root = test_load("computed/primitives.json");
    JsonArray *rows = json_object_get_array_member(test_object(root), "attributes");
    g_auto(Writer) writer = writer_init(256);
    g_autoptr(GString) hex = g_string_new(NULL);
    g_autoptr(GBytes) expected = NULL;

    for (guint i = 0; i < 5; i++)
        g_string_append(hex, test_text(json_array_get_object_element(rows, i), "hex"));
    expected = test_hex(hex->str);
    ike_attribute_write_basic(&writer, IKE_P1_LIFE_TYPE, IKE_LIFE_SECONDS);
    ike_attribute_write_number(&writer, IKE_P1_LIFE_DURATION, 86400);
    ike_attribute_write_basic(&writer, IKE_P1_LIFE_TYPE, IKE_LIFE_SECONDS);
    ike_attribute_write_number(&writer, IKE_P1_LIFE_DURATION, 28800);
    ike_attribute_write_basic(&writer, IKE_XAUTH_TYPE, 0);
    ike_attribute_write_basic(&writer, IKE_XAUTH_STATUS, IKE_XAUTH_OK);
    ike_attribute_write_empty(&writer, IKE_XAUTH_USER_NAME);
    test_equal("attributes", reader_of(writer.data, writer.length), expected);
}

static void
test_numbers_and_padding_of_attributes_are_read(void)
{
    static const struct {
        const char *hex;
        IkeNotify result;
        guint64 number; /* of the first */
    } rows[] = {
        {"800c0e10", IKE_OK, 3600},
        {"000c000400015180", IKE_OK, 86400},
        {"000c000a00000000000000000e10", IKE_OK, 3600},
        {"00000000800c0e10", IKE_OK, 3600}, /* libreswan's padding */
        {"800c0e10000000", IKE_OK, 3600},
        {"800c0e10000001", IKE_PAYLOAD_MALFORMED, 0},
        {"000c000500015180", IKE_PAYLOAD_MALFORMED, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) list = test_hex(rows[i].hex);
        Reader reader = reader_of_bytes(list);
        IkeAttribute attribute;
        guint64 number;

        g_assert_cmpint(ike_attributes_check(reader), ==, rows[i].result);
        if (rows[i].result != IKE_OK)
            continue;
        g_assert_true(ike_attribute_next(&reader, &attribute));
        g_assert_true(ike_attribute_number(&attribute, &number));
        g_assert_cmpuint(number, ==, rows[i].number);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/payload/" #name, test_##name)
    TEST(headers_are_checked);
    TEST(chains_are_checked);
    TEST(payloads_have_a_limit);
    TEST(hash_covers_passed_over_payloads_but_no_padding);
    TEST(offers_must_nest_exactly);
    TEST(deletes_must_be_coherent);
    TEST(notifies_must_be_coherent);
    TEST(attributes_are_written_as_computed);
    TEST(numbers_and_padding_of_attributes_are_read);
    return g_test_run();
}
