/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The wide crypto back end: libipsec-mb works on up to 16 packets at once in the lanes of vector
 * registers and picks by cpuid what the processor has.
 *
 * AES-CBC with HMAC goes through its job manager, which is fed with the batch and then flushed.
 * AES-GCM is fast for one packet already and is called directly. MD5 and 3DES are not worth it.
 */
#include "esp/crypto.h"

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <string.h>

enum { SALT = 4, NONCE = 12, LINE = 64, ROUND_KEYS = 15 * 16, DIGEST_MAX = 64, BLOCK_MAX = 128 };
enum { BATCH_LEAST_CBC = 4, BATCH_LEAST_GCM = 1 };

typedef struct {
    SuiteIntegrity integrity;
    IMB_HASH_ALG algorithm;
    guint8 block;
    guint8 icv_length;
} Row;

static const Row hash_rows[] = {
    {SUITE_INTEGRITY_HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 64, 12},
    {SUITE_INTEGRITY_HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 64, 16},
    {SUITE_INTEGRITY_HMAC_SHA2_384_192, IMB_AUTH_HMAC_SHA_384, 128, 24},
    {SUITE_INTEGRITY_HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 128, 32},
};

typedef struct {
    guint8 inner[DIGEST_MAX]; /* states after the padded key */
    guint8 outer[DIGEST_MAX];
    guint8 round_keys[ROUND_KEYS]; /* of the SA's direction */
} CbcKeys;

/* The library loads round keys and hash keys as aligned vectors. */
typedef struct {
    struct gcm_key_data key __attribute__((aligned(LINE)));
    guint8 salt[SALT];
} GcmKeys;

/* Jobs filled in but for key and packet, by direction, hash and key length. They are shared, because
 * with many SAs every line of the cache counts. */
enum { KEY_LENGTHS = 3 };

typedef struct {
    IMB_MGR *manager;
    IMB_JOB jobs[2][G_N_ELEMENTS(hash_rows)][KEY_LENGTHS];
} Shared;

/* One allocation for each SA, on a line of the cache, as the library wants it. */
typedef struct {
    IMB_MGR *manager;
    const IMB_JOB *job;    /* CBC */
    aes_gcm_enc_dec_t gcm; /* GCM */
    guint16 key_length;
    union {
        CbcKeys cbc;
        GcmKeys gcm_keys;
    } __attribute__((aligned(LINE)));
} Schedule;

static const Row *
find_row(const SuiteEsp *suite)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hash_rows); i++)
        if (hash_rows[i].integrity == suite->integrity)
            return &hash_rows[i];
    return NULL;
}

static guint
least_batch(const SuiteEsp *suite)
{
    if (suite->cipher == SUITE_ESP_AES_GCM_16)
        return BATCH_LEAST_GCM;
    return suite->cipher == SUITE_ESP_AES_CBC && find_row(suite) != NULL ? BATCH_LEAST_CBC : 0;
}

static IMB_JOB
job_of(EspDirection direction, const Row *row, gsize key_length)
{
    return (IMB_JOB){
        .key_len_in_bytes = key_length,
        .cipher_mode = IMB_CIPHER_CBC,
        .cipher_direction = direction == ESP_SEAL ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT,
        .chain_order = direction == ESP_SEAL ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER,
        .hash_alg = row->algorithm,
        .iv_len_in_bytes = 16,
        .auth_tag_output_len_in_bytes = row->icv_length,
    };
}

static gpointer
open_shared(GError **error)
{
    IMB_MGR *manager = alloc_mb_mgr(0);
    IMB_ARCH arch = IMB_ARCH_NONE;
    Shared *shared;

    if (manager != NULL)
        init_mb_mgr_auto(manager, &arch);
    if (manager == NULL || arch <= IMB_ARCH_NOAESNI || imb_get_errno(manager) != 0) {
        g_set_error(error, ESP_ERROR, ESP_ERROR_UNSUPPORTED,
                    "libipsec-mb has nothing for this processor");
        if (manager != NULL)
            free_mb_mgr(manager);
        return NULL;
    }
    shared = g_new0(Shared, 1);
    shared->manager = manager;
    for (gsize row = 0; row < G_N_ELEMENTS(hash_rows); row++)
        for (gsize i = 0; i < KEY_LENGTHS; i++) {
            shared->jobs[ESP_SEAL][row][i] = job_of(ESP_SEAL, &hash_rows[row], 16 + 8 * i);
            shared->jobs[ESP_OPEN][row][i] = job_of(ESP_OPEN, &hash_rows[row], 16 + 8 * i);
        }
    return shared;
}

static void
close_shared(gpointer data)
{
    Shared *shared = data;

    free_mb_mgr(shared->manager);
    g_free(shared);
}

static void
hash_block(IMB_MGR *manager, IMB_HASH_ALG algorithm, const guint8 *block, guint8 *ret_state)
{
    if (algorithm == IMB_AUTH_HMAC_SHA_1)
        IMB_SHA1_ONE_BLOCK(manager, block, ret_state);
    else if (algorithm == IMB_AUTH_HMAC_SHA_256)
        IMB_SHA256_ONE_BLOCK(manager, block, ret_state);
    else if (algorithm == IMB_AUTH_HMAC_SHA_384)
        IMB_SHA384_ONE_BLOCK(manager, block, ret_state);
    else
        IMB_SHA512_ONE_BLOCK(manager, block, ret_state);
}

/* RFC 2104: the key is never longer than a block in ESP. */
static void
prepare_hmac(IMB_MGR *manager, const Row *row, const guint8 *key, gsize length, CbcKeys *keys)
{
    guint8 padded[BLOCK_MAX];

    memset(padded, 0x36, sizeof padded);
    for (gsize i = 0; i < length; i++)
        padded[i] ^= key[i];
    hash_block(manager, row->algorithm, padded, keys->inner);
    for (gsize i = 0; i < row->block; i++)
        padded[i] ^= 0x36 ^ 0x5c;
    hash_block(manager, row->algorithm, padded, keys->outer);
    OPENSSL_cleanse(padded, sizeof padded);
}

static void
expand_key(IMB_MGR *manager, gsize length, const guint8 *key, EspDirection direction,
           guint8 *ret_round_keys)
{
    guint8 both[2][ROUND_KEYS] __attribute__((aligned(16)));

    if (length == 16)
        IMB_AES_KEYEXP_128(manager, key, both[ESP_SEAL], both[ESP_OPEN]);
    else if (length == 24)
        IMB_AES_KEYEXP_192(manager, key, both[ESP_SEAL], both[ESP_OPEN]);
    else
        IMB_AES_KEYEXP_256(manager, key, both[ESP_SEAL], both[ESP_OPEN]);
    memcpy(ret_round_keys, both[direction], ROUND_KEYS);
    OPENSSL_cleanse(both, sizeof both);
}

static void
prepare_cbc(Schedule *schedule, const Shared *shared, const SuiteEsp *suite, EspDirection direction,
            const guint8 *keymat)
{
    const Row *row = find_row(suite);
    CbcKeys *keys = &schedule->cbc;

    expand_key(schedule->manager, schedule->key_length, keymat, direction, keys->round_keys);
    prepare_hmac(schedule->manager, row, keymat + schedule->key_length,
                 suite_esp_integrity_length(suite), keys);
    schedule->job = &shared->jobs[direction][row - hash_rows][schedule->key_length / 8 - 2];
}

static void
prepare_gcm(Schedule *schedule, EspDirection direction, const guint8 *keymat)
{
    IMB_MGR *manager = schedule->manager;
    gboolean is_seal = direction == ESP_SEAL;
    GcmKeys *keys = &schedule->gcm_keys;

    memcpy(keys->salt, keymat + schedule->key_length, SALT);
    if (schedule->key_length == 16) {
        IMB_AES128_GCM_PRE(manager, keymat, &keys->key);
        schedule->gcm = is_seal ? manager->gcm128_enc : manager->gcm128_dec;
    } else if (schedule->key_length == 24) {
        IMB_AES192_GCM_PRE(manager, keymat, &keys->key);
        schedule->gcm = is_seal ? manager->gcm192_enc : manager->gcm192_dec;
    } else {
        IMB_AES256_GCM_PRE(manager, keymat, &keys->key);
        schedule->gcm = is_seal ? manager->gcm256_enc : manager->gcm256_dec;
    }
}

/* The larger half of a schedule is GCM's. */
static gsize
schedule_size(gboolean is_gcm)
{
    return G_STRUCT_OFFSET(Schedule, cbc) + (is_gcm ? sizeof(GcmKeys) : sizeof(CbcKeys));
}

static gpointer
prepare(gpointer data, const SuiteEsp *suite, EspDirection direction, const guint8 *keymat,
        GError **error)
{
    const Shared *shared = data;
    gboolean is_gcm = suite->cipher == SUITE_ESP_AES_GCM_16;
    gsize size = (schedule_size(is_gcm) + LINE - 1) / LINE * LINE;
    Schedule *schedule = g_aligned_alloc0(1, size, LINE);

    schedule->manager = shared->manager;
    schedule->key_length = (guint16)suite_esp_key_length(suite);
    if (is_gcm)
        prepare_gcm(schedule, direction, keymat);
    else
        prepare_cbc(schedule, shared, suite, direction, keymat);
    return schedule;
}

static void
clear(gpointer data)
{
    Schedule *schedule = data;

    OPENSSL_cleanse(schedule, schedule_size(schedule->gcm != NULL));
    g_aligned_free(schedule);
}

static void
crypt_gcm(const EspFrame *frame, const Schedule *schedule, guint8 *ret_icv)
{
    const EspSa *sa = frame->sa;
    guint8 *text = frame->data + sa->head;
    struct gcm_context_data context;
    guint8 nonce[NONCE];

    memcpy(nonce, schedule->gcm_keys.salt, SALT);
    memcpy(nonce + SALT, frame->data + ESP_HEADER, NONCE - SALT);
    schedule->gcm(&schedule->gcm_keys.key, &context, text, text,
                  frame->length - sa->head - sa->icv_length, nonce, frame->data, ESP_HEADER,
                  ret_icv, sa->icv_length);
}

/* Jobs come back in any order; the ICV has its place already. */
static void
finish(IMB_JOB *job)
{
    EspFrame *frame = job->user_data;

    if (job->status != IMB_STATUS_COMPLETED)
        frame->verdict = ESP_ICV;
}

static void
submit_cbc(const Schedule *schedule, EspFrame *frame, guint8 *icv)
{
    const EspSa *sa = frame->sa;
    IMB_MGR *manager = schedule->manager;
    IMB_JOB *job = IMB_GET_NEXT_JOB(manager);
    guint32 covered = frame->length - sa->icv_length;

    *job = *schedule->job;
    job->enc_keys = schedule->cbc.round_keys;
    job->dec_keys = schedule->cbc.round_keys;
    job->u.HMAC._hashed_auth_key_xor_ipad = schedule->cbc.inner;
    job->u.HMAC._hashed_auth_key_xor_opad = schedule->cbc.outer;
    job->src = frame->data;
    job->dst = frame->data + sa->head;
    job->iv = frame->data + ESP_HEADER;
    job->cipher_start_src_offset_in_bytes = sa->head;
    job->msg_len_to_cipher_in_bytes = covered - sa->head;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = covered;
    job->auth_tag_output = icv;
    job->user_data = frame;
    for (job = IMB_SUBMIT_JOB(manager); job != NULL; job = IMB_GET_COMPLETED_JOB(manager))
        finish(job);
}

static void
flush_cbc(IMB_MGR *manager)
{
    IMB_JOB *job;

    while ((job = IMB_FLUSH_JOB(manager)) != NULL)
        finish(job);
}

static void
seal(EspFrame *frames, gsize count)
{
    IMB_MGR *manager = NULL;

    for (gsize i = 0; i < count; i++) {
        const Schedule *schedule = frames[i].sa->wide;
        guint8 *icv = frames[i].data + frames[i].length - frames[i].sa->icv_length;

        if (frames[i].verdict != ESP_OK)
            continue;
        if (frames[i].sa->is_aead) {
            crypt_gcm(&frames[i], schedule, icv);
            continue;
        }
        manager = schedule->manager;
        submit_cbc(schedule, &frames[i], icv);
    }
    if (manager != NULL)
        flush_cbc(manager);
}

static void
open_chunk(EspFrame *frames, gsize count)
{
    guint8 icvs[ESP_BATCH_MAX][DIGEST_MAX];
    IMB_MGR *manager = NULL;

    for (gsize i = 0; i < count; i++) {
        const Schedule *schedule = frames[i].sa->wide;

        if (frames[i].verdict != ESP_OK)
            continue;
        if (frames[i].sa->is_aead) {
            crypt_gcm(&frames[i], schedule, icvs[i]);
            continue;
        }
        manager = schedule->manager;
        submit_cbc(schedule, &frames[i], icvs[i]);
    }
    if (manager != NULL)
        flush_cbc(manager);
    for (gsize i = 0; i < count; i++) {
        gsize length = frames[i].sa->icv_length;

        if (frames[i].verdict == ESP_OK &&
            CRYPTO_memcmp(icvs[i], frames[i].data + frames[i].length - length, length) != 0)
            frames[i].verdict = ESP_ICV;
    }
}

static void
open_frames(EspFrame *frames, gsize count)
{
    for (gsize at = 0; at < count; at += ESP_BATCH_MAX)
        open_chunk(frames + at, MIN(count - at, (gsize)ESP_BATCH_MAX));
}

static const EspCrypto crypto_ipsec_mb = {
    .name = "libipsec-mb",
    .least_batch = least_batch,
    .open_shared = open_shared,
    .close_shared = close_shared,
    .prepare = prepare,
    .clear = clear,
    .seal = seal,
    .open = open_frames,
};

const EspCrypto *const esp_crypto_wide = &crypto_ipsec_mb;
