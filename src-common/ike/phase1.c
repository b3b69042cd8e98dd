/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/phase1.h"

#include "ike/certificate.h"
#include "ike/engine.h"
#include "ike/identity.h"
#include "ike/informational.h"
#include "ike/path.h"
#include "ike/proof.h"
#include "ike/refusal.h"
#include "ike/session.h"
#include "ike/stranger.h"
#include "ike/view.h"

#include <string.h>

static GBytes *
dup_payload(const IkeChain *chain, IkePayloadType type)
{
    return reader_dup_bytes(&ike_chain_find(chain, type, 0)->body);
}

static void
replace(GBytes **place, GBytes *value)
{
    g_clear_pointer(place, g_bytes_unref);
    *place = value;
}

static GBytes *
put_body(IkeDraft *draft)
{
    Reader body = ike_draft_body(draft);

    return reader_dup_bytes(&body);
}

/* --- pieces of messages, written --- */

static void
write_offer(IkeSa *sa, IkeDraft *draft)
{
    const IkePolicy *policy = sa->session->policy;
    SuiteGroup group = SUITE_GROUP_NONE;
    Writer *body = ike_draft_open(draft, IKE_PAYLOAD_SA);

    if (sa->mode == IKE_MODE_AGGRESSIVE)
        group = ike_dh_group(sa->phase1->dh);
    ike_offer_write_phase1(body, policy, ike_method_number(policy->method, TRUE), group);
    ike_draft_close(draft);
    replace(&sa->phase1->sai_b, put_body(draft));
}

static void
write_choice(IkeSa *sa, IkeDraft *draft)
{
    ike_offer_answer_phase1(ike_draft_open(draft, IKE_PAYLOAD_SA), &sa->phase1->choice);
    ike_draft_close(draft);
}

static void
write_ke_and_nonce(IkeSa *sa, IkeDraft *draft)
{
    IkePhase1 *phase1 = sa->phase1;

    ike_draft_put_bytes(draft, IKE_PAYLOAD_KE, sa->is_initiator ? phase1->g_xi : phase1->g_xr);
    ike_draft_put_bytes(draft, IKE_PAYLOAD_NONCE, sa->is_initiator ? phase1->ni_b : phase1->nr_b);
}

static void
write_id(IkeSa *sa, IkeDraft *draft)
{
    ike_identity_write(ike_draft_open(draft, IKE_PAYLOAD_ID), sa);
    ike_draft_close(draft);
    replace(sa->is_initiator ? &sa->phase1->idii_b : &sa->phase1->idir_b, put_body(draft));
}

/* Only where a certificate is expected: a hybrid client has none (PROTOCOL 4.5). */
static void
write_certificate_requests(IkeSa *sa, IkeDraft *draft)
{
    if (ike_proof_is_peer_signature(sa))
        ike_certificates_put_requests(draft, sa->session->policy->ca_names);
}

static void
write_vendors(IkeSa *sa, IkeDraft *draft)
{
    ike_vendor_put(draft, sa->own_vendors);
}

/* --- pieces of messages, read --- */

static guint
read_peer_id(IkeSa *sa, const IkeChain *chain)
{
    IkeIdView view;
    IkeNotify problem = ike_id_parse(ike_chain_find(chain, IKE_PAYLOAD_ID, 0)->body, &view);

    if (problem != IKE_OK)
        return problem;
    g_clear_pointer(&sa->peer_id.data, g_bytes_unref);
    sa->peer_id = (IkeId){.type = view.type, .data = reader_dup_bytes(&view.data)};
    replace(sa->is_initiator ? &sa->phase1->idir_b : &sa->phase1->idii_b,
            dup_payload(chain, IKE_PAYLOAD_ID));
    return IKE_OK;
}

static guint
read_ke_and_nonce(IkeSa *sa, const IkeChain *chain)
{
    IkePhase1 *phase1 = sa->phase1;
    Reader nonce = ike_chain_find(chain, IKE_PAYLOAD_NONCE, 0)->body;

    if (reader_left(&nonce) < IKE_MIN_NONCE || reader_left(&nonce) > IKE_MAX_NONCE)
        return IKE_PAYLOAD_MALFORMED;
    replace(sa->is_initiator ? &phase1->g_xr : &phase1->g_xi, dup_payload(chain, IKE_PAYLOAD_KE));
    replace(sa->is_initiator ? &phase1->nr_b : &phase1->ni_b,
            dup_payload(chain, IKE_PAYLOAD_NONCE));
    return IKE_OK;
}

static void
read_vendors(IkeSa *sa, const IkeChain *chain)
{
    sa->peer_vendors |= ike_vendor_of_chain(chain);
    sa->natt_version = ike_natt_version(ike_natt_choose(sa->own_vendors, sa->peer_vendors));
}

static void
read_certificate_requests(IkeSa *sa, const IkeChain *chain)
{
    if (ike_chain_count(chain, IKE_PAYLOAD_CR) > 0)
        sa->phase1->has_certificate_request = TRUE;
}

static guint
read_choice(IkeSa *sa, const IkeChain *chain)
{
    const IkePolicy *policy = sa->session->policy;
    SuiteGroup group =
        sa->mode == IKE_MODE_AGGRESSIVE ? ike_dh_group(sa->phase1->dh) : SUITE_GROUP_NONE;
    IkeNotify problem =
        ike_offer_match_phase1(ike_chain_find(chain, IKE_PAYLOAD_SA, 0)->body, policy,
                               ike_method_number(policy->method, TRUE), group, &sa->phase1->choice);

    if (problem == IKE_OK)
        sa->lifetime_seconds = sa->phase1->choice.lifetime_seconds;
    return problem;
}

/* The first of the responder's policies that takes this mode, group name and offer. */
static guint
choose_policy(IkeSa *sa, const IkeChain *chain)
{
    IkeSession *session = sa->session;
    GPtrArray *policies = session->engine->responder_policies;
    Reader offer = ike_chain_find(chain, IKE_PAYLOAD_SA, 0)->body;
    const IkePayload *ke = ike_chain_find(chain, IKE_PAYLOAD_KE, 0);

    for (guint i = 0; i < policies->len; i++) {
        IkePolicy *policy = g_ptr_array_index(policies, i);
        guint16 modes = policy->modes != 0 ? policy->modes : (guint16)(1u << policy->mode);

        if ((modes & (1u << sa->mode)) == 0 || !ike_identity_selects(policy, sa))
            continue;
        if (ike_offer_choose_phase1(offer, policy, ike_method_number(policy->method, TRUE),
                                    ke != NULL ? reader_left(&ke->body) : 0,
                                    &sa->phase1->choice) != IKE_OK)
            continue;
        ike_policy_ref(policy);
        ike_policy_unref(session->policy);
        session->policy = policy;
        sa->method = ike_method_row(policy->method);
        sa->lifetime_seconds = sa->phase1->choice.lifetime_seconds;
        replace(&sa->phase1->sai_b, reader_dup_bytes(&offer));
        sa->own_vendors = ike_vendor_for_responder(policy, ike_vendor_of_chain(chain));
        return IKE_OK;
    }
    ike_refusal_phase1(sa, offer, ke != NULL ? reader_left(&ke->body) : 0);
    return IKE_NO_PROPOSAL_CHOSEN;
}

/* INITIAL-CONTACT, and the life that Cisco gateways impose; only under encryption (PROTOCOL 4.10,
 * 6.9). */
static void
read_notifies(IkeExchange *exchange, const IkeChain *chain)
{
    if ((exchange->flags_received & IKE_FLAG_ENCRYPTED) == 0)
        return;
    for (gsize i = 0; i < ike_chain_count(chain, IKE_PAYLOAD_NOTIFY); i++) {
        IkeNotifyView view;

        if (ike_notify_parse(ike_chain_find(chain, IKE_PAYLOAD_NOTIFY, i)->body, &view) == IKE_OK)
            ike_informational_status(exchange->sa, &view);
    }
}

/* The peer is there: unauthenticated complaints from before count no more. */
static void
forget_hints(IkeSession *session)
{
    session->hint = REASON_NONE;
    session->hint_count = 0;
    g_clear_pointer(&session->hint_detail, g_free);
    ike_session_tell_stage(session, IKE_STAGE_AUTHENTICATING);
}

/* --- Aggressive Mode --- */

static void
write_am1(IkeExchange *exchange, IkeDraft *draft)
{
    IkeSa *sa = exchange->sa;

    write_offer(sa, draft);
    write_ke_and_nonce(sa, draft);
    write_id(sa, draft);
    /* One that takes any CA: names would make a message large that cannot be fragmented. strongSwan
     * wants to be asked, but not for whom. */
    if (ike_proof_is_peer_signature(sa))
        ike_certificates_put_requests(draft, NULL);
    write_vendors(sa, draft);
}

static guint
read_am1(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    guint problem = read_peer_id(sa, chain);

    if (problem == IKE_OK)
        problem = read_ke_and_nonce(sa, chain);
    if (problem == IKE_OK)
        problem = choose_policy(sa, chain);
    if (problem == IKE_OK && !ike_stranger_pay(sa))
        problem = IKE_BUSY;
    read_vendors(sa, chain);
    read_certificate_requests(sa, chain);
    return problem;
}

static void
write_am2(IkeExchange *exchange, IkeDraft *draft)
{
    IkeSa *sa = exchange->sa;

    write_choice(sa, draft);
    write_ke_and_nonce(sa, draft);
    write_id(sa, draft);
    write_certificate_requests(sa, draft);
    ike_proof_write(exchange, draft);
    write_vendors(sa, draft);
    ike_path_write_natd(sa, draft);
}

/* IDir goes into HASH_R, so it is written before the signature is asked for. */
static guint
prepare_id(IkeExchange *exchange)
{
    IkeHeader header = {0};
    g_auto(IkeDraft) draft = ike_draft_init(&header);

    write_id(exchange->sa, &draft);
    return IKE_OK;
}

static guint
read_am2(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    guint problem = read_choice(sa, chain);

    if (problem == IKE_OK)
        problem = read_ke_and_nonce(sa, chain);
    if (problem == IKE_OK)
        problem = read_peer_id(sa, chain);
    if (problem == IKE_OK)
        problem = ike_proof_read(exchange, chain);
    if (problem != IKE_OK)
        return problem;
    forget_hints(sa->session);
    read_vendors(sa, chain);
    read_certificate_requests(sa, chain);
    ike_path_read_natd(sa, chain);
    return IKE_OK;
}

static void
write_am3(IkeExchange *exchange, IkeDraft *draft)
{
    ike_proof_write(exchange, draft);
    ike_path_write_natd(exchange->sa, draft);
}

static guint
read_am3(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    guint problem = ike_proof_read(exchange, chain);
    gboolean is_clear = (exchange->flags_received & IKE_FLAG_ENCRYPTED) == 0;

    if (problem != IKE_OK)
        return problem;
    /* Anyone can send a clear one: a wrong one must not end what the real peer has begun. */
    if (is_clear && ike_proof_check(exchange) != IKE_OK)
        return IKE_INVALID_HASH_INFORMATION;
    read_notifies(exchange, chain);
    ike_path_read_natd(sa, chain);
    return IKE_OK;
}

static const IkeStep aggressive_steps[] = {
    /* HDR, SA, KE, Ni, IDii [, CR]                                   -->   RFC 2409 5.1, 5.4 */
    {.must = IKE_HAS(SA) | IKE_HAS(KE) | IKE_HAS(NONCE) | IKE_HAS(ID),
     .may = IKE_HAS(CR) | IKE_HAS(NOTIFY) | IKE_HAS(CERT),
     .before = {ike_proof_make_key_pair},
     .write = write_am1,
     .read = read_am1},
    /* <--    HDR, SA, KE, Nr, IDir, [CERT,] HASH_R | SIG_R [, CR], NAT-D, NAT-D */
    {.must = IKE_HAS(SA) | IKE_HAS(KE) | IKE_HAS(NONCE) | IKE_HAS(ID) | IKE_HAS_PROOF,
     .may = IKE_HAS(CERT) | IKE_HAS(CR) | IKE_HAS(NAT_D) | IKE_HAS(NOTIFY),
     .before = {ike_proof_make_key_pair, ike_proof_agree, ike_proof_ask_skeyid,
                ike_proof_derive_keys, prepare_id, ike_proof_ask_signature},
     .write = write_am2,
     .read = read_am2,
     .after = {ike_proof_agree, ike_proof_ask_skeyid, ike_proof_derive_keys, ike_proof_check,
               ike_proof_ask_trust, ike_path_float}},
    /* HDR*, [CERT,] HASH_I | SIG_I, NAT-D, NAT-D                     -->   clear from racoon */
    {.must = IKE_HAS_PROOF,
     .may = IKE_HAS(CERT) | IKE_HAS(NAT_D) | IKE_HAS(NOTIFY),
     .sealing = IKE_CLEAR_OR_SEALED,
     .is_insistent = TRUE,
     .before = {ike_proof_ask_signature},
     .write = write_am3,
     .read = read_am3,
     .after = {ike_proof_check, ike_proof_ask_trust}},
};

/* --- Main Mode --- */

static void
write_mm1(IkeExchange *exchange, IkeDraft *draft)
{
    write_offer(exchange->sa, draft);
    write_vendors(exchange->sa, draft);
}

static guint
read_mm1(IkeExchange *exchange, const IkeChain *chain)
{
    guint problem = choose_policy(exchange->sa, chain);

    read_vendors(exchange->sa, chain);
    return problem;
}

static void
write_mm2(IkeExchange *exchange, IkeDraft *draft)
{
    write_choice(exchange->sa, draft);
    write_vendors(exchange->sa, draft);
}

static guint
read_mm2(IkeExchange *exchange, const IkeChain *chain)
{
    guint problem = read_choice(exchange->sa, chain);

    if (problem != IKE_OK)
        return problem;
    forget_hints(exchange->sa->session);
    read_vendors(exchange->sa, chain);
    return IKE_OK;
}

static void
write_mm3_mm4(IkeExchange *exchange, IkeDraft *draft)
{
    IkeSa *sa = exchange->sa;

    write_ke_and_nonce(sa, draft);
    write_certificate_requests(sa, draft);
    ike_path_write_natd(sa, draft);
}

static guint
read_mm3_mm4(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    guint problem = read_ke_and_nonce(sa, chain);

    if (problem != IKE_OK)
        return problem;
    if (!sa->is_initiator) {
        ike_stranger_reached(sa);
        if (!ike_stranger_pay(sa))
            return IKE_BUSY;
    }
    read_vendors(sa, chain); /* Cisco sends some only here */
    read_certificate_requests(sa, chain);
    ike_path_read_natd(sa, chain);
    return IKE_OK;
}

static void
write_mm5_mm6(IkeExchange *exchange, IkeDraft *draft)
{
    write_id(exchange->sa, draft);
    ike_proof_write(exchange, draft);
}

static guint
read_mm5_mm6(IkeExchange *exchange, const IkeChain *chain)
{
    guint problem = read_peer_id(exchange->sa, chain);

    if (problem == IKE_OK)
        problem = ike_proof_read(exchange, chain);
    if (problem != IKE_OK)
        return problem;
    read_certificate_requests(exchange->sa, chain);
    read_notifies(exchange, chain);
    return IKE_OK;
}

static const IkeStep main_steps[] = {
    /* HDR, SA                                                        -->   RFC 2409 5.1, 5.4 */
    {.must = IKE_HAS(SA), .may = IKE_HAS(NOTIFY), .write = write_mm1, .read = read_mm1},
    /* <--    HDR, SA */
    {.must = IKE_HAS(SA), .may = IKE_HAS(NOTIFY), .write = write_mm2, .read = read_mm2},
    /* HDR, KE, Ni [, CR], NAT-D, NAT-D                               --> */
    {.must = IKE_HAS(KE) | IKE_HAS(NONCE),
     .may = IKE_HAS(CR) | IKE_HAS(NAT_D) | IKE_HAS(NOTIFY),
     .before = {ike_proof_make_key_pair},
     .write = write_mm3_mm4,
     .read = read_mm3_mm4},
    /* <--    HDR, KE, Nr [, CR], NAT-D, NAT-D */
    {.must = IKE_HAS(KE) | IKE_HAS(NONCE),
     .may = IKE_HAS(CR) | IKE_HAS(NAT_D) | IKE_HAS(NOTIFY),
     .before = {ike_proof_make_key_pair, ike_proof_agree, ike_proof_ask_skeyid,
                ike_proof_derive_keys},
     .write = write_mm3_mm4,
     .read = read_mm3_mm4,
     .after = {ike_proof_agree, ike_proof_ask_skeyid, ike_proof_derive_keys, ike_path_float}},
    /* HDR*, IDii, [CERT,] HASH_I | SIG_I                             --> */
    {.must = IKE_HAS(ID) | IKE_HAS_PROOF,
     .may = IKE_HAS(CERT) | IKE_HAS(CR) | IKE_HAS(NOTIFY),
     .sealing = IKE_SEALED,
     .before = {prepare_id, ike_proof_ask_signature},
     .write = write_mm5_mm6,
     .read = read_mm5_mm6,
     .after = {ike_proof_check, ike_proof_ask_trust}},
    /* <--    HDR*, IDir, [CERT,] HASH_R | SIG_R */
    {.must = IKE_HAS(ID) | IKE_HAS_PROOF,
     .may = IKE_HAS(CERT) | IKE_HAS(CR) | IKE_HAS(NOTIFY),
     .sealing = IKE_SEALED,
     .before = {prepare_id, ike_proof_ask_signature},
     .write = write_mm5_mm6,
     .read = read_mm5_mm6,
     .after = {ike_proof_check, ike_proof_ask_trust}},
};

/* --- both --- */

static void
done(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;

    sa->lb = exchange->iv;
    if (sa->session->is_gateway)
        ike_path_follow(sa, &sa->phase1->path);
    ike_sa_opened(sa);
}

static void
fail(IkeExchange *exchange, guint problem)
{
    IkeSa *sa = exchange->sa;
    gboolean is_proof = problem == IKE_AUTHENTICATION_FAILED || problem == IKE_INVALID_SIGNATURE ||
                        problem == IKE_INVALID_CERTIFICATE;
    g_autofree char *detail = NULL;

    if (sa->session->is_gateway) {
        ike_informational_refuse(sa, (guint16)problem);
        ike_sa_fail(sa, is_proof ? REASON_GATEWAY_AUTH_FAILED : REASON_PROPOSAL_REJECTED,
                    ike_notify_name((guint16)problem), FALSE);
        return;
    }
    if (is_proof && sa->keys != NULL)
        ike_informational_notify(sa, IKE_PROTOCOL_ISAKMP, IKE_AUTHENTICATION_FAILED, 0);
    detail = g_strdup_printf("phase 1 failed: %s", ike_notify_name((guint16)problem));
    ike_sa_fail(sa, is_proof ? REASON_GATEWAY_AUTH_FAILED : REASON_PROTOCOL_ERROR, detail, FALSE);
}

void
ike_phase1_undecipherable(IkeExchange *exchange)
{
    if (exchange->sa->session->is_gateway && exchange->sa->keys != NULL)
        ike_informational_refuse(exchange->sa, IKE_INVALID_HASH_INFORMATION);
}

static const IkeExchangeTable aggressive_table = {
    .name = "Aggressive Mode",
    .type = IKE_EXCHANGE_AGGRESSIVE,
    .count = G_N_ELEMENTS(aggressive_steps),
    .max_ids = 1,
    .steps = aggressive_steps,
    .done = done,
    .fail = fail,
};

static const IkeExchangeTable main_table = {
    .name = "Main Mode",
    .type = IKE_EXCHANGE_MAIN,
    .count = G_N_ELEMENTS(main_steps),
    .max_ids = 1,
    .steps = main_steps,
    .done = done,
    .fail = fail,
};

static const IkeExchangeTable *
table_of(IkeMode mode)
{
    return mode == IKE_MODE_MAIN ? &main_table : &aggressive_table;
}

IkeSa *
ike_phase1_initiate(IkeSession *session, const IkePath *path, gboolean is_replacement)
{
    const IkePolicy *policy = session->policy;
    IkeSa *sa = ike_sa_new(session, TRUE, path);

    sa->mode = policy->mode;
    sa->method = ike_method_row(policy->method);
    sa->is_replacement = is_replacement;
    sa->own_vendors = ike_vendor_for_initiator(policy);
    sa->give_up_at = session->engine->now + IKE_SECONDS(policy->initiate_seconds);
    if (!is_replacement) {
        session->current = sa;
        ike_session_tell_stage(session, IKE_STAGE_REACHING);
    }
    sa->opening = ike_exchange_start(sa, table_of(sa->mode));
    ike_exchange_run(sa->opening);
    return sa;
}

static gint64
half_open_seconds(const IkeSession *session)
{
    guint16 seconds = session->policy->half_open_seconds;

    return ike_strangers_are_many(session->engine) ? MIN(seconds, IKE_LOADED_HALF_OPEN_SECONDS)
                                                   : seconds;
}

void
ike_phase1_respond(IkeEngine *engine, const IkeHeader *header, Reader body, Reader datagram,
                   const IkePath *path)
{
    IkeSession *session;
    IkeSa *sa;

    if ((header->exchange != IKE_EXCHANGE_MAIN && header->exchange != IKE_EXCHANGE_AGGRESSIVE) ||
        header->message_id != 0 || ike_header_is_encrypted(header) ||
        header->next_payload != IKE_PAYLOAD_SA ||
        !ike_strangers_admit(engine, header, datagram, &path->remote))
        return;
    session =
        ike_session_new(engine, g_ptr_array_index(engine->responder_policies, 0), TRUE, path, path);
    sa = ike_sa_new(session, FALSE, path);
    session->current = sa;
    sa->mode = (IkeMode)header->exchange;
    ike_sa_set_peer_cookie(sa, header->cky_i);
    sa->opening = ike_exchange_accept(sa, table_of(sa->mode), 0);
    ike_stranger_add(sa);
    if (ike_exchange_receive(sa->opening, header, body, datagram, path) != IKE_RECEIVED_ACCEPTED)
        ike_session_close(session, REASON_PROTOCOL_ERROR, NULL, FALSE);
    else
        sa->give_up_at = engine->now + IKE_SECONDS(half_open_seconds(session));
}
