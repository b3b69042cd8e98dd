/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gateway's boundary from both sides: an engine that a guest took over talks to coatid, and the
 * other way round. */
#include "channel-fuzz.h"
#include "guestlink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    channel_fuzz(&guestlink_channel, data, size, BOUNDARY_TO_ENGINE);
    channel_fuzz(&guestlink_channel, data, size, BOUNDARY_TO_SERVICE);
    return 0;
}
