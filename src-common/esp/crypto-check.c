/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Known answers of a wide crypto back end: what it says must be what OpenSSL says.
 *
 * A batch fills every lane, and its sizes differ, so that lanes end at different times.
 */
#include "esp/crypto.h"

#include <string.h>

enum { PACKETS = 37, ROOM = 640, PACKET_LEAST = 20, PACKET_STEP = 13 };

typedef struct {
    EspContext *context;
    EspSa *out;
    EspSa *in;
    EspFrame frames[PACKETS];
    guint8 rooms[PACKETS][ROOM];
} Side;

static void
fill(gpointer user_data, guint8 *ret_octets, gsize length)
{
    for (gsize i = 0; i < length; i++)
        ret_octets[i] = (guint8)(i * 29 + i / 256);
}

static gboolean
side_open(Side *side, const EspBackends *backends, const SuiteEsp *suite)
{
    g_autoptr(Secret) keymat = secret_new_zero(suite_esp_keymat_length(suite));

    fill(NULL, secret_edit(keymat), secret_length(keymat));
    side->context = esp_context_new_with(backends, fill, NULL, NULL);
    if (side->context == NULL)
        return FALSE;
    side->out = esp_sa_new(side->context, ESP_SEAL, suite, 0x01020304, keymat, NULL);
    side->in = esp_sa_new(side->context, ESP_OPEN, suite, 0x01020304, keymat, NULL);
    return side->out != NULL && side->in != NULL;
}

static void
side_close(Side *side)
{
    esp_sa_free(side->out);
    esp_sa_free(side->in);
    esp_context_free(side->context);
    g_free(side);
}

/* IPv4 headers are as far as ESP looks. */
static void
side_seal(Side *side)
{
    for (guint i = 0; i < PACKETS; i++) {
        guint32 length = PACKET_LEAST + i * PACKET_STEP;
        guint8 *inner = side->rooms[i] + side->out->head;

        fill(NULL, inner, length);
        inner[0] = 0x45;
        inner[2] = (guint8)(length >> 8);
        inner[3] = (guint8)length;
        side->frames[i] =
            (EspFrame){.sa = side->out, .data = side->rooms[i], .inner_length = length};
    }
    esp_seal(side->frames, PACKETS);
}

/* Every third packet is spoiled, at another place each. */
static gboolean
opens_right(Side *side)
{
    gboolean is_right = TRUE;

    for (guint i = 0; i < PACKETS; i++) {
        guint32 length = side->frames[i].length;

        if (i % 3 == 0)
            side->rooms[i][length - 1 - i * 7 % (length - ESP_HEADER)] ^= 1;
        side->frames[i] = (EspFrame){.sa = side->in, .data = side->rooms[i], .length = length};
    }
    esp_open(side->frames, PACKETS);
    for (guint i = 0; i < PACKETS; i++) {
        const EspFrame *frame = &side->frames[i];
        guint8 inner[ROOM];

        if (i % 3 == 0) {
            is_right = is_right && frame->verdict == ESP_ICV;
            continue;
        }
        fill(NULL, inner, sizeof inner);
        is_right = is_right && frame->verdict == ESP_OK &&
                   frame->inner_length == PACKET_LEAST + i * PACKET_STEP &&
                   memcmp(frame->inner + 4, inner + 4, frame->inner_length - 4) == 0;
    }
    return is_right;
}

static gboolean
is_sealed_alike(const Side *a, const Side *b)
{
    for (guint i = 0; i < PACKETS; i++)
        if (a->frames[i].verdict != ESP_OK || b->frames[i].verdict != ESP_OK ||
            a->frames[i].length != b->frames[i].length ||
            memcmp(a->rooms[i], b->rooms[i], a->frames[i].length) != 0)
            return FALSE;
    return TRUE;
}

gboolean
esp_crypto_check(const EspBackends *backends, const SuiteEsp *suite)
{
    const EspBackends narrow = {.narrow = backends->narrow};
    const EspBackends wide = {
        .narrow = backends->narrow, .wide = backends->wide, .is_always_wide = TRUE};
    Side *a = g_new0(Side, 1);
    Side *b = g_new0(Side, 1);
    gboolean is_right = side_open(a, &narrow, suite) && side_open(b, &wide, suite);

    if (is_right) {
        side_seal(a);
        side_seal(b);
        is_right = is_sealed_alike(a, b) && opens_right(a) && opens_right(b);
    }
    side_close(a);
    side_close(b);
    return is_right;
}
