/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside esp/: HMAC (RFC 2104) with both key blocks hashed beforehand.
 *
 * A packet starts from a copy of those two states: no key block is hashed again, and nothing is
 * allocated. EVP_MAC and EVP_MD cannot do that: they make a new context for every message. So the
 * crypto library's plain digest functions are used, which it has in every build that has EVP.
 */
#pragma once

#include "base/suite.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

typedef union {
    MD5_CTX md5;
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512; /* SHA2-384 too */
} HmacState;

typedef struct {
    SuiteIntegrity integrity;
    HmacState inner;
    HmacState outer;
} HmacKey;

enum { HMAC_SIZE_MAX = 64 };

/* FALSE for an unknown algorithm. A key is at most as long as the digest, as in ESP. */
gboolean hmac_prepare(HmacKey *key, SuiteIntegrity integrity, const guint8 *octets, gsize length);
/* The whole digest; the caller cuts it. */
void hmac_of(const HmacKey *key, const guint8 *data, gsize length,
             guint8 ret_digest[HMAC_SIZE_MAX]);
