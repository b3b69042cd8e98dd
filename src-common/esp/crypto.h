/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside esp/: an SA's hot state, and the table that a crypto back end fills.
 *
 * esp.c writes headers, IVs and trailers and keeps the numbers; a back end does the cryptography
 * of a whole batch and nothing else. Another back end is another EspCrypto.
 *
 * A context has one or two of them. The narrow one is OpenSSL: it knows every suite and works
 * packet by packet. The wide one works on many packets at once where the processor can: it serves
 * the suites that it has from the batch size on at which it is the faster one.
 */
#pragma once

#include "esp/esp.h"

typedef struct {
    const char *name;
    /* The smallest batch for which it is the faster one; 0 = it does not have the suite. Unused in a
     * narrow back end. */
    guint (*least_batch)(const SuiteEsp *suite);
    /* What all SAs share, made once. NULL with error. */
    gpointer (*open_shared)(GError **error);
    void (*close_shared)(gpointer shared);
    /* The SA's key schedule, owned by the SA. NULL with error. */
    gpointer (*prepare)(gpointer shared, const SuiteEsp *suite, EspDirection direction,
                        const guint8 *keymat, GError **error);
    void (*clear)(gpointer schedule);
    /* The schedule is in EspSa.narrow or EspSa.wide, whichever this is.
     * Frames whose verdict is ESP_OK hold header, IV, plaintext and trailer: encrypts in place and
     * writes the ICV behind. */
    void (*seal)(EspFrame *frames, gsize count);
    /* Frames whose verdict is ESP_OK have a sound length: verifies, then decrypts in place, or
     * sets ESP_ICV. */
    void (*open)(EspFrame *frames, gsize count);
} EspCrypto;

extern const EspCrypto esp_crypto_openssl;
/* NULL when built without one. */
extern const EspCrypto *const esp_crypto_wide;

struct EspBackends {
    const EspCrypto *narrow;
    const EspCrypto *wide;   /* NULL = none */
    gboolean is_always_wide; /* for batches of any size: tests compare the two */
};

/* Known answers: a batch of many sizes sealed by either back end is the same octets, each opens
 * what the other sealed, and refuses what was tampered with. FALSE when the wide one may not be
 * used for this suite. */
gboolean esp_crypto_check(const EspBackends *backends, const SuiteEsp *suite);

enum { ESP_CHECKS_MAX = 16 }; /* more than there are suites for a wide back end */

typedef struct {
    SuiteEsp suite;
    gboolean is_right;
} EspCheck;

struct EspSa {
    EspContext *context;
    gpointer narrow; /* schedules; NULL where the back end is not used */
    gpointer wide;
    guint least_batch; /* for the wide one; 0 = never */
    guint32 spi;
    guint32 sequence; /* last one sealed */
    EspDirection direction;
    guint8 head; /* header and IV */
    guint8 iv_length;
    guint8 block; /* alignment of the ciphertext */
    guint8 icv_length;
    gboolean is_aead;
    EspReplay *replay; /* NULL where it seals */
};
