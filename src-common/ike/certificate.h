/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates as they travel (PROTOCOL 10.3): CERT payloads in, CERT and CR payloads out. Whether
 * one is believed is said in trust.h, which also declares what a certificate shows.
 */
#pragma once

#include "ike/draft.h"
#include "ike/payload.h"
#include "ike/policy.h"

/* Appends the DER certificates (GBytes) of all CERT payloads in order: encodings 4 and 5, and 1
 * (PKCS #7) unwrapped. Others and empty ones are passed over, as is what goes beyond
 * IKE_MAX_CERTIFICATES. CERT-TYPE-UNSUPPORTED when payloads were there but none was usable,
 * INVALID-CERT-ENCODING for a PKCS #7 that cannot be read or a certificate above its limit; IKE_OK
 * with nothing appended when there is no CERT payload. */
IkeNotify ike_certificates_collect(const IkeChain *chain, GPtrArray *certificates);

/* One CERT payload each, leaf first, encoding 4. chain: GBytes. */
void ike_certificates_put(IkeDraft *draft, GPtrArray *chain);
/* The empty answer of a hybrid client to a certificate request: 04 alone. */
void ike_certificates_put_empty(IkeDraft *draft);
/* One CR for each name, at most IKE_MAX_CERTIFICATE_REQUESTS; one that takes any CA when there is
 * none. ca_names: GBytes, or NULL. */
void ike_certificates_put_requests(IkeDraft *draft, GPtrArray *ca_names);

/* A DER Name as "CN=vpn.example.org, O=Example" (RFC 4514 order), cleaned; to be freed. Says so
 * when the octets are no Name. */
char *ike_dn_format(Reader der);
