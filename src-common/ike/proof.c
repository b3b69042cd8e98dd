/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/proof.h"

#include "ike/certificate.h"
#include "ike/hash.h"
#include "ike/informational.h"
#include "ike/sa.h"
#include "ike/session.h"
#include "ike/signature.h"

#include <string.h>

static const IkeMethodRow methods[] = {
    {IKE_METHOD_PSK, IKE_PAYLOAD_HASH, IKE_PAYLOAD_HASH, TRUE, FALSE},
    {IKE_METHOD_RSA, IKE_PAYLOAD_SIG, IKE_PAYLOAD_SIG, FALSE, FALSE},
    {IKE_METHOD_HYBRID_RSA, IKE_PAYLOAD_HASH, IKE_PAYLOAD_SIG, FALSE, TRUE},
    {IKE_METHOD_XAUTH_PSK, IKE_PAYLOAD_HASH, IKE_PAYLOAD_HASH, TRUE, TRUE},
    {IKE_METHOD_XAUTH_RSA, IKE_PAYLOAD_SIG, IKE_PAYLOAD_SIG, FALSE, TRUE},
};

const IkeMethodRow *
ike_method_row(IkeMethod method)
{
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (methods[i].method == method)
            return &methods[i];
    }
    return NULL;
}

static IkePayloadType
proof_of(const IkeSa *sa, gboolean is_initiator)
{
    return is_initiator ? sa->method->initiator_proof : sa->method->responder_proof;
}

gboolean
ike_proof_is_own_signature(const IkeSa *sa)
{
    return proof_of(sa, sa->is_initiator) == IKE_PAYLOAD_SIG;
}

gboolean
ike_proof_is_peer_signature(const IkeSa *sa)
{
    return proof_of(sa, !sa->is_initiator) == IKE_PAYLOAD_SIG;
}

/* HASH_I or HASH_R. */
static void
compute(const IkeSa *sa, gboolean of_initiator, guint8 *ret_hash)
{
    const IkePhase1 *phase1 = sa->phase1;
    Reader g_xi = reader_of_bytes(phase1->g_xi);
    Reader g_xr = reader_of_bytes(phase1->g_xr);
    Reader sai_b = reader_of_bytes(phase1->sai_b);

    if (of_initiator)
        ike_keys_hash_i(sa->keys, g_xi, g_xr, sai_b, reader_of_bytes(phase1->idii_b), ret_hash);
    else
        ike_keys_hash_r(sa->keys, g_xi, g_xr, sai_b, reader_of_bytes(phase1->idir_b), ret_hash);
}

/* --- keys --- */

/* As long as the hash, within what RFC 2409 5 and sense allow. */
static gsize
nonce_length(SuiteHash hash)
{
    return CLAMP(ike_hash_length(hash), 20, 32);
}

guint
ike_proof_make_key_pair(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkePhase1 *phase1 = sa->phase1;
    const GArray *offered = sa->session->policy->phase1;
    const SuitePhase1 *suite = &phase1->choice.suite;
    guint8 nonce[32];
    g_autoptr(Secret) private_value = NULL;
    GBytes *public_value;
    Reader octets;
    gsize length;

    if (suite->group == SUITE_GROUP_NONE && offered->len == 0)
        return IKE_NO_PROPOSAL_CHOSEN;
    if (suite->group == SUITE_GROUP_NONE) /* aggressive: before the peer chose */
        suite = &g_array_index(offered, SuitePhase1, 0);
    length = ike_dh_private_length(suite->group);
    private_value = secret_new_zero(length);
    ike_session_random(sa->session, IKE_RANDOM_DH_PRIVATE, secret_edit(private_value), length);
    ike_session_random(sa->session, IKE_RANDOM_NONCE, nonce, nonce_length(suite->hash));
    ike_dh_free(phase1->dh);
    phase1->dh = ike_dh_new(suite->group, ike_part_of_secret(private_value));
    octets = ike_dh_public(phase1->dh);
    public_value = reader_dup_bytes(&octets);
    *(sa->is_initiator ? &phase1->g_xi : &phase1->g_xr) = public_value;
    *(sa->is_initiator ? &phase1->ni_b : &phase1->nr_b) =
        g_bytes_new(nonce, nonce_length(suite->hash));
    return IKE_OK;
}

guint
ike_proof_agree(IkeExchange *exchange)
{
    IkePhase1 *phase1 = exchange->sa->phase1;
    GBytes *peer = exchange->sa->is_initiator ? phase1->g_xr : phase1->g_xi;

    return ike_dh_agree(phase1->dh, reader_of_bytes(peer), &phase1->g_xy);
}

guint
ike_proof_ask_skeyid(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkePhase1 *phase1 = sa->phase1;
    IkeQueue *queue = &sa->session->engine->queue;
    SuiteHash hash = phase1->choice.suite.hash;
    GByteArray *nonces;
    GBytes *kept;
    IkeAction *action;

    if (!sa->method->is_skeyid_from_psk) {
        phase1->skeyid = ike_skeyid_from_shared(hash, reader_of_bytes(phase1->ni_b),
                                                reader_of_bytes(phase1->nr_b), phase1->g_xy);
        return IKE_OK;
    }
    nonces = g_byte_array_new();
    g_byte_array_append(nonces, g_bytes_get_data(phase1->ni_b, NULL),
                        (guint)g_bytes_get_size(phase1->ni_b));
    g_byte_array_append(nonces, g_bytes_get_data(phase1->nr_b, NULL),
                        (guint)g_bytes_get_size(phase1->nr_b));
    kept = g_byte_array_free_to_bytes(nonces);
    action = ike_exchange_ask(exchange, IKE_ASK_SKEYID);
    ike_queue_keep(queue, kept, (GDestroyNotify)g_bytes_unref);
    action->skeyid.key = sa->session->policy->own_key;
    action->skeyid.peer = sa->path.remote.address;
    action->skeyid.hash = hash;
    action->skeyid.nonces = g_bytes_get_data(kept, &action->skeyid.nonces_length);
    if (sa->peer_id.data != NULL) {
        action->skeyid.peer_id = sa->peer_id;
        ike_queue_keep(queue, g_bytes_ref(sa->peer_id.data), (GDestroyNotify)g_bytes_unref);
    }
    return IKE_PENDING;
}

guint
ike_phase1_keyed(IkeExchange *exchange, const Secret *skeyid)
{
    if (skeyid == NULL)
        return IKE_AUTHENTICATION_FAILED;
    secret_free(exchange->sa->phase1->skeyid);
    exchange->sa->phase1->skeyid = secret_dup(skeyid);
    return IKE_OK;
}

guint
ike_proof_derive_keys(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkePhase1 *phase1 = sa->phase1;

    sa->keys =
        ike_keys_new(&phase1->choice.suite, sa->cky_i, sa->cky_r, phase1->skeyid, phase1->g_xy);
    exchange->iv =
        ike_keys_initial_iv(sa->keys, reader_of_bytes(phase1->g_xi), reader_of_bytes(phase1->g_xr));
    sa->lb = exchange->iv;
    return IKE_OK;
}

/* --- our own proof --- */

guint
ike_proof_ask_signature(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkeAction *action;

    if (!ike_proof_is_own_signature(sa))
        return IKE_OK;
    action = ike_exchange_ask(exchange, IKE_ASK_SIGN);
    action->sign.key = sa->session->policy->own_key;
    action->sign.hash_length = ike_keys_hash_length(sa->keys);
    compute(sa, sa->is_initiator, action->sign.hash);
    return IKE_PENDING;
}

guint
ike_phase1_signed(IkeExchange *exchange, GBytes *signature)
{
    IkeSa *sa = exchange->sa;

    if (signature == NULL) {
        ike_session_close(sa->session, REASON_INTERNAL, "the private key could not be used", FALSE);
        return IKE_PENDING;
    }
    g_clear_pointer(&sa->phase1->signature, g_bytes_unref);
    sa->phase1->signature = g_bytes_ref(signature);
    return IKE_OK;
}

void
ike_proof_write(IkeExchange *exchange, IkeDraft *draft)
{
    IkeSa *sa = exchange->sa;
    gsize position;

    if (ike_proof_is_own_signature(sa)) {
        ike_certificates_put(draft, sa->session->policy->own_chain);
        ike_draft_put_bytes(draft, IKE_PAYLOAD_SIG, sa->phase1->signature);
        return;
    }
    /* A hybrid client answers a request with a certificate that is empty (hybrid 4). */
    if (sa->phase1->has_certificate_request && ike_proof_is_peer_signature(sa))
        ike_certificates_put_empty(draft);
    position = ike_draft_reserve(draft, IKE_PAYLOAD_HASH, ike_keys_hash_length(sa->keys));
    compute(sa, sa->is_initiator, ike_draft_at(draft, position));
}

/* --- the peer's proof --- */

guint
ike_proof_read(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    IkePhase1 *phase1 = sa->phase1;
    const IkePayload *proof = ike_chain_find(chain, proof_of(sa, !sa->is_initiator), 0);
    IkeNotify problem = IKE_OK;

    g_ptr_array_set_size(phase1->certificates, 0);
    if (ike_proof_is_peer_signature(sa))
        problem = ike_certificates_collect(chain, phase1->certificates);
    if (problem != IKE_OK)
        return problem;
    g_clear_pointer(&phase1->peer_proof, g_bytes_unref);
    phase1->peer_proof = reader_dup_bytes(&proof->body);
    return IKE_OK;
}

/* The leaf is the certificate whose key verifies, usually the first; it goes to the front. */
static guint
check_signature(IkeSa *sa, Reader hash)
{
    GPtrArray *certificates = sa->phase1->certificates;
    Reader signature = reader_of_bytes(sa->phase1->peer_proof);

    if (certificates->len == 0) {
        if (!sa->session->is_gateway)
            ike_sa_fail(sa, REASON_GATEWAY_CERT_MISSING, NULL, FALSE);
        return IKE_CERTIFICATE_UNAVAILABLE;
    }
    for (guint i = 0; i < certificates->len; i++) {
        GBytes *leaf = g_ptr_array_index(certificates, i);

        if (ike_signature_check(leaf, hash, signature) != IKE_OK)
            continue;
        g_ptr_array_index(certificates, i) = g_ptr_array_index(certificates, 0);
        g_ptr_array_index(certificates, 0) = leaf;
        return IKE_OK;
    }
    return IKE_INVALID_SIGNATURE;
}

guint
ike_proof_check(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    gsize length = ike_keys_hash_length(sa->keys);
    guint8 expected[IKE_MAX_HASH_LENGTH];
    gsize given_length;
    const guint8 *given = g_bytes_get_data(sa->phase1->peer_proof, &given_length);

    compute(sa, !sa->is_initiator, expected);
    if (ike_proof_is_peer_signature(sa))
        return check_signature(sa, reader_of(expected, length));
    if (given_length != length || !secret_equal_octets(given, expected, length))
        return IKE_AUTHENTICATION_FAILED;
    return IKE_OK;
}

guint
ike_proof_ask_trust(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkeQueue *queue = &sa->session->engine->queue;
    GPtrArray *certificates;
    IkeAction *action;

    if (!ike_proof_is_peer_signature(sa))
        return IKE_OK;
    action = ike_exchange_ask(exchange, IKE_ASK_TRUST);
    certificates = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < sa->phase1->certificates->len; i++)
        g_ptr_array_add(certificates, g_bytes_ref(g_ptr_array_index(sa->phase1->certificates, i)));
    ike_queue_keep(queue, certificates, (GDestroyNotify)g_ptr_array_unref);
    action->trust.certificates = (GBytes *const *)certificates->pdata;
    action->trust.count = certificates->len;
    action->trust.is_peer_initiator = !sa->is_initiator;
    action->trust.id = sa->peer_id;
    if (sa->peer_id.data != NULL)
        ike_queue_keep(queue, g_bytes_ref(sa->peer_id.data), (GDestroyNotify)g_bytes_unref);
    return IKE_PENDING;
}

guint
ike_phase1_trusted(IkeExchange *exchange, Reason reason, const char *detail)
{
    IkeSa *sa = exchange->sa;

    if (reason == REASON_NONE)
        return IKE_OK;
    /* The peer is told why it waits in vain: by a client, as strongSwan does it, encrypted in front
     * of AM3; by a gateway in clear, because the last block is not agreed on yet. */
    if (sa->session->is_gateway) {
        ike_informational_refuse(sa, IKE_AUTHENTICATION_FAILED);
        ike_sa_fail(sa, REASON_CLIENT_CERT_REJECTED, detail, FALSE);
        return IKE_PENDING;
    }
    sa->lb = exchange->iv;
    ike_informational_notify(sa, IKE_PROTOCOL_ISAKMP, IKE_AUTHENTICATION_FAILED, 0);
    ike_sa_fail(sa, reason, detail, FALSE);
    return IKE_PENDING;
}
