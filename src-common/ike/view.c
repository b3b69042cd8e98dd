/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/view.h"

#include "base/names.h"
#include "ike/attribute.h"
#include "ike/certificate.h"
#include "ike/limits.h"

enum { ID_TEXT_OCTETS = 200 };

/* Generic header of a proposal or transform; the body is a failed Reader unless type is right. */
static Reader
take_nested(Reader *list, guint8 own_type, gboolean *ret_has_more)
{
    guint8 next = reader_u8(list);
    guint8 reserved = reader_u8(list);
    guint16 length = reader_u16(list);
    Reader body = reader_sub(list, length - (gsize)IKE_GENERIC_LENGTH);

    (void)reserved; /* ignored in clear messages; payload.c looks at it after decryption */
    if (next != IKE_PAYLOAD_NONE && next != own_type)
        body.is_failed = TRUE;
    *ret_has_more = next == own_type;
    return body;
}

static gboolean
parse_transform(Reader body, IkeTransformView *ret_transform)
{
    Reader whole = body;
    guint8 number = reader_u8(&body);
    guint8 id = reader_u8(&body);

    reader_u16(&body); /* reserved */
    *ret_transform =
        (IkeTransformView){.number = number, .id = id, .attributes = body, .body = whole};
    return reader_ok(&body);
}

static gboolean
parse_proposal(Reader body, IkeProposalView *ret_proposal)
{
    guint8 number = reader_u8(&body);
    guint8 protocol = reader_u8(&body);
    guint8 spi_size = reader_u8(&body);
    guint8 count = reader_u8(&body);
    Reader spi = reader_sub(&body, spi_size);

    *ret_proposal = (IkeProposalView){.number = number,
                                      .protocol = protocol,
                                      .spi = spi,
                                      .transform_count = count,
                                      .transforms = body};
    return reader_ok(&body);
}

/* "More follows" must be true of all but the last, and the last must end the list. */
static gboolean
check_transforms(const IkeProposalView *proposal, gsize *total)
{
    Reader list = proposal->transforms;
    gboolean has_more = TRUE;
    guint count = 0;

    while (has_more) {
        Reader body = take_nested(&list, IKE_PAYLOAD_TRANSFORM, &has_more);
        IkeTransformView transform;

        if (!reader_ok(&body) || !parse_transform(body, &transform) ||
            ike_attributes_check(transform.attributes) != IKE_OK)
            return FALSE;
        count++;
        if (++*total > IKE_MAX_TRANSFORMS)
            return FALSE;
    }
    return count == proposal->transform_count && reader_left(&list) == 0;
}

static gboolean
check_proposals(Reader list)
{
    gboolean has_more = TRUE;
    gsize total = 0;

    while (has_more) {
        Reader body = take_nested(&list, IKE_PAYLOAD_PROPOSAL, &has_more);
        IkeProposalView proposal;

        if (!reader_ok(&body) || !parse_proposal(body, &proposal) ||
            !check_transforms(&proposal, &total))
            return FALSE;
    }
    return reader_left(&list) == 0;
}

IkeNotify
ike_sa_parse(Reader body, gboolean tolerates_zero_doi, IkeSaView *ret_view)
{
    guint32 doi = reader_u32(&body);
    guint32 situation = reader_u32(&body);

    if (!reader_ok(&body))
        return IKE_PAYLOAD_MALFORMED;
    if (doi != IKE_DOI_IPSEC && !(tolerates_zero_doi && doi == 0))
        return IKE_DOI_NOT_SUPPORTED;
    if (situation != IKE_SITUATION_IDENTITY_ONLY)
        return IKE_SITUATION_NOT_SUPPORTED;
    if (!check_proposals(body))
        return IKE_BAD_PROPOSAL_SYNTAX;
    *ret_view = (IkeSaView){.doi = doi, .proposals = body};
    return IKE_OK;
}

gboolean
ike_sa_next(Reader *proposals, IkeProposalView *ret_proposal)
{
    gboolean has_more;
    Reader body;

    if (reader_left(proposals) == 0)
        return FALSE;
    body = take_nested(proposals, IKE_PAYLOAD_PROPOSAL, &has_more);
    return reader_ok(&body) && parse_proposal(body, ret_proposal);
}

gboolean
ike_proposal_next(Reader *transforms, IkeTransformView *ret_transform)
{
    gboolean has_more;
    Reader body;

    if (reader_left(transforms) == 0)
        return FALSE;
    body = take_nested(transforms, IKE_PAYLOAD_TRANSFORM, &has_more);
    return reader_ok(&body) && parse_transform(body, ret_transform);
}

/* What data of an ID type may be long; -1 for any length of at least one octet, -2 for no type. */
static gint
id_length(guint8 type)
{
    static const gint8 lengths[] = {
        [IKE_ID_NONE] = 0,
        [IKE_ID_IPV4_ADDR] = 4,
        [IKE_ID_FQDN] = -1,
        [IKE_ID_USER_FQDN] = -1,
        [IKE_ID_IPV4_ADDR_SUBNET] = 8,
        [IKE_ID_IPV6_ADDR] = 16,
        [IKE_ID_IPV6_ADDR_SUBNET] = 32,
        [IKE_ID_IPV4_ADDR_RANGE] = 8,
        [IKE_ID_IPV6_ADDR_RANGE] = 32,
        [IKE_ID_DER_ASN1_DN] = -1,
        [IKE_ID_DER_ASN1_GN] = -1,
        [IKE_ID_KEY_ID] = -1,
    };

    return type < G_N_ELEMENTS(lengths) ? lengths[type] : -2;
}

IkeNotify
ike_id_parse(Reader body, IkeIdView *ret_view)
{
    guint8 type = reader_u8(&body);
    guint8 protocol = reader_u8(&body);
    guint16 port = reader_u16(&body);
    gint expected = id_length(type);

    if (!reader_ok(&body))
        return IKE_PAYLOAD_MALFORMED;
    if (expected == -2 || (expected == -1 && reader_left(&body) == 0) ||
        (expected >= 0 && reader_left(&body) != (gsize)expected))
        return IKE_INVALID_ID_INFORMATION;
    *ret_view = (IkeIdView){.type = type, .protocol = protocol, .port = port, .data = body};
    return IKE_OK;
}

static char *
format_id_text(const IkeIdView *view)
{
    return name_clean(view->data.at, reader_left(&view->data), ID_TEXT_OCTETS, FALSE);
}

/* One or two addresses with a separator: "10.0.0.0/255.0.0.0", "10.0.0.1-10.0.0.9". */
static char *
format_id_addresses(const IkeIdView *view, gsize length, const char *separator)
{
    char one[NET_ADDRESS_TEXT_SIZE];
    char two[NET_ADDRESS_TEXT_SIZE];
    NetAddress first = net_address_of(view->data.at, length);
    NetAddress second;

    net_address_format(&first, one);
    if (separator == NULL)
        return g_strdup(one);
    second = net_address_of(view->data.at + length, length);
    return g_strdup_printf("%s%s%s", one, separator, net_address_format(&second, two));
}

char *
ike_id_format(const IkeIdView *view)
{
    switch ((IkeIdType)view->type) {
    case IKE_ID_NONE:
        return g_strdup("none");
    case IKE_ID_IPV4_ADDR:
        return format_id_addresses(view, 4, NULL);
    case IKE_ID_IPV6_ADDR:
        return format_id_addresses(view, 16, NULL);
    case IKE_ID_IPV4_ADDR_SUBNET:
        return format_id_addresses(view, 4, "/");
    case IKE_ID_IPV6_ADDR_SUBNET:
        return format_id_addresses(view, 16, "/");
    case IKE_ID_IPV4_ADDR_RANGE:
        return format_id_addresses(view, 4, "-");
    case IKE_ID_IPV6_ADDR_RANGE:
        return format_id_addresses(view, 16, "-");
    case IKE_ID_DER_ASN1_DN:
        return ike_dn_format(view->data);
    case IKE_ID_FQDN:
    case IKE_ID_USER_FQDN:
    case IKE_ID_DER_ASN1_GN:
    case IKE_ID_KEY_ID:
        return format_id_text(view);
    }
    return g_strdup("unknown");
}

/* ISAKMP SPIs are cookies or less, ESP and AH four octets; IPCOMP two, or four with the CPI in the
 * low half. */
static gboolean
is_spi_size_fit(guint8 protocol, guint8 spi_size)
{
    switch ((IkeProtocol)protocol) {
    case IKE_PROTOCOL_ISAKMP:
        return spi_size <= 2 * IKE_COOKIE_LENGTH;
    case IKE_PROTOCOL_AH:
    case IKE_PROTOCOL_ESP:
        return spi_size == 4 || spi_size == 0;
    case IKE_PROTOCOL_IPCOMP:
        return spi_size == 2 || spi_size == 4;
    }
    return spi_size <= 2 * IKE_COOKIE_LENGTH;
}

IkeNotify
ike_notify_parse(Reader body, IkeNotifyView *ret_view)
{
    guint32 doi = reader_u32(&body);
    guint8 protocol = reader_u8(&body);
    guint8 spi_size = reader_u8(&body);
    guint16 type = reader_u16(&body);
    Reader spi = reader_sub(&body, spi_size);

    if (!reader_ok(&spi) || !is_spi_size_fit(protocol, spi_size))
        return IKE_PAYLOAD_MALFORMED;
    if (doi != IKE_DOI_IPSEC && doi != 0)
        return IKE_DOI_NOT_SUPPORTED;
    *ret_view = (IkeNotifyView){.protocol = protocol, .type = type, .spi = spi, .data = body};
    return IKE_OK;
}

IkeNotify
ike_delete_parse(Reader body, IkeDeleteView *ret_view)
{
    guint32 doi = reader_u32(&body);
    guint8 protocol = reader_u8(&body);
    guint8 spi_size = reader_u8(&body);
    guint16 count = reader_u16(&body);
    Reader spis = reader_sub(&body, (gsize)spi_size * count);
    gboolean is_cookie_pair = protocol == IKE_PROTOCOL_ISAKMP && spi_size == 2 * IKE_COOKIE_LENGTH;

    if (!reader_ok(&spis) || reader_left(&body) != 0 || count == 0 || spi_size == 0)
        return IKE_PAYLOAD_MALFORMED;
    if (doi != IKE_DOI_IPSEC && doi != 0)
        return IKE_DOI_NOT_SUPPORTED;
    if (!is_cookie_pair &&
        (protocol == IKE_PROTOCOL_ISAKMP || !is_spi_size_fit(protocol, spi_size)))
        return IKE_INVALID_SPI;
    *ret_view =
        (IkeDeleteView){.protocol = protocol, .spi_size = spi_size, .count = count, .spis = spis};
    return IKE_OK;
}

IkeNotify
ike_config_parse(Reader body, IkeConfigView *ret_view)
{
    guint8 type = reader_u8(&body);
    guint8 reserved = reader_u8(&body);
    guint16 identifier = reader_u16(&body);

    (void)reserved;
    if (!reader_ok(&body) || type < IKE_CFG_REQUEST || type > IKE_CFG_ACK)
        return IKE_PAYLOAD_MALFORMED;
    if (ike_attributes_check(body) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    *ret_view = (IkeConfigView){.type = type, .identifier = identifier, .attributes = body};
    return IKE_OK;
}

IkeNotify
ike_cert_parse(Reader body, IkeCertView *ret_view)
{
    guint8 encoding = reader_u8(&body);

    if (!reader_ok(&body))
        return IKE_INVALID_CERT_ENCODING;
    *ret_view = (IkeCertView){.encoding = encoding, .data = body};
    return IKE_OK;
}

IkeNotify
ike_nat_oa_parse(Reader body, NetAddress *ret_address)
{
    guint8 type = reader_u8(&body);
    Reader reserved = reader_sub(&body, 3);
    gsize length = reader_left(&body);

    if (!reader_ok(&reserved) ||
        !((type == IKE_ID_IPV4_ADDR && length == 4) || (type == IKE_ID_IPV6_ADDR && length == 16)))
        return IKE_PAYLOAD_MALFORMED;
    *ret_address = net_address_of(body.at, length);
    return IKE_OK;
}
