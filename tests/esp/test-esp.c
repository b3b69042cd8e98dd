/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <string.h>

enum { ROOM = 2048, COUNT = 100 };

static const char *const suites[] = {
    "3des-md5",      "3des-sha1",   "aes128-sha1", "aes192-sha256", "aes256-sha384",
    "aes256-sha512", "aes128gcm16", "aes192gcm16", "aes256gcm16",
};

typedef struct {
    EspContext *context;
    EspSa *out;
    EspSa *in;
} Pair;

static void
pair_clear(Pair *pair)
{
    esp_sa_free(pair->out);
    esp_sa_free(pair->in);
    esp_context_free(pair->context);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static Pair
pair_of(const char *text)
{
    SuiteEsp suite = support_suite(text);
    g_autoptr(Secret) keymat = support_any_keymat(&suite);
    Pair pair = {.context = support_context()};

    pair.out = support_sa(pair.context, ESP_SEAL, &suite, 0x12345678, keymat);
    pair.in = support_sa(pair.context, ESP_OPEN, &suite, 0x12345678, keymat);
    return pair;
}

/* Seals octets as if they were a packet and opens what comes of it. */
static EspVerdict
open_text(const char *hex, EspFrame *ret_frame)
{
    static guint8 room[ROOM];
    g_autoptr(GBytes) text = support_hex(hex);
    g_auto(Pair) pair = pair_of("aes128gcm16");
    gsize length = g_bytes_get_size(text);
    EspFrame frame = {.sa = pair.out, .data = room, .inner_length = (guint32)length};

    memset(room, 0, sizeof room);
    memcpy(room + esp_sa_head(pair.out), g_bytes_get_data(text, NULL), length);
    esp_seal(&frame, 1);
    *ret_frame = (EspFrame){.sa = pair.in, .data = room, .length = frame.length};
    esp_open(ret_frame, 1);
    return ret_frame->verdict;
}

static void
test_batches_come_back_whole(void)
{
    static guint8 rooms[COUNT][ROOM];
    static guint8 inner[ROOM];

    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        g_auto(Pair) pair = pair_of(suites[i]);
        EspFrame frames[COUNT];

        for (guint k = 0; k < COUNT; k++) {
            gsize length = 48 + k * 14;

            if (k % 2 == 0)
                support_packet4(rooms[k] + esp_sa_head(pair.out), length, (guint16)k, FALSE);
            else
                support_packet6(rooms[k] + esp_sa_head(pair.out), length);
            frames[k] =
                (EspFrame){.sa = pair.out, .data = rooms[k], .inner_length = (guint32)length};
        }
        esp_seal(frames, COUNT);
        for (guint k = 0; k < COUNT; k++) {
            g_assert_cmpint(frames[k].verdict, ==, ESP_OK);
            g_assert_cmpuint(frames[k].sequence, ==, k + 1);
            frames[k] = (EspFrame){.sa = pair.in, .data = rooms[k], .length = frames[k].length};
        }
        esp_open(frames, COUNT);
        for (guint k = 0; k < COUNT; k++) {
            gsize length = 48 + k * 14;

            if (k % 2 == 0)
                support_packet4(inner, length, (guint16)k, FALSE);
            else
                support_packet6(inner, length);
            g_assert_cmpint(frames[k].verdict, ==, ESP_OK);
            g_assert_cmpmem(frames[k].inner, frames[k].inner_length, inner, length);
        }
        g_assert_cmpuint(esp_sa_sequence(pair.in), ==, COUNT);
    }
}

static void
test_a_batch_with_the_same_packet_twice_opens_it_once(void)
{
    static guint8 rooms[2][ROOM];
    g_auto(Pair) pair = pair_of("aes128-sha1");
    EspFrame frames[2];
    EspFrame frame = {.sa = pair.out, .data = rooms[0], .inner_length = 100};

    support_packet4(rooms[0] + esp_sa_head(pair.out), 100, 1, FALSE);
    esp_seal(&frame, 1);
    memcpy(rooms[1], rooms[0], frame.length);
    for (guint i = 0; i < 2; i++)
        frames[i] = (EspFrame){.sa = pair.in, .data = rooms[i], .length = frame.length};
    esp_open(frames, 2);
    g_assert_cmpint(frames[0].verdict, ==, ESP_OK);
    g_assert_cmpint(frames[1].verdict, ==, ESP_REPLAYED);
}

/* An old number costs no cryptography: it is refused before the ICV is looked at. */
static void
test_an_old_number_is_refused_before_its_icv(void)
{
    guint8 room[ROOM];
    guint8 copy[ROOM];
    g_auto(Pair) pair = pair_of("aes128-sha1");
    EspFrame frame = {.sa = pair.out, .data = room, .inner_length = 100};
    guint32 length;

    support_packet4(room + esp_sa_head(pair.out), 100, 1, FALSE);
    esp_seal(&frame, 1);
    length = frame.length;
    memcpy(copy, room, length);
    frame = (EspFrame){.sa = pair.in, .data = room, .length = length};
    esp_open(&frame, 1);
    g_assert_cmpint(frame.verdict, ==, ESP_OK);
    copy[length - 1] ^= 1;
    frame = (EspFrame){.sa = pair.in, .data = copy, .length = length};
    esp_open(&frame, 1);
    g_assert_cmpint(frame.verdict, ==, ESP_REPLAYED);
}

static void
test_no_iv_comes_twice(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        g_auto(Pair) pair = pair_of(suites[i]);
        g_autoptr(GHashTable) seen =
            g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);

        for (guint k = 0; k < 2000; k++) {
            guint8 room[256];
            EspFrame frame = {.sa = pair.out, .data = room, .inner_length = 60};

            support_packet4(room + esp_sa_head(pair.out), 60, 1, FALSE);
            esp_seal(&frame, 1);
            g_assert_true(g_hash_table_add(
                seen, g_bytes_new(room + ESP_HEADER, esp_sa_head(pair.out) - ESP_HEADER)));
        }
    }
}

static void
test_the_last_number_is_used_and_none_after(void)
{
    guint8 room[256];
    g_auto(Pair) pair = pair_of("aes128gcm16");
    EspFrame frame = {.sa = pair.out, .data = room, .inner_length = 60};

    support_packet4(room + esp_sa_head(pair.out), 60, 1, FALSE);
    esp_sa_set_sequence(pair.out, G_MAXUINT32 - 1);
    esp_seal(&frame, 1);
    g_assert_cmpint(frame.verdict, ==, ESP_OK);
    g_assert_cmpuint(frame.sequence, ==, G_MAXUINT32);
    for (guint i = 0; i < 3; i++) {
        esp_seal(&frame, 1);
        g_assert_cmpint(frame.verdict, ==, ESP_EXHAUSTED);
        g_assert_cmpuint(esp_sa_sequence(pair.out), ==, G_MAXUINT32);
    }
}

/* Octets behind the inner packet's own length are traffic-flow padding (RFC 4303 2.7). */
static void
test_traffic_flow_padding_is_cut_off(void)
{
    EspFrame frame;

    g_assert_cmpint(open_text("4500001400000000400100000a0000010a000002"
                              "00000000000000000000000000000000",
                              &frame),
                    ==, ESP_OK);
    g_assert_cmpuint(frame.inner_length, ==, 20);
}

static void
test_inner_lengths_that_lie_are_refused(void)
{
    EspFrame frame;

    g_assert_cmpint(open_text("4500001500000000400100000a0000010a000002", &frame), ==, ESP_INNER);
    g_assert_cmpint(open_text("4500001300000000400100000a0000010a000002", &frame), ==, ESP_INNER);
    g_assert_cmpint(open_text("45000010000000004001000000000000", &frame), ==, ESP_INNER);
    g_assert_cmpint(open_text("7500001400000000400100000a0000010a000002", &frame), ==, ESP_INNER);
    g_assert_cmpint(open_text("6000000000003b40000000000000000000000000000000010000000000000000"
                              "0000000000000002",
                              &frame),
                    ==, ESP_OK);
    g_assert_cmpint(open_text("6000000000013b40000000000000000000000000000000010000000000000000"
                              "0000000000000002",
                              &frame),
                    ==, ESP_INNER);
}

/* Plaintext with a trailer of every kind, sealed by another program. */
typedef struct {
    const char *name;
    const char *esp; /* AES-128-GCM-16, SPI 12345678 */
    EspVerdict verdict;
} Trailer;

#include "trailers.inc"

static void
test_trailers(void)
{
    SuiteEsp suite = support_suite("aes128gcm16");
    g_autoptr(Secret) keymat = support_any_keymat(&suite);
    g_autoptr(EspContext) context = support_context();

    for (gsize i = 0; i < G_N_ELEMENTS(trailers); i++) {
        g_autoptr(EspSa) sa = support_sa(context, ESP_OPEN, &suite, 0x12345678, keymat);
        g_autoptr(GBytes) esp = support_hex(trailers[i].esp);
        g_autofree guint8 *room = g_memdup2(g_bytes_get_data(esp, NULL), g_bytes_get_size(esp));
        EspFrame frame = {.sa = sa, .data = room, .length = (guint32)g_bytes_get_size(esp)};

        esp_open(&frame, 1);
        g_test_message("%s: %s", trailers[i].name, esp_verdict_name(frame.verdict));
        g_assert_cmpint(frame.verdict, ==, trailers[i].verdict);
        g_assert_true(esp_verdict_is_authentic(frame.verdict));
    }
}

static void
test_keys_of_the_wrong_size_are_refused(void)
{
    SuiteEsp suite = support_suite("aes128-sha1");
    g_autoptr(EspContext) context = support_context();
    g_autoptr(Secret) keymat = secret_new_zero(35);
    g_autoptr(GError) error = NULL;

    g_assert_null(esp_sa_new(context, ESP_SEAL, &suite, 1, keymat, &error));
    g_assert_error(error, ESP_ERROR, ESP_ERROR_KEY);
}

static void
test_an_unknown_suite_is_refused(void)
{
    SuiteEsp suite = {.cipher = SUITE_ESP_AES_CBC, .key_bits = 128};
    g_autoptr(EspContext) context = support_context();
    g_autoptr(Secret) keymat = secret_new_zero(16);
    g_autoptr(GError) error = NULL;

    g_assert_null(esp_sa_new(context, ESP_SEAL, &suite, 1, keymat, &error));
    g_assert_error(error, ESP_ERROR, ESP_ERROR_UNSUPPORTED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/esp/batches-come-back-whole", test_batches_come_back_whole);
    g_test_add_func("/esp/a-batch-with-the-same-packet-twice-opens-it-once",
                    test_a_batch_with_the_same_packet_twice_opens_it_once);
    g_test_add_func("/esp/an-old-number-is-refused-before-its-icv",
                    test_an_old_number_is_refused_before_its_icv);
    g_test_add_func("/esp/no-iv-comes-twice", test_no_iv_comes_twice);
    g_test_add_func("/esp/the-last-number-is-used-and-none-after",
                    test_the_last_number_is_used_and_none_after);
    g_test_add_func("/esp/traffic-flow-padding-is-cut-off", test_traffic_flow_padding_is_cut_off);
    g_test_add_func("/esp/inner-lengths-that-lie-are-refused",
                    test_inner_lengths_that_lie_are_refused);
    g_test_add_func("/esp/trailers", test_trailers);
    g_test_add_func("/esp/keys-of-the-wrong-size-are-refused",
                    test_keys_of_the_wrong_size_are_refused);
    g_test_add_func("/esp/an-unknown-suite-is-refused", test_an_unknown_suite_is_refused);
    return g_test_run();
}
