/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union {
    struct cmsghdr head;
    char room[CMSG_SPACE(FD_MAX_PASSED * sizeof(int))];
} FdControl;

void
fd_close(Fd *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

Fd
fd_steal(Fd *fd)
{
    Fd stolen = *fd;

    *fd = -1;
    return stolen;
}

static gboolean
fail(const char *what, GError **error)
{
    gint code = errno;

    /* Every end of a queue: nobody reads the text. */
    if (code == EAGAIN) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, what);
        return FALSE;
    }
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "%s: %s", what, g_strerror(code));
    return FALSE;
}

void
fd_pair_close(FdPair *pair)
{
    fd_close(&pair->ends[0]);
    fd_close(&pair->ends[1]);
}

gboolean
fd_pair(Fd ret_pair[2], GError **error)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return fail("Cannot make a pair of sockets", error);
    ret_pair[0] = pair[0];
    ret_pair[1] = pair[1];
    return TRUE;
}

gboolean
fd_send(Fd socket, const void *data, gsize length, const Fd *fds, gsize count, GError **error)
{
    struct iovec part = {.iov_base = (void *)data, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    FdControl control;
    gssize sent;

    g_assert(count <= FD_MAX_PASSED);
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
    }
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0 || fail("Cannot send to the other process", error);
}

static gsize
take_fds(struct msghdr *message, Fd *ret_fds)
{
    gsize count = 0;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        gsize given;

        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        given = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (gsize i = 0; i < given && count < FD_MAX_PASSED; i++)
            memcpy(&ret_fds[count++], CMSG_DATA(head) + i * sizeof(int), sizeof(int));
    }
    return count;
}

gssize
fd_receive(Fd socket, void *ret_data, gsize size, Fd *ret_fds, gsize *ret_count, GError **error)
{
    struct iovec part = {.iov_base = ret_data, .iov_len = size};
    FdControl control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    gssize received;

    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        ret_fds[i] = -1;
    *ret_count = 0;
    do
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) {
        fail("Cannot receive from the other process", error);
        return -1;
    }
    *ret_count = take_fds(&message, ret_fds);
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        for (gsize i = 0; i < FD_MAX_PASSED; i++)
            fd_close(&ret_fds[i]);
        *ret_count = 0;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "A message of the other process was cut short");
        return -1;
    }
    return received;
}
