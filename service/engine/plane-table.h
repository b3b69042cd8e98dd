/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the userspace plane: inbound SPI to child, for one and for a hundred thousand.
 *
 * Open addressing with linear probing, at most half full: a lookup reads one line of the cache
 * almost always. SPIs are our own random numbers, so that nobody else chooses the slots.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint32 key; /* 0 = free: no SPI of ours is 0 (RFC 4303 2.1) */
    gpointer value;
} PlaneSlot;

/* All zero = empty. */
typedef struct {
    PlaneSlot *slots;
    guint32 mask; /* slots - 1 */
    guint32 count;
} PlaneTable;

/* NULL when there is none. */
gpointer plane_table_find(const PlaneTable *table, guint32 key);
/* Replaces what stood there. key is not 0. */
void plane_table_insert(PlaneTable *table, guint32 key, gpointer value);
/* A key that is not there is ignored. */
void plane_table_remove(PlaneTable *table, guint32 key);
/* Empty again. */
void plane_table_clear(PlaneTable *table);
