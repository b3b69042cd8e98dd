/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/child.h"

#include "ike/engine.h"
#include "ike/informational.h"
#include "ike/quick.h"
#include "ike/sa.h"
#include "ike/session.h"

enum {
    DROP_SECONDS = 10,    /* the old pair stays so long after a renewal */
    RECREATE_SECONDS = 1, /* a delete of the ISAKMP SA may follow the one of ESP */
    RECREATE_MAX = 5,     /* in */
    RECREATE_WINDOW = 60, /* seconds */
    CLIENT_SOFT_PERCENT = 85,
    GATEWAY_SLACK_PERCENT = 10, /* a client renews first */
};

IkeChild *
ike_child_new(IkeSession *session, guint32 spi_in, guint32 spi_out, guint32 lifetime_seconds)
{
    IkeChild *child = g_new0(IkeChild, 1);
    child->session = session;
    child->number = ++session->engine->last_number;
    child->spi_in = spi_in;
    child->spi_out = spi_out;
    child->expire_at = ike_session_expiry(session, lifetime_seconds);
    /* A gateway leaves it to the client: vpnc cannot use a pair that the gateway begins. */
    child->renew_at = session->is_gateway
                          ? IKE_NEVER
                          : ike_session_jittered(session, (gint64)lifetime_seconds * 9 / 10);
    child->drop_at = IKE_NEVER;
    g_ptr_array_add(session->children, child);
    return child;
}

void
ike_child_free(gpointer data)
{
    IkeChild *child = data;

    ike_engine_release_spi(child->session->engine, child->spi_in);
    g_free(child);
}

IkeChild *
ike_child_find(IkeSession *session, guint64 number)
{
    for (guint i = 0; i < session->children->len; i++) {
        IkeChild *child = g_ptr_array_index(session->children, i);

        if (child->number == number)
            return child;
    }
    return NULL;
}

IkeChild *
ike_child_between(IkeSession *session, const NetPrefix *local, const NetPrefix *remote)
{
    for (guint i = session->children->len; i > 0; i--) {
        IkeChild *child = g_ptr_array_index(session->children, i - 1);

        if (child->state == IKE_CHILD_USED && net_prefix_equal(&child->local, local) &&
            net_prefix_equal(&child->remote, remote))
            return child;
    }
    return NULL;
}

IkeChild *
ike_child_for(IkeSession *session, const NetPrefix *local, const NetPrefix *wanted)
{
    for (guint i = session->children->len; i > 0; i--) {
        IkeChild *child = g_ptr_array_index(session->children, i - 1);

        if (child->state == IKE_CHILD_USED && net_prefix_equal(&child->local, local) &&
            net_prefix_equal(&child->wanted, wanted))
            return child;
    }
    return NULL;
}

void
ike_child_tell_down(IkeSession *session, const IkeChild *child)
{
    ike_session_tell(session, IKE_TELL_CHILD_DOWN)->child = child->number;
}

void
ike_child_drop(IkeChild *child, gboolean tells_peer)
{
    IkeSession *session = child->session;

    if (tells_peer && session->current != NULL && ike_sa_is_open(session->current))
        ike_informational_delete_child(session->current, child);
    ike_child_tell_down(session, child);
    g_ptr_array_remove(session->children, child);
}

static void
retire(IkeChild *child, gboolean is_ours_to_delete)
{
    child->state = IKE_CHILD_RETIRED;
    child->renew_at = IKE_NEVER;
    if (is_ours_to_delete)
        child->drop_at = child->session->engine->now + IKE_SECONDS(DROP_SECONDS);
}

/* When both sides renew at the same time there are two new pairs: the newest is sent on, the other
 * one is left to its end (PROTOCOL 6.11). */
void
ike_child_use(IkeChild *child, guint64 replaces, gboolean is_starter)
{
    IkeSession *session = child->session;
    IkeChild *other;

    while ((other = ike_child_between(session, &child->local, &child->remote)) != NULL)
        retire(other, is_starter && other->number == replaces);
    other = ike_child_find(session, replaces);
    if (other != NULL && other->state == IKE_CHILD_USED)
        retire(other, is_starter);
    child->state = IKE_CHILD_USED;
    ike_session_tell(session, IKE_TELL_CHILD_SEND)->child = child->number;
}

/* PROTOCOL 6.13: it should name what we send to; some Cisco releases name what they send to. */
static IkeChild *
find_by_spi(IkeSession *session, guint32 spi)
{
    for (guint i = 0; i < session->children->len; i++) {
        IkeChild *child = g_ptr_array_index(session->children, i);

        if (child->spi_out == spi)
            return child;
    }
    for (guint i = 0; i < session->children->len; i++) {
        IkeChild *child = g_ptr_array_index(session->children, i);

        if (child->spi_in == spi)
            return child;
    }
    return NULL;
}

void
ike_child_deleted(IkeSession *session, guint32 spi)
{
    IkeChild *child = find_by_spi(session, spi);
    gint64 now = session->engine->now;
    gboolean was_used;

    if (child == NULL)
        return;
    was_used = child->state == IKE_CHILD_USED;
    ike_child_drop(child, FALSE);
    if (session->is_gateway || !was_used)
        return;
    if (now - session->recreated_since > IKE_SECONDS(RECREATE_WINDOW)) {
        session->recreated_since = now;
        session->recreated = 0;
    }
    if (session->recreated++ < RECREATE_MAX)
        session->recreate_at = now + IKE_SECONDS(RECREATE_SECONDS);
    else
        ike_session_close(session, REASON_PEER_DELETED,
                          "the gateway takes the tunnel down again and again", TRUE);
}

void
ike_child_spent(IkeSession *session, guint64 number)
{
    IkeChild *child = ike_child_find(session, number);

    if (child != NULL)
        child->expire_at = session->engine->now;
}

guint64
ike_child_octets(const IkeSession *session, guint64 kilobytes, gboolean is_soft)
{
    guint percent = is_soft ? CLIENT_SOFT_PERCENT : 100;

    if (kilobytes == 0)
        return 0;
    if (session->is_gateway)
        percent += GATEWAY_SLACK_PERCENT;
    kilobytes = CLAMP(kilobytes, IKE_MIN_LIFE_KILOBYTES, G_MAXUINT64 / 1024 / 200);
    return kilobytes * 1024 / 100 * percent;
}

void
ike_children_renew(IkeSession *session)
{
    guint count = session->children->len;

    for (guint i = 0; i < count && !session->is_closed; i++) {
        IkeChild *child = g_ptr_array_index(session->children, i);

        if (child->state == IKE_CHILD_USED)
            ike_quick_renew(child);
    }
}

gint64
ike_child_deadline(const IkeChild *child)
{
    return MIN(child->renew_at, MIN(child->expire_at, child->drop_at));
}

/* FALSE when the child is gone. */
static gboolean
tick(IkeChild *child)
{
    IkeSession *session = child->session;
    gint64 now = session->engine->now;

    if (now >= child->drop_at || now >= child->expire_at) {
        if (child->state == IKE_CHILD_USED && !session->is_gateway)
            session->recreate_at = now;
        ike_child_drop(child, TRUE);
        return FALSE;
    }
    if (now >= child->renew_at) {
        child->renew_at = IKE_NEVER;
        ike_quick_renew(child);
    }
    return TRUE;
}

void
ike_children_tick(IkeSession *session)
{
    guint i = 0;

    while (i < session->children->len && !session->is_closed) {
        if (tick(g_ptr_array_index(session->children, i)))
            i++;
    }
    if (!session->is_closed && session->engine->now >= session->recreate_at) {
        session->recreate_at = IKE_NEVER;
        ike_quick_begin(session);
    }
}
