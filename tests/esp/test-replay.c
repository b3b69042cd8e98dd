/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/replay.h"

/* A step: a number arrives, and whether RFC 4303 3.4.3 lets it in. */
typedef struct {
    guint32 sequence;
    gboolean is_new;
} Step;

enum { LAST = ESP_REPLAY_WINDOW - 1 };

static void
run(EspReplay *replay, const Step *steps, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_test_message("step %" G_GSIZE_FORMAT ": %u", i, steps[i].sequence);
        g_assert_cmpint(esp_replay_check(replay, steps[i].sequence), ==, steps[i].is_new);
        g_assert_cmpint(esp_replay_commit(replay, steps[i].sequence), ==, steps[i].is_new);
    }
}

#define RUN(replay, steps) run(replay, steps, G_N_ELEMENTS(steps))

static void
test_numbers_pass_once_in_any_order(void)
{
    static const Step steps[] = {
        {0, FALSE},  {1, TRUE},   {1, FALSE}, {9, TRUE},   {8, TRUE},   {7, TRUE},    {7, FALSE},
        {3, TRUE},   {2, TRUE},   {2, FALSE}, {16, TRUE},  {15, TRUE},  {15, FALSE},  {15, FALSE},
        {14, TRUE},  {14, FALSE}, {9, FALSE}, {8, FALSE},  {64, TRUE},  {63, TRUE},   {65, TRUE},
        {64, FALSE}, {4, TRUE},   {0, FALSE}, {128, TRUE}, {127, TRUE}, {127, FALSE}, {1, FALSE},
    };
    EspReplay replay = {0};

    RUN(&replay, steps);
}

static void
test_the_window_ends_where_it_should(void)
{
    static const Step steps[] = {
        {LAST + 1, TRUE}, {1, TRUE},         {1, FALSE},        {LAST + 2, TRUE},  {1, FALSE},
        {2, TRUE},        {2, FALSE},        {LAST + 66, TRUE}, {65, FALSE},       {66, TRUE},
        {3, FALSE},       {LAST + 1, FALSE}, {LAST, TRUE},      {LAST + 65, TRUE},
    };
    EspReplay replay = {0};

    RUN(&replay, steps);
}

static void
test_a_jump_forgets_what_is_behind_the_window(void)
{
    static const Step steps[] = {
        {5, TRUE},
        {5 + ESP_REPLAY_BITS, TRUE},
        {5, FALSE},
        {5 + ESP_REPLAY_BITS - 1, TRUE},
        {5 + ESP_REPLAY_BITS - LAST, TRUE},
        {5 + ESP_REPLAY_BITS - LAST - 1, FALSE},
        {4 * ESP_REPLAY_BITS, TRUE},
        {4 * ESP_REPLAY_BITS - LAST, TRUE},
        {3 * ESP_REPLAY_BITS + 70, TRUE},
        {5 + ESP_REPLAY_BITS, FALSE},
        {1000000, TRUE},
        {1000000 - LAST, TRUE},
        {1000000 - 64, TRUE},
        {1000000 - 63, TRUE},
        {1000000 - LAST - 1, FALSE},
    };
    EspReplay replay = {0};

    RUN(&replay, steps);
}

static void
test_the_last_numbers_do_not_wrap(void)
{
    static const Step steps[] = {
        {G_MAXUINT32 - 1, TRUE},
        {G_MAXUINT32, TRUE},
        {G_MAXUINT32, FALSE},
        {G_MAXUINT32 - 1, FALSE},
        {0, FALSE},
        {1, FALSE},
        {G_MAXUINT32 - LAST, TRUE},
        {G_MAXUINT32 - LAST - 1, FALSE},
        {G_MAXUINT32 - 2, TRUE},
    };
    EspReplay replay = {0};

    RUN(&replay, steps);
}

static void
test_every_number_of_a_window_backwards(void)
{
    EspReplay replay = {0};

    for (guint32 i = 0; i < ESP_REPLAY_WINDOW; i++)
        g_assert_true(esp_replay_commit(&replay, 10000 - i));
    g_assert_false(esp_replay_commit(&replay, 10000 - ESP_REPLAY_WINDOW));
    for (guint32 i = 0; i < ESP_REPLAY_WINDOW; i++)
        g_assert_false(esp_replay_check(&replay, 10000 - i));
}

/* The plain definition: a set of all numbers seen and the highest one. */
static void
test_random_arrivals_match_the_definition(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GRand) dice = g_rand_new_with_seed(6479);
    EspReplay replay = {0};
    guint32 top = 0;

    for (guint i = 0; i < 200000; i++) {
        gint32 step = g_rand_int_range(dice, 0, 50) == 0 ? g_rand_int_range(dice, 0, 4000)
                                                         : g_rand_int_range(dice, -2200, 40);
        gint64 at = (gint64)top + step;
        guint32 sequence = at < 0 ? 0 : (guint32)at;
        gboolean is_new = sequence > 0 && (sequence > top || top - sequence < ESP_REPLAY_WINDOW) &&
                          !g_hash_table_contains(seen, GUINT_TO_POINTER(sequence));

        g_assert_cmpint(esp_replay_check(&replay, sequence), ==, is_new);
        if (!is_new || g_rand_boolean(dice))
            continue;
        g_assert_true(esp_replay_commit(&replay, sequence));
        g_hash_table_add(seen, GUINT_TO_POINTER(sequence));
        top = MAX(top, sequence);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/replay/numbers-pass-once-in-any-order", test_numbers_pass_once_in_any_order);
    g_test_add_func("/replay/the-window-ends-where-it-should",
                    test_the_window_ends_where_it_should);
    g_test_add_func("/replay/a-jump-forgets-what-is-behind-the-window",
                    test_a_jump_forgets_what_is_behind_the_window);
    g_test_add_func("/replay/the-last-numbers-do-not-wrap", test_the_last_numbers_do_not_wrap);
    g_test_add_func("/replay/every-number-of-a-window-backwards",
                    test_every_number_of_a_window_backwards);
    g_test_add_func("/replay/random-arrivals-match-the-definition",
                    test_random_arrivals_match_the_definition);
    return g_test_run();
}
