/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a connection failed or ended: one stable token for each reason, known to every process and
 * front end. The token never changes; title and hint are English msgids for people.
 */
#pragma once

#include <glib.h>

typedef enum {
    REASON_NONE,
    REASON_USER_REQUEST,
    /* Reaching the gateway */
    REASON_NAME_RESOLUTION,
    REASON_NETWORK_UNREACHABLE,
    REASON_GATEWAY_NOT_LISTENING,
    REASON_GATEWAY_SILENT,
    REASON_UDP4500_BLOCKED,
    REASON_UDP500_BLOCKED,
    REASON_IPSEC_BLOCKED,
    REASON_FRAGMENTS_DROPPED,
    REASON_CAPTIVE_PORTAL,
    REASON_OTHER_VPN,
    REASON_LOCAL_FIREWALL,
    REASON_PORT_IN_USE,
    REASON_WRONG_EXCHANGE,
    /* Agreeing */
    REASON_PROPOSAL_REJECTED,
    REASON_PROTOCOL_ERROR,
    /* Who the gateway is */
    REASON_GATEWAY_CERT_MISSING,
    REASON_GATEWAY_CERT_UNTRUSTED,
    REASON_GATEWAY_CERT_EXPIRED,
    REASON_GATEWAY_CERT_NOT_YET_VALID,
    REASON_CLOCK_WRONG,
    REASON_GATEWAY_CERT_NAME,
    REASON_GATEWAY_CERT_USAGE,
    REASON_GATEWAY_CERT_REVOKED,
    REASON_GATEWAY_CERT_WEAK,
    REASON_GATEWAY_CERT_CHANGED,
    REASON_GATEWAY_CERT_REFUSED,
    REASON_GATEWAY_AUTH_FAILED,
    /* Who we are */
    REASON_GROUP_REJECTED,
    REASON_CLIENT_CERT_REJECTED,
    REASON_AUTH_USER_REJECTED,
    REASON_AUTH_CHALLENGE_FAILED,
    REASON_AUTH_SERVER_UNREACHABLE,
    REASON_SECRETS_NO_AGENT,
    REASON_SECRETS_CANCELLED,
    REASON_SECRETS_TIMEOUT,
    /* Settings and phase 2 */
    REASON_CONFIG_REFUSED,
    REASON_NO_ADDRESS,
    REASON_ESP_PROPOSAL_REJECTED,
    REASON_SELECTORS_REFUSED,
    /* This machine */
    REASON_POLICY_REJECTED,
    REASON_NOT_AUTHORIZED,
    REASON_DATAPLANE_UNAVAILABLE,
    REASON_INTERFACE_FAILED,
    REASON_DNS_FAILED,
    REASON_PROFILE_INVALID,
    /* Later */
    REASON_PEER_DELETED,
    REASON_PEER_DEAD,
    REASON_REDIRECTED,
    REASON_REKEY_FAILED,
    REASON_NETWORK_CHANGED,
    REASON_SUSPENDED,
    REASON_SHUTDOWN,
    REASON_ENGINE_CRASHED,
    REASON_INTERNAL,
    REASON_COUNT,
} Reason;

/* Exit codes of the command line; nmcli's where nmcli has one. */
typedef enum {
    EXIT_OK = 0,
    EXIT_UNKNOWN = 1,
    EXIT_USAGE = 2,
    EXIT_TIMEOUT = 3,
    EXIT_ACTIVATION = 4,
    EXIT_DEACTIVATION = 5,
    EXIT_NO_SERVICE = 8,
    EXIT_NOT_FOUND = 10,
    EXIT_AUTH_REFUSED = 20,
    EXIT_UNREACHABLE = 21,
    EXIT_CERTIFICATE = 22,
    EXIT_PROPOSAL = 23,
    EXIT_NOT_AUTHORIZED = 24,
    EXIT_CANCELLED = 25,
    EXIT_NO_ADDRESS = 26,
    EXIT_DATAPLANE = 27,
} ExitCode;

/* "gateway-silent". */
const char *reason_token(Reason reason);
/* What happened, one line without a full stop. */
const char *reason_title(Reason reason);
/* What to do about it, one or two sentences. */
const char *reason_hint(Reason reason);
ExitCode reason_exit_code(Reason reason);
/* TRUE when trying again without a change by a person may help. */
gboolean reason_is_transient(Reason reason);
gboolean reason_find(const char *token, Reason *ret_reason);
