/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/selector.h"

#include "ike/policy.h"
#include "ike/view.h"

/* How many leading bits are ones; -1 when a one follows a zero. */
static gint
mask_bits(const guint8 *mask, gsize length)
{
    gint bits = 0;
    gboolean has_ended = FALSE;

    for (gsize i = 0; i < length * 8; i++) {
        gboolean is_one = (mask[i / 8] & 0x80 >> i % 8) != 0;

        if (is_one && has_ended)
            return -1;
        if (is_one)
            bits++;
        else
            has_ended = TRUE;
    }
    return bits;
}

static gboolean
prefix_of_mask(Reader data, gsize length, NetPrefix *ret_prefix)
{
    NetAddress address = net_address_of(data.at, length);
    gint bits = mask_bits(data.at + length, length);

    if (bits < 0)
        return FALSE;
    *ret_prefix = net_prefix_of(&address, (guint8)bits);
    return TRUE;
}

/* A range is a prefix when its ends differ exactly in their host bits: all 0 below, all 1 above. */
static gboolean
prefix_of_range(Reader data, gsize length, NetPrefix *ret_prefix)
{
    const guint8 *first = data.at;
    const guint8 *last = data.at + length;
    guint8 mask[16];
    gint bits;
    NetAddress address;

    for (gsize i = 0; i < length; i++) {
        mask[i] = (guint8) ~(first[i] ^ last[i]);
        if ((first[i] & ~mask[i]) != 0)
            return FALSE;
    }
    bits = mask_bits(mask, length);
    if (bits < 0)
        return FALSE;
    address = net_address_of(first, length);
    *ret_prefix = net_prefix_of(&address, (guint8)bits);
    return TRUE;
}

static gboolean
prefix_of_address(Reader data, gsize length, NetPrefix *ret_prefix)
{
    NetAddress address = net_address_of(data.at, length);

    *ret_prefix = net_prefix_of(&address, (guint8)(length * 8));
    return TRUE;
}

static gboolean
prefix_of_id(const IkeIdView *view, NetPrefix *ret_prefix)
{
    switch ((IkeIdType)view->type) {
    case IKE_ID_IPV4_ADDR:
        return prefix_of_address(view->data, 4, ret_prefix);
    case IKE_ID_IPV6_ADDR:
        return prefix_of_address(view->data, 16, ret_prefix);
    case IKE_ID_IPV4_ADDR_SUBNET:
        return prefix_of_mask(view->data, 4, ret_prefix);
    case IKE_ID_IPV6_ADDR_SUBNET:
        return prefix_of_mask(view->data, 16, ret_prefix);
    case IKE_ID_IPV4_ADDR_RANGE:
        return prefix_of_range(view->data, 4, ret_prefix);
    case IKE_ID_IPV6_ADDR_RANGE:
        return prefix_of_range(view->data, 16, ret_prefix);
    case IKE_ID_NONE:
    case IKE_ID_FQDN:
    case IKE_ID_USER_FQDN:
    case IKE_ID_DER_ASN1_DN:
    case IKE_ID_DER_ASN1_GN:
    case IKE_ID_KEY_ID:
        return FALSE;
    }
    return FALSE;
}

IkeNotify
ike_selector_parse(Reader id_body, IkeSelector *ret_selector)
{
    IkeSelector selector;
    IkeIdView view;
    IkeNotify result = ike_id_parse(id_body, &view);

    if (result != IKE_OK)
        return result;
    if (!prefix_of_id(&view, &selector.prefix))
        return IKE_INVALID_ID_INFORMATION;
    selector.protocol = view.protocol;
    selector.port = view.port;
    *ret_selector = selector;
    return IKE_OK;
}

void
ike_selector_write(Writer *id_body, const NetPrefix *prefix)
{
    gsize length = prefix->address.length;
    gboolean is_ipv6 = length == 16;
    gboolean is_single = prefix->prefix_length == length * 8;
    guint8 mask[16];

    if (is_single)
        writer_u8(id_body, is_ipv6 ? IKE_ID_IPV6_ADDR : IKE_ID_IPV4_ADDR);
    else
        writer_u8(id_body, is_ipv6 ? IKE_ID_IPV6_ADDR_SUBNET : IKE_ID_IPV4_ADDR_SUBNET);
    writer_zero(id_body, 3); /* any protocol, any port */
    writer_put(id_body, prefix->address.octets, length);
    if (is_single)
        return;
    net_prefix_mask(prefix, mask);
    writer_put(id_body, mask, length);
}
