/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "esp/checksum.h"

#include <string.h>

enum { ROOM = 4096 };

/* RFC 1071 4.1, word by word. */
static guint16
plain(const guint8 *data, gsize length)
{
    guint64 sum = 0;

    for (gsize i = 0; i < length; i++)
        sum += (guint64)data[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (guint16)~sum;
}

/* The example of RFC 1071 3. */
static void
test_the_example_of_the_rfc(void)
{
    static const guint8 octets[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    g_assert_cmpuint(checksum_fold(checksum_add(0, octets, sizeof octets)), ==, 0x220d);
}

static void
test_every_length_and_place(void)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed(1071);
    guint8 octets[ROOM];

    for (gsize i = 0; i < sizeof octets; i++)
        octets[i] = (guint8)g_rand_int(dice);
    for (gsize at = 0; at < 16; at++)
        for (gsize length = 0; length < 600; length++)
            g_assert_cmpuint(checksum_fold(checksum_add(0, octets + at, length)), ==,
                             plain(octets + at, length));
    memset(octets, 0xff, sizeof octets);
    for (gsize length = 0; length < sizeof octets; length++)
        g_assert_cmpuint(checksum_fold(checksum_add(0, octets, length)), ==, plain(octets, length));
}

static void
test_parts_add_up(void)
{
    guint8 octets[ROOM];
    guint64 sum;

    for (gsize i = 0; i < sizeof octets; i++)
        octets[i] = (guint8)(i * 37 + i / 256);
    for (gsize cut = 0; cut < 200; cut += 2) {
        sum = checksum_add(0, octets, cut);
        sum = checksum_add(sum, octets + cut, 1001 - cut);
        g_assert_cmpuint(checksum_fold(sum), ==, plain(octets, 1001));
    }
}

static void
test_a_changed_word_is_followed(void)
{
    static const guint16 values[] = {0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff};
    guint8 octets[20];

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(values); k++) {
            guint16 before;

            memset(octets, 0x5a, sizeof octets);
            checksum_store(octets + 4, values[i]);
            before = plain(octets, sizeof octets);
            checksum_store(octets + 4, values[k]);
            g_assert_cmpuint(checksum_change(before, values[i], values[k]), ==,
                             plain(octets, sizeof octets));
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/checksum/the-example-of-the-rfc", test_the_example_of_the_rfc);
    g_test_add_func("/checksum/every-length-and-place", test_every_length_and_place);
    g_test_add_func("/checksum/parts-add-up", test_parts_add_up);
    g_test_add_func("/checksum/a-changed-word-is-followed", test_a_changed_word_is_followed);
    return g_test_run();
}
