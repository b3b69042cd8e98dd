/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/fragment.h"
#include "support.h"

#include <string.h>

enum { MESSAGE_LENGTH = 700, PIECE = 100, PIECES = 11 };

static GBytes *
make_message(guint8 next_payload, gint length_error)
{
    IkeHeader header = {.next_payload = next_payload, .exchange = IKE_EXCHANGE_AGGRESSIVE};
    g_auto(Writer) writer = writer_init(IKE_MAX_MESSAGE);

    memset(header.cky_i, 1, sizeof header.cky_i);
    memset(header.cky_r, 2, sizeof header.cky_r);
    header.length = (guint32)(MESSAGE_LENGTH + length_error);
    ike_header_write(&writer, &header);
    while (writer.length < MESSAGE_LENGTH)
        writer_u8(&writer, (guint8)writer.length);
    return writer_take_bytes(&writer);
}

static void
open_fragment(GBytes *datagram, IkeHeader *ret_header, IkeFragmentView *ret_view)
{
    Reader body;

    g_assert_cmpint(ike_header_parse(reader_of_bytes(datagram), ret_header, &body), ==, IKE_OK);
    g_assert_cmpint(ret_header->next_payload, ==, IKE_PAYLOAD_FRAGMENT);
    g_assert_cmpint(ike_fragment_parse(body, ret_view), ==, IKE_OK);
}

static GPtrArray *
split(GBytes *message)
{
    GPtrArray *list = ike_fragment_split(message, IKE_EXCHANGE_AGGRESSIVE, 5, PIECE);

    g_assert_cmpuint(list->len, ==, PIECES);
    return list;
}

static IkeReassembly *
new_set(GPtrArray *list)
{
    IkeHeader header;
    IkeFragmentView view;

    open_fragment(g_ptr_array_index(list, 0), &header, &view);
    return ike_reassembly_new(&header, view.id, IKE_MAX_MESSAGE_STRANGER);
}

static IkeFragmentResult
add(IkeReassembly *set, GPtrArray *list, guint index, GBytes **ret_message)
{
    IkeHeader header;
    IkeFragmentView view;

    open_fragment(g_ptr_array_index(list, index), &header, &view);
    return ike_reassembly_add(set, &header, &view, ret_message);
}

static void
test_pieces_in_any_order_make_the_message(void)
{
    g_autoptr(GBytes) message = make_message(IKE_PAYLOAD_SA, 0);
    g_autoptr(GPtrArray) list = split(message);

    for (guint step = 1; step < PIECES; step++) { /* 11 is prime: each step is an order */
        g_autoptr(IkeReassembly) set = new_set(list);
        g_autoptr(GBytes) whole = NULL;

        for (guint i = 0; i < PIECES - 1; i++)
            g_assert_cmpint(add(set, list, i * step % PIECES, &whole), ==, IKE_FRAGMENT_STORED);
        g_assert_cmpint(add(set, list, (PIECES - 1) * step % PIECES, &whole), ==,
                        IKE_FRAGMENT_COMPLETE);
        g_assert_true(g_bytes_equal(whole, message));
    }
}

static void
test_repeated_piece_changes_nothing_and_a_changed_one_is_refused(void)
{
    g_autoptr(GBytes) message = make_message(IKE_PAYLOAD_SA, 0);
    g_autoptr(GPtrArray) list = split(message);
    g_autoptr(IkeReassembly) set = new_set(list);
    g_autoptr(GBytes) whole = NULL;
    IkeHeader header;
    IkeFragmentView view;

    for (guint i = 0; i < PIECES - 1; i++)
        add(set, list, i, &whole);
    g_assert_cmpint(add(set, list, 3, &whole), ==, IKE_FRAGMENT_REPEATED);
    open_fragment(g_ptr_array_index(list, 3), &header, &view);
    view.data = reader_of("forged", 6);
    g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_REFUSED);
    g_assert_cmpint(add(set, list, PIECES - 1, &whole), ==, IKE_FRAGMENT_COMPLETE);
    g_assert_true(g_bytes_equal(whole, message));
}

static void
test_strange_cookies_and_ids_are_refused(void)
{
    g_autoptr(GBytes) message = make_message(IKE_PAYLOAD_SA, 0);
    g_autoptr(GPtrArray) list = split(message);
    g_autoptr(IkeReassembly) set = new_set(list);
    g_autoptr(GBytes) whole = NULL;
    IkeHeader header;
    IkeFragmentView view;

    open_fragment(g_ptr_array_index(list, 0), &header, &view);
    header.cky_r[7] ^= 1;
    g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_REFUSED);
    header.cky_r[7] ^= 1;
    view.id++;
    g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_REFUSED);
}

/* CVE-2016-10396: two ends, or pieces behind the end. */
static void
test_set_that_contradicts_itself_is_broken(void)
{
    static const struct {
        guint8 first;
        gboolean is_first_last;
        guint8 second;
        gboolean is_second_last;
    } rows[] = {{3, TRUE, 4, TRUE},
                {3, TRUE, 2, TRUE},
                {3, TRUE, 4, FALSE},
                {3, TRUE, 3, FALSE},
                {5, FALSE, 4, TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        IkeHeader header = {.cky_i = {1}};
        g_autoptr(IkeReassembly) set = ike_reassembly_new(&header, 1, IKE_MAX_MESSAGE);
        IkeFragmentView view = {.id = 1,
                                .number = rows[i].first,
                                .is_last = rows[i].is_first_last,
                                .data = reader_of("x", 1)};
        GBytes *whole = NULL;

        g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_STORED);
        view.number = rows[i].second;
        view.is_last = rows[i].is_second_last;
        g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_BROKEN);
        g_assert_null(whole);
    }
}

static void
expect_broken(GBytes *message)
{
    IkeHeader header = {0};
    Reader left = reader_of_bytes(message);
    IkeReassembly *set;
    GBytes *whole = NULL;
    IkeFragmentView view = {.id = 1, .number = 1};

    memset(header.cky_i, 1, sizeof header.cky_i);
    memset(header.cky_r, 2, sizeof header.cky_r);
    set = ike_reassembly_new(&header, 1, IKE_MAX_MESSAGE);
    view.data = reader_sub(&left, 300);
    g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_STORED);
    view.number = 2;
    view.is_last = TRUE;
    view.data = left;
    g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_BROKEN);
    g_assert_null(whole);
    ike_reassembly_free(set);
}

static void
test_message_inside_must_be_sound(void)
{
    g_autoptr(GBytes) nested = make_message(IKE_PAYLOAD_FRAGMENT, 0);
    g_autoptr(GBytes) longer = make_message(IKE_PAYLOAD_SA, 1);
    g_autoptr(GBytes) shorter = make_message(IKE_PAYLOAD_SA, -1);

    expect_broken(nested);
    expect_broken(longer);
    expect_broken(shorter);
}

static void
test_set_has_a_limit_in_octets(void)
{
    static const guint8 piece[6000];
    IkeHeader header = {.cky_i = {1}};
    g_autoptr(IkeReassembly) set = ike_reassembly_new(&header, 1, IKE_MAX_MESSAGE_STRANGER);
    IkeFragmentView view = {.id = 1, .data = reader_of(piece, sizeof piece)};
    GBytes *whole = NULL;

    for (view.number = 1; view.number <= 2; view.number++)
        g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_STORED);
    g_assert_cmpint(ike_reassembly_add(set, &header, &view, &whole), ==, IKE_FRAGMENT_BROKEN);
}

static void
test_malformed_payloads_are_refused(void)
{
    static const char *const rows[] = {
        "",
        "0000000800010101",   /* no data */
        "0000000700010101aa", /* length below the fixed part */
        "0000000a00010101aa", /* length beyond the datagram */
        "8400000900010101aa", /* another payload behind */
        "0000000900010001aa", /* number 0 */
        "0000000900014101aa", /* number 65 */
        "000000090001ff01aa", /* number 255 */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) body = test_hex(rows[i]);
        IkeFragmentView view;

        g_assert_cmpint(ike_fragment_parse(reader_of_bytes(body), &view), ==,
                        IKE_PAYLOAD_MALFORMED);
    }
}

static void
test_small_message_is_sent_whole(void)
{
    g_autoptr(GBytes) message = make_message(IKE_PAYLOAD_SA, 0);
    g_autoptr(GPtrArray) list = ike_fragment_split(message, IKE_EXCHANGE_MAIN, 1, MESSAGE_LENGTH);

    g_assert_cmpuint(list->len, ==, 1);
    g_assert_true(g_ptr_array_index(list, 0) == message);
    g_assert_null(ike_fragment_split(message, IKE_EXCHANGE_MAIN, 1, 46)); /* above 64 pieces */
}

/* PROTOCOL 8.2: 576 octets of IP leave 548 on port 500, 544 behind the marker. */
static void
test_limits_leave_room_for_the_headers(void)
{
    g_assert_cmpuint(ike_fragment_limit(576, FALSE, FALSE), ==, 548);
    g_assert_cmpuint(ike_fragment_limit(0, FALSE, TRUE), ==, 544);
    g_assert_cmpuint(ike_fragment_limit(0, TRUE, TRUE), ==, 1228);
    g_assert_cmpuint(ike_fragment_limit(1, FALSE, FALSE), >, 36);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/fragment/" #name, test_##name)
    TEST(pieces_in_any_order_make_the_message);
    TEST(repeated_piece_changes_nothing_and_a_changed_one_is_refused);
    TEST(strange_cookies_and_ids_are_refused);
    TEST(set_that_contradicts_itself_is_broken);
    TEST(message_inside_must_be_sound);
    TEST(set_has_a_limit_in_octets);
    TEST(malformed_payloads_are_refused);
    TEST(small_message_is_sent_whole);
    TEST(limits_leave_room_for_the_headers);
    return g_test_run();
}
