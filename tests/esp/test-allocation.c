/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No packet costs an allocation.
 */
#include "counting.h"
#include "support.h"

#include <string.h>

enum { ROOM = 2048, BATCH = 64, ROUNDS = 50 };

static const char *const suites[] = {
    "3des-md5",      "3des-sha1",     "aes128-sha1", "aes192-md5",  "aes256-sha256",
    "aes128-sha384", "aes256-sha512", "aes128gcm16", "aes192gcm16", "aes256gcm16",
};

static void
run_batch(EspSa *out, EspSa *in, guint8 rooms[BATCH][ROOM])
{
    EspFrame frames[BATCH];

    for (guint i = 0; i < BATCH; i++) {
        gsize length = 100 + i * 20;

        support_packet4(rooms[i] + esp_sa_head(out), length, 1, FALSE);
        frames[i] = (EspFrame){.sa = out, .data = rooms[i], .inner_length = (guint32)length};
    }
    esp_seal(frames, BATCH);
    for (guint i = 0; i < BATCH; i++)
        frames[i] = (EspFrame){.sa = in, .data = rooms[i], .length = frames[i].length};
    esp_open(frames, BATCH);
    for (guint i = 0; i < BATCH; i++)
        g_assert_cmpint(frames[i].verdict, ==, ESP_OK);
}

static void
test_a_packet_costs_no_allocation(void)
{
    static guint8 rooms[BATCH][ROOM];

    for (gsize i = 0; i < G_N_ELEMENTS(suites); i++) {
        SuiteEsp suite = support_suite(suites[i]);
        g_autoptr(Secret) keymat = support_any_keymat(&suite);
        g_autoptr(EspContext) context = support_context();
        g_autoptr(EspSa) out = support_sa(context, ESP_SEAL, &suite, 1, keymat);
        g_autoptr(EspSa) in = support_sa(context, ESP_OPEN, &suite, 1, keymat);
        guint64 before;
        guint64 locks;

        run_batch(out, in, rooms);
        before = counting_allocations();
        locks = counting_locks();
        for (guint round = 0; round < ROUNDS; round++)
            run_batch(out, in, rooms);
        before = counting_allocations() - before;
        g_test_message("%s: %" G_GUINT64_FORMAT " allocations for %d packets", suites[i], before,
                       ROUNDS * BATCH);
        g_assert_cmpuint(before, ==, 0);
        g_assert_cmpuint(counting_locks(), ==, locks);
    }
}

static void
test_the_counter_counts(void)
{
    guint64 before = counting_allocations();

    g_free(g_malloc(100));
    g_assert_cmpuint(counting_allocations() - before, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/allocation/the-counter-counts", test_the_counter_counts);
    g_test_add_func("/allocation/a-packet-costs-no-allocation", test_a_packet_costs_no_allocation);
    return g_test_run();
}
