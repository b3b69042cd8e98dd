/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/stranger.h"

#include "ike/hash.h"
#include "ike/proof.h"
#include "ike/session.h"

#include <string.h>

enum { ANSWERS_PER_SECOND = 10 };

void
ike_strangers_init(IkeStrangers *strangers)
{
    GDestroyNotify unref = (GDestroyNotify)g_bytes_unref;

    strangers->beginners = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, unref, NULL);
    strangers->endpoints = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, unref, NULL);
    strangers->budget = IKE_STRANGER_BUDGET;
}

void
ike_strangers_clear(IkeStrangers *strangers)
{
    g_hash_table_unref(strangers->beginners);
    g_hash_table_unref(strangers->endpoints);
    g_free(strangers->firsts);
    g_free(strangers->familiar);
}

/* --- how many --- */

/* cookie NULL: the endpoint alone. */
static GBytes *
key_of(const guint8 *cookie, const NetEndpoint *endpoint)
{
    guint8 octets[IKE_COOKIE_LENGTH + sizeof(NetAddress) + 2] = {0};

    if (cookie != NULL)
        memcpy(octets, cookie, IKE_COOKIE_LENGTH);
    memcpy(octets + IKE_COOKIE_LENGTH, endpoint->address.octets, endpoint->address.length);
    octets[sizeof(octets) - 2] = (guint8)(endpoint->port >> 8);
    octets[sizeof(octets) - 1] = (guint8)endpoint->port;
    return g_bytes_new(octets, sizeof(octets));
}

static guint
half_open_at(const IkeStrangers *strangers, const NetEndpoint *endpoint)
{
    g_autoptr(GBytes) key = key_of(NULL, endpoint);

    return GPOINTER_TO_UINT(g_hash_table_lookup(strangers->endpoints, key));
}

static void
count_at(IkeStrangers *strangers, const NetEndpoint *endpoint, gint change)
{
    g_autoptr(GBytes) key = key_of(NULL, endpoint);
    guint count = half_open_at(strangers, endpoint) + (guint)change;

    if (count > 0)
        g_hash_table_replace(strangers->endpoints, g_bytes_ref(key), GUINT_TO_POINTER(count));
    else
        g_hash_table_remove(strangers->endpoints, key);
}

/* The address alone is the endpoint with port 0, which nobody sends from. */
static void
count(IkeStrangers *strangers, const NetEndpoint *endpoint, gint change)
{
    NetEndpoint address = {.address = endpoint->address};

    count_at(strangers, endpoint, change);
    if (endpoint->port != 0)
        count_at(strangers, &address, change);
    strangers->half_open += (guint)change;
}

void
ike_stranger_add(IkeSa *sa)
{
    IkeStrangers *strangers = &sa->session->engine->strangers;
    const NetEndpoint *remote = &sa->session->isakmp.remote;

    count(strangers, remote, 1);
    g_hash_table_replace(strangers->beginners, key_of(sa->cky_i, remote), sa);
    sa->unreached = (GList){.data = sa};
    g_queue_push_tail_link(&strangers->unreached, &sa->unreached);
}

void
ike_stranger_reached(IkeSa *sa)
{
    if (sa->unreached.data == NULL)
        return;
    g_queue_unlink(&sa->session->engine->strangers.unreached, &sa->unreached);
    sa->unreached.data = NULL;
}

void
ike_stranger_forget(IkeSa *sa)
{
    IkeStrangers *strangers = &sa->session->engine->strangers;
    const NetEndpoint *remote = &sa->session->isakmp.remote;
    g_autoptr(GBytes) key = key_of(sa->cky_i, remote);

    ike_stranger_reached(sa);
    if (g_hash_table_lookup(strangers->beginners, key) != sa)
        return;
    g_hash_table_remove(strangers->beginners, key);
    count(strangers, remote, -1);
}

IkeSa *
ike_strangers_find(const IkeEngine *engine, const guint8 *cky_i, const NetEndpoint *remote)
{
    g_autoptr(GBytes) key = key_of(cky_i, remote);

    return g_hash_table_lookup(engine->strangers.beginners, key);
}

gboolean
ike_strangers_are_many(const IkeEngine *engine)
{
    return engine->strangers.half_open > IKE_LOADED_HALF_OPEN;
}

/* --- what was seen before --- */

/* TRUE when these octets are in a table of sums, where each sum has one place and the newest stays.
 * Puts them there otherwise, when is_added. */
static gboolean
is_in_table(guint64 **table, gsize size, Reader octets, gboolean is_added)
{
    guint8 sum[IKE_MAX_HASH_LENGTH];
    guint64 word;

    if (*table == NULL && !is_added)
        return FALSE;
    if (*table == NULL)
        *table = g_new0(guint64, size);
    ike_hash(SUITE_HASH_SHA2_256, &octets, 1, sum);
    memcpy(&word, sum, sizeof(word));
    if ((*table)[word % size] == word)
        return TRUE;
    if (is_added)
        (*table)[word % size] = word;
    return FALSE;
}

static gboolean
is_familiar(IkeStrangers *strangers, const NetAddress *address)
{
    Reader octets = reader_of(address->octets, address->length);

    return is_in_table(&strangers->familiar, IKE_FAMILIAR_ADDRESSES, octets, FALSE);
}

/* --- who is served --- */

/* TRUE when there is room, or somebody else gave way. */
static gboolean
make_room(IkeStrangers *strangers)
{
    IkeSa *oldest = g_queue_peek_head(&strangers->unreached);

    if (strangers->half_open < IKE_MAX_HALF_OPEN)
        return TRUE;
    if (oldest == NULL)
        return FALSE;
    ike_stranger_forget(oldest);
    ike_session_close(oldest->session, REASON_GATEWAY_SILENT, NULL, FALSE);
    return TRUE;
}

gboolean
ike_strangers_admit(IkeEngine *engine, const IkeHeader *header, Reader datagram,
                    const NetEndpoint *remote)
{
    IkeStrangers *strangers = &engine->strangers;
    NetEndpoint address = {.address = remote->address};
    gboolean is_loaded = ike_strangers_are_many(engine);

    if (half_open_at(strangers, remote) >= IKE_MAX_HALF_OPEN_PER_ENDPOINT)
        return FALSE;
    if (is_loaded && half_open_at(strangers, &address) >= IKE_LOADED_HALF_OPEN_PER_ADDRESS)
        return FALSE;
    if (is_loaded && header->exchange == IKE_EXCHANGE_AGGRESSIVE &&
        !is_familiar(strangers, &remote->address) &&
        !is_in_table(&strangers->firsts, IKE_LOADED_FIRST_MESSAGES, datagram, TRUE))
        return FALSE;
    return make_room(strangers);
}

gboolean
ike_strangers_may_answer(IkeEngine *engine)
{
    IkeStrangers *strangers = &engine->strangers;

    if (engine->now - strangers->answers_since >= G_USEC_PER_SEC) {
        strangers->answers_since = engine->now;
        strangers->answers = 0;
    }
    return strangers->answers++ < ANSWERS_PER_SECOND;
}

/* --- what is done for them --- */

static void
refill(IkeStrangers *strangers, gint64 now)
{
    gint64 share = (now - strangers->budget_at) / IKE_STRANGER_SHARE;

    if (share <= 0)
        return;
    strangers->budget = MIN(strangers->budget + share, IKE_STRANGER_BUDGET);
    strangers->budget_at = now;
}

gboolean
ike_stranger_pay(IkeSa *sa)
{
    IkeStrangers *strangers = &sa->session->engine->strangers;
    gboolean is_aggressive = sa->mode == IKE_MODE_AGGRESSIVE;
    guint32 cost = ike_dh_cost_microseconds(sa->phase1->choice.suite.group);

    if (is_familiar(strangers, &sa->path.remote.address))
        return TRUE;
    if (is_aggressive && ike_proof_is_own_signature(sa))
        cost += IKE_SIGNATURE_MICROSECONDS;
    refill(strangers, sa->session->engine->now);
    if (strangers->budget < cost + (is_aggressive ? IKE_STRANGER_BUDGET / 2 : 0))
        return FALSE;
    strangers->budget -= cost;
    sa->unproven_microseconds += cost;
    return TRUE;
}

void
ike_stranger_trusted(IkeSa *sa)
{
    IkeStrangers *strangers = &sa->session->engine->strangers;
    const NetAddress *address = &sa->path.remote.address;

    strangers->budget = MIN(strangers->budget + sa->unproven_microseconds, IKE_STRANGER_BUDGET);
    sa->unproven_microseconds = 0;
    is_in_table(&strangers->familiar, IKE_FAMILIAR_ADDRESSES,
                reader_of(address->octets, address->length), TRUE);
}
