/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The links of coati-keys, the process that holds private keys and group passwords.
 *
 * Two sockets (AF_UNIX SOCK_SEQPACKET), one message a datagram, type u8 and then the body:
 *
 *     control, fd 3 there, from coatid:    LOAD_KEY, LOAD_PSK, SEAL; answered by LOADED
 *     requests, fd 4 there, from engine:   SIGN, SKEYID; answered by SIGNATURE, SKEYID_IS
 *
 * There is no decrypt and no export, and a hash to be signed has one of five lengths, so that
 * whoever owns the engine can use keys while it is there but never takes one away. Nothing can be
 * loaded after SEAL or after the engine's first request. coatid keeps its control socket open: when
 * either side hangs up, coati-keys wipes everything and ends.
 */
#pragma once

#include "base/fd.h"
#include "base/secret.h"
#include "base/suite.h"

#include <gio/gio.h>

typedef enum {
    /* coatid to keys */
    KEYLINK_LOAD_KEY = 1, /* key, octets: DER private key, PKCS #8 or PKCS #1, RSA */
    KEYLINK_LOAD_PSK,     /* key, octets: group password */
    KEYLINK_SEAL,
    /* keys to coatid */
    KEYLINK_LOADED = 32, /* key, is_good: FALSE when sealed, full, number taken or not a key */
    /* engine to keys */
    KEYLINK_SIGN = 64, /* ticket, key, octets: hash of 16, 20, 32, 48 or 64 octets */
    KEYLINK_SKEYID,    /* ticket, key, hash, octets: Ni_b | Nr_b, 16 to 512 */
    /* keys to engine */
    KEYLINK_SIGNATURE = 96, /* ticket, octets: PKCS #1 v1.5 without DigestInfo; none = refused */
    KEYLINK_SKEYID_IS,      /* ticket, octets: prf(PSK, Ni_b | Nr_b); none = refused */
} KeylinkType;

typedef enum {
    KEYLINK_FROM_SERVICE,
    KEYLINK_TO_SERVICE,
    KEYLINK_FROM_ENGINE,
    KEYLINK_TO_ENGINE,
} KeylinkDirection;

enum {
    KEYLINK_MAX_KEY = 16 * 1024,
    KEYLINK_MAX_PSK = 1024,
    KEYLINK_MAX_SIGNATURE = 1024,
    KEYLINK_MIN_NONCES = 16,
    KEYLINK_MAX_NONCES = 512,
    KEYLINK_MAX_KEYS = 16, /* keys and passwords in one process */
};

/* One message; members that its type does not name are zero. octets is its own, NULL for none. */
typedef struct {
    KeylinkType type;
    guint64 ticket;
    guint32 key;
    SuiteHash hash;
    gboolean is_good;
    Secret *octets;
} KeylinkMessage;

void keylink_message_clear(KeylinkMessage *message);

/* "sign"; for logs. "unknown" for a number that has no row. */
const char *keylink_name(KeylinkType type);

/* NULL when a length is out of its bounds. The caller wipes the octets (secret). */
Secret *keylink_write(const KeylinkMessage *message);
/* FALSE with G_IO_ERROR_INVALID_DATA when data is not exactly one message of that direction. */
gboolean keylink_parse(const guint8 *data, gsize length, KeylinkDirection direction,
                       KeylinkMessage *ret_message, GError **error);

gboolean keylink_send(Fd socket, const KeylinkMessage *message, GError **error);
/* FALSE without error when the other end is gone; G_IO_ERROR_WOULD_BLOCK when there is none. */
gboolean keylink_receive(Fd socket, KeylinkDirection direction, KeylinkMessage *ret_message,
                         GError **error);

/* What coatid does before it starts the engine. The answers (LOADED) come in order. */
gboolean keylink_load_key(Fd control, guint32 key, const Secret *der, GError **error);
gboolean keylink_load_psk(Fd control, guint32 key, const Secret *password, GError **error);
gboolean keylink_seal(Fd control, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeylinkMessage, keylink_message_clear)
