/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of doctor in a tunnel that is up. */
#include "doctor.h"

#include "echo.h"

#include <string.h>

enum { DNS_TRIES = 2, DNS_SECONDS = 2, HEADERS_OCTETS = 28, ECHOES = 2 };

static gboolean
skips(const Doctor *doctor, Check *check)
{
    if (doctor->is_connected)
        return FALSE;
    check_set(check, CHECK_SKIPPED, "", g_strdup("it is not connected"), NULL);
    return TRUE;
}

/* RFC 1035 4.1: the name servers of the root; any answer shows that the server is there. */
static gboolean
asks_server(const char *server)
{
    static const guint8 query[] = {0x43, 0x6f, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(server, 53);
    g_autoptr(GSocket) socket = NULL;
    char answer[512];

    if (address == NULL)
        return FALSE;
    socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_DATAGRAM,
                          G_SOCKET_PROTOCOL_UDP, NULL);
    if (socket == NULL || !g_socket_connect(socket, address, NULL, NULL))
        return FALSE;
    g_socket_set_timeout(socket, DNS_SECONDS);
    for (guint i = 0; i < DNS_TRIES; i++) {
        gssize length;

        if (g_socket_send(socket, (const char *)query, sizeof query, NULL, NULL) < 0)
            return FALSE;
        length = g_socket_receive(socket, answer, sizeof answer, NULL, NULL);
        if (length >= 12 && memcmp(answer, query, 2) == 0)
            return TRUE;
    }
    return FALSE;
}

void
check_dns(Doctor *doctor, Check *check)
{
    g_autofree const char **servers = NULL;
    GString *text;
    guint silent = 0;

    if (skips(doctor, check))
        return;
    servers = remote_texts(doctor->remote->tunnel, "Dns");
    if (servers[0] == NULL) {
        check_set(check, CHECK_SKIPPED, "", g_strdup("the gateway named none"), NULL);
        return;
    }
    text = g_string_new(NULL);
    for (guint i = 0; servers[i] != NULL; i++) {
        gboolean answers = asks_server(servers[i]);

        silent += answers ? 0 : 1;
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", servers[i],
                               answers ? "answers" : "does not answer");
    }
    if (silent == 0)
        check_set(check, CHECK_OK, "", g_string_free(text, FALSE), NULL);
    else
        check_set(check, CHECK_WARN, "dns-through-vpn", g_string_free(text, FALSE),
                  "Names of the office cannot be looked up there: tell the administrator, or set "
                  "network.dns.");
}

void
check_size(Doctor *doctor, Check *check)
{
    guint64 mtu = remote_number(doctor->remote->tunnel, "Mtu");
    g_autofree const char **servers = NULL;
    guint octets;

    if (skips(doctor, check))
        return;
    servers = remote_texts(doctor->remote->tunnel, "Dns");
    octets = mtu > 576 ? (guint)mtu - HEADERS_OCTETS : 0;
    if (servers[0] == NULL || octets == 0 || strchr(servers[0], ':') != NULL ||
        echo_send(servers[0], 56, ECHOES, NULL) != ECHO_ANSWERED) {
        check_set(check, CHECK_SKIPPED, "", g_strdup("nothing in the tunnel answers to ping"),
                  NULL);
        return;
    }
    if (echo_send(servers[0], octets, ECHOES, NULL) == ECHO_ANSWERED)
        check_set(check, CHECK_OK, "",
                  g_strdup_printf("%u octets and back", octets + HEADERS_OCTETS), NULL);
    else
        check_set(check, CHECK_WARN, "mtu",
                  g_strdup_printf("small pings come back, those of %u octets do not",
                                  octets + HEADERS_OCTETS),
                  "Set esp.mtu lower, such as 1280, or esp.fragment-size.");
}

void
check_traffic(Doctor *doctor, Check *check)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariant) statistics = NULL;
    g_autoptr(GVariantDict) dict = NULL;
    guint64 in;
    guint64 out;
    char *text;

    if (skips(doctor, check))
        return;
    reply = remote_call(doctor->cli, doctor->remote->tunnel_path, CLI_TUNNEL, "GetStatistics", NULL,
                        "(a{sv})", NULL);
    if (reply == NULL) {
        check_set(check, CHECK_SKIPPED, "", g_strdup("it has just ended"), NULL);
        return;
    }
    statistics = g_variant_get_child_value(reply, 0);
    dict = g_variant_dict_new(statistics);
    in = remote_number(dict, "packets-in");
    out = remote_number(dict, "packets-out");
    text = g_strdup_printf("%" G_GUINT64_FORMAT " packets out, %" G_GUINT64_FORMAT " in", out, in);
    if (in == 0 && out > 0)
        check_set(check, CHECK_WARN, "esp-blocked", text,
                  "The gateway may have no way back, or a firewall drops what it sends: ask the "
                  "administrator.");
    else
        check_set(check, CHECK_OK, "", text, NULL);
}
