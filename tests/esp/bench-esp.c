/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nanoseconds for one packet, by suite and batch.
 *
 * The limit is what the crypto library takes for the same octets in one long run: cipher and digest
 * alone, no packets. "of limit" is limit / measured, of the largest batch: 1.00 would be a plane
 * whose packets cost nothing. Rounds are interleaved and medians taken, because the machine's speed
 * wanders.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "support.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { INNER = 1420, ROOM = 2048, BATCH_MAX = 64, ROUNDS = 9, PACKETS = 2048, BULK = 64 * 1024 };

static const char *const suites[] = {
    "3des-sha1",     "aes128-md5",    "aes128-sha1",   "aes256-sha1", "aes128-sha256",
    "aes256-sha256", "aes256-sha384", "aes256-sha512", "aes128gcm16", "aes256gcm16",
};
static const guint batches[] = {1, 4, 16, 64};

typedef struct {
    gdouble seal[G_N_ELEMENTS(batches)][ROUNDS];
    gdouble open[G_N_ELEMENTS(batches)][ROUNDS];
    gdouble limit_seal[ROUNDS];
    gdouble limit_open[ROUNDS];
} Times;

static Times times[G_N_ELEMENTS(suites)];
static guint8 rooms[PACKETS][ROOM];
static guint8 bulk[BULK];

static gdouble
nanoseconds_since(gint64 start, guint packets)
{
    return (gdouble)(g_get_monotonic_time() - start) * 1000 / packets;
}

static gdouble
run_seal(EspSa *sa, guint batch, guint32 *ret_length)
{
    static EspFrame frames[PACKETS];
    gint64 start;

    for (guint i = 0; i < PACKETS; i++) {
        support_packet4(rooms[i] + esp_sa_head(sa), INNER, 1, FALSE);
        frames[i] = (EspFrame){.sa = sa, .data = rooms[i], .inner_length = INNER};
    }
    start = g_get_monotonic_time();
    for (guint i = 0; i < PACKETS; i += batch)
        esp_seal(frames + i, batch);
    *ret_length = frames[0].length;
    return nanoseconds_since(start, PACKETS);
}

static gdouble
run_open(EspSa *sa, guint batch, guint32 length)
{
    static EspFrame frames[PACKETS];
    gdouble result;
    gint64 start;

    for (guint i = 0; i < PACKETS; i++)
        frames[i] = (EspFrame){.sa = sa, .data = rooms[i], .length = length};
    start = g_get_monotonic_time();
    for (guint i = 0; i < PACKETS; i += batch)
        esp_open(frames + i, batch);
    result = nanoseconds_since(start, PACKETS);
    for (guint i = 0; i < PACKETS; i++)
        g_assert_cmpint(frames[i].verdict, ==, ESP_OK);
    return result;
}

static const char *
cipher_of(const SuiteEsp *suite)
{
    static char name[16];

    if (suite->cipher == SUITE_ESP_3DES_CBC)
        return "DES-EDE3-CBC";
    g_snprintf(name, sizeof name, "AES-%u-%s", suite->key_bits,
               suite->cipher == SUITE_ESP_AES_CBC ? "CBC" : "GCM");
    return name;
}

static const char *
digest_of(const SuiteEsp *suite)
{
    switch (suite->integrity) {
    case SUITE_INTEGRITY_HMAC_MD5_96:
        return "MD5";
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        return "SHA1";
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        return "SHA2-256";
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        return "SHA2-384";
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        return "SHA2-512";
    case SUITE_INTEGRITY_NONE:
        break;
    }
    return NULL;
}

/* Cipher and digest over as many octets as PACKETS packets have. */
static gdouble
run_limit(const SuiteEsp *suite, gboolean is_seal)
{
    static const guint8 key[64];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const char *digest_name = digest_of(suite);
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, cipher_of(suite), NULL);
    guint8 out[EVP_MAX_MD_SIZE];
    gint64 start;
    gint length;

    EVP_CipherInit_ex2(cipher, algorithm, key, key, is_seal, NULL);
    EVP_CIPHER_CTX_set_padding(cipher, 0);
    if (digest_name != NULL)
        EVP_DigestInit(digest, EVP_get_digestbyname(digest_name));
    start = g_get_monotonic_time();
    for (gsize left = (gsize)PACKETS * INNER; left >= BULK; left -= BULK) {
        EVP_CipherUpdate(cipher, bulk, &length, bulk, BULK);
        if (digest_name != NULL)
            EVP_DigestUpdate(digest, bulk, BULK);
    }
    if (digest_name != NULL)
        EVP_DigestFinal(digest, out, NULL);
    EVP_CIPHER_CTX_free(cipher);
    EVP_MD_CTX_free(digest);
    EVP_CIPHER_free(algorithm);
    return nanoseconds_since(start, PACKETS);
}

static void
run_round(guint round)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        SuiteEsp suite = support_suite(suites[i]);
        g_autoptr(Secret) keymat = support_any_keymat(&suite);
        g_autoptr(EspContext) context = support_context();

        for (gsize k = 0; k < G_N_ELEMENTS(batches); k++) {
            g_autoptr(EspSa) out = support_sa(context, ESP_SEAL, &suite, 1, keymat);
            g_autoptr(EspSa) in = support_sa(context, ESP_OPEN, &suite, 1, keymat);
            guint32 length;

            times[i].seal[k][round] = run_seal(out, batches[k], &length);
            times[i].open[k][round] = run_open(in, batches[k], length);
        }
        times[i].limit_seal[round] = run_limit(&suite, TRUE);
        times[i].limit_open[round] = run_limit(&suite, FALSE);
    }
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    gdouble x = *(const gdouble *)a;
    gdouble y = *(const gdouble *)b;

    return x < y ? -1 : x > y;
}

static gdouble
median(gdouble *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static void
print_row(const char *suite, const char *what, gdouble values[][ROUNDS], gdouble *limits)
{
    gdouble limit = median(limits);
    gdouble last = 0;

    printf("| %-14s | %-4s |", suite, what);
    for (gsize k = 0; k < G_N_ELEMENTS(batches); k++) {
        last = median(values[k]);
        printf(" %6.0f |", last);
    }
    printf(" %6.0f | %.2f | %5.2f |\n", limit, limit / last, INNER * 8 / last);
}

int
main(void)
{
    for (guint round = 0; round < ROUNDS; round++)
        run_round(round);
    printf("ns for a packet of %d octets, medians of %d rounds\n\n", INNER, ROUNDS);
    printf("| suite          |      | batch 1 |    4 |     16 |     64 |  limit | of limit | "
           "Gbit/s |\n");
    printf("|---|---|---|---|---|---|---|---|---|\n");
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        print_row(suites[i], "seal", times[i].seal, times[i].limit_seal);
        print_row(suites[i], "open", times[i].open, times[i].limit_open);
    }
    return 0;
}
