/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who a peer's certificate says it is, and whether this profile believes it: part of the core's
 * face (include "ike/ike.h"). Pure: the time is a parameter and nothing is read from disk.
 *
 * Checked, in this order: parse, key size, chain to the profile's CAs alone, dates, CA bit and key
 * usage, extended key usage, revocation where CRLs are given, then the name (PROTOCOL 10.1, 10.2;
 * RFC 4945 3.1, 5.1.3). The proof of possession (SIG payload) is the engine's.
 */
#pragma once

#include "base/reason.h"
#include "ike/policy.h"

#include <glib.h>

typedef struct {
    GPtrArray *anchors; /* GBytes: DER CA certificates; never the system's */
    GPtrArray *crls;    /* GBytes: DER; may be NULL */
    gboolean is_crl_required;

    /* The gateway identity of the profile: exactly one of these is used, in this order. */
    GBytes *pinned_sha256;       /* 32 octets over the leaf's DER, or NULL */
    char *expected_dn;           /* RFC 4514 text or NULL */
    char *expected_name;         /* host name: SAN dNSName, else CN when there is no SAN; or NULL */
    NetAddress expected_address; /* SAN iPAddress */
    /* Names may be anything below these anchors: an explicit choice for a CA with one gateway. */
    gboolean accepts_any_name;

    gboolean is_peer_gateway;   /* FALSE: the peer is a user; clientAuth is fine then */
    gboolean requires_id_match; /* the ID payload must be in the certificate too */
    gboolean accepts_weak_key;  /* RSA 1024 to 2047, and SHA-1 signatures */
    gint64 now_unix_seconds;    /* wall clock */
} IkeTrust;

/* What a certificate shows, for people. Strings are cleaned and never NULL. */
typedef struct {
    char *subject;
    char *issuer;
    char *names;  /* SANs, comma-separated */
    char *sha256; /* "AB:CD:..." */
    gint64 not_before_unix_seconds;
    gint64 not_after_unix_seconds;
    guint key_bits;
} IkeCertificateInfo;

IkeTrust *ike_trust_new(void);
void ike_trust_free(IkeTrust *trust);

/* REASON_NONE when the chain is good and the name fits. REASON_GATEWAY_CERT_REFUSED when all is
 * good but the profile expects no name and pins none: a person must look. ret_detail: one line, to
 * be freed, NULL when REASON_NONE. */
Reason ike_trust_check(const IkeTrust *trust, GBytes *const *certificates, gsize count,
                       const IkeId *id, char **ret_detail);

/* NULL when certificate cannot be parsed. */
IkeCertificateInfo *ike_certificate_info(GBytes *certificate);
void ike_certificate_info_free(IkeCertificateInfo *info);

/* DER Name of a certificate's subject, for certificate requests and ID_DER_ASN1_DN; or NULL. */
GBytes *ike_certificate_subject(GBytes *certificate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeTrust, ike_trust_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeCertificateInfo, ike_certificate_info_free)
