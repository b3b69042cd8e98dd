/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xfrm-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>

static int
read_event(const struct nlmsghdr *message, void *user_data)
{
    Xfrm *xfrm = user_data;

    if (message->nlmsg_type == XFRM_MSG_EXPIRE &&
        mnl_nlmsg_get_payload_len(message) >= sizeof(struct xfrm_user_expire)) {
        const struct xfrm_user_expire *expire = mnl_nlmsg_get_payload(message);

        xfrm->events.expired(g_ntohl(expire->state.id.spi), expire->state.reqid, expire->hard != 0,
                             xfrm->user_data);
    } else if (message->nlmsg_type == XFRM_MSG_MAPPING &&
               mnl_nlmsg_get_payload_len(message) >= sizeof(struct xfrm_user_mapping)) {
        const struct xfrm_user_mapping *mapping = mnl_nlmsg_get_payload(message);
        NetEndpoint source = {.address = xfrm_read_address(&mapping->new_saddr, mapping->id.family),
                              .port = g_ntohs(mapping->new_sport)};

        xfrm->events.moved(g_ntohl(mapping->id.spi), mapping->reqid, &source, xfrm->user_data);
    }
    return MNL_CB_OK;
}

/* What the kernel could not keep for us (ENOBUFS) comes again: with the next packet that came from
 * elsewhere, or as the hard end of an SA. */
static gboolean
on_event(gint fd, GIOCondition condition, gpointer user_data)
{
    Xfrm *xfrm = user_data;
    char buffer[NETLINK_DUMP_SIZE];
    ssize_t length = mnl_socket_recvfrom(xfrm->listener, buffer, sizeof buffer);

    if (length > 0)
        mnl_cb_run(buffer, (size_t)length, 0, 0, read_event, xfrm);
    explicit_bzero(buffer, length > 0 ? (gsize)length : 0);
    return G_SOURCE_CONTINUE;
}

gboolean
xfrm_listen(Xfrm *xfrm, const XfrmEvents *events, gpointer user_data, GError **error)
{
    unsigned int groups = 1U << (XFRMNLGRP_EXPIRE - 1) | 1U << (XFRMNLGRP_MAPPING - 1);

    g_assert(xfrm->listener == NULL);
    xfrm->listener = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (xfrm->listener == NULL || mnl_socket_bind(xfrm->listener, groups, MNL_SOCKET_AUTOPID) < 0) {
        netlink_fail(error, errno, "cannot listen to the kernel's ESP");
        return FALSE;
    }
    xfrm->events = *events;
    xfrm->user_data = user_data;
    xfrm->watch = g_unix_fd_add(mnl_socket_get_fd(xfrm->listener), G_IO_IN, on_event, xfrm);
    return TRUE;
}

void
xfrm_stop_listening(Xfrm *xfrm)
{
    g_clear_handle_id(&xfrm->watch, g_source_remove);
    if (xfrm->listener != NULL)
        mnl_socket_close(xfrm->listener);
    xfrm->listener = NULL;
}
