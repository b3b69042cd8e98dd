/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/suite.h"

#include "base/names.h"

#include <string.h>

/* A cipher's name with its key size: the pair is what text spells. */
typedef struct {
    const char *name;
    gint cipher;
    guint16 key_bits;
    gboolean is_aead;
} CipherRow;

static const CipherRow ike_ciphers[] = {
    {"aes128", SUITE_IKE_AES_CBC, 128, FALSE},
    {"aes192", SUITE_IKE_AES_CBC, 192, FALSE},
    {"aes256", SUITE_IKE_AES_CBC, 256, FALSE},
    {"3des", SUITE_IKE_3DES_CBC, 0, FALSE},
};

static const CipherRow esp_ciphers[] = {
    {"aes128", SUITE_ESP_AES_CBC, 128, FALSE},
    {"aes192", SUITE_ESP_AES_CBC, 192, FALSE},
    {"aes256", SUITE_ESP_AES_CBC, 256, FALSE},
    {"3des", SUITE_ESP_3DES_CBC, 0, FALSE},
    {"aes128gcm16", SUITE_ESP_AES_GCM_16, 128, TRUE},
    {"aes192gcm16", SUITE_ESP_AES_GCM_16, 192, TRUE},
    {"aes256gcm16", SUITE_ESP_AES_GCM_16, 256, TRUE},
};

static const NameRow hash_names[] = {
    {SUITE_HASH_MD5, "md5"},         {SUITE_HASH_SHA1, "sha1"},
    {SUITE_HASH_SHA2_256, "sha256"}, {SUITE_HASH_SHA2_384, "sha384"},
    {SUITE_HASH_SHA2_512, "sha512"}, {0, NULL},
};

static const NameRow integrity_names[] = {
    {SUITE_INTEGRITY_HMAC_MD5_96, "md5"},          {SUITE_INTEGRITY_HMAC_SHA1_96, "sha1"},
    {SUITE_INTEGRITY_HMAC_SHA2_256_128, "sha256"}, {SUITE_INTEGRITY_HMAC_SHA2_384_192, "sha384"},
    {SUITE_INTEGRITY_HMAC_SHA2_512_256, "sha512"}, {0, NULL},
};

static const NameRow group_names[] = {
    {SUITE_GROUP_MODP_768, "modp768"},
    {SUITE_GROUP_MODP_1024, "modp1024"},
    {SUITE_GROUP_MODP_1536, "modp1536"},
    {SUITE_GROUP_MODP_2048, "modp2048"},
    {SUITE_GROUP_MODP_3072, "modp3072"},
    {SUITE_GROUP_MODP_4096, "modp4096"},
    {SUITE_GROUP_MODP_6144, "modp6144"},
    {SUITE_GROUP_MODP_8192, "modp8192"},
    {SUITE_GROUP_ECP_256, "ecp256"},
    {SUITE_GROUP_ECP_384, "ecp384"},
    {SUITE_GROUP_ECP_521, "ecp521"},
    {SUITE_GROUP_CURVE25519, "x25519"},
    {0, NULL},
};

static const CipherRow *
find_cipher_name(const CipherRow *rows, gsize count, const char *name)
{
    for (gsize i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static const char *
cipher_name(const CipherRow *rows, gsize count, gint cipher, guint16 key_bits)
{
    for (gsize i = 0; i < count; i++)
        if (rows[i].cipher == cipher && rows[i].key_bits == key_bits)
            return rows[i].name;
    return "unknown";
}

static const char *
known_name(const NameRow *rows, gint value)
{
    const char *name = name_of(rows, value);

    return name != NULL ? name : "unknown";
}

gboolean
suite_group_parse(const char *text, SuiteGroup *ret_group)
{
    guint64 number;
    gint group;

    if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT8, &number, NULL))
        group = (gint)number;
    else if (!name_find(group_names, text, &group))
        return FALSE;
    if (name_of(group_names, group) == NULL)
        return FALSE;
    *ret_group = (SuiteGroup)group;
    return TRUE;
}

const char *
suite_group_name(SuiteGroup group)
{
    return name_of(group_names, (gint)group);
}

gboolean
suite_phase1_parse(const char *text, SuitePhase1 *ret_suite)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 4);
    const CipherRow *cipher;
    SuiteGroup group;
    gint hash;

    if (g_strv_length(parts) != 3)
        return FALSE;
    cipher = find_cipher_name(ike_ciphers, G_N_ELEMENTS(ike_ciphers), parts[0]);
    if (cipher == NULL || !name_find(hash_names, parts[1], &hash) ||
        !suite_group_parse(parts[2], &group))
        return FALSE;
    *ret_suite = (SuitePhase1){.cipher = (SuiteIkeCipher)cipher->cipher,
                               .key_bits = cipher->key_bits,
                               .hash = (SuiteHash)hash,
                               .group = group};
    return TRUE;
}

const char *
suite_phase1_format(const SuitePhase1 *suite, char *ret_text)
{
    g_snprintf(
        ret_text, SUITE_TEXT_SIZE, "%s-%s-%s",
        cipher_name(ike_ciphers, G_N_ELEMENTS(ike_ciphers), (gint)suite->cipher, suite->key_bits),
        known_name(hash_names, (gint)suite->hash), known_name(group_names, (gint)suite->group));
    return ret_text;
}

gboolean
suite_esp_parse(const char *text, SuiteEsp *ret_suite)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 3);
    guint count = g_strv_length(parts);
    const CipherRow *cipher;
    gint integrity = SUITE_INTEGRITY_NONE;

    if (count == 0)
        return FALSE;
    cipher = find_cipher_name(esp_ciphers, G_N_ELEMENTS(esp_ciphers), parts[0]);
    if (cipher == NULL || count != (cipher->is_aead ? 1 : 2))
        return FALSE;
    if (!cipher->is_aead && !name_find(integrity_names, parts[1], &integrity))
        return FALSE;
    *ret_suite = (SuiteEsp){.cipher = (SuiteEspCipher)cipher->cipher,
                            .key_bits = cipher->key_bits,
                            .integrity = (SuiteIntegrity)integrity};
    return TRUE;
}

const char *
suite_esp_format(const SuiteEsp *suite, char *ret_text)
{
    const char *cipher =
        cipher_name(esp_ciphers, G_N_ELEMENTS(esp_ciphers), (gint)suite->cipher, suite->key_bits);

    if (suite->integrity == SUITE_INTEGRITY_NONE)
        g_snprintf(ret_text, SUITE_TEXT_SIZE, "%s", cipher);
    else
        g_snprintf(ret_text, SUITE_TEXT_SIZE, "%s-%s", cipher,
                   known_name(integrity_names, (gint)suite->integrity));
    return ret_text;
}

gboolean
suite_group_is_weak(SuiteGroup group)
{
    return group == SUITE_GROUP_MODP_768 || group == SUITE_GROUP_MODP_1024 ||
           group == SUITE_GROUP_MODP_1536;
}

gboolean
suite_phase1_is_weak(const SuitePhase1 *suite)
{
    return suite->cipher == SUITE_IKE_3DES_CBC || suite->hash == SUITE_HASH_MD5 ||
           suite_group_is_weak(suite->group);
}

gboolean
suite_esp_is_weak(const SuiteEsp *suite)
{
    return suite->cipher == SUITE_ESP_3DES_CBC || suite->integrity == SUITE_INTEGRITY_HMAC_MD5_96;
}

gsize
suite_ike_key_length(SuiteIkeCipher cipher, guint16 key_bits)
{
    switch (cipher) {
    case SUITE_IKE_3DES_CBC:
        return 24;
    case SUITE_IKE_AES_CBC:
        return key_bits / 8;
    }
    return 0;
}

gsize
suite_esp_key_length(const SuiteEsp *suite)
{
    switch (suite->cipher) {
    case SUITE_ESP_3DES_CBC:
        return 24;
    case SUITE_ESP_AES_CBC:
    case SUITE_ESP_AES_GCM_16:
        return suite->key_bits / 8;
    }
    return 0;
}

gsize
suite_esp_salt_length(const SuiteEsp *suite)
{
    return suite->cipher == SUITE_ESP_AES_GCM_16 ? 4 : 0;
}

gsize
suite_esp_integrity_length(const SuiteEsp *suite)
{
    switch (suite->integrity) {
    case SUITE_INTEGRITY_NONE:
        return 0;
    case SUITE_INTEGRITY_HMAC_MD5_96:
        return 16;
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        return 20;
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        return 32;
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        return 48;
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        return 64;
    }
    return 0;
}

gsize
suite_esp_keymat_length(const SuiteEsp *suite)
{
    return suite_esp_key_length(suite) + suite_esp_salt_length(suite) +
           suite_esp_integrity_length(suite);
}

gsize
suite_esp_iv_length(const SuiteEsp *suite)
{
    return suite->cipher == SUITE_ESP_AES_CBC ? 16 : 8;
}

gsize
suite_esp_block_length(const SuiteEsp *suite)
{
    switch (suite->cipher) {
    case SUITE_ESP_3DES_CBC:
        return 8;
    case SUITE_ESP_AES_CBC:
        return 16;
    case SUITE_ESP_AES_GCM_16:
        return 4;
    }
    return 4;
}

gsize
suite_esp_icv_length(const SuiteEsp *suite)
{
    switch (suite->integrity) {
    case SUITE_INTEGRITY_NONE:
        return 16;
    case SUITE_INTEGRITY_HMAC_MD5_96:
    case SUITE_INTEGRITY_HMAC_SHA1_96:
        return 12;
    case SUITE_INTEGRITY_HMAC_SHA2_256_128:
        return 16;
    case SUITE_INTEGRITY_HMAC_SHA2_384_192:
        return 24;
    case SUITE_INTEGRITY_HMAC_SHA2_512_256:
        return 32;
    }
    return 0;
}
