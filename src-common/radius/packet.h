/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RADIUS packets (RFC 2865 3, 5; RFC 2866 3; RFC 3579 3.2): views over what came, Writers for what
 * goes, and the four sums over the shared secret.
 *
 * Message-Authenticator is the first attribute of every Access-Request, and an answer to one is
 * believed only with it, because the answer's own authenticator alone can be forged by whoever
 * finds MD5 collisions on the way (CVE-2024-3596).
 */
#pragma once

#include "base/net.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"

#include <glib.h>

enum {
    RADIUS_HEADER = 20,
    RADIUS_AUTHENTICATOR = 16,
    RADIUS_MAX_PACKET = 4096,
    RADIUS_MAX_PASSWORD = 128,
};

typedef enum {
    RADIUS_ACCESS_REQUEST = 1,
    RADIUS_ACCESS_ACCEPT = 2,
    RADIUS_ACCESS_REJECT = 3,
    RADIUS_ACCOUNTING_REQUEST = 4,
    RADIUS_ACCOUNTING_RESPONSE = 5,
    RADIUS_ACCESS_CHALLENGE = 11,
    RADIUS_DISCONNECT_REQUEST = 40, /* RFC 5176 */
    RADIUS_DISCONNECT_ACK = 41,
    RADIUS_DISCONNECT_NAK = 42,
    RADIUS_COA_REQUEST = 43,
    RADIUS_COA_ACK = 44,
    RADIUS_COA_NAK = 45,
} RadiusCode;

typedef enum {
    RADIUS_USER_NAME = 1,
    RADIUS_USER_PASSWORD = 2,
    RADIUS_CHAP_PASSWORD = 3,
    RADIUS_NAS_IP_ADDRESS = 4,
    RADIUS_NAS_PORT = 5,
    RADIUS_SERVICE_TYPE = 6,
    RADIUS_FRAMED_IP_ADDRESS = 8,
    RADIUS_FRAMED_IP_NETMASK = 9,
    RADIUS_FILTER_ID = 11,
    RADIUS_FRAMED_MTU = 12,
    RADIUS_REPLY_MESSAGE = 18,
    RADIUS_FRAMED_ROUTE = 22,
    RADIUS_STATE = 24,
    RADIUS_CLASS = 25,
    RADIUS_VENDOR_SPECIFIC = 26,
    RADIUS_SESSION_TIMEOUT = 27,
    RADIUS_IDLE_TIMEOUT = 28,
    RADIUS_CALLED_STATION_ID = 30,
    RADIUS_CALLING_STATION_ID = 31,
    RADIUS_NAS_IDENTIFIER = 32,
    RADIUS_PROXY_STATE = 33,
    RADIUS_ACCT_STATUS_TYPE = 40,
    RADIUS_ACCT_DELAY_TIME = 41,
    RADIUS_ACCT_INPUT_OCTETS = 42,
    RADIUS_ACCT_OUTPUT_OCTETS = 43,
    RADIUS_ACCT_SESSION_ID = 44,
    RADIUS_ACCT_AUTHENTIC = 45,
    RADIUS_ACCT_SESSION_TIME = 46,
    RADIUS_ACCT_INPUT_PACKETS = 47,
    RADIUS_ACCT_OUTPUT_PACKETS = 48,
    RADIUS_ACCT_TERMINATE_CAUSE = 49,
    RADIUS_ACCT_INPUT_GIGAWORDS = 52,
    RADIUS_ACCT_OUTPUT_GIGAWORDS = 53,
    RADIUS_EVENT_TIMESTAMP = 55,
    RADIUS_CHAP_CHALLENGE = 60,
    RADIUS_NAS_PORT_TYPE = 61,
    RADIUS_PROMPT = 76,
    RADIUS_MESSAGE_AUTHENTICATOR = 80,
    RADIUS_ACCT_INTERIM_INTERVAL = 85,
    RADIUS_NAS_PORT_ID = 87,
    RADIUS_FRAMED_POOL = 88,
    RADIUS_NAS_IPV6_ADDRESS = 95,
    RADIUS_FRAMED_IPV6_PREFIX = 97,
    RADIUS_ERROR_CAUSE = 101,
    RADIUS_FRAMED_IPV6_ADDRESS = 168,
} RadiusType;

enum { RADIUS_VENDOR_CISCO = 9, RADIUS_VENDOR_MICROSOFT = 311, RADIUS_VENDOR_ALTIGA = 3076 };

/* A view into the datagram. */
typedef struct {
    guint8 code;
    guint8 identifier;
    const guint8 *authenticator; /* RADIUS_AUTHENTICATOR octets */
    Reader attributes;           /* whole ones, each of 2 octets or more */
    const guint8 *octets;        /* all of it, without what stands behind its length */
    gsize length;
} RadiusPacket;

/* FALSE for lengths that do not fit anywhere, outer or of an attribute. */
gboolean radius_packet_parse(const guint8 *data, gsize length, RadiusPacket *ret_packet);

typedef struct {
    guint8 type;
    Reader value;
} RadiusAttribute;

/* Takes the next attribute off the cursor; FALSE at the end. Also walks the body of a vendor's
 * attribute behind its number (RFC 2865 5.26), where what does not fit ends the walk. */
gboolean radius_attribute_next(Reader *cursor, RadiusAttribute *ret_attribute);
/* The first of its type. */
gboolean radius_packet_find(const RadiusPacket *packet, RadiusType type, Reader *ret_value);

/* A packet with room for its length; random is the authenticator of an Access-Request, NULL leaves
 * zeros. Access-Requests get their Message-Authenticator. */
Writer radius_packet_open(RadiusCode code, guint8 identifier, const guint8 *random);
/* Fills in length, Message-Authenticator and, unless it is an Access-Request, the authenticator
 * (RFC 2866 3). Returns the packet's own authenticator through ret_authenticator; NULL when
 * something was too long. Leaves the writer empty. */
Secret *radius_packet_close(Writer *writer, const Secret *secret,
                            guint8 ret_authenticator[RADIUS_AUTHENTICATOR]);

/* length: RADIUS_MAX_VALUE at most, else the writer fails; nothing is written for 0. */
void radius_put(Writer *writer, RadiusType type, const void *value, gsize length);
void radius_put_u32(Writer *writer, RadiusType type, guint32 value);
/* NULL and "" are left out; what is longer than an attribute is cut. */
void radius_put_text(Writer *writer, RadiusType type, const char *text);
/* Left out when it is not of this many octets. */
void radius_put_address(Writer *writer, RadiusType type, gsize length, const NetAddress *address);
/* User-Password, hidden (RFC 2865 5.2); the writer fails above RADIUS_MAX_PASSWORD. */
void radius_put_password(Writer *writer, const Secret *secret, const guint8 *authenticator,
                         const Secret *password);

typedef enum {
    RADIUS_ANSWER_GOOD,
    RADIUS_ANSWER_WRONG_AUTHENTICATOR, /* another secret, or forged */
    RADIUS_ANSWER_LACKS_MESSAGE_AUTHENTICATOR,
    RADIUS_ANSWER_WRONG_MESSAGE_AUTHENTICATOR,
} RadiusAnswerCheck;

/* authenticator: the request's. A Message-Authenticator is checked where there is one. */
RadiusAnswerCheck radius_answer_check(const RadiusPacket *packet, const Secret *secret,
                                      const guint8 *authenticator,
                                      gboolean needs_message_authenticator);

G_STATIC_ASSERT(RADIUS_MAX_PASSWORD % RADIUS_AUTHENTICATOR == 0);
