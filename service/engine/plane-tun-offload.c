/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel can take over: how it is asked, and how it is told.
 */
#include "engine/plane-tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* Newer than the headers that this may be built with. */
enum {
    OFFLOAD_USO = 0x20 | 0x40, /* TUN_F_USO4, TUN_F_USO6: Linux 6.2 */
    GSO_UDP_L4 = 5,            /* VIRTIO_NET_HDR_GSO_UDP_L4 */
    OPTION_SEGMENT = 103,      /* UDP_SEGMENT: Linux 4.18 */
    OPTION_GRO = 104,          /* UDP_GRO: Linux 5.0 */
    TCP_SUM = 16,
    UDP_SUM = 6,
};

/* An older engine may have left the persistent TUN with more than this one wants. */
gboolean
plane_open_tun_offload(Plane *plane, gboolean *ret_takes_udp)
{
    const guint tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;

    *ret_takes_udp = ioctl(plane->options.tun, TUNSETOFFLOAD, (gulong)(tcp | OFFLOAD_USO)) == 0;
    return *ret_takes_udp || ioctl(plane->options.tun, TUNSETOFFLOAD, (gulong)tcp) == 0;
}

/* Kernels without it ignore the control message, so it has to be asked for first. */
gboolean
plane_has_segment(int socket)
{
    gint size;
    socklen_t length = sizeof size;

    return getsockopt(socket, IPPROTO_UDP, OPTION_SEGMENT, &size, &length) == 0;
}

gboolean
plane_open_gro(int socket)
{
    const gint on = 1;

    return setsockopt(socket, IPPROTO_UDP, OPTION_GRO, &on, sizeof on) == 0;
}

gsize
plane_gro_size(struct msghdr *message)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        gint size;

        if (head->cmsg_level != IPPROTO_UDP || head->cmsg_type != OPTION_GRO ||
            head->cmsg_len < CMSG_LEN(sizeof size))
            continue;
        memcpy(&size, CMSG_DATA(head), sizeof size);
        return size > 0 ? (gsize)size : 0;
    }
    return 0;
}

/* One of the two fits the socket's family. */
void
plane_open_class(int socket)
{
    const gint on = 1;

    if (setsockopt(socket, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on) < 0)
        setsockopt(socket, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
}

guint8
plane_class_of(struct msghdr *message)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        gint class;

        if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_TOS)
            return *CMSG_DATA(head);
        if (head->cmsg_level != IPPROTO_IPV6 || head->cmsg_type != IPV6_TCLASS)
            continue;
        memcpy(&class, CMSG_DATA(head), sizeof class);
        return (guint8) class;
    }
    return 0;
}

void
plane_set_segment(struct msghdr *message, PlaneControl *control, guint16 size)
{
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(sizeof size);
    control->head.cmsg_level = IPPROTO_UDP;
    control->head.cmsg_type = OPTION_SEGMENT;
    control->head.cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(&control->head), &size, sizeof size);
}

gboolean
plane_take_vnet(const Plane *plane, guint8 *packet, gsize length, gsize *ret_gso_size)
{
    struct virtio_net_hdr header = {0};

    *ret_gso_size = 0;
    if (plane->vnet_length < sizeof header)
        return TRUE;
    memcpy(&header, packet - plane->vnet_length, sizeof header);
    switch (header.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_NONE:
        return (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 ||
               esp_inner_complete(packet, length, header.csum_start, header.csum_offset);
    case VIRTIO_NET_HDR_GSO_TCPV4:
    case VIRTIO_NET_HDR_GSO_TCPV6:
    case GSO_UDP_L4:
        *ret_gso_size = header.gso_size;
        return header.gso_size > 0;
    default:
        return FALSE;
    }
}

gboolean
plane_write_merged(const Plane *plane, EspFlow *flow)
{
    guint8 room[PLANE_VNET_MAX] = {0};
    struct iovec parts[1 + ESP_MERGE_PACKETS];
    gboolean is_udp = flow->protocol == IPPROTO_UDP;
    struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                    .hdr_len = (guint16)flow->headers,
                                    .gso_size = (guint16)flow->size,
                                    .csum_start = (guint16)flow->header_length,
                                    .csum_offset = is_udp ? UDP_SUM : TCP_SUM};
    gssize written;

    header.gso_type =
        is_udp ? GSO_UDP_L4
               : (flow->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6);
    memcpy(room, &header, sizeof header);
    parts[0] = (struct iovec){.iov_base = room, .iov_len = plane->vnet_length};
    parts[1] = (struct iovec){.iov_base = flow->packets[0], .iov_len = flow->headers + flow->size};
    for (guint i = 1; i < flow->count; i++)
        parts[1 + i] = (struct iovec){.iov_base = flow->packets[i] + flow->headers,
                                      .iov_len = esp_flow_packet_length(flow, i) - flow->headers};
    do
        written = writev(plane->options.tun, parts, (int)(1 + flow->count));
    while (written < 0 && errno == EINTR);
    return written >= 0;
}
