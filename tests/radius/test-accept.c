/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of an Access-Accept, octets by the layouts of RFC 2865 5 and of the vendors. */
#include "hex.h"
#include "radius/accept.h"

#include <string.h>

/* Everything behind the header. */
static RadiusSettings *
read_accept(const char *attributes)
{
    g_autoptr(GByteArray) octets = hex_octets(attributes);
    g_autoptr(GByteArray) data = hex_octets("02 00 00 00 00000000000000000000000000000000");
    RadiusPacket packet;

    g_byte_array_append(data, octets->data, octets->len);
    data->data[2] = (guint8)(data->len >> 8);
    data->data[3] = (guint8)data->len;
    g_assert_true(radius_packet_parse(data->data, data->len, &packet));
    return radius_accept_read(&packet);
}

static char *
text_of(GArray *addresses)
{
    GString *text = g_string_new(NULL);
    char room[NET_ADDRESS_TEXT_SIZE];

    for (guint i = 0; i < addresses->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                               net_address_format(&g_array_index(addresses, NetAddress, i), room));
    return g_string_free(text, FALSE);
}

static char *
networks_of(GArray *networks)
{
    GString *text = g_string_new(NULL);
    char room[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < networks->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                               net_prefix_format(&g_array_index(networks, NetPrefix, i), room));
    return g_string_free(text, FALSE);
}

static char *
hex_text(guint8 type, const char *text)
{
    GString *hex = g_string_new(NULL);

    g_string_append_printf(hex, "%02x%02x", type, (guint)strlen(text) + 2);
    for (; *text != '\0'; text++)
        g_string_append_printf(hex, "%02x", (guint8)*text);
    return g_string_free(hex, FALSE);
}

static char *
hex_vendor(guint32 vendor, guint8 type, const char *text)
{
    g_autofree char *inner = hex_text(type, text);

    return g_strdup_printf("1a%02x%08x%s", (guint)strlen(text) + 8, vendor, inner);
}

static void
test_address_and_mask_are_read(void)
{
    g_autoptr(RadiusSettings) settings =
        read_accept("0906 ffffff00 0806 0a010009 0c06 00000578 1b06 00000e10 1c06 0000012c"
                    "5506 00000078 1905 616263 1904 ff00");
    char text[NET_ADDRESS_TEXT_SIZE];

    g_assert_cmpstr(net_address_format(&settings->address4, text), ==, "10.1.0.9");
    g_assert_cmpuint(settings->prefix_length4, ==, 24);
    g_assert_cmpuint(settings->mtu_octets, ==, 1400);
    g_assert_cmpuint(settings->session_timeout_seconds, ==, 3600);
    g_assert_cmpuint(settings->idle_timeout_seconds, ==, 300);
    g_assert_cmpuint(settings->interim_seconds, ==, 120);
    g_assert_cmpuint(settings->classes->len, ==, 2);
}

static void
test_an_address_without_mask_is_one_host(void)
{
    g_autoptr(RadiusSettings) settings = read_accept("0806 0a010009");

    g_assert_cmpuint(settings->prefix_length4, ==, 32);
}

static void
test_the_server_may_leave_the_choice_to_the_gateway(void)
{
    g_autoptr(RadiusSettings) pool = read_accept("0806 fffffffe 0906 ffffff00");
    g_autoptr(RadiusSettings) user = read_accept("0806 ffffffff");

    g_assert_cmpuint(pool->address4.length, ==, 0);
    g_assert_cmpuint(pool->prefix_length4, ==, 0);
    g_assert_cmpuint(user->address4.length, ==, 0);
}

static void
test_ipv6_prefix_and_address_are_read(void)
{
    g_autoptr(RadiusSettings) prefix = read_accept("610c 0040 20010db800010002");
    g_autoptr(RadiusSettings) address = read_accept("a812 20010db8000000000000000000000005");
    g_autoptr(RadiusSettings) cut = read_accept("610a 0040 20010db80001");

    g_assert_cmpuint(prefix->prefix_length6, ==, 64);
    g_assert_cmpuint(address->prefix_length6, ==, 128);
    g_assert_cmpuint(cut->address6.length, ==, 0);
}

static void
test_routes_are_split_networks(void)
{
    g_autofree char *route = hex_text(RADIUS_FRAMED_ROUTE, "10.2.0.0/16 10.1.0.1 1");
    g_autoptr(RadiusSettings) settings = read_accept(route);
    g_autofree char *networks = networks_of(settings->split_include);

    g_assert_cmpstr(networks, ==, "10.2.0.0/16");
}

static void
test_microsoft_name_servers_are_read_once(void)
{
    g_autoptr(RadiusSettings) settings =
        read_accept("1a0c 00000137 1c06 0a000035 1a0c 00000137 1d06 0a000035"
                    "1a0c 00000137 1e06 0a000036 1a0c 00000c04 0506 0a000037");
    g_autofree char *dns = text_of(settings->dns);
    g_autofree char *wins = text_of(settings->wins);

    g_assert_cmpstr(dns, ==, "10.0.0.53 10.0.0.55");
    g_assert_cmpstr(wins, ==, "10.0.0.54");
}

static void
test_cisco_pairs_are_read_in_any_spelling(void)
{
    g_autofree char *dns = hex_vendor(9, 1, "IPSEC:DNS-Servers*10.0.0.53 10.0.0.54");
    g_autofree char *domain = hex_vendor(9, 1, "ipsec:default-domain=example.org");
    g_autofree char *route = hex_vendor(9, 1, "ipsec:route-set=prefix 10.3.0.0/16");
    g_autofree char *pool = hex_vendor(9, 1, "ipsec:addr-pool=staff");
    g_autofree char *other = hex_vendor(9, 1, "shell:priv-lvl=15");
    g_autofree char *all = g_strconcat(dns, domain, route, pool, other, NULL);
    g_autoptr(RadiusSettings) settings = read_accept(all);
    g_autofree char *servers = text_of(settings->dns);
    g_autofree char *networks = networks_of(settings->split_include);

    g_assert_cmpstr(servers, ==, "10.0.0.53 10.0.0.54");
    g_assert_cmpstr(settings->domain, ==, "example.org");
    g_assert_cmpstr(networks, ==, "10.3.0.0/16");
    g_assert_cmpstr(settings->pool, ==, "staff");
}

static void
test_altiga_lists_follow_their_policy(void)
{
    static const struct {
        const char *policy;
        const char *include;
        const char *exclude;
    } rows[] = {
        {"", "10.2.0.0/16 10.3.4.0/24", ""},
        {"1a0c 00000c04 3706 00000000", "", ""},
        {"1a0c 00000c04 3706 00000001", "10.2.0.0/16 10.3.4.0/24", ""},
        {"1a0c 00000c04 3706 00000002", "", "10.2.0.0/16 10.3.4.0/24"},
    };
    g_autofree char *list = hex_vendor(3076, 27, "10.2.0.0/255.255.0.0,10.3.4.0/24");

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *all = g_strconcat(rows[i].policy, list, NULL);
        g_autoptr(RadiusSettings) settings = read_accept(all);
        g_autofree char *include = networks_of(settings->split_include);
        g_autofree char *exclude = networks_of(settings->split_exclude);

        g_assert_cmpstr(include, ==, rows[i].include);
        g_assert_cmpstr(exclude, ==, rows[i].exclude);
    }
}

static void
test_banners_are_joined_and_clean(void)
{
    g_autofree char *first = hex_vendor(3076, 15, "Welcome\x1b[2J ");
    g_autofree char *second = hex_vendor(3076, 36, "to the office");
    g_autofree char *reply = hex_text(RADIUS_REPLY_MESSAGE, "Hello");
    g_autofree char *all = g_strconcat(reply, first, second, NULL);
    g_autoptr(RadiusSettings) settings = read_accept(all);
    g_autoptr(RadiusSettings) plain = read_accept(reply);

    g_assert_cmpstr(settings->banner, ==, "Welcome\xef\xbf\xbd[2J to the office");
    g_assert_cmpstr(plain->banner, ==, "Hello");
}

static void
test_wrong_lengths_are_passed_over(void)
{
    g_autoptr(RadiusSettings) settings =
        read_accept("0805 0a0100 0807 0a01000900 0905 ffffff 1b03 01 1a06 0000 0137"
                    "1a0b 00000137 1c05 0a0000 1a08 00000137 1cff 6104 0081");

    g_assert_cmpuint(settings->address4.length, ==, 0);
    g_assert_cmpuint(settings->session_timeout_seconds, ==, 0);
    g_assert_cmpuint(settings->dns->len, ==, 0);
    g_assert_cmpuint(settings->address6.length, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/radius/accept/address_and_mask_are_read", test_address_and_mask_are_read);
    g_test_add_func("/radius/accept/an_address_without_mask_is_one_host",
                    test_an_address_without_mask_is_one_host);
    g_test_add_func("/radius/accept/the_server_may_leave_the_choice_to_the_gateway",
                    test_the_server_may_leave_the_choice_to_the_gateway);
    g_test_add_func("/radius/accept/ipv6_prefix_and_address_are_read",
                    test_ipv6_prefix_and_address_are_read);
    g_test_add_func("/radius/accept/routes_are_split_networks", test_routes_are_split_networks);
    g_test_add_func("/radius/accept/microsoft_name_servers_are_read_once",
                    test_microsoft_name_servers_are_read_once);
    g_test_add_func("/radius/accept/cisco_pairs_are_read_in_any_spelling",
                    test_cisco_pairs_are_read_in_any_spelling);
    g_test_add_func("/radius/accept/altiga_lists_follow_their_policy",
                    test_altiga_lists_follow_their_policy);
    g_test_add_func("/radius/accept/banners_are_joined_and_clean",
                    test_banners_are_joined_and_clean);
    g_test_add_func("/radius/accept/wrong_lengths_are_passed_over",
                    test_wrong_lengths_are_passed_over);
    return g_test_run();
}
