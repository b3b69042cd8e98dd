/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/payload.h"

typedef enum { KIND_KNOWN, KIND_SKIPPED, KIND_REFUSED } Kind;

static Kind
kind_of(guint8 type)
{
    if (type == IKE_PAYLOAD_PROPOSAL || type == IKE_PAYLOAD_TRANSFORM)
        return KIND_REFUSED; /* only inside an SA */
    if (type <= IKE_PAYLOAD_ATTR || type == IKE_PAYLOAD_NAT_D || type == IKE_PAYLOAD_NAT_OA ||
        (type >= IKE_PAYLOAD_NAT_D_DRAFT && type <= IKE_PAYLOAD_FRAGMENT))
        return KIND_KNOWN;
    /* Old Cisco software sends NAT-D of drafts 04..08 as 15 beside those of other types. */
    if ((type >= IKE_PAYLOAD_SAK && type <= IKE_PAYLOAD_POP) || type == IKE_PAYLOAD_GAP ||
        type >= IKE_PAYLOAD_PRIVATE)
        return KIND_SKIPPED;
    return KIND_REFUSED;
}

/* Up to 3 zero octets are tolerated behind a clear chain. */
static gboolean
is_clean_end(Reader rest)
{
    return reader_left(&rest) < IKE_GENERIC_LENGTH &&
           reader_equal(&rest, "\0\0\0", reader_left(&rest));
}

IkeNotify
ike_chain_parse(guint8 first, Reader octets, gboolean is_decrypted, IkeChain *ret_chain)
{
    const guint8 *start = octets.at;
    guint8 type = first;
    gsize seen = 0;

    ret_chain->count = 0;
    while (type != IKE_PAYLOAD_NONE) {
        Reader whole = octets;
        guint8 next = reader_u8(&octets);
        guint8 reserved = reader_u8(&octets);
        guint16 length = reader_u16(&octets);
        Reader body;

        if (!reader_ok(&octets) || length < IKE_GENERIC_LENGTH || ++seen > IKE_MAX_PAYLOADS)
            return IKE_PAYLOAD_MALFORMED;
        if (is_decrypted && reserved != 0)
            return IKE_PAYLOAD_MALFORMED;
        body = reader_sub(&octets, length - IKE_GENERIC_LENGTH);
        if (!reader_ok(&body))
            return IKE_PAYLOAD_MALFORMED;
        if (kind_of(type) == KIND_REFUSED)
            return IKE_INVALID_PAYLOAD_TYPE;
        if (kind_of(type) == KIND_KNOWN)
            ret_chain->list[ret_chain->count++] =
                (IkePayload){.type = type, .body = body, .whole = reader_sub(&whole, length)};
        type = next;
    }
    if (!is_decrypted && !is_clean_end(octets))
        return IKE_PAYLOAD_MALFORMED;
    ret_chain->whole = reader_of(start, (gsize)(octets.at - start));
    return IKE_OK;
}

const IkePayload *
ike_chain_find(const IkeChain *chain, IkePayloadType type, gsize nth)
{
    for (gsize i = 0; i < chain->count; i++)
        if (chain->list[i].type == type && nth-- == 0)
            return &chain->list[i];
    return NULL;
}

gsize
ike_chain_count(const IkeChain *chain, IkePayloadType type)
{
    gsize count = 0;

    for (gsize i = 0; i < chain->count; i++)
        count += chain->list[i].type == type;
    return count;
}

Reader
ike_chain_behind_hash(const IkeChain *chain)
{
    const guint8 *at = chain->list[0].whole.end;

    g_assert(chain->count > 0);
    return reader_of(at, (gsize)(chain->whole.end - at));
}

char *
ike_chain_format(const IkeChain *chain)
{
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < chain->count;) {
        gsize run = 1;

        while (i + run < chain->count && chain->list[i + run].type == chain->list[i].type)
            run++;
        if (i > 0)
            g_string_append(text, ", ");
        if (run > 1)
            g_string_append_printf(text, "%" G_GSIZE_FORMAT " x ", run);
        g_string_append(text, ike_payload_name(chain->list[i].type));
        i += run;
    }
    return g_string_free(text, FALSE);
}
