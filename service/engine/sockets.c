/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void
sockets_init(Sockets *sockets)
{
    *sockets = (Sockets){.isakmp = -1, .natt = -1};
}

void
sockets_close(Sockets *sockets)
{
    fd_close(&sockets->isakmp);
    fd_close(&sockets->natt);
}

static void
set_nonblocking(Fd fd)
{
    gint flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void
sockets_take(Sockets *sockets, Fd *isakmp, Fd *natt, const IkePath *isakmp_path,
             const IkePath *natt_path)
{
    sockets_close(sockets);
    sockets->isakmp = fd_steal(isakmp);
    sockets->natt = fd_steal(natt);
    sockets->isakmp_path = *isakmp_path;
    sockets->natt_path = *natt_path;
    sockets->last_error = 0;
    set_nonblocking(sockets->isakmp);
    set_nonblocking(sockets->natt);
}

void
sockets_heard(Sockets *sockets)
{
    sockets->last_error = 0;
}

void
sockets_failed(Sockets *sockets, gint code)
{
    if (code != 0 && code != EAGAIN && code != EINTR && code != EMSGSIZE)
        sockets->last_error = code;
}

void
sockets_send(Sockets *sockets, const IkePath *path, const guint8 *data, gsize length,
             gboolean is_keepalive)
{
    static const guint8 marker[4];
    gboolean is_natt = path->socket == IKE_SOCKET_NATT;
    gboolean is_marked = is_natt && !is_keepalive;
    struct iovec parts[] = {
        {.iov_base = (void *)marker, .iov_len = is_marked ? sizeof marker : 0},
        {.iov_base = (void *)data, .iov_len = length},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts)};
    Fd fd = is_natt ? sockets->natt : sockets->isakmp;

    /* An ICMP error of an earlier datagram is reported by the next call instead of its own
     * result: send again then. */
    for (guint try = 0; try < 2; try++) {
        if (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0)
            return;
        sockets_failed(sockets, errno);
    }
}

gssize
sockets_receive(Sockets *sockets, guint8 *ret_data, gsize size)
{
    struct iovec part = {.iov_base = ret_data, .iov_len = size};

    /* A pending ICMP error is taken before the datagrams behind it. */
    for (guint try = 0; try < 2; try++) {
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        gssize length = recvmsg(sockets->isakmp, &message, MSG_DONTWAIT);

        if (length >= 0) {
            sockets_heard(sockets);
            return length;
        }
        if (errno == EAGAIN)
            break;
        sockets_failed(sockets, errno);
    }
    return -1;
}

static gboolean
take_error(Fd fd, gint *ret_code)
{
    union {
        struct cmsghdr head;
        char room[512];
    } control;
    guint8 quoted[64];
    struct iovec part = {.iov_base = quoted, .iov_len = sizeof quoted};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};

    if (fd < 0 || recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return FALSE;
    *ret_code = 0;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL;
         head = CMSG_NXTHDR(&message, head)) {
        struct sock_extended_err error;

        if (!(head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_RECVERR) &&
            !(head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_RECVERR))
            continue;
        memcpy(&error, CMSG_DATA(head), sizeof error);
        *ret_code = (gint)error.ee_errno;
    }
    return TRUE;
}

void
sockets_take_errors(Sockets *sockets)
{
    const Fd fds[] = {sockets->isakmp, sockets->natt};

    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        gint code;

        while (take_error(fds[i], &code))
            sockets_failed(sockets, code);
    }
}

Reason
sockets_explain(const Sockets *sockets, Reason reason)
{
    if (reason != REASON_GATEWAY_SILENT)
        return reason;
    switch (sockets->last_error) {
    case ECONNREFUSED:
        return REASON_GATEWAY_NOT_LISTENING;
    case EPERM: /* netfilter's word for a packet that it drops at the source */
        return REASON_LOCAL_FIREWALL;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
        return REASON_NETWORK_UNREACHABLE;
    default:
        return reason;
    }
}
