/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disconnect and CoA (RFC 5176), from strangers and from a server that has the secret: the octets as
 * they are, and with the sums made right. Whoever is believed gets one answer.
 */
#include "radius/control.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SECRET "s"

enum { NOW = 1700000000 };

static void
sign(guint8 *packet, gsize length)
{
    g_autofree guint8 *room = g_malloc(length + 1);

    memset(packet + 4, 0, RADIUS_AUTHENTICATOR);
    memcpy(room, packet, length);
    room[length] = SECRET[0];
    g_assert_true(EVP_Digest(room, length + 1, packet + 4, NULL, EVP_md5(), NULL) == 1);
}

static void
take(const guint8 *data, gsize size)
{
    g_autoptr(Secret) secret = secret_new_text(SECRET);
    RadiusNas nas = {.identifier = (char *)"vpn"};
    g_autoptr(RadiusControl) control = NULL;
    g_autoptr(Secret) answer = NULL;
    RadiusControlResult result;
    RadiusPacket packet, answered;

    if (!radius_control_believe(data, size, secret, NOW, &packet))
        return;
    result = radius_control_read(&packet, &nas, &control);
    g_assert_true((result == RADIUS_CONTROL_DONE) == (control != NULL));
    if (control != NULL && control->user != NULL)
        g_assert_true(g_utf8_validate(control->user, -1, NULL));
    answer = radius_control_answer(&packet, secret, result);
    if (answer == NULL)
        return; /* what has to be said back does not fit */
    g_assert_true(radius_packet_parse(secret_data(answer), secret_length(answer), &answered));
    g_assert_cmpint(radius_answer_check(&answered, secret, packet.authenticator, FALSE), ==,
                    RADIUS_ANSWER_GOOD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree guint8 *copy = NULL;

    take(data, size);
    if (size < RADIUS_HEADER || size > RADIUS_MAX_PACKET)
        return 0;
    copy = g_memdup2(data, size);
    copy[2] = (guint8)(size >> 8);
    copy[3] = (guint8)size;
    sign(copy, size);
    take(copy, size);
    return 0;
}
