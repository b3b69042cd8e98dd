/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one side is willing to do in IKE: part of the core's face (include "ike/ike.h").
 *
 * A policy is filled by its maker, then shared and never changed: sessions keep a reference to the
 * one they were made with.
 */
#pragma once

#include "base/net.h"
#include "base/suite.h"

#include <glib.h>

typedef enum { IKE_MODE_MAIN = 2, IKE_MODE_AGGRESSIVE = 4 } IkeMode;

/* Numbers of RFC 2409 appendix A, draft-ietf-ipsec-isakmp-hybrid-auth-05 and
 * draft-ietf-ipsec-isakmp-xauth-06: always the value in which the initiator is the user. */
typedef enum {
    IKE_METHOD_PSK = 1,
    IKE_METHOD_RSA = 3,
    IKE_METHOD_HYBRID_RSA = 64221,
    IKE_METHOD_XAUTH_PSK = 65001,
    IKE_METHOD_XAUTH_RSA = 65005,
} IkeMethod;

/* RFC 2407 4.6.2.1. */
typedef enum {
    IKE_ID_NONE = 0,
    IKE_ID_IPV4_ADDR = 1,
    IKE_ID_FQDN = 2,
    IKE_ID_USER_FQDN = 3,
    IKE_ID_IPV4_ADDR_SUBNET = 4,
    IKE_ID_IPV6_ADDR = 5,
    IKE_ID_IPV6_ADDR_SUBNET = 6,
    IKE_ID_IPV4_ADDR_RANGE = 7,
    IKE_ID_IPV6_ADDR_RANGE = 8,
    IKE_ID_DER_ASN1_DN = 9,
    IKE_ID_DER_ASN1_GN = 10,
    IKE_ID_KEY_ID = 11,
} IkeIdType;

/* A phase 1 identity; data may be NULL for IKE_ID_NONE, and for IKE_ID_IPV4_ADDR or _IPV6_ADDR to
 * mean "the address that the session uses". */
typedef struct {
    IkeIdType type;
    GBytes *data;
} IkeId;

typedef enum { IKE_NATT_AUTO, IKE_NATT_FORCE, IKE_NATT_OFF } IkeNatt;
typedef enum {
    IKE_FRAGMENTATION_ON,
    IKE_FRAGMENTATION_FORCE,
    IKE_FRAGMENTATION_OFF
} IkeFragmentation;
/* AUTO: the group of phase 1, the gateway's Unity PFS obeyed, and once the other way round after
 * NO-PROPOSAL-CHOSEN. */
typedef enum { IKE_PFS_AUTO, IKE_PFS_OFF, IKE_PFS_GROUP } IkePfs;
typedef enum { IKE_CONFIG_PULL, IKE_CONFIG_PUSH, IKE_CONFIG_OFF } IkeConfigMode;
/* What a responder does with offered lifetimes and key lengths: PROTOCOL 2.7, racoon's names. */
typedef enum {
    IKE_CHECK_OBEY,
    IKE_CHECK_CLAIM,
    IKE_CHECK_STRICT,
    IKE_CHECK_EXACT
} IkeProposalCheck;

typedef struct {
    gint ref_count;

    IkeMode mode;     /* what an initiator starts with */
    guint16 modes;    /* what a responder accepts: bits 1 << IkeMode; 0 = mode alone */
    IkeMethod method; /* one for a client; a responder has one policy for each */
    GArray *phase1;   /* SuitePhase1 in order of preference; aggressive: one group in all */
    GArray *esp;      /* SuiteEsp in order of preference */
    IkePfs pfs;
    SuiteGroup pfs_group; /* with IKE_PFS_GROUP */
    IkeProposalCheck proposal_check;
    guint32 phase1_lifetime_seconds;
    guint32 esp_lifetime_seconds;
    guint64 esp_lifetime_kilobytes; /* 0 = none */

    IkeId own_id;
    IkeId peer_id;        /* responder: selects this policy by the group name; NONE = any */
    GPtrArray *own_chain; /* GBytes: DER certificates, leaf first; empty without one */
    guint32 own_key;      /* number of the private key or group password, meant for the host */
    GPtrArray *ca_names;  /* GBytes: DER Names for certificate requests */

    IkeNatt natt;
    IkeFragmentation fragmentation;
    guint16 fragment_octets; /* IP packet of a fragment at most; 0 = 576 on IPv4, 1280 on IPv6 */
    guint16 keepalive_seconds;
    guint16 dpd_delay_seconds; /* 0 = answer but never probe */
    guint16 dpd_retry_seconds;
    guint16 dpd_max_failures;
    guint16 half_open_seconds; /* responder */
    guint16 initiate_seconds;  /* initiator: give up phase 1 after this long */

    gboolean asks_chap; /* responder: Xauth of type RADIUS-CHAP in the first round */
    IkeConfigMode config_mode;
    NetAddress wished_address; /* asked for again after a reconnect; none = any */
    GArray *remote_networks;   /* NetPrefix: one Quick Mode each; empty = 0.0.0.0/0 (and ::/0) */
    gboolean wants_ipv6;       /* ask for an IPv6 address too */
    char *application_version; /* may be NULL */
    char *device_name;         /* Unity DDNS_HOSTNAME; may be NULL */
    gboolean sends_initial_contact;
    gboolean is_esp_always_encapsulated; /* the plane cannot do plain ESP: force NAT-T */
} IkePolicy;

/* All defaults set, arrays empty. */
IkePolicy *ike_policy_new(void);
IkePolicy *ike_policy_ref(IkePolicy *policy);
void ike_policy_unref(IkePolicy *policy);

/* TRUE for methods in which the gateway logs the user in by Xauth. */
gboolean ike_method_has_xauth(IkeMethod method);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkePolicy, ike_policy_unref)
