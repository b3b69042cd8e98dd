/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

static NetPrefix
half_of(const NetPrefix *prefix, gboolean is_upper)
{
    NetAddress address = prefix->address;
    guint bit = prefix->prefix_length;

    if (is_upper)
        address.octets[bit / 8] |= (guint8)(0x80 >> bit % 8);
    return net_prefix_of(&address, (guint8)(bit + 1));
}

/* Recursion is bounded by the length of an address. */
static void
cover(const NetPrefix *prefix, const GArray *gaps, GArray *routes)
{
    gboolean has_gap = FALSE;

    for (guint i = 0; i < gaps->len; i++) {
        const NetPrefix *gap = &g_array_index(gaps, NetPrefix, i);

        if (net_prefix_covers(gap, prefix))
            return;
        has_gap = has_gap || net_prefix_covers(prefix, gap);
    }
    if (!has_gap) {
        g_array_append_val(routes, *prefix);
        return;
    }
    for (gint is_upper = FALSE; is_upper <= TRUE; is_upper++) {
        NetPrefix half = half_of(prefix, is_upper);

        cover(&half, gaps, routes);
    }
}

GArray *
nm_coati_routes_without(const GArray *wanted, const GArray *gaps)
{
    GArray *routes = g_array_new(FALSE, FALSE, sizeof(NetPrefix));

    for (guint i = 0; i < wanted->len; i++)
        cover(&g_array_index(wanted, NetPrefix, i), gaps, routes);
    return routes;
}
