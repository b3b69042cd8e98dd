/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of a configuration: its pools, what RADIUS may give, and whether they go together. */
#include "gateway/conf-private.h"

#include <string.h>

enum { LAST_OCTETS = 4 };

const GatewayPool *
gateway_config_pool(const GatewayConfig *config, const char *name)
{
    for (guint i = 0; i < config->pools->len; i++) {
        const GatewayPool *pool = config->pools->pdata[i];

        if (strcmp(pool->name, name) == 0)
            return pool;
    }
    return NULL;
}

gboolean
gateway_config_has_ipv6(const GatewayConfig *config)
{
    for (guint i = 0; i < config->pools->len; i++)
        if (((const GatewayPool *)config->pools->pdata[i])->network6.length != 0)
            return TRUE;
    for (guint i = 0; i < config->framed_networks->len; i++)
        if (g_array_index(config->framed_networks, NetPrefix, i).address.length == 16)
            return TRUE;
    return FALSE;
}

/* The number in the last four octets. */
static guint32
last_of(const NetAddress *address)
{
    guint32 octets;

    memcpy(&octets, address->octets + address->length - LAST_OCTETS, sizeof octets);
    return GUINT32_FROM_BE(octets);
}

static NetAddress
address_after(const NetAddress *first, guint32 i)
{
    NetAddress address = *first;
    guint32 octets;

    if (first->length == 0)
        return address;
    octets = GUINT32_TO_BE(last_of(first) + i);
    memcpy(address.octets + address.length - LAST_OCTETS, &octets, sizeof octets);
    return address;
}

NetAddress
gateway_pool_address4(const GatewayPool *pool, guint i)
{
    return address_after(&pool->network4, i);
}

NetAddress
gateway_pool_address6(const GatewayPool *pool, guint i)
{
    return address_after(&pool->network6, i);
}

/* Whether address is one of the size ones from first on. */
static gboolean
is_in(const NetAddress *first, guint32 size, const NetAddress *address)
{
    return first->length != 0 && first->length == address->length &&
           memcmp(first->octets, address->octets, first->length - LAST_OCTETS) == 0 &&
           last_of(address) - last_of(first) < size;
}

static gboolean
pool_has(const GatewayPool *pool, const NetAddress *address)
{
    return is_in(&pool->network4, pool->size, address) ||
           is_in(&pool->network6, pool->size, address);
}

gboolean
gateway_config_routes(const GatewayConfig *config, const NetAddress *address)
{
    if (net_address_is_special(address))
        return FALSE;
    for (guint i = 0; i < config->pools->len; i++)
        if (pool_has(config->pools->pdata[i], address))
            return TRUE;
    for (guint i = 0; i < config->framed_networks->len; i++)
        if (net_prefix_contains(&g_array_index(config->framed_networks, NetPrefix, i), address))
            return TRUE;
    return FALSE;
}

/* --- do they go together? --- */

static gboolean
is_range(const NetAddress *first, guint32 size)
{
    NetAddress last = address_after(first, size - 1);

    return !net_address_is_special(first) && !net_address_is_special(&last) &&
           last_of(first) <= G_MAXUINT32 - (size - 1);
}

static gboolean
check_pool(const GatewayConfig *config, GatewayPool *pool, GError **error)
{
    static const guint8 any[4];
    g_autofree char *name = g_strstrip(g_strdup_printf("pool %s", pool->name));
    NetPrefix prefix;

    if (pool->network4.length != 4)
        return gateway_config_wrong(config, error,
                                    "[%s] needs network4=, the first address for guests", name);
    if (!is_range(&pool->network4, pool->size))
        return gateway_config_wrong(
            config, error, "[%s] network4 and size: these are no addresses for guests", name);
    if (pool->network6.length != 0 &&
        (pool->network6.length != 16 || !is_range(&pool->network6, pool->size)))
        return gateway_config_wrong(
            config, error, "[%s] network6 and size: these are no addresses for guests", name);
    pool->prefix_length4 = 32;
    if (pool->netmask4.length == 0)
        return TRUE;
    if (pool->netmask4.length != 4 || !net_prefix_from_mask(any, pool->netmask4.octets, &prefix))
        return gateway_config_wrong(config, error, "[%s] netmask4 is no mask such as 255.255.255.0",
                                    name);
    pool->prefix_length4 = prefix.prefix_length;
    return TRUE;
}

static gboolean
check_overlap(const GatewayConfig *config, guint number, GError **error)
{
    const GatewayPool *pool = config->pools->pdata[number];

    for (guint i = 0; i < number; i++) {
        const GatewayPool *other = config->pools->pdata[i];

        if (pool_has(other, &pool->network4) || pool_has(pool, &other->network4) ||
            pool_has(other, &pool->network6) || pool_has(pool, &other->network6))
            return gateway_config_wrong(config, error, "[pool %s] has addresses of [pool%s%s] too",
                                        pool->name, other->name[0] != '\0' ? " " : "", other->name);
    }
    return TRUE;
}

static gboolean
check_terms(const GatewayConfig *config, const char *kind, const char *name,
            const GatewayTerms *terms, GError **error)
{
    if (terms->pool != NULL && gateway_config_pool(config, terms->pool) == NULL)
        return gateway_config_wrong(config, error, "[%s %s] pool=%s: there is no [pool %s]", kind,
                                    name, terms->pool, terms->pool);
    if ((terms->address4.length != 0 &&
         (terms->address4.length != 4 || !gateway_config_routes(config, &terms->address4))) ||
        (terms->address6.length != 0 &&
         (terms->address6.length != 16 || !gateway_config_routes(config, &terms->address6))))
        return gateway_config_wrong(
            config, error, "[%s %s] address4 and address6: must be in a pool or in framed-networks",
            kind, name);
    return TRUE;
}

gboolean
gateway_config_check_pools(GatewayConfig *config, GError **error)
{
    GatewayPool *first = config->pools->pdata[0];
    GHashTableIter iter;
    gpointer value;

    for (guint i = 0; i < config->pools->len; i++) {
        /* Two gateways may share what a RADIUS server gives, and have no pool of their own. */
        if (i == 0 && first->network4.length == 0 &&
            (config->framed_networks->len > 0 || config->pools->len > 1))
            continue;
        if (!check_pool(config, config->pools->pdata[i], error) || !check_overlap(config, i, error))
            return FALSE;
    }
    for (guint i = 0; i < config->groups->len; i++) {
        const GatewayGroup *group = config->groups->pdata[i];

        if (!check_terms(config, "group", group->name, &group->terms, error))
            return FALSE;
    }
    g_hash_table_iter_init(&iter, config->users);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const GatewayUser *user = value;

        if (!check_terms(config, "user", user->name, &user->terms, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
gateway_config_same_pools(const GatewayConfig *a, const GatewayConfig *b)
{
    if (a->pools->len != b->pools->len || a->framed_networks->len != b->framed_networks->len)
        return FALSE;
    for (guint i = 0; i < a->pools->len; i++) {
        const GatewayPool *one = a->pools->pdata[i];
        const GatewayPool *two = b->pools->pdata[i];

        if (strcmp(one->name, two->name) != 0 || one->size != two->size ||
            !net_address_equal(&one->network4, &two->network4) ||
            !net_address_equal(&one->network6, &two->network6))
            return FALSE;
    }
    for (guint i = 0; i < a->framed_networks->len; i++)
        if (!net_prefix_equal(&g_array_index(a->framed_networks, NetPrefix, i),
                              &g_array_index(b->framed_networks, NetPrefix, i)))
            return FALSE;
    return TRUE;
}
