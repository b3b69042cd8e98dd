/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the TUN to the socket: choose a child, clamp, cut, seal, send.
 *
 * Packets are copied once, from where they were read to where they are sealed and sent from. A
 * full socket stops the reading: what was built waits, and so does a packet that is half cut.
 */
#include "engine/plane-tun.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    FAIR_SHARE = 4 * PLANE_BATCH, /* packets read in one go */
    LINE = 64,
    IPV6_LEAST = 1280,
    REPLIES_PER_SECOND = 50,
};

static PlaneChild *
find_child(const Plane *plane, const EspInner *inner)
{
    PlaneChild *best = NULL;

    for (guint i = 0; i < plane->children->len; i++) {
        PlaneChild *child = g_ptr_array_index(plane->children, i);

        if (child->turn == 0 ||
            !plane_range_contains(&child->remote, inner->destination, inner->address_length) ||
            !plane_range_contains(&child->local, inner->source, inner->address_length))
            continue;
        if (best == NULL || child->remote.prefix_length > best->remote.prefix_length ||
            (child->remote.prefix_length == best->remote.prefix_length && child->turn > best->turn))
            best = child;
    }
    return best;
}

/* Turns sealed frames into messages. */
static void
build_messages(Plane *plane)
{
    PlaneOut *out = &plane->out;

    out->sealed = 0;
    out->sent = 0;
    out->is_retried = FALSE;
    for (gsize i = 0; i < out->count; i++) {
        EspFrame *frame = &out->frames[i];
        struct msghdr *header = &out->messages[out->sealed].msg_hdr;

        if (frame->verdict != ESP_OK) {
            plane->drops[PLANE_OUT_EXHAUSTED]++;
            continue;
        }
        plane->packets_out++;
        plane->octets_out += frame->inner_length;
        out->parts[out->sealed] = (struct iovec){.iov_base = frame->data, .iov_len = frame->length};
        *header = (struct msghdr){.msg_iov = &out->parts[out->sealed], .msg_iovlen = 1};
        if (plane->peer.length != 0) {
            header->msg_name = &plane->peer.storage;
            header->msg_namelen = plane->peer.length;
        }
        out->sealed++;
    }
    out->count = 0;
    out->used = 0;
}

/* An error may belong to an earlier packet (an ICMP message that came back), so each message is
 * tried twice before it is dropped. */
static gboolean
send_messages(Plane *plane, gint64 now)
{
    PlaneOut *out = &plane->out;

    while (out->sent < out->sealed) {
        gint sent = sendmmsg(plane->options.socket, out->messages + out->sent,
                             (guint)(out->sealed - out->sent), MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent > 0) {
            out->sent += (gsize)sent;
            out->is_retried = FALSE;
            plane->seen.sent = now;
            if (plane->seen.unanswered_since < 0)
                plane->seen.unanswered_since = now;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return FALSE;
        plane_socket_failed(plane, errno);
        if (out->is_retried) {
            plane->drops[PLANE_OUT_SOCKET]++;
            out->sent++;
        }
        out->is_retried = !out->is_retried;
    }
    return TRUE;
}

/* Seals and sends the batch. FALSE when the socket is full. */
static gboolean
flush(Plane *plane, gint64 now)
{
    esp_seal(plane->out.frames, plane->out.count);
    build_messages(plane);
    return send_messages(plane, now);
}

/* Where the next inner packet of at most length octets goes; NULL when the batch is full. */
static guint8 *
make_room(Plane *plane, const PlaneChild *child, gsize length)
{
    PlaneOut *out = &plane->out;

    if (out->count == PLANE_BATCH ||
        PLANE_OUT_ARENA - out->used < ESP_HEAD_MAX + length + ESP_TAIL_MAX + LINE)
        return NULL;
    return out->arena + out->used + esp_sa_head(child->out);
}

static void
add_frame(Plane *plane, const PlaneChild *child, gsize length)
{
    PlaneOut *out = &plane->out;

    out->frames[out->count++] = (EspFrame){
        .sa = child->out, .data = out->arena + out->used, .inner_length = (guint32)length};
    out->used += (esp_sa_sealed(child->out, length) + LINE - 1) / LINE * LINE;
}

/* Goes on with the packet that is being cut. FALSE when the socket is full. */
static gboolean
go_on_cutting(Plane *plane, gint64 now)
{
    PlaneOut *out = &plane->out;
    const PlaneChild *child = plane_find_number(plane, out->split_child);

    while (child != NULL) {
        guint8 *room = make_room(plane, child, out->split.limit);
        gsize length;

        if (room == NULL) {
            if (!flush(plane, now))
                return FALSE;
            continue;
        }
        length = esp_split_next(&out->split, room);
        if (length == 0)
            break;
        add_frame(plane, child, length);
    }
    out->split_child = 0;
    return TRUE;
}

static void
reply_too_big(Plane *plane, gint64 now, const guint8 *packet, const EspInner *inner, gsize limit)
{
    guint8 room[PLANE_VNET_MAX + ESP_TOO_BIG_MAX];
    PlaneOut *out = &plane->out;
    gsize length;

    plane->drops[PLANE_OUT_TOO_BIG]++;
    if (out->replies_since < 0 || now - out->replies_since >= G_USEC_PER_SEC) {
        out->replies_since = now;
        out->replies = 0;
    }
    if (out->replies >= REPLIES_PER_SECOND)
        return;
    out->replies++;
    length = esp_inner_too_big(packet, inner, limit, room + PLANE_VNET_MAX);
    if (length > 0)
        plane_write_tun(plane, room + PLANE_VNET_MAX, length);
}

/* The largest inner packet that may go out whole. IPv6 has a least MTU, below which the outer
 * packet is fragmented instead (RFC 2473 7.1). */
static gsize
limit_of(const Plane *plane, const PlaneChild *child, const EspInner *inner)
{
    gsize limit = plane_segment_limit(plane, child);

    return inner->version == 6 ? MAX(limit, IPV6_LEAST) : limit;
}

/* One packet into the batch. FALSE when the socket is full. */
static gboolean
send_packet(Plane *plane, gint64 now, const PlaneChild *child, guint8 *packet,
            const EspInner *inner)
{
    PlaneOut *out = &plane->out;
    gsize limit = limit_of(plane, child, inner);
    guint8 *room;

    esp_inner_clamp(packet, inner, plane_segment_limit(plane, child));
    if (inner->total_length <= limit) {
        room = make_room(plane, child, inner->total_length);
        g_assert(room != NULL);
        memcpy(room, packet, inner->total_length);
        add_frame(plane, child, inner->total_length);
        return TRUE;
    }
    if (inner->version == 4 && (!inner->has_df || plane->options.esp_fragment_octets > 0) &&
        esp_split_init(&out->split, packet, inner, limit, out->identification)) {
        out->identification++;
        out->split_child = child->number;
        return go_on_cutting(plane, now);
    }
    reply_too_big(plane, now, packet, inner, limit);
    return TRUE;
}

/* FALSE when the socket is full. */
static gboolean
take_packet(Plane *plane, gint64 now, guint8 *packet, gsize length)
{
    const PlaneChild *child;
    EspInner inner;

    if (!esp_inner_parse(packet, length, &inner)) {
        plane->drops[PLANE_OUT_INNER]++;
        return TRUE;
    }
    if (esp_inner_is_multicast(&inner)) {
        plane->drops[PLANE_OUT_MULTICAST]++;
        return TRUE;
    }
    child = find_child(plane, &inner);
    if (child == NULL) {
        plane->drops[PLANE_OUT_NO_CHILD]++;
        return TRUE;
    }
    return send_packet(plane, now, child, packet, &inner);
}

/* Octets behind the virtio header; -1 when nothing is left. */
static gssize
read_tun(Plane *plane)
{
    gssize length;

    do
        length = read(plane->options.tun, plane->out.tun, PLANE_VNET_MAX + PLANE_PACKET_MAX);
    while (length < 0 && errno == EINTR);
    if (length < 0 && errno != EAGAIN && errno != EIO)
        plane->is_tun_gone = TRUE;
    return length < 0 ? -1 : MAX(length - (gssize)plane->vnet_length, 0);
}

/* TRUE when a packet of any size fits into the batch. */
static gboolean
has_room(const PlaneOut *out)
{
    return out->count < PLANE_BATCH &&
           PLANE_OUT_ARENA - out->used >= PLANE_PACKET_MAX + ESP_HEAD_MAX + ESP_TAIL_MAX + LINE;
}

void
plane_send(Plane *plane, gint64 now)
{
    PlaneOut *out = &plane->out;
    gssize length = 0;

    for (guint i = 0; i < FAIR_SHARE; i++) {
        if (!has_room(out) && !flush(plane, now))
            return;
        length = read_tun(plane);
        if (length < 0)
            break;
        if (!take_packet(plane, now, out->tun + plane->vnet_length, (gsize)length))
            return;
    }
    flush(plane, now);
}

gboolean
plane_send_waiting(Plane *plane, gint64 now)
{
    if (!send_messages(plane, now))
        return FALSE;
    if (plane->out.split_child == 0)
        return TRUE;
    return go_on_cutting(plane, now) && flush(plane, now);
}

gboolean
plane_is_send_waiting(const Plane *plane)
{
    return plane->out.sent < plane->out.sealed || plane->out.split_child != 0;
}
