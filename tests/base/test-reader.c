/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/reader.h"

#include <string.h>

static void
test_integers_are_big_endian(void)
{
    const guint8 octets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    Reader reader = reader_of(octets, sizeof octets);

    g_assert_cmphex(reader_u8(&reader), ==, 0x01);
    g_assert_cmphex(reader_u16(&reader), ==, 0x0203);
    g_assert_cmphex(reader_u32(&reader), ==, 0x04050607);
    g_assert_cmphex(reader_u64(&reader), ==, 0x08090a0b0c0d0e0fULL);
    g_assert_true(reader_ok(&reader));
    g_assert_cmpuint(reader_left(&reader), ==, 0);
}

static void
test_a_failed_reader_stays_failed_and_reads_zero(void)
{
    const guint8 octets[] = {1, 2, 3};
    Reader reader = reader_of(octets, sizeof octets);
    guint8 copy[2] = {0xff, 0xff};

    g_assert_cmphex(reader_u32(&reader), ==, 0);
    g_assert_false(reader_ok(&reader));
    g_assert_cmphex(reader_u8(&reader), ==, 0);
    g_assert_cmpuint(reader_left(&reader), ==, 0);
    reader_copy(&reader, copy, sizeof copy);
    g_assert_cmpuint(copy[0] | copy[1], ==, 0);
}

static void
test_a_sub_reader_cannot_leave_its_part(void)
{
    const guint8 octets[] = {1, 2, 3, 4};
    Reader reader = reader_of(octets, sizeof octets);
    Reader part = reader_sub(&reader, 2);

    g_assert_cmphex(reader_u16(&part), ==, 0x0102);
    reader_u8(&part);
    g_assert_false(reader_ok(&part));
    g_assert_true(reader_ok(&reader));
    g_assert_cmphex(reader_u16(&reader), ==, 0x0304);
}

static void
test_a_sub_reader_of_too_much_fails_both(void)
{
    const guint8 octets[] = {1, 2};
    Reader reader = reader_of(octets, sizeof octets);
    Reader part = reader_sub(&reader, 3);

    g_assert_false(reader_ok(&part));
    g_assert_false(reader_ok(&reader));
}

static void
test_huge_lengths_do_not_wrap(void)
{
    const guint8 octets[] = {1, 2};
    Reader reader = reader_of(octets, sizeof octets);
    Reader part = reader_sub(&reader, G_MAXSIZE);

    g_assert_false(reader_ok(&part));
}

static void
test_an_empty_reader_works_without_memory(void)
{
    Reader reader = reader_of(NULL, 0);
    Reader part = reader_sub(&reader, 0);

    g_assert_true(reader_ok(&part));
    g_assert_true(reader_ok(&reader));
    g_assert_true(reader_equal(&reader, NULL, 0));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reader/integers-are-big-endian", test_integers_are_big_endian);
    g_test_add_func("/reader/a-failed-reader-stays-failed-and-reads-zero",
                    test_a_failed_reader_stays_failed_and_reads_zero);
    g_test_add_func("/reader/a-sub-reader-cannot-leave-its-part",
                    test_a_sub_reader_cannot_leave_its_part);
    g_test_add_func("/reader/a-sub-reader-of-too-much-fails-both",
                    test_a_sub_reader_of_too_much_fails_both);
    g_test_add_func("/reader/huge-lengths-do-not-wrap", test_huge_lengths_do_not_wrap);
    g_test_add_func("/reader/an-empty-reader-works-without-memory",
                    test_an_empty_reader_works_without_memory);
    return g_test_run();
}
