/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/path.h"

#include "ike/dpd.h"
#include "ike/hash.h"
#include "ike/sa.h"
#include "ike/session.h"

#include <string.h>

static gboolean
is_forced(const IkePolicy *policy)
{
    return policy->natt == IKE_NATT_FORCE || policy->is_esp_always_encapsulated;
}

static IkeHeader
cookies_of(const IkeSa *sa)
{
    IkeHeader header = {0};

    memcpy(header.cky_i, sa->cky_i, sizeof(header.cky_i));
    memcpy(header.cky_r, sa->cky_r, sizeof(header.cky_r));
    return header;
}

void
ike_path_write_natd(IkeSa *sa, IkeDraft *draft)
{
    SuiteHash hash = sa->phase1->choice.suite.hash;
    IkeHeader header = cookies_of(sa);
    /* A responder answers on the path of the message it answers. */
    const IkePath *path = sa->is_initiator ? &sa->path : &sa->phase1->path;
    guint8 forged[IKE_MAX_HASH_LENGTH];

    if (sa->natt_version == IKE_NATT_VERSION_NONE)
        return;
    if (is_forced(sa->session->policy))
        ike_session_random(sa->session, IKE_RANDOM_NATD, forged, ike_hash_length(hash));
    ike_natt_put(draft, sa->natt_version, hash, &header, path,
                 is_forced(sa->session->policy) ? forged : NULL);
}

void
ike_path_read_natd(IkeSa *sa, const IkeChain *chain)
{
    IkeHeader header = cookies_of(sa);
    const IkePath *path = &sa->phase1->path;
    gboolean is_natt = path->socket == IKE_SOCKET_NATT;
    IkeNattResult result;

    if (sa->natt_version == IKE_NATT_VERSION_NONE)
        return;
    result = ike_natt_compare(chain, sa->natt_version, sa->phase1->choice.suite.hash, &header, path,
                              is_natt, (sa->peer_vendors & IKE_VENDOR_NATT_APPLE) != 0);
    if (!result.has_payloads && !is_natt)
        return;
    sa->is_local_behind_nat = result.is_local_behind_nat;
    sa->is_remote_behind_nat = result.is_remote_behind_nat;
    /* An initiator that came over port 4500 has decided already (PROTOCOL 7.2). */
    sa->is_encapsulated = result.is_local_behind_nat || result.is_remote_behind_nat ||
                          is_forced(sa->session->policy) || is_natt;
}

guint
ike_path_float(IkeExchange *exchange)
{
    IkeSa *sa = exchange->sa;

    if (!sa->is_encapsulated && sa->session->policy->is_esp_always_encapsulated) {
        ike_sa_fail(sa, REASON_DATAPLANE_UNAVAILABLE,
                    "the gateway does not support NAT traversal, without which this computer "
                    "cannot carry the tunnel",
                    FALSE);
        return IKE_PENDING;
    }
    if (sa->is_encapsulated && !sa->is_floated) {
        sa->path = sa->session->natt;
        sa->is_floated = TRUE;
    }
    return IKE_OK;
}

static void
tell(IkeSa *sa)
{
    if (sa == sa->session->current && ike_sa_is_open(sa))
        ike_session_tell(sa->session, IKE_TELL_PATH)->path = sa->path;
}

/* Both sides of a NAT send keepalives in racoon; needed is the one behind it (RFC 3948 4). A forced
 * NAT counts: there may be one that the other NAT-D hash was forged over. */
static gboolean
sends_keepalives(const IkeSa *sa)
{
    return sa->session->policy->keepalive_seconds > 0 && sa->is_encapsulated &&
           ike_sa_is_open(sa) && (sa->is_local_behind_nat || !sa->session->is_gateway);
}

void
ike_path_sent(IkeSa *sa)
{
    if (sends_keepalives(sa))
        sa->keepalive_at =
            sa->session->engine->now + IKE_SECONDS(sa->session->policy->keepalive_seconds);
}

void
ike_path_opened(IkeSa *sa)
{
    tell(sa);
    ike_path_sent(sa);
}

void
ike_path_keepalive(IkeSa *sa)
{
    static const guint8 octet = 0xff;
    IkeAction *action;

    sa->keepalive_at = IKE_NEVER;
    if (!sends_keepalives(sa) || sa->state == IKE_SA_DYING)
        return;
    action = ike_session_tell(sa->session, IKE_SEND);
    action->send.path = sa->path;
    action->send.data = &octet;
    action->send.length = 1;
    action->send.is_keepalive = TRUE;
    ike_path_sent(sa);
}

static gboolean
is_same(const IkePath *a, const IkePath *b)
{
    return a->socket == b->socket && net_endpoint_equal(&a->local, &b->local) &&
           net_endpoint_equal(&a->remote, &b->remote);
}

void
ike_path_follow(IkeSa *sa, const IkePath *path)
{
    char text[NET_ENDPOINT_TEXT_SIZE];

    if (is_same(&sa->path, path))
        return;
    sa->path = *path;
    sa->is_floated = path->socket == IKE_SOCKET_NATT;
    if (!ike_sa_is_open(sa))
        return;
    ike_session_note(sa->session, IKE_NOTE_INFO, "the peer is now at %s",
                     net_endpoint_format(&path->remote, text));
    tell(sa);
}

/* Who is not behind a NAT does not wander (RFC 3947 7). After the float, what comes over port 500
 * is read but moves nothing (PROTOCOL 7.4). */
static gboolean
may_wander(const IkeSa *sa)
{
    return sa->session->is_gateway || sa->is_remote_behind_nat;
}

void
ike_path_heard(IkeSa *sa, const IkePath *path)
{
    if (may_wander(sa) && (!sa->is_floated || path->socket == IKE_SOCKET_NATT))
        ike_path_follow(sa, path);
}

void
ike_path_moved(IkeSession *session, const NetEndpoint *remote)
{
    IkeSa *sa = session->current;
    IkePath path;

    if (sa == NULL || !ike_sa_is_open(sa) || !sa->is_encapsulated || !may_wander(sa))
        return;
    path = sa->path;
    path.remote = *remote;
    ike_path_follow(sa, &path);
}

void
ike_path_rebind(IkeSession *session, const IkePath *isakmp, const IkePath *natt)
{
    session->isakmp = *isakmp;
    session->natt = *natt;
    for (guint i = 0; i < session->sas->len; i++) {
        IkeSa *sa = g_ptr_array_index(session->sas, i);

        sa->path = sa->is_floated ? *natt : *isakmp;
        tell(sa);
    }
    ike_dpd_probe(session);
}
