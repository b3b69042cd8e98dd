/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "observer.h"

#include "ike/certificate.h"
#include "ike/draft.h"
#include "ike/hash.h"
#include "ike/message.h"
#include "ike/signature.h"
#include "ike/view.h"
#include "support.h"

#include <string.h>

static void
side_clear(ObserverSide *side)
{
    g_clear_pointer(&side->ke, g_bytes_unref);
    g_clear_pointer(&side->nonce, g_bytes_unref);
    g_clear_pointer(&side->id, g_bytes_unref);
    g_clear_pointer(&side->hash, g_bytes_unref);
    g_clear_pointer(&side->sig, g_bytes_unref);
    g_clear_pointer(&side->certificate, g_bytes_unref);
}

static void
exchange_free(gpointer data)
{
    ObserverExchange *exchange = data;

    side_clear(&exchange->sides[0]);
    side_clear(&exchange->sides[1]);
    g_free(exchange);
}

static void
unref_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

Observer *
observer_new(const char *label, GBytes *g_xy, const char *psk)
{
    Observer *observer = g_new0(Observer, 1);

    observer->label = label;
    observer->g_xy = g_xy != NULL ? test_secret(g_xy) : NULL;
    observer->psk = psk != NULL ? secret_new_text(psk) : NULL;
    observer->exchanges = g_hash_table_new_full(NULL, NULL, NULL, exchange_free);
    observer->seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, unref_bytes, NULL);
    observer->pieces = g_ptr_array_new_with_free_func(unref_bytes);
    return observer;
}

void
observer_free(Observer *observer)
{
    secret_free(observer->g_xy);
    secret_free(observer->psk);
    g_clear_pointer(&observer->sai_b, g_bytes_unref);
    side_clear(&observer->sides[0]);
    side_clear(&observer->sides[1]);
    ike_keys_free(observer->keys);
    g_hash_table_unref(observer->exchanges);
    g_hash_table_unref(observer->seen);
    ike_reassembly_free(observer->fragments);
    g_ptr_array_unref(observer->pieces);
    g_clear_pointer(&observer->reassembled, g_bytes_unref);
    g_free(observer);
}

static void
keep(GBytes **place, Reader body)
{
    if (*place == NULL)
        *place = reader_dup_bytes(&body);
}

static Reader
part(GBytes *bytes)
{
    return bytes != NULL ? reader_of_bytes(bytes) : reader_of(NULL, 0);
}

/* The chosen transform of an answer, and the sender's SPI. */
static void
keep_sa(Reader body, gboolean is_phase1, IkeTerms *ret_terms, guint32 *ret_spi)
{
    IkeSaView sa;
    IkeProposalView proposal;
    IkeTransformView transform;

    g_assert_cmpint(ike_sa_parse(body, FALSE, &sa), ==, IKE_OK);
    g_assert_true(ike_sa_next(&sa.proposals, &proposal));
    g_assert_true(ike_proposal_next(&proposal.transforms, &transform));
    *ret_terms = is_phase1 ? ike_terms_of_phase1(&transform) : ike_terms_of_esp(&transform);
    g_assert_false(ret_terms->has_unknown && proposal.transform_count == 1);
    if (!is_phase1)
        *ret_spi = reader_u32(&proposal.spi);
}

static void
keep_payloads(const IkeChain *chain, gboolean is_phase1, ObserverSide *side)
{
    for (gsize i = 0; i < chain->count; i++) {
        const IkePayload *payload = &chain->list[i];
        Reader certificate = payload->body;

        if (payload->type == IKE_PAYLOAD_KE)
            keep(&side->ke, payload->body);
        else if (payload->type == IKE_PAYLOAD_NONCE)
            keep(&side->nonce, payload->body);
        else if (payload->type == IKE_PAYLOAD_ID)
            keep(&side->id, payload->body);
        else if (payload->type == IKE_PAYLOAD_HASH && is_phase1)
            keep(&side->hash, payload->body);
        else if (payload->type == IKE_PAYLOAD_SIG)
            keep(&side->sig, payload->body);
        else if (payload->type == IKE_PAYLOAD_CERT && reader_left(&certificate) > 1) {
            reader_u8(&certificate);
            keep(&side->certificate, certificate);
        }
    }
}

static void
derive(Observer *observer)
{
    ObserverSide *one = &observer->sides[0];
    ObserverSide *two = &observer->sides[1];
    const IkeTerms *terms = &observer->terms;
    SuitePhase1 suite = {.cipher = (SuiteIkeCipher)terms->cipher,
                         .key_bits = terms->key_bits,
                         .hash = (SuiteHash)terms->hash,
                         .group = (SuiteGroup)terms->group};
    g_autoptr(Secret) skeyid = NULL;

    if (observer->keys != NULL || observer->g_xy == NULL || one->ke == NULL || two->ke == NULL)
        return;
    if (terms->method == IKE_METHOD_PSK || terms->method == IKE_METHOD_XAUTH_PSK) {
        g_autoptr(GByteArray) nonces = g_byte_array_new();

        g_assert_nonnull(observer->psk);
        g_byte_array_append(nonces, g_bytes_get_data(one->nonce, NULL),
                            (guint)g_bytes_get_size(one->nonce));
        g_byte_array_append(nonces, g_bytes_get_data(two->nonce, NULL),
                            (guint)g_bytes_get_size(two->nonce));
        skeyid =
            ike_skeyid_from_psk(suite.hash, observer->psk, reader_of(nonces->data, nonces->len));
    } else {
        skeyid =
            ike_skeyid_from_shared(suite.hash, part(one->nonce), part(two->nonce), observer->g_xy);
    }
    observer->keys = ike_keys_new(&suite, observer->cky_i, observer->cky_r, skeyid, observer->g_xy);
    observer->phase1_iv = ike_keys_initial_iv(observer->keys, part(one->ke), part(two->ke));
}

/* The plaintext encrypted again is the ciphertext that was sent, whatever its padding. */
static void
encrypt_again(Observer *observer, const IkeIv *iv, const Secret *plain, Reader body)
{
    g_autoptr(Secret) copy = secret_dup(plain);
    g_autoptr(GBytes) expected = reader_dup_bytes(&body);
    IkeIv moving = *iv;

    ike_cbc_encrypt(observer->keys->suite.cipher, observer->keys->ka, &moving, secret_edit(copy),
                    secret_length(copy));
    test_equal("ciphertext", ike_part_of_secret(copy), expected);
}

/* The message written anew from its payloads: octet by octet the same. */
static void
rebuild(Observer *observer, const IkeHeader *header, const IkeChain *chain, const IkeIv *iv,
        GBytes *message)
{
    g_auto(IkeDraft) draft = ike_draft_init(header);
    g_autoptr(GBytes) again = NULL;
    IkeIv moving = {0};

    for (gsize i = 0; i < chain->count; i++)
        ike_draft_put_reader(&draft, (IkePayloadType)chain->list[i].type, chain->list[i].body);
    if (iv != NULL)
        moving = *iv;
    again =
        iv != NULL ? ike_message_seal(observer->keys, &moving, &draft) : ike_draft_finish(&draft);
    test_equal(observer->label, reader_of_bytes(again), message);
    observer->messages_rebuilt++;
}

static void
see_phase1(Observer *observer, gboolean is_from_initiator, const IkeChain *chain)
{
    ObserverSide *side = &observer->sides[is_from_initiator ? 0 : 1];
    const IkePayload *sa = ike_chain_find(chain, IKE_PAYLOAD_SA, 0);
    guint32 spi;

    if (sa != NULL && is_from_initiator)
        keep(&observer->sai_b, sa->body);
    if (sa != NULL && !is_from_initiator)
        keep_sa(sa->body, TRUE, &observer->terms, &spi);
    keep_payloads(chain, TRUE, side);
}

static void
check_hash(Observer *observer, const ObserverExchange *exchange, const IkeHeader *header,
           const IkeChain *chain)
{
    guint8 hash[IKE_MAX_HASH_LENGTH];
    Reader behind = ike_chain_behind_hash(chain);
    Reader ni_b = part(exchange->sides[0].nonce);
    Reader nr_b = part(exchange->sides[1].nonce);
    gboolean is_quick = header->exchange == IKE_EXCHANGE_QUICK;

    g_assert_cmpint(chain->list[0].type, ==, IKE_PAYLOAD_HASH);
    if (is_quick && exchange->count == 1)
        ike_keys_hash_2(observer->keys, header->message_id, ni_b, behind, hash);
    else if (is_quick && exchange->count == 2)
        ike_keys_hash_3(observer->keys, header->message_id, ni_b, nr_b, hash);
    else
        ike_keys_hash_1(observer->keys, header->message_id, behind, hash);
    g_assert_true(reader_equal(&chain->list[0].body, hash, ike_keys_hash_length(observer->keys)));
    observer->hashes_checked++;
}

static ObserverExchange *
take_exchange(Observer *observer, gboolean is_from_initiator, guint32 message_id)
{
    gpointer key = GUINT_TO_POINTER(message_id);
    ObserverExchange *exchange = g_hash_table_lookup(observer->exchanges, key);

    if (exchange == NULL) {
        exchange = g_new0(ObserverExchange, 1);
        exchange->iv = ike_keys_message_iv(observer->keys, &observer->phase1_iv, message_id);
        exchange->is_started_by_responder = !is_from_initiator;
        g_hash_table_insert(observer->exchanges, key, exchange);
    }
    return exchange;
}

static void
see_exchange(Observer *observer, gboolean is_from_initiator, const IkeHeader *header,
             const IkeChain *chain, ObserverExchange *exchange)
{
    gboolean is_starter = is_from_initiator != exchange->is_started_by_responder;
    ObserverSide *side = &exchange->sides[is_starter ? 0 : 1];
    const IkePayload *sa = ike_chain_find(chain, IKE_PAYLOAD_SA, 0);

    check_hash(observer, exchange, header, chain);
    if (header->exchange == IKE_EXCHANGE_QUICK)
        keep_payloads(chain, FALSE, side);
    if (sa != NULL)
        keep_sa(sa->body, FALSE, &exchange->terms, &side->spi);
    exchange->count++;
}

static void
see_encrypted(Observer *observer, gboolean is_from_initiator, const IkeHeader *header, Reader body,
              GBytes *message, GBytes *expected_iv, GBytes *expected_plain)
{
    gboolean is_phase1 = header->message_id == 0;
    ObserverExchange *exchange = NULL;
    IkeIv *iv = &observer->phase1_iv;
    g_autoptr(Secret) plain = NULL;
    IkeChain chain;
    IkeIv next;

    g_assert_nonnull(observer->keys);
    if (!is_phase1) {
        exchange = take_exchange(observer, is_from_initiator, header->message_id);
        iv = &exchange->iv;
    }
    if (expected_iv != NULL)
        test_equal("IV", reader_of(iv->octets, iv->length), expected_iv);
    g_assert_cmpint(ike_message_open(observer->keys, iv, body, &plain, &next), ==, IKE_OK);
    if (expected_plain != NULL)
        test_equal("plaintext", ike_part_of_secret(plain), expected_plain);
    g_assert_cmpint(ike_chain_parse(header->next_payload, ike_part_of_secret(plain), TRUE, &chain),
                    ==, IKE_OK);
    encrypt_again(observer, iv, plain, body);
    /* vpnc sends a whole block of padding in some messages, which we never do. */
    if (secret_length(plain) - reader_left(&chain.whole) < iv->length)
        rebuild(observer, header, &chain, iv, message);
    if (is_phase1)
        see_phase1(observer, is_from_initiator, &chain);
    else
        see_exchange(observer, is_from_initiator, header, &chain, exchange);
    *iv = next;
}

/* Strangers cut a message as we do; what comes out of the pieces is the message. */
static void
check_split(Observer *observer, GBytes *message, const IkeHeader *fragment)
{
    gsize most = g_bytes_get_size(g_ptr_array_index(observer->pieces, 0));
    g_autoptr(GPtrArray) again =
        ike_fragment_split(message, (IkeExchangeType)fragment->exchange, 1, most);

    g_assert_cmpuint(again->len, ==, observer->pieces->len);
    for (guint i = 0; i < again->len; i++)
        test_equal("fragment", reader_of_bytes(g_ptr_array_index(again, i)),
                   g_ptr_array_index(observer->pieces, i));
}

static void
see_fragment(Observer *observer, const IkeHeader *header, Reader body, GBytes *message)
{
    g_autoptr(GBytes) whole = NULL;
    IkeFragmentView view;
    IkeFragmentResult result;

    g_assert_cmpint(ike_fragment_parse(body, &view), ==, IKE_OK);
    if (observer->fragments == NULL)
        observer->fragments = ike_reassembly_new(header, view.id, IKE_MAX_MESSAGE);
    g_ptr_array_add(observer->pieces, g_bytes_ref(message));
    result = ike_reassembly_add(observer->fragments, header, &view, &whole);
    if (result == IKE_FRAGMENT_STORED)
        return;
    g_assert_cmpint(result, ==, IKE_FRAGMENT_COMPLETE);
    check_split(observer, whole, header);
    g_clear_pointer(&observer->fragments, ike_reassembly_free);
    g_ptr_array_set_size(observer->pieces, 0);
    g_clear_pointer(&observer->reassembled, g_bytes_unref);
    observer->reassembled = g_steal_pointer(&whole);
}

gboolean
observer_see(Observer *observer, gboolean is_from_initiator, GBytes *message, GBytes *iv,
             GBytes *plain)
{
    IkeHeader header;
    IkeChain chain;
    Reader body;

    g_assert_cmpint(ike_header_parse(reader_of_bytes(message), &header, &body), ==, IKE_OK);
    if (header.next_payload == IKE_PAYLOAD_FRAGMENT) {
        see_fragment(observer, &header, body, message);
        return TRUE;
    }
    if (!g_hash_table_add(observer->seen, g_bytes_ref(message)))
        return FALSE;
    memcpy(observer->cky_i, header.cky_i, sizeof header.cky_i);
    memcpy(observer->cky_r, header.cky_r, sizeof header.cky_r);
    observer->is_main |= header.exchange == IKE_EXCHANGE_MAIN;
    if (ike_header_is_encrypted(&header)) {
        see_encrypted(observer, is_from_initiator, &header, body, message, iv, plain);
        return TRUE;
    }
    g_assert_cmpint(ike_chain_parse(header.next_payload, body, FALSE, &chain), ==, IKE_OK);
    rebuild(observer, &header, &chain, NULL, message);
    observer->clear_messages++;
    if (header.exchange != IKE_EXCHANGE_INFORMATIONAL)
        see_phase1(observer, is_from_initiator, &chain);
    derive(observer);
    return TRUE;
}

const ObserverExchange *
observer_exchange(const Observer *observer, guint32 message_id)
{
    return g_hash_table_lookup(observer->exchanges, GUINT_TO_POINTER(message_id));
}

static void
check_proof(Observer *observer, const ObserverSide *side, Reader hash)
{
    if (side->hash != NULL)
        test_equal("HASH of phase 1", hash, side->hash);
    if (side->sig == NULL)
        return;
    g_assert_nonnull(side->certificate);
    g_assert_cmpint(ike_signature_check(side->certificate, hash, reader_of_bytes(side->sig)), ==,
                    IKE_OK);
    observer->signatures_checked++;
}

void
observer_check_proofs(Observer *observer, GBytes **ret_hash_i, GBytes **ret_hash_r)
{
    const IkeKeys *keys = observer->keys;
    const ObserverSide *one = &observer->sides[0];
    const ObserverSide *two = &observer->sides[1];
    guint8 hash[IKE_MAX_HASH_LENGTH];
    gsize length = ike_keys_hash_length(keys);

    ike_keys_hash_i(keys, part(one->ke), part(two->ke), part(observer->sai_b), part(one->id), hash);
    check_proof(observer, one, reader_of(hash, length));
    *ret_hash_i = g_bytes_new(hash, length);
    ike_keys_hash_r(keys, part(one->ke), part(two->ke), part(observer->sai_b), part(two->id), hash);
    check_proof(observer, two, reader_of(hash, length));
    *ret_hash_r = g_bytes_new(hash, length);
}

Secret *
observer_keymat(const Observer *observer, const ObserverExchange *exchange, const Secret *g_qm_xy,
                guint side)
{
    const IkeTerms *terms = &exchange->terms;
    SuiteEsp suite = {.cipher = (SuiteEspCipher)terms->cipher,
                      .key_bits = terms->key_bits,
                      .integrity = (SuiteIntegrity)terms->hash};

    return ike_keys_keymat(observer->keys, g_qm_xy, IKE_PROTOCOL_ESP, exchange->sides[side].spi,
                           part(exchange->sides[0].nonce), part(exchange->sides[1].nonce),
                           suite_esp_keymat_length(&suite));
}
