/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "counting.h"
#include "plane-lab.h"

#include <stdio.h>
#include <unistd.h>

enum { ROUNDS = 200 };

static void
count(const LabOptions *options)
{
    static const gsize sizes[] = {1, 100, 1300, 8000, 60000};
    g_autoptr(Lab) lab = lab_new(options);
    Fd sockets[LAB_ENDS];
    guint64 before;
    guint64 locks;
    gsize i;

    lab_open_pair(lab, AF_INET, sockets);
    lab_cross(lab, sockets, 60000);
    before = counting_allocations();
    locks = counting_locks();
    for (i = 0; i < ROUNDS; i++)
        lab_cross(lab, sockets, sizes[i % G_N_ELEMENTS(sizes)]);
    before = counting_allocations() - before;
    locks = counting_locks() - locks;
    g_test_message("%" G_GUINT64_FORMAT " allocations, %" G_GUINT64_FORMAT " locks", before, locks);
    g_assert_cmpuint(before, ==, 0);
    g_assert_cmpuint(locks, ==, 0);
    for (guint end = 0; end < LAB_ENDS; end++)
        fd_close(&sockets[end]);
}

static void
test_a_packet_through_the_plane_costs_no_allocation_and_no_lock(void)
{
    count(&(LabOptions){.suite = "aes128-sha1", .tun_mtu = 1422});
    count(&(LabOptions){.suite = "aes256gcm16", .tun_mtu = 1422, .has_vnet = TRUE});
    count(&(LabOptions){
        .suite = "aes128-sha1", .tun_mtu = 1422, .has_vnet = TRUE, .esp_fragment_octets = 552});
}

/* Making an SA asks the crypto library for an algorithm, which it keeps behind a lock. */
static void
test_the_counter_counts_locks(void)
{
    guint64 before = counting_locks();
    LabOptions options = {.suite = "aes128-sha1", .tun_mtu = 1422};
    g_autoptr(Lab) lab = lab_new(&options);

    g_assert_nonnull(lab);
    g_assert_cmpuint(counting_locks(), >, before);
}

int
main(int argc, char **argv)
{
    const char *reason;

    g_test_init(&argc, &argv, NULL);
    if (!lab_is_possible(&reason)) {
        fprintf(stderr, "%s\n", reason);
        return 77;
    }
    g_test_add_func("/plane/the-counter-counts-locks", test_the_counter_counts_locks);
    g_test_add_func("/plane/a-packet-through-the-plane-costs-no-allocation-and-no-lock",
                    test_a_packet_through_the_plane_costs_no_allocation_and_no_lock);
    return g_test_run();
}
