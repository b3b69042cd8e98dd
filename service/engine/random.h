/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random octets of the kernel for the core, a buffer at a time. Each octet is given out once and
 * wiped here.
 */
#pragma once

#include "ike/ike.h"

typedef struct {
    guint8 octets[1024];
    gsize left;
} RandomPool;

/* An IkeRandom; user_data is a RandomPool that started as zeros. */
void random_pool_draw(gpointer pool, IkeRandomUse use, guint8 *ret_octets, gsize length);
void random_pool_clear(RandomPool *pool);
