/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/reason.h"

#include <string.h>

static void
test_every_reason_has_a_token_of_its_own_and_a_title(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (gint i = 0; i < REASON_COUNT; i++) {
        const char *token = reason_token((Reason)i);
        Reason found;

        g_assert_nonnull(token);
        g_assert_true(g_hash_table_add(seen, (gpointer)token));
        g_assert_true(reason_find(token, &found));
        g_assert_cmpint(found, ==, i);
        g_assert_cmpuint(strlen(reason_title((Reason)i)), >, 0);
        g_assert_null(strchr(reason_title((Reason)i), '.'));
    }
}

static void
test_tokens_are_lower_case_words(void)
{
    for (gint i = 0; i < REASON_COUNT; i++)
        for (const char *at = reason_token((Reason)i); *at != '\0'; at++)
            g_assert_true(g_ascii_islower(*at) || g_ascii_isdigit(*at) || *at == '-');
}

static void
test_every_failure_of_a_connection_says_what_to_do(void)
{
    for (gint i = 0; i < REASON_COUNT; i++) {
        ExitCode code = reason_exit_code((Reason)i);
        gboolean is_plain_end = code == EXIT_OK || code == EXIT_CANCELLED ||
                                i == REASON_NETWORK_CHANGED || i == REASON_SUSPENDED ||
                                i == REASON_SHUTDOWN;

        if (!is_plain_end)
            g_assert_cmpuint(strlen(reason_hint((Reason)i)), >, 0);
    }
}

static void
test_an_unknown_token_is_not_found(void)
{
    Reason reason;

    g_assert_false(reason_find("no-such-token", &reason));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reason/every-reason-has-a-token-of-its-own-and-a-title",
                    test_every_reason_has_a_token_of_its_own_and_a_title);
    g_test_add_func("/reason/tokens-are-lower-case-words", test_tokens_are_lower_case_words);
    g_test_add_func("/reason/every-failure-of-a-connection-says-what-to-do",
                    test_every_failure_of_a_connection_says_what_to_do);
    g_test_add_func("/reason/an-unknown-token-is-not-found", test_an_unknown_token_is_not_found);
    return g_test_run();
}
