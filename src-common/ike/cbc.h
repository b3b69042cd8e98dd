/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CBC of the ISAKMP SA: AES-128, -192, -256 and 3DES, without padding of its own (RFC 2409
 * appendix B pads the payload chain). The IV of a message is the state that goes from one message
 * to the next.
 */
#pragma once

#include "base/secret.h"
#include "base/suite.h"
#include "ike/limits.h"

typedef struct {
    guint8 octets[IKE_MAX_BLOCK_LENGTH];
    gsize length; /* the cipher's block; 0 = not set */
} IkeIv;

/* 8 or 16. */
gsize ike_cbc_block_length(SuiteIkeCipher cipher);

/* octets: a multiple of the block, changed in place; key and iv fit the cipher. iv becomes the last
 * ciphertext block. */
void ike_cbc_encrypt(SuiteIkeCipher cipher, const Secret *key, IkeIv *iv, guint8 *octets,
                     gsize length);
/* The same the other way; iv becomes the last ciphertext block too. */
void ike_cbc_decrypt(SuiteIkeCipher cipher, const Secret *key, IkeIv *iv, guint8 *octets,
                     gsize length);
