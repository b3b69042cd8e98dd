/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/names.h"

#include <string.h>

static const NameRow rows[] = {{1, "one"}, {2, "two"}, {0, NULL}};

static void
test_a_table_serves_both_directions(void)
{
    gint value = 0;
    g_autofree char *list = name_list(rows);

    g_assert_cmpstr(name_of(rows, 2), ==, "two");
    g_assert_null(name_of(rows, 3));
    g_assert_true(name_find(rows, "one", &value));
    g_assert_cmpint(value, ==, 1);
    g_assert_false(name_find(rows, "One", &value));
    g_assert_cmpstr(list, ==, "one, two");
}

static void
test_text_of_strangers_is_cleaned(void)
{
    static const struct {
        const char *text;
        gboolean is_multiline;
        const char *clean;
    } lines[] = {
        {"Flying pigs LTD", FALSE, "Flying pigs LTD"},
        {"a\x1b[31mb", FALSE, "a\xef\xbf\xbd[31mb"},
        {"a\nb", FALSE,
         "a\xef\xbf\xbd"
         "b"},
        {"a\r\nb\tc", TRUE, "a\nb\tc"},
        {"a\xff"
         "b",
         FALSE,
         "a\xef\xbf\xbd"
         "b"},
        {"x\xe2\x80\xaey", FALSE, "x\xef\xbf\xbdy"},
        {"x\xc2\x9by", FALSE, "x\xef\xbf\xbdy"},
        {"gr\xc3\xbc\xc3\x9f", FALSE, "gr\xc3\xbc\xc3\x9f"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *clean =
            name_clean(lines[i].text, strlen(lines[i].text), 4096, lines[i].is_multiline);

        g_assert_cmpstr(clean, ==, lines[i].clean);
    }
}

static void
test_cleaned_text_is_bounded_and_whole(void)
{
    g_autofree char *text = g_malloc(20001);
    g_autofree char *clean = NULL;

    for (gsize i = 0; i < 20000; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    clean = name_clean(text, 20000, 1000, FALSE);
    g_assert_cmpuint(strlen(clean), <=, 1000);
    g_assert_cmpuint(strlen(clean), >=, 990);
    g_assert_true(g_utf8_validate(clean, -1, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/names/a-table-serves-both-directions", test_a_table_serves_both_directions);
    g_test_add_func("/names/text-of-strangers-is-cleaned", test_text_of_strangers_is_cleaned);
    g_test_add_func("/names/cleaned-text-is-bounded-and-whole",
                    test_cleaned_text_is_bounded_and_whole);
    return g_test_run();
}
