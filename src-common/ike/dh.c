/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Three kinds of group behind one face. Nothing here draws random numbers; MODP runs in constant
 * time over the exponent, and ECP and Curve25519 in whatever the library has for secret scalars.
 */
#include "ike/dh.h"

#include "ike/limits.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

typedef enum { KIND_MODP, KIND_ECP, KIND_X25519 } Kind;

typedef struct {
    SuiteGroup group;
    Kind kind;
    gsize field_length; /* of the prime */
    gsize private_length;
    guint32 cost_microseconds;
    BIGNUM *(*prime)(BIGNUM *ret);
    int curve;
} GroupRow;

/* MODP private values: 256 bits at least, twice the strength above (RFC 3526 8, lower estimate,
 * asks for 160 to 380). */
static const GroupRow rows[] = {
    {SUITE_GROUP_MODP_768, KIND_MODP, 96, 32, 230, BN_get_rfc2409_prime_768, 0},
    {SUITE_GROUP_MODP_1024, KIND_MODP, 128, 32, 280, BN_get_rfc2409_prime_1024, 0},
    {SUITE_GROUP_MODP_1536, KIND_MODP, 192, 32, 400, BN_get_rfc3526_prime_1536, 0},
    {SUITE_GROUP_MODP_2048, KIND_MODP, 256, 32, 640, BN_get_rfc3526_prime_2048, 0},
    {SUITE_GROUP_MODP_3072, KIND_MODP, 384, 40, 1580, BN_get_rfc3526_prime_3072, 0},
    {SUITE_GROUP_MODP_4096, KIND_MODP, 512, 40, 2900, BN_get_rfc3526_prime_4096, 0},
    {SUITE_GROUP_MODP_6144, KIND_MODP, 768, 48, 7500, BN_get_rfc3526_prime_6144, 0},
    {SUITE_GROUP_MODP_8192, KIND_MODP, 1024, 48, 15000, BN_get_rfc3526_prime_8192, 0},
    {SUITE_GROUP_ECP_256, KIND_ECP, 32, 32, 100, NULL, NID_X9_62_prime256v1},
    {SUITE_GROUP_ECP_384, KIND_ECP, 48, 48, 1460, NULL, NID_secp384r1},
    {SUITE_GROUP_ECP_521, KIND_ECP, 66, 66, 410, NULL, NID_secp521r1},
    {SUITE_GROUP_CURVE25519, KIND_X25519, 32, 32, 100, NULL, 0},
};

struct IkeDh {
    const GroupRow *row;
    Secret *private_value; /* as the group's arithmetic takes it */
    gsize public_length;
    guint8 public_value[IKE_MAX_PUBLIC_LENGTH];
};

/* Arithmetic of one call. */
typedef struct {
    BN_CTX *context;
    BIGNUM *prime;   /* MODP */
    EC_GROUP *curve; /* ECP */
    BIGNUM *secret;
} Work;

static const GroupRow *
row_of(SuiteGroup group)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].group == group)
            return &rows[i];
    return NULL;
}

gsize
ike_dh_public_length(SuiteGroup group)
{
    const GroupRow *row = row_of(group);

    if (row == NULL)
        return 0;
    return row->kind == KIND_ECP ? 2 * row->field_length : row->field_length;
}

gsize
ike_dh_shared_length(SuiteGroup group)
{
    const GroupRow *row = row_of(group);

    return row != NULL ? row->field_length : 0;
}

gsize
ike_dh_private_length(SuiteGroup group)
{
    const GroupRow *row = row_of(group);

    return row != NULL ? row->private_length : 0;
}

guint32
ike_dh_cost_microseconds(SuiteGroup group)
{
    const GroupRow *row = row_of(group);

    return row != NULL ? row->cost_microseconds : 0;
}

/* Only memory can be missing here; half a computation must not go on. */
static void
must(gboolean is_good)
{
    g_assert(is_good);
}

static void
work_clear(Work *work)
{
    BN_clear_free(work->secret);
    BN_free(work->prime);
    EC_GROUP_free(work->curve);
    BN_CTX_free(work->context);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static Work
work_of(const GroupRow *row, const Secret *private_value)
{
    Work work = {.context = BN_CTX_secure_new()};

    g_assert(work.context != NULL);
    work.secret = BN_bin2bn(secret_data(private_value), (int)secret_length(private_value), NULL);
    g_assert(work.secret != NULL);
    BN_set_flags(work.secret, BN_FLG_CONSTTIME);
    if (row->kind == KIND_MODP)
        work.prime = row->prime(NULL);
    else
        work.curve = EC_GROUP_new_by_curve_name(row->curve);
    g_assert(work.prime != NULL || work.curve != NULL);
    return work;
}

/* ret_value: base^secret mod p, padded to the prime. */
static void
modp_power(const Work *work, const BIGNUM *base, guint8 *ret_value, gsize length)
{
    BIGNUM *result = BN_new();

    must(BN_mod_exp_mont_consttime(result, base, work->secret, work->prime, work->context, NULL));
    must(BN_bn2binpad(result, ret_value, (int)length) == (int)length);
    BN_clear_free(result);
}

static void
modp_public(const IkeDh *dh, guint8 *ret_value)
{
    g_auto(Work) work = work_of(dh->row, dh->private_value);
    BIGNUM *two = BN_new();

    must(BN_set_word(two, 2));
    modp_power(&work, two, ret_value, dh->row->field_length);
    BN_free(two);
}

static gboolean
modp_agree(const IkeDh *dh, Reader peer_public, guint8 *ret_value)
{
    g_auto(Work) work = work_of(dh->row, dh->private_value);
    BIGNUM *base = BN_bin2bn(peer_public.at, (int)reader_left(&peer_public), NULL);
    BIGNUM *last = BN_dup(work.prime);
    gboolean is_good;

    /* 1 < y < p - 1 */
    must(base != NULL && last != NULL && BN_sub_word(last, 1));
    is_good = !BN_is_zero(base) && !BN_is_one(base) && BN_cmp(base, last) < 0;
    if (is_good)
        modp_power(&work, base, ret_value, dh->row->field_length);
    BN_free(base);
    BN_free(last);
    return is_good;
}

/* x | y (RFC 5903 7), or x alone when has_y is FALSE. */
static gboolean
ecp_write(const Work *work, const EC_POINT *point, gboolean has_y, guint8 *ret_value, gsize length)
{
    BIGNUM *x = BN_new();
    BIGNUM *y = BN_new();
    gboolean is_good = EC_POINT_get_affine_coordinates(work->curve, point, x, y, work->context) &&
                       BN_bn2binpad(x, ret_value, (int)length) == (int)length &&
                       (!has_y || BN_bn2binpad(y, ret_value + length, (int)length) == (int)length);

    BN_clear_free(x);
    BN_clear_free(y);
    return is_good;
}

static void
ecp_public(const IkeDh *dh, guint8 *ret_value)
{
    g_auto(Work) work = work_of(dh->row, dh->private_value);
    EC_POINT *point = EC_POINT_new(work.curve);

    must(EC_POINT_mul(work.curve, point, work.secret, NULL, NULL, work.context));
    must(ecp_write(&work, point, TRUE, ret_value, dh->row->field_length));
    EC_POINT_free(point);
}

static gboolean
ecp_agree(const IkeDh *dh, Reader peer_public, guint8 *ret_value)
{
    g_auto(Work) work = work_of(dh->row, dh->private_value);
    int length = (int)dh->row->field_length;
    BIGNUM *x = BN_bin2bn(peer_public.at, length, NULL);
    BIGNUM *y = BN_bin2bn(peer_public.at + length, length, NULL);
    EC_POINT *point = EC_POINT_new(work.curve);
    EC_POINT *shared = EC_POINT_new(work.curve);
    /* Setting the coordinates fails for a point that is not on the curve, and for coordinates that
     * are not below the prime. These curves have cofactor 1, so a point on it is in the group. */
    gboolean is_good = EC_POINT_set_affine_coordinates(work.curve, point, x, y, work.context) &&
                       EC_POINT_mul(work.curve, shared, NULL, point, work.secret, work.context) &&
                       ecp_write(&work, shared, FALSE, ret_value, dh->row->field_length);

    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
    EC_POINT_clear_free(shared);
    return is_good;
}

static void
x25519_public(const IkeDh *dh, guint8 *ret_value)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret_data(dh->private_value), 32);
    gsize length = 32;

    must(key != NULL && EVP_PKEY_get_raw_public_key(key, ret_value, &length));
    EVP_PKEY_free(key);
}

static gboolean
x25519_agree(const IkeDh *dh, Reader peer_public, guint8 *ret_value)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret_data(dh->private_value), 32);
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer_public.at, 32);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    gsize length = 32;
    /* An all-zero result is refused inside (RFC 7748 6.1). */
    gboolean is_good = context != NULL && peer != NULL && EVP_PKEY_derive_init(context) == 1 &&
                       EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                       EVP_PKEY_derive(context, ret_value, &length) == 1 && length == 32;

    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(key);
    return is_good;
}

/* Brings a value into 1 .. order - 1; one that is there already stays as it is. P-521 has an order
 * just below 2^521, and 66 random octets are 528 bits: the upper seven go first, so that the
 * reduction hardly ever has anything to do. */
static Secret *
ecp_private(const GroupRow *row, const Secret *value)
{
    g_auto(Work) work = work_of(row, value);
    BIGNUM *order = BN_dup(EC_GROUP_get0_order(work.curve));
    Secret *scalar = secret_new_zero(row->field_length);

    g_assert(order != NULL);
    if (BN_cmp(work.secret, order) >= 0) {
        BN_mask_bits(work.secret, BN_num_bits(order));
        must(BN_sub_word(order, 1));
        must(BN_nnmod(work.secret, work.secret, order, work.context));
        must(BN_add_word(work.secret, 1));
    }
    must(BN_bn2binpad(work.secret, secret_edit(scalar), (int)row->field_length) > 0);
    BN_free(order);
    return scalar;
}

IkeDh *
ike_dh_new(SuiteGroup group, Reader private_value)
{
    const GroupRow *row = row_of(group);
    g_autoptr(Secret) value = secret_new(private_value.at, reader_left(&private_value));
    IkeDh *dh = g_new0(IkeDh, 1);

    g_assert(row != NULL);
    dh->row = row;
    dh->public_length = ike_dh_public_length(group);
    switch (row->kind) {
    case KIND_MODP:
        dh->private_value = g_steal_pointer(&value);
        modp_public(dh, dh->public_value);
        break;
    case KIND_ECP:
        dh->private_value = ecp_private(row, value);
        ecp_public(dh, dh->public_value);
        break;
    case KIND_X25519:
        g_assert(secret_length(value) == 32);
        dh->private_value = g_steal_pointer(&value);
        x25519_public(dh, dh->public_value);
        break;
    }
    return dh;
}

void
ike_dh_free(IkeDh *dh)
{
    if (dh == NULL)
        return;
    secret_free(dh->private_value);
    g_free(dh);
}

SuiteGroup
ike_dh_group(const IkeDh *dh)
{
    return dh->row->group;
}

Reader
ike_dh_public(const IkeDh *dh)
{
    return reader_of(dh->public_value, dh->public_length);
}

static gboolean
agree(const IkeDh *dh, Reader peer_public, guint8 *ret_value)
{
    switch (dh->row->kind) {
    case KIND_MODP:
        return modp_agree(dh, peer_public, ret_value);
    case KIND_ECP:
        return ecp_agree(dh, peer_public, ret_value);
    case KIND_X25519:
        return x25519_agree(dh, peer_public, ret_value);
    }
    return FALSE;
}

IkeNotify
ike_dh_agree(const IkeDh *dh, Reader peer_public, Secret **ret_shared)
{
    g_autoptr(Secret) shared = secret_new_zero(dh->row->field_length);

    if (reader_left(&peer_public) != dh->public_length)
        return IKE_INVALID_KEY_INFORMATION;
    if (!agree(dh, peer_public, secret_edit(shared)))
        return IKE_INVALID_KEY_INFORMATION;
    *ret_shared = g_steal_pointer(&shared);
    return IKE_OK;
}
