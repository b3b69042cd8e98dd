/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/dh.h"
#include "support.h"

#include <openssl/bn.h>
#include <string.h>

static IkeDh *
dh_of(JsonObject *row, const char *name, SuiteGroup group)
{
    g_autoptr(GBytes) value = test_member(row, name);
    g_autoptr(GBytes) padded =
        group == SUITE_GROUP_CURVE25519 ? test_padded(value, 32) : g_bytes_ref(value);

    return ike_dh_new(group, reader_of_bytes(padded));
}

static void
check_row(JsonObject *row)
{
    JsonNode *number = json_object_get_member(row, "group");
    SuiteGroup group = (SuiteGroup)(json_node_get_value_type(number) == G_TYPE_STRING
                                        ? g_ascii_strtoll(json_node_get_string(number), NULL, 10)
                                        : json_node_get_int(number));
    g_autoptr(IkeDh) a = dh_of(row, "private_a", group);
    g_autoptr(IkeDh) b = dh_of(row, "private_b", group);
    g_autoptr(GBytes) public_a = test_member(row, "public_a");
    g_autoptr(GBytes) public_b = test_member(row, "public_b");
    g_autoptr(GBytes) shared = test_member(row, "shared");
    g_autoptr(Secret) one = NULL;
    g_autoptr(Secret) two = NULL;

    test_equal("public", ike_dh_public(a), public_a);
    test_equal("public", ike_dh_public(b), public_b);
    g_assert_cmpint(ike_dh_agree(a, ike_dh_public(b), &one), ==, IKE_OK);
    g_assert_cmpint(ike_dh_agree(b, ike_dh_public(a), &two), ==, IKE_OK);
    test_equal("shared", reader_of(secret_data(one), secret_length(one)), shared);
    g_assert_true(secret_equal(one, two));
    g_assert_cmpuint(ike_dh_public_length(group), ==, g_bytes_get_size(public_a));
    g_assert_cmpuint(ike_dh_shared_length(group), ==, g_bytes_get_size(shared));
    g_assert_cmpuint(ike_dh_private_length(group), >=, 32);
}

static void
check_rows(const char *name, guint least)
{
    g_autoptr(JsonNode) root = test_load("computed/primitives.json");
    JsonArray *rows = json_object_get_array_member(test_object(root), name);

    g_assert_cmpuint(json_array_get_length(rows), >=, least);
    for (guint i = 0; i < json_array_get_length(rows); i++)
        check_row(json_array_get_object_element(rows, i));
}

static void
test_every_group_agrees_as_computed(void)
{
    check_rows("dh_all_groups", 12);
}

static void
test_leading_zeros_of_the_secret_are_kept(void)
{
    check_rows("dh_shared_secret_with_leading_zero", 5);
}

static BIGNUM *
prime_of(SuiteGroup group)
{
    switch (group) {
    case SUITE_GROUP_MODP_768:
        return BN_get_rfc2409_prime_768(NULL);
    case SUITE_GROUP_MODP_1024:
        return BN_get_rfc2409_prime_1024(NULL);
    case SUITE_GROUP_MODP_1536:
        return BN_get_rfc3526_prime_1536(NULL);
    case SUITE_GROUP_MODP_2048:
        return BN_get_rfc3526_prime_2048(NULL);
    case SUITE_GROUP_MODP_3072:
        return BN_get_rfc3526_prime_3072(NULL);
    case SUITE_GROUP_MODP_4096:
        return BN_get_rfc3526_prime_4096(NULL);
    case SUITE_GROUP_MODP_6144:
        return BN_get_rfc3526_prime_6144(NULL);
    case SUITE_GROUP_MODP_8192:
        return BN_get_rfc3526_prime_8192(NULL);
    case SUITE_GROUP_NONE:
    case SUITE_GROUP_ECP_256:
    case SUITE_GROUP_ECP_384:
    case SUITE_GROUP_ECP_521:
    case SUITE_GROUP_CURVE25519:
        return NULL;
    }
    return NULL;
}

static const SuiteGroup modp[] = {
    SUITE_GROUP_MODP_768,  SUITE_GROUP_MODP_1024, SUITE_GROUP_MODP_1536, SUITE_GROUP_MODP_2048,
    SUITE_GROUP_MODP_3072, SUITE_GROUP_MODP_4096, SUITE_GROUP_MODP_6144, SUITE_GROUP_MODP_8192};

static void
test_primes_are_those_of_the_documents(void)
{
    g_autoptr(JsonNode) root = test_load("computed/primitives.json");
    JsonObject *expected = json_object_get_object_member(test_object(root), "modp_prime_sha256");

    for (gsize i = 0; i < G_N_ELEMENTS(modp); i++) {
        BIGNUM *prime = prime_of(modp[i]);
        gsize length = ike_dh_public_length(modp[i]);
        g_autofree guint8 *octets = g_malloc(length);
        g_autofree char *name = g_strdup_printf("%d", (gint)modp[i]);
        g_autofree char *digest = NULL;

        g_assert_cmpint(BN_bn2binpad(prime, octets, (int)length), ==, (int)length);
        digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets, length);
        g_assert_cmpstr(digest, ==, test_text(expected, name));
        BN_free(prime);
    }
}

static void
expect_refused(const IkeDh *dh, const guint8 *value, gsize length)
{
    Secret *shared = NULL;

    g_assert_cmpint(ike_dh_agree(dh, reader_of(value, length), &shared), ==,
                    IKE_INVALID_KEY_INFORMATION);
    g_assert_null(shared);
}

static void
refuse_around_prime(const IkeDh *dh, const BIGNUM *prime, gint offset, gsize length)
{
    BIGNUM *value = BN_dup(prime);
    g_autofree guint8 *octets = g_malloc(length);

    if (offset < 0)
        BN_sub_word(value, (BN_ULONG)-offset);
    else
        BN_add_word(value, (BN_ULONG)offset);
    BN_bn2binpad(value, octets, (int)length);
    expect_refused(dh, octets, length);
    BN_free(value);
}

static void
test_bad_modp_values_are_refused(void)
{
    static const guint8 private_value[32] = {1, 2, 3, 4, 5, 6, 7, 8};

    for (gsize i = 0; i < G_N_ELEMENTS(modp); i++) {
        g_autoptr(IkeDh) dh = ike_dh_new(modp[i], reader_of(private_value, sizeof private_value));
        BIGNUM *prime = prime_of(modp[i]);
        gsize length = ike_dh_public_length(modp[i]);
        g_autofree guint8 *octets = g_malloc0(length + 1);

        expect_refused(dh, octets, length); /* 0 */
        octets[length - 1] = 1;
        expect_refused(dh, octets, length);     /* 1 */
        expect_refused(dh, octets, length - 1); /* too short */
        octets[length - 1] = 5;
        expect_refused(dh, octets, length + 1); /* too long */
        memset(octets, 0xff, length);
        expect_refused(dh, octets, length); /* far above */
        refuse_around_prime(dh, prime, -1, length);
        refuse_around_prime(dh, prime, 0, length);
        refuse_around_prime(dh, prime, 1, length);
        BN_free(prime);
    }
}

static void
test_points_off_the_curve_are_refused(void)
{
    static const SuiteGroup groups[] = {SUITE_GROUP_ECP_256, SUITE_GROUP_ECP_384,
                                        SUITE_GROUP_ECP_521};
    static const guint8 private_value[32] = {0x11, 0x22};

    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autoptr(IkeDh) dh = ike_dh_new(groups[i], reader_of(private_value, sizeof private_value));
        gsize length = ike_dh_public_length(groups[i]);
        g_autofree guint8 *octets = g_memdup2(ike_dh_public(dh).at, length);

        octets[length - 1] ^= 1;
        expect_refused(dh, octets, length);
        memset(octets, 0, length);
        expect_refused(dh, octets, length);
        memset(octets, 0xff, length);
        expect_refused(dh, octets, length);
        expect_refused(dh, ike_dh_public(dh).at, length - 1);
    }
}

static void
test_private_values_beyond_the_order_are_brought_into_it(void)
{
    static const SuiteGroup groups[] = {SUITE_GROUP_ECP_256, SUITE_GROUP_ECP_384,
                                        SUITE_GROUP_ECP_521};
    guint8 all_ones[66];

    memset(all_ones, 0xff, sizeof all_ones);
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        gsize length = ike_dh_private_length(groups[i]);
        g_autoptr(IkeDh) a = ike_dh_new(groups[i], reader_of(all_ones, length));
        g_autoptr(IkeDh) b = ike_dh_new(groups[i], reader_of("\7\7\7\7", 4));
        g_autoptr(Secret) one = NULL;
        g_autoptr(Secret) two = NULL;

        g_assert_cmpint(ike_dh_agree(a, ike_dh_public(b), &one), ==, IKE_OK);
        g_assert_cmpint(ike_dh_agree(b, ike_dh_public(a), &two), ==, IKE_OK);
        g_assert_true(secret_equal(one, two));
    }
}

static void
test_small_order_points_of_curve25519_are_refused(void)
{
    static const guint8 private_value[32] = {0x40, 1, 2, 3};
    g_autoptr(IkeDh) dh =
        ike_dh_new(SUITE_GROUP_CURVE25519, reader_of(private_value, sizeof private_value));
    guint8 zero[32] = {0};
    guint8 one[32] = {1};

    expect_refused(dh, zero, sizeof zero);
    expect_refused(dh, one, sizeof one);
    expect_refused(dh, one, 31);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/dh/" #name, test_##name)
    TEST(every_group_agrees_as_computed);
    TEST(leading_zeros_of_the_secret_are_kept);
    TEST(primes_are_those_of_the_documents);
    TEST(bad_modp_values_are_refused);
    TEST(points_off_the_curve_are_refused);
    TEST(private_values_beyond_the_order_are_brought_into_it);
    TEST(small_order_points_of_curve25519_are_refused);
    return g_test_run();
}
