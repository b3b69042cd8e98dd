/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link of coati-login: the first octet picks the direction, the rest is one message. What
 * parses is written again, octet for octet.
 */
#include "login/loginlink.h"

#include <stddef.h>
#include <stdint.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(LoginlinkMessage) message = NULL;
    g_autoptr(Secret) again = NULL;

    if (size == 0)
        return 0;
    message = loginlink_parse(data + 1, size - 1,
                              (data[0] & 1) == 0 ? LOGINLINK_TO_LOGIN : LOGINLINK_TO_SERVICE, NULL);
    if (message == NULL)
        return 0;
    again = loginlink_write(message);
    g_assert_nonnull(again);
    g_assert_cmpuint(secret_length(again), ==, size - 1);
    return 0;
}
