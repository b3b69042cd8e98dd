/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/netif.h"

static void
test_the_loopback_address_is_found_and_no_tunnel(void)
{
    NetAddress address;
    g_autofree char *name = NULL;

    g_assert_true(net_address_parse("127.0.0.1", &address));
    name = netif_of_address(&address);
    if (name == NULL) {
        g_test_skip("the loopback interface has no address here");
        return;
    }
    g_assert_cmpstr(name, ==, "lo");
    g_assert_false(netif_is_tunnel(name));
}

static void
test_an_address_of_nobody_has_no_interface(void)
{
    NetAddress address;

    g_assert_true(net_address_parse("192.0.2.77", &address));
    g_assert_null(netif_of_address(&address));
    g_assert_false(netif_is_tunnel("no-such-link"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/base/netif/" #name, test_##name)
    TEST(the_loopback_address_is_found_and_no_tunnel);
    TEST(an_address_of_nobody_has_no_interface);
    return g_test_run();
}
