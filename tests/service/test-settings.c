/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/settings.h"

#include <string.h>

/* One answer of a gateway against one wish of a user; lists are separated by blanks. */
typedef struct {
    const char *name;
    const char *routes; /* of the profile; NULL = default */
    const char *address;
    const char *includes;
    const char *excludes;
    const char *dns;
    const char *domain;
    const char *split_dns;
    /* what comes out */
    Reason reason;
    gboolean is_full;
    const char *want_includes;
    const char *want_excludes;
    const char *want_dns;
    const char *want_search;
    const char *want_split;
    NetworkDns want_policy;
} Row;

static const Row rows[] = {
    {.name = "nothing named means everything",
     .address = "10.1.2.3",
     .is_full = TRUE,
     .want_policy = NETWORK_DNS_NONE},
    {.name = "named networks mean those",
     .address = "10.1.2.3",
     .includes = "10.0.0.0/8",
     .dns = "10.0.0.1",
     .domain = "corp.example",
     .want_includes = "10.0.0.0/8",
     .want_dns = "10.0.0.1",
     .want_search = "corp.example",
     .want_policy = NETWORK_DNS_DOMAINS},
    {.name = "a default route among them means everything",
     .address = "10.1.2.3",
     .includes = "10.0.0.0/8 0.0.0.0/0",
     .dns = "10.0.0.1",
     .is_full = TRUE,
     .want_includes = "10.0.0.0/8",
     .want_dns = "10.0.0.1",
     .want_policy = NETWORK_DNS_ALL},
    {.name = "so does its lower half",
     .address = "10.1.2.3",
     .includes = "0.0.0.0/1 128.0.0.0/1",
     .is_full = TRUE,
     .want_includes = "128.0.0.0/1",
     .want_policy = NETWORK_DNS_NONE},
    {.name = "split never takes the default route",
     .routes = "split",
     .address = "10.1.2.3",
     .includes = "10.0.0.0/8 0.0.0.0/0 0.0.0.0/1 ::/0",
     .want_includes = "10.0.0.0/8",
     .want_policy = NETWORK_DNS_NONE},
    {.name = "full ignores what is named",
     .routes = "full",
     .address = "10.1.2.3",
     .includes = "10.0.0.0/8",
     .is_full = TRUE,
     .want_policy = NETWORK_DNS_NONE},
    {.name = "special networks are left out",
     .address = "10.1.2.3",
     .includes = "127.0.0.0/8 169.254.0.0/16 224.0.0.0/4 240.0.0.0/4 fe80::/10 ff00::/8 ::1 "
                 "10.0.0.0/8",
     .want_includes = "10.0.0.0/8",
     .want_policy = NETWORK_DNS_NONE},
    {.name = "wide exceptions are left out",
     .address = "10.1.2.3",
     .excludes = "0.0.0.0/0 0.0.0.0/1 128.0.0.0/1 ::/0 192.168.7.0/24",
     .is_full = TRUE,
     .want_excludes = "192.168.7.0/24",
     .want_policy = NETWORK_DNS_NONE},
    {.name = "special name servers are left out",
     .address = "10.1.2.3",
     .dns = "127.0.0.53 0.0.0.0 224.0.0.251 10.0.0.1",
     .is_full = TRUE,
     .want_dns = "10.0.0.1",
     .want_policy = NETWORK_DNS_ALL},
    {.name = "domains that are none are left out",
     .address = "10.1.2.3",
     .dns = "10.0.0.1",
     .includes = "10.0.0.0/8",
     .split_dns = "Corp.Example. a..b -x $(id) lab.example",
     .want_includes = "10.0.0.0/8",
     .want_dns = "10.0.0.1",
     .want_split = "corp.example lab.example",
     .want_policy = NETWORK_DNS_DOMAINS},
    {.name = "no address is a reason", .reason = REASON_NO_ADDRESS},
    {.name = "a loopback address is refused",
     .address = "127.0.0.1",
     .reason = REASON_CONFIG_REFUSED},
    {.name = "a multicast address is refused",
     .address = "239.1.1.1",
     .reason = REASON_CONFIG_REFUSED},
    {.name = "a link-local address is refused",
     .address = "fe80::1",
     .reason = REASON_CONFIG_REFUSED},
};

static void
fill_prefixes(GArray *list, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text != NULL ? text : "", " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        NetPrefix prefix;

        if (*words[i] != '\0' && net_prefix_parse(words[i], &prefix))
            g_array_append_val(list, prefix);
    }
}

static void
fill_addresses(GArray *list, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text != NULL ? text : "", " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        NetAddress address;

        if (*words[i] != '\0' && net_address_parse(words[i], &address))
            g_array_append_val(list, address);
    }
}

static IkeSettings *
settings_of(const Row *row)
{
    IkeSettings *settings = ike_settings_new();
    NetAddress address = {0};

    if (row->address != NULL)
        g_assert_true(net_address_parse(row->address, &address));
    if (address.length == 16)
        settings->address6 = address;
    else
        settings->address4 = address;
    settings->prefix_length4 = 32;
    settings->prefix_length6 = 128;
    fill_prefixes(settings->split_include, row->includes);
    fill_prefixes(settings->split_exclude, row->excludes);
    fill_addresses(settings->dns, row->dns);
    settings->domain = g_strdup(row->domain);
    if (row->split_dns != NULL)
        g_ptr_array_add(settings->split_dns, g_strdup(row->split_dns));
    return settings;
}

static char *
join_prefixes(GArray *list)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    char text[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(words,
                        g_strdup(net_prefix_format(&g_array_index(list, NetPrefix, i), text)));
    g_ptr_array_add(words, NULL);
    return g_strjoinv(" ", (char **)words->pdata);
}

static char *
join_addresses(GArray *list)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    char text[NET_ADDRESS_TEXT_SIZE];

    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(words,
                        g_strdup(net_address_format(&g_array_index(list, NetAddress, i), text)));
    g_ptr_array_add(words, NULL);
    return g_strjoinv(" ", (char **)words->pdata);
}

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(IkeSettings) given = settings_of(row);
    g_autoptr(ClientSettings) settings = NULL;
    g_autofree char *detail = NULL;
    g_autofree char *includes = NULL;
    g_autofree char *excludes = NULL;
    g_autofree char *dns = NULL;
    g_autofree char *search = NULL;
    g_autofree char *split = NULL;
    Reason reason = REASON_NONE;

    if (row->routes != NULL)
        g_assert_true(profile_set(profile, PROFILE_NETWORK_ROUTES, row->routes, NULL));
    settings = client_settings_new(profile, given, &reason, &detail);
    g_assert_cmpstr(reason_token(reason), ==, reason_token(row->reason));
    if (settings == NULL)
        return;
    includes = join_prefixes(settings->includes);
    excludes = join_prefixes(settings->excludes);
    dns = join_addresses(settings->dns);
    search = g_strjoinv(" ", (char **)settings->search->pdata);
    split = g_strjoinv(" ", (char **)settings->split->pdata);
    g_assert_cmpint(settings->plan.is_full_tunnel, ==, row->is_full);
    g_assert_cmpstr(includes, ==, or_empty(row->want_includes));
    g_assert_cmpstr(excludes, ==, or_empty(row->want_excludes));
    g_assert_cmpstr(dns, ==, or_empty(row->want_dns));
    g_assert_cmpstr(search, ==, or_empty(row->want_search));
    g_assert_cmpstr(split, ==, or_empty(row->want_split));
    g_assert_cmpint(settings->plan.dns_policy, ==, row->want_policy);
}

static void
test_lists_have_an_end(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(IkeSettings) given = settings_of(&rows[0]);
    g_autoptr(ClientSettings) settings = NULL;
    g_autofree char *detail = NULL;
    Reason reason = REASON_NONE;

    for (guint i = 0; i < 5000; i++) {
        guint8 octets[4] = {10, (guint8)(i >> 8), (guint8)i, 0};
        NetAddress address = net_address_of(octets, 4);
        NetPrefix prefix = net_prefix_of(&address, 24);

        g_array_append_val(given->split_include, prefix);
        g_array_append_val(given->dns, address);
        g_ptr_array_add(given->split_dns, g_strdup_printf("d%u.example", i));
        g_ptr_array_add(given->backup_gateways, g_strdup_printf("vpn%u.example", i));
    }
    settings = client_settings_new(profile, given, &reason, &detail);
    g_assert_nonnull(settings);
    g_assert_cmpuint(settings->includes->len, ==, NETWORK_MAX_ROUTES);
    g_assert_cmpuint(settings->dns->len, ==, NETWORK_MAX_DNS);
    g_assert_cmpuint(settings->split->len - 1, ==, NETWORK_MAX_DOMAINS);
    g_assert_cmpuint(settings->backup_gateways->len, ==, CLIENT_MAX_BACKUPS);
    g_assert_cmpuint(settings->notes->len, <=, 32);
}

static void
test_a_banner_is_fit_for_a_screen(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(IkeSettings) given = settings_of(&rows[0]);
    g_autoptr(ClientSettings) settings = NULL;
    g_autofree char *detail = NULL;
    Reason reason = REASON_NONE;

    given->banner = g_strdup("Hello\x1b[2J\nworld\x07");
    settings = client_settings_new(profile, given, &reason, &detail);
    g_assert_null(strchr(settings->banner, 0x1b));
    g_assert_null(strchr(settings->banner, 0x07));
    g_assert_nonnull(strchr(settings->banner, '\n'));
}

static void
test_only_hosts_are_hosts(void)
{
    g_assert_true(client_is_host("vpn.example.org"));
    g_assert_true(client_is_host("192.0.2.1"));
    g_assert_true(client_is_host("2001:db8::1"));
    g_assert_false(client_is_host(""));
    g_assert_false(client_is_host("-oProxyCommand"));
    g_assert_false(client_is_host("vpn example"));
    g_assert_false(client_is_host("a/b"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/settings/", rows[i].name, NULL);

        g_strdelimit(path, " ", '-');
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/settings/lists-have-an-end", test_lists_have_an_end);
    g_test_add_func("/settings/a-banner-is-fit-for-a-screen", test_a_banner_is_fit_for_a_screen);
    g_test_add_func("/settings/only-hosts-are-hosts", test_only_hosts_are_hosts);
    return g_test_run();
}
