/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/transaction.h"

#include "ike/attribute.h"
#include "ike/config.h"
#include "ike/session.h"
#include "ike/xauth.h"

gboolean
ike_transaction_is_xauth(guint16 attribute)
{
    return attribute >= IKE_XAUTH_TYPE && attribute <= IKE_XAUTH_ANSWER;
}

guint
ike_transaction_parse(const IkeChain *chain, IkeConfigType type, IkeConfigView *ret_view)
{
    IkeNotify problem =
        ike_config_parse(ike_chain_find(chain, IKE_PAYLOAD_ATTR, 0)->body, ret_view);

    if (problem != IKE_OK || ret_view->type != type)
        return IKE_PAYLOAD_MALFORMED;
    return IKE_OK;
}

Writer *
ike_transaction_open(IkeDraft *draft, IkeConfigType type, guint16 identifier)
{
    Writer *body = ike_draft_open(draft, IKE_PAYLOAD_ATTR);

    writer_u8(body, (guint8)type);
    writer_u8(body, 0);
    writer_u16(body, identifier);
    return body;
}

guint16
ike_transaction_identifier(IkeSa *sa)
{
    guint16 identifier;

    ike_session_random(sa->session, IKE_RANDOM_IDENTIFIER, &identifier, sizeof(identifier));
    return GUINT16_FROM_BE(identifier);
}

static gboolean
has_xauth(Reader attributes)
{
    IkeAttribute attribute;

    while (ike_attribute_next(&attributes, &attribute)) {
        if (ike_transaction_is_xauth(attribute.type))
            return TRUE;
    }
    return FALSE;
}

/* A client logs in nobody and takes its address from no client. */
static const IkeExchangeTable *
classify(const IkeSa *sa, const IkeConfigView *view)
{
    gboolean is_xauth = has_xauth(view->attributes);

    if (view->type == IKE_CFG_REQUEST && !is_xauth)
        return &ike_config_pull_table;
    if (sa->session->is_gateway)
        return NULL;
    if (view->type == IKE_CFG_REQUEST)
        return &ike_xauth_ask_table;
    if (view->type == IKE_CFG_SET)
        return is_xauth ? &ike_xauth_tell_table : &ike_config_push_table;
    return NULL;
}

static guint
read_first(IkeExchange *exchange, const IkeChain *chain)
{
    const IkeExchangeTable *table;
    IkeConfigView view;

    if (ike_config_parse(ike_chain_find(chain, IKE_PAYLOAD_ATTR, 0)->body, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    table = classify(exchange->sa, &view);
    if (table == NULL)
        return IKE_PAYLOAD_MALFORMED;
    ike_exchange_become(exchange, table);
    return table->steps[0].read(exchange, chain);
}

static const IkeStep steps[] = {
    /* HDR*, HASH, ATTR                                               <-->  mode-cfg-05 3.1 */
    {.must = IKE_HAS(ATTR), .sealing = IKE_SEALED, .hash = IKE_HASH_1, .read = read_first},
};

const IkeExchangeTable ike_transaction_table = {
    .name = "Transaction",
    .type = IKE_EXCHANGE_TRANSACTION,
    .count = G_N_ELEMENTS(steps),
    .steps = steps,
};

void
ike_transaction_receive_chained(IkeExchange *exchange, const IkeHeader *header, Reader body,
                                Reader datagram, const IkePath *path)
{
    IkeSa *sa = exchange->sa;
    IkeExchange *next;

    if (!exchange->is_done || exchange->table->type != IKE_EXCHANGE_TRANSACTION ||
        sa->session->is_gateway || sa->exchanges->len >= 4 * IKE_MAX_EXCHANGES)
        return;
    next = ike_exchange_accept(sa, &ike_transaction_table, header->message_id);
    next->iv = exchange->iv;
    if (ike_exchange_receive(next, header, body, datagram, path) == IKE_RECEIVED_ACCEPTED)
        exchange->message_id = 0;
    else
        g_ptr_array_remove(sa->exchanges, next);
}
