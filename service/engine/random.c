/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* The kernel's generator does not fail once it is seeded; without it there is no way on. */
static void
refill(RandomPool *pool)
{
    gsize filled = 0;

    while (filled < sizeof pool->octets) {
        gssize got = getrandom(pool->octets + filled, sizeof pool->octets - filled, 0);

        g_assert(got > 0 || errno == EINTR);
        filled += got > 0 ? (gsize)got : 0;
    }
    pool->left = sizeof pool->octets;
}

void
random_pool_draw(gpointer data, IkeRandomUse use, guint8 *ret_octets, gsize length)
{
    RandomPool *pool = data;

    while (length > 0) {
        gsize part;
        guint8 *at;

        if (pool->left == 0)
            refill(pool);
        part = MIN(length, pool->left);
        at = pool->octets + sizeof pool->octets - pool->left;
        memcpy(ret_octets, at, part);
        explicit_bzero(at, part);
        pool->left -= part;
        ret_octets += part;
        length -= part;
    }
}

void
random_pool_clear(RandomPool *pool)
{
    explicit_bzero(pool, sizeof *pool);
}
