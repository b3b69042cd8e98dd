/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/net.h"

static NetPrefix
prefix_of(const char *text)
{
    NetPrefix prefix;

    g_assert_true(net_prefix_parse(text, &prefix));
    return prefix;
}

static NetAddress
address_of(const char *text)
{
    NetAddress address;

    g_assert_true(net_address_parse(text, &address));
    return address;
}

static void
test_prefixes_are_read_and_shown(void)
{
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"10.1.2.3", "10.1.2.3/32"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"2001:db8::1/32", "2001:db8::/32"},
        {"::/0", "::/0"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"192.0.2.129/25", "192.0.2.128/25"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        NetPrefix prefix = prefix_of(rows[i].text);
        char text[NET_PREFIX_TEXT_SIZE];

        g_assert_cmpstr(net_prefix_format(&prefix, text), ==, rows[i].shown);
    }
}

static void
test_what_is_no_prefix_is_refused(void)
{
    static const char *const rows[] = {"",          "10.0.0.0/33", "10.0.0/8",   "::/129", "x",
                                       "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/a", "/8",     "10/8"};
    NetPrefix prefix;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_false(net_prefix_parse(rows[i], &prefix));
}

static void
test_masks_with_holes_are_refused(void)
{
    static const guint8 address[] = {10, 1, 2, 3};
    static const guint8 good[] = {255, 255, 240, 0};
    static const guint8 bad[] = {255, 0, 255, 0};
    static const guint8 none[] = {0, 0, 0, 0};
    static const guint8 all[] = {255, 255, 255, 255};
    NetPrefix prefix;

    g_assert_true(net_prefix_from_mask(address, good, &prefix));
    g_assert_cmpuint(prefix.prefix_length, ==, 20);
    g_assert_true(net_prefix_from_mask(address, none, &prefix));
    g_assert_true(net_prefix_is_default(&prefix));
    g_assert_true(net_prefix_from_mask(address, all, &prefix));
    g_assert_cmpuint(prefix.prefix_length, ==, 32);
    g_assert_false(net_prefix_from_mask(address, bad, &prefix));
}

static void
test_containment_respects_family_and_length(void)
{
    NetPrefix ten = prefix_of("10.0.0.0/8");
    NetPrefix part = prefix_of("10.7.0.0/16");
    NetPrefix all = prefix_of("0.0.0.0/0");
    NetPrefix all6 = prefix_of("::/0");
    NetAddress inside = address_of("10.7.0.1");
    NetAddress inside6 = address_of("2001:db8::1");

    g_assert_true(net_prefix_contains(&ten, &inside));
    g_assert_true(net_prefix_covers(&ten, &part));
    g_assert_false(net_prefix_covers(&part, &ten));
    g_assert_true(net_prefix_covers(&all, &ten));
    g_assert_false(net_prefix_covers(&all6, &ten));
    g_assert_false(net_prefix_contains(&all, &inside6));
}

static void
test_special_addresses_are_known(void)
{
    static const struct {
        const char *text;
        gboolean is_special;
    } rows[] = {
        {"127.0.0.1", TRUE},   {"0.0.0.0", TRUE},         {"169.254.1.1", TRUE},
        {"224.0.0.251", TRUE}, {"255.255.255.255", TRUE}, {"::", TRUE},
        {"::1", TRUE},         {"fe80::1", TRUE},         {"ff02::1", TRUE},
        {"10.0.0.1", FALSE},   {"192.168.1.1", FALSE},    {"2001:db8::1", FALSE},
        {"fd00::1", FALSE},    {"223.255.255.1", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        NetAddress address = address_of(rows[i].text);

        g_assert_cmpint(net_address_is_special(&address), ==, rows[i].is_special);
    }
}

static void
test_endpoints_are_shown_in_both_families(void)
{
    NetEndpoint four = {.address = address_of("192.0.2.1"), .port = 500};
    NetEndpoint six = {.address = address_of("2001:db8::1"), .port = 4500};
    char text[NET_ENDPOINT_TEXT_SIZE];

    g_assert_cmpstr(net_endpoint_format(&four, text), ==, "192.0.2.1:500");
    g_assert_cmpstr(net_endpoint_format(&six, text), ==, "[2001:db8::1]:4500");
    g_assert_false(net_endpoint_equal(&four, &six));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/prefixes-are-read-and-shown", test_prefixes_are_read_and_shown);
    g_test_add_func("/net/what-is-no-prefix-is-refused", test_what_is_no_prefix_is_refused);
    g_test_add_func("/net/masks-with-holes-are-refused", test_masks_with_holes_are_refused);
    g_test_add_func("/net/containment-respects-family-and-length",
                    test_containment_respects_family_and_length);
    g_test_add_func("/net/special-addresses-are-known", test_special_addresses_are_known);
    g_test_add_func("/net/endpoints-are-shown-in-both-families",
                    test_endpoints_are_shown_in_both_families);
    return g_test_run();
}
