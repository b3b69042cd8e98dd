/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* What was a secret is given out again, and shows nothing of it. */
static void
test_a_new_secret_is_zero_whatever_was_there_before(void)
{
    for (gsize length = 0; length < 20000; length += 1 + length / 3) {
        Secret *secrets[4];

        for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
            secrets[i] = secret_new_zero(length);
            memset(secret_edit(secrets[i]), 0xa5, length);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
            for (gsize k = 0; k < length; k++)
                g_assert_cmpuint(secret_data(secrets[i])[k], ==, 0xa5);
            secret_free(secrets[i]);
            secrets[i] = secret_new_zero(length);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
            for (gsize k = 0; k <= length; k++)
                g_assert_cmpuint(secret_data(secrets[i])[k], ==, 0);
            secret_free(secrets[i]);
        }
    }
}

static guint64
locked_kib(void)
{
    g_autofree char *status = NULL;
    const char *line;

    g_assert_true(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
    line = strstr(status, "VmLck:");
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + strlen("VmLck:"), NULL, 10);
}

/* Not under a sanitizer, and not where RLIMIT_MEMLOCK is too small. */
static gboolean
can_lock(void)
{
    static guint8 octet;
    guint64 before = locked_kib();

    return mlock(&octet, 1) == 0 && locked_kib() > before && munlock(&octet, 1) == 0;
}

static void
test_memory_is_locked_in_a_child_too(void)
{
    g_autoptr(Secret) before = secret_new_text("wonderland");
    gboolean is_lockable = can_lock();
    pid_t child;
    int status;

    g_assert_true(!is_lockable || locked_kib() > 0);
    child = fork();
    if (child == 0) {
        Secret *after = secret_new_text("wonderland");

        _exit((!is_lockable || locked_kib() > 0) && secret_equal(before, after) ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
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
    g_test_add_func("/secret/a-new-one-is-zero-whatever-was-there-before",
                    test_a_new_secret_is_zero_whatever_was_there_before);
    g_test_add_func("/secret/memory-is-locked-in-a-child-too",
                    test_memory_is_locked_in_a_child_too);
    return g_test_run();
}
