/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/fragment.h"

#include <string.h>

enum {
    FRAGMENT_HEADER = 8, /* generic header, ID, number, flags */
    FRAGMENT_OVERHEAD = IKE_HEADER_LENGTH + FRAGMENT_HEADER,
    FLAG_LAST = 1,
    IP4_AND_UDP = 28,
    IP6_AND_UDP = 48,
    NON_ESP_MARKER = 4,
};

struct IkeReassembly {
    guint8 cky_i[IKE_COOKIE_LENGTH];
    guint8 cky_r[IKE_COOKIE_LENGTH];
    guint16 id;
    gsize max_octets;
    gsize total;
    guint count; /* how many pieces there are */
    guint last;  /* number of the last one; 0 = not known yet */
    guint highest;
    GBytes *pieces[IKE_MAX_FRAGMENTS];
};

gsize
ike_fragment_limit(guint16 ip_octets, gboolean is_ipv6, gboolean has_marker)
{
    gsize packet = ip_octets != 0 ? ip_octets : (is_ipv6 ? 1280 : 576);
    gsize around = (is_ipv6 ? IP6_AND_UDP : IP4_AND_UDP) + (has_marker ? NON_ESP_MARKER : 0);

    return packet > around + FRAGMENT_OVERHEAD ? packet - around : FRAGMENT_OVERHEAD + 1;
}

static GBytes *
make_fragment(const IkeHeader *header, guint16 id, guint number, gboolean is_last, Reader data)
{
    g_auto(Writer) writer = writer_init(IKE_MAX_MESSAGE);

    ike_header_write(&writer, header);
    writer_u16(&writer, 0); /* next payload, reserved */
    writer_u16(&writer, (guint16)(FRAGMENT_HEADER + reader_left(&data)));
    writer_u16(&writer, id);
    writer_u8(&writer, (guint8)number);
    writer_u8(&writer, is_last ? FLAG_LAST : 0);
    writer_put(&writer, data.at, reader_left(&data));
    return writer_take_bytes(&writer);
}

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

GPtrArray *
ike_fragment_split(GBytes *message, IkeExchangeType exchange, guint16 id, gsize max_octets)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_bytes);
    gsize length = g_bytes_get_size(message);
    gsize piece = max_octets - FRAGMENT_OVERHEAD;
    Reader left = reader_of_bytes(message);
    IkeHeader header;
    Reader body;

    g_assert(max_octets > FRAGMENT_OVERHEAD && id != 0);
    if (length <= max_octets) {
        g_ptr_array_add(list, g_bytes_ref(message));
        return g_steal_pointer(&list);
    }
    if (ike_header_parse(left, &header, &body) != IKE_OK || length > piece * IKE_MAX_FRAGMENTS)
        return NULL;
    header.next_payload = IKE_PAYLOAD_FRAGMENT;
    header.exchange = (guint8)exchange;
    header.flags = 0;
    header.message_id = 0;
    for (guint number = 1; reader_left(&left) > 0; number++) {
        Reader data = reader_sub(&left, MIN(piece, reader_left(&left)));

        header.length = (guint32)(FRAGMENT_OVERHEAD + reader_left(&data));
        g_ptr_array_add(list, make_fragment(&header, id, number, reader_left(&left) == 0, data));
    }
    return g_steal_pointer(&list);
}

IkeNotify
ike_fragment_parse(Reader body, IkeFragmentView *ret_view)
{
    guint8 next = reader_u8(&body);
    guint8 reserved = reader_u8(&body);
    gsize length = reader_u16(&body);
    guint16 id = reader_u16(&body);
    guint8 number = reader_u8(&body);
    guint8 flags = reader_u8(&body);
    Reader data = reader_sub(&body, length - FRAGMENT_HEADER);

    (void)reserved;
    if (!reader_ok(&data) || reader_left(&data) == 0 || next != IKE_PAYLOAD_NONE)
        return IKE_PAYLOAD_MALFORMED;
    if (number == 0 || number > IKE_MAX_FRAGMENTS)
        return IKE_PAYLOAD_MALFORMED;
    *ret_view = (IkeFragmentView){
        .id = id, .number = number, .is_last = (flags & FLAG_LAST) != 0, .data = data};
    return IKE_OK;
}

IkeReassembly *
ike_reassembly_new(const IkeHeader *header, guint16 id, gsize max_octets)
{
    IkeReassembly *set = g_new0(IkeReassembly, 1);

    memcpy(set->cky_i, header->cky_i, IKE_COOKIE_LENGTH);
    memcpy(set->cky_r, header->cky_r, IKE_COOKIE_LENGTH);
    set->id = id;
    set->max_octets = max_octets;
    return set;
}

void
ike_reassembly_free(IkeReassembly *set)
{
    if (set == NULL)
        return;
    for (gsize i = 0; i < IKE_MAX_FRAGMENTS; i++)
        g_clear_pointer(&set->pieces[i], g_bytes_unref);
    g_free(set);
}

guint16
ike_reassembly_id(const IkeReassembly *set)
{
    return set->id;
}

static gboolean
has_cookies(const IkeReassembly *set, const IkeHeader *header)
{
    return memcmp(set->cky_i, header->cky_i, IKE_COOKIE_LENGTH) == 0 &&
           memcmp(set->cky_r, header->cky_r, IKE_COOKIE_LENGTH) == 0;
}

/* Two different ends, or a piece behind the end: nothing that such a set gives can be trusted. */
static gboolean
is_contradiction(const IkeReassembly *set, const IkeFragmentView *fragment)
{
    if (fragment->is_last)
        return (set->last != 0 && set->last != fragment->number) || set->highest > fragment->number;
    return set->last != 0 && fragment->number >= set->last;
}

static IkeFragmentResult
join(const IkeReassembly *set, GBytes **ret_message)
{
    g_auto(Writer) writer = writer_init(set->max_octets);
    g_autoptr(GBytes) message = NULL;
    IkeHeader header;
    Reader body;

    for (guint i = 0; i < set->last; i++)
        writer_put_bytes(&writer, set->pieces[i]);
    message = writer_take_bytes(&writer);
    if (message == NULL || ike_header_parse(reader_of_bytes(message), &header, &body) != IKE_OK ||
        header.length != g_bytes_get_size(message) || !has_cookies(set, &header) ||
        header.next_payload == IKE_PAYLOAD_FRAGMENT)
        return IKE_FRAGMENT_BROKEN;
    *ret_message = g_steal_pointer(&message);
    return IKE_FRAGMENT_COMPLETE;
}

IkeFragmentResult
ike_reassembly_add(IkeReassembly *set, const IkeHeader *header, const IkeFragmentView *fragment,
                   GBytes **ret_message)
{
    GBytes **place = &set->pieces[fragment->number - 1];
    gsize length = reader_left(&fragment->data);

    if (!has_cookies(set, header) || fragment->id != set->id)
        return IKE_FRAGMENT_REFUSED;
    if (is_contradiction(set, fragment))
        return IKE_FRAGMENT_BROKEN;
    if (*place != NULL) {
        Reader kept = reader_of_bytes(*place);

        return reader_equal(&kept, fragment->data.at, length) ? IKE_FRAGMENT_REPEATED
                                                              : IKE_FRAGMENT_REFUSED;
    }
    if (length > set->max_octets - set->total)
        return IKE_FRAGMENT_BROKEN;
    *place = reader_dup_bytes(&fragment->data);
    set->total += length;
    set->count++;
    set->highest = MAX(set->highest, fragment->number);
    if (fragment->is_last)
        set->last = fragment->number;
    if (set->count != set->last)
        return IKE_FRAGMENT_STORED;
    return join(set, ret_message);
}
