/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/networks.h"

#include "ike/child.h"

static GArray *
wanted_networks(const IkeSession *session)
{
    static const NetAddress any4 = {.length = 4};
    static const NetAddress any6 = {.length = 16};
    const GArray *listed = session->policy->remote_networks;
    GArray *wanted = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    NetPrefix all4 = net_prefix_of(&any4, 0);
    NetPrefix all6 = net_prefix_of(&any6, 0);

    if (listed->len == 0 && session->is_split_wanted)
        listed = session->settings->split_include;
    if (listed->len > 0) {
        g_array_append_vals(wanted, listed->data, listed->len);
        return wanted;
    }
    if (net_address_is_set(&session->address4))
        g_array_append_val(wanted, all4);
    if (net_address_is_set(&session->address6))
        g_array_append_val(wanted, all6);
    if (wanted->len == 0) { /* without Mode Config: host to host */
        const NetAddress *peer = &session->current->path.remote.address;
        NetPrefix host = net_prefix_of(peer, peer->length * 8);

        g_array_append_val(wanted, host);
    }
    return wanted;
}

static gboolean
was_refused(const IkeSession *session, const NetPrefix *network)
{
    for (guint i = 0; i < session->refused->len; i++) {
        if (net_prefix_equal(&g_array_index(session->refused, NetPrefix, i), network))
            return TRUE;
    }
    return FALSE;
}

void
ike_networks_refused(IkeSession *session, const NetPrefix *network)
{
    g_array_append_val(session->refused, *network);
}

static NetPrefix
own_side(const IkeSession *session, guint8 family_length)
{
    const NetAddress *own = family_length == 16 ? &session->address6 : &session->address4;

    if (!net_address_is_set(own))
        own = &session->current->path.local.address;
    return net_prefix_of(own, own->length * 8);
}

gboolean
ike_networks_next(IkeSession *session, NetPrefix *ret_local, NetPrefix *ret_network)
{
    g_autoptr(GArray) wanted = wanted_networks(session);

    for (guint i = 0; i < wanted->len; i++) {
        const NetPrefix *network = &g_array_index(wanted, NetPrefix, i);
        NetPrefix local = own_side(session, network->address.length);

        if (local.address.length != network->address.length || was_refused(session, network) ||
            ike_child_for(session, &local, network) != NULL)
            continue;
        *ret_local = local;
        *ret_network = *network;
        return TRUE;
    }
    return FALSE;
}
