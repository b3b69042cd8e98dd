/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two sockets of a gateway: passed by the service manager (sd_listen_fds(3)) or made here. */
#include "gateway/site.h"

#include "base/sockname.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_ISAKMP = 500, PORT_NATT = 4500, FIRST_PASSED = 3, BUFFER = 4 * 1024 * 1024 };

static void
set_option(Fd fd, int level, int option, int value)
{
    /* Best effort: none of them is needed. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* Large messages for clients without IKE fragmentation leave in IP fragments, and so does what is
 * too large for one guest's path: a socket for all has no path MTU of its own. */
static void
prepare(Fd fd, gboolean is_six)
{
    if (is_six)
        set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    else
        set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER);
    set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* FALSE when fd is no UDP socket that is bound to port. */
static gboolean
is_bound(Fd fd, guint16 port, NetEndpoint *ret_local)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int type = 0;
    socklen_t type_size = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) < 0 || type != SOCK_DGRAM ||
        getsockname(fd, (struct sockaddr *)&name, &size) < 0)
        return FALSE;
    *ret_local = sockname_endpoint(&name);
    return ret_local->port == port;
}

/* -1 when the service manager passed none. */
static Fd
find_passed(guint16 port, NetEndpoint *ret_local)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");

    if (pid == NULL || count == NULL || atol(pid) != (long)getpid())
        return -1;
    for (int i = 0; i < atoi(count); i++)
        if (is_bound(FIRST_PASSED + i, port, ret_local))
            return dup(FIRST_PASSED + i);
    return -1;
}

static Fd
bind_port(const NetAddress *listen, guint16 port, NetEndpoint *ret_local, GError **error)
{
    NetEndpoint local = {.address = *listen, .port = port};
    struct sockaddr_storage name;
    socklen_t size = sockname_of(&local, &name);
    g_auto(Fd) fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && name.ss_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "cannot listen on port %u: %s%s", port, g_strerror(errno),
                    errno == EACCES ? "; start coati-gateway.socket, which may" : "");
        return -1;
    }
    *ret_local = local;
    return fd_steal(&fd);
}

static Fd
open_port(const NetAddress *listen, guint16 port, NetEndpoint *ret_local, GError **error)
{
    Fd fd = find_passed(port, ret_local);

    if (fd < 0)
        fd = bind_port(listen, port, ret_local, error);
    if (fd >= 0)
        prepare(fd, ret_local->address.length == 16);
    return fd;
}

gboolean
gateway_sockets_open(const NetAddress *listen, GatewaySockets *ret_sockets, GError **error)
{
    static const NetAddress any = {.length = 4};
    const NetAddress *address = listen->length > 0 ? listen : &any;
    GatewaySockets sockets = {.isakmp = -1, .natt = -1};

    sockets.isakmp = open_port(address, PORT_ISAKMP, &sockets.isakmp_local, error);
    if (sockets.isakmp >= 0)
        sockets.natt = open_port(address, PORT_NATT, &sockets.natt_local, error);
    if (sockets.natt < 0) {
        gateway_sockets_close(&sockets);
        return FALSE;
    }
    *ret_sockets = sockets;
    return TRUE;
}

void
gateway_sockets_close(GatewaySockets *sockets)
{
    fd_close(&sockets->isakmp);
    fd_close(&sockets->natt);
}
