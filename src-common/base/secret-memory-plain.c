/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret-memory.h"

#include <string.h>
#include <sys/mman.h>

gpointer
secret_memory_take(gsize size)
{
    gpointer memory = g_malloc0(size);

    (void)mlock(memory, size);
    return memory;
}

void
secret_memory_give(gpointer memory, gsize size)
{
    explicit_bzero(memory, size);
    g_free(memory);
}
