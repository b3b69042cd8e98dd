/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boundary from both sides: an engine that somebody took over talks to coatid, and the other
 * way round. What parses can be written, and what was written parses to the same octets.
 */
#include "boundary.h"

#include <stddef.h>
#include <stdint.h>

static void
check(const uint8_t *data, size_t size, BoundaryDirection direction)
{
    g_autoptr(BoundaryMessage) message = boundary_parse(data, size, direction, NULL);
    g_autoptr(BoundaryMessage) copy = NULL;
    g_autoptr(GBytes) octets = NULL;
    g_autoptr(GBytes) again = NULL;
    gsize length;
    const guint8 *written;

    if (message == NULL)
        return;
    octets = boundary_write(message);
    g_assert_nonnull(octets);
    written = g_bytes_get_data(octets, &length);
    copy = boundary_parse(written, length, direction, NULL);
    g_assert_nonnull(copy);
    again = boundary_write(copy);
    g_assert_true(g_bytes_equal(octets, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size, BOUNDARY_TO_ENGINE);
    check(data, size, BOUNDARY_TO_SERVICE);
    return 0;
}
