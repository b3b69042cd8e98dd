/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

/* The largest inner packet, worked out by hand from the packet formats of RFC 4303 and RFC 3948:
 * path 1500 over IPv4 in UDP, IPv4 bare, IPv6 in UDP, IPv6 bare, then the same for 1280. */
typedef struct {
    const char *suite;
    guint16 inner[8];
    guint8 overhead_least; /* in UDP over IPv4 */
    guint8 overhead_most;
} Row;

static const Row rows[] = {
    {"3des-md5", {1438, 1446, 1422, 1430, 1222, 1230, 1198, 1206}, 58, 65},
    {"3des-sha1", {1438, 1446, 1422, 1430, 1222, 1230, 1198, 1206}, 58, 65},
    {"3des-sha256", {1438, 1446, 1414, 1422, 1214, 1222, 1198, 1206}, 62, 69},
    {"aes128-md5", {1422, 1438, 1406, 1422, 1214, 1214, 1182, 1198}, 66, 81},
    {"aes256-sha1", {1422, 1438, 1406, 1422, 1214, 1214, 1182, 1198}, 66, 81},
    {"aes128-sha256", {1422, 1438, 1406, 1406, 1198, 1214, 1182, 1198}, 70, 85},
    {"aes256-sha384", {1422, 1422, 1390, 1406, 1198, 1198, 1182, 1182}, 78, 93},
    {"aes256-sha512", {1406, 1422, 1390, 1390, 1182, 1198, 1166, 1182}, 86, 101},
    {"aes128gcm16", {1438, 1446, 1418, 1426, 1218, 1226, 1198, 1206}, 62, 65},
    {"aes256gcm16", {1438, 1446, 1418, 1426, 1218, 1226, 1198, 1206}, 62, 65},
};

static void
test_the_table_of_inner_sizes(void)
{
    static const guint16 paths[] = {1500, 1280};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SuiteEsp suite = support_suite(rows[i].suite);

        for (guint column = 0; column < 8; column++) {
            guint8 outer = column % 4 < 2 ? 4 : 16;
            gboolean is_encapsulated = column % 2 == 0;
            gsize path = paths[column / 4];

            g_test_message("%s column %u", rows[i].suite, column);
            g_assert_cmpuint(esp_mtu_inner(&suite, path, outer, is_encapsulated), ==,
                             rows[i].inner[column]);
            g_assert_cmpuint(esp_mtu_outer(&suite, rows[i].inner[column], outer, is_encapsulated),
                             <=, path);
            g_assert_cmpuint(
                esp_mtu_outer(&suite, rows[i].inner[column] + 1u, outer, is_encapsulated), >, path);
        }
    }
}

static void
test_overhead_stays_in_its_range(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SuiteEsp suite = support_suite(rows[i].suite);
        gsize least = G_MAXSIZE;
        gsize most = 0;

        for (gsize inner = 20; inner < 120; inner++) {
            gsize overhead = esp_mtu_outer(&suite, inner, 4, TRUE) - inner;

            least = MIN(least, overhead);
            most = MAX(most, overhead);
        }
        g_assert_cmpuint(least, ==, rows[i].overhead_least);
        g_assert_cmpuint(most, ==, rows[i].overhead_most);
    }
}

/* 552 octets inside are 624 outside with AES-CBC and SHA1 in UDP. */
static void
test_the_usual_esp_frag_gives_624_octets(void)
{
    SuiteEsp suite = support_suite("aes256-sha1");

    g_assert_cmpuint(esp_mtu_outer(&suite, 552, 4, TRUE), ==, 624);
}

static void
test_a_path_too_small_takes_nothing(void)
{
    SuiteEsp suite = support_suite("aes256-sha512");

    for (gsize path = 0; path < 100; path++)
        g_assert_cmpuint(esp_mtu_inner(&suite, path, 4, TRUE), ==, 0);
    g_assert_cmpuint(esp_mtu_inner(&suite, 100, 4, TRUE), ==, 14);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mtu/the-table-of-inner-sizes", test_the_table_of_inner_sizes);
    g_test_add_func("/mtu/overhead-stays-in-its-range", test_overhead_stays_in_its_range);
    g_test_add_func("/mtu/the-usual-esp-frag-gives-624-octets",
                    test_the_usual_esp_frag_gives_624_octets);
    g_test_add_func("/mtu/a-path-too-small-takes-nothing", test_a_path_too_small_takes_nothing);
    return g_test_run();
}
