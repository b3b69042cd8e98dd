/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All addresses of a gateway's guests: those out of its pools, and those that a RADIUS server or
 * [user NAME] gives by name. No address is ever two guests', whoever gave it.
 *
 * A Lease belongs to one guest and is released once, by leases_release(), which takes it.
 */
#pragma once

#include "gateway/conf.h"
#include "gateway/pool.h"

typedef struct Leases Leases;
typedef struct Lease Lease;

/* What a guest shall get. */
typedef struct {
    const char *user;
    const char *pool;    /* NULL = the first */
    NetAddress address4; /* given by name; none = one of the pool */
    NetAddress
        address6;      /* given by name; none = the pool's of the same number, where it has them */
    NetAddress wished; /* by the guest; none = any */
} LeaseQuestion;

/* directory: where what was leased is kept over a restart. */
Leases *leases_new(const GatewayConfig *config, const char *directory);
/* Writes the files. Accepts NULL. Leases must be released. */
void leases_free(Leases *leases);
/* config must have the same pools. */
void leases_reconfigure(Leases *leases, const GatewayConfig *config);

/*
 * NULL with G_IO_ERROR_NO_SPACE: no address is free; _EXISTS: the address by name is somebody
 * else's; _NOT_FOUND: there is no such pool, or the configuration routes no such address.
 */
Lease *leases_lease(Leases *leases, const GatewayConfig *config, const LeaseQuestion *question,
                    GError **error);
/* now: seconds since 1970. NULL is allowed. */
void leases_release(Leases *leases, Lease *take_lease, gint64 now_unix_seconds);

/* IPv4: never none. IPv6: may be none. */
/* As it was leased to; NULL for nobody in particular. */
const char *lease_user(const Lease *lease);
const NetAddress *lease_address4(const Lease *lease);
const NetAddress *lease_address6(const Lease *lease);
/* Of the network that the guest is told; 32 when the address was given by name. */
guint8 lease_prefix_length4(const Lease *lease);
/* Whether this is one of its addresses and nothing else. */
gboolean lease_is(const Lease *lease, const NetPrefix *prefix);

/* The pools, by number; name "" for the first. */
guint leases_pool_count(const Leases *leases);
const Pool *leases_pool(const Leases *leases, guint number, const char **ret_name);
/* Of all pools. */
guint leases_size(const Leases *leases);
guint leases_used(const Leases *leases);
/* Leased by name and out of no pool. */
guint leases_outside(const Leases *leases);
gboolean leases_save(Leases *leases, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Leases, leases_free)
