/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RSA signatures of IKE (RFC 2409 5.1): PKCS #1 v1.5 block type 1 over the bare HASH_I or HASH_R,
 * without DigestInfo, whatever the hash.
 */
#pragma once

#include "base/reader.h"
#include "ike/numbers.h"

/* certificate: DER of the signer's. IKE_OK, INVALID-CERTIFICATE (cannot be read or not RSA), or
 * INVALID-SIGNATURE (wrong length included). */
IkeNotify ike_signature_check(GBytes *certificate, Reader hash, Reader signature);

/* A private key for the process that holds it; the core itself only asks for signatures. */
typedef struct IkePrivateKey IkePrivateKey;

/* PEM or DER, PKCS #1 or PKCS #8, not encrypted; RSA only. */
IkePrivateKey *ike_private_key_new(Reader octets, GError **error);
void ike_private_key_free(IkePrivateKey *key);
guint ike_private_key_bits(const IkePrivateKey *key);
/* TRUE when certificate (DER) carries the public half. */
gboolean ike_private_key_fits(const IkePrivateKey *key, GBytes *certificate);
/* hash: 16, 20, 32, 48 or 64 octets, nothing else is signed. NULL otherwise. */
GBytes *ike_private_key_sign(const IkePrivateKey *key, Reader hash);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkePrivateKey, ike_private_key_free)
