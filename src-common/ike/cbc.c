/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/cbc.h"

#include <openssl/evp.h>
#include <string.h>

/* Fetched once for the process and then only read; see hash.c. */
typedef struct {
    const char *name;
    gsize key_length;
    SuiteIkeCipher cipher;
    EVP_CIPHER *evp;
} CipherRow;

static CipherRow rows[] = {
    {"AES-128-CBC", 16, SUITE_IKE_AES_CBC, NULL},
    {"AES-192-CBC", 24, SUITE_IKE_AES_CBC, NULL},
    {"AES-256-CBC", 32, SUITE_IKE_AES_CBC, NULL},
    {"DES-EDE3-CBC", 24, SUITE_IKE_3DES_CBC, NULL},
};

static const EVP_CIPHER *
evp_of(SuiteIkeCipher cipher, gsize key_length)
{
    static gsize is_done;

    if (g_once_init_enter(&is_done)) {
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
            rows[i].evp = EVP_CIPHER_fetch(NULL, rows[i].name, NULL);
        g_once_init_leave(&is_done, 1);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].cipher == cipher && rows[i].key_length == key_length)
            return rows[i].evp;
    return NULL;
}

gsize
ike_cbc_block_length(SuiteIkeCipher cipher)
{
    switch (cipher) {
    case SUITE_IKE_3DES_CBC:
        return 8;
    case SUITE_IKE_AES_CBC:
        return 16;
    }
    return 0;
}

static void
run(SuiteIkeCipher cipher, const Secret *key, const IkeIv *iv, guint8 *octets, gsize length,
    gboolean is_encrypting)
{
    const EVP_CIPHER *evp = evp_of(cipher, secret_length(key));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    gboolean is_good;
    int written = 0;

    g_assert(evp != NULL && iv->length == ike_cbc_block_length(cipher));
    g_assert(length > 0 && length % iv->length == 0 && length <= G_MAXINT);
    is_good = EVP_CipherInit_ex2(context, evp, secret_data(key), iv->octets, is_encrypting, NULL) &&
              EVP_CIPHER_CTX_set_padding(context, 0) &&
              EVP_CipherUpdate(context, octets, &written, octets, (int)length);
    EVP_CIPHER_CTX_free(context);
    g_assert(is_good && (gsize)written == length);
}

void
ike_cbc_encrypt(SuiteIkeCipher cipher, const Secret *key, IkeIv *iv, guint8 *octets, gsize length)
{
    run(cipher, key, iv, octets, length, TRUE);
    memcpy(iv->octets, octets + length - iv->length, iv->length);
}

void
ike_cbc_decrypt(SuiteIkeCipher cipher, const Secret *key, IkeIv *iv, guint8 *octets, gsize length)
{
    IkeIv next = *iv;

    g_assert(length >= iv->length);
    memcpy(next.octets, octets + length - iv->length, iv->length);
    run(cipher, key, iv, octets, length, FALSE);
    *iv = next;
}
