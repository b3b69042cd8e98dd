/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/natt.h"

#include "ike/hash.h"
#include "ike/vendor.h"

guint32
ike_natt_choose(guint32 own_vendors, guint32 peer_vendors)
{
    static const guint32 best_first[] = {IKE_VENDOR_NATT_RFC3947, IKE_VENDOR_NATT_03,
                                         IKE_VENDOR_NATT_02N, IKE_VENDOR_NATT_02};

    for (gsize i = 0; i < G_N_ELEMENTS(best_first); i++)
        if ((own_vendors & peer_vendors & best_first[i]) != 0)
            return best_first[i];
    return 0;
}

IkeNattVersion
ike_natt_version(guint32 vendor)
{
    if ((vendor & IKE_VENDOR_NATT_RFC3947) != 0)
        return IKE_NATT_VERSION_RFC3947;
    if ((vendor & (IKE_VENDOR_NATT_03 | IKE_VENDOR_NATT_02N | IKE_VENDOR_NATT_02)) != 0)
        return IKE_NATT_VERSION_DRAFT;
    return IKE_NATT_VERSION_NONE;
}

IkePayloadType
ike_natt_payload_type(IkeNattVersion version)
{
    return version == IKE_NATT_VERSION_DRAFT ? IKE_PAYLOAD_NAT_D_DRAFT : IKE_PAYLOAD_NAT_D;
}

IkeEncapsulation
ike_natt_encapsulation(IkeNattVersion version, gboolean is_encapsulated)
{
    if (!is_encapsulated)
        return IKE_ENCAPSULATION_TUNNEL;
    return version == IKE_NATT_VERSION_DRAFT ? IKE_ENCAPSULATION_UDP_TUNNEL_DRAFT
                                             : IKE_ENCAPSULATION_UDP_TUNNEL;
}

void
ike_natt_hash(SuiteHash hash, const IkeHeader *header, const NetEndpoint *endpoint,
              guint8 *ret_hash)
{
    guint8 port[] = {(guint8)(endpoint->port >> 8), (guint8)endpoint->port};
    Reader parts[] = {
        reader_of(header->cky_i, IKE_COOKIE_LENGTH),
        reader_of(header->cky_r, IKE_COOKIE_LENGTH),
        reader_of(endpoint->address.octets, endpoint->address.length),
        reader_of(port, sizeof port),
    };

    ike_hash(hash, parts, G_N_ELEMENTS(parts), ret_hash);
}

void
ike_natt_put(IkeDraft *draft, IkeNattVersion version, SuiteHash hash, const IkeHeader *header,
             const IkePath *path, const guint8 *forged_source)
{
    IkePayloadType type = ike_natt_payload_type(version);
    gsize length = ike_hash_length(hash);
    guint8 value[IKE_MAX_HASH_LENGTH];

    ike_natt_hash(hash, header, &path->remote, value);
    ike_draft_put(draft, type, value, length);
    ike_natt_hash(hash, header, &path->local, value);
    ike_draft_put(draft, type, forged_source != NULL ? forged_source : value, length);
}

static gboolean
is_hash_of(const IkePayload *payload, SuiteHash hash, const IkeHeader *header,
           const NetEndpoint *endpoint, gboolean tries_port_500)
{
    NetEndpoint plain = {.address = endpoint->address, .port = IKE_PORT};
    guint8 value[IKE_MAX_HASH_LENGTH];

    ike_natt_hash(hash, header, endpoint, value);
    if (reader_equal(&payload->body, value, ike_hash_length(hash)))
        return TRUE;
    return tries_port_500 && endpoint->port != IKE_PORT &&
           is_hash_of(payload, hash, header, &plain, FALSE);
}

IkeNattResult
ike_natt_compare(const IkeChain *chain, IkeNattVersion version, SuiteHash hash,
                 const IkeHeader *header, const IkePath *path, gboolean tries_port_500,
                 gboolean is_any_order)
{
    IkePayloadType type = ike_natt_payload_type(version);
    gsize count = ike_chain_count(chain, type);
    gboolean is_local_seen = FALSE;
    gboolean is_remote_seen = FALSE;

    if (version == IKE_NATT_VERSION_NONE || count < 2)
        return (IkeNattResult){.has_payloads = FALSE};
    /* The first is the destination, which is this end; the others are sources. */
    for (gsize i = 0; i < count; i++) {
        const IkePayload *payload = ike_chain_find(chain, type, i);

        if (i == 0 || is_any_order)
            is_local_seen |= is_hash_of(payload, hash, header, &path->local, tries_port_500);
        if (i > 0 || is_any_order)
            is_remote_seen |= is_hash_of(payload, hash, header, &path->remote, tries_port_500);
    }
    return (IkeNattResult){.has_payloads = TRUE,
                           .is_local_behind_nat = !is_local_seen,
                           .is_remote_behind_nat = !is_remote_seen};
}
