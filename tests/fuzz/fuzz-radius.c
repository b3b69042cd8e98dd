/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of RADIUS servers: the octets as they are, and, behind an honest server's sums, as what a
 * client with a login under way makes of them.
 */
#include "radius/accept.h"
#include "radius/client.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void
fill(gpointer user_data, guint8 *ret_octets, gsize length)
{
    memset(ret_octets, 0x5a, length);
}

static void
sign(guint8 *packet, gsize length)
{
    g_autofree guint8 *room = g_malloc(length + 1);

    memset(packet + 4, 0x5a, 16);
    memcpy(room, packet, length);
    room[length] = 's';
    g_assert_true(EVP_Digest(room, length + 1, packet + 4, NULL, EVP_md5(), NULL) == 1);
}

static void
ask_client(const uint8_t *data, size_t size)
{
    g_autoptr(Secret) secret = secret_new_text("s");
    RadiusServer server = {.name = (char *)"fuzz",
                           .secret = secret,
                           .has_login = TRUE,
                           .lacks_message_authenticator = TRUE};
    RadiusOptions options = {.servers = &server, .server_count = 1, .random = fill};
    g_autoptr(RadiusClient) client = radius_client_new(&options);
    RadiusLogin *login = radius_login_new();
    RadiusPort port = {0};
    g_autofree guint8 *packet = g_memdup2(data, size);

    login->user = g_strdup("u");
    login->password = secret_new_text("p");
    radius_client_login(client, 1, login);
    packet[1] = 0;
    packet[2] = (guint8)(size >> 8);
    packet[3] = (guint8)size;
    sign(packet, size);
    radius_client_receive(client, 1, &port, packet, size);
    while (radius_client_next(client) != NULL)
        ;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    RadiusPacket packet;

    if (radius_packet_parse(data, size, &packet)) {
        g_autoptr(RadiusSettings) settings = radius_accept_read(&packet);
        g_autofree char *message = radius_reply_message(&packet);

        g_assert_cmpuint(settings->dns->len, <=, RADIUS_MAX_ADDRESSES);
        g_assert_true(message == NULL || g_utf8_validate(message, -1, NULL));
    }
    if (size >= RADIUS_HEADER && size <= RADIUS_MAX_PACKET)
        ask_client(data, size);
    return 0;
}
