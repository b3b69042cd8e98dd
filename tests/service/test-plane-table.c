/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/plane-table.h"

enum { COUNT = 100000, STEPS = 400000, KEYS = 300 };

static void
test_an_empty_table_has_nothing(void)
{
    PlaneTable table = {0};

    g_assert_null(plane_table_find(&table, 1));
    plane_table_remove(&table, 1);
    plane_table_clear(&table);
}

static void
test_a_hundred_thousand_are_found(void)
{
    PlaneTable table = {0};

    for (guint i = 1; i <= COUNT; i++)
        plane_table_insert(&table, i * 2654435761u, GUINT_TO_POINTER(i));
    g_assert_cmpuint(table.count, ==, COUNT);
    for (guint i = 1; i <= COUNT; i++)
        g_assert_true(plane_table_find(&table, i * 2654435761u) == GUINT_TO_POINTER(i));
    g_assert_null(plane_table_find(&table, (COUNT + 1) * 2654435761u));
    plane_table_clear(&table);
}

/* Random steps, with GLib's table as the judge; few keys, so that chains form and are torn. */
static void
test_it_agrees_with_glibs_table(void)
{
    g_autoptr(GHashTable) judge = g_hash_table_new(NULL, NULL);
    g_autoptr(GRand) dice = g_rand_new_with_seed(7);
    PlaneTable table = {0};

    for (guint i = 0; i < STEPS; i++) {
        guint32 key = (guint32)g_rand_int_range(dice, 1, KEYS);
        gpointer value = GUINT_TO_POINTER(i + 1);

        if (g_rand_boolean(dice)) {
            plane_table_insert(&table, key, value);
            g_hash_table_insert(judge, GUINT_TO_POINTER(key), value);
        } else {
            plane_table_remove(&table, key);
            g_hash_table_remove(judge, GUINT_TO_POINTER(key));
        }
        key = (guint32)g_rand_int_range(dice, 0, KEYS);
        g_assert_true(plane_table_find(&table, key) ==
                      g_hash_table_lookup(judge, GUINT_TO_POINTER(key)));
        g_assert_cmpuint(table.count, ==, g_hash_table_size(judge));
    }
    plane_table_clear(&table);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/table/an-empty-table-has-nothing", test_an_empty_table_has_nothing);
    g_test_add_func("/table/a-hundred-thousand-are-found", test_a_hundred_thousand_are_found);
    g_test_add_func("/table/it-agrees-with-glibs-table", test_it_agrees_with_glibs_table);
    return g_test_run();
}
