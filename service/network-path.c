/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine's sockets. */
#include "network.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { BUFFER_OCTETS = 4 * 1024 * 1024 };

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} SocketAddress;

static socklen_t
socket_address_of(const NetEndpoint *endpoint, SocketAddress *ret_address)
{
    memset(ret_address, 0, sizeof *ret_address);
    if (endpoint->address.length == 16) {
        ret_address->v6.sin6_family = AF_INET6;
        ret_address->v6.sin6_port = htons(endpoint->port);
        memcpy(&ret_address->v6.sin6_addr, endpoint->address.octets, 16);
        return sizeof ret_address->v6;
    }
    ret_address->v4.sin_family = AF_INET;
    ret_address->v4.sin_port = htons(endpoint->port);
    memcpy(&ret_address->v4.sin_addr, endpoint->address.octets, 4);
    return sizeof ret_address->v4;
}

static NetEndpoint
endpoint_of(const SocketAddress *address)
{
    NetEndpoint endpoint = {0};

    if (address->any.sa_family == AF_INET6) {
        endpoint.address = net_address_of(&address->v6.sin6_addr, 16);
        endpoint.port = ntohs(address->v6.sin6_port);
    } else {
        endpoint.address = net_address_of(&address->v4.sin_addr, 4);
        endpoint.port = ntohs(address->v4.sin_port);
    }
    return endpoint;
}

static gboolean
set_option(Fd socket, int level, int name, int value)
{
    return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

/* The mark comes first: it decides which way connect() finds. */
static gboolean
set_options(Fd socket, gboolean is_v6)
{
    int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;

    if (!set_option(socket, SOL_SOCKET, SO_MARK, NETWORK_MARK) ||
        !set_option(socket, level, is_v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
                    is_v6 ? IPV6_PMTUDISC_WANT : IP_PMTUDISC_WANT) ||
        !set_option(socket, level, is_v6 ? IPV6_RECVERR : IP_RECVERR, 1))
        return FALSE;
    /* Smaller buffers work, too. */
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS))
        set_option(socket, SOL_SOCKET, SO_RCVBUF, BUFFER_OCTETS);
    if (!set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_OCTETS))
        set_option(socket, SOL_SOCKET, SO_SNDBUF, BUFFER_OCTETS);
    return TRUE;
}

static void
fail_connect(GError **error, const NetEndpoint *remote)
{
    char text[NET_ENDPOINT_TEXT_SIZE];
    int saved = errno;
    gboolean is_unreachable = saved == ENETUNREACH || saved == EHOSTUNREACH || saved == ENETDOWN ||
                              saved == EADDRNOTAVAIL;

    g_set_error(
        error, NETWORK_ERROR, is_unreachable ? REASON_NETWORK_UNREACHABLE : REASON_INTERFACE_FAILED,
        "no way to the gateway %s: %s", net_endpoint_format(remote, text), g_strerror(saved));
}

gboolean
network_open_path(const NetEndpoint *remote, guint16 local_port, Fd *ret_socket,
                  NetworkPath *ret_path, GError **error)
{
    gboolean is_v6 = remote->address.length == 16;
    NetEndpoint wished = {.address.length = remote->address.length, .port = local_port};
    SocketAddress address;
    socklen_t length = socket_address_of(&wished, &address);
    g_auto(Fd) fd =
        socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    g_return_val_if_fail(net_address_is_set(&remote->address), FALSE);
    if (fd < 0 || !set_options(fd, is_v6)) {
        g_set_error(error, NETWORK_ERROR, REASON_INTERFACE_FAILED,
                    "cannot set up a socket to the gateway: %s%s", g_strerror(errno),
                    errno == EPERM ? "; CAP_NET_ADMIN is needed" : "");
        return FALSE;
    }
    if (bind(fd, &address.any, length) < 0) {
        g_set_error(error, NETWORK_ERROR,
                    errno == EADDRINUSE ? REASON_PORT_IN_USE : REASON_INTERFACE_FAILED,
                    "cannot use UDP port %u: %s", local_port, g_strerror(errno));
        return FALSE;
    }
    length = socket_address_of(remote, &address);
    if (connect(fd, &address.any, length) < 0) {
        fail_connect(error, remote);
        return FALSE;
    }
    length = sizeof address;
    if (getsockname(fd, &address.any, &length) < 0) {
        fail_connect(error, remote);
        return FALSE;
    }
    *ret_path = (NetworkPath){.local = endpoint_of(&address), .remote = *remote};
    *ret_socket = fd_steal(&fd);
    return TRUE;
}
