/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/queue.h"

typedef struct {
    gpointer thing;
    GDestroyNotify free_thing;
} Kept;

typedef struct {
    IkeAction action;
    GArray *kept;
} Node;

static void
node_free(gpointer data)
{
    Node *node = data;

    if (node == NULL)
        return;
    for (guint i = 0; node->kept != NULL && i < node->kept->len; i++) {
        Kept *kept = &g_array_index(node->kept, Kept, i);
        kept->free_thing(kept->thing);
    }
    g_clear_pointer(&node->kept, g_array_unref);
    g_free(node);
}

void
ike_queue_init(IkeQueue *queue)
{
    g_queue_init(&queue->nodes);
    queue->taken = NULL;
}

void
ike_queue_clear(IkeQueue *queue)
{
    g_queue_clear_full(&queue->nodes, node_free);
    g_clear_pointer(&queue->taken, node_free);
}

IkeAction *
ike_queue_push(IkeQueue *queue, IkeActionType type, guint64 session)
{
    Node *node = g_new0(Node, 1);

    node->action.type = type;
    node->action.session = session;
    g_queue_push_tail(&queue->nodes, node);
    return &node->action;
}

gpointer
ike_queue_keep(IkeQueue *queue, gpointer thing, GDestroyNotify free_thing)
{
    Node *node = g_queue_peek_tail(&queue->nodes);
    Kept kept = {thing, free_thing};

    if (thing == NULL)
        return NULL;
    if (node->kept == NULL)
        node->kept = g_array_new(FALSE, FALSE, sizeof(Kept));
    g_array_append_val(node->kept, kept);
    return thing;
}

const char *
ike_queue_keep_text(IkeQueue *queue, const char *text)
{
    return ike_queue_keep(queue, g_strdup(text), g_free);
}

const IkeAction *
ike_queue_next(IkeQueue *queue)
{
    Node *node;

    g_clear_pointer(&queue->taken, node_free);
    node = g_queue_pop_head(&queue->nodes);
    queue->taken = node;
    return node != NULL ? &node->action : NULL;
}
