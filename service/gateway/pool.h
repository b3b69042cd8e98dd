/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The addresses of a gateway: who has which, and who had it last.
 *
 * A user gets the address of the last time while it is free: connections over it survive a client
 * that comes back. Addresses that nobody had come first, then the one that is free for the longest
 * time. What was leased is kept in a file, so that a restart changes nothing.
 *
 * A lease belongs to one session and is released once, by pool_release(), which takes it.
 */
#pragma once

#include "base/net.h"

#include <gio/gio.h>

typedef struct Pool Pool;
typedef struct PoolLease PoolLease;

/* path: the file of leases, NULL for none; it is read if it is there and fits. */
Pool *pool_new(const NetAddress *first, guint size, const char *path);
/* Writes the file. Accepts NULL. Leases must be released. */
void pool_free(Pool *pool);

/* wished: none, or an address that is given when it is free and not somebody else's last one. NULL
 * when no address is free. */
PoolLease *pool_lease(Pool *pool, const char *user, const NetAddress *wished);
/* Exactly this one: NULL when it is leased or none of the pool's. */
PoolLease *pool_lease_exactly(Pool *pool, const char *user, const NetAddress *address);
const NetAddress *pool_lease_address(const PoolLease *lease);
/* Its number in the pool. */
guint pool_lease_number(const PoolLease *lease);
/* now: seconds since 1970. NULL is allowed. */
void pool_release(Pool *pool, PoolLease *take_lease, gint64 now_unix_seconds);

/* For those alone who ask for exactly this address. What is none of the pool's is passed over. */
void pool_set_aside(Pool *pool, const NetAddress *address);
/* Nothing is set aside any more. */
void pool_clear_aside(Pool *pool);
gboolean pool_has(const Pool *pool, const NetAddress *address);

guint pool_size(const Pool *pool);
guint pool_used(const Pool *pool);
/* Number i of the pool: user is NULL when nobody ever had it. */
void pool_look(const Pool *pool, guint i, NetAddress *ret_address, const char **ret_user,
               gboolean *ret_is_used, gint64 *ret_released_unix_seconds);
gboolean pool_save(Pool *pool, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pool, pool_free)
