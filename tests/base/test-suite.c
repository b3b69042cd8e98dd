/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/suite.h"

static void
test_phase1_names_round_trip(void)
{
    static const struct {
        const char *text;
        gboolean is_weak;
    } rows[] = {
        {"aes128-sha1-modp1024", TRUE},    {"aes256-sha256-modp2048", FALSE},
        {"3des-md5-modp1024", TRUE},       {"aes192-sha384-ecp256", FALSE},
        {"aes256-sha512-x25519", FALSE},   {"aes128-sha256-modp1536", TRUE},
        {"3des-sha1-modp2048", TRUE},      {"aes256-sha1-ecp521", FALSE},
        {"aes128-sha256-modp8192", FALSE}, {"aes128-sha1-modp768", TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SuitePhase1 suite;
        char text[SUITE_TEXT_SIZE];

        g_assert_true(suite_phase1_parse(rows[i].text, &suite));
        g_assert_cmpstr(suite_phase1_format(&suite, text), ==, rows[i].text);
        g_assert_cmpint(suite_phase1_is_weak(&suite), ==, rows[i].is_weak);
    }
}

/* KEYMAT sizes of RFC 2407, 4106 and 4868 as tabled for IKEv1 remote access. */
static void
test_esp_names_round_trip_with_their_sizes(void)
{
    static const struct {
        const char *text;
        gsize keymat, iv, block, icv;
    } rows[] = {
        {"3des-md5", 40, 8, 8, 12},        {"3des-sha1", 44, 8, 8, 12},
        {"aes128-sha1", 36, 16, 16, 12},   {"aes128-sha256", 48, 16, 16, 16},
        {"aes256-sha1", 52, 16, 16, 12},   {"aes256-sha256", 64, 16, 16, 16},
        {"aes256-sha384", 80, 16, 16, 24}, {"aes256-sha512", 96, 16, 16, 32},
        {"aes128gcm16", 20, 8, 4, 16},     {"aes192gcm16", 28, 8, 4, 16},
        {"aes256gcm16", 36, 8, 4, 16},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SuiteEsp suite;
        char text[SUITE_TEXT_SIZE];

        g_assert_true(suite_esp_parse(rows[i].text, &suite));
        g_assert_cmpstr(suite_esp_format(&suite, text), ==, rows[i].text);
        g_assert_cmpuint(suite_esp_keymat_length(&suite), ==, rows[i].keymat);
        g_assert_cmpuint(suite_esp_iv_length(&suite), ==, rows[i].iv);
        g_assert_cmpuint(suite_esp_block_length(&suite), ==, rows[i].block);
        g_assert_cmpuint(suite_esp_icv_length(&suite), ==, rows[i].icv);
    }
}

static void
test_unknown_names_are_refused(void)
{
    static const char *const phase1[] = {"",
                                         "aes",
                                         "aes128-sha1",
                                         "aes128-sha1-modp1025",
                                         "des-sha1-modp1024",
                                         "aes128-sha1-modp1024-x"};
    static const char *const esp[] = {"", "aes128", "aes128gcm16-sha1", "null-sha1", "aes128-"};
    SuitePhase1 one;
    SuiteEsp two;

    for (gsize i = 0; i < G_N_ELEMENTS(phase1); i++)
        g_assert_false(suite_phase1_parse(phase1[i], &one));
    for (gsize i = 0; i < G_N_ELEMENTS(esp); i++)
        g_assert_false(suite_esp_parse(esp[i], &two));
}

static void
test_groups_are_read_by_name_and_number(void)
{
    SuiteGroup group;

    g_assert_true(suite_group_parse("modp2048", &group));
    g_assert_cmpint(group, ==, SUITE_GROUP_MODP_2048);
    g_assert_true(suite_group_parse("14", &group));
    g_assert_cmpint(group, ==, SUITE_GROUP_MODP_2048);
    g_assert_false(suite_group_parse("3", &group));
    g_assert_false(suite_group_parse("0", &group));
    g_assert_null(suite_group_name((SuiteGroup)3));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/suite/phase1-names-round-trip", test_phase1_names_round_trip);
    g_test_add_func("/suite/esp-names-round-trip-with-their-sizes",
                    test_esp_names_round_trip_with_their_sizes);
    g_test_add_func("/suite/unknown-names-are-refused", test_unknown_names_are_refused);
    g_test_add_func("/suite/groups-are-read-by-name-and-number",
                    test_groups_are_read_by_name_and_number);
    return g_test_run();
}
