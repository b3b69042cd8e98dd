/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A gateway's boundary from both sides: an engine that a guest took over talks to coatid, and the
 * other way round. What parses can be written, and what was written parses to the same octets.
 */
#include "guestlink.h"

#include <stddef.h>
#include <stdint.h>

static void
check(const uint8_t *data, size_t size, BoundaryDirection direction)
{
    g_autoptr(GuestlinkMessage) message = guestlink_parse(data, size, direction, NULL);
    g_autoptr(GuestlinkMessage) copy = NULL;
    g_autoptr(Secret) octets = NULL;
    g_autoptr(Secret) again = NULL;

    if (message == NULL)
        return;
    octets = guestlink_write(message);
    g_assert_nonnull(octets);
    copy = guestlink_parse(secret_data(octets), secret_length(octets), direction, NULL);
    g_assert_nonnull(copy);
    again = guestlink_write(copy);
    g_assert_true(secret_equal(octets, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size, BOUNDARY_TO_ENGINE);
    check(data, size, BOUNDARY_TO_SERVICE);
    return 0;
}
