/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boundary from both sides: an engine that somebody took over talks to coatid, and the other way
 * round. */
#include "boundary.h"
#include "channel-fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    channel_fuzz(&boundary_channel, data, size, BOUNDARY_TO_ENGINE);
    channel_fuzz(&boundary_channel, data, size, BOUNDARY_TO_SERVICE);
    return 0;
}
