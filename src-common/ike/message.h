/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Encryption of whole messages (RFC 2409 appendix B; PROTOCOL 3.5, 3.6).
 *
 * Opening does not move the caller's chain: the next IV comes out beside the plaintext and becomes
 * the chain only when the HASH inside was right, so a forged datagram with the right cookies and
 * message ID breaks nothing.
 */
#pragma once

#include "base/reader.h"
#include "base/secret.h"
#include "ike/draft.h"
#include "ike/keys.h"

/* Sets flag E, pads with zeros to the block, encrypts, and moves iv to the last block. The draft is
 * empty afterwards. NULL when the draft had overflowed. */
GBytes *ike_message_seal(const IkeKeys *keys, IkeIv *iv, IkeDraft *draft);

/* body: behind the header. PAYLOAD-MALFORMED when it is empty or not a multiple of the block.
 * ret_plain: the payload chain with its padding. */
IkeNotify ike_message_open(const IkeKeys *keys, const IkeIv *iv, Reader body, Secret **ret_plain,
                           IkeIv *ret_next_iv);
