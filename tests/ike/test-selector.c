/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/selector.h"
#include "support.h"

/* RFC 2407 4.6.2; prefix NULL = refused. */
static void
test_ids_are_prefixes_or_refused(void)
{
    static const struct {
        const char *hex;
        const char *prefix;
    } rows[] = {
        {"010000000a630001", "10.99.0.1/32"},
        {"040000000000000000000000", "0.0.0.0/0"},
        {"040000000a000000ff000000", "10.0.0.0/8"},
        {"040000000a010203ff000000", "10.0.0.0/8"},
        {"040000000a000000ff00ff00", NULL},
        {"070000000a0000000affffff", "10.0.0.0/8"},
        {"070000000a0000010a000001", "10.0.0.1/32"},
        {"0700000000000000ffffffff", "0.0.0.0/0"},
        {"070000000a0000000a000004", NULL},
        {"070000000a0000010a000002", NULL},
        {"070000000a0000020a000001", NULL},
        {"0500000020010db8000000000000000000000001", "2001:db8::1/128"},
        {"060000000000000000000000000000000000000000000000000000000000000000000000", "::/0"},
        {"0800000020010db800000000000000000000000020010db8ffffffffffffffffffffffff",
         "2001:db8::/32"},
        {"0200000061", NULL},
        {"00000000", NULL},
        {"010000000a6300", NULL},
        {"0100", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) body = test_hex(rows[i].hex);
        IkeSelector selector;
        char text[NET_PREFIX_TEXT_SIZE];
        gboolean is_good = ike_selector_parse(reader_of_bytes(body), &selector) == IKE_OK;

        g_assert_cmpint(is_good, ==, rows[i].prefix != NULL);
        if (is_good)
            g_assert_cmpstr(net_prefix_format(&selector.prefix, text), ==, rows[i].prefix);
    }
}

static void
test_written_ids_have_the_known_octets(void)
{
    static const char *const rows[][2] = {
        {"10.99.0.1/32", "010000000a630001"},
        {"0.0.0.0/0", "040000000000000000000000"},
        {"10.0.0.0/8", "040000000a000000ff000000"},
        {"2001:db8::1/128", "0500000020010db8000000000000000000000001"},
        {"::/0", "060000000000000000000000000000000000000000000000000000000000000000000000"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) expected = test_hex(rows[i][1]);
        g_auto(Writer) writer = writer_init(64);
        NetPrefix prefix;

        g_assert_true(net_prefix_parse(rows[i][0], &prefix));
        ike_selector_write(&writer, &prefix);
        test_equal(rows[i][0], reader_of(writer.data, writer.length), expected);
    }
}

static void
test_protocol_and_port_are_kept(void)
{
    g_autoptr(GBytes) body = test_hex("0111003500000001");
    IkeSelector selector;

    g_assert_cmpint(ike_selector_parse(reader_of_bytes(body), &selector), ==, IKE_OK);
    g_assert_cmpuint(selector.protocol, ==, 17);
    g_assert_cmpuint(selector.port, ==, 53);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/selector/" #name, test_##name)
    TEST(ids_are_prefixes_or_refused);
    TEST(written_ids_have_the_known_octets);
    TEST(protocol_and_port_are_kept);
    return g_test_run();
}
