/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/deadline.h"

enum { COUNT = 500 };

static gint64
slow_first(const IkeDeadline *all)
{
    gint64 first = IKE_NEVER;

    for (guint i = 0; i < COUNT; i++)
        first = MIN(first, all[i].when);
    return first;
}

static void
test_first_is_first_whatever_was_set_moved_and_removed(void)
{
    GRand *dice = g_rand_new_with_seed(1);
    IkeDeadline all[COUNT];
    IkeDeadlines heap;

    ike_deadlines_init(&heap);
    for (guint i = 0; i < COUNT; i++)
        all[i] = (IkeDeadline){.when = IKE_NEVER, .owner = &all[i]};
    for (guint i = 0; i < 20000; i++) {
        IkeDeadline *one = &all[g_rand_int_range(dice, 0, COUNT)];
        gboolean is_removed = g_rand_int_range(dice, 0, 4) == 0;
        gint64 when = IKE_NEVER;
        IkeDeadline *first;

        ike_deadlines_set(&heap, one, is_removed ? IKE_NEVER : g_rand_int_range(dice, 0, 100000));
        first = ike_deadlines_first(&heap, &when);
        g_assert_cmpint(when, ==, slow_first(all));
        g_assert_true(first == NULL || first->when == when);
    }
    for (guint i = 0; i < COUNT; i++)
        ike_deadlines_set(&heap, &all[i], IKE_NEVER);
    g_assert_cmpuint(heap.heap->len, ==, 0);
    ike_deadlines_clear(&heap);
    g_rand_free(dice);
}

static void
test_all_come_out_in_order(void)
{
    IkeDeadline all[COUNT];
    IkeDeadlines heap;
    gint64 last = -1, when;
    IkeDeadline *first;

    ike_deadlines_init(&heap);
    for (guint i = 0; i < COUNT; i++) {
        all[i] = (IkeDeadline){.owner = &all[i]};
        ike_deadlines_set(&heap, &all[i], (i * 7919) % 1009);
    }
    while ((first = ike_deadlines_first(&heap, &when)) != NULL) {
        g_assert_cmpint(when, >=, last);
        last = when;
        ike_deadlines_set(&heap, first, IKE_NEVER);
    }
    ike_deadlines_clear(&heap);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ike/deadline/first_is_first_whatever_was_set_moved_and_removed",
                    test_first_is_first_whatever_was_set_moved_and_removed);
    g_test_add_func("/ike/deadline/all_come_out_in_order", test_all_come_out_in_order);
    return g_test_run();
}
