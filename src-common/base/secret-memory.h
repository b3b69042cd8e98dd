/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside base/: the memory that secrets live in. It is locked, so that it stays out of swap, where
 * the limit (RLIMIT_MEMLOCK) allows; a secret in swap beats no connection.
 *
 * Memory is locked a piece at a time and kept for the next secret: a lock for each of them would
 * cost a system call for every message that a gateway reads, and lock its whole heap in the end. A
 * child that is forked locks its copy anew. Any thread may call.
 *
 * secret-memory-plain.c is for sanitizers, which watch malloc() alone.
 */
#pragma once

#include <glib.h>

/* Zeros. */
gpointer secret_memory_take(gsize size);
/* size: as it was taken; wipes it. */
void secret_memory_give(gpointer memory, gsize size);
