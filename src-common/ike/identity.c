/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/identity.h"

#include "ike/proof.h"

static void
write_address(Writer *id_body, const NetAddress *address)
{
    writer_u8(id_body, address->length == 16 ? IKE_ID_IPV6_ADDR : IKE_ID_IPV4_ADDR);
    writer_zero(id_body, 3);
    writer_put(id_body, address->octets, address->length);
}

static void
write_data(Writer *id_body, IkeIdType type, GBytes *data)
{
    writer_u8(id_body, (guint8)type);
    writer_zero(id_body, 3);
    if (data != NULL)
        writer_put_bytes(id_body, data);
}

void
ike_identity_write(Writer *id_body, const IkeSa *sa)
{
    const IkePolicy *policy = sa->session->policy;
    const IkeId *own = &policy->own_id;
    g_autoptr(GBytes) subject = NULL;

    if (own->data != NULL) {
        write_data(id_body, own->type, own->data);
        return;
    }
    /* Without a name of its own who signs is called by the certificate's. */
    if (own->type == IKE_ID_NONE && ike_proof_is_own_signature(sa) && policy->own_chain->len > 0)
        subject = ike_certificate_subject(g_ptr_array_index(policy->own_chain, 0));
    if (subject != NULL)
        write_data(id_body, IKE_ID_DER_ASN1_DN, subject);
    else if (own->type == IKE_ID_NONE && sa->method->method == IKE_METHOD_HYBRID_RSA)
        write_data(id_body, IKE_ID_NONE, NULL); /* hides the user (hybrid 4) */
    else
        write_address(id_body, &sa->path.local.address);
}

static gboolean
is_equal(const IkeId *a, const IkeId *b)
{
    const char *text_a, *text_b;
    gsize length_a, length_b;

    if (a->type != b->type || a->data == NULL || b->data == NULL)
        return FALSE;
    if (a->type != IKE_ID_FQDN)
        return g_bytes_equal(a->data, b->data);
    text_a = g_bytes_get_data(a->data, &length_a);
    text_b = g_bytes_get_data(b->data, &length_b);
    return length_a == length_b && g_ascii_strncasecmp(text_a, text_b, length_a) == 0;
}

gboolean
ike_identity_selects(const IkePolicy *policy, const IkeSa *sa)
{
    return policy->peer_id.type == IKE_ID_NONE || is_equal(&policy->peer_id, &sa->peer_id);
}
