/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link of coati-login: the first octet picks the direction, the rest is one message. */
#include "channel-fuzz.h"
#include "login/loginlink.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        channel_fuzz(&loginlink_channel, data + 1, size - 1,
                     (data[0] & 1) == 0 ? LOGINLINK_TO_LOGIN : LOGINLINK_TO_SERVICE);
    return 0;
}
