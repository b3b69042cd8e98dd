/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/reauth.h"

#include "ike/child.h"
#include "ike/engine.h"
#include "ike/informational.h"
#include "ike/phase1.h"
#include "ike/sa.h"
#include "ike/session.h"

#include <string.h>

enum {
    OLD_SECONDS_CLIENT = 5,
    OLD_SECONDS_GATEWAY = 20,
    RETRY_SECONDS = 30,
    ASK_AGAIN_SECONDS = 300, /* nobody was there to type a password */
};

static IkeSa *
find_replacement(const IkeSession *session)
{
    for (guint i = 0; i < session->sas->len; i++) {
        IkeSa *sa = g_ptr_array_index(session->sas, i);

        if (sa != session->current && sa->is_replacement && sa->state != IKE_SA_GONE &&
            sa->state != IKE_SA_DYING)
            return sa;
    }
    return NULL;
}

void
ike_session_reauthenticate(IkeSession *session)
{
    IkeSa *current = session->current;

    if (session->is_gateway || current == NULL || current->state != IKE_SA_READY ||
        find_replacement(session) != NULL)
        return;
    /* Where the old SA floated to, the new one begins (RFC 3947 4). */
    ike_phase1_initiate(session, &current->path, TRUE);
}

void
ike_reauth_schedule(IkeSa *sa)
{
    IkeSession *session = sa->session;
    gint64 lifetime = sa->lifetime_seconds;

    sa->expire_at = ike_session_expiry(session, lifetime);
    if (!session->is_gateway)
        sa->renew_at = ike_session_jittered(session, MAX(lifetime * 9 / 10, 1));
}

/* Children belong to the session and go on; the old SA answers a little longer, then it is deleted
 * with notice. */
static void
take_over(IkeSa *sa)
{
    IkeSession *session = sa->session;
    IkeSa *old = session->current;
    gint64 patience = session->is_gateway ? OLD_SECONDS_GATEWAY : OLD_SECONDS_CLIENT;

    session->current = sa;
    if (old != NULL && old != sa) {
        old->state = IKE_SA_DYING;
        old->renew_at = old->keepalive_at = old->dpd.next_at = IKE_NEVER;
        old->give_up_at = session->engine->now + IKE_SECONDS(patience);
    }
    ike_session_tell(session, IKE_TELL_PATH)->path = sa->path;
}

/* With another address the old children are of no use. */
static void
retire_strange_children(IkeSession *session)
{
    for (guint i = 0; i < session->children->len; i++) {
        IkeChild *child = g_ptr_array_index(session->children, i);
        const NetAddress *own =
            child->local.address.length == 16 ? &session->address6 : &session->address4;

        if (net_address_equal(&child->local.address, own))
            continue;
        child->state = IKE_CHILD_RETIRED;
        child->renew_at = IKE_NEVER;
        child->drop_at = session->engine->now + IKE_SECONDS(OLD_SECONDS_CLIENT);
    }
}

void
ike_reauth_ready(IkeSa *sa)
{
    if (!sa->is_replacement || sa->session->current == sa)
        return;
    take_over(sa);
    if (!sa->session->is_gateway && sa->session->settings != NULL)
        retire_strange_children(sa->session);
}

gboolean
ike_reauth_failed(IkeSa *sa, Reason reason)
{
    IkeSession *session = sa->session;
    const IkeSa *current = session->current;
    gboolean is_absent = reason == REASON_SECRETS_CANCELLED;

    if (!sa->is_replacement || current == NULL || current == sa ||
        (!is_absent && !reason_is_transient(reason)))
        return FALSE;
    ike_session_note(session, IKE_NOTE_WARNING, "renewing phase 1 failed (%s); trying again",
                     reason_token(reason));
    if (ike_sa_is_open(sa))
        ike_informational_delete_sa(sa);
    ike_sa_drop(sa);
    session->reauthenticate_at =
        session->engine->now + IKE_SECONDS(is_absent ? ASK_AGAIN_SECONDS : RETRY_SECONDS);
    return TRUE;
}

void
ike_reauth_expired(IkeSa *sa)
{
    IkeSession *session = sa->session;

    if (sa != session->current) {
        ike_sa_drop(sa);
        return;
    }
    ike_session_close(session, REASON_REKEY_FAILED, "phase 1 has expired", TRUE);
}

void
ike_reauth_skip_xauth(IkeSa *sa)
{
    if (sa->state != IKE_SA_LOGIN || !sa->is_replacement || sa->login.round > 0)
        return;
    sa->give_up_at = IKE_NEVER;
    sa->login.is_accepted = TRUE;
    sa->is_configured = TRUE;
    ike_sa_advance(sa);
}

void
ike_reauth_deleted(IkeSession *session, Reader cookies)
{
    guint8 pair[2 * IKE_COOKIE_LENGTH];
    IkeSa *replacement;

    reader_copy(&cookies, pair, sizeof(pair));
    for (guint i = 0; i < session->sas->len && !session->is_closed; i++) {
        IkeSa *sa = g_ptr_array_index(session->sas, i);

        if (sa->state == IKE_SA_GONE || memcmp(sa->cky_i, pair, IKE_COOKIE_LENGTH) != 0 ||
            memcmp(sa->cky_r, pair + IKE_COOKIE_LENGTH, IKE_COOKIE_LENGTH) != 0)
            continue;
        replacement = sa == session->current ? find_replacement(session) : NULL;
        if (sa == session->current && replacement == NULL) {
            ike_session_close(session, REASON_PEER_DELETED, NULL, FALSE);
            return;
        }
        ike_sa_drop(sa);
        if (replacement != NULL)
            session->current = replacement;
    }
}

/* --- gateway --- */

/* The new SA moves into the session that it renews; its own ends without having been one. */
static void
join(IkeSa *sa, IkeSession *target)
{
    IkeSession *own = sa->session;
    guint index;

    g_ptr_array_find(own->sas, sa, &index);
    g_ptr_array_steal_index(own->sas, index);
    own->current = NULL;
    ike_session_close(own, REASON_NONE, "joined the session that it renews", FALSE);
    sa->session = target;
    sa->is_replacement = TRUE;
    g_ptr_array_add(target->sas, sa);
    ike_session_touch(target);
    take_over(sa);
}

static gboolean
is_same_client(const IkeSa *sa, const IkeSession *other)
{
    return other != sa->session && !other->is_closed && other->policy == sa->session->policy &&
           other->current != NULL && ike_sa_is_open(other->current);
}

static gboolean
is_peer_id_equal(const IkeSa *a, const IkeSa *b)
{
    return a->peer_id.type == b->peer_id.type && a->peer_id.data != NULL &&
           b->peer_id.data != NULL && g_bytes_equal(a->peer_id.data, b->peer_id.data);
}

static gboolean
is_same_place(const IkeSa *sa, const NetEndpoint *other)
{
    if (sa->is_remote_behind_nat)
        return net_endpoint_equal(&sa->path.remote, other);
    return net_address_equal(&sa->path.remote.address, &other->address);
}

gboolean
ike_reauth_logged_in(IkeSa *sa)
{
    IkeSession *own = sa->session;
    GPtrArray *others = ike_engine_sessions_of(own->engine, sa->login.user);

    for (guint i = others != NULL ? others->len : 0; i > 0; i--) {
        IkeSession *other = g_ptr_array_index(others, i - 1);
        const IkePath *path = &sa->path;

        if (!is_same_client(sa, other))
            continue;
        /* A client that was restarted says so. It is the same one only at the same address, and
         * behind a NAT, where that may be another device of the same user (RFC 3947 6), only on the
         * same mapping; otherwise the host's limit of sessions and DPD decide. */
        if (sa->has_initial_contact && is_same_place(sa, &other->current->path.remote)) {
            ike_session_close(other, REASON_PEER_DELETED, "replaced by a newer connection", FALSE);
            continue;
        }
        if (net_endpoint_equal(&other->current->path.remote, &path->remote) &&
            is_peer_id_equal(sa, other->current)) {
            join(sa, other);
            return TRUE;
        }
    }
    own->user = g_strdup(sa->login.user);
    ike_engine_add_user(own);
    return TRUE;
}

void
ike_reauth_asked_for_address(IkeSa *sa, const NetAddress *wished)
{
    IkeSession *own = sa->session;
    GPtrArray *others;

    if (own->user == NULL || own->settings != NULL || !net_address_is_set(wished))
        return;
    others = ike_engine_sessions_of(own->engine, own->user);
    for (guint i = 0; others != NULL && i < others->len; i++) {
        IkeSession *other = g_ptr_array_index(others, i);

        if (!is_same_client(sa, other) || !net_address_equal(&other->address4, wished))
            continue;
        join(sa, other);
        return;
    }
}
