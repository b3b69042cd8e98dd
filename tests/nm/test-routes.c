/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "routes.h"

typedef struct {
    const char *name;
    const char *wanted;
    const char *gaps;
    const char *routes;
} Row;

/* As ipaddress.ip_network(wanted).address_exclude(gap) of Python 3.11 lists them, sorted. */
static const Row rows[] = {
    {"nothing-left-out", "10.0.0.0/8 0.0.0.0/0", "", "10.0.0.0/8 0.0.0.0/0"},
    {"elsewhere", "10.0.0.0/8", "192.168.0.0/16", "10.0.0.0/8"},
    {"all-of-it", "10.1.0.0/16", "10.0.0.0/8", ""},
    {"half", "0.0.0.0/0", "128.0.0.0/1", "0.0.0.0/1"},
    {"a-corner", "10.77.0.0/24", "10.77.0.255/32",
     "10.77.0.0/25 10.77.0.128/26 10.77.0.192/27 10.77.0.224/28 10.77.0.240/29 10.77.0.248/30 "
     "10.77.0.252/31 10.77.0.254/32"},
    {"one-in-everything", "0.0.0.0/0", "192.168.0.0/16",
     "0.0.0.0/1 128.0.0.0/2 192.0.0.0/9 192.128.0.0/11 192.160.0.0/13 192.169.0.0/16 "
     "192.170.0.0/15 192.172.0.0/14 192.176.0.0/12 192.192.0.0/10 193.0.0.0/8 194.0.0.0/7 "
     "196.0.0.0/6 200.0.0.0/5 208.0.0.0/4 224.0.0.0/3"},
    {"two-gaps", "10.0.0.0/8", "10.0.0.0/9 10.192.0.0/10", "10.128.0.0/10"},
    {"IPv6", "2001:db8::/32", "2001:db8::/34", "2001:db8:4000::/34 2001:db8:8000::/33"},
    {"another-family", "0.0.0.0/0", "::/0", "0.0.0.0/0"},
};

static GArray *
parse(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    GArray *list = g_array_new(FALSE, FALSE, sizeof(NetPrefix));

    for (gsize i = 0; words[i] != NULL; i++) {
        NetPrefix prefix;

        if (words[i][0] == '\0')
            continue;
        g_assert_true(net_prefix_parse(words[i], &prefix));
        g_array_append_val(list, prefix);
    }
    return list;
}

static void
test_routes_leave_the_gaps(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(GArray) wanted = parse(row->wanted);
    g_autoptr(GArray) gaps = parse(row->gaps);
    g_autoptr(GArray) routes = nm_coati_routes_without(wanted, gaps);
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < routes->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                               net_prefix_format(&g_array_index(routes, NetPrefix, i), buffer));
    g_assert_cmpstr(text->str, ==, row->routes);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/nm/routes/", rows[i].name, NULL);

        g_test_add_data_func(path, &rows[i], test_routes_leave_the_gaps);
    }
    return g_test_run();
}
