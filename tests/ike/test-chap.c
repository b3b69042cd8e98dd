/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/chap.h"
#include "support.h"

/* RFC 2865 7.2: nemo, password "arctangent", CHAP ID 22; the challenge is the authenticator. */
static void
test_the_rfcs_example(void)
{
    static const guint8 challenge[] = {0x2a, 0xee, 0x86, 0xf0, 0x8d, 0x0d, 0x55, 0x96,
                                       0x9c, 0xa5, 0x97, 0x8e, 0x0d, 0x33, 0x67, 0xa2};
    static const guint8 expected[] = {0x16, 0xe9, 0x75, 0x57, 0xc3, 0x16, 0x18, 0x58, 0x95,
                                      0xf2, 0x93, 0xff, 0x63, 0x44, 0x07, 0x72, 0x75};
    g_autoptr(Secret) password = secret_new_text("arctangent");
    g_autoptr(Secret) response =
        ike_chap_respond(22, password, reader_of(challenge, sizeof(challenge)));

    g_assert_cmpmem(secret_data(response), secret_length(response), expected, sizeof(expected));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chap/the-rfcs-example", test_the_rfcs_example);
    return g_test_run();
}
