/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/plane-tun.h"

#include "base/sockname.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

enum { PATH_MTU_DEFAULT = 1500, PATH_MTU_LEAST = 576, SECOND = G_USEC_PER_SEC, ERRORS_MAX = 64 };

static const char *const plane_drop_names[PLANE_DROP_COUNT] = {
    [PLANE_IN_SHORT] = "in-short",           [PLANE_IN_UNKNOWN_SPI] = "in-unknown-spi",
    [PLANE_IN_REPLAYED] = "in-replayed",     [PLANE_IN_ICV] = "in-icv",
    [PLANE_IN_PADDING] = "in-padding",       [PLANE_IN_NEXT_HEADER] = "in-next-header",
    [PLANE_IN_INNER] = "in-inner",           [PLANE_IN_SELECTOR] = "in-selector",
    [PLANE_IN_CONGESTED] = "in-congested",   [PLANE_IN_TUN] = "in-tun",
    [PLANE_OUT_INNER] = "out-inner",         [PLANE_OUT_MULTICAST] = "out-multicast",
    [PLANE_OUT_NO_CHILD] = "out-no-child",   [PLANE_OUT_TOO_BIG] = "out-too-big",
    [PLANE_OUT_EXHAUSTED] = "out-exhausted", [PLANE_OUT_SOCKET] = "out-socket",
};

G_STATIC_ASSERT((gint)PLANE_DROP_COUNT <= (gint)BOUNDARY_MAX_DROPS);

static PlaneRange
range_of(const NetPrefix *prefix)
{
    PlaneRange range = {.address_length = prefix->address.length,
                        .prefix_length = prefix->prefix_length};
    guint8 mask[16];

    net_prefix_mask(prefix, mask);
    memcpy(range.value, prefix->address.octets, prefix->address.length);
    memcpy(range.mask, mask, sizeof mask);
    range.value[0] &= range.mask[0];
    range.value[1] &= range.mask[1];
    return range;
}

gboolean
plane_range_contains(const PlaneRange *range, const guint8 *address, guint8 length)
{
    guint64 words[2] = {0, 0};

    if (length != range->address_length)
        return FALSE;
    memcpy(words, address, length);
    return ((words[0] ^ range->value[0]) & range->mask[0]) == 0 &&
           ((words[1] ^ range->value[1]) & range->mask[1]) == 0;
}

gsize
plane_segment_limit(const Plane *plane, const PlaneChild *child)
{
    guint16 fragment = plane->options.esp_fragment_octets;

    return fragment > 0 ? MIN(fragment, child->limit) : child->limit;
}

gsize
plane_outer_headers(const Plane *plane)
{
    return plane->options.remote.address.length == 16 ? 40 + 8 : 20 + 8;
}

PlaneChild *
plane_find_number(const Plane *plane, guint64 number)
{
    if (plane->guests != NULL)
        return plane_guests_find_number(plane, number);
    for (guint i = 0; i < plane->children->len; i++) {
        PlaneChild *child = g_ptr_array_index(plane->children, i);

        if (child->number == number)
            return child;
    }
    return NULL;
}

void
plane_child_free(gpointer data)
{
    PlaneChild *child = data;

    esp_sa_free(child->in);
    esp_sa_free(child->out);
    g_free(child);
}

static void
fill_random(gpointer user_data, guint8 *ret_octets, gsize length)
{
    while (length > 0) {
        gssize got = getrandom(ret_octets, length, 0);

        /* Without unpredictable IVs nothing may leave. */
        g_assert(got > 0 || errno == EINTR);
        if (got > 0) {
            ret_octets += got;
            length -= (gsize)got;
        }
    }
}

guint16
plane_mtu_with(const Plane *plane, const SuiteEsp *suite)
{
    gsize limit = esp_mtu_inner(suite, plane->path_mtu, plane->options.remote.address.length, TRUE);

    if (plane->options.mtu_octets > 0)
        limit = MIN(limit, plane->options.mtu_octets);
    return (guint16)MIN(limit, PLANE_PACKET_MAX);
}

static guint32
path_mtu_of(const Plane *plane)
{
    gboolean is_six = plane->options.remote.address.length == 16;
    gint mtu = 0;
    socklen_t size = sizeof mtu;

    /* IP_MTU exists on connected sockets only. */
    if (plane->peer.length != 0 ||
        getsockopt(plane->options.socket, is_six ? IPPROTO_IPV6 : IPPROTO_IP,
                   is_six ? IPV6_MTU : IP_MTU, &mtu, &size) < 0)
        return PATH_MTU_DEFAULT;
    return (guint32)CLAMP(mtu, PATH_MTU_LEAST, PLANE_PACKET_MAX);
}

static void
learn_path_mtu(Plane *plane)
{
    guint32 mtu = path_mtu_of(plane);

    if (plane->guests != NULL && mtu == plane->path_mtu)
        return;
    plane->path_mtu = mtu;
    for (guint i = 0; i < plane->children->len; i++) {
        PlaneChild *child = g_ptr_array_index(plane->children, i);

        child->limit = plane_mtu_with(plane, &child->suite);
    }
}

void
plane_check_path(Plane *plane, gint64 now)
{
    if (plane->path_checked >= 0 && now - plane->path_checked < SECOND)
        return;
    plane->path_checked = now;
    learn_path_mtu(plane);
}

void
plane_socket_failed(Plane *plane, gint code)
{
    if (code == EMSGSIZE)
        learn_path_mtu(plane);
    plane->socket_error = code;
}

/* With IP_RECVERR the errors of the path queue up, and poll() tells of them until they are read. */
static void
drain_errors(Plane *plane)
{
    for (guint i = 0; i < ERRORS_MAX; i++) {
        guint8 room[CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6))];
        struct msghdr message = {.msg_control = room, .msg_controllen = sizeof room};

        if (recvmsg(plane->options.socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return;
        for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL;
             head = CMSG_NXTHDR(&message, head)) {
            struct sock_extended_err error;

            if (head->cmsg_len < CMSG_LEN(sizeof error) ||
                !((head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_RECVERR) ||
                  (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_RECVERR)))
                continue;
            memcpy(&error, CMSG_DATA(head), sizeof error);
            plane_socket_failed(plane, (gint)error.ee_errno);
        }
    }
}

static gboolean
open_path(Plane *plane, int socket, const NetEndpoint *remote, GError **error)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;

    if (remote->address.length == 0 || (remote->port == 0 && !plane->options.has_guests)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "The data plane needs the gateway's address");
        return FALSE;
    }
    /* What waits was made for the old way and its MTU. */
    plane->out.sent = plane->out.message_count;
    plane->options.socket = socket;
    plane->options.remote = *remote;
    plane->peer.length = sockname_of(remote, &plane->peer.storage);
    if (getpeername(socket, (struct sockaddr *)&name, &size) == 0) {
        plane->peer.length = 0;
    } else if (errno != ENOTCONN) {
        gint code = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code),
                    "The NAT traversal socket is unfit: %s", g_strerror(code));
        return FALSE;
    }
    learn_path_mtu(plane);
    plane->out.has_segment =
        (plane->options.without & PLANE_WITHOUT_SEGMENT) == 0 && plane_has_segment(socket);
    /* Where the kernel opens ESP itself it must not find packets joined. */
    if (plane->options.tun >= 0 && (plane->options.without & PLANE_WITHOUT_GRO) == 0)
        plane_open_gro(socket);
    plane_open_class(socket);
    return TRUE;
}

static gboolean
open_tun(Plane *plane, GError **error)
{
    struct ifreq request = {0};
    gint length = 0;

    if (plane->options.tun < 0)
        return TRUE;
    if (ioctl(plane->options.tun, TUNGETIFF, &request) < 0) {
        gint code = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "This is no TUN device: %s",
                    g_strerror(code));
        return FALSE;
    }
    if ((request.ifr_flags & IFF_TUN) == 0 || (request.ifr_flags & IFF_NO_PI) == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "The TUN device %.16s was not opened with IFF_TUN and IFF_NO_PI",
                    request.ifr_name);
        return FALSE;
    }
    if ((request.ifr_flags & IFF_VNET_HDR) == 0)
        return TRUE;
    if (ioctl(plane->options.tun, TUNGETVNETHDRSZ, &length) < 0 || length < 0 ||
        length > PLANE_VNET_MAX) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "The TUN device %.16s has an unknown virtio header", request.ifr_name);
        return FALSE;
    }
    plane->vnet_length = (guint)length;
    if ((plane->options.without & PLANE_WITHOUT_TUN) == 0 &&
        plane_open_tun_offload(plane, &plane->in.merge.takes_udp))
        plane->in.has_merge = (plane->options.without & PLANE_WITHOUT_MERGE) == 0;
    return TRUE;
}

static void
prepare_buffers(Plane *plane)
{
    PlaneIn *in = &plane->in;

    plane->out.tun = g_malloc(PLANE_VNET_MAX + PLANE_PACKET_MAX + 1);
    plane->out.piece = g_malloc(PLANE_PACKET_MAX);
    plane->out.arena = g_malloc(PLANE_OUT_ARENA);
    in->slots = g_malloc((gsize)PLANE_BATCH * PLANE_IN_SLOT);
    for (guint i = 0; i < PLANE_BATCH; i++) {
        in->parts[i] = (struct iovec){.iov_base = in->slots + (gsize)i * PLANE_IN_SLOT,
                                      .iov_len = PLANE_PACKET_MAX + 1};
        in->messages[i].msg_hdr = (struct msghdr){.msg_iov = &in->parts[i],
                                                  .msg_iovlen = 1,
                                                  .msg_name = &in->names[i],
                                                  .msg_control = &in->controls[i]};
    }
    fill_random(NULL, (guint8 *)&plane->out.identification, sizeof plane->out.identification);
}

Plane *
plane_new(const PlaneOptions *options, const PlaneHost *host, GError **error)
{
    g_autoptr(Plane) plane = g_new0(Plane, 1);

    plane->host = *host;
    plane->options = *options;
    plane->children = g_ptr_array_new_with_free_func(plane_child_free);
    if (options->has_guests)
        plane_guests_open(plane);
    plane->seen = (PlaneSeen){.received = -1, .sent = -1, .unanswered_since = -1};
    plane->path_checked = -1;
    plane->out.replies_since = -1;
    prepare_buffers(plane);
    plane->context = esp_context_new_with(options->backends, fill_random, NULL, error);
    if (plane->context == NULL || !open_tun(plane, error) ||
        !open_path(plane, options->socket, &options->remote, error))
        return NULL;
    return g_steal_pointer(&plane);
}

void
plane_free(Plane *plane)
{
    if (plane == NULL)
        return;
    plane_guests_close(plane);
    g_ptr_array_unref(plane->children);
    esp_context_free(plane->context);
    g_free(plane->out.tun);
    g_free(plane->out.piece);
    g_free(plane->out.arena);
    g_free(plane->in.slots);
    g_free(plane);
}

PlaneChild *
plane_child_new(Plane *plane, const IkeChildInfo *info, GError **error)
{
    PlaneChild *child;

    if (plane_find_number(plane, info->child) != NULL || info->child == 0 ||
        info->local.address.length != info->remote.address.length) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "The data plane cannot take child %" G_GUINT64_FORMAT, info->child);
        return NULL;
    }
    child = g_new0(PlaneChild, 1);
    child->number = info->child;
    child->suite = info->suite;
    child->local = range_of(&info->local);
    child->remote = range_of(&info->remote);
    child->in =
        esp_sa_new(plane->context, ESP_OPEN, &info->suite, info->spi_in, info->keymat_in, error);
    if (child->in != NULL)
        child->out = esp_sa_new(plane->context, ESP_SEAL, &info->suite, info->spi_out,
                                info->keymat_out, error);
    if (child->out == NULL) {
        plane_child_free(child);
        return NULL;
    }
    child->soft_octets = info->soft_octets != 0 ? info->soft_octets : G_MAXUINT64;
    child->hard_octets = info->hard_octets != 0 ? info->hard_octets : G_MAXUINT64;
    child->limit = plane_mtu_with(plane, &child->suite);
    g_ptr_array_add(plane->children, child);
    return child;
}

gboolean
plane_up(Plane *plane, gint64 now, const IkeChildInfo *info, GError **error)
{
    if (plane_child_new(plane, info, error) == NULL)
        return FALSE;
    plane->mtu_told = plane_mtu(plane);
    return TRUE;
}

void
plane_change_send(Plane *plane, guint64 number)
{
    PlaneChild *child = plane_find_number(plane, number);

    if (child != NULL)
        child->turn = ++plane->turns;
}

gboolean
plane_change_path(Plane *plane, int socket, const NetEndpoint *remote, GError **error)
{
    return open_path(plane, socket >= 0 ? socket : plane->options.socket, remote, error);
}

void
plane_down(Plane *plane, guint64 number)
{
    PlaneChild *child = plane_find_number(plane, number);

    if (child == NULL)
        return;
    if (plane->guests != NULL)
        plane_guests_down(plane, child);
    g_ptr_array_remove_fast(plane->children, child);
}

PlaneSeen
plane_last_seen(const Plane *plane)
{
    return plane->seen;
}

void
plane_counters(const Plane *plane, gint64 now, BoundaryCounters *ret_counters)
{
    BoundaryCounters counters = {.octets_in = plane->octets_in,
                                 .octets_out = plane->octets_out,
                                 .packets_in = plane->packets_in,
                                 .packets_out = plane->packets_out,
                                 .last_received_seconds = G_MAXUINT32,
                                 .drop_count = PLANE_DROP_COUNT};

    if (plane->seen.received >= 0)
        counters.last_received_seconds =
            (guint32)CLAMP((now - plane->seen.received) / SECOND, 0, G_MAXINT32);
    for (guint i = 0; i < PLANE_DROP_COUNT; i++) {
        g_strlcpy(counters.drops[i].name, plane_drop_names[i], sizeof counters.drops[i].name);
        counters.drops[i].count = plane->drops[i];
    }
    *ret_counters = counters;
}

guint16
plane_mtu(const Plane *plane)
{
    guint16 mtu = 0;

    for (guint i = 0; i < plane->children->len; i++) {
        const PlaneChild *child = g_ptr_array_index(plane->children, i);

        mtu = mtu == 0 ? child->limit : MIN(mtu, child->limit);
    }
    return mtu;
}

void
plane_poll(const Plane *plane, struct pollfd ret_fds[2])
{
    gboolean is_waiting = plane_is_send_waiting(plane);
    gboolean reads_tun = !is_waiting && !plane->is_tun_gone;

    ret_fds[0] = (struct pollfd){.fd = reads_tun ? plane->options.tun : -1, .events = POLLIN};
    ret_fds[1] = (struct pollfd){.fd = plane->options.socket,
                                 .events = is_waiting ? POLLIN | POLLOUT : POLLIN};
}

void
plane_note_tun_error(Plane *plane, gint code)
{
    if (code == EBADFD || code == ENODEV)
        plane->is_tun_gone = TRUE;
}

gboolean
plane_write_tun(Plane *plane, guint8 *packet, gsize length)
{
    gssize written;

    memset(packet - plane->vnet_length, 0, plane->vnet_length);
    do
        written =
            write(plane->options.tun, packet - plane->vnet_length, length + plane->vnet_length);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        plane_note_tun_error(plane, errno);
    return written >= 0;
}

void
plane_tell(Plane *plane, gint64 now, const PlaneEvent *event)
{
    if (plane->host.event != NULL)
        plane->host.event(plane->host.user_data, now, event);
}

static gboolean
is_hard(const PlaneChild *child)
{
    return esp_sa_sequence(child->out) >= G_MAXUINT32 ||
           MAX(child->octets_in, child->octets_out) >= child->hard_octets;
}

static gboolean
is_soft(const PlaneChild *child)
{
    return esp_sa_sequence(child->out) >= G_MAXUINT32 / 2 + 1 ||
           MAX(child->octets_in, child->octets_out) >= child->soft_octets;
}

gboolean
plane_child_is_limited(const PlaneChild *child)
{
    return (!child->is_soft_told && is_soft(child)) || (!child->is_hard_told && is_hard(child));
}

gboolean
plane_child_take_limit(PlaneChild *child, PlaneEvent *ret_event)
{
    if (!plane_child_is_limited(child))
        return FALSE;
    child->is_soft_told = TRUE;
    child->is_hard_told = is_hard(child);
    *ret_event = (PlaneEvent){
        .type = child->is_hard_told ? PLANE_HARD_LIMIT : PLANE_SOFT_LIMIT,
        .session = child->guest != NULL ? child->guest->session : 0,
        .child = child->number,
    };
    return TRUE;
}

/* The host may up and down children from within, so every round starts anew. */
static void
tell_limits(Plane *plane, gint64 now)
{
    for (guint i = 0; i < plane->children->len; i++) {
        PlaneEvent event;

        if (!plane_child_take_limit(g_ptr_array_index(plane->children, i), &event))
            continue;
        plane_tell(plane, now, &event);
        return;
    }
}

static void
tell_mtu(Plane *plane, gint64 now)
{
    guint16 mtu = plane_mtu(plane);

    if (mtu == plane->mtu_told)
        return;
    plane->mtu_told = mtu;
    if (mtu != 0)
        plane_tell(plane, now, &(PlaneEvent){.type = PLANE_MTU, .mtu_octets = mtu});
}

static void
tell_all(Plane *plane, gint64 now)
{
    if (plane->socket_error != 0) {
        PlaneEvent event = {.type = PLANE_SOCKET, .code = plane->socket_error};

        plane->socket_error = 0;
        plane_tell(plane, now, &event);
    }
    if (plane->guests != NULL) {
        plane_guests_tell(plane, now);
        return;
    }
    tell_mtu(plane, now);
    if (net_address_is_set(&plane->moved.address)) {
        PlaneEvent event = {.type = PLANE_MOVED, .remote = plane->moved};

        plane->moved = (NetEndpoint){0};
        plane_tell(plane, now, &event);
    }
    tell_limits(plane, now);
}

gboolean
plane_ready(Plane *plane, gint64 now, const struct pollfd fds[2])
{
    const short trouble = POLLERR | POLLHUP | POLLNVAL;

    plane_check_path(plane, now);
    if ((fds[1].revents & POLLERR) != 0)
        drain_errors(plane);
    if ((fds[1].revents & (POLLIN | trouble)) != 0)
        plane_receive(plane, now);
    if ((fds[1].revents & (POLLOUT | trouble)) != 0)
        plane_send_waiting(plane, now);
    if ((fds[0].revents & (POLLIN | trouble)) != 0 && !plane_is_send_waiting(plane))
        plane_send(plane, now);
    tell_all(plane, now);
    return !plane->is_tun_gone;
}
