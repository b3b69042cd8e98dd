/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/informational.h"

#include "ike/child.h"
#include "ike/dpd.h"
#include "ike/engine.h"
#include "ike/phase1.h"
#include "ike/proof.h"
#include "ike/reauth.h"
#include "ike/sa.h"
#include "ike/session.h"
#include "ike/stranger.h"

#include <string.h>

enum { COOKIES_LENGTH = 2 * IKE_COOKIE_LENGTH };

/* What is sent: one N or one D; SonicWall drops chained deletes (PROTOCOL 4.9). */
typedef struct {
    gboolean is_delete;
    IkeProtocol protocol;
    guint16 type;
    guint8 spi[COOKIES_LENGTH];
    gsize spi_length;
    guint8 data[4];
    gsize data_length;
} Content;

/* --- writing --- */

static void
write_content(IkeExchange *exchange, IkeDraft *draft)
{
    const Content *content = exchange->data;
    Writer *body;

    if (!content->is_delete) {
        ike_draft_put_notify(draft, content->protocol, content->type, content->spi,
                             content->spi_length, content->data, content->data_length);
        return;
    }
    body = ike_draft_open(draft, IKE_PAYLOAD_DELETE);
    writer_u32(body, IKE_DOI_IPSEC);
    writer_u8(body, (guint8)content->protocol);
    writer_u8(body, (guint8)content->spi_length);
    writer_u16(body, 1);
    writer_put(body, content->spi, content->spi_length);
    ike_draft_close(draft);
}

static void
put_cookies(const IkeSa *sa, Content *content)
{
    memcpy(content->spi, sa->cky_i, IKE_COOKIE_LENGTH);
    memcpy(content->spi + IKE_COOKIE_LENGTH, sa->cky_r, IKE_COOKIE_LENGTH);
    content->spi_length = COOKIES_LENGTH;
}

static void
put_spi(Content *content, guint32 spi)
{
    spi = GUINT32_TO_BE(spi);
    memcpy(content->spi, &spi, sizeof(spi));
    content->spi_length = sizeof(spi);
}

static void
send_content(IkeSa *sa, const Content *content)
{
    IkeExchange *exchange = ike_exchange_start(sa, &ike_informational_table);

    memcpy(exchange->data, content, sizeof(*content));
    ike_exchange_run(exchange);
}

void
ike_informational_notify(IkeSa *sa, IkeProtocol protocol, guint16 type, guint32 spi)
{
    Content content = {.protocol = protocol, .type = type};

    if (spi != 0)
        put_spi(&content, spi);
    else
        put_cookies(sa, &content);
    send_content(sa, &content);
}

void
ike_informational_dpd(IkeSa *sa, guint16 type, guint32 sequence)
{
    Content content = {.protocol = IKE_PROTOCOL_ISAKMP, .type = type, .data_length = 4};

    put_cookies(sa, &content);
    sequence = GUINT32_TO_BE(sequence);
    memcpy(content.data, &sequence, sizeof(sequence));
    send_content(sa, &content);
}

void
ike_informational_delete_child(IkeSa *sa, const IkeChild *child)
{
    Content content = {.is_delete = TRUE, .protocol = IKE_PROTOCOL_ESP};

    put_spi(&content, child->spi_in);
    send_content(sa, &content);
}

void
ike_informational_delete_sa(IkeSa *sa)
{
    Content content = {.is_delete = TRUE, .protocol = IKE_PROTOCOL_ISAKMP};

    put_cookies(sa, &content);
    send_content(sa, &content);
}

void
ike_informational_initial_contact(IkeSa *sa)
{
    IkeSession *session = sa->session;

    if (session->is_gateway || sa->is_replacement || session->has_initial_contact_sent ||
        !session->policy->sends_initial_contact)
        return;
    session->has_initial_contact_sent = TRUE;
    ike_informational_notify(sa, IKE_PROTOCOL_ISAKMP, IKE_INITIAL_CONTACT, 0);
}

void
ike_informational_refuse(IkeSa *sa, guint16 type)
{
    IkeSession *session = sa->session;
    IkeHeader header = {.exchange = IKE_EXCHANGE_INFORMATIONAL};
    Content content = {.protocol = IKE_PROTOCOL_ISAKMP, .type = type};
    g_autoptr(GBytes) message = NULL;
    g_auto(IkeDraft) draft = {0};

    if (type == IKE_PAYLOAD_MALFORMED || !ike_strangers_may_answer(session->engine))
        return;
    memcpy(header.cky_i, sa->cky_i, IKE_COOKIE_LENGTH);
    /* The first message is refused without a cookie of ours: there is no state to point at. */
    if (sa->opening != NULL && sa->opening->step > 0)
        memcpy(header.cky_r, sa->cky_r, IKE_COOKIE_LENGTH);
    ike_session_random(session, IKE_RANDOM_MESSAGE_ID, &header.message_id,
                       sizeof(header.message_id));
    put_cookies(sa, &content);
    draft = ike_draft_init(&header);
    ike_draft_put_notify(&draft, content.protocol, content.type, content.spi, content.spi_length,
                         NULL, 0);
    message = ike_draft_finish(&draft);
    if (message != NULL)
        ike_sa_send(sa, message, 0);
}

/* --- reading --- */

static void
read_lifetime(IkeSa *sa, Reader data)
{
    guint32 seconds = 0;
    guint64 kilobytes;

    if (ike_offer_parse_lifetime(data, &seconds, &kilobytes) != IKE_OK || seconds == 0)
        return;
    if (seconds >= sa->lifetime_seconds)
        return;
    sa->lifetime_seconds = seconds;
    if (ike_sa_is_open(sa))
        ike_reauth_schedule(sa);
}

/* PROTOCOL 12.2: this gateway is done with us; the host begins anew there. Beside a proof that is
 * still to be checked nobody has said it yet. */
static void
follow_load_balance(IkeSa *sa, Reader data)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    NetAddress address;

    if (sa->session->is_gateway || sa->state == IKE_SA_OPENING || reader_left(&data) < 4)
        return;
    address = net_address_of(data.at, 4);
    ike_session_close(sa->session, REASON_REDIRECTED, net_address_format(&address, text), TRUE);
}

void
ike_informational_status(IkeSa *sa, const IkeNotifyView *view)
{
    switch (view->type) {
    case IKE_INITIAL_CONTACT:
        sa->has_initial_contact = TRUE;
        break;
    case IKE_RESPONDER_LIFETIME:
        if (view->protocol == IKE_PROTOCOL_ISAKMP)
            read_lifetime(sa, view->data);
        break;
    case IKE_R_U_THERE:
    case IKE_R_U_THERE_ACK:
        ike_dpd_receive(sa, view);
        break;
    case IKE_UNITY_LOAD_BALANCE:
        follow_load_balance(sa, view->data);
        break;
    default:
        break;
    }
}

/* The error is about something that we have begun, or about the SA as a whole. */
static void
read_error(IkeSa *sa, guint16 type)
{
    IkeSession *session = sa->session;

    ike_session_note(session, IKE_NOTE_INFO, "the peer reports %s", ike_notify_name(type));
    for (guint i = 0; i < sa->exchanges->len; i++) {
        IkeExchange *exchange = g_ptr_array_index(sa->exchanges, i);

        if (exchange->is_starter && !exchange->is_done && exchange != sa->opening) {
            ike_exchange_refused(exchange, type);
            return;
        }
    }
    if (type != IKE_AUTHENTICATION_FAILED || sa->state == IKE_SA_READY)
        return;
    if (session->is_gateway)
        ike_sa_fail(sa, REASON_GATEWAY_CERT_REFUSED, "the client refused the gateway", FALSE);
    else
        ike_sa_fail(sa,
                    ike_proof_is_own_signature(sa) ? REASON_CLIENT_CERT_REJECTED
                                                   : REASON_GROUP_REJECTED,
                    NULL, FALSE);
}

static void
read_notify(IkeSa *sa, Reader body)
{
    IkeNotifyView view;

    if (ike_notify_parse(body, &view) != IKE_OK)
        return;
    if (view.type < 8192 && view.type != 0)
        read_error(sa, view.type);
    else
        ike_informational_status(sa, &view);
}

static void
read_delete(IkeSa *sa, Reader body)
{
    IkeSession *session = sa->session;
    IkeDeleteView view;

    if (ike_delete_parse(body, &view) != IKE_OK)
        return;
    for (guint16 i = 0; i < view.count && !session->is_closed; i++) {
        Reader spi = reader_sub(&view.spis, view.spi_size);

        if (view.protocol == IKE_PROTOCOL_ESP)
            ike_child_deleted(session, reader_u32(&spi));
        else if (view.protocol == IKE_PROTOCOL_ISAKMP)
            ike_reauth_deleted(session, spi);
    }
}

/* Each payload meets what the ones before have left (an SA may be gone by then). */
static guint
read_content(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;

    for (gsize i = 0; i < chain->count; i++) {
        if (sa->session->is_closed || sa->state == IKE_SA_GONE)
            break;
        if (chain->list[i].type == IKE_PAYLOAD_NOTIFY)
            read_notify(sa, chain->list[i].body);
        /* Before phase 1 is over only a refusal is heard. */
        else if (chain->list[i].type == IKE_PAYLOAD_DELETE && ike_sa_is_open(sa))
            read_delete(sa, chain->list[i].body);
    }
    return IKE_OK;
}

static void
done(IkeExchange *exchange)
{
}

static void
fail(IkeExchange *exchange, guint problem)
{
}

static const IkeStep steps[] = {
    /* HDR*, HASH(1), N/D                                              <-->  RFC 2409 5.7 */
    {.may = IKE_HAS(NOTIFY) | IKE_HAS(DELETE),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .write = write_content,
     .read = read_content},
};

const IkeExchangeTable ike_informational_table = {
    .name = "Informational",
    .type = IKE_EXCHANGE_INFORMATIONAL,
    .count = G_N_ELEMENTS(steps),
    .steps = steps,
    .done = done,
    .fail = fail,
    .data_size = sizeof(Content),
};

void
ike_informational_advice(IkeSa *sa, const IkeHeader *header, Reader body)
{
    const IkePayload *payload;
    IkeNotifyView view;
    IkeChain chain;

    if (ike_chain_parse(header->next_payload, body, FALSE, &chain) != IKE_OK)
        return;
    payload = ike_chain_find(&chain, IKE_PAYLOAD_NOTIFY, 0);
    if (payload == NULL || ike_notify_parse(payload->body, &view) != IKE_OK)
        return;
    if (view.type != 0 && view.type < 8192)
        ike_phase1_hint(sa, view.type);
}
