/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/queue.h"

static guint freed;

static void
count_freed(gpointer thing)
{
    freed++;
}

static void
test_actions_come_out_in_order_and_own_what_they_keep(void)
{
    static int thing;
    IkeQueue queue;
    const IkeAction *action;

    ike_queue_init(&queue);
    for (guint i = 1; i <= 3; i++) {
        ike_queue_push(&queue, IKE_TELL_NOTE, i)->note.text =
            ike_queue_keep_text(&queue, i == 2 ? "two" : NULL);
        g_assert_true(ike_queue_keep(&queue, &thing, count_freed) == &thing);
        g_assert_null(ike_queue_keep(&queue, NULL, count_freed));
    }
    freed = 0;
    g_assert_cmpuint(ike_queue_next(&queue)->session, ==, 1);
    g_assert_cmpuint(freed, ==, 0);
    action = ike_queue_next(&queue);
    g_assert_cmpuint(freed, ==, 1);
    g_assert_cmpstr(action->note.text, ==, "two");
    ike_queue_clear(&queue);
    g_assert_cmpuint(freed, ==, 3);
    g_assert_null(ike_queue_next(&queue));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ike/queue/actions_come_out_in_order_and_own_what_they_keep",
                    test_actions_come_out_in_order_and_own_what_they_keep);
    return g_test_run();
}
