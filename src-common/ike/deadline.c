/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/deadline.h"

void
ike_deadlines_init(IkeDeadlines *deadlines)
{
    deadlines->heap = g_ptr_array_new();
}

void
ike_deadlines_clear(IkeDeadlines *deadlines)
{
    g_clear_pointer(&deadlines->heap, g_ptr_array_unref);
}

static IkeDeadline *
at(const IkeDeadlines *deadlines, guint place)
{
    return g_ptr_array_index(deadlines->heap, place - 1);
}

static void
put(IkeDeadlines *deadlines, guint place, IkeDeadline *deadline)
{
    g_ptr_array_index(deadlines->heap, place - 1) = deadline;
    deadline->place = place;
}

static void
rise(IkeDeadlines *deadlines, IkeDeadline *deadline)
{
    guint place = deadline->place;

    while (place > 1 && at(deadlines, place / 2)->when > deadline->when) {
        put(deadlines, place, at(deadlines, place / 2));
        place /= 2;
    }
    put(deadlines, place, deadline);
}

static void
sink(IkeDeadlines *deadlines, IkeDeadline *deadline)
{
    guint count = deadlines->heap->len;
    guint place = deadline->place;

    while (place * 2 <= count) {
        guint child = place * 2;

        if (child < count && at(deadlines, child + 1)->when < at(deadlines, child)->when)
            child++;
        if (at(deadlines, child)->when >= deadline->when)
            break;
        put(deadlines, place, at(deadlines, child));
        place = child;
    }
    put(deadlines, place, deadline);
}

static void
take_out(IkeDeadlines *deadlines, IkeDeadline *deadline)
{
    guint place = deadline->place;
    IkeDeadline *last = at(deadlines, deadlines->heap->len);

    g_ptr_array_set_size(deadlines->heap, (gint)deadlines->heap->len - 1);
    deadline->place = 0;
    if (last == deadline)
        return;
    put(deadlines, place, last);
    rise(deadlines, last);
    sink(deadlines, last);
}

void
ike_deadlines_set(IkeDeadlines *deadlines, IkeDeadline *deadline, gint64 when)
{
    deadline->when = when;
    if (when == IKE_NEVER) {
        if (deadline->place != 0)
            take_out(deadlines, deadline);
        return;
    }
    if (deadline->place == 0) {
        g_ptr_array_add(deadlines->heap, deadline);
        deadline->place = deadlines->heap->len;
    }
    rise(deadlines, deadline);
    sink(deadlines, deadline);
}

gpointer
ike_deadlines_first(const IkeDeadlines *deadlines, gint64 *ret_when)
{
    IkeDeadline *first;

    if (deadlines->heap->len == 0)
        return NULL;
    first = at(deadlines, 1);
    *ret_when = first->when;
    return first->owner;
}
