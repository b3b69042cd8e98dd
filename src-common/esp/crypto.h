/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside esp/: an SA's hot state, and the table that a crypto back end fills.
 *
 * esp.c writes headers, IVs and trailers and keeps the numbers; a back end does the cryptography
 * of a whole batch and nothing else. Another back end is another EspCrypto.
 */
#pragma once

#include "esp/esp.h"

typedef struct {
    const char *name;
    /* What all SAs share, made once. NULL with error. */
    gpointer (*open_shared)(GError **error);
    void (*close_shared)(gpointer shared);
    /* The SA's key schedule, owned by the SA. NULL with error. */
    gpointer (*prepare)(gpointer shared, const SuiteEsp *suite, EspDirection direction,
                        const guint8 *keymat, GError **error);
    void (*clear)(gpointer schedule);
    /* Frames whose verdict is ESP_OK hold header, IV, plaintext and trailer: encrypts in place and
     * writes the ICV behind. */
    void (*seal)(EspFrame *frames, gsize count);
    /* Frames whose verdict is ESP_OK have a sound length: verifies, then decrypts in place, or
     * sets ESP_ICV. */
    void (*open)(EspFrame *frames, gsize count);
} EspCrypto;

extern const EspCrypto esp_crypto_openssl;

struct EspSa {
    EspContext *context;
    gpointer schedule;
    guint32 spi;
    guint32 sequence; /* last one sealed */
    EspDirection direction;
    guint8 head; /* header and IV */
    guint8 iv_length;
    guint8 block; /* alignment of the ciphertext */
    guint8 icv_length;
    gboolean is_aead;
    EspReplay replay;
};
