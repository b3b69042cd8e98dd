/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/hash.h"
#include "ike/keys.h"
#include "ike/natt.h"
#include "support.h"

#include <string.h>

static Secret *
secret_member(JsonObject *row, const char *name)
{
    g_autoptr(GBytes) bytes = test_member(row, name);

    return test_secret(bytes);
}

static void
expect_member(JsonObject *row, const char *name, const Secret *seen)
{
    g_autoptr(GBytes) expected = test_member(row, name);

    test_equal(name, ike_part_of_secret(seen), expected);
}

static IkeKeys *
keys_of(JsonObject *row, const SuitePhase1 *suite, const Secret *skeyid, const Secret *g_xy)
{
    g_autoptr(GBytes) cky_i = test_member(row, "CKY-I");
    g_autoptr(GBytes) cky_r = test_member(row, "CKY-R");

    return ike_keys_new(suite, g_bytes_get_data(cky_i, NULL), g_bytes_get_data(cky_r, NULL), skeyid,
                        g_xy);
}

/* Ka for every key length in the file. */
static void
check_ka(JsonObject *row, SuiteHash hash, const Secret *skeyid, const Secret *g_xy)
{
    static const struct {
        const char *octets;
        SuiteIkeCipher cipher;
        guint16 bits;
    } rows[] = {{"16", SUITE_IKE_AES_CBC, 128},
                {"24", SUITE_IKE_AES_CBC, 192},
                {"24", SUITE_IKE_3DES_CBC, 0},
                {"32", SUITE_IKE_AES_CBC, 256}};
    JsonObject *expected = json_object_get_object_member(row, "Ka");

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SuitePhase1 suite = {.cipher = rows[i].cipher, .key_bits = rows[i].bits, .hash = hash};
        g_autoptr(IkeKeys) keys = keys_of(row, &suite, skeyid, g_xy);

        expect_member(expected, rows[i].octets, keys->ka);
    }
}

static void
check_natd(JsonObject *row, SuiteHash hash, const char *name, const char *address, guint16 port)
{
    g_autoptr(GBytes) expected = test_member(row, name);
    g_autoptr(GBytes) cky_i = test_member(row, "CKY-I");
    g_autoptr(GBytes) cky_r = test_member(row, "CKY-R");
    IkeHeader header = {0};
    NetEndpoint endpoint = {.port = port};
    guint8 value[IKE_MAX_HASH_LENGTH];

    memcpy(header.cky_i, g_bytes_get_data(cky_i, NULL), sizeof header.cky_i);
    memcpy(header.cky_r, g_bytes_get_data(cky_r, NULL), sizeof header.cky_r);
    g_assert_true(net_address_parse(address, &endpoint.address));
    ike_natt_hash(hash, &header, &endpoint, value);
    test_equal(name, reader_of(value, ike_hash_length(hash)), expected);
}

static void
check_row(JsonObject *row)
{
    SuiteHash hash = (SuiteHash)json_object_get_int_member(row, "hash");
    SuitePhase1 suite = {.cipher = SUITE_IKE_AES_CBC, .key_bits = 128, .hash = hash};
    g_autoptr(GBytes) ni = test_member(row, "Ni");
    g_autoptr(GBytes) nr = test_member(row, "Nr");
    g_autofree char *both_hex = g_strconcat(test_text(row, "Ni"), test_text(row, "Nr"), NULL);
    g_autoptr(GBytes) both = test_hex(both_hex);
    g_autoptr(Secret) psk = secret_new_text(test_text(row, "psk"));
    g_autoptr(Secret) g_xy = secret_member(row, "g^xy");
    g_autoptr(Secret) from_psk = ike_skeyid_from_psk(hash, psk, reader_of_bytes(both));
    g_autoptr(Secret) from_shared =
        ike_skeyid_from_shared(hash, reader_of_bytes(ni), reader_of_bytes(nr), g_xy);
    g_autoptr(IkeKeys) keys = keys_of(row, &suite, from_shared, g_xy);
    guint32 spi = (guint32)g_ascii_strtoull(test_text(row, "spi"), NULL, 16);
    g_autoptr(Secret) keymat = ike_keys_keymat(keys, NULL, IKE_PROTOCOL_ESP, spi,
                                               reader_of_bytes(ni), reader_of_bytes(nr), 144);

    expect_member(row, "SKEYID_psk", from_psk);
    expect_member(row, "SKEYID_sig", from_shared);
    expect_member(row, "SKEYID_d", keys->skeyid_d);
    expect_member(row, "SKEYID_a", keys->skeyid_a);
    expect_member(row, "SKEYID_e", keys->skeyid_e);
    expect_member(row, "KEYMAT_144", keymat);
    check_ka(row, hash, from_shared, g_xy);
    check_natd(row, hash, "natd_ipv4_192.0.2.1_500", "192.0.2.1", 500);
    check_natd(row, hash, "natd_ipv6_2001:db8::1_4500", "2001:db8::1", 4500);
}

static void
test_key_schedule_is_as_computed_for_every_hash(void)
{
    g_autoptr(JsonNode) root = test_load("computed/primitives.json");
    JsonArray *rows = json_object_get_array_member(test_object(root), "key_schedule");

    g_assert_cmpuint(json_array_get_length(rows), ==, 5);
    for (guint i = 0; i < json_array_get_length(rows); i++)
        check_row(json_array_get_object_element(rows, i));
}

/* RFC 2202 and RFC 4231, test case 6: a key longer than the block. */
static void
test_prf_takes_keys_longer_than_a_block(void)
{
    guint8 key[131];
    guint8 output[IKE_MAX_HASH_LENGTH];
    Reader parts[] = {reader_of("Test Using Larger Than Block-Size Key ", 38),
                      reader_of("- Hash Key First", 16)};
    g_autoptr(GBytes) sha1 = test_hex("aa4ae5e15272d00e95705637ce8a3b55ed402112");
    g_autoptr(GBytes) sha256 =
        test_hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");

    memset(key, 0xaa, sizeof key);
    ike_prf(SUITE_HASH_SHA1, reader_of(key, 80), parts, 2, output);
    test_equal("RFC 2202", reader_of(output, 20), sha1);
    ike_prf(SUITE_HASH_SHA2_256, reader_of(key, 131), parts, 2, output);
    test_equal("RFC 4231", reader_of(output, 32), sha256);
}

/* An empty key is a key (no group password), not "the one before". */
static void
test_prf_takes_an_empty_key(void)
{
    guint8 output[IKE_MAX_HASH_LENGTH];
    g_autoptr(GBytes) expected = test_hex("fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");

    ike_prf(SUITE_HASH_SHA1, reader_of(NULL, 0), NULL, 0, output);
    test_equal("HMAC-SHA1 of nothing", reader_of(output, 20), expected);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/keys/" #name, test_##name)
    TEST(key_schedule_is_as_computed_for_every_hash);
    TEST(prf_takes_keys_longer_than_a_block);
    TEST(prf_takes_an_empty_key);
    return g_test_run();
}
