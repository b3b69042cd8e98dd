/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/backlog.h"

struct BacklogSession {
    char *name;
    GQueue items; /* BacklogItem; the first may be under way */
    gboolean is_under_way;
};

struct Backlog {
    GQueue intake;        /* BacklogItem behind an On or Off */
    GHashTable *sessions; /* those with items */
    GQueue ready;         /* BacklogSession, each once: has items, none under way */
    gboolean is_barrier;  /* the only session is an On or Off */
    guint length;
};

static void
free_item(gpointer pointer)
{
    BacklogItem *item = pointer;

    radius_record_free(item->record);
    g_free(item);
}

static void
free_session(gpointer pointer)
{
    BacklogSession *session = pointer;

    g_queue_clear_full(&session->items, free_item);
    g_free(session->name);
    g_free(session);
}

Backlog *
backlog_new(void)
{
    Backlog *backlog = g_new0(Backlog, 1);

    backlog->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_session);
    return backlog;
}

void
backlog_free(Backlog *backlog)
{
    if (backlog == NULL)
        return;
    g_queue_clear_full(&backlog->intake, free_item);
    g_queue_clear(&backlog->ready);
    g_hash_table_unref(backlog->sessions);
    g_free(backlog);
}

static gboolean
is_barrier(const BacklogItem *item)
{
    return item->record->event == RADIUS_EVENT_ON || item->record->event == RADIUS_EVENT_OFF;
}

static BacklogSession *
find_session(Backlog *backlog, const char *name)
{
    BacklogSession *session = g_hash_table_lookup(backlog->sessions, name);

    if (session != NULL)
        return session;
    session = g_new0(BacklogSession, 1);
    session->name = g_strdup(name);
    g_hash_table_insert(backlog->sessions, session->name, session);
    return session;
}

/* Returns the ticket of what it replaced. */
static guint64
admit(Backlog *backlog, BacklogItem *item)
{
    BacklogSession *session = find_session(backlog, item->record->session);
    BacklogItem *last = g_queue_peek_tail(&session->items);
    gboolean is_waiting = session->items.length > (session->is_under_way ? 1U : 0U);
    guint64 replaced = 0;

    item->session = session;
    if (is_waiting && last->record->event == RADIUS_EVENT_INTERIM) {
        replaced = last->ticket;
        free_item(g_queue_pop_tail(&session->items));
        backlog->length--;
    }
    g_queue_push_tail(&session->items, item);
    if (!session->is_under_way && session->items.length == 1 && replaced == 0)
        g_queue_push_tail(&backlog->ready, session);
    return replaced;
}

/* TRUE when the head of the intake may be among the sessions. */
static gboolean
can_admit(const Backlog *backlog, const BacklogItem *item)
{
    if (backlog->is_barrier)
        return FALSE;
    return !is_barrier(item) || g_hash_table_size(backlog->sessions) == 0;
}

static void
drain_intake(Backlog *backlog)
{
    BacklogItem *item;

    while ((item = g_queue_peek_head(&backlog->intake)) != NULL && can_admit(backlog, item)) {
        g_queue_pop_head(&backlog->intake);
        backlog->is_barrier = is_barrier(item);
        admit(backlog, item);
    }
}

guint64
backlog_push(Backlog *backlog, guint64 ticket, RadiusRecord *take_record)
{
    BacklogItem *item = g_new0(BacklogItem, 1);

    item->ticket = ticket;
    item->record = take_record;
    backlog->length++;
    if (backlog->intake.length == 0 && !is_barrier(item) && can_admit(backlog, item))
        return admit(backlog, item);
    g_queue_push_tail(&backlog->intake, item);
    drain_intake(backlog);
    return 0;
}

gboolean
backlog_can_pop(const Backlog *backlog)
{
    return backlog->ready.length > 0;
}

BacklogItem *
backlog_pop(Backlog *backlog)
{
    BacklogSession *session = g_queue_pop_head(&backlog->ready);

    if (session == NULL)
        return NULL;
    session->is_under_way = TRUE;
    return g_queue_peek_head(&session->items);
}

void
backlog_done(Backlog *backlog, BacklogItem *take_item)
{
    BacklogSession *session = take_item->session;

    backlog->is_barrier = FALSE;
    session->is_under_way = FALSE;
    free_item(g_queue_pop_head(&session->items));
    backlog->length--;
    if (session->items.length > 0)
        g_queue_push_tail(&backlog->ready, session);
    else
        g_hash_table_remove(backlog->sessions, session->name);
    drain_intake(backlog);
}

void
backlog_put_back(Backlog *backlog, BacklogItem *take_item)
{
    BacklogSession *session = take_item->session;

    session->is_under_way = FALSE;
    g_queue_push_head(&backlog->ready, session);
}

guint
backlog_length(const Backlog *backlog)
{
    return backlog->length;
}
