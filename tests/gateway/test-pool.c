/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/pool.h"

#include <glib/gstdio.h>
#include <string.h>

static const NetAddress none = {0};

static NetAddress
address(const char *text)
{
    NetAddress parsed;

    g_assert_true(net_address_parse(text, &parsed));
    return parsed;
}

static Pool *
pool_of(guint size, const char *path)
{
    NetAddress first = address("10.99.0.1");

    return pool_new(&first, size, path);
}

static void
assert_is(const PoolLease *lease, const char *expected)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    g_assert_nonnull(lease);
    g_assert_cmpstr(net_address_format(pool_lease_address(lease), text), ==, expected);
}

static void
test_addresses_are_given_in_order(void)
{
    g_autoptr(Pool) pool = pool_of(3, NULL);
    PoolLease *a = pool_lease(pool, "a", &none);
    PoolLease *b = pool_lease(pool, "b", &none);
    PoolLease *c = pool_lease(pool, "c", &none);

    assert_is(a, "10.99.0.1");
    assert_is(b, "10.99.0.2");
    assert_is(c, "10.99.0.3");
    g_assert_cmpuint(pool_used(pool), ==, 3);
    g_assert_null(pool_lease(pool, "d", &none));
    g_assert_cmpuint(pool_used(pool), ==, 3);
    pool_release(pool, b, 1);
    b = pool_lease(pool, "d", &none);
    assert_is(b, "10.99.0.2");
    pool_release(pool, a, 2);
    pool_release(pool, b, 2);
    pool_release(pool, c, 2);
    pool_release(pool, NULL, 2);
    g_assert_cmpuint(pool_used(pool), ==, 0);
}

static void
test_a_user_gets_the_last_address_again(void)
{
    g_autoptr(Pool) pool = pool_of(4, NULL);
    PoolLease *lease = pool_lease(pool, "a", &none);

    pool_release(pool, pool_lease(pool, "b", &none), 1);
    pool_release(pool, lease, 2);
    lease = pool_lease(pool, "b", &none);
    assert_is(lease, "10.99.0.2");
    pool_release(pool, lease, 3);
    lease = pool_lease(pool, "c", &none);
    assert_is(lease, "10.99.0.3");
    pool_release(pool, lease, 4);
    lease = pool_lease(pool, "a", &none);
    assert_is(lease, "10.99.0.1");
    pool_release(pool, lease, 5);
}

static void
test_the_longest_free_address_is_taken_over(void)
{
    g_autoptr(Pool) pool = pool_of(2, NULL);
    PoolLease *lease;

    pool_release(pool, pool_lease(pool, "a", &none), 1);
    pool_release(pool, pool_lease(pool, "b", &none), 2);
    lease = pool_lease(pool, "c", &none);
    assert_is(lease, "10.99.0.1");
    pool_release(pool, lease, 3);
    /* a has none of its own any more */
    lease = pool_lease(pool, "a", &none);
    assert_is(lease, "10.99.0.2");
    pool_release(pool, lease, 4);
}

static void
test_a_wish_counts_where_nobody_is(void)
{
    g_autoptr(Pool) pool = pool_of(5, NULL);
    NetAddress fourth = address("10.99.0.4"), outside = address("10.99.1.4");
    PoolLease *a = pool_lease(pool, "a", &fourth);
    PoolLease *b = pool_lease(pool, "b", &fourth);
    PoolLease *c = pool_lease(pool, "c", &outside);

    assert_is(a, "10.99.0.4");
    assert_is(b, "10.99.0.1");
    assert_is(c, "10.99.0.2");
    pool_release(pool, a, 1);
    /* somebody else's habit is no free wish */
    pool_release(pool, b, 2);
    b = pool_lease(pool, "b", &fourth);
    assert_is(b, "10.99.0.1");
    pool_release(pool, b, 3);
    pool_release(pool, c, 3);
}

static void
test_leases_survive_a_restart(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "coati-test-leases-XXXXXX", NULL);
    g_autoptr(Pool) again = NULL;
    g_autofree char *text = NULL;
    PoolLease *lease;
    gint fd = g_mkstemp(path);
    Pool *pool;

    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    pool = pool_of(4, path);
    pool_release(pool, pool_lease(pool, "a", &none), 1);
    lease = pool_lease(pool, "b with blanks", &none);
    pool_release(pool, lease, 77);
    pool_free(pool);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, "10.99.0.2 77 b with blanks\n"));
    again = pool_of(4, path);
    lease = pool_lease(again, "b with blanks", &none);
    assert_is(lease, "10.99.0.2");
    pool_release(again, lease, 78);
    lease = pool_lease(again, "c", &none);
    assert_is(lease, "10.99.0.3");
    pool_release(again, lease, 79);
    g_unlink(path);
}

static void
test_a_damaged_file_is_left_out(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "coati-test-leases-XXXXXX", NULL);
    g_autoptr(Pool) pool = NULL;
    PoolLease *lease;
    gint fd = g_mkstemp(path);

    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path,
                                      "nonsense\n10.99.0.9 1 out-of-range\n10.99.0.1\n"
                                      "10.99.0.1 1 a\n10.99.0.1 2 twice\n10.99.0.2 1 \n",
                                      -1, NULL));
    pool = pool_of(4, path);
    lease = pool_lease(pool, "a", &none);
    assert_is(lease, "10.99.0.1");
    pool_release(pool, lease, 1);
    lease = pool_lease(pool, "twice", &none);
    assert_is(lease, "10.99.0.2");
    pool_release(pool, lease, 1);
    g_unlink(path);
}

/* Many leases and releases in any order: never the same address twice, never one too many. */
static void
test_no_address_is_leased_twice(void)
{
    g_autoptr(Pool) pool = pool_of(50, NULL);
    g_autoptr(GHashTable) held = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) leases = g_ptr_array_new();

    for (guint i = 0; i < 20000; i++) {
        g_autofree char *user = g_strdup_printf("user%d", g_test_rand_int_range(0, 80));
        PoolLease *lease;
        guint32 key;

        if (leases->len > 0 && g_test_rand_bit()) {
            lease = g_ptr_array_remove_index_fast(
                leases, (guint)g_test_rand_int_range(0, (gint)leases->len));
            memcpy(&key, pool_lease_address(lease)->octets, 4);
            g_assert_true(g_hash_table_remove(held, GUINT_TO_POINTER(key)));
            pool_release(pool, lease, i);
        } else {
            lease = pool_lease(pool, user, &none);
            g_assert_true((lease == NULL) == (leases->len == 50));
            if (lease == NULL)
                continue;
            memcpy(&key, pool_lease_address(lease)->octets, 4);
            g_assert_true(g_hash_table_add(held, GUINT_TO_POINTER(key)));
            g_ptr_array_add(leases, lease);
        }
        g_assert_cmpuint(pool_used(pool), ==, leases->len);
    }
    for (guint i = 0; i < leases->len; i++)
        pool_release(pool, leases->pdata[i], 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pool/addresses-are-given-in-order", test_addresses_are_given_in_order);
    g_test_add_func("/pool/a-user-gets-the-last-address-again",
                    test_a_user_gets_the_last_address_again);
    g_test_add_func("/pool/the-longest-free-address-is-taken-over",
                    test_the_longest_free_address_is_taken_over);
    g_test_add_func("/pool/a-wish-counts-where-nobody-is", test_a_wish_counts_where_nobody_is);
    g_test_add_func("/pool/leases-survive-a-restart", test_leases_survive_a_restart);
    g_test_add_func("/pool/a-damaged-file-is-left-out", test_a_damaged_file_is_left_out);
    g_test_add_func("/pool/no-address-is-leased-twice", test_no_address_is_leased_twice);
    return g_test_run();
}
