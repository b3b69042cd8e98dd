/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/quick.h"

#include "ike/child.h"
#include "ike/engine.h"
#include "ike/hash.h"
#include "ike/informational.h"
#include "ike/networks.h"
#include "ike/refusal.h"
#include "ike/sa.h"
#include "ike/selector.h"
#include "ike/session.h"
#include "ike/view.h"

enum {
    NONCE_LENGTH = 20, /* of each side; SKEYID_d adds its own secrecy */
    MAX_CHILDREN = 64, /* of one session */
    RENEW_AGAIN_SECONDS = 20,
    MAX_LIFETIME_SECONDS = 7 * 24 * 3600,
};

typedef struct {
    guint64 replaces;
    NetPrefix local;
    NetPrefix remote;
    NetPrefix wanted;
    GBytes *idci_b; /* as received, to be said again */
    GBytes *idcr_b;
    guint32 spi_in;
    gboolean is_spi_taken; /* by the child */
    guint64 child;
    IkeEspChoice choice;
    SuiteGroup group;
    IkeDh *dh;
    GBytes *peer_public;
    Secret *shared;
} Quick;

static void
clear_quick(gpointer data)
{
    Quick *quick = data;

    g_clear_pointer(&quick->idci_b, g_bytes_unref);
    g_clear_pointer(&quick->idcr_b, g_bytes_unref);
    g_clear_pointer(&quick->peer_public, g_bytes_unref);
    ike_dh_free(quick->dh);
    secret_free(quick->shared);
}

static IkeEncapsulation
encapsulation_of(const IkeSa *sa)
{
    return ike_natt_encapsulation(sa->natt_version, sa->is_encapsulated);
}

/* --- key material --- */

static void
make_nonce(IkeExchange *exchange, GBytes **place)
{
    guint8 nonce[NONCE_LENGTH];

    ike_session_random(exchange->sa->session, IKE_RANDOM_NONCE, nonce, sizeof(nonce));
    g_clear_pointer(place, g_bytes_unref);
    *place = g_bytes_new(nonce, sizeof(nonce));
}

static void
make_key_pair(IkeExchange *exchange)
{
    Quick *quick = exchange->data;
    gsize length = ike_dh_private_length(quick->group);
    g_autoptr(Secret) private_value = NULL;

    if (quick->group == SUITE_GROUP_NONE)
        return;
    private_value = secret_new_zero(length);
    ike_session_random(exchange->sa->session, IKE_RANDOM_DH_PRIVATE, secret_edit(private_value),
                       length);
    quick->dh = ike_dh_new(quick->group, ike_part_of_secret(private_value));
}

/* Both directions, and the pair goes to the host: inbound is good from now on. */
static void
install(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;
    IkeQueue *queue = &sa->session->engine->queue;
    Quick *quick = exchange->data;
    const IkeEspChoice *choice = &quick->choice;
    Reader ni_b = reader_of_bytes(exchange->ni_b);
    Reader nr_b = reader_of_bytes(exchange->nr_b);
    gsize length = suite_esp_keymat_length(&choice->suite);
    guint32 lifetime = MIN(choice->lifetime_seconds, MAX_LIFETIME_SECONDS);
    Secret *in = ike_keys_keymat(sa->keys, quick->shared, IKE_PROTOCOL_ESP, quick->spi_in, ni_b,
                                 nr_b, length);
    Secret *out =
        ike_keys_keymat(sa->keys, quick->shared, IKE_PROTOCOL_ESP, choice->spi, ni_b, nr_b, length);
    IkeChild *child = ike_child_new(sa->session, quick->spi_in, choice->spi, lifetime);
    IkeAction *action;

    child->local = quick->local;
    child->remote = quick->remote;
    child->wanted = quick->wanted;
    quick->is_spi_taken = TRUE;
    quick->child = child->number;
    action = ike_session_tell(sa->session, IKE_TELL_CHILD_UP);
    action->child_up = (IkeChildInfo){
        .child = child->number,
        .replaces = quick->replaces,
        .suite = choice->suite,
        .spi_in = quick->spi_in,
        .spi_out = choice->spi,
        .keymat_in = ike_queue_keep(queue, in, (GDestroyNotify)secret_free),
        .keymat_out = ike_queue_keep(queue, out, (GDestroyNotify)secret_free),
        .local = quick->local,
        .remote = quick->remote,
        .is_encapsulated = sa->is_encapsulated,
        .lifetime_seconds = lifetime,
        .soft_octets = ike_child_octets(sa->session, choice->lifetime_kilobytes, TRUE),
        .hard_octets = ike_child_octets(sa->session, choice->lifetime_kilobytes, FALSE),
        .pfs_group = quick->group,
    };
}

/* --- QM1 --- */

static void
write_ids(IkeDraft *draft, const NetPrefix *idci, const NetPrefix *idcr)
{
    ike_selector_write(ike_draft_open(draft, IKE_PAYLOAD_ID), idci);
    ike_draft_close(draft);
    ike_selector_write(ike_draft_open(draft, IKE_PAYLOAD_ID), idcr);
    ike_draft_close(draft);
}

static void
write_ke(const Quick *quick, IkeDraft *draft)
{
    if (quick->dh != NULL)
        ike_draft_put_reader(draft, IKE_PAYLOAD_KE, ike_dh_public(quick->dh));
}

static guint
prepare_qm1(IkeExchange *exchange)
{
    Quick *quick = exchange->data;

    quick->spi_in = ike_engine_fresh_spi(exchange->sa->session);
    make_nonce(exchange, &exchange->ni_b);
    make_key_pair(exchange);
    return IKE_OK;
}

static void
write_qm1(IkeExchange *exchange, IkeDraft *draft)
{
    IkeSa *sa = exchange->sa;
    const Quick *quick = exchange->data;

    ike_offer_write_esp(ike_draft_open(draft, IKE_PAYLOAD_SA), sa->session->policy, quick->spi_in,
                        encapsulation_of(sa), quick->group);
    ike_draft_close(draft);
    ike_draft_put_bytes(draft, IKE_PAYLOAD_NONCE, exchange->ni_b);
    write_ke(quick, draft);
    write_ids(draft, &quick->local, &quick->remote);
}

static guint
read_nonce(const IkeChain *chain, GBytes **place)
{
    Reader nonce = ike_chain_find(chain, IKE_PAYLOAD_NONCE, 0)->body;

    if (reader_left(&nonce) < IKE_MIN_NONCE || reader_left(&nonce) > IKE_MAX_NONCE)
        return IKE_PAYLOAD_MALFORMED;
    g_clear_pointer(place, g_bytes_unref);
    *place = reader_dup_bytes(&nonce);
    return IKE_OK;
}

/* Both selectors of a message, or none (both FALSE). Ports and protocols narrow what a tunnel
 * carries; nothing here can, so they are refused. */
static guint
read_ids(const IkeChain *chain, IkeSelector *ret_ci, IkeSelector *ret_cr, gboolean *ret_has_ids)
{
    const IkePayload *idci = ike_chain_find(chain, IKE_PAYLOAD_ID, 0);
    const IkePayload *idcr = ike_chain_find(chain, IKE_PAYLOAD_ID, 1);

    *ret_has_ids = idcr != NULL;
    if (idci == NULL)
        return IKE_OK;
    if (idcr == NULL)
        return IKE_PAYLOAD_MALFORMED;
    if (ike_selector_parse(idci->body, ret_ci) != IKE_OK ||
        ike_selector_parse(idcr->body, ret_cr) != IKE_OK)
        return IKE_INVALID_ID_INFORMATION;
    if (ret_ci->protocol != 0 || ret_ci->port != 0 || ret_cr->protocol != 0 || ret_cr->port != 0)
        return IKE_INVALID_ID_INFORMATION;
    return IKE_OK;
}

static gboolean
is_exactly(const NetPrefix *prefix, const NetAddress *address)
{
    return net_address_is_set(address) && prefix->prefix_length == address->length * 8 &&
           net_address_equal(&prefix->address, address);
}

static gboolean
is_leased(const IkeSession *session, const NetPrefix *prefix)
{
    if (session->settings == NULL) /* no pool: the endpoint alone */
        return is_exactly(prefix, &session->current->path.remote.address);
    return is_exactly(prefix, &session->address4) || is_exactly(prefix, &session->address6);
}

/* A client takes from the gateway what it would have asked for itself. */
static gboolean
is_wanted(IkeSession *session, const NetPrefix *local, const NetPrefix *remote,
          NetPrefix *ret_wanted)
{
    if (!is_exactly(local, &session->address4) && !is_exactly(local, &session->address6))
        return FALSE;
    for (guint i = 0; i < session->children->len; i++) {
        const IkeChild *child = g_ptr_array_index(session->children, i);

        if (net_prefix_equal(&child->local, local) && net_prefix_covers(&child->wanted, remote)) {
            *ret_wanted = child->wanted;
            return TRUE;
        }
    }
    return FALSE;
}

/* The initiator's selector is its own side; a guest's must be what it leased. */
static guint
check_ids(IkeSession *session, Quick *quick, const IkeSelector *idci, const IkeSelector *idcr,
          gboolean has_ids)
{
    NetAddress own = session->current->path.local.address;
    NetAddress peer = session->current->path.remote.address;

    quick->remote = has_ids ? idci->prefix : net_prefix_of(&peer, peer.length * 8);
    quick->local = has_ids ? idcr->prefix : net_prefix_of(&own, own.length * 8);
    quick->wanted = quick->remote;
    if (quick->local.address.length != quick->remote.address.length)
        return IKE_INVALID_ID_INFORMATION;
    if (session->is_gateway)
        return is_leased(session, &quick->remote) ? IKE_OK : IKE_INVALID_ID_INFORMATION;
    return is_wanted(session, &quick->local, &quick->remote, &quick->wanted)
               ? IKE_OK
               : IKE_INVALID_ID_INFORMATION;
}

static guint
choose(IkeSa *sa, const IkeChain *chain, IkeEspChoice *ret_choice)
{
    Reader offer = ike_chain_find(chain, IKE_PAYLOAD_SA, 0)->body;
    const IkePayload *ke = ike_chain_find(chain, IKE_PAYLOAD_KE, 0);
    gsize ke_length = ke != NULL ? reader_left(&ke->body) : 0;
    IkeNotify problem = ike_offer_choose_esp(offer, sa->session->policy, encapsulation_of(sa),
                                             ke_length, ret_choice);

    if (problem == IKE_NO_PROPOSAL_CHOSEN)
        ike_refusal_esp(sa, offer, encapsulation_of(sa), ke_length);
    return problem;
}

static guint
read_qm1(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    IkeSession *session = sa->session;
    Quick *quick = exchange->data;
    const IkePayload *ke = ike_chain_find(chain, IKE_PAYLOAD_KE, 0);
    IkeSelector idci, idcr;
    gboolean has_ids;
    IkeChild *old;
    guint problem = read_nonce(chain, &exchange->ni_b);

    if (problem == IKE_OK)
        problem = read_ids(chain, &idci, &idcr, &has_ids);
    if (problem != IKE_OK)
        return problem;
    if (session->children->len >= MAX_CHILDREN || session->current == NULL)
        return IKE_NO_PROPOSAL_CHOSEN;
    problem = check_ids(session, quick, &idci, &idcr, has_ids);
    if (problem != IKE_OK) {
        ike_refusal_selectors(sa, &quick->remote, &quick->local);
        return problem;
    }
    problem = choose(sa, chain, &quick->choice);
    if (problem != IKE_OK)
        return problem;
    quick->group = quick->choice.pfs_group;
    if (ke != NULL)
        quick->peer_public = reader_dup_bytes(&ke->body);
    if (has_ids) {
        quick->idci_b = reader_dup_bytes(&ike_chain_find(chain, IKE_PAYLOAD_ID, 0)->body);
        quick->idcr_b = reader_dup_bytes(&ike_chain_find(chain, IKE_PAYLOAD_ID, 1)->body);
    }
    old = ike_child_between(session, &quick->local, &quick->remote);
    quick->replaces = old != NULL ? old->number : 0;
    return IKE_OK;
}

/* --- QM2 --- */

static guint
agree(Quick *quick)
{
    if (quick->dh == NULL)
        return IKE_OK;
    if (quick->peer_public == NULL)
        return IKE_INVALID_KEY_INFORMATION;
    return ike_dh_agree(quick->dh, reader_of_bytes(quick->peer_public), &quick->shared);
}

/* The inbound half is up before QM2 leaves: the initiator may use it at once. */
static guint
prepare_qm2(IkeExchange *exchange)
{
    Quick *quick = exchange->data;
    guint problem;

    make_nonce(exchange, &exchange->nr_b);
    make_key_pair(exchange);
    problem = agree(quick);
    if (problem != IKE_OK)
        return problem;
    quick->spi_in = ike_engine_fresh_spi(exchange->sa->session);
    install(exchange);
    return IKE_OK;
}

static void
write_responder_lifetime(const Quick *quick, IkeDraft *draft)
{
    g_auto(Writer) data = writer_init(64);
    guint32 spi = GUINT32_TO_BE(quick->spi_in);

    ike_offer_write_lifetime(&data, IKE_PROTOCOL_ESP, quick->choice.lifetime_seconds,
                             quick->choice.lifetime_kilobytes);
    ike_draft_put_notify(draft, IKE_PROTOCOL_ESP, IKE_RESPONDER_LIFETIME, &spi, sizeof(spi),
                         data.data, data.length);
}

static void
write_qm2(IkeExchange *exchange, IkeDraft *draft)
{
    const Quick *quick = exchange->data;

    ike_offer_answer_esp(ike_draft_open(draft, IKE_PAYLOAD_SA), &quick->choice, quick->spi_in);
    ike_draft_close(draft);
    ike_draft_put_bytes(draft, IKE_PAYLOAD_NONCE, exchange->nr_b);
    write_ke(quick, draft);
    if (quick->idci_b != NULL) {
        ike_draft_put_bytes(draft, IKE_PAYLOAD_ID, quick->idci_b);
        ike_draft_put_bytes(draft, IKE_PAYLOAD_ID, quick->idcr_b);
    }
    if (quick->choice.needs_responder_lifetime)
        write_responder_lifetime(quick, draft);
}

static void
read_responder_lifetime(const IkeChain *chain, IkeEspChoice *choice)
{
    for (gsize i = 0; i < ike_chain_count(chain, IKE_PAYLOAD_NOTIFY); i++) {
        IkeNotifyView view;
        guint32 seconds = 0;
        guint64 kilobytes = 0;

        if (ike_notify_parse(ike_chain_find(chain, IKE_PAYLOAD_NOTIFY, i)->body, &view) != IKE_OK ||
            view.type != IKE_RESPONDER_LIFETIME || view.protocol != IKE_PROTOCOL_ESP ||
            ike_offer_parse_lifetime(view.data, &seconds, &kilobytes) != IKE_OK)
            continue;
        if (seconds != 0)
            choice->lifetime_seconds = MIN(choice->lifetime_seconds, seconds);
        if (kilobytes != 0 &&
            (choice->lifetime_kilobytes == 0 || kilobytes < choice->lifetime_kilobytes))
            choice->lifetime_kilobytes = kilobytes;
    }
}

/* A gateway may narrow the remote side (strongSwan without Unity); ours stays what it is. */
static guint
take_narrowed(Quick *quick, const IkeSelector *idci, const IkeSelector *idcr)
{
    if (!net_prefix_equal(&idci->prefix, &quick->local) ||
        !net_prefix_covers(&quick->remote, &idcr->prefix))
        return IKE_INVALID_ID_INFORMATION;
    quick->remote = idcr->prefix;
    return IKE_OK;
}

static guint
read_qm2(IkeExchange *exchange, const IkeChain *chain)
{
    IkeSa *sa = exchange->sa;
    Quick *quick = exchange->data;
    const IkePayload *ke = ike_chain_find(chain, IKE_PAYLOAD_KE, 0);
    IkeSelector idci, idcr;
    gboolean has_ids;
    guint problem = read_nonce(chain, &exchange->nr_b);

    if (problem == IKE_OK)
        problem = read_ids(chain, &idci, &idcr, &has_ids);
    if (problem == IKE_OK && has_ids)
        problem = take_narrowed(quick, &idci, &idcr);
    if (problem == IKE_OK)
        problem =
            ike_offer_match_esp(ike_chain_find(chain, IKE_PAYLOAD_SA, 0)->body, sa->session->policy,
                                encapsulation_of(sa), quick->group, &quick->choice);
    if (problem != IKE_OK)
        return problem;
    if ((ke != NULL) != (quick->dh != NULL))
        return IKE_INVALID_KEY_INFORMATION;
    if (ke != NULL)
        quick->peer_public = reader_dup_bytes(&ke->body);
    read_responder_lifetime(chain, &quick->choice);
    return agree(quick);
}

static guint
install_both(IkeExchange *exchange)
{
    install(exchange);
    return IKE_OK;
}

/* --- QM3 --- */

static void
write_qm3(IkeExchange *exchange, IkeDraft *draft)
{
}

static guint
read_qm3(IkeExchange *exchange, const IkeChain *chain)
{
    return IKE_OK;
}

/* --- the end --- */

static void
done(IkeExchange *exchange)
{
    IkeSession *session = exchange->sa->session;
    const Quick *quick = exchange->data;
    IkeChild *child = ike_child_find(session, quick->child);

    if (child != NULL)
        ike_child_use(child, quick->replaces, exchange->is_starter);
    /* A guest's first selectors are in the answer to its request for settings, so it has that. Later
     * on settings may be asked for beside a Quick Mode. */
    if (session->is_gateway && !session->was_established)
        ike_sa_forget_answers(exchange->sa);
    session->was_established = TRUE;
    if (session->is_gateway)
        ike_session_tell_stage(session, IKE_STAGE_ESTABLISHED);
    else
        ike_quick_begin(session);
}

static void
undo(IkeExchange *exchange)
{
    IkeSession *session = exchange->sa->session;
    Quick *quick = exchange->data;
    IkeChild *child = ike_child_find(session, quick->child);

    if (child != NULL)
        ike_child_drop(child, FALSE);
    else if (quick->spi_in != 0 && !quick->is_spi_taken)
        ike_engine_release_spi(session->engine, quick->spi_in);
}

static Reason
reason_of(const IkeSession *session, guint problem)
{
    if (session->was_established)
        return REASON_REKEY_FAILED;
    if (problem == IKE_INVALID_ID_INFORMATION)
        return REASON_SELECTORS_REFUSED;
    return REASON_ESP_PROPOSAL_REJECTED;
}

static char *
describe(const IkeSession *session, const Quick *quick, guint problem)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char network[NET_PREFIX_TEXT_SIZE];
    char suite[SUITE_TEXT_SIZE];

    g_string_append(text, problem == IKE_TIMEOUT ? "the gateway did not answer"
                                                 : ike_notify_name((guint16)problem));
    g_string_append_printf(text, " for %s; offered: ", net_prefix_format(&quick->wanted, network));
    for (guint i = 0; i < session->policy->esp->len; i++)
        g_string_append_printf(
            text, "%s%s", i > 0 ? " | " : "",
            suite_esp_format(&g_array_index(session->policy->esp, SuiteEsp, i), suite));
    if (quick->group != SUITE_GROUP_NONE)
        g_string_append_printf(text, " with PFS %s", suite_group_name(quick->group));
    return g_strdup(text->str);
}

/* Another way to ask is tried once each: the other way of PFS, and the split networks one by one.
 */
static gboolean
try_otherwise(IkeSession *session, guint problem)
{
    if (problem == IKE_NO_PROPOSAL_CHOSEN && session->policy->pfs == IKE_PFS_AUTO &&
        !session->is_pfs_flipped) {
        session->is_pfs_flipped = TRUE;
        return TRUE;
    }
    if (problem == IKE_INVALID_ID_INFORMATION && !session->is_split_wanted &&
        session->policy->remote_networks->len == 0 && session->settings != NULL &&
        session->settings->split_include->len > 0) {
        session->is_split_wanted = TRUE;
        return TRUE;
    }
    return FALSE;
}

static void
fail_on_client(IkeSession *session, const Quick *quick, guint problem)
{
    g_autofree char *detail = describe(session, quick, problem);
    IkeChild *old = ike_child_find(session, quick->replaces);
    NetPrefix local, network;

    if (try_otherwise(session, problem)) {
        ike_session_note(session, IKE_NOTE_INFO, "%s; trying otherwise", detail);
        if (old != NULL)
            ike_quick_renew(old);
        else
            ike_quick_begin(session);
        return;
    }
    ike_session_note(session, IKE_NOTE_WARNING, "%s", detail);
    if (old != NULL) {
        old->renew_at = session->engine->now + IKE_SECONDS(RENEW_AGAIN_SECONDS);
        return;
    }
    ike_networks_refused(session, &quick->wanted);
    /* Who is silent about one network is not asked for the next. */
    if (session->children->len == 0 && (session->was_established || problem == IKE_TIMEOUT ||
                                        !ike_networks_next(session, &local, &network)))
        ike_session_close(session, reason_of(session, problem), detail, TRUE);
    else
        ike_quick_begin(session);
}

static void
fail(IkeExchange *exchange, guint problem)
{
    IkeSa *sa = exchange->sa;
    const Quick *quick = exchange->data;
    IkeChild *old;

    undo(exchange);
    if (problem != IKE_TIMEOUT && !exchange->is_starter)
        ike_informational_notify(sa,
                                 quick->choice.spi != 0 ? IKE_PROTOCOL_ESP : IKE_PROTOCOL_ISAKMP,
                                 (guint16)problem, quick->choice.spi);
    if (exchange->is_starter && !sa->session->is_gateway) {
        fail_on_client(sa->session, quick, problem);
        return;
    }
    old = exchange->is_starter ? ike_child_find(sa->session, quick->replaces) : NULL;
    if (old != NULL)
        old->renew_at = sa->session->engine->now + IKE_SECONDS(RENEW_AGAIN_SECONDS);
}

/* --- table --- */

static const IkeStep steps[] = {
    /* HDR*, HASH(1), SA, Ni [, KE] [, IDci, IDcr]                    -->   RFC 2409 5.5 */
    {.must = IKE_HAS(SA) | IKE_HAS(NONCE),
     .may = IKE_HAS(KE) | IKE_HAS(ID) | IKE_HAS(NAT_OA) | IKE_HAS(NOTIFY),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_1,
     .before = {prepare_qm1},
     .write = write_qm1,
     .read = read_qm1},
    /* <--    HDR*, HASH(2), SA, Nr [, KE] [, IDci, IDcr] [, N] */
    {.must = IKE_HAS(SA) | IKE_HAS(NONCE),
     .may = IKE_HAS(KE) | IKE_HAS(ID) | IKE_HAS(NAT_OA) | IKE_HAS(NOTIFY),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_2,
     .before = {prepare_qm2},
     .write = write_qm2,
     .read = read_qm2,
     .after = {install_both}},
    /* HDR*, HASH(3)                                                  --> */
    {.may = IKE_HAS(NOTIFY),
     .sealing = IKE_SEALED,
     .hash = IKE_HASH_3,
     .write = write_qm3,
     .read = read_qm3},
};

const IkeExchangeTable ike_quick_table = {
    .name = "Quick Mode",
    .type = IKE_EXCHANGE_QUICK,
    .count = G_N_ELEMENTS(steps),
    .max_ids = 2,
    .steps = steps,
    .done = done,
    .fail = fail,
    .data_size = sizeof(Quick),
    .clear = clear_quick,
};

/* --- beginning --- */

/* PFS as the policy says; AUTO follows the gateway's Unity attribute: 0 off, 1 on, more the number
 * of the group (racoon), and without one the group of phase 1. */
static SuiteGroup
group_for(const IkeSa *sa)
{
    const IkeSession *session = sa->session;
    const IkeSettings *settings = session->settings;
    SuiteGroup own = sa->keys->suite.group;
    SuiteGroup group = own;

    switch (session->policy->pfs) {
    case IKE_PFS_OFF:
        return SUITE_GROUP_NONE;
    case IKE_PFS_GROUP:
        return session->policy->pfs_group;
    case IKE_PFS_AUTO:
        break;
    }
    if (!session->is_gateway && settings != NULL && settings->has_pfs) {
        if (settings->pfs == 0)
            group = SUITE_GROUP_NONE;
        else if (settings->pfs > 1 && ike_dh_public_length((SuiteGroup)settings->pfs) > 0)
            group = (SuiteGroup)settings->pfs;
    }
    if (!session->is_pfs_flipped)
        return group;
    return group == SUITE_GROUP_NONE ? own : SUITE_GROUP_NONE;
}

static void
start(IkeSa *sa, const NetPrefix *local, const NetPrefix *remote, guint64 replaces)
{
    IkeExchange *exchange = ike_exchange_start(sa, &ike_quick_table);
    Quick *quick = exchange->data;

    quick->local = *local;
    quick->remote = quick->wanted = *remote;
    quick->replaces = replaces;
    quick->group = group_for(sa);
    ike_exchange_run(exchange);
}

static gboolean
is_running(const IkeSession *session, guint64 replaces)
{
    for (guint i = 0; i < session->current->exchanges->len; i++) {
        const IkeExchange *exchange = g_ptr_array_index(session->current->exchanges, i);
        const Quick *quick = exchange->data;

        if (exchange->table == &ike_quick_table && exchange->is_starter && !exchange->is_done &&
            quick->replaces == replaces)
            return TRUE;
    }
    return FALSE;
}

void
ike_quick_renew(IkeChild *child)
{
    IkeSession *session = child->session;

    if (session->current == NULL || session->current->state != IKE_SA_READY ||
        is_running(session, child->number)) {
        child->renew_at = session->engine->now + IKE_SECONDS(RENEW_AGAIN_SECONDS);
        return;
    }
    start(session->current, &child->local, &child->wanted, child->number);
}

void
ike_quick_begin(IkeSession *session)
{
    NetPrefix local, network;

    if (session->is_closed || session->is_gateway || session->current == NULL ||
        session->current->state != IKE_SA_READY || is_running(session, 0))
        return;
    if (ike_networks_next(session, &local, &network))
        start(session->current, &local, &network, 0);
    else if (session->children->len > 0)
        ike_session_tell_stage(session, IKE_STAGE_ESTABLISHED);
    else
        ike_session_close(session, REASON_SELECTORS_REFUSED, "no network is left to ask for", TRUE);
}
