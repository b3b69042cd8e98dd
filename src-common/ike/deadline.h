/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of thousands of sessions is due first: a binary heap. An IkeDeadline lives inside its
 * owner; setting, moving and removing it costs O(log n), looking at the first one nothing.
 *
 * Times are microseconds of CLOCK_BOOTTIME; IKE_NEVER is later than all of them.
 */
#pragma once

#include <glib.h>

#define IKE_NEVER G_MAXINT64
#define IKE_SECONDS(n) ((gint64)(n)*G_USEC_PER_SEC)

typedef struct {
    gint64 when;
    gpointer owner;
    guint place; /* 1-based place in the heap; 0 = not there */
} IkeDeadline;

typedef struct {
    GPtrArray *heap;
} IkeDeadlines;

void ike_deadlines_init(IkeDeadlines *deadlines);
void ike_deadlines_clear(IkeDeadlines *deadlines);

/* IKE_NEVER takes it out. */
void ike_deadlines_set(IkeDeadlines *deadlines, IkeDeadline *deadline, gint64 when);
/* The owner of the earliest one, or NULL. */
gpointer ike_deadlines_first(const IkeDeadlines *deadlines, gint64 *ret_when);
