/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/leases.h"

#include <string.h>

typedef struct {
    char *name;
    Pool *pool; /* NULL: it has no addresses of its own */
    const GatewayPool *conf;
} Row;

struct Leases {
    GatewayConfig *config; /* whose pools the rows are */
    GArray *rows;          /* Row */
    GHashTable *taken;     /* NetAddress: Lease */
};

struct Lease {
    NetAddress address4;
    NetAddress address6;
    guint8 prefix_length4;
    char *user;
    Pool *pool; /* whose slot it has; NULL for none */
    PoolLease *slot;
};

static guint
address_hash(gconstpointer key)
{
    const NetAddress *address = key;
    guint32 words[4] = {0};

    memcpy(words, address->octets, address->length);
    return words[0] ^ words[1] ^ words[2] ^ words[3];
}

static gboolean
address_equal(gconstpointer a, gconstpointer b)
{
    return net_address_equal(a, b);
}

static void
clear_row(gpointer data)
{
    Row *row = data;

    pool_free(row->pool);
    g_free(row->name);
}

static void
set_aside(Leases *leases, const GatewayConfig *config)
{
    GHashTableIter iter;
    gpointer value;

    for (guint i = 0; i < leases->rows->len; i++)
        if (g_array_index(leases->rows, Row, i).pool != NULL)
            pool_clear_aside(g_array_index(leases->rows, Row, i).pool);
    g_hash_table_iter_init(&iter, config->users);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const GatewayUser *user = value;

        for (guint i = 0; i < leases->rows->len && user->terms.address4.length != 0; i++)
            if (g_array_index(leases->rows, Row, i).pool != NULL)
                pool_set_aside(g_array_index(leases->rows, Row, i).pool, &user->terms.address4);
    }
}

Leases *
leases_new(const GatewayConfig *config, const char *directory)
{
    Leases *leases = g_new0(Leases, 1);

    leases->config = gateway_config_ref((GatewayConfig *)config);
    leases->rows = g_array_new(FALSE, TRUE, sizeof(Row));
    g_array_set_clear_func(leases->rows, clear_row);
    leases->taken = g_hash_table_new(address_hash, address_equal);
    for (guint i = 0; i < config->pools->len; i++) {
        const GatewayPool *conf = config->pools->pdata[i];
        g_autofree char *file =
            g_strconcat("gateway-leases", conf->name[0] != '\0' ? "." : "", conf->name, NULL);
        g_autofree char *path = g_build_filename(directory, file, NULL);
        Row row = {.name = g_strdup(conf->name), .conf = conf};

        if (conf->network4.length != 0)
            row.pool = pool_new(&conf->network4, conf->size, path);
        g_array_append_val(leases->rows, row);
    }
    set_aside(leases, config);
    return leases;
}

void
leases_free(Leases *leases)
{
    if (leases == NULL)
        return;
    g_assert(g_hash_table_size(leases->taken) == 0);
    g_array_unref(leases->rows);
    g_hash_table_unref(leases->taken);
    gateway_config_unref(leases->config);
    g_free(leases);
}

void
leases_reconfigure(Leases *leases, const GatewayConfig *config)
{
    set_aside(leases, config);
}

/* --- one lease --- */

static const Row *
find_row(const Leases *leases, const char *name)
{
    for (guint i = 0; i < leases->rows->len; i++) {
        const Row *row = &g_array_index(leases->rows, Row, i);

        if (strcmp(row->name, name != NULL ? name : "") == 0)
            return row;
    }
    return NULL;
}

static Pool *
find_pool(const Leases *leases, const NetAddress *address)
{
    for (guint i = 0; i < leases->rows->len; i++) {
        Pool *pool = g_array_index(leases->rows, Row, i).pool;

        if (pool != NULL && pool_has(pool, address))
            return pool;
    }
    return NULL;
}

/* By name: nobody's, and routed to guests. */
static gboolean
may_have(const Leases *leases, const GatewayConfig *config, const NetAddress *address,
         GError **error)
{
    const Lease *holder = g_hash_table_lookup(leases->taken, address);
    char text[NET_ADDRESS_TEXT_SIZE];

    net_address_format(address, text);
    if (holder != NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is %s's already", text, holder->user);
        return FALSE;
    }
    if (gateway_config_routes(config, address))
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                "%s is in no pool and not in framed-networks", text);
    return FALSE;
}

static gboolean
take_by_name(Leases *leases, const GatewayConfig *config, const LeaseQuestion *question,
             Lease *lease, GError **error)
{
    if (!may_have(leases, config, &question->address4, error))
        return FALSE;
    lease->address4 = question->address4;
    lease->prefix_length4 = 32;
    lease->pool = find_pool(leases, &question->address4);
    if (lease->pool != NULL)
        lease->slot = pool_lease_exactly(lease->pool, question->user, &question->address4);
    return TRUE;
}

static gboolean
take_of_pool(Leases *leases, const LeaseQuestion *question, Lease *lease, GError **error)
{
    const Row *row = find_row(leases, question->pool);

    if (row == NULL || row->pool == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    question->pool != NULL ? "there is no [pool %s]"
                                           : "no address was given, and there is no pool%s",
                    question->pool != NULL ? question->pool : "");
        return FALSE;
    }
    lease->pool = row->pool;
    lease->slot = pool_lease(row->pool, question->user, &question->wished);
    if (lease->slot == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "all %u addresses%s%s are in use",
                    pool_size(row->pool), row->name[0] != '\0' ? " of pool " : "", row->name);
        return FALSE;
    }
    lease->address4 = *pool_lease_address(lease->slot);
    lease->prefix_length4 = row->conf->prefix_length4;
    return TRUE;
}

/* The pool's address of the same number, or the one by name. */
static gboolean
take_ipv6(Leases *leases, const GatewayConfig *config, const LeaseQuestion *question, Lease *lease,
          GError **error)
{
    NetAddress address = question->address6;

    for (guint i = 0; i < leases->rows->len && address.length == 0 && lease->slot != NULL; i++) {
        const Row *row = &g_array_index(leases->rows, Row, i);

        if (row->pool == lease->pool)
            address = gateway_pool_address6(row->conf, pool_lease_number(lease->slot));
        /* Somebody has it by name: that is not this guest's fault. */
        if (g_hash_table_contains(leases->taken, &address))
            return TRUE;
    }
    if (address.length != 0 && !may_have(leases, config, &address, error))
        return FALSE;
    lease->address6 = address;
    return TRUE;
}

static void
lease_free(Lease *lease, gint64 now)
{
    if (lease->pool != NULL)
        pool_release(lease->pool, lease->slot, now);
    g_free(lease->user);
    g_free(lease);
}

Lease *
leases_lease(Leases *leases, const GatewayConfig *config, const LeaseQuestion *question,
             GError **error)
{
    Lease *lease = g_new0(Lease, 1);
    gboolean is_taken = question->address4.length != 0
                            ? take_by_name(leases, config, question, lease, error)
                            : take_of_pool(leases, question, lease, error);

    if (!is_taken || !take_ipv6(leases, config, question, lease, error)) {
        lease_free(lease, 0);
        return NULL;
    }
    lease->user = g_strdup(question->user);
    g_hash_table_insert(leases->taken, &lease->address4, lease);
    if (lease->address6.length != 0)
        g_hash_table_insert(leases->taken, &lease->address6, lease);
    return lease;
}

void
leases_release(Leases *leases, Lease *take_lease, gint64 now)
{
    if (take_lease == NULL)
        return;
    g_hash_table_remove(leases->taken, &take_lease->address4);
    if (take_lease->address6.length != 0)
        g_hash_table_remove(leases->taken, &take_lease->address6);
    lease_free(take_lease, now);
}

const char *
lease_user(const Lease *lease)
{
    return lease->user;
}

const NetAddress *
lease_address4(const Lease *lease)
{
    return &lease->address4;
}

const NetAddress *
lease_address6(const Lease *lease)
{
    return &lease->address6;
}

guint8
lease_prefix_length4(const Lease *lease)
{
    return lease->prefix_length4;
}

gboolean
lease_is(const Lease *lease, const NetPrefix *prefix)
{
    return prefix->address.length != 0 && prefix->prefix_length == prefix->address.length * 8 &&
           (net_address_equal(&prefix->address, &lease->address4) ||
            net_address_equal(&prefix->address, &lease->address6));
}

/* --- all of them --- */

guint
leases_pool_count(const Leases *leases)
{
    return leases->rows->len;
}

const Pool *
leases_pool(const Leases *leases, guint number, const char **ret_name)
{
    const Row *row = &g_array_index(leases->rows, Row, number);

    *ret_name = row->name;
    return row->pool;
}

guint
leases_size(const Leases *leases)
{
    guint size = 0;

    for (guint i = 0; i < leases->rows->len; i++)
        if (g_array_index(leases->rows, Row, i).pool != NULL)
            size += pool_size(g_array_index(leases->rows, Row, i).pool);
    return size;
}

guint
leases_used(const Leases *leases)
{
    guint used = 0;

    for (guint i = 0; i < leases->rows->len; i++)
        if (g_array_index(leases->rows, Row, i).pool != NULL)
            used += pool_used(g_array_index(leases->rows, Row, i).pool);
    return used;
}

guint
leases_outside(const Leases *leases)
{
    GHashTableIter iter;
    gpointer address, lease;
    guint count = 0;

    g_hash_table_iter_init(&iter, leases->taken);
    while (g_hash_table_iter_next(&iter, &address, &lease))
        count += ((Lease *)lease)->slot == NULL && address == &((Lease *)lease)->address4;
    return count;
}

gboolean
leases_save(Leases *leases, GError **error)
{
    for (guint i = 0; i < leases->rows->len; i++) {
        Pool *pool = g_array_index(leases->rows, Row, i).pool;

        if (pool != NULL && !pool_save(pool, error))
            return FALSE;
    }
    return TRUE;
}
