/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The negotiated hash and the prf made of it: prf = HMAC(hash) (RFC 2409 4). Input comes in parts
 * that are taken as if one behind the other.
 */
#pragma once

#include "base/reader.h"
#include "base/secret.h"
#include "base/suite.h"
#include "ike/limits.h"

/* Octets of output; 0 for an unknown hash. */
gsize ike_hash_length(SuiteHash hash);

/* ret_hash, ret_output: room for ike_hash_length(), IKE_MAX_HASH_LENGTH always suffices. */
void ike_hash(SuiteHash hash, const Reader *parts, gsize count, guint8 *ret_hash);
void ike_prf(SuiteHash hash, Reader key, const Reader *parts, gsize count, guint8 *ret_output);

/* A Secret as a part. */
Reader ike_part_of_secret(const Secret *secret);
