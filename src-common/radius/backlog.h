/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backlog: accounting records in the order in which a server may see them. Of a session one record
 * is under way at a time, so that a Start comes before its Stop; On and Off wait for all before
 * them and hold back all behind them. A newer Interim takes the place of one that still waits.
 */
#pragma once

#include "radius/settings.h"

typedef struct Backlog Backlog;

typedef struct BacklogSession BacklogSession;

typedef struct {
    guint64 ticket;
    RadiusRecord *record;
    BacklogSession *session;
} BacklogItem;

Backlog *backlog_new(void);
void backlog_free(Backlog *backlog);

/* Returns the ticket of an Interim that this one replaces, 0 for none. */
guint64 backlog_push(Backlog *backlog, guint64 ticket, RadiusRecord *take_record);
/* What may be sent now, NULL for nothing. It is under way until done or put back, and the
 * backlog's. */
BacklogItem *backlog_pop(Backlog *backlog);
/* Whether backlog_pop() has one. */
gboolean backlog_can_pop(const Backlog *backlog);
void backlog_done(Backlog *backlog, BacklogItem *take_item);
void backlog_put_back(Backlog *backlog, BacklogItem *take_item);
/* Records that wait or are under way. */
guint backlog_length(const Backlog *backlog);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Backlog, backlog_free)
