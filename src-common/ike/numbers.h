/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers on the wire and their names for logs.
 *
 * RFC 2408 3.1, 3.14.1; RFC 2409 appendix A; RFC 2407 4.5, 4.6.3; RFC 3947 5; RFC 3706; RFC 5903;
 * draft-ietf-ipsec-isakmp-mode-cfg-05, -xauth-06, -hybrid-auth-05; draft-beaulieu-ike-xauth-02;
 * the Unity attributes and payload 132 are de facto. Algorithm numbers are in base/suite.h.
 */
#pragma once

#include <glib.h>

enum {
    IKE_COOKIE_LENGTH = 8,
    IKE_HEADER_LENGTH = 28,
    IKE_GENERIC_LENGTH = 4, /* generic payload header */
    IKE_VERSION = 0x10,
    IKE_DOI_IPSEC = 1,
    IKE_SITUATION_IDENTITY_ONLY = 1,
    IKE_TRANSFORM_KEY_IKE = 1,
    IKE_PORT = 500,
    IKE_PORT_NATT = 4500,
};

typedef enum {
    IKE_PAYLOAD_NONE = 0,
    IKE_PAYLOAD_SA = 1,
    IKE_PAYLOAD_PROPOSAL = 2,
    IKE_PAYLOAD_TRANSFORM = 3,
    IKE_PAYLOAD_KE = 4,
    IKE_PAYLOAD_ID = 5,
    IKE_PAYLOAD_CERT = 6,
    IKE_PAYLOAD_CR = 7,
    IKE_PAYLOAD_HASH = 8,
    IKE_PAYLOAD_SIG = 9,
    IKE_PAYLOAD_NONCE = 10,
    IKE_PAYLOAD_NOTIFY = 11,
    IKE_PAYLOAD_DELETE = 12,
    IKE_PAYLOAD_VENDOR = 13,
    IKE_PAYLOAD_ATTR = 14,
    IKE_PAYLOAD_SAK = 15, /* NAT-D of NAT-T drafts 04..08: skipped */
    IKE_PAYLOAD_POP = 19,
    IKE_PAYLOAD_NAT_D = 20,
    IKE_PAYLOAD_NAT_OA = 21,
    IKE_PAYLOAD_GAP = 22,
    IKE_PAYLOAD_PRIVATE = 128,
    IKE_PAYLOAD_NAT_D_DRAFT = 130,
    IKE_PAYLOAD_NAT_OA_DRAFT = 131,
    IKE_PAYLOAD_FRAGMENT = 132,
} IkePayloadType;

typedef enum {
    IKE_EXCHANGE_MAIN = 2,
    IKE_EXCHANGE_AGGRESSIVE = 4,
    IKE_EXCHANGE_INFORMATIONAL = 5,
    IKE_EXCHANGE_TRANSACTION = 6,
    IKE_EXCHANGE_QUICK = 32,
} IkeExchangeType;

enum { IKE_FLAG_ENCRYPTED = 1, IKE_FLAG_COMMIT = 2, IKE_FLAG_AUTH_ONLY = 4 };

typedef enum {
    IKE_PROTOCOL_ISAKMP = 1,
    IKE_PROTOCOL_AH = 2,
    IKE_PROTOCOL_ESP = 3,
    IKE_PROTOCOL_IPCOMP = 4,
} IkeProtocol;

/* Notify numbers are also what parsers and checks return: IKE_OK, or what is wrong. */
typedef enum {
    IKE_OK = 0,
    IKE_INVALID_PAYLOAD_TYPE = 1,
    IKE_DOI_NOT_SUPPORTED = 2,
    IKE_SITUATION_NOT_SUPPORTED = 3,
    IKE_INVALID_COOKIE = 4,
    IKE_INVALID_MAJOR_VERSION = 5,
    IKE_INVALID_MINOR_VERSION = 6,
    IKE_INVALID_EXCHANGE_TYPE = 7,
    IKE_INVALID_FLAGS = 8,
    IKE_INVALID_MESSAGE_ID = 9,
    IKE_INVALID_PROTOCOL_ID = 10,
    IKE_INVALID_SPI = 11,
    IKE_INVALID_TRANSFORM_ID = 12,
    IKE_ATTRIBUTES_NOT_SUPPORTED = 13,
    IKE_NO_PROPOSAL_CHOSEN = 14,
    IKE_BAD_PROPOSAL_SYNTAX = 15,
    IKE_PAYLOAD_MALFORMED = 16,
    IKE_INVALID_KEY_INFORMATION = 17,
    IKE_INVALID_ID_INFORMATION = 18,
    IKE_INVALID_CERT_ENCODING = 19,
    IKE_INVALID_CERTIFICATE = 20,
    IKE_CERT_TYPE_UNSUPPORTED = 21,
    IKE_INVALID_CERT_AUTHORITY = 22,
    IKE_INVALID_HASH_INFORMATION = 23,
    IKE_AUTHENTICATION_FAILED = 24,
    IKE_INVALID_SIGNATURE = 25,
    IKE_ADDRESS_NOTIFICATION = 26,
    IKE_NOTIFY_SA_LIFETIME = 27,
    IKE_CERTIFICATE_UNAVAILABLE = 28,
    IKE_UNSUPPORTED_EXCHANGE_TYPE = 29,
    IKE_UNEQUAL_PAYLOAD_LENGTHS = 30,
    IKE_CONNECTED = 16384, /* status types from here on */
    IKE_RESPONDER_LIFETIME = 24576,
    IKE_REPLAY_STATUS = 24577,
    IKE_INITIAL_CONTACT = 24578,
    IKE_CISCO_KEEPALIVE = 32768,
    IKE_CISCO_KEEPALIVE_ACK = 32769,
    IKE_R_U_THERE = 36136,
    IKE_R_U_THERE_ACK = 36137,
    IKE_UNITY_LOAD_BALANCE = 40501,
    IKE_UNITY_GROUP_HASH = 40503,
} IkeNotify;

/* Attributes of a phase 1 transform. */
typedef enum {
    IKE_P1_ENCRYPTION = 1,
    IKE_P1_HASH = 2,
    IKE_P1_METHOD = 3,
    IKE_P1_GROUP = 4,
    IKE_P1_LIFE_TYPE = 11,
    IKE_P1_LIFE_DURATION = 12,
    IKE_P1_KEY_LENGTH = 14,
} IkePhase1Attribute;

/* Attributes of an ESP transform. */
typedef enum {
    IKE_ESP_LIFE_TYPE = 1,
    IKE_ESP_LIFE_DURATION = 2,
    IKE_ESP_GROUP = 3,
    IKE_ESP_ENCAPSULATION = 4,
    IKE_ESP_INTEGRITY = 5,
    IKE_ESP_KEY_LENGTH = 6,
    IKE_ESP_ECN_TUNNEL = 10,
    IKE_ESP_ESN = 11,
} IkeEspAttribute;

enum { IKE_LIFE_SECONDS = 1, IKE_LIFE_KILOBYTES = 2 };

typedef enum {
    IKE_ENCAPSULATION_TUNNEL = 1,
    IKE_ENCAPSULATION_UDP_TUNNEL = 3,
    IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT = 61443,
} IkeEncapsulation;

/* Type octet of an ATTR payload. */
typedef enum {
    IKE_CFG_REQUEST = 1,
    IKE_CFG_REPLY = 2,
    IKE_CFG_SET = 3,
    IKE_CFG_ACK = 4,
} IkeConfigType;

typedef enum {
    IKE_CFG_IP4_ADDRESS = 1,
    IKE_CFG_IP4_NETMASK = 2,
    IKE_CFG_IP4_DNS = 3,
    IKE_CFG_IP4_NBNS = 4,
    IKE_CFG_ADDRESS_EXPIRY = 5,
    IKE_CFG_IP4_DHCP = 6,
    IKE_CFG_APPLICATION_VERSION = 7,
    IKE_CFG_IP6_ADDRESS = 8,
    IKE_CFG_IP6_NETMASK = 9,
    IKE_CFG_IP6_DNS = 10,
    IKE_CFG_IP6_NBNS = 11,
    IKE_CFG_IP6_DHCP = 12,
    IKE_CFG_IP4_SUBNET = 13,
    IKE_CFG_SUPPORTED = 14,
    IKE_CFG_IP6_SUBNET = 15,
    IKE_UNITY_BANNER = 28672,
    IKE_UNITY_SAVE_PASSWORD = 28673,
    IKE_UNITY_DEFAULT_DOMAIN = 28674,
    IKE_UNITY_SPLIT_DNS = 28675,
    IKE_UNITY_SPLIT_INCLUDE = 28676,
    IKE_UNITY_NATT_PORT = 28677,
    IKE_UNITY_LOCAL_LAN = 28678,
    IKE_UNITY_PFS = 28679,
    IKE_UNITY_FIREWALL = 28680,
    IKE_UNITY_BACKUP_SERVERS = 28681,
    IKE_UNITY_DDNS_HOSTNAME = 28682,
} IkeConfigAttribute;

typedef enum {
    IKE_XAUTH_TYPE = 16520,
    IKE_XAUTH_USER_NAME = 16521,
    IKE_XAUTH_USER_PASSWORD = 16522,
    IKE_XAUTH_PASSCODE = 16523,
    IKE_XAUTH_MESSAGE = 16524,
    IKE_XAUTH_CHALLENGE = 16525,
    IKE_XAUTH_DOMAIN = 16526,
    IKE_XAUTH_STATUS = 16527,
    IKE_XAUTH_NEXT_PIN = 16528,
    IKE_XAUTH_ANSWER = 16529,
} IkeXauthAttribute;

enum { IKE_XAUTH_FAIL = 0, IKE_XAUTH_OK = 1 };

typedef enum {
    IKE_CERT_PKCS7 = 1,
    IKE_CERT_X509_SIGNATURE = 4,
    IKE_CERT_X509_EXCHANGE = 5,
    IKE_CERT_CRL = 7,
} IkeCertEncoding;

/* Names as the documents spell them, "NO-PROPOSAL-CHOSEN"; "unknown" for a number without one. */
const char *ike_notify_name(guint16 type);
const char *ike_payload_name(guint8 type);
const char *ike_exchange_name(guint8 exchange);
const char *ike_attribute_name(guint16 type); /* Mode Config, Unity and Xauth */
/* Phase 1 methods with both Init and Resp values. */
const char *ike_method_name(guint16 method);
