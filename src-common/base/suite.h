/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Algorithms by name and number: what a profile spells "aes256-sha256-modp2048" or "aes128gcm16"
 * and IKE negotiates as attributes. The numbers are those of RFC 2409 appendix A (phase 1),
 * RFC 2407 4.4.4 and 4.5 with later assignments (ESP). This file knows names, sizes and which are
 * weak; what they compute is in ike/ and esp/.
 */
#pragma once

#include <glib.h>

typedef enum {
    SUITE_IKE_3DES_CBC = 5,
    SUITE_IKE_AES_CBC = 7,
} SuiteIkeCipher;

typedef enum {
    SUITE_HASH_MD5 = 1,
    SUITE_HASH_SHA1 = 2,
    SUITE_HASH_SHA2_256 = 4,
    SUITE_HASH_SHA2_384 = 5,
    SUITE_HASH_SHA2_512 = 6,
} SuiteHash;

typedef enum {
    SUITE_GROUP_NONE = 0,
    SUITE_GROUP_MODP_768 = 1,
    SUITE_GROUP_MODP_1024 = 2,
    SUITE_GROUP_MODP_1536 = 5,
    SUITE_GROUP_MODP_2048 = 14,
    SUITE_GROUP_MODP_3072 = 15,
    SUITE_GROUP_MODP_4096 = 16,
    SUITE_GROUP_MODP_6144 = 17,
    SUITE_GROUP_MODP_8192 = 18,
    SUITE_GROUP_ECP_256 = 19,
    SUITE_GROUP_ECP_384 = 20,
    SUITE_GROUP_ECP_521 = 21,
    SUITE_GROUP_CURVE25519 = 31,
} SuiteGroup;

/* ESP transform identifiers. */
typedef enum {
    SUITE_ESP_3DES_CBC = 3,
    SUITE_ESP_AES_CBC = 12,
    SUITE_ESP_AES_GCM_16 = 20,
} SuiteEspCipher;

/* ESP authentication algorithm attribute; none with AES-GCM. */
typedef enum {
    SUITE_INTEGRITY_NONE = 0,
    SUITE_INTEGRITY_HMAC_MD5_96 = 1,
    SUITE_INTEGRITY_HMAC_SHA1_96 = 2,
    SUITE_INTEGRITY_HMAC_SHA2_256_128 = 5,
    SUITE_INTEGRITY_HMAC_SHA2_384_192 = 6,
    SUITE_INTEGRITY_HMAC_SHA2_512_256 = 7,
} SuiteIntegrity;

/* key_bits is 0 for 3DES, which has one size only. */
typedef struct {
    SuiteIkeCipher cipher;
    guint16 key_bits;
    SuiteHash hash;
    SuiteGroup group;
} SuitePhase1;

typedef struct {
    SuiteEspCipher cipher;
    guint16 key_bits;
    SuiteIntegrity integrity;
} SuiteEsp;

#define SUITE_TEXT_SIZE 48

/* "aes256-sha256-modp2048", "3des-md5-modp1024", "aes128-sha1-ecp256", "aes256-sha512-x25519". */
gboolean suite_phase1_parse(const char *text, SuitePhase1 *ret_suite);
const char *suite_phase1_format(const SuitePhase1 *suite, char *ret_text);
/* "aes256gcm16", "aes128-sha1", "3des-md5". */
gboolean suite_esp_parse(const char *text, SuiteEsp *ret_suite);
const char *suite_esp_format(const SuiteEsp *suite, char *ret_text);
/* "modp2048", "ecp256", "x25519", or the bare number "14". */
gboolean suite_group_parse(const char *text, SuiteGroup *ret_group);
/* NULL for an unknown group. */
const char *suite_group_name(SuiteGroup group);

/* 3DES, MD5, MODP 768, 1024 and 1536: off unless a profile names them, marked when on. */
gboolean suite_phase1_is_weak(const SuitePhase1 *suite);
gboolean suite_esp_is_weak(const SuiteEsp *suite);
gboolean suite_group_is_weak(SuiteGroup group);

/* Key sizes in octets, as the algorithms take them. */
gsize suite_ike_key_length(SuiteIkeCipher cipher, guint16 key_bits);
gsize suite_esp_key_length(const SuiteEsp *suite);       /* cipher key without salt */
gsize suite_esp_salt_length(const SuiteEsp *suite);      /* 4 with AES-GCM, else 0 */
gsize suite_esp_integrity_length(const SuiteEsp *suite); /* HMAC key */
/* KEYMAT octets of one direction: key, then salt or HMAC key. */
gsize suite_esp_keymat_length(const SuiteEsp *suite);
gsize suite_esp_iv_length(const SuiteEsp *suite);
gsize suite_esp_block_length(const SuiteEsp *suite); /* alignment of the ciphertext */
gsize suite_esp_icv_length(const SuiteEsp *suite);
