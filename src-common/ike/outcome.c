/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How phase 1 ends: what the host is told, and what silence and complaints in clear mean. */
#include "ike/informational.h"
#include "ike/phase1.h"
#include "ike/proof.h"
#include "ike/session.h"
#include "ike/transaction.h"

#include <string.h>

void
ike_phase1_tell(IkeSa *sa)
{
    IkeSession *session = sa->session;
    IkeAction *action = ike_session_tell(session, IKE_TELL_PHASE1);

    action->phase1 = (IkePhase1Info){
        .suite = sa->keys->suite,
        .method = sa->method->method,
        .mode = sa->mode,
        .peer_id = sa->peer_id,
        .is_local_behind_nat = sa->is_local_behind_nat,
        .is_remote_behind_nat = sa->is_remote_behind_nat,
        .is_encapsulated = sa->is_encapsulated,
        .has_dpd = (sa->peer_vendors & IKE_VENDOR_DPD) != 0,
        .has_fragmentation = (sa->peer_vendors & IKE_VENDOR_FRAGMENTATION) != 0,
        .has_unity = (sa->peer_vendors & IKE_VENDOR_UNITY) != 0,
        .lifetime_seconds = sa->lifetime_seconds,
    };
    memcpy(action->phase1.cky_i, sa->cky_i, IKE_COOKIE_LENGTH);
    memcpy(action->phase1.cky_r, sa->cky_r, IKE_COOKIE_LENGTH);
    if (sa->peer_id.data != NULL)
        ike_queue_keep(&session->engine->queue, g_bytes_ref(sa->peer_id.data),
                       (GDestroyNotify)g_bytes_unref);
}

gboolean
ike_phase1_receive_refusal(IkeSa *sa, const IkeHeader *header, Reader body, Reader datagram,
                           const IkePath *path)
{
    IkeMode mode = sa->is_initiator ? IKE_MODE_MAIN : IKE_MODE_AGGRESSIVE;
    IkeExchange *exchange;

    if (sa->mode != mode || sa->keys == NULL || header->exchange != IKE_EXCHANGE_INFORMATIONAL)
        return FALSE;
    if (sa->opening != NULL)
        sa->lb = sa->opening->iv;
    exchange = ike_exchange_accept(sa, &ike_informational_table, header->message_id);
    if (ike_exchange_receive(exchange, header, body, datagram, path) == IKE_RECEIVED_ACCEPTED)
        return TRUE;
    sa->message_id_count--;
    g_ptr_array_remove(sa->exchanges, exchange);
    return FALSE;
}

static Reason
hint_of(const IkeSa *sa, guint16 notify)
{
    switch (notify) {
    case IKE_INVALID_ID_INFORMATION:
        return REASON_GROUP_REJECTED;
    case IKE_AUTHENTICATION_FAILED:
    case IKE_INVALID_SIGNATURE:
    case IKE_INVALID_HASH_INFORMATION:
    case IKE_PAYLOAD_MALFORMED: /* an MM5 that cannot be decrypted: different passwords */
        if (sa->keys == NULL)
            return REASON_PROTOCOL_ERROR;
        return ike_proof_is_own_signature(sa) ? REASON_CLIENT_CERT_REJECTED : REASON_GROUP_REJECTED;
    case IKE_INVALID_CERTIFICATE:
    case IKE_INVALID_CERT_ENCODING:
    case IKE_INVALID_CERT_AUTHORITY:
    case IKE_CERTIFICATE_UNAVAILABLE:
        return REASON_CLIENT_CERT_REJECTED;
    default:
        return sa->keys == NULL ? REASON_PROPOSAL_REJECTED : REASON_PROTOCOL_ERROR;
    }
}

void
ike_phase1_hint(IkeSa *sa, guint16 notify)
{
    IkeSession *session = sa->session;
    g_autofree char *offer = NULL;

    if (!sa->is_initiator || sa->was_heard || sa->phase1 == NULL)
        return;
    session->hint = hint_of(sa, notify);
    session->hint_count++;
    if (sa->phase1->sai_b != NULL && session->hint == REASON_PROPOSAL_REJECTED)
        offer = ike_offer_format(reader_of_bytes(sa->phase1->sai_b));
    g_free(session->hint_detail);
    session->hint_detail =
        g_strdup_printf("the gateway answered %s%s%s", ike_notify_name(notify),
                        offer != NULL ? "; offered: " : "", offer != NULL ? offer : "");
    /* Anyone may have sent one; a second one answers the repeated message. */
    if (session->hint_count > 1 && sa->opening->repeats > 0)
        ike_phase1_give_up(sa);
}

/* Not one message since phase 1 that proves itself. */
static void
give_up_unheard(IkeSa *sa)
{
    const char *detail = sa->session->hint_detail;

    if (detail == NULL && sa->opening != NULL && sa->opening->step > 1)
        detail = "the gateway answered at first, then fell silent";
    ike_sa_fail(sa, ike_sa_silence(sa), detail, FALSE);
}

static void
give_up_on_guest(IkeSa *sa)
{
    if (sa->state == IKE_SA_OPENING)
        ike_sa_fail(sa, REASON_GATEWAY_SILENT, NULL, FALSE);
    else if (sa->state == IKE_SA_CONFIG)
        ike_sa_fail(sa, REASON_CONFIG_REFUSED, "the client asked for no settings", TRUE);
    else
        ike_sa_fail(sa, sa->login.is_refused ? REASON_AUTH_USER_REJECTED : REASON_SECRETS_TIMEOUT,
                    sa->login.message, TRUE);
}

void
ike_phase1_give_up(IkeSa *sa)
{
    if (sa->state == IKE_SA_DYING) {
        ike_informational_delete_sa(sa);
        ike_sa_drop(sa);
    } else if (sa->session->is_gateway) {
        give_up_on_guest(sa);
    } else if (!sa->was_heard) {
        give_up_unheard(sa);
    } else if (sa->state == IKE_SA_LOGIN) {
        ike_sa_fail(sa, REASON_PROTOCOL_ERROR, "the gateway did not go on with the login", TRUE);
    } else {
        ike_sa_fail(sa, REASON_CONFIG_REFUSED, "the gateway sent no settings", TRUE);
    }
}
