/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keylink.h"

#include "wire.h"

#include <string.h>

/* Member is on the wire when its bit is set, in this order. */
enum {
    HAS_TICKET = 1 << 0,
    HAS_KEY = 1 << 1,
    HAS_HASH = 1 << 2,
    HAS_VERDICT = 1 << 3,
    HAS_OCTETS = 1 << 4,
    MAY_LACK_OCTETS = 1 << 5,
    IS_HASH_VALUE = 1 << 6,
};

typedef struct {
    KeylinkType type;
    const char *name;
    KeylinkDirection direction;
    guint members;
    gsize min_octets;
    gsize max_octets;
} KeylinkRow;

static const KeylinkRow rows[] = {
    {KEYLINK_LOAD_KEY, "load-key", KEYLINK_FROM_SERVICE, HAS_KEY | HAS_OCTETS, 1, KEYLINK_MAX_KEY},
    {KEYLINK_LOAD_PSK, "load-psk", KEYLINK_FROM_SERVICE, HAS_KEY | HAS_OCTETS, 1, KEYLINK_MAX_PSK},
    {KEYLINK_SEAL, "seal", KEYLINK_FROM_SERVICE, 0, 0, 0},
    {KEYLINK_LOADED, "loaded", KEYLINK_TO_SERVICE, HAS_KEY | HAS_VERDICT, 0, 0},
    {KEYLINK_SIGN, "sign", KEYLINK_FROM_ENGINE, HAS_TICKET | HAS_KEY | HAS_OCTETS | IS_HASH_VALUE,
     16, 64},
    {KEYLINK_SKEYID, "skeyid", KEYLINK_FROM_ENGINE, HAS_TICKET | HAS_KEY | HAS_HASH | HAS_OCTETS,
     KEYLINK_MIN_NONCES, KEYLINK_MAX_NONCES},
    {KEYLINK_SIGNATURE, "signature", KEYLINK_TO_ENGINE, HAS_TICKET | HAS_OCTETS | MAY_LACK_OCTETS,
     1, KEYLINK_MAX_SIGNATURE},
    {KEYLINK_SKEYID_IS, "skeyid-is", KEYLINK_TO_ENGINE, HAS_TICKET | HAS_OCTETS | MAY_LACK_OCTETS,
     16, 64},
};

static const gint hashes[] = {
    SUITE_HASH_MD5, SUITE_HASH_SHA1, SUITE_HASH_SHA2_256, SUITE_HASH_SHA2_384, SUITE_HASH_SHA2_512,
};

static const KeylinkRow *
find_row(guint type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if ((guint)rows[i].type == type)
            return &rows[i];
    return NULL;
}

const char *
keylink_name(KeylinkType type)
{
    const KeylinkRow *row = find_row((guint)type);

    return row != NULL ? row->name : "unknown";
}

void
keylink_message_clear(KeylinkMessage *message)
{
    secret_free(message->octets);
    *message = (KeylinkMessage){0};
}

/* MD5, SHA-1, SHA2-256, SHA2-384, SHA2-512 and nothing between them. */
static gboolean
is_hash_length(gsize length)
{
    return length == 16 || length == 20 || length == 32 || length == 48 || length == 64;
}

static void
walk_octets(Wire *wire, const KeylinkRow *row, KeylinkMessage *message)
{
    gsize length;

    wire_secret(wire, &message->octets, row->max_octets);
    if (message->octets == NULL) {
        wire_check(wire, (row->members & MAY_LACK_OCTETS) != 0);
        return;
    }
    length = secret_length(message->octets);
    wire_check(wire, length >= row->min_octets);
    wire_check(wire, (row->members & IS_HASH_VALUE) == 0 || is_hash_length(length));
}

static void
walk(Wire *wire, const KeylinkRow *row, KeylinkMessage *message)
{
    if ((row->members & HAS_TICKET) != 0)
        wire_u64(wire, &message->ticket);
    if ((row->members & HAS_KEY) != 0)
        wire_u32(wire, &message->key);
    if ((row->members & HAS_HASH) != 0)
        wire_choice(wire, &message->hash, hashes);
    if ((row->members & HAS_VERDICT) != 0)
        wire_flag(wire, &message->is_good);
    if ((row->members & HAS_OCTETS) != 0)
        walk_octets(wire, row, message);
}

Secret *
keylink_write(const KeylinkMessage *message)
{
    const KeylinkRow *row = find_row((guint)message->type);
    g_auto(Wire) wire = wire_to_write(FD_MAX_MESSAGE);
    guint8 type = (guint8)message->type;

    g_assert(row != NULL);
    wire_u8(&wire, &type);
    /* A walk that writes changes nothing. */
    walk(&wire, row, (KeylinkMessage *)message);
    return wire_ok(&wire) ? secret_new(wire.writer.data, wire.writer.length) : NULL;
}

gboolean
keylink_parse(const guint8 *data, gsize length, KeylinkDirection direction,
              KeylinkMessage *ret_message, GError **error)
{
    g_auto(Wire) wire = wire_to_parse(data, length);
    g_auto(KeylinkMessage) message = {0};
    const KeylinkRow *row;
    guint8 type = 0;

    wire_u8(&wire, &type);
    row = find_row(type);
    if (row != NULL && row->direction == direction) {
        message.type = row->type;
        walk(&wire, row, &message);
    }
    if (row == NULL || row->direction != direction || !wire_ok(&wire)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "A malformed message of type %u (%s) came over the link of coati-keys", type,
                    keylink_name((KeylinkType)type));
        return FALSE;
    }
    *ret_message = message;
    message = (KeylinkMessage){0};
    return TRUE;
}

gboolean
keylink_send(Fd socket, const KeylinkMessage *message, GError **error)
{
    g_autoptr(Secret) octets = keylink_write(message);

    if (octets == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "A key, password or hash has a length that coati-keys does not take");
        return FALSE;
    }
    return fd_send(socket, secret_data(octets), secret_length(octets), NULL, 0, error);
}

gboolean
keylink_receive(Fd socket, KeylinkDirection direction, KeylinkMessage *ret_message, GError **error)
{
    /* The longest is LOAD_KEY; anything longer is cut and refused by fd_receive(). */
    guint8 room[KEYLINK_MAX_KEY + 64];
    Fd fds[FD_MAX_PASSED];
    gsize count;
    gssize length = fd_receive(socket, room, sizeof room, fds, &count, error);
    gboolean is_good;

    /* No message here carries descriptors. */
    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
    if (length <= 0)
        return FALSE;
    is_good = keylink_parse(room, (gsize)length, direction, ret_message, error);
    explicit_bzero(room, (gsize)length);
    return is_good;
}

static gboolean
load(Fd control, KeylinkType type, guint32 key, const Secret *octets, GError **error)
{
    g_auto(KeylinkMessage) message = {.type = type, .key = key, .octets = secret_dup(octets)};

    return keylink_send(control, &message, error);
}

gboolean
keylink_load_key(Fd control, guint32 key, const Secret *der, GError **error)
{
    return load(control, KEYLINK_LOAD_KEY, key, der, error);
}

gboolean
keylink_load_psk(Fd control, guint32 key, const Secret *password, GError **error)
{
    return load(control, KEYLINK_LOAD_PSK, key, password, error);
}

gboolean
keylink_seal(Fd control, GError **error)
{
    KeylinkMessage message = {.type = KEYLINK_SEAL};

    return keylink_send(control, &message, error);
}
