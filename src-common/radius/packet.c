/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/packet.h"

#include "radius/settings.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { OFFSET_LENGTH = 2, OFFSET_AUTHENTICATOR = 4, ATTRIBUTE_HEADER = 2 };

/* MD5 of up to four pieces. */
typedef struct {
    const void *data;
    gsize length;
} Piece;

static void
md5(const Piece *pieces, gsize count, guint8 ret_digest[16])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    gboolean is_good = context != NULL && EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1;

    for (gsize i = 0; i < count && is_good; i++)
        is_good = EVP_DigestUpdate(context, pieces[i].data, pieces[i].length) == 1;
    is_good = is_good && EVP_DigestFinal_ex(context, ret_digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    g_assert(is_good);
}

static void
hmac_md5(const Secret *secret, const guint8 *data, gsize length, guint8 ret_digest[16])
{
    guint size = 16;

    if (HMAC(EVP_md5(), secret_data(secret), (int)secret_length(secret), data, length, ret_digest,
             &size) == NULL)
        g_assert_not_reached();
}

gboolean
radius_attribute_next(Reader *cursor, RadiusAttribute *ret_attribute)
{
    guint8 type;
    guint8 length;
    Reader value;

    if (reader_left(cursor) == 0)
        return FALSE;
    type = reader_u8(cursor);
    length = reader_u8(cursor);
    value = reader_sub(cursor, length >= ATTRIBUTE_HEADER ? length - ATTRIBUTE_HEADER : G_MAXUINT8);
    if (length < ATTRIBUTE_HEADER || !reader_ok(&value)) {
        cursor->is_failed = TRUE;
        cursor->at = cursor->end;
        return FALSE;
    }
    *ret_attribute = (RadiusAttribute){.type = type, .value = value};
    return TRUE;
}

gboolean
radius_packet_parse(const guint8 *data, gsize length, RadiusPacket *ret_packet)
{
    Reader reader = reader_of(data, length);
    RadiusPacket packet = {.octets = data};
    RadiusAttribute attribute;
    Reader authenticator;
    Reader cursor;

    packet.code = reader_u8(&reader);
    packet.identifier = reader_u8(&reader);
    packet.length = reader_u16(&reader);
    authenticator = reader_sub(&reader, RADIUS_AUTHENTICATOR);
    packet.authenticator = authenticator.at;
    if (!reader_ok(&reader) || packet.length < RADIUS_HEADER || packet.length > RADIUS_MAX_PACKET)
        return FALSE;
    packet.attributes = reader_sub(&reader, packet.length - RADIUS_HEADER);
    cursor = packet.attributes;
    while (radius_attribute_next(&cursor, &attribute))
        ;
    if (!reader_ok(&cursor))
        return FALSE;
    *ret_packet = packet;
    return TRUE;
}

gboolean
radius_packet_find(const RadiusPacket *packet, RadiusType type, Reader *ret_value)
{
    Reader cursor = packet->attributes;
    RadiusAttribute attribute;

    while (radius_attribute_next(&cursor, &attribute)) {
        if (attribute.type != type)
            continue;
        *ret_value = attribute.value;
        return TRUE;
    }
    return FALSE;
}

Writer
radius_packet_open(RadiusCode code, guint8 identifier, const guint8 *random)
{
    Writer writer = writer_init(RADIUS_MAX_PACKET);

    writer_u8(&writer, (guint8)code);
    writer_u8(&writer, identifier);
    writer_u16(&writer, 0);
    if (random != NULL)
        writer_put(&writer, random, RADIUS_AUTHENTICATOR);
    else
        writer_zero(&writer, RADIUS_AUTHENTICATOR);
    if (code != RADIUS_ACCESS_REQUEST)
        return writer;
    writer_u8(&writer, RADIUS_MESSAGE_AUTHENTICATOR);
    writer_u8(&writer, ATTRIBUTE_HEADER + RADIUS_AUTHENTICATOR);
    writer_zero(&writer, RADIUS_AUTHENTICATOR);
    return writer;
}

Secret *
radius_packet_close(Writer *writer, const Secret *secret,
                    guint8 ret_authenticator[RADIUS_AUTHENTICATOR])
{
    g_autoptr(Secret) packet = NULL;
    guint8 *octets;

    if (!writer_ok(writer)) {
        writer_clear(writer);
        return NULL;
    }
    writer_patch_u16(writer, OFFSET_LENGTH, (guint16)writer->length);
    packet = secret_new(writer->data, writer->length);
    writer_clear(writer);
    octets = secret_edit(packet);
    if (octets[0] == RADIUS_ACCESS_REQUEST) {
        hmac_md5(secret, octets, secret_length(packet), octets + RADIUS_HEADER + ATTRIBUTE_HEADER);
    } else {
        Piece pieces[] = {{octets, secret_length(packet)},
                          {secret_data(secret), secret_length(secret)}};

        md5(pieces, G_N_ELEMENTS(pieces), octets + OFFSET_AUTHENTICATOR);
    }
    memcpy(ret_authenticator, octets + OFFSET_AUTHENTICATOR, RADIUS_AUTHENTICATOR);
    return g_steal_pointer(&packet);
}

void
radius_put(Writer *writer, RadiusType type, const void *value, gsize length)
{
    if (length == 0)
        return;
    if (length > RADIUS_MAX_VALUE) {
        writer->is_failed = TRUE;
        return;
    }
    writer_u8(writer, (guint8)type);
    writer_u8(writer, (guint8)(ATTRIBUTE_HEADER + length));
    writer_put(writer, value, length);
}

void
radius_put_u32(Writer *writer, RadiusType type, guint32 value)
{
    guint32 octets = GUINT32_TO_BE(value);

    radius_put(writer, type, &octets, sizeof octets);
}

void
radius_put_text(Writer *writer, RadiusType type, const char *text)
{
    if (text != NULL)
        radius_put(writer, type, text, MIN(strlen(text), RADIUS_MAX_VALUE));
}

void
radius_put_address(Writer *writer, RadiusType type, gsize length, const NetAddress *address)
{
    if (address->length == length)
        radius_put(writer, type, address->octets, length);
}

void
radius_put_password(Writer *writer, const Secret *secret, const guint8 *authenticator,
                    const Secret *password)
{
    guint8 room[RADIUS_MAX_PASSWORD] = {0};
    const guint8 *chain = authenticator;
    gsize length = secret_length(password);
    gsize padded = MAX((length + 15) / 16 * 16, 16);

    if (length > RADIUS_MAX_PASSWORD) {
        writer->is_failed = TRUE;
        return;
    }
    memcpy(room, secret_data(password), length);
    for (gsize at = 0; at < padded; at += 16) {
        Piece pieces[] = {{secret_data(secret), secret_length(secret)}, {chain, 16}};
        guint8 mask[16];

        md5(pieces, G_N_ELEMENTS(pieces), mask);
        for (gsize i = 0; i < 16; i++)
            room[at + i] ^= mask[i];
        chain = room + at;
    }
    radius_put(writer, RADIUS_USER_PASSWORD, room, padded);
    explicit_bzero(room, sizeof room);
}

static gboolean
is_authentic(const RadiusPacket *packet, const Secret *secret, const guint8 *authenticator)
{
    Piece pieces[] = {{packet->octets, OFFSET_AUTHENTICATOR},
                      {authenticator, RADIUS_AUTHENTICATOR},
                      {packet->octets + RADIUS_HEADER, packet->length - RADIUS_HEADER},
                      {secret_data(secret), secret_length(secret)}};
    guint8 digest[16];

    md5(pieces, G_N_ELEMENTS(pieces), digest);
    return secret_equal_octets(digest, packet->authenticator, sizeof digest);
}

RadiusAnswerCheck
radius_answer_check(const RadiusPacket *packet, const Secret *secret, const guint8 *authenticator,
                    gboolean needs_message_authenticator)
{
    guint8 copy[RADIUS_MAX_PACKET];
    guint8 digest[16];
    Reader value;

    if (!is_authentic(packet, secret, authenticator))
        return RADIUS_ANSWER_WRONG_AUTHENTICATOR;
    if (!radius_packet_find(packet, RADIUS_MESSAGE_AUTHENTICATOR, &value))
        return needs_message_authenticator ? RADIUS_ANSWER_LACKS_MESSAGE_AUTHENTICATOR
                                           : RADIUS_ANSWER_GOOD;
    if (reader_left(&value) != RADIUS_AUTHENTICATOR)
        return RADIUS_ANSWER_WRONG_MESSAGE_AUTHENTICATOR;
    memcpy(copy, packet->octets, packet->length);
    memcpy(copy + OFFSET_AUTHENTICATOR, authenticator, RADIUS_AUTHENTICATOR);
    memset(copy + (value.at - packet->octets), 0, RADIUS_AUTHENTICATOR);
    hmac_md5(secret, copy, packet->length, digest);
    if (!secret_equal_octets(digest, value.at, sizeof digest))
        return RADIUS_ANSWER_WRONG_MESSAGE_AUTHENTICATOR;
    return RADIUS_ANSWER_GOOD;
}
