/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Payload bodies as views: RFC 2408 3.4 to 3.15, draft-ietf-ipsec-isakmp-mode-cfg-05 3.2,
 * RFC 3947 3.2. Parsing never allocates; views point into the datagram and die with it.
 */
#pragma once

#include "base/net.h"
#include "base/reader.h"
#include "ike/numbers.h"

typedef struct {
    guint8 number;
    guint8 protocol;
    Reader spi;
    guint8 transform_count;
    Reader transforms;
} IkeProposalView;

typedef struct {
    guint8 number;
    guint8 id;
    Reader attributes;
    Reader body; /* number, id, reserved and attributes: what an answer echoes */
} IkeTransformView;

typedef struct {
    guint32 doi;
    Reader proposals;
} IkeSaView;

/* Checks DOI (1; 0 only where tolerates_zero_doi: some phase 1 offers), situation, and that
 * proposals and transforms nest exactly with right counts: afterwards the two iterators below meet
 * no error. At most IKE_MAX_TRANSFORMS in all. */
IkeNotify ike_sa_parse(Reader body, gboolean tolerates_zero_doi, IkeSaView *ret_view);
/* Takes the next one off; FALSE at the end. */
gboolean ike_sa_next(Reader *proposals, IkeProposalView *ret_proposal);
gboolean ike_proposal_next(Reader *transforms, IkeTransformView *ret_transform);

typedef struct {
    guint8 type; /* IkeIdType */
    guint8 protocol;
    guint16 port;
    Reader data;
} IkeIdView;

/* INVALID-ID-INFORMATION when data does not have the length of its type, for ID_LIST and for
 * unknown types. */
IkeNotify ike_id_parse(Reader body, IkeIdView *ret_view);
/* "FQDN vpn.example.org", cleaned; DNs are read; to be freed. */
char *ike_id_format(const IkeIdView *view);

typedef struct {
    guint8 protocol;
    guint16 type; /* IkeNotify */
    Reader spi;
    Reader data;
} IkeNotifyView;

IkeNotify ike_notify_parse(Reader body, IkeNotifyView *ret_view);

/* spi_size fits protocol, and spis is exactly count of them, at least one. */
typedef struct {
    guint8 protocol;
    guint8 spi_size;
    guint16 count;
    Reader spis;
} IkeDeleteView;

/* DOI 0 is accepted: Cisco clients send it for ISAKMP. */
IkeNotify ike_delete_parse(Reader body, IkeDeleteView *ret_view);

/* ATTR payload. The list is well-formed (attribute.h) once parsed. */
typedef struct {
    guint8 type; /* IkeConfigType */
    guint16 identifier;
    Reader attributes;
} IkeConfigView;

IkeNotify ike_config_parse(Reader body, IkeConfigView *ret_view);

/* CERT and CR. */
typedef struct {
    guint8 encoding; /* IkeCertEncoding */
    Reader data;     /* may be empty */
} IkeCertView;

IkeNotify ike_cert_parse(Reader body, IkeCertView *ret_view);

/* NAT-OA: the original address. */
IkeNotify ike_nat_oa_parse(Reader body, NetAddress *ret_address);
