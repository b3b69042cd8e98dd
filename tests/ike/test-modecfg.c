/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/attribute.h"
#include "ike/limits.h"
#include "ike/modecfg.h"
#include "support.h"

#include <string.h>

static IkeSettings *
parsed(const char *hex)
{
    g_autoptr(GBytes) attributes = test_hex(hex);
    IkeSettings *settings = ike_settings_new();

    g_assert_cmpint(ike_attributes_check(reader_of_bytes(attributes)), ==, IKE_OK);
    ike_modecfg_parse(reader_of_bytes(attributes), settings);
    return settings;
}

static char *
prefixes(const GArray *list)
{
    GString *text = g_string_new(NULL);
    char one[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                               net_prefix_format(&g_array_index(list, NetPrefix, i), one));
    return g_string_free(text, FALSE);
}

static void
test_address_mask_and_servers_are_read(void)
{
    g_autoptr(IkeSettings) settings = parsed("000100040a630001"
                                             "00020004ffffff00"
                                             "000300040a4d000a000300040a4d000a000300040a4d000b"
                                             "0004000400000000");
    char text[NET_ADDRESS_TEXT_SIZE];

    g_assert_cmpstr(net_address_format(&settings->address4, text), ==, "10.99.0.1");
    g_assert_cmpuint(settings->prefix_length4, ==, 24);
    g_assert_cmpuint(settings->dns->len, ==, 2); /* doubles and 0.0.0.0 are left out */
    g_assert_cmpuint(settings->wins->len, ==, 0);
}

static void
test_mask_of_zero_or_nothing_means_one_address(void)
{
    static const char *const rows[] = {"0002000400000000", "00020000", "00020004ff00ff00",
                                       "00020002ffff"};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(IkeSettings) settings = parsed(rows[i]);

        g_assert_cmpuint(settings->prefix_length4, ==, 32);
    }
}

static void
test_special_addresses_are_no_address(void)
{
    static const char *const rows[] = {"0001000400000000", "000100047f000001", "00010004e0000001",
                                       "00010003010203", "00010000"};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(IkeSettings) settings = parsed(rows[i]);

        g_assert_false(net_address_is_set(&settings->address4));
    }
}

/* PROTOCOL 5.7.1 */
static void
test_split_entries_of_both_lengths_are_read(void)
{
    static const struct {
        const char *hex;
        const char *include;
    } rows[] = {
        {"7004000e0a000000ff000000000000000000", "10.0.0.0/8"},
        {"7004000e0a010203ff000000000000000000", "10.0.0.0/8"},
        {"7004001c0a000000ff000000000000000000c0a80000ffff0000000000000000",
         "10.0.0.0/8 192.168.0.0/16"},
        {"700400080a000000ff000000", "10.0.0.0/8"},
        {"700400100a000000ff000000c0a80000ffff0000", "10.0.0.0/8 192.168.0.0/16"},
        {"7004000e00000000000000000000000000 00", "0.0.0.0/0"},
        {"7004000e0a000000ff00ff00000000000000", ""},
        {"7004000f0a000000ff000000000000000000ff", "10.0.0.0/8"},
        {"700400030a0000", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) parts = g_strsplit(rows[i].hex, " ", 0);
        g_autofree char *hex = g_strjoinv("", parts);
        g_autoptr(IkeSettings) settings = parsed(hex);
        g_autofree char *text = prefixes(settings->split_include);

        g_assert_cmpstr(text, ==, rows[i].include);
    }
}

static void
test_excluded_networks_and_the_local_one_are_read(void)
{
    g_autoptr(IkeSettings) settings =
        parsed("7006001c00000000ffffffff000000000000c0a80700ffffff00000000000000");
    g_autofree char *text = prefixes(settings->split_exclude);

    g_assert_true(settings->excludes_local_network);
    g_assert_cmpstr(text, ==, "192.168.7.0/24");
}

static void
append_text(GString *hex, guint type, const char *text, gsize length)
{
    g_string_append_printf(hex, "%04x%04x", type, (guint)length);
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(hex, "%02x", (guint8)text[i]);
}

static void
test_names_are_host_names(void)
{
    static const char list[] = "example.org,Intern.example.org\0lab.example.org. bad name;-x.org,"
                               "x..org,evil\nname,../etc,ok_name.org";
    g_autoptr(GString) hex = g_string_new(NULL);
    g_autoptr(IkeSettings) settings = NULL;
    g_autofree char *names = NULL;

    append_text(hex, IKE_UNITY_DEFAULT_DOMAIN, "Example.ORG", 11);
    append_text(hex, IKE_UNITY_SPLIT_DNS, list, sizeof list - 1);
    settings = parsed(hex->str);
    g_assert_cmpstr(settings->domain, ==, "example.org");
    g_ptr_array_add(settings->split_dns, NULL);
    names = g_strjoinv(" ", (char **)settings->split_dns->pdata);
    g_ptr_array_set_size(settings->split_dns, (gint)settings->split_dns->len - 1);
    g_assert_cmpstr(names, ==,
                    "example.org intern.example.org lab.example.org bad name evil ok_name.org");
}

static void
test_bad_domain_is_left_out(void)
{
    static const char *const rows[] = {"$(reboot)", "-a.org", "a-.org", ".", "", "a/b"};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) hex = g_string_new(NULL);
        g_autoptr(IkeSettings) settings = NULL;

        append_text(hex, IKE_UNITY_DEFAULT_DOMAIN, rows[i], strlen(rows[i]));
        settings = parsed(hex->str);
        g_assert_null(settings->domain);
    }
}

static void
test_texts_are_cleaned_and_cut(void)
{
    g_autoptr(GString) hex = g_string_new(NULL);
    g_autofree char *longest = g_strnfill(6000, 'x');
    g_autoptr(IkeSettings) settings = NULL;
    g_autoptr(IkeSettings) cut = NULL;

    append_text(hex, IKE_UNITY_BANNER, "Hello\r\n\033[31mred", 15);
    settings = parsed(hex->str);
    g_assert_cmpstr(settings->banner, ==, "Hello\n\xef\xbf\xbd[31mred");
    g_string_truncate(hex, 0);
    append_text(hex, IKE_UNITY_BANNER, longest, 6000);
    cut = parsed(hex->str);
    g_assert_cmpuint(strlen(cut->banner), <=, IKE_MAX_BANNER_OCTETS);
}

static void
test_lists_have_limits(void)
{
    g_autoptr(GString) hex = g_string_new(NULL);
    g_autoptr(IkeSettings) settings = NULL;

    for (guint i = 0; i < 1500; i++)
        g_string_append_printf(hex, "7004000e0a%02x%02x00ffffff00000000000000", i / 256, i % 256);
    for (guint i = 1; i < 100; i++)
        g_string_append_printf(hex, "000300040a0000%02x", i);
    settings = parsed(hex->str);
    g_assert_cmpuint(settings->split_include->len, ==, IKE_MAX_ROUTES);
    g_assert_cmpuint(settings->dns->len, ==, IKE_MAX_DNS);
}

static IkeSettings *
full_settings(void)
{
    IkeSettings *settings = parsed("000100040a630001"
                                   "00020004ffff0000"
                                   "000300040a4d000a"
                                   "7004000e0a000000ff000000000000000000"
                                   "7006000e00000000ffffffff000000000000"
                                   "c0070001f0010001");

    settings->banner = g_strdup("Welcome");
    settings->domain = g_strdup("example.org");
    g_ptr_array_add(settings->split_dns, g_strdup("example.org"));
    g_ptr_array_add(settings->split_dns, g_strdup("lab.example.org"));
    return settings;
}

static void
test_written_settings_are_read_back(void)
{
    g_autoptr(IkeSettings) settings = full_settings();
    g_autoptr(IkeSettings) again = ike_settings_new();
    g_auto(Writer) writer = writer_init(4096);
    g_auto(Writer) twice = writer_init(4096);
    g_autoptr(GBytes) expected = NULL;

    ike_modecfg_write_settings(&writer, settings, NULL, FALSE);
    ike_modecfg_parse(reader_of(writer.data, writer.length), again);
    ike_modecfg_write_settings(&twice, again, NULL, FALSE);
    expected = g_bytes_new(writer.data, writer.length);
    test_equal("settings", reader_of(twice.data, twice.length), expected);
    g_assert_true(again->excludes_local_network);
    g_assert_cmpstr(again->banner, ==, "Welcome");
    g_assert_cmpuint(again->split_dns->len, ==, 2);
}

static void
test_reply_holds_what_was_asked_and_unity_what_it_needs(void)
{
    g_autoptr(IkeSettings) settings = full_settings();
    g_autoptr(GBytes) question = test_hex("00010004c0000207" /* a wish */
                                          "00020000");
    g_auto(IkeModecfgRequest) request = {0};
    g_auto(Writer) plain = writer_init(4096);
    g_auto(Writer) unity = writer_init(4096);
    g_autoptr(GBytes) expected = test_hex("000100040a63000100020004ffff0000");
    char text[NET_ADDRESS_TEXT_SIZE];

    ike_modecfg_parse_request(reader_of_bytes(question), &request);
    g_assert_cmpstr(net_address_format(&request.wished_address, text), ==, "192.0.2.7");
    ike_modecfg_write_settings(&plain, settings, &request, FALSE);
    test_equal("reply", reader_of(plain.data, plain.length), expected);
    ike_modecfg_write_settings(&unity, settings, &request, TRUE);
    g_assert_cmpuint(unity.length, >, plain.length);
}

static void
test_request_asks_for_all_and_wishes_the_old_address(void)
{
    g_autoptr(IkePolicy) policy = ike_policy_new();
    g_auto(Writer) writer = writer_init(4096);
    Reader list;
    IkeAttribute attribute;

    g_assert_true(net_address_parse("10.99.0.1", &policy->wished_address));
    ike_modecfg_write_request(&writer, policy);
    list = reader_of(writer.data, writer.length);
    g_assert_true(ike_attribute_next(&list, &attribute));
    g_assert_cmpint(attribute.type, ==, IKE_CFG_IP4_ADDRESS);
    g_assert_true(reader_equal(&attribute.value, "\12\143\0\1", 4));
    while (ike_attribute_next(&list, &attribute))
        g_assert_cmpuint(reader_left(&attribute.value), ==, 0);
    g_assert_cmpuint(reader_left(&list), ==, 0);
}

static void
test_acknowledgement_repeats_the_types_without_values(void)
{
    g_autoptr(GBytes) set = test_hex("000100040a63000100020004ffff0000c08f0001");
    g_autoptr(GBytes) expected = test_hex("0001000000020000");
    g_auto(Writer) writer = writer_init(64);

    ike_modecfg_write_ack(&writer, reader_of_bytes(set));
    test_equal("ACK", reader_of(writer.data, writer.length), expected);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/modecfg/" #name, test_##name)
    TEST(address_mask_and_servers_are_read);
    TEST(mask_of_zero_or_nothing_means_one_address);
    TEST(special_addresses_are_no_address);
    TEST(split_entries_of_both_lengths_are_read);
    TEST(excluded_networks_and_the_local_one_are_read);
    TEST(names_are_host_names);
    TEST(bad_domain_is_left_out);
    TEST(texts_are_cleaned_and_cut);
    TEST(lists_have_limits);
    TEST(written_settings_are_read_back);
    TEST(reply_holds_what_was_asked_and_unity_what_it_needs);
    TEST(request_asks_for_all_and_wishes_the_old_address);
    TEST(acknowledgement_repeats_the_types_without_values);
    return g_test_run();
}
