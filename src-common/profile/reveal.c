/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/reveal.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { SALT = 20, HEAD = SALT + SHA_DIGEST_LENGTH, BLOCK = 8, MAX_CIPHERTEXT = 1024 };

static Secret *
from_hex(const char *hex)
{
    gsize digits = strlen(hex);
    Secret *octets;

    if (digits % 2 != 0 || digits / 2 > HEAD + MAX_CIPHERTEXT)
        return NULL;
    for (gsize i = 0; i < digits; i++)
        if (!g_ascii_isxdigit(hex[i]))
            return NULL;
    octets = secret_new_zero(digits / 2);
    for (gsize i = 0; i < digits / 2; i++)
        secret_edit(octets)[i] =
            (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return octets;
}

static Secret *
make_key(const guint8 *salt)
{
    guint8 edited[SALT];
    guint8 last[SHA_DIGEST_LENGTH];
    Secret *key = secret_new_zero(24);

    memcpy(edited, salt, SALT);
    edited[SALT - 1] += 1;
    SHA1(edited, SALT, secret_edit(key));
    edited[SALT - 1] += 2;
    SHA1(edited, SALT, last);
    memcpy(secret_edit(key) + SHA_DIGEST_LENGTH, last, 4);
    explicit_bzero(last, sizeof last);
    return key;
}

static Secret *
decrypt(const guint8 *salt, const guint8 *ciphertext, gsize length)
{
    g_autoptr(Secret) key = make_key(salt);
    g_autoptr(Secret) plain = secret_new_zero(length + BLOCK);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    gint first = 0;
    gint last = 0;
    gboolean is_good =
        EVP_DecryptInit_ex(context, EVP_des_ede3_cbc(), NULL, secret_data(key), salt) == 1 &&
        EVP_DecryptUpdate(context, secret_edit(plain), &first, ciphertext, (gint)length) == 1 &&
        EVP_DecryptFinal_ex(context, secret_edit(plain) + first, &last) == 1;

    EVP_CIPHER_CTX_free(context);
    return is_good ? secret_new(secret_data(plain), (gsize)(first + last)) : NULL;
}

Secret *
import_reveal(const char *hex, const char **ret_why)
{
    g_autoptr(Secret) octets = from_hex(hex);
    const guint8 *data = octets != NULL ? secret_data(octets) : NULL;
    gsize length = octets != NULL ? secret_length(octets) : 0;
    guint8 sum[SHA_DIGEST_LENGTH];
    Secret *plain;

    *ret_why = "not an even number of hexadecimal digits";
    if (data == NULL)
        return NULL;
    *ret_why = "too short, or cut off: 40 octets and whole blocks of 8 are needed";
    if (length < HEAD + BLOCK || (length - HEAD) % BLOCK != 0)
        return NULL;
    SHA1(data + HEAD, length - HEAD, sum);
    *ret_why = "damaged: its checksum is wrong";
    if (memcmp(sum, data + SALT, sizeof sum) != 0)
        return NULL;
    plain = decrypt(data, data + HEAD, length - HEAD);
    *ret_why = plain != NULL ? NULL : "damaged: it cannot be decrypted";
    return plain;
}
