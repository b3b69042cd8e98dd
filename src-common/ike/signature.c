/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/signature.h"

#include "ike/limits.h"

#include <gio/gio.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

struct IkePrivateKey {
    EVP_PKEY *pkey;
};

/* Lengths of MD5, SHA-1, SHA2-256, -384 and -512: all that IKE ever signs. */
static gboolean
is_hash_length(gsize length)
{
    return length == 16 || length == 20 || length == 32 || length == 48 || length == 64;
}

static EVP_PKEY *
public_key_of(GBytes *certificate)
{
    gsize length;
    const guint8 *der = g_bytes_get_data(certificate, &length);
    X509 *x509 = d2i_X509(NULL, &der, (long)length);
    EVP_PKEY *pkey = x509 != NULL ? X509_get_pubkey(x509) : NULL;

    X509_free(x509);
    return pkey;
}

static gboolean
check(EVP_PKEY *pkey, Reader hash, Reader signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
    /* No digest is set: the block holds the bare hash, and OpenSSL compares all of it. */
    gboolean is_good = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                       EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                       EVP_PKEY_verify(context, signature.at, reader_left(&signature), hash.at,
                                       reader_left(&hash)) == 1;

    EVP_PKEY_CTX_free(context);
    return is_good;
}

IkeNotify
ike_signature_check(GBytes *certificate, Reader hash, Reader signature)
{
    EVP_PKEY *pkey = public_key_of(certificate);
    IkeNotify result = IKE_OK;

    if (pkey == NULL || !EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_get_bits(pkey) > IKE_MAX_RSA_BITS)
        result = IKE_INVALID_CERTIFICATE;
    else if (!is_hash_length(reader_left(&hash)) ||
             reader_left(&signature) != (gsize)EVP_PKEY_get_size(pkey) ||
             !check(pkey, hash, signature))
        result = IKE_INVALID_SIGNATURE;
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return result;
}

IkePrivateKey *
ike_private_key_new(Reader octets, GError **error)
{
    EVP_PKEY *pkey = NULL;
    const guint8 *at = octets.at;
    gsize left = reader_left(&octets);
    OSSL_DECODER_CTX *context = OSSL_DECODER_CTX_new_for_pkey(
        &pkey, NULL, NULL, "RSA", OSSL_KEYMGMT_SELECT_PRIVATE_KEY, NULL, NULL);
    /* An empty pass phrase keeps the decoder from asking on the terminal. */
    gboolean is_good = context != NULL &&
                       OSSL_DECODER_CTX_set_passphrase(context, (const guint8 *)"", 0) &&
                       left > 0 && OSSL_DECODER_from_data(context, &at, &left);
    IkePrivateKey *key;

    OSSL_DECODER_CTX_free(context);
    ERR_clear_error();
    if (!is_good || pkey == NULL) {
        EVP_PKEY_free(pkey);
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "This is no RSA private key in PEM or DER, or it is protected by a "
                            "pass phrase");
        return NULL;
    }
    key = g_new0(IkePrivateKey, 1);
    key->pkey = pkey;
    return key;
}

void
ike_private_key_free(IkePrivateKey *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    g_free(key);
}

guint
ike_private_key_bits(const IkePrivateKey *key)
{
    return (guint)EVP_PKEY_get_bits(key->pkey);
}

gboolean
ike_private_key_fits(const IkePrivateKey *key, GBytes *certificate)
{
    EVP_PKEY *pkey = public_key_of(certificate);
    gboolean fits = pkey != NULL && EVP_PKEY_eq(pkey, key->pkey) == 1;

    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return fits;
}

GBytes *
ike_private_key_sign(const IkePrivateKey *key, Reader hash)
{
    gsize length = (gsize)EVP_PKEY_get_size(key->pkey);
    g_autofree guint8 *signature = g_malloc0(length);
    EVP_PKEY_CTX *context;
    gboolean is_good;

    if (!is_hash_length(reader_left(&hash)))
        return NULL;
    context = EVP_PKEY_CTX_new(key->pkey, NULL);
    is_good = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_sign(context, signature, &length, hash.at, reader_left(&hash)) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return is_good ? g_bytes_new_take(g_steal_pointer(&signature), length) : NULL;
}
