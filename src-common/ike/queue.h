/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one ordered queue of actions between the engine and its host.
 *
 * An action borrows its texts and octets from things that its queue node keeps, so it outlives the
 * session that made it; everything is freed (secrets wiped) when the next action is taken.
 */
#pragma once

#include "ike/action.h"

typedef struct {
    GQueue nodes;
    gpointer taken;
} IkeQueue;

void ike_queue_init(IkeQueue *queue);
void ike_queue_clear(IkeQueue *queue);

/* Appends an empty action for the caller to fill. */
IkeAction *ike_queue_push(IkeQueue *queue, IkeActionType type, guint64 session);
/* Ties thing to the life of the action that was pushed last; returns thing. NULL is fine. */
gpointer ike_queue_keep(IkeQueue *queue, gpointer thing, GDestroyNotify free_thing);
/* A kept copy of text, or NULL. */
const char *ike_queue_keep_text(IkeQueue *queue, const char *text);

/* NULL when empty. Valid until the next call. */
const IkeAction *ike_queue_next(IkeQueue *queue);
