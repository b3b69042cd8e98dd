/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/bans.h"

enum { SECOND = G_USEC_PER_SEC };

static const NetAddress here = {.length = 4, .octets = {192, 0, 2, 1}};
static const NetAddress there = {.length = 4, .octets = {192, 0, 2, 2}};

static void
test_the_pair_waits_and_nobody_else(void)
{
    g_autoptr(Bans) bans = bans_new();

    g_assert_false(bans_failed(bans, SECOND, "a", &here, 3, 60));
    g_assert_false(bans_failed(bans, SECOND, "a", &here, 3, 60));
    g_assert_false(bans_have(bans, SECOND, "a", &here));
    g_assert_true(bans_failed(bans, SECOND, "a", &here, 3, 60));
    g_assert_true(bans_have(bans, 2 * SECOND, "a", &here));
    g_assert_false(bans_have(bans, 2 * SECOND, "b", &here));
    g_assert_false(bans_have(bans, 2 * SECOND, "a", &there));
    g_assert_false(bans_have(bans, 62 * SECOND, "a", &here));
}

static void
test_a_good_password_forgets_the_bad_ones(void)
{
    g_autoptr(Bans) bans = bans_new();

    g_assert_false(bans_failed(bans, SECOND, "a", &here, 2, 60));
    bans_succeeded(bans, "a", &here);
    g_assert_false(bans_failed(bans, SECOND, "a", &here, 2, 60));
    g_assert_false(bans_have(bans, SECOND, "a", &here));
}

static void
test_old_failures_do_not_count(void)
{
    g_autoptr(Bans) bans = bans_new();

    g_assert_false(bans_failed(bans, SECOND, "a", &here, 2, 60));
    g_assert_false(bans_failed(bans, 100 * SECOND, "a", &here, 2, 60));
}

static void
test_zero_seconds_turn_it_off(void)
{
    g_autoptr(Bans) bans = bans_new();

    for (guint i = 0; i < 10; i++)
        g_assert_false(bans_failed(bans, SECOND, "a", &here, 2, 0));
}

static void
count(const char *name, gint64 left_seconds, gpointer user_data)
{
    g_assert_cmpint(left_seconds, ==, -1);
    (*(guint *)user_data)++;
}

static void
test_an_administrator_bans_users_and_addresses(void)
{
    g_autoptr(Bans) bans = bans_new();
    guint rows = 0;

    bans_add(bans, SECOND, "a", 0);
    bans_add(bans, SECOND, "192.0.2.2", 0);
    g_assert_true(bans_have(bans, SECOND, "a", &here));
    g_assert_true(bans_have(bans, SECOND, "b", &there));
    g_assert_false(bans_have(bans, SECOND, "b", &here));
    bans_look(bans, SECOND, count, &rows);
    g_assert_cmpuint(rows, ==, 2);
    g_assert_true(bans_remove(bans, "a"));
    g_assert_false(bans_remove(bans, "a"));
    g_assert_false(bans_have(bans, SECOND, "a", &here));
}

/* More pairs than are remembered: a guesser must not be able to lift what an administrator set. */
static void
test_no_guesser_lifts_an_administrators_ban(void)
{
    g_autoptr(Bans) bans = bans_new();

    bans_add(bans, SECOND, "a", 0);
    bans_add(bans, SECOND, "192.0.2.2", 3600);
    for (guint i = 0; i < 70000; i++) {
        g_autofree char *name = g_strdup_printf("guess%u", i);

        bans_failed(bans, SECOND, name, &here, 8, 300);
    }
    g_assert_true(bans_have(bans, SECOND, "a", &here));
    g_assert_true(bans_have(bans, SECOND, "b", &there));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bans/the-pair-waits-and-nobody-else", test_the_pair_waits_and_nobody_else);
    g_test_add_func("/bans/a-good-password-forgets-the-bad-ones",
                    test_a_good_password_forgets_the_bad_ones);
    g_test_add_func("/bans/old-failures-do-not-count", test_old_failures_do_not_count);
    g_test_add_func("/bans/zero-seconds-turn-it-off", test_zero_seconds_turn_it_off);
    g_test_add_func("/bans/an-administrator-bans-users-and-addresses",
                    test_an_administrator_bans_users_and_addresses);
    g_test_add_func("/bans/no-guesser-lifts-an-administrators-ban",
                    test_no_guesser_lifts_an_administrators_ban);
    return g_test_run();
}
