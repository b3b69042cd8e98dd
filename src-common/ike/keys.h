/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The key schedule of an ISAKMP SA and everything that is computed with it: RFC 2409 5, 5.5 and
 * appendix B, draft-ietf-ipsec-isakmp-mode-cfg-05 3.1.1 (PROTOCOL 3). Readers named like RFC terms
 * (ni_b, g_xi, sai_b) are payload bodies.
 */
#pragma once

#include "base/reader.h"
#include "base/secret.h"
#include "base/suite.h"
#include "ike/cbc.h"
#include "ike/numbers.h"

typedef struct {
    SuitePhase1 suite;
    guint8 cky_i[IKE_COOKIE_LENGTH];
    guint8 cky_r[IKE_COOKIE_LENGTH];
    Secret *skeyid;
    Secret *skeyid_d;
    Secret *skeyid_a;
    Secret *skeyid_e;
    Secret *ka; /* cipher key */
} IkeKeys;

/* SKEYID of the PSK methods: prf(PSK, Ni_b | Nr_b). nonces: both, one behind the other. */
Secret *ike_skeyid_from_psk(SuiteHash hash, const Secret *psk, Reader nonces);
/* SKEYID of signature and hybrid methods: prf(Ni_b | Nr_b, g^xy). */
Secret *ike_skeyid_from_shared(SuiteHash hash, Reader ni_b, Reader nr_b, const Secret *g_xy);

/* Copies skeyid; cookies are 8 octets each. */
IkeKeys *ike_keys_new(const SuitePhase1 *suite, const guint8 *cky_i, const guint8 *cky_r,
                      const Secret *skeyid, const Secret *g_xy);
void ike_keys_free(IkeKeys *keys);

/* Octets of every hash below: the prf's output. */
gsize ike_keys_hash_length(const IkeKeys *keys);

/* The first encrypted message of phase 1. */
IkeIv ike_keys_initial_iv(const IkeKeys *keys, Reader g_xi, Reader g_xr);
/* The first message of an exchange after phase 1; lb: last ciphertext block of phase 1, or the
 * initial IV when the last message of phase 1 was clear. */
IkeIv ike_keys_message_iv(const IkeKeys *keys, const IkeIv *lb, guint32 message_id);

/* ret_hash: ike_keys_hash_length() octets. */
void ike_keys_hash_i(const IkeKeys *keys, Reader g_xi, Reader g_xr, Reader sai_b, Reader idii_b,
                     guint8 *ret_hash);
void ike_keys_hash_r(const IkeKeys *keys, Reader g_xi, Reader g_xr, Reader sai_b, Reader idir_b,
                     guint8 *ret_hash);
/* HASH(1) of Quick Mode, and of every informational and transaction message: payloads are all
 * behind the HASH payload, with their generic headers, without padding. */
void ike_keys_hash_1(const IkeKeys *keys, guint32 message_id, Reader payloads, guint8 *ret_hash);
void ike_keys_hash_2(const IkeKeys *keys, guint32 message_id, Reader ni_b, Reader payloads,
                     guint8 *ret_hash);
void ike_keys_hash_3(const IkeKeys *keys, guint32 message_id, Reader ni_b, Reader nr_b,
                     guint8 *ret_hash);

/* What Cisco-style hybrid clients send in AM3: prf(SKEYID, group password). */
void ike_keys_group_hash(const IkeKeys *keys, const Secret *group_password, guint8 *ret_hash);

/* KEYMAT of one direction. g_qm_xy: NULL without PFS. spi: of the receiver of that traffic. */
Secret *ike_keys_keymat(const IkeKeys *keys, const Secret *g_qm_xy, IkeProtocol protocol,
                        guint32 spi, Reader ni_b, Reader nr_b, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeKeys, ike_keys_free)
