/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret.h"

static void
test_octets_are_kept_with_a_nul_behind(void)
{
    g_autoptr(Secret) secret = secret_new("ab\0c", 4);
    g_autoptr(Secret) text = secret_new_text("wonderland");

    g_assert_cmpmem(secret_data(secret), secret_length(secret), "ab\0c", 4);
    g_assert_cmpuint(secret_data(secret)[4], ==, 0);
    g_assert_cmpstr(secret_text(text), ==, "wonderland");
}

static void
test_equality_needs_length_and_octets(void)
{
    g_autoptr(Secret) one = secret_new_text("password");
    g_autoptr(Secret) same = secret_dup(one);
    g_autoptr(Secret) other = secret_new_text("passwore");
    g_autoptr(Secret) longer = secret_new("password", 9);
    g_autoptr(Secret) empty = secret_new(NULL, 0);

    g_assert_true(secret_equal(one, same));
    g_assert_false(secret_equal(one, other));
    g_assert_false(secret_equal(one, longer));
    g_assert_false(secret_equal(one, empty));
    g_assert_true(secret_equal(empty, empty));
}

static void
test_nothing_is_freed_without_harm(void)
{
    secret_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secret/octets-are-kept-with-a-nul-behind",
                    test_octets_are_kept_with_a_nul_behind);
    g_test_add_func("/secret/equality-needs-length-and-octets",
                    test_equality_needs_length_and_octets);
    g_test_add_func("/secret/nothing-is-freed-without-harm", test_nothing_is_freed_without_harm);
    return g_test_run();
}
