/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Crypto back ends against each other: what one seals, every other opens, in batches of every size.
 * OpenSSL's answers are held against recordings of other implementations in test-vectors.c.
 */
#include "esp/crypto.h"
#include "support.h"

#include <string.h>

enum { ROOM = 2048, PACKETS = 100, SIZES = 9 };

static const char *const suites[] = {
    "3des-sha1",     "aes128-md5",    "aes128-sha1",   "aes192-sha1",
    "aes256-sha1",   "aes128-sha256", "aes256-sha256", "aes128-sha384",
    "aes256-sha512", "aes128gcm16",   "aes192gcm16",   "aes256gcm16",
};

static const gsize batches[SIZES] = {1, 2, 3, 4, 5, 15, 16, 17, PACKETS};

static EspBackends backends[3];
static const char *const backend_names[] = {"narrow", "wide", "the best"};

static guint8 rooms[PACKETS][ROOM];

static void
fill_backends(void)
{
    backends[0] = (EspBackends){.narrow = &esp_crypto_openssl};
    backends[1] = (EspBackends){
        .narrow = &esp_crypto_openssl, .wide = esp_crypto_wide, .is_always_wide = TRUE};
    backends[2] = (EspBackends){.narrow = &esp_crypto_openssl, .wide = esp_crypto_wide};
}

static gsize
length_of(guint packet)
{
    return 28 + packet * 14 + packet % 16;
}

static void
seal_all(EspSa *out, gsize batch, guint32 *ret_lengths)
{
    EspFrame frames[PACKETS];

    for (guint i = 0; i < PACKETS; i++) {
        support_packet4(rooms[i] + esp_sa_head(out), length_of(i), (guint16)i, FALSE);
        frames[i] = (EspFrame){.sa = out, .data = rooms[i], .inner_length = (guint32)length_of(i)};
    }
    for (gsize at = 0; at < PACKETS; at += batch)
        esp_seal(frames + at, MIN(batch, PACKETS - at));
    for (guint i = 0; i < PACKETS; i++) {
        g_assert_cmpint(frames[i].verdict, ==, ESP_OK);
        ret_lengths[i] = frames[i].length;
    }
}

/* Every fifth packet was tampered with. */
static void
open_all(EspSa *in, gsize batch, const guint32 *lengths)
{
    EspFrame frames[PACKETS];
    guint8 packet[ROOM];

    for (guint i = 0; i < PACKETS; i++) {
        if (i % 5 == 0)
            rooms[i][lengths[i] - 1 - i * 7 % (lengths[i] - ESP_HEADER)] ^= (guint8)(1 << i % 8);
        frames[i] = (EspFrame){.sa = in, .data = rooms[i], .length = lengths[i]};
    }
    for (gsize at = 0; at < PACKETS; at += batch)
        esp_open(frames + at, MIN(batch, PACKETS - at));
    for (guint i = 0; i < PACKETS; i++) {
        if (i % 5 == 0) {
            g_assert_cmpint(frames[i].verdict, ==, ESP_ICV);
            continue;
        }
        g_assert_cmpint(frames[i].verdict, ==, ESP_OK);
        support_packet4(packet, length_of(i), (guint16)i, FALSE);
        g_assert_cmpmem(frames[i].inner, frames[i].inner_length, packet, length_of(i));
    }
}

static void
cross(const char *text, const EspBackends *a, const EspBackends *b)
{
    SuiteEsp suite = support_suite(text);
    g_autoptr(Secret) keymat = support_any_keymat(&suite);
    g_autoptr(EspContext) from = support_context_with(a);
    g_autoptr(EspContext) to = support_context_with(b);
    guint32 lengths[PACKETS];

    for (gsize i = 0; i < SIZES; i++) {
        g_autoptr(EspSa) out = support_sa(from, ESP_SEAL, &suite, 1, keymat);
        g_autoptr(EspSa) in = support_sa(to, ESP_OPEN, &suite, 1, keymat);

        seal_all(out, batches[i], lengths);
        open_all(in, batches[SIZES - 1 - i], lengths);
    }
}

static void
test_every_back_end_opens_what_every_other_sealed(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++)
        for (gsize a = 0; a < G_N_ELEMENTS(backends); a++)
            for (gsize b = 0; b < G_N_ELEMENTS(backends); b++) {
                g_test_message("%s: %s to %s", suites[i], backend_names[a], backend_names[b]);
                cross(suites[i], &backends[a], &backends[b]);
            }
}

static void
test_a_batch_may_mix_suites(void)
{
    g_autoptr(EspContext) context = support_context();
    EspSa *out[G_N_ELEMENTS(suites)];
    EspSa *in[G_N_ELEMENTS(suites)];
    EspFrame frames[PACKETS];

    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        SuiteEsp suite = support_suite(suites[i]);
        g_autoptr(Secret) keymat = support_any_keymat(&suite);

        out[i] = support_sa(context, ESP_SEAL, &suite, (guint32)i + 1, keymat);
        in[i] = support_sa(context, ESP_OPEN, &suite, (guint32)i + 1, keymat);
    }
    for (guint i = 0; i < PACKETS; i++) {
        EspSa *sa = out[i * i / 40 % G_N_ELEMENTS(suites)];

        support_packet4(rooms[i] + esp_sa_head(sa), 200 + i, (guint16)i, FALSE);
        frames[i] = (EspFrame){.sa = sa, .data = rooms[i], .inner_length = 200 + i};
    }
    esp_seal(frames, PACKETS);
    for (guint i = 0; i < PACKETS; i++)
        frames[i] = (EspFrame){
            .sa = in[esp_sa_spi(frames[i].sa) - 1], .data = rooms[i], .length = frames[i].length};
    esp_open(frames, PACKETS);
    for (guint i = 0; i < PACKETS; i++) {
        g_assert_cmpint(frames[i].verdict, ==, ESP_OK);
        g_assert_cmpuint(frames[i].inner_length, ==, 200 + i);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        esp_sa_free(out[i]);
        esp_sa_free(in[i]);
    }
}

/* Back ends that are OpenSSL, but wrong in one thing. */
static guint wide_calls;

static gpointer
prepare_wide(gpointer shared, const SuiteEsp *suite, EspDirection direction, const guint8 *keymat,
             GError **error)
{
    return esp_crypto_openssl.prepare(shared, suite, direction, keymat, error);
}

static guint
least_batch_two(const SuiteEsp *suite)
{
    return 2;
}

static void
with_narrow(EspFrame *frames, gsize count, void (*work)(EspFrame *frames, gsize count))
{
    wide_calls++;
    for (gsize i = 0; i < count; i++) {
        gpointer narrow = frames[i].sa->narrow;

        frames[i].sa->narrow = frames[i].sa->wide;
        work(&frames[i], 1);
        frames[i].sa->narrow = narrow;
    }
}

static void
seal_right(EspFrame *frames, gsize count)
{
    with_narrow(frames, count, esp_crypto_openssl.seal);
}

static void
open_right(EspFrame *frames, gsize count)
{
    with_narrow(frames, count, esp_crypto_openssl.open);
}

static void
seal_wrong(EspFrame *frames, gsize count)
{
    seal_right(frames, count);
    if (count > 7)
        frames[7].data[20] ^= 1;
}

static void
open_anything(EspFrame *frames, gsize count)
{
    open_right(frames, count);
    for (gsize i = 0; i < count; i++)
        frames[i].verdict = ESP_OK;
}

static void
open_too_little(EspFrame *frames, gsize count)
{
    open_right(frames, count);
    frames[count - 2].verdict = ESP_ICV;
}

static void
check_wide(void (*seal)(EspFrame *, gsize), void (*open)(EspFrame *, gsize), gboolean is_used)
{
    EspCrypto crypto = esp_crypto_openssl;
    EspBackends with = {.narrow = &esp_crypto_openssl, .wide = &crypto};
    SuiteEsp suite = support_suite("aes128-sha1");
    g_autoptr(Secret) keymat = support_any_keymat(&suite);
    g_autoptr(EspContext) context = NULL;
    g_autoptr(EspSa) out = NULL;
    g_autoptr(EspSa) in = NULL;
    guint32 lengths[PACKETS];

    crypto.name = "wide";
    crypto.least_batch = least_batch_two;
    crypto.prepare = prepare_wide;
    crypto.seal = seal;
    crypto.open = open;
    context = support_context_with(&with);
    out = support_sa(context, ESP_SEAL, &suite, 1, keymat);
    in = support_sa(context, ESP_OPEN, &suite, 1, keymat);
    g_assert_cmpstr(esp_sa_backend(out), ==, is_used ? "wide" : "openssl");
    wide_calls = 0;
    seal_all(out, PACKETS, lengths);
    open_all(in, PACKETS, lengths);
    g_assert_cmpuint(wide_calls, ==, is_used ? 2 : 0);
}

static void
test_a_back_end_with_wrong_answers_is_not_used(void)
{
    check_wide(seal_right, open_right, TRUE);
    check_wide(seal_wrong, open_right, FALSE);
    check_wide(seal_right, open_anything, FALSE);
    check_wide(seal_right, open_too_little, FALSE);
}

static gpointer
open_shared_fails(GError **error)
{
    g_set_error(error, ESP_ERROR, ESP_ERROR_UNSUPPORTED, "not on this processor");
    return NULL;
}

static void
test_a_processor_without_it_uses_openssl(void)
{
    EspCrypto crypto = esp_crypto_openssl;
    EspBackends with = {.narrow = &esp_crypto_openssl, .wide = &crypto};

    crypto.least_batch = least_batch_two;
    crypto.open_shared = open_shared_fails;
    cross("aes128-sha1", &with, &with);
}

static void
test_small_batches_stay_with_openssl(void)
{
    EspCrypto crypto = esp_crypto_openssl;
    EspBackends with = {.narrow = &esp_crypto_openssl, .wide = &crypto};
    SuiteEsp suite = support_suite("aes128-sha1");
    g_autoptr(Secret) keymat = support_any_keymat(&suite);
    g_autoptr(EspContext) context = NULL;
    g_autoptr(EspSa) out = NULL;
    guint32 lengths[PACKETS];

    crypto.least_batch = least_batch_two;
    crypto.seal = seal_right;
    crypto.open = open_right;
    context = support_context_with(&with);
    out = support_sa(context, ESP_SEAL, &suite, 1, keymat);
    wide_calls = 0;
    seal_all(out, 1, lengths);
    g_assert_cmpuint(wide_calls, ==, 0);
    seal_all(out, 2, lengths);
    g_assert_cmpuint(wide_calls, ==, PACKETS / 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fill_backends();
    g_test_add_func("/crypto/every-back-end-opens-what-every-other-sealed",
                    test_every_back_end_opens_what_every_other_sealed);
    g_test_add_func("/crypto/a-batch-may-mix-suites", test_a_batch_may_mix_suites);
    g_test_add_func("/crypto/a-back-end-with-wrong-answers-is-not-used",
                    test_a_back_end_with_wrong_answers_is_not_used);
    g_test_add_func("/crypto/a-processor-without-it-uses-openssl",
                    test_a_processor_without_it_uses_openssl);
    g_test_add_func("/crypto/small-batches-stay-with-openssl",
                    test_small_batches_stay_with_openssl);
    return g_test_run();
}
