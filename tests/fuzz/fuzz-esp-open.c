/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ESP from the network: the first octet chooses suite and crypto back end, the next how the rest is
 * used.
 *
 * An even second octet: the rest is an ESP packet as it came. Odd: the rest is plaintext that a
 * peer with the key sealed, trailer made by the library, so that what stands behind the ICV is
 * reached. What opens must be inside the packet and must parse.
 */
#include "esp/crypto.h"
#include "esp/esp.h"
#include "esp/inner.h"

#include <string.h>

enum { ROOM = 70000, SPI = 0x11223344 };

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const char *const suites[] = {
    "3des-md5", "aes128-sha1", "aes256-sha256", "aes192-sha384", "aes256-sha512", "aes128gcm16",
};

typedef struct {
    EspSa *in;
    EspSa *out;
} Pair;

static void
fill(gpointer user_data, guint8 *ret_octets, gsize length)
{
    memset(ret_octets, 0x5a, length);
}

static EspSa *
make(EspContext *context, EspDirection direction, const char *text)
{
    SuiteEsp suite = {0};
    g_autoptr(Secret) keymat = NULL;
    g_autoptr(GError) error = NULL;
    EspSa *sa;

    g_assert_true(suite_esp_parse(text, &suite));
    keymat = secret_new_zero(suite_esp_keymat_length(&suite));
    memset(secret_edit(keymat), 0x42, secret_length(keymat));
    sa = esp_sa_new(context, direction, &suite, SPI, keymat, &error);
    g_assert_no_error(error);
    return sa;
}

/* Every suite with each of the back ends alone. */
static const Pair *
pair_of(guint8 choice)
{
    static const EspBackends backends[2] = {
        {.narrow = &esp_crypto_openssl},
        {.narrow = &esp_crypto_openssl, .is_always_wide = TRUE},
    };
    static Pair pairs[2][G_N_ELEMENTS(suites)];
    guint which = choice / G_N_ELEMENTS(suites) % 2;
    gsize suite = choice % G_N_ELEMENTS(suites);
    Pair *pair = &pairs[which][suite];

    if (pair->in == NULL) {
        EspBackends with = backends[which];
        EspContext *context;

        with.wide = which == 1 ? esp_crypto_wide : NULL;
        context = esp_context_new_with(&with, fill, NULL, NULL);
        pair->in = make(context, ESP_OPEN, suites[suite]);
        pair->out = make(context, ESP_SEAL, suites[suite]);
    }
    return pair;
}

static void
check_opened(const EspFrame *frame)
{
    EspInner inner;

    if (frame->verdict != ESP_OK)
        return;
    g_assert_true(frame->inner > frame->data);
    g_assert_true(frame->inner + frame->inner_length < frame->data + frame->length);
    if (esp_inner_parse(frame->inner, frame->inner_length, &inner))
        g_assert_cmpuint(inner.total_length, ==, frame->inner_length);
}

static void
open_sealed(const Pair *pair, const guint8 *data, gsize size)
{
    g_autofree guint8 *room = g_malloc(size + ESP_HEAD_MAX + ESP_TAIL_MAX);
    EspFrame frame = {.sa = pair->out, .data = room, .inner_length = (guint32)size};

    memcpy(room + esp_sa_head(pair->out), data, size);
    esp_seal(&frame, 1);
    if (frame.verdict != ESP_OK)
        return;
    frame = (EspFrame){.sa = pair->in, .data = room, .length = frame.length};
    esp_open(&frame, 1);
    g_assert_true(esp_verdict_is_authentic(frame.verdict));
    check_opened(&frame);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const Pair *pair;
    g_autofree guint8 *copy = NULL;
    EspFrame frame;

    if (size < 3 || size > ROOM)
        return 0;
    pair = pair_of(data[0]);
    if (data[1] % 2 == 1) {
        open_sealed(pair, data + 2, size - 2);
        return 0;
    }
    copy = g_memdup2(data + 2, size - 2);
    frame = (EspFrame){.sa = pair->in, .data = copy, .length = (guint32)(size - 2)};
    esp_open(&frame, 1);
    check_opened(&frame);
    return 0;
}
