/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/keys.h"

#include "ike/hash.h"

#include <string.h>

/* Octets of an integer as the formulas take them. */
typedef struct {
    guint8 octets[4];
} Word;

static Word
word_of(guint32 value)
{
    return (Word){
        {(guint8)(value >> 24), (guint8)(value >> 16), (guint8)(value >> 8), (guint8)value}};
}

static Reader
part_of_word(const Word *word)
{
    return reader_of(word->octets, sizeof word->octets);
}

static Secret *
prf_secret(SuiteHash hash, Reader key, const Reader *parts, gsize count)
{
    Secret *output = secret_new_zero(ike_hash_length(hash));

    ike_prf(hash, key, parts, count, secret_edit(output));
    return output;
}

Secret *
ike_skeyid_from_psk(SuiteHash hash, const Secret *psk, Reader nonces)
{
    return prf_secret(hash, ike_part_of_secret(psk), &nonces, 1);
}

Secret *
ike_skeyid_from_shared(SuiteHash hash, Reader ni_b, Reader nr_b, const Secret *g_xy)
{
    g_autoptr(Secret) nonces = secret_new_zero(reader_left(&ni_b) + reader_left(&nr_b));
    Reader shared = ike_part_of_secret(g_xy);
    gsize ni_length = reader_left(&ni_b);

    reader_copy(&ni_b, secret_edit(nonces), ni_length);
    reader_copy(&nr_b, secret_edit(nonces) + ni_length, reader_left(&nr_b));
    return prf_secret(hash, ike_part_of_secret(nonces), &shared, 1);
}

/* SKEYID_d, _a, _e: prf(SKEYID, previous | g^xy | CKY-I | CKY-R | number). */
static Secret *
derive(const IkeKeys *keys, const Secret *previous, const Secret *g_xy, guint8 number)
{
    Reader parts[] = {
        previous != NULL ? ike_part_of_secret(previous) : reader_of(NULL, 0),
        ike_part_of_secret(g_xy),
        reader_of(keys->cky_i, IKE_COOKIE_LENGTH),
        reader_of(keys->cky_r, IKE_COOKIE_LENGTH),
        reader_of(&number, 1),
    };

    return prf_secret(keys->suite.hash, ike_part_of_secret(keys->skeyid), parts,
                      G_N_ELEMENTS(parts));
}

/* K1 | K2 | ... cut to length: K1 = prf(key, first), Kn = prf(key, K(n-1) | seed...). With is_ka
 * the seed is a zero octet in K1 alone (RFC 2409 appendix B), else in every block (5.5). */
static Secret *
expand(SuiteHash hash, const Secret *key, const Reader *seed, gsize seed_count, gboolean is_ka,
       gsize length)
{
    enum { MAX_PARTS = 8 };
    gsize block = ike_hash_length(hash);
    g_autoptr(Secret) last = secret_new_zero(block);
    Secret *output = secret_new_zero(length);
    Reader parts[MAX_PARTS];

    g_assert(seed_count < MAX_PARTS);
    for (gsize done = 0; done < length; done += block) {
        gsize count = 0;

        if (done > 0)
            parts[count++] = ike_part_of_secret(last);
        for (gsize i = 0; i < seed_count && (done == 0 || !is_ka); i++)
            parts[count++] = seed[i];
        ike_prf(hash, ike_part_of_secret(key), parts, count, secret_edit(last));
        memcpy(secret_edit(output) + done, secret_data(last), MIN(block, length - done));
    }
    return output;
}

static Secret *
derive_ka(const IkeKeys *keys)
{
    gsize length = suite_ike_key_length(keys->suite.cipher, keys->suite.key_bits);
    static const guint8 zero = 0;
    Reader seed = reader_of(&zero, 1);

    if (length <= secret_length(keys->skeyid_e))
        return secret_new(secret_data(keys->skeyid_e), length);
    return expand(keys->suite.hash, keys->skeyid_e, &seed, 1, TRUE, length);
}

IkeKeys *
ike_keys_new(const SuitePhase1 *suite, const guint8 *cky_i, const guint8 *cky_r,
             const Secret *skeyid, const Secret *g_xy)
{
    IkeKeys *keys = g_new0(IkeKeys, 1);

    keys->suite = *suite;
    memcpy(keys->cky_i, cky_i, IKE_COOKIE_LENGTH);
    memcpy(keys->cky_r, cky_r, IKE_COOKIE_LENGTH);
    keys->skeyid = secret_dup(skeyid);
    keys->skeyid_d = derive(keys, NULL, g_xy, 0);
    keys->skeyid_a = derive(keys, keys->skeyid_d, g_xy, 1);
    keys->skeyid_e = derive(keys, keys->skeyid_a, g_xy, 2);
    keys->ka = derive_ka(keys);
    return keys;
}

void
ike_keys_free(IkeKeys *keys)
{
    if (keys == NULL)
        return;
    secret_free(keys->skeyid);
    secret_free(keys->skeyid_d);
    secret_free(keys->skeyid_a);
    secret_free(keys->skeyid_e);
    secret_free(keys->ka);
    g_free(keys);
}

gsize
ike_keys_hash_length(const IkeKeys *keys)
{
    return ike_hash_length(keys->suite.hash);
}

static IkeIv
iv_of_hash(const IkeKeys *keys, const Reader *parts, gsize count)
{
    guint8 hash[IKE_MAX_HASH_LENGTH];
    IkeIv iv = {.length = ike_cbc_block_length(keys->suite.cipher)};

    ike_hash(keys->suite.hash, parts, count, hash);
    memcpy(iv.octets, hash, iv.length);
    return iv;
}

IkeIv
ike_keys_initial_iv(const IkeKeys *keys, Reader g_xi, Reader g_xr)
{
    Reader parts[] = {g_xi, g_xr};

    return iv_of_hash(keys, parts, G_N_ELEMENTS(parts));
}

IkeIv
ike_keys_message_iv(const IkeKeys *keys, const IkeIv *lb, guint32 message_id)
{
    Word word = word_of(message_id);
    Reader parts[] = {reader_of(lb->octets, lb->length), part_of_word(&word)};

    return iv_of_hash(keys, parts, G_N_ELEMENTS(parts));
}

void
ike_keys_hash_i(const IkeKeys *keys, Reader g_xi, Reader g_xr, Reader sai_b, Reader idii_b,
                guint8 *ret_hash)
{
    Reader parts[] = {
        g_xi,
        g_xr,
        reader_of(keys->cky_i, IKE_COOKIE_LENGTH),
        reader_of(keys->cky_r, IKE_COOKIE_LENGTH),
        sai_b,
        idii_b,
    };

    ike_prf(keys->suite.hash, ike_part_of_secret(keys->skeyid), parts, G_N_ELEMENTS(parts),
            ret_hash);
}

void
ike_keys_hash_r(const IkeKeys *keys, Reader g_xi, Reader g_xr, Reader sai_b, Reader idir_b,
                guint8 *ret_hash)
{
    Reader parts[] = {
        g_xr,
        g_xi,
        reader_of(keys->cky_r, IKE_COOKIE_LENGTH),
        reader_of(keys->cky_i, IKE_COOKIE_LENGTH),
        sai_b,
        idir_b,
    };

    ike_prf(keys->suite.hash, ike_part_of_secret(keys->skeyid), parts, G_N_ELEMENTS(parts),
            ret_hash);
}

void
ike_keys_hash_1(const IkeKeys *keys, guint32 message_id, Reader payloads, guint8 *ret_hash)
{
    Word word = word_of(message_id);
    Reader parts[] = {part_of_word(&word), payloads};

    ike_prf(keys->suite.hash, ike_part_of_secret(keys->skeyid_a), parts, G_N_ELEMENTS(parts),
            ret_hash);
}

void
ike_keys_hash_2(const IkeKeys *keys, guint32 message_id, Reader ni_b, Reader payloads,
                guint8 *ret_hash)
{
    Word word = word_of(message_id);
    Reader parts[] = {part_of_word(&word), ni_b, payloads};

    ike_prf(keys->suite.hash, ike_part_of_secret(keys->skeyid_a), parts, G_N_ELEMENTS(parts),
            ret_hash);
}

void
ike_keys_hash_3(const IkeKeys *keys, guint32 message_id, Reader ni_b, Reader nr_b, guint8 *ret_hash)
{
    static const guint8 zero = 0;
    Word word = word_of(message_id);
    Reader parts[] = {reader_of(&zero, 1), part_of_word(&word), ni_b, nr_b};

    ike_prf(keys->suite.hash, ike_part_of_secret(keys->skeyid_a), parts, G_N_ELEMENTS(parts),
            ret_hash);
}

void
ike_keys_group_hash(const IkeKeys *keys, const Secret *group_password, guint8 *ret_hash)
{
    Reader part = ike_part_of_secret(group_password);

    ike_prf(keys->suite.hash, ike_part_of_secret(keys->skeyid), &part, 1, ret_hash);
}

Secret *
ike_keys_keymat(const IkeKeys *keys, const Secret *g_qm_xy, IkeProtocol protocol, guint32 spi,
                Reader ni_b, Reader nr_b, gsize length)
{
    guint8 number = (guint8)protocol;
    Word word = word_of(spi);
    Reader seed[] = {
        g_qm_xy != NULL ? ike_part_of_secret(g_qm_xy) : reader_of(NULL, 0),
        reader_of(&number, 1),
        part_of_word(&word),
        ni_b,
        nr_b,
    };

    return expand(keys->suite.hash, keys->skeyid_d, seed, G_N_ELEMENTS(seed), FALSE, length);
}
