/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A message being written: header and payload chain in one Writer. Opening a payload stores its
 * type in the one before (or in the header), closing stores its length. It ends as clear octets
 * here or sealed by message.h.
 *
 *     IkeDraft draft = ike_draft_init(&header);
 *     gsize hash = ike_draft_reserve(&draft, IKE_PAYLOAD_HASH, hash_length);
 *     Writer *body = ike_draft_open(&draft, IKE_PAYLOAD_ATTR);
 *     writer_u8(body, IKE_CFG_ACK); ...
 *     ike_draft_close(&draft);
 *     ike_keys_hash_1(keys, message_id, ike_draft_behind_hash(&draft), ike_draft_at(&draft, hash));
 *     message = ike_message_seal(keys, &iv, &draft);
 */
#pragma once

#include "base/reader.h"
#include "base/writer.h"
#include "ike/header.h"
#include "ike/numbers.h"

typedef struct {
    Writer writer;
    gsize next_position;   /* of the octet that names the next payload */
    gsize length_position; /* of the open payload's length; 0 = none is open */
    gsize body_position;   /* of the payload opened last */
    gsize first_end;       /* end of the first payload; 0 before it is closed */
} IkeDraft;

/* next_payload and length of header are ignored. */
IkeDraft ike_draft_init(const IkeHeader *header);
void ike_draft_clear(IkeDraft *draft);

/* The Writer is the draft's; nothing else may be opened until ike_draft_close(). */
Writer *ike_draft_open(IkeDraft *draft, IkePayloadType type);
void ike_draft_close(IkeDraft *draft);
/* A whole payload. */
void ike_draft_put(IkeDraft *draft, IkePayloadType type, const void *body, gsize length);
void ike_draft_put_reader(IkeDraft *draft, IkePayloadType type, Reader body);
void ike_draft_put_bytes(IkeDraft *draft, IkePayloadType type, GBytes *body);
/* A whole payload of length zero octets to be filled later; returns where its body is. */
gsize ike_draft_reserve(IkeDraft *draft, IkePayloadType type, gsize length);
/* Notify with DOI 1; spi may be NULL when spi_length is 0, likewise data. */
void ike_draft_put_notify(IkeDraft *draft, IkeProtocol protocol, guint16 type, const void *spi,
                          gsize spi_length, const void *data, gsize data_length);

/* Octets written at a position that ike_draft_reserve() gave; valid until the next write. */
guint8 *ike_draft_at(IkeDraft *draft, gsize position);
/* Body of the payload closed last (SAi_b, IDii_b for the hashes); valid until the next write. */
Reader ike_draft_body(const IkeDraft *draft);
/* Everything behind the first payload. */
Reader ike_draft_behind_hash(const IkeDraft *draft);

/* The clear message with its Length; the draft is empty afterwards. */
GBytes *ike_draft_finish(IkeDraft *draft);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeDraft, ike_draft_clear)
