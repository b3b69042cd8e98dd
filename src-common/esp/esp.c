/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/esp.h"

#include "base/names.h"
#include "esp/crypto.h"

#include <string.h>

enum { POOL = 8192, TRAILER = 2, LINE = 64, SCHEDULE_LINES = 8 };

GQuark
esp_error_quark(void)
{
    return g_quark_from_static_string("esp-error-quark");
}

struct EspContext {
    EspBackends backends;
    gpointer narrow; /* what all SAs of a back end share */
    gpointer wide;
    EspCheck checks[ESP_CHECKS_MAX]; /* suites of the wide back end that were tried */
    gsize check_count;
    EspRandom random;
    gpointer user_data;
    gsize pool_at;
    guint8 pool[POOL];
};

static const NameRow verdict_names[] = {
    {ESP_OK, "ok"},
    {ESP_DUMMY, "dummy"},
    {ESP_SHORT, "short"},
    {ESP_REPLAYED, "replayed"},
    {ESP_ICV, "icv"},
    {ESP_PADDING, "padding"},
    {ESP_NEXT_HEADER, "next-header"},
    {ESP_INNER, "inner"},
    {ESP_EXHAUSTED, "exhausted"},
    {0, NULL},
};

const char *
esp_verdict_name(EspVerdict verdict)
{
    return name_of(verdict_names, (gint)verdict);
}

gboolean
esp_verdict_is_authentic(EspVerdict verdict)
{
    switch (verdict) {
    case ESP_OK:
    case ESP_DUMMY:
    case ESP_PADDING:
    case ESP_NEXT_HEADER:
    case ESP_INNER:
        return TRUE;
    case ESP_SHORT:
    case ESP_REPLAYED:
    case ESP_ICV:
    case ESP_EXHAUSTED:
    case ESP_VERDICT_COUNT:
        break;
    }
    return FALSE;
}

EspContext *
esp_context_new(EspRandom random, gpointer user_data, GError **error)
{
    return esp_context_new_with(NULL, random, user_data, error);
}

EspContext *
esp_context_new_with(const EspBackends *backends, EspRandom random, gpointer user_data,
                     GError **error)
{
    const EspBackends best = {.narrow = &esp_crypto_openssl, .wide = esp_crypto_wide};
    EspContext *context;
    gpointer narrow;

    if (backends == NULL)
        backends = &best;
    narrow = backends->narrow->open_shared(error);
    if (narrow == NULL)
        return NULL;
    context = g_new0(EspContext, 1);
    context->backends = *backends;
    context->narrow = narrow;
    /* A processor without the instructions is no error. */
    context->wide = backends->wide != NULL ? backends->wide->open_shared(NULL) : NULL;
    context->random = random;
    context->user_data = user_data;
    context->pool_at = POOL;
    return context;
}

void
esp_context_free(EspContext *context)
{
    if (context == NULL)
        return;
    context->backends.narrow->close_shared(context->narrow);
    if (context->wide != NULL)
        context->backends.wide->close_shared(context->wide);
    g_free(context);
}

/* Asking the host for the random octets of 500 packets at once costs what one packet's would. */
static void
draw_iv(EspContext *context, guint8 *ret_iv, gsize length)
{
    if (POOL - context->pool_at < length) {
        context->random(context->user_data, context->pool, POOL);
        context->pool_at = 0;
    }
    memcpy(ret_iv, context->pool + context->pool_at, length);
    context->pool_at += length;
}

static gboolean
is_same_suite(const SuiteEsp *a, const SuiteEsp *b)
{
    return a->cipher == b->cipher && a->key_bits == b->key_bits && a->integrity == b->integrity;
}

/* The known answers are asked for once in a context and suite: when its first SA comes. */
static gboolean
may_be_wide(EspContext *context, const SuiteEsp *suite)
{
    EspCheck *check;

    if (context->wide == NULL || context->backends.wide->least_batch(suite) == 0)
        return FALSE;
    for (gsize i = 0; i < context->check_count; i++)
        if (is_same_suite(&context->checks[i].suite, suite))
            return context->checks[i].is_right;
    if (context->check_count == ESP_CHECKS_MAX)
        return FALSE;
    check = &context->checks[context->check_count++];
    *check = (EspCheck){.suite = *suite};
    check->is_right =
        context->backends.is_always_wide || esp_crypto_check(&context->backends, suite);
    return check->is_right;
}

static gboolean
prepare_schedules(EspSa *sa, const SuiteEsp *suite, const guint8 *keymat, GError **error)
{
    EspContext *context = sa->context;
    const EspBackends *backends = &context->backends;

    if (may_be_wide(context, suite)) {
        sa->least_batch = backends->is_always_wide ? 1 : backends->wide->least_batch(suite);
        sa->wide = backends->wide->prepare(context->wide, suite, sa->direction, keymat, error);
        if (sa->wide == NULL)
            return FALSE;
    }
    /* What the wide one does at any size needs no second schedule. */
    if (sa->least_batch == 1)
        return TRUE;
    sa->narrow = backends->narrow->prepare(context->narrow, suite, sa->direction, keymat, error);
    return sa->narrow != NULL;
}

EspSa *
esp_sa_new(EspContext *context, EspDirection direction, const SuiteEsp *suite, guint32 spi,
           const Secret *keymat, GError **error)
{
    EspSa *sa;

    if (secret_length(keymat) != suite_esp_keymat_length(suite)) {
        g_set_error(error, ESP_ERROR, ESP_ERROR_KEY,
                    "An ESP key has %" G_GSIZE_FORMAT " octets instead of %" G_GSIZE_FORMAT,
                    secret_length(keymat), suite_esp_keymat_length(suite));
        return NULL;
    }
    sa = g_aligned_alloc0(1, sizeof *sa, LINE);
    sa->context = context;
    sa->spi = spi;
    sa->direction = direction;
    if (direction == ESP_OPEN)
        sa->replay = g_aligned_alloc0(1, sizeof *sa->replay, LINE);
    sa->iv_length = (guint8)suite_esp_iv_length(suite);
    sa->head = (guint8)(ESP_HEADER + sa->iv_length);
    sa->block = (guint8)suite_esp_block_length(suite);
    sa->icv_length = (guint8)suite_esp_icv_length(suite);
    sa->is_aead = suite->cipher == SUITE_ESP_AES_GCM_16;
    if (prepare_schedules(sa, suite, secret_data(keymat), error))
        return sa;
    esp_sa_free(sa);
    return NULL;
}

void
esp_sa_free(EspSa *sa)
{
    if (sa == NULL)
        return;
    if (sa->narrow != NULL)
        sa->context->backends.narrow->clear(sa->narrow);
    if (sa->wide != NULL)
        sa->context->backends.wide->clear(sa->wide);
    g_aligned_free(sa->replay);
    g_aligned_free(sa);
}

const char *
esp_sa_backend(const EspSa *sa)
{
    const EspBackends *backends = &sa->context->backends;

    return sa->wide != NULL ? backends->wide->name : backends->narrow->name;
}

guint32
esp_sa_spi(const EspSa *sa)
{
    return sa->spi;
}

guint32
esp_sa_sequence(const EspSa *sa)
{
    return sa->direction == ESP_SEAL ? sa->sequence : sa->replay->top;
}

gsize
esp_sa_head(const EspSa *sa)
{
    return sa->head;
}

static gsize
padding_of(const EspSa *sa, gsize inner_length)
{
    return (sa->block - (inner_length + TRAILER) % sa->block) % sa->block;
}

gsize
esp_sa_sealed(const EspSa *sa, gsize inner_length)
{
    return sa->head + inner_length + padding_of(sa, inner_length) + TRAILER + sa->icv_length;
}

void
esp_sa_set_sequence(EspSa *sa, guint32 sequence)
{
    sa->sequence = sequence;
}

static void
store32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_BE(value);
    memcpy(at, &value, sizeof value);
}

static guint32
load32(const guint8 *at)
{
    guint32 value;

    memcpy(&value, at, sizeof value);
    return GUINT32_FROM_BE(value);
}

/* Everything around the inner packet but IV and ICV. */
static void
wrap(EspFrame *frame, guint32 sequence)
{
    const EspSa *sa = frame->sa;
    gsize padding = padding_of(sa, frame->inner_length);
    guint8 *tail = frame->data + sa->head + frame->inner_length;

    g_assert(sa->direction == ESP_SEAL && frame->inner_length > 0);
    store32(frame->data, sa->spi);
    store32(frame->data + 4, sequence);
    for (gsize i = 0; i < padding; i++)
        tail[i] = (guint8)(i + 1);
    tail[padding] = (guint8)padding;
    tail[padding + 1] =
        frame->data[sa->head] >> 4 == 6 ? (guint8)ESP_NEXT_IPV6 : (guint8)ESP_NEXT_IPV4;
    frame->sequence = sequence;
    frame->length = (guint32)esp_sa_sealed(sa, frame->inner_length);
    frame->verdict = ESP_OK;
}

static void
fetch_lines(const void *at, gsize lines)
{
    for (gsize i = 0; i < lines; i++)
        __builtin_prefetch((const guint8 *)at + i * LINE);
}

/* Where every packet belongs to another SA, waiting for memory is most of the work: all lines of a
 * batch are asked for before the first is needed. */
static void
fetch_batch(const EspFrame *frames, gsize count)
{
    for (gsize i = 1; i < count; i++)
        if (frames[i].sa != frames[i - 1].sa)
            fetch_lines(frames[i].sa, 2);
    for (gsize i = 1; i < count; i++)
        if (frames[i].sa != frames[i - 1].sa && frames[i].sa->wide != NULL)
            fetch_lines(frames[i].sa->wide, SCHEDULE_LINES);
}

/* A run of frames whose SAs agree on when to be wide goes to one back end: a batch has one suite
 * almost always. */
static void
crypt_batch(EspFrame *frames, gsize count, EspDirection direction)
{
    for (gsize at = 0, length; at < count; at += length) {
        const EspBackends *backends = &frames[at].sa->context->backends;
        guint least = frames[at].sa->least_batch;
        const EspCrypto *crypto;

        for (length = 1; at + length < count && frames[at + length].sa->least_batch == least;)
            length++;
        crypto = least != 0 && length >= least ? backends->wide : backends->narrow;
        (direction == ESP_SEAL ? crypto->seal : crypto->open)(frames + at, length);
    }
}

void
esp_seal(EspFrame *frames, gsize count)
{
    fetch_batch(frames, count);
    for (gsize i = 0; i < count; i++) {
        EspSa *sa = frames[i].sa;
        guint8 *iv = frames[i].data + ESP_HEADER;

        if (sa->sequence == G_MAXUINT32) {
            frames[i].verdict = ESP_EXHAUSTED;
            continue;
        }
        wrap(&frames[i], ++sa->sequence);
        if (sa->is_aead) {
            /* RFC 4106 3.1: unique under the key, which the sequence number is. */
            store32(iv, 0);
            store32(iv + 4, sa->sequence);
        } else {
            draw_iv(sa->context, iv, sa->iv_length);
        }
    }
    crypt_batch(frames, count, ESP_SEAL);
}

void
esp_seal_fixed(EspFrame *frame, guint32 sequence, const guint8 *iv)
{
    wrap(frame, sequence);
    memcpy(frame->data + ESP_HEADER, iv, frame->sa->iv_length);
    crypt_batch(frame, 1, ESP_SEAL);
}

/* What can be told before the ICV was verified. */
static EspVerdict
look_at(EspFrame *frame)
{
    const EspSa *sa = frame->sa;
    gsize around = (gsize)sa->head + sa->icv_length;

    g_assert(sa->direction == ESP_OPEN);
    if (frame->length < around + sa->block || (frame->length - around) % sa->block != 0)
        return ESP_SHORT;
    frame->sequence = load32(frame->data + 4);
    return esp_replay_check(sa->replay, frame->sequence) ? ESP_OK : ESP_REPLAYED;
}

/* The inner packet's own total length; 0 when it cannot be. */
static gsize
inner_length_of(const guint8 *inner, gsize length, guint8 next_header)
{
    gsize least = next_header == ESP_NEXT_IPV4 ? 20 : 40;
    gsize total;

    if (length < least || inner[0] >> 4 != (next_header == ESP_NEXT_IPV4 ? 4 : 6))
        return 0;
    if (next_header == ESP_NEXT_IPV4)
        total = (gsize)inner[2] << 8 | inner[3];
    else
        total = least + ((gsize)inner[4] << 8 | inner[5]);
    return total >= least && total <= length ? total : 0;
}

static EspVerdict
unwrap(EspFrame *frame)
{
    const EspSa *sa = frame->sa;
    guint8 *text = frame->data + sa->head;
    gsize length = frame->length - sa->head - sa->icv_length - TRAILER;
    guint8 padding = text[length];
    guint8 next_header = text[length + 1];

    if (padding > length)
        return ESP_PADDING;
    length -= padding;
    for (guint i = 0; i < padding; i++)
        if (text[length + i] != i + 1)
            return ESP_PADDING;
    if (next_header == ESP_NEXT_DUMMY)
        return ESP_DUMMY;
    if (next_header != ESP_NEXT_IPV4 && next_header != ESP_NEXT_IPV6)
        return ESP_NEXT_HEADER;
    frame->inner = text;
    frame->inner_length = (guint32)inner_length_of(text, length, next_header);
    return frame->inner_length > 0 ? ESP_OK : ESP_INNER;
}

void
esp_open(EspFrame *frames, gsize count)
{
    fetch_batch(frames, count);
    for (gsize i = 0; i < count; i++) {
        frames[i].inner = NULL;
        frames[i].inner_length = 0;
        frames[i].sequence = 0;
        frames[i].verdict = look_at(&frames[i]);
    }
    crypt_batch(frames, count, ESP_OPEN);
    for (gsize i = 0; i < count; i++) {
        if (frames[i].verdict != ESP_OK)
            continue;
        if (esp_replay_commit(frames[i].sa->replay, frames[i].sequence))
            frames[i].verdict = unwrap(&frames[i]);
        else
            frames[i].verdict = ESP_REPLAYED;
    }
}
