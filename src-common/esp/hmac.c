/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plain digest functions are what this file is about. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "esp/hmac.h"

#include <openssl/crypto.h>
#include <string.h>

enum { BLOCK_MAX = 128, INNER_PAD = 0x36, OUTER_PAD = 0x5c };

/* 0 for an unknown algorithm. */
static gsize
digest_size(SuiteIntegrity integrity)
{
    switch (integrity) {
    case SUITE_INTEGRITY_HMAC_MD5_96:
        return MD5_DIGEST_LENGTH;
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        return SHA_DIGEST_LENGTH;
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        return SHA256_DIGEST_LENGTH;
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        return SHA384_DIGEST_LENGTH;
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        return SHA512_DIGEST_LENGTH;
    case SUITE_INTEGRITY_NONE:
        break;
    }
    return 0;
}

static void
digest_init(SuiteIntegrity integrity, HmacState *state)
{
    switch (integrity) {
    case SUITE_INTEGRITY_HMAC_MD5_96:
        MD5_Init(&state->md5);
        break;
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        SHA1_Init(&state->sha1);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        SHA256_Init(&state->sha256);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        SHA384_Init(&state->sha512);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        SHA512_Init(&state->sha512);
        break;
    case SUITE_INTEGRITY_NONE:
        break;
    }
}

static void
digest_update(SuiteIntegrity integrity, HmacState *state, const guint8 *data, gsize length)
{
    switch (integrity) {
    case SUITE_INTEGRITY_HMAC_MD5_96:
        MD5_Update(&state->md5, data, length);
        break;
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        SHA1_Update(&state->sha1, data, length);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        SHA256_Update(&state->sha256, data, length);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        SHA384_Update(&state->sha512, data, length);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        SHA512_Update(&state->sha512, data, length);
        break;
    case SUITE_INTEGRITY_NONE:
        break;
    }
}

static void
digest_final(SuiteIntegrity integrity, HmacState *state, guint8 *ret_digest)
{
    switch (integrity) {
    case SUITE_INTEGRITY_HMAC_MD5_96:
        MD5_Final(ret_digest, &state->md5);
        break;
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        SHA1_Final(ret_digest, &state->sha1);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        SHA256_Final(ret_digest, &state->sha256);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        SHA384_Final(ret_digest, &state->sha512);
        break;
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        SHA512_Final(ret_digest, &state->sha512);
        break;
    case SUITE_INTEGRITY_NONE:
        break;
    }
}

static void
absorb_key(const HmacKey *key, HmacState *state, const guint8 *octets, gsize length, guint8 pad)
{
    gsize block = digest_size(key->integrity) > SHA256_DIGEST_LENGTH ? 128 : 64;
    guint8 padded[BLOCK_MAX];

    memset(padded, pad, sizeof padded);
    for (gsize i = 0; i < length; i++)
        padded[i] ^= octets[i];
    digest_init(key->integrity, state);
    digest_update(key->integrity, state, padded, block);
    OPENSSL_cleanse(padded, sizeof padded);
}

gboolean
hmac_prepare(HmacKey *key, SuiteIntegrity integrity, const guint8 *octets, gsize length)
{
    gsize size = digest_size(integrity);

    if (size == 0 || length > size)
        return FALSE;
    key->integrity = integrity;
    absorb_key(key, &key->inner, octets, length, INNER_PAD);
    absorb_key(key, &key->outer, octets, length, OUTER_PAD);
    return TRUE;
}

void
hmac_of(const HmacKey *key, const guint8 *data, gsize length, guint8 ret_digest[HMAC_SIZE_MAX])
{
    HmacState state = key->inner;

    digest_update(key->integrity, &state, data, length);
    digest_final(key->integrity, &state, ret_digest);
    state = key->outer;
    digest_update(key->integrity, &state, ret_digest, digest_size(key->integrity));
    digest_final(key->integrity, &state, ret_digest);
}
