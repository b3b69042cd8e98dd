/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/writer.h"

#include <string.h>

static void
test_integers_are_big_endian(void)
{
    static const guint8 expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    g_auto(Writer) writer = writer_init(64);
    g_autoptr(GBytes) bytes = NULL;

    writer_u8(&writer, 0x01);
    writer_u16(&writer, 0x0203);
    writer_u32(&writer, 0x04050607);
    writer_u64(&writer, 0x08090a0b0c0d0e0fULL);
    bytes = writer_take_bytes(&writer);
    g_assert_nonnull(bytes);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected,
                    sizeof expected);
}

static void
test_past_the_limit_it_fails_once_and_for_all(void)
{
    g_auto(Writer) writer = writer_init(3);

    writer_u16(&writer, 1);
    g_assert_true(writer_ok(&writer));
    writer_u16(&writer, 2);
    g_assert_false(writer_ok(&writer));
    writer_u8(&writer, 3);
    g_assert_false(writer_ok(&writer));
    g_assert_null(writer_take_bytes(&writer));
}

static void
test_length_fields_fill_themselves_in(void)
{
    static const guint8 expected[] = {0xaa, 0, 7, 1, 2, 3};
    g_auto(Writer) writer = writer_init(64);
    gsize position;

    writer_u8(&writer, 0xaa);
    position = writer_open_u16(&writer);
    writer_put(&writer, "\1\2\3", 3);
    writer_close_u16(&writer, position, 4);
    g_assert_cmpmem(writer.data, writer.length, expected, sizeof expected);
}

static void
test_a_length_over_16_bits_fails(void)
{
    g_auto(Writer) writer = writer_init(1 << 20);
    gsize position = writer_open_u16(&writer);

    writer_zero(&writer, 65536);
    writer_close_u16(&writer, position, 0);
    g_assert_false(writer_ok(&writer));
}

static void
test_it_grows_and_keeps_what_was_written(void)
{
    g_auto(Writer) writer = writer_init(1 << 20);

    for (guint i = 0; i < 100000; i++)
        writer_u32(&writer, i);
    g_assert_true(writer_ok(&writer));
    g_assert_cmpuint(writer.length, ==, 400000);
    g_assert_cmpmem(writer.data + 4 * 0x10203, 4, "\0\1\2\3", 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/writer/integers-are-big-endian", test_integers_are_big_endian);
    g_test_add_func("/writer/past-the-limit-it-fails-once-and-for-all",
                    test_past_the_limit_it_fails_once_and_for_all);
    g_test_add_func("/writer/length-fields-fill-themselves-in",
                    test_length_fields_fill_themselves_in);
    g_test_add_func("/writer/a-length-over-16-bits-fails", test_a_length_over_16_bits_fails);
    g_test_add_func("/writer/it-grows-and-keeps-what-was-written",
                    test_it_grows_and_keeps_what_was_written);
    return g_test_run();
}
