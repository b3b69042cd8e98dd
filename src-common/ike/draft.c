/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/draft.h"

#include "ike/limits.h"

enum { NEXT_PAYLOAD_OFFSET = 16, LENGTH_OFFSET = 24 };

IkeDraft
ike_draft_init(const IkeHeader *header)
{
    IkeDraft draft = {.writer = writer_init(IKE_MAX_MESSAGE), .next_position = NEXT_PAYLOAD_OFFSET};
    IkeHeader start = *header;

    start.next_payload = IKE_PAYLOAD_NONE;
    start.length = 0;
    ike_header_write(&draft.writer, &start);
    return draft;
}

void
ike_draft_clear(IkeDraft *draft)
{
    writer_clear(&draft->writer);
    *draft = (IkeDraft){.writer = draft->writer};
}

Writer *
ike_draft_open(IkeDraft *draft, IkePayloadType type)
{
    Writer *writer = &draft->writer;

    g_assert(draft->next_position != 0 && draft->length_position == 0);
    writer_patch_u8(writer, draft->next_position, (guint8)type);
    draft->next_position = writer->length;
    writer_u16(writer, 0); /* next payload, reserved */
    draft->length_position = writer_open_u16(writer);
    draft->body_position = writer->length;
    return writer;
}

void
ike_draft_close(IkeDraft *draft)
{
    g_assert(draft->length_position != 0);
    writer_close_u16(&draft->writer, draft->length_position, IKE_GENERIC_LENGTH);
    draft->length_position = 0;
    if (draft->first_end == 0)
        draft->first_end = draft->writer.length;
}

void
ike_draft_put(IkeDraft *draft, IkePayloadType type, const void *body, gsize length)
{
    writer_put(ike_draft_open(draft, type), body, length);
    ike_draft_close(draft);
}

void
ike_draft_put_reader(IkeDraft *draft, IkePayloadType type, Reader body)
{
    ike_draft_put(draft, type, body.at, reader_left(&body));
}

void
ike_draft_put_bytes(IkeDraft *draft, IkePayloadType type, GBytes *body)
{
    ike_draft_put_reader(draft, type, reader_of_bytes(body));
}

gsize
ike_draft_reserve(IkeDraft *draft, IkePayloadType type, gsize length)
{
    writer_zero(ike_draft_open(draft, type), length);
    ike_draft_close(draft);
    return draft->body_position;
}

void
ike_draft_put_notify(IkeDraft *draft, IkeProtocol protocol, guint16 type, const void *spi,
                     gsize spi_length, const void *data, gsize data_length)
{
    Writer *body = ike_draft_open(draft, IKE_PAYLOAD_NOTIFY);

    writer_u32(body, IKE_DOI_IPSEC);
    writer_u8(body, (guint8)protocol);
    writer_u8(body, (guint8)spi_length);
    writer_u16(body, type);
    writer_put(body, spi, spi_length);
    writer_put(body, data, data_length);
    ike_draft_close(draft);
}

guint8 *
ike_draft_at(IkeDraft *draft, gsize position)
{
    g_assert(position < draft->writer.length);
    return draft->writer.data + position;
}

static Reader
written_from(const IkeDraft *draft, gsize position)
{
    return reader_of(draft->writer.data + position, draft->writer.length - position);
}

Reader
ike_draft_body(const IkeDraft *draft)
{
    g_assert(draft->body_position != 0 && draft->length_position == 0);
    return written_from(draft, draft->body_position);
}

Reader
ike_draft_behind_hash(const IkeDraft *draft)
{
    g_assert(draft->first_end != 0 && draft->length_position == 0);
    return written_from(draft, draft->first_end);
}

GBytes *
ike_draft_finish(IkeDraft *draft)
{
    GBytes *message;

    g_assert(draft->length_position == 0);
    writer_patch_u32(&draft->writer, LENGTH_OFFSET, (guint32)draft->writer.length);
    message = writer_take_bytes(&draft->writer);
    ike_draft_clear(draft);
    return message;
}
