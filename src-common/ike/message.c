/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/message.h"

enum { FLAGS_OFFSET = 19 };

GBytes *
ike_message_seal(const IkeKeys *keys, IkeIv *iv, IkeDraft *draft)
{
    Writer *writer = &draft->writer;
    gsize body = writer->length - IKE_HEADER_LENGTH;
    gsize rest = body % iv->length;

    /* Zeros, none when aligned: the only padding that every peer takes (PROTOCOL 3.6). */
    writer_zero(writer, rest > 0 ? iv->length - rest : 0);
    if (writer_ok(writer)) {
        guint8 flags = writer->data[FLAGS_OFFSET] | IKE_FLAG_ENCRYPTED;

        writer_patch_u8(writer, FLAGS_OFFSET, flags);
        ike_cbc_encrypt(keys->suite.cipher, keys->ka, iv, writer->data + IKE_HEADER_LENGTH,
                        writer->length - IKE_HEADER_LENGTH);
    }
    return ike_draft_finish(draft);
}

IkeNotify
ike_message_open(const IkeKeys *keys, const IkeIv *iv, Reader body, Secret **ret_plain,
                 IkeIv *ret_next_iv)
{
    gsize length = reader_left(&body);
    Secret *plain;
    IkeIv next = *iv;

    if (length == 0 || length % iv->length != 0)
        return IKE_PAYLOAD_MALFORMED;
    plain = secret_new(body.at, length);
    ike_cbc_decrypt(keys->suite.cipher, keys->ka, &next, secret_edit(plain), length);
    *ret_plain = plain;
    *ret_next_iv = next;
    return IKE_OK;
}
