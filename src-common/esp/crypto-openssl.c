/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The crypto back end that is always there: OpenSSL's EVP, one packet after the other.
 *
 * Ciphers are fetched once and every SA keeps its context, because fetching and making contexts
 * costs more than a small packet. HMAC is in esp/hmac.h.
 */
#include "esp/crypto.h"
#include "esp/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum { SALT = 4, NONCE = 12 };

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

/* What the library lacks (3DES under some policies) stays NULL. */
typedef struct {
    EVP_CIPHER *ciphers[G_N_ELEMENTS(cipher_rows)];
} Shared;

typedef struct {
    EVP_CIPHER_CTX *cipher;
    guint8 salt[SALT]; /* AES-GCM */
    HmacKey hmac;      /* CBC */
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
    if (found > 0)
        return shared;
    g_set_error(error, ESP_ERROR, ESP_ERROR_UNSUPPORTED,
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

static void
clear(gpointer data)
{
    Schedule *schedule = data;

    EVP_CIPHER_CTX_free(schedule->cipher);
    OPENSSL_cleanse(schedule, sizeof *schedule);
    g_free(schedule);
}

static gpointer
prepare(gpointer data, const SuiteEsp *suite, EspDirection direction, const guint8 *keymat,
        GError **error)
{
    const EVP_CIPHER *cipher = find_cipher(data, suite);
    gboolean is_aead = suite->cipher == SUITE_ESP_AES_GCM_16;
    const guint8 *rest = keymat + suite_esp_key_length(suite);
    Schedule *schedule = g_new0(Schedule, 1);

    if (cipher == NULL || (!is_aead && !hmac_prepare(&schedule->hmac, suite->integrity, rest,
                                                     suite_esp_integrity_length(suite)))) {
        char text[SUITE_TEXT_SIZE];

        clear(schedule);
        g_set_error(error, ESP_ERROR, ESP_ERROR_UNSUPPORTED, "The crypto library does not offer %s",
                    suite_esp_format(suite, text));
        return NULL;
    }
    if (is_aead)
        memcpy(schedule->salt, rest, SALT);
    schedule->cipher = EVP_CIPHER_CTX_new();
    if (EVP_CipherInit_ex2(schedule->cipher, cipher, keymat, NULL, direction == ESP_SEAL, NULL) ==
            1 &&
        EVP_CIPHER_CTX_set_padding(schedule->cipher, 0) == 1)
        return schedule;
    clear(schedule);
    g_set_error(error, ESP_ERROR, ESP_ERROR_KEY, "The crypto library refused an ESP key");
    return NULL;
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
    guint8 digest[HMAC_SIZE_MAX];

    if (!crypt_cbc(schedule, frame->data + ESP_HEADER, text, (gint)(icv - text)))
        return FALSE;
    hmac_of(&schedule->hmac, frame->data, (gsize)(icv - frame->data), digest);
    memcpy(icv, digest, frame->sa->icv_length);
    return TRUE;
}

static gboolean
open_cbc(EspFrame *frame, const Schedule *schedule)
{
    guint8 *text = frame->data + frame->sa->head;
    guint8 *icv = frame->data + frame->length - frame->sa->icv_length;
    guint8 digest[HMAC_SIZE_MAX];

    hmac_of(&schedule->hmac, frame->data, (gsize)(icv - frame->data), digest);
    return CRYPTO_memcmp(digest, icv, frame->sa->icv_length) == 0 &&
           crypt_cbc(schedule, frame->data + ESP_HEADER, text, (gint)(icv - text));
}

static void
seal(EspFrame *frames, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const Schedule *schedule = frames[i].sa->narrow;

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
        const Schedule *schedule = frames[i].sa->narrow;

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
