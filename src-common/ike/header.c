/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/header.h"

#include "ike/limits.h"

static gboolean
is_zero(const guint8 *cookie)
{
    guint8 any = 0;

    for (gsize i = 0; i < IKE_COOKIE_LENGTH; i++)
        any |= cookie[i];
    return any == 0;
}

IkeNotify
ike_header_parse(Reader datagram, IkeHeader *ret_header, Reader *ret_body)
{
    IkeHeader header;
    Reader body;

    reader_copy(&datagram, header.cky_i, IKE_COOKIE_LENGTH);
    reader_copy(&datagram, header.cky_r, IKE_COOKIE_LENGTH);
    header.next_payload = reader_u8(&datagram);
    header.version = reader_u8(&datagram);
    header.exchange = reader_u8(&datagram);
    header.flags = reader_u8(&datagram);
    header.message_id = reader_u32(&datagram);
    header.length = reader_u32(&datagram);
    if (!reader_ok(&datagram))
        return IKE_UNEQUAL_PAYLOAD_LENGTHS;
    if (header.version >> 4 != IKE_VERSION >> 4)
        return IKE_INVALID_MAJOR_VERSION;
    if (header.length < IKE_HEADER_LENGTH || header.length > IKE_MAX_MESSAGE)
        return IKE_UNEQUAL_PAYLOAD_LENGTHS;
    body = reader_sub(&datagram, header.length - IKE_HEADER_LENGTH);
    if (!reader_ok(&body))
        return IKE_UNEQUAL_PAYLOAD_LENGTHS;
    if (is_zero(header.cky_i))
        return IKE_INVALID_COOKIE;
    *ret_header = header;
    *ret_body = body;
    return IKE_OK;
}

void
ike_header_write(Writer *writer, const IkeHeader *header)
{
    writer_put(writer, header->cky_i, IKE_COOKIE_LENGTH);
    writer_put(writer, header->cky_r, IKE_COOKIE_LENGTH);
    writer_u8(writer, header->next_payload);
    writer_u8(writer, IKE_VERSION);
    writer_u8(writer, header->exchange);
    writer_u8(writer, header->flags);
    writer_u32(writer, header->message_id);
    writer_u32(writer, header->length);
}

gboolean
ike_header_is_encrypted(const IkeHeader *header)
{
    return (header->flags & IKE_FLAG_ENCRYPTED) != 0;
}

gboolean
ike_header_is_first(const IkeHeader *header)
{
    return is_zero(header->cky_r);
}
