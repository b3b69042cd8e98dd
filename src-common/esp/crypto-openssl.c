/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The crypto back end that is always there: OpenSSL's EVP, one packet after the other.
 *
 * Algorithms are fetched once and every SA keeps its contexts, because fetching and making
 * contexts costs more than a small packet. HMAC (RFC 2104) is spelled out over a digest context
 * with the two key blocks ready made: EVP_MAC duplicates the digest context, which allocates, for
 * every packet.
 */
#include "esp/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum { HMAC_BLOCK_MAX = 128, SALT = 4, NONCE = 12 };

typedef struct {
    gint number;
    guint16 key_bits;
    const char *algorithm;
} Row;

static const Row cipher_rows[] = {
    {SUITE_ESP_3DES_CBC, 0, "DES-EDE3-CBC"},    {SUITE_ESP_AES_CBC, 128, "AES-128-CBC"},
    {SUITE_ESP_AES_CBC, 192, "AES-192-CBC"},    {SUITE_ESP_AES_CBC, 256, "AES-256-CBC"},
    {SUITE_ESP_AES_GCM_16, 128, "AES-128-GCM"}, {SUITE_ESP_AES_GCM_16, 192, "AES-192-GCM"},
    {SUITE_ESP_AES_GCM_16, 256, "AES-256-GCM"},
};

static const Row digest_rows[] = {
    {SUITE_INTEGRITY_HMAC_MD5_96, 0, "MD5"},
    {SUITE_INTEGRITY_HMAC_SHA1_96, 0, "SHA1"},
    {SUITE_INTEGRITY_HMAC_SHA2_256_128, 0, "SHA2-256"},
    {SUITE_INTEGRITY_HMAC_SHA2_384_192, 0, "SHA2-384"},
    {SUITE_INTEGRITY_HMAC_SHA2_512_256, 0, "SHA2-512"},
};

/* What the library lacks (3DES or MD5 under some policies) stays NULL. */
typedef struct {
    EVP_CIPHER *ciphers[G_N_ELEMENTS(cipher_rows)];
    EVP_MD *digests[G_N_ELEMENTS(digest_rows)];
} Shared;

typedef struct {
    EVP_CIPHER_CTX *cipher;
    EVP_MD_CTX *digest; /* NULL with AES-GCM */
    const EVP_MD *algorithm;
    guint8 hmac_block;
    guint8 hmac_size;
    guint8 salt[SALT];
    guint8 inner_key[HMAC_BLOCK_MAX];
    guint8 outer_key[HMAC_BLOCK_MAX];
} Schedule;

static gpointer
open_shared(GError **error)
{
    Shared *shared = g_new0(Shared, 1);
    gsize found = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(cipher_rows); i++) {
        shared->ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_rows[i].algorithm, NULL);
        found += shared->ciphers[i] != NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(digest_rows); i++)
        shared->digests[i] = EVP_MD_fetch(NULL, digest_rows[i].algorithm, NULL);
    if (found > 0)
        return shared;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "The crypto library offers none of the ESP ciphers");
    g_free(shared);
    return NULL;
}

static void
close_shared(gpointer data)
{
    Shared *shared = data;

    for (gsize i = 0; i < G_N_ELEMENTS(cipher_rows); i++)
        EVP_CIPHER_free(shared->ciphers[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(digest_rows); i++)
        EVP_MD_free(shared->digests[i]);
    g_free(shared);
}

static const EVP_CIPHER *
find_cipher(const Shared *shared, const SuiteEsp *suite)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cipher_rows); i++)
        if (cipher_rows[i].number == (gint)suite->cipher &&
            cipher_rows[i].key_bits == suite->key_bits)
            return shared->ciphers[i];
    return NULL;
}

static const EVP_MD *
find_digest(const Shared *shared, const SuiteEsp *suite)
{
    for (gsize i = 0; i < G_N_ELEMENTS(digest_rows); i++)
        if (digest_rows[i].number == (gint)suite->integrity)
            return shared->digests[i];
    return NULL;
}

static void
clear(gpointer data)
{
    Schedule *schedule = data;

    EVP_CIPHER_CTX_free(schedule->cipher);
    EVP_MD_CTX_free(schedule->digest);
    OPENSSL_cleanse(schedule, sizeof *schedule);
    g_free(schedule);
}

static gboolean
prepare_hmac(Schedule *schedule, const EVP_MD *algorithm, const guint8 *key, gsize length)
{
    gint block = EVP_MD_get_block_size(algorithm);

    g_assert(block > 0 && block <= HMAC_BLOCK_MAX && length <= (gsize)block);
    schedule->algorithm = algorithm;
    schedule->hmac_block = (guint8)block;
    schedule->hmac_size = (guint8)EVP_MD_get_size(algorithm);
    memset(schedule->inner_key, 0x36, sizeof schedule->inner_key);
    memset(schedule->outer_key, 0x5c, sizeof schedule->outer_key);
    for (gsize i = 0; i < length; i++) {
        schedule->inner_key[i] ^= key[i];
        schedule->outer_key[i] ^= key[i];
    }
    schedule->digest = EVP_MD_CTX_new();
    return EVP_DigestInit_ex2(schedule->digest, algorithm, NULL) == 1;
}

static gpointer
prepare(gpointer data, const SuiteEsp *suite, EspDirection direction, const guint8 *keymat,
        GError **error)
{
    const EVP_CIPHER *cipher = find_cipher(data, suite);
    gboolean is_aead = suite->cipher == SUITE_ESP_AES_GCM_16;
    const EVP_MD *digest = is_aead ? NULL : find_digest(data, suite);
    gsize key_length = suite_esp_key_length(suite);
    Schedule *schedule;

    if (cipher == NULL || (digest == NULL && !is_aead)) {
        char text[SUITE_TEXT_SIZE];

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "The crypto library does not offer %s", suite_esp_format(suite, text));
        return NULL;
    }
    schedule = g_new0(Schedule, 1);
    schedule->cipher = EVP_CIPHER_CTX_new();
    if (is_aead)
        memcpy(schedule->salt, keymat + key_length, SALT);
    if (EVP_CipherInit_ex2(schedule->cipher, cipher, keymat, NULL, direction == ESP_SEAL, NULL) ==
            1 &&
        EVP_CIPHER_CTX_set_padding(schedule->cipher, 0) == 1 &&
        (is_aead ||
         prepare_hmac(schedule, digest, keymat + key_length, suite_esp_integrity_length(suite))))
        return schedule;
    clear(schedule);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The crypto library refused an ESP key");
    return NULL;
}

static gboolean
hmac(const Schedule *schedule, const guint8 *data, gsize length, guint8 *ret_digest)
{
    EVP_MD_CTX *digest = schedule->digest;

    return EVP_DigestInit_ex2(digest, schedule->algorithm, NULL) == 1 &&
           EVP_DigestUpdate(digest, schedule->inner_key, schedule->hmac_block) == 1 &&
           EVP_DigestUpdate(digest, data, length) == 1 &&
           EVP_DigestFinal_ex(digest, ret_digest, NULL) == 1 &&
           EVP_DigestInit_ex2(digest, schedule->algorithm, NULL) == 1 &&
           EVP_DigestUpdate(digest, schedule->outer_key, schedule->hmac_block) == 1 &&
           EVP_DigestUpdate(digest, ret_digest, schedule->hmac_size) == 1 &&
           EVP_DigestFinal_ex(digest, ret_digest, NULL) == 1;
}

static gboolean
crypt_cbc(const Schedule *schedule, const guint8 *iv, guint8 *data, gint length)
{
    return EVP_CipherInit_ex2(schedule->cipher, NULL, NULL, iv, -1, NULL) == 1 &&
           EVP_Cipher(schedule->cipher, data, data, (guint)length) == length;
}

static gboolean
start_gcm(const EspFrame *frame, const Schedule *schedule, gint *ret_length)
{
    guint8 nonce[NONCE];

    memcpy(nonce, schedule->salt, SALT);
    memcpy(nonce + SALT, frame->data + ESP_HEADER, NONCE - SALT);
    return EVP_CipherInit_ex2(schedule->cipher, NULL, NULL, nonce, -1, NULL) == 1 &&
           EVP_CipherUpdate(schedule->cipher, NULL, ret_length, frame->data, ESP_HEADER) == 1;
}

static gboolean
seal_gcm(EspFrame *frame, const Schedule *schedule)
{
    guint8 *text = frame->data + frame->sa->head;
    guint8 *icv = frame->data + frame->length - frame->sa->icv_length;
    gint length;

    return start_gcm(frame, schedule, &length) &&
           EVP_CipherUpdate(schedule->cipher, text, &length, text, (gint)(icv - text)) == 1 &&
           EVP_CipherFinal_ex(schedule->cipher, icv, &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(schedule->cipher, EVP_CTRL_AEAD_GET_TAG, frame->sa->icv_length,
                               icv) == 1;
}

static gboolean
open_gcm(EspFrame *frame, const Schedule *schedule)
{
    guint8 *text = frame->data + frame->sa->head;
    guint8 *icv = frame->data + frame->length - frame->sa->icv_length;
    gint length;

    return start_gcm(frame, schedule, &length) &&
           EVP_CipherUpdate(schedule->cipher, text, &length, text, (gint)(icv - text)) == 1 &&
           EVP_CIPHER_CTX_ctrl(schedule->cipher, EVP_CTRL_AEAD_SET_TAG, frame->sa->icv_length,
                               icv) == 1 &&
           EVP_CipherFinal_ex(schedule->cipher, icv, &length) == 1;
}

static gboolean
seal_cbc(EspFrame *frame, const Schedule *schedule)
{
    guint8 *text = frame->data + frame->sa->head;
    guint8 *icv = frame->data + frame->length - frame->sa->icv_length;
    guint8 digest[EVP_MAX_MD_SIZE];

    if (!crypt_cbc(schedule, frame->data + ESP_HEADER, text, (gint)(icv - text)) ||
        !hmac(schedule, frame->data, (gsize)(icv - frame->data), digest))
        return FALSE;
    memcpy(icv, digest, frame->sa->icv_length);
    return TRUE;
}

static gboolean
open_cbc(EspFrame *frame, const Schedule *schedule)
{
    guint8 *text = frame->data + frame->sa->head;
    guint8 *icv = frame->data + frame->length - frame->sa->icv_length;
    guint8 digest[EVP_MAX_MD_SIZE];

    return hmac(schedule, frame->data, (gsize)(icv - frame->data), digest) &&
           CRYPTO_memcmp(digest, icv, frame->sa->icv_length) == 0 &&
           crypt_cbc(schedule, frame->data + ESP_HEADER, text, (gint)(icv - text));
}

static void
seal(EspFrame *frames, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const Schedule *schedule = frames[i].sa->schedule;

        if (frames[i].verdict != ESP_OK)
            continue;
        /* With sound keys nothing in here can fail; half a packet must never leave. */
        if (!(frames[i].sa->is_aead ? seal_gcm : seal_cbc)(&frames[i], schedule))
            frames[i].verdict = ESP_ICV;
    }
}

static void
open_frames(EspFrame *frames, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const Schedule *schedule = frames[i].sa->schedule;

        if (frames[i].verdict != ESP_OK)
            continue;
        if (!(frames[i].sa->is_aead ? open_gcm : open_cbc)(&frames[i], schedule))
            frames[i].verdict = ESP_ICV;
    }
}

const EspCrypto esp_crypto_openssl = {
    .name = "openssl",
    .open_shared = open_shared,
    .close_shared = close_shared,
    .prepare = prepare,
    .clear = clear,
    .seal = seal,
    .open = open_frames,
};
