/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ESP in tunnel mode without I/O: RFC 4303, RFC 3602, RFC 2451, RFC 4106, RFC 4868.
 *
 * Work is done on batches: an array of frames, each with the SA that it belongs to, is sealed or
 * opened in place. Key schedules are made once with the SA; a packet costs no allocation and no
 * lock. One thread owns an EspContext with all of its SAs.
 *
 * Sequence numbers are 32 bits (no ESN). There is no clock, socket, log or random source here:
 * random octets for IVs come from the host through a pool. What is inside the packets (sizes, MSS,
 * fragments, ICMP) is in esp/inner.h.
 */
#pragma once

#include "base/secret.h"
#include "base/suite.h"
#include "esp/replay.h"

#include <glib.h>

enum {
    ESP_HEADER = 8,             /* SPI and sequence number */
    ESP_HEAD_MAX = 8 + 16,      /* header and IV of any suite */
    ESP_TAIL_MAX = 15 + 2 + 32, /* padding, trailer and ICV of any suite */
    ESP_NEXT_IPV4 = 4,
    ESP_NEXT_IPV6 = 41,
    ESP_NEXT_DUMMY = 59,
};

/* What became of a frame; names for counters come from esp_verdict_name(). */
typedef enum {
    ESP_OK,
    ESP_DUMMY,       /* authentic, but traffic-flow padding: nothing inside */
    ESP_SHORT,       /* shorter than the SA's smallest packet, or not whole cipher blocks */
    ESP_REPLAYED,    /* duplicate, too old, or number 0 */
    ESP_ICV,         /* not authentic */
    ESP_PADDING,     /* authentic, but not 1, 2, 3, ... */
    ESP_NEXT_HEADER, /* neither IPv4 nor IPv6 */
    ESP_INNER,       /* version differs from next header, or a length that cannot be */
    ESP_EXHAUSTED,   /* seal: the SA has no sequence number left */
    ESP_VERDICT_COUNT,
} EspVerdict;

typedef struct EspContext EspContext;
typedef struct EspSa EspSa;
/* Of esp/crypto.h: which crypto back ends there are to choose from. */
typedef struct EspBackends EspBackends;

/* Fills ret_octets with unpredictable octets. */
typedef void (*EspRandom)(gpointer user_data, guint8 *ret_octets, gsize length);

#define ESP_ERROR esp_error_quark()
GQuark esp_error_quark(void);
typedef enum {
    ESP_ERROR_UNSUPPORTED, /* by the crypto library */
    ESP_ERROR_KEY,         /* of a size that does not fit, or refused */
} EspError;

/* NULL when the crypto library has none of the algorithms. The fastest crypto back end that gives
 * the right answers on this processor is used, suite by suite. */
EspContext *esp_context_new(EspRandom random, gpointer user_data, GError **error);
/* The same with a choice of back ends, for tests and benchmarks. NULL = the best. */
EspContext *esp_context_new_with(const EspBackends *backends, EspRandom random, gpointer user_data,
                                 GError **error);
/* After its SAs. */
void esp_context_free(EspContext *context);

typedef enum { ESP_SEAL, ESP_OPEN } EspDirection;

/* keymat: suite_esp_keymat_length() octets, cipher key, then salt or HMAC key. Fails when the
 * suite or the length is unknown or the crypto library lacks an algorithm. */
EspSa *esp_sa_new(EspContext *context, EspDirection direction, const SuiteEsp *suite, guint32 spi,
                  const Secret *keymat, GError **error);
/* Wipes the keys. Accepts NULL. */
void esp_sa_free(EspSa *sa);

/* Name of the crypto back end that does the SA's large batches. */
const char *esp_sa_backend(const EspSa *sa);
guint32 esp_sa_spi(const EspSa *sa);
/* The last number sealed, or the highest one opened. */
guint32 esp_sa_sequence(const EspSa *sa);
/* Octets in front of the inner packet: header and IV. */
gsize esp_sa_head(const EspSa *sa);
/* Size of the ESP packet around an inner packet. */
gsize esp_sa_sealed(const EspSa *sa, gsize inner_length);
/* For tests and a restored state: the next number sealed is sequence + 1. */
void esp_sa_set_sequence(EspSa *sa, guint32 sequence);

/*
 * Seal: the inner packet stands at data + esp_sa_head(), inner_length octets, with room for
 * ESP_TAIL_MAX behind it; length becomes the size of the ESP packet at data.
 * Open: the ESP packet is the length octets at data; inner and inner_length become the inner
 * packet, cut to its own total length.
 */
typedef struct {
    EspSa *sa;
    guint8 *data;
    guint8 *inner;
    guint32 length;
    guint32 inner_length;
    guint32 sequence; /* set by both */
    EspVerdict verdict;
} EspFrame;

enum { ESP_BATCH_MAX = 128 };

/* Any number of frames. The verdict tells for each whether it is usable; the contents of the
 * others are undefined. Frames of a batch may belong to one SA and may repeat a number. */
void esp_seal(EspFrame *frames, gsize count);
void esp_open(EspFrame *frames, gsize count);

/* As esp_seal() for one frame with an IV and a number of the caller's: for known answers. iv has
 * suite_esp_iv_length() octets. */
void esp_seal_fixed(EspFrame *frame, guint32 sequence, const guint8 *iv);

const char *esp_verdict_name(EspVerdict verdict);
/* TRUE when the ICV was verified. */
gboolean esp_verdict_is_authentic(EspVerdict verdict);

/* Largest inner packet that crosses a path of path_mtu octets in one outer packet; 0 when none
 * does. outer_length: 4 or 16, the size of the outer addresses. */
gsize esp_mtu_inner(const SuiteEsp *suite, gsize path_mtu, guint8 outer_length,
                    gboolean is_encapsulated);
/* Size of the outer packet around an inner packet. */
gsize esp_mtu_outer(const SuiteEsp *suite, gsize inner, guint8 outer_length,
                    gboolean is_encapsulated);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EspContext, esp_context_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EspSa, esp_sa_free)
