/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vendor IDs (PROTOCOL 5.11): which features a peer has, and who it is, as bits of one set. A bit
 * of kind "who" is for logs and for quirk rows; it never loosens a check.
 */
#pragma once

#include "base/reader.h"
#include "ike/draft.h"
#include "ike/payload.h"
#include "ike/policy.h"

typedef enum {
    /* features */
    IKE_VENDOR_XAUTH = 1 << 0,
    IKE_VENDOR_DPD = 1 << 1,
    IKE_VENDOR_UNITY = 1 << 2,
    IKE_VENDOR_FRAGMENTATION = 1 << 3,
    IKE_VENDOR_NATT_RFC3947 = 1 << 4,
    IKE_VENDOR_NATT_03 = 1 << 5,
    IKE_VENDOR_NATT_02N = 1 << 6, /* draft-02 with a line feed: the common one */
    IKE_VENDOR_NATT_02 = 1 << 7,
    IKE_VENDOR_NATT_OTHER = 1 << 8, /* 00, 01, 04..08: known, not used */
    IKE_VENDOR_NATT_APPLE = 1 << 9, /* NAT-D in reverse order */
    /* who */
    IKE_VENDOR_STRONGSWAN = 1 << 10,
    IKE_VENDOR_RACOON = 1 << 11,
    IKE_VENDOR_LIBRESWAN = 1 << 12,
    IKE_VENDOR_CISCO = 1 << 13,
    IKE_VENDOR_MICROSOFT = 1 << 14,
    IKE_VENDOR_FORTINET = 1 << 15,
    IKE_VENDOR_JUNIPER = 1 << 16,
    IKE_VENDOR_CHECKPOINT = 1 << 17,
    IKE_VENDOR_SONICWALL = 1 << 18,
    IKE_VENDOR_APPLE = 1 << 19,
    IKE_VENDOR_NORTEL = 1 << 20,
    /* known and without use: delete with reason, GSSAPI, heartbeat, ... */
    IKE_VENDOR_OTHER = 1 << 21,
} IkeVendor;

/* Bits of one VID body; 0 for an unknown one. */
guint32 ike_vendor_of(Reader body);
/* Bits of all VID payloads. */
guint32 ike_vendor_of_chain(const IkeChain *chain);

/* What an initiator sends, and a responder to a peer with these bits (the one NAT-T ID chosen). */
guint32 ike_vendor_for_initiator(const IkePolicy *policy);
guint32 ike_vendor_for_responder(const IkePolicy *policy, guint32 peer);
/* One VID payload for each bit that can be sent, in the order of the table. */
void ike_vendor_put(IkeDraft *draft, guint32 set);

/* "XAUTH, DPD, NAT-T RFC 3947, strongSwan" for logs; to be freed. */
char *ike_vendor_format(guint32 set);
