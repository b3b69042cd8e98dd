/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/plane-table.h"

enum { SLOTS_LEAST = 16, FIBONACCI = 0x9e3779b9 };

/* Where the search for a key begins. */
static guint32
home_of(const PlaneTable *table, guint32 key)
{
    guint64 product = (guint64)key * (guint32)FIBONACCI;

    return (guint32)(product >> 16) & table->mask;
}

/* Its slot, or the free one where it would be. */
static PlaneSlot *
slot_of(const PlaneTable *table, guint32 key)
{
    guint32 at = home_of(table, key);

    while (table->slots[at].key != 0 && table->slots[at].key != key)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

gpointer
plane_table_find(const PlaneTable *table, guint32 key)
{
    return table->count > 0 && key != 0 ? slot_of(table, key)->value : NULL;
}

static void
grow(PlaneTable *table)
{
    PlaneSlot *old = table->slots;
    gsize old_size = old != NULL ? (gsize)table->mask + 1 : 0;
    gsize size = MAX(2 * old_size, SLOTS_LEAST);

    table->slots = g_new0(PlaneSlot, size);
    table->mask = (guint32)(size - 1);
    for (gsize i = 0; i < old_size; i++)
        if (old[i].key != 0)
            *slot_of(table, old[i].key) = old[i];
    g_free(old);
}

void
plane_table_insert(PlaneTable *table, guint32 key, gpointer value)
{
    PlaneSlot *slot;

    g_assert(key != 0);
    if (table->slots == NULL || 2 * ((gsize)table->count + 1) > (gsize)table->mask + 1)
        grow(table);
    slot = slot_of(table, key);
    table->count += slot->key == 0;
    *slot = (PlaneSlot){.key = key, .value = value};
}

/* What stands behind moves up, so that no search ends too early. */
void
plane_table_remove(PlaneTable *table, guint32 key)
{
    PlaneSlot *hole = table->count > 0 && key != 0 ? slot_of(table, key) : NULL;
    guint32 at;

    if (hole == NULL || hole->key == 0)
        return;
    table->count--;
    *hole = (PlaneSlot){0};
    for (at = (guint32)(hole - table->slots + 1) & table->mask; table->slots[at].key != 0;
         at = (at + 1) & table->mask) {
        PlaneSlot moved = table->slots[at];

        table->slots[at] = (PlaneSlot){0};
        *slot_of(table, moved.key) = moved;
    }
}

void
plane_table_clear(PlaneTable *table)
{
    g_free(table->slots);
    *table = (PlaneTable){0};
}
