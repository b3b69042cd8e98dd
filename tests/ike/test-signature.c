/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/certificate.h"
#include "ike/signature.h"
#include "ike/trust.h"
#include "support.h"

#include <string.h>

static IkePrivateKey *
key_of(const char *path)
{
    g_autofree char *full = g_build_filename(TEST_VECTORS, path, NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    IkePrivateKey *key;

    g_assert_true(g_file_get_contents(full, &text, &length, &error));
    key = ike_private_key_new(reader_of(text, length), &error);
    g_assert_no_error(error);
    return key;
}

static GBytes *
certificate_of(const char *name)
{
    g_autoptr(JsonNode) root = test_load("computed/certs.json");

    return test_member(test_object(root), name);
}

/* Transcript A: what the key signs is what was computed, and it verifies. */
static void
test_signature_is_as_computed(void)
{
    g_autoptr(JsonNode) root = test_load("computed/A_hybrid_aggressive_aes128_sha1_modp1024.json");
    JsonObject *derived = json_object_get_object_member(test_object(root), "derived");
    g_autoptr(GBytes) hash = test_member(derived, "HASH_R");
    g_autoptr(GBytes) expected = test_member(derived, "SIG_R");
    g_autoptr(GBytes) certificate = certificate_of("gateway");
    g_autoptr(IkePrivateKey) key = key_of("computed/gateway.key.pem");
    g_autoptr(GBytes) signature = ike_private_key_sign(key, reader_of_bytes(hash));

    test_equal("SIG_R", reader_of_bytes(signature), expected);
    g_assert_true(ike_private_key_fits(key, certificate));
    g_assert_cmpuint(ike_private_key_bits(key), ==, 2048);
    g_assert_cmpint(
        ike_signature_check(certificate, reader_of_bytes(hash), reader_of_bytes(signature)), ==,
        IKE_OK);
}

static void
test_changed_signature_or_hash_is_refused(void)
{
    g_autoptr(GBytes) certificate = certificate_of("gateway");
    g_autoptr(GBytes) other = certificate_of("client");
    g_autoptr(GBytes) rubbish = g_bytes_new_static("rubbish", 7);
    g_autoptr(IkePrivateKey) key = key_of("computed/gateway.key.pem");
    guint8 hash[32] = {1, 2, 3};
    g_autoptr(GBytes) signature = ike_private_key_sign(key, reader_of(hash, 20));
    gsize length = g_bytes_get_size(signature);
    g_autofree guint8 *changed = g_memdup2(g_bytes_get_data(signature, NULL), length);

    g_assert_cmpint(ike_signature_check(other, reader_of(hash, 20), reader_of_bytes(signature)), ==,
                    IKE_INVALID_SIGNATURE);
    g_assert_cmpint(ike_signature_check(rubbish, reader_of(hash, 20), reader_of_bytes(signature)),
                    ==, IKE_INVALID_CERTIFICATE);
    g_assert_cmpint(
        ike_signature_check(certificate, reader_of(hash, 16), reader_of_bytes(signature)), ==,
        IKE_INVALID_SIGNATURE);
    g_assert_cmpint(
        ike_signature_check(certificate, reader_of(hash, 20), reader_of(changed, length - 1)), ==,
        IKE_INVALID_SIGNATURE);
    changed[length - 1] ^= 1;
    g_assert_cmpint(
        ike_signature_check(certificate, reader_of(hash, 20), reader_of(changed, length)), ==,
        IKE_INVALID_SIGNATURE);
    hash[0] ^= 1;
    g_assert_cmpint(
        ike_signature_check(certificate, reader_of(hash, 20), reader_of_bytes(signature)), ==,
        IKE_INVALID_SIGNATURE);
}

static void
test_only_hashes_are_signed(void)
{
    static const gsize lengths[] = {0, 1, 15, 17, 21, 31, 33, 35, 51, 63, 65, 245};
    g_autoptr(IkePrivateKey) key = key_of("computed/gateway.key.pem");
    guint8 octets[256] = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++)
        g_assert_null(ike_private_key_sign(key, reader_of(octets, lengths[i])));
}

static void
test_rubbish_is_no_private_key(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(ike_private_key_new(reader_of("rubbish", 7), &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_null(ike_private_key_new(reader_of(NULL, 0), &error));
    g_assert_nonnull(error);
}

/* A certificate shows what people need to decide. */
static void
test_certificate_tells_who_it_is(void)
{
    g_autoptr(GBytes) certificate = certificate_of("gateway");
    g_autoptr(GBytes) subject = ike_certificate_subject(certificate);
    g_autoptr(GBytes) expected = certificate_of("gateway_dn");
    g_autoptr(IkeCertificateInfo) info = ike_certificate_info(certificate);
    g_autoptr(GBytes) rubbish = g_bytes_new_static("rubbish", 7);

    test_equal("subject", reader_of_bytes(subject), expected);
    g_assert_true(g_str_has_prefix(info->subject, "CN="));
    g_assert_cmpuint(strlen(info->sha256), ==, 95);
    g_assert_cmpuint(info->key_bits, ==, 2048);
    g_assert_cmpint(info->not_before_unix_seconds, <, info->not_after_unix_seconds);
    g_assert_null(ike_certificate_info(rubbish));
    g_assert_null(ike_certificate_subject(rubbish));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/signature/" #name, test_##name)
    TEST(signature_is_as_computed);
    TEST(changed_signature_or_hash_is_refused);
    TEST(only_hashes_are_signed);
    TEST(rubbish_is_no_private_key);
    TEST(certificate_tells_who_it_is);
    return g_test_run();
}
