/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/config.h"

#include "ike/modecfg.h"
#include "ike/phase1.h"
#include "ike/reauth.h"
#include "ike/sa.h"
#include "ike/session.h"
#include "ike/transaction.h"
#include "ike/xauth.h"

enum {
    PUSH_SECONDS = 30, /* a client waits so long for settings that it does not ask for */
    PULL_SECONDS = 60, /* a gateway waits so long to be asked */
};

typedef struct {
    guint16 identifier;
    IkeModecfgRequest request;
    gboolean is_empty; /* no address was left */
    GBytes *set;       /* attributes of a SET, for the ACK */
} Config;

static void
clear_config(gpointer data)
{
    Config *config = data;

    ike_modecfg_request_clear(&config->request);
    g_clear_pointer(&config->set, g_bytes_unref);
}

/* --- a client takes its settings --- */

static void
tell_settings(IkeSession *session)
{
    IkeAction *action = ike_session_tell(session, IKE_TELL_SETTINGS);

    action->settings = ike_queue_keep(&session->engine->queue, ike_settings_copy(session->settings),
                                      (GDestroyNotify)ike_settings_free);
}

static gboolean
has_address(const IkeSettings *settings)
{
    return settings != NULL &&
           (net_address_is_set(&settings->address4) || net_address_is_set(&settings->address6));
}

/* The draft becomes what is true; FALSE when it is of no use and all has ended. */
static gboolean
adopt_draft(IkeSa *sa)
{
    IkeSession *session = sa->session;
    const IkeSettings *draft = sa->draft;

    if (!has_address(draft)) {
        ike_sa_fail(sa, REASON_NO_ADDRESS, NULL, TRUE);
        return FALSE;
    }
    if (net_address_is_set(&draft->address4) && net_address_is_special(&draft->address4)) {
        ike_sa_fail(sa, REASON_CONFIG_REFUSED, "the address given is not one for a host", TRUE);
        return FALSE;
    }
    ike_settings_free(session->settings);
    session->settings = g_steal_pointer(&sa->draft);
    session->address4 = session->settings->address4;
    session->address6 = session->settings->address6;
    sa->is_configured = TRUE;
    sa->give_up_at = IKE_NEVER;
    tell_settings(session);
    return TRUE;
}

static IkeSettings *
draft_of(IkeSa *sa)
{
    if (sa->draft == NULL)
        sa->draft = ike_settings_new();
    return sa->draft;
}

/* --- pull --- */

static void
write_request(IkeExchange *exchange, IkeDraft *draft)
{
    const IkeSession *session = exchange->sa->session;
    const Config *config = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_REQUEST, config->identifier);
    IkePolicy policy = *session->policy;

    /* Who renews wants to keep what it has. */
    if (net_address_is_set(&session->address4))
        policy.wished_address = session->address4;
    ike_modecfg_write_request(body, &policy);
    ike_draft_close(draft);
}

static guint
read_request(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    Config *config = exchange->data;
    IkeConfigView view;

    if (ike_transaction_parse(chain, IKE_CFG_REQUEST, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    /* Nothing but Xauth before Xauth is done (PROTOCOL 5.9). */
    if (sa->session->is_gateway && !ike_xauth_confirm(sa))
        return IKE_PAYLOAD_MALFORMED;
    config->identifier = view.identifier;
    ike_modecfg_parse_request(view.attributes, &config->request);
    return IKE_OK;
}

static guint
ask_lease(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkeSession *session = sa->session;
    IkeQueue *queue = &session->engine->queue;
    Config *config = exchange->data;
    IkeAction *action;

    if (!session->is_gateway)
        return IKE_OK;
    ike_reauth_asked_for_address(sa, &config->request.wished_address);
    session = sa->session; /* the SA may have joined the session that it renews */
    if (session->settings != NULL)
        return IKE_OK;
    action = ike_exchange_ask(exchange, IKE_ASK_LEASE);
    action->lease.user = ike_queue_keep_text(queue, session->user);
    action->lease.wished = config->request.wished_address;
    action->lease.group = sa->peer_id;
    if (sa->peer_id.data != NULL)
        ike_queue_keep(queue, g_bytes_ref(sa->peer_id.data), (GDestroyNotify)g_bytes_unref);
    return IKE_PENDING;
}

guint
ike_config_leased(IkeExchange *exchange, const IkeSettings *settings)
{
    IkeSession *session = exchange->sa->session;
    Config *config = exchange->data;

    config->is_empty = settings == NULL;
    if (settings == NULL)
        return exchange->table == &ike_config_pull_table ? IKE_OK : IKE_NO_PROPOSAL_CHOSEN;
    ike_settings_free(session->settings);
    session->settings = ike_settings_copy(settings);
    session->address4 = settings->address4;
    session->address6 = settings->address6;
    return IKE_OK;
}

static void
write_reply(IkeExchange *exchange, IkeDraft *draft)
{
    const IkeSa *sa = exchange->sa;
    const Config *config = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_REPLY, config->identifier);

    if (sa->session->is_gateway && sa->session->settings != NULL)
        ike_modecfg_write_settings(body, sa->session->settings, &config->request,
                                   (sa->peer_vendors & IKE_VENDOR_UNITY) != 0);
    ike_draft_close(draft);
}

static guint
read_reply(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    IkeConfigView view;

    if (ike_transaction_parse(chain, IKE_CFG_REPLY, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    if (!sa->session->is_gateway)
        ike_modecfg_parse(view.attributes, draft_of(sa));
    return IKE_OK;
}

static void
pull_done(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    const Config *config = exchange->data;

    if (!sa->session->is_gateway && exchange->is_starter) {
        if (adopt_draft(sa))
            ike_sa_advance(sa);
    } else if (sa->session->is_gateway && config->is_empty) {
        ike_session_close(sa->session, REASON_NO_ADDRESS, NULL, TRUE);
    } else if (sa->session->is_gateway && !sa->is_configured) {
        sa->is_configured = TRUE;
        ike_sa_advance(sa);
    }
}

static void
config_failed(IkeExchange *exchange, guint problem)
{
    IkeSa *sa = exchange->sa;
    const char *detail = problem == IKE_TIMEOUT ? "no answer" : ike_notify_name((guint16)problem);

    if (problem == IKE_TIMEOUT && !sa->session->is_gateway && !sa->was_heard)
        ike_phase1_give_up(sa);
    else
        ike_sa_fail(sa, REASON_CONFIG_REFUSED, detail, TRUE);
}

/* --- push --- */

static void
write_set(IkeExchange *exchange, IkeDraft *draft)
{
    const IkeSa *sa = exchange->sa;
    const Config *config = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_SET, config->identifier);

    ike_modecfg_write_settings(body, sa->session->settings, NULL,
                               (sa->peer_vendors & IKE_VENDOR_UNITY) != 0);
    ike_draft_close(draft);
}

static guint
read_set(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    Config *config = exchange->data;
    IkeConfigView view;

    if (ike_transaction_parse(chain, IKE_CFG_SET, &view) != IKE_OK)
        return IKE_PAYLOAD_MALFORMED;
    config->identifier = view.identifier;
    config->set = reader_dup_bytes(&view.attributes);
    ike_modecfg_parse(view.attributes, draft_of(sa));
    return IKE_OK;
}

static void
write_ack(IkeExchange *exchange, IkeDraft *draft)
{
    const Config *config = exchange->data;
    Writer *body = ike_transaction_open(draft, IKE_CFG_ACK, config->identifier);

    ike_modecfg_write_ack(body, reader_of_bytes(config->set));
    ike_draft_close(draft);
}

static guint
read_ack(IkeExchange *exchange, const IkeChain *chain)
{
    IkeConfigView view;

    return ike_transaction_parse(chain, IKE_CFG_ACK, &view);
}

/* A client in the middle of the login keeps what ScreenOS pushes early; it is used when its turn
 * comes. */
static void
push_done(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;

    if (sa->session->is_gateway)
        sa->is_configured = TRUE;
    else if (sa->state == IKE_SA_LOGIN || !has_address(sa->draft))
        return;
    else if (!adopt_draft(sa))
        return;
    ike_sa_advance(sa);
}

/* --- tables --- */

static const IkeStep pull_steps[] = {
    /* client: HDR*, HASH, ATTR(REQUEST)                              -->   mode-cfg-05 3.2 */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .write = write_request,
     .read = read_request},
    /* <--    HDR*, HASH, ATTR(REPLY) */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .before = {ask_lease},
     .write = write_reply,
     .read = read_reply},
};

const IkeExchangeTable ike_config_pull_table = {
    .name = "Mode Config pull",
    .type = IKE_EXCHANGE_TRANSACTION,
    .count = G_N_ELEMENTS(pull_steps),
    .steps = pull_steps,
    .done = pull_done,
    .fail = config_failed,
    .data_size = sizeof(Config),
    .clear = clear_config,
};

static const IkeStep push_steps[] = {
    /* gateway: HDR*, HASH, ATTR(SET)                                 -->   mode-cfg-05 3.3 */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .before = {ask_lease},
     .write = write_set,
     .read = read_set},
    /* <--    HDR*, HASH, ATTR(ACK) */
    {.must = IKE_HAS(ATTR),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .write = write_ack,
     .read = read_ack},
};

const IkeExchangeTable ike_config_push_table = {
    .name = "Mode Config push",
    .type = IKE_EXCHANGE_TRANSACTION,
    .count = G_N_ELEMENTS(push_steps),
    .steps = push_steps,
    .done = push_done,
    .fail = config_failed,
    .data_size = sizeof(Config),
    .clear = clear_config,
};

void
ike_config_begin(IkeSa *sa)
{
    IkeSession *session = sa->session;
    gboolean is_push = session->policy->config_mode == IKE_CONFIG_PUSH;
    IkeExchange *exchange;
    Config *config;

    if (!session->is_gateway && is_push && has_address(sa->draft)) {
        if (adopt_draft(sa))
            ike_sa_advance(sa);
        return;
    }
    if (session->is_gateway != is_push) {
        sa->give_up_at = session->engine->now + IKE_SECONDS(is_push ? PUSH_SECONDS : PULL_SECONDS);
        return;
    }
    exchange = ike_exchange_start(sa, is_push ? &ike_config_push_table : &ike_config_pull_table);
    config = exchange->data;
    config->identifier = ike_transaction_identifier(sa);
    ike_exchange_run(exchange);
}
