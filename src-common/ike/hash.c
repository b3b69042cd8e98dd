/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

/* Looking an algorithm up costs more than a short hash does, so each is fetched once for the
 * process and then only read: a constant that OpenSSL cannot give us at build time. */
typedef struct {
    SuiteHash hash;
    const char *name;
    gsize length;
    EVP_MD *digest;
    EVP_MAC_CTX *hmac; /* keyless; copied for each use */
} HashRow;

static HashRow rows[] = {
    {SUITE_HASH_MD5, "MD5", 16, NULL, NULL},
    {SUITE_HASH_SHA1, "SHA1", 20, NULL, NULL},
    {SUITE_HASH_SHA2_256, "SHA2-256", 32, NULL, NULL},
    {SUITE_HASH_SHA2_384, "SHA2-384", 48, NULL, NULL},
    {SUITE_HASH_SHA2_512, "SHA2-512", 64, NULL, NULL},
};

static void
fetch(HashRow *row)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)row->name, 0),
        OSSL_PARAM_construct_end(),
    };

    gboolean is_good;

    row->digest = EVP_MD_fetch(NULL, row->name, NULL);
    row->hmac = EVP_MAC_CTX_new(hmac);
    is_good = row->digest != NULL && row->hmac != NULL &&
              EVP_MAC_CTX_set_params(row->hmac, parameters) == 1;
    EVP_MAC_free(hmac);
    g_assert(is_good);
}

static const HashRow *
fetched(void)
{
    static gsize is_done;

    if (g_once_init_enter(&is_done)) {
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
            fetch(&rows[i]);
        g_once_init_leave(&is_done, 1);
    }
    return rows;
}

static const HashRow *
row_of(const HashRow *table, SuiteHash hash)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (table[i].hash == hash)
            return &table[i];
    return NULL;
}

gsize
ike_hash_length(SuiteHash hash)
{
    const HashRow *row = row_of(rows, hash);

    return row != NULL ? row->length : 0;
}

void
ike_hash(SuiteHash hash, const Reader *parts, gsize count, guint8 *ret_hash)
{
    const HashRow *row = row_of(fetched(), hash);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    gboolean is_good;

    g_assert(row != NULL);
    is_good = EVP_DigestInit_ex2(context, row->digest, NULL);
    for (gsize i = 0; i < count; i++)
        is_good = is_good && EVP_DigestUpdate(context, parts[i].at, reader_left(&parts[i]));
    is_good = is_good && EVP_DigestFinal_ex(context, ret_hash, NULL);
    EVP_MD_CTX_free(context);
    g_assert(is_good);
}

void
ike_prf(SuiteHash hash, Reader key, const Reader *parts, gsize count, guint8 *ret_output)
{
    static const guint8 no_key[1];
    const HashRow *row = row_of(fetched(), hash);
    EVP_MAC_CTX *context;
    gboolean is_good;

    g_assert(row != NULL);
    context = EVP_MAC_CTX_dup(row->hmac);
    /* NULL would mean "the key that is set already". */
    is_good =
        EVP_MAC_init(context, reader_left(&key) > 0 ? key.at : no_key, reader_left(&key), NULL);
    for (gsize i = 0; i < count; i++)
        is_good = is_good && EVP_MAC_update(context, parts[i].at, reader_left(&parts[i]));
    is_good = is_good && EVP_MAC_final(context, ret_output, NULL, row->length);
    EVP_MAC_CTX_free(context);
    g_assert(is_good);
}

Reader
ike_part_of_secret(const Secret *secret)
{
    return reader_of(secret_data(secret), secret_length(secret));
}
