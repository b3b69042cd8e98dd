/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame of every link between processes: what parses can be written, and what was written
 * parses to the same octets. */
#pragma once

#include "channel.h"

#include <stddef.h>
#include <stdint.h>

static inline void
channel_fuzz(const Channel *channel, const uint8_t *data, size_t size, guint direction)
{
    gpointer message = channel_parse(channel, data, size, direction, NULL);
    gpointer copy;
    g_autoptr(Secret) octets = NULL;
    g_autoptr(Secret) again = NULL;

    if (message == NULL)
        return;
    octets = channel_write(channel, message);
    g_assert_nonnull(octets);
    copy = channel_parse(channel, secret_data(octets), secret_length(octets), direction, NULL);
    g_assert_nonnull(copy);
    again = channel_write(channel, copy);
    g_assert_true(secret_equal(octets, again));
    channel_message_free(channel, message);
    channel_message_free(channel, copy);
}
