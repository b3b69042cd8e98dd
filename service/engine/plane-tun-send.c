/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the TUN to the socket: choose a child, clamp, cut, seal, send.
 *
 * Packets are copied once, from where they were read to where they are sealed and sent from. A
 * full socket stops the reading: what was built waits, and so does a packet that is half cut.
 */
#include "engine/plane-tun.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum {
    FAIR_SHARE = 4 * PLANE_BATCH, /* packets read in one go */
    LINE = 64,
    TRAIN_MAX = 64,       /* datagrams of one message: older kernels take no more */
    TRAIN_OCTETS = 65000, /* below the largest UDP payload */
    IPV6_LEAST = 1280,
    REPLIES_PER_SECOND = 50,
};

static gboolean
is_for(const PlaneChild *child, const EspInner *inner)
{
    return child->turn != 0 &&
           plane_range_contains(&child->remote, inner->destination, inner->address_length) &&
           plane_range_contains(&child->local, inner->source, inner->address_length);
}

/* The remote side of all of them is the same address. */
static PlaneChild *
find_guest_child(const Plane *plane, const EspInner *inner)
{
    PlaneChild *best = NULL;
    PlaneChild *child = plane_guests_find_inner(plane, inner->destination, inner->address_length);

    for (; child != NULL; child = child->next_inner)
        if (is_for(child, inner) && (best == NULL || child->turn > best->turn))
            best = child;
    return best;
}

static PlaneChild *
find_child(const Plane *plane, const EspInner *inner)
{
    PlaneChild *best = NULL;

    if (plane->guests != NULL)
        return find_guest_child(plane, inner);
    for (guint i = 0; i < plane->children->len; i++) {
        PlaneChild *child = g_ptr_array_index(plane->children, i);

        if (!is_for(child, inner))
            continue;
        if (best == NULL || child->remote.prefix_length > best->remote.prefix_length ||
            (child->remote.prefix_length == best->remote.prefix_length && child->turn > best->turn))
            best = child;
    }
    return best;
}

static const PlanePeer *
peer_of(const Plane *plane, gsize part)
{
    return plane->guests != NULL ? &plane->out.peers[part] : &plane->peer;
}

static gboolean
is_same_peer(const Plane *plane, gsize a, gsize b)
{
    const PlanePeer *peers = plane->out.peers;

    return plane->guests == NULL ||
           (peers[a].length == peers[b].length &&
            memcmp(&peers[a].storage, &peers[b].storage, peers[a].length) == 0);
}

/* Trains of packets of one size, the last one shorter at most, that the socket cuts again. What is
 * larger than the path must go alone: only then may the kernel fragment it. */
static gsize
train_length(const Plane *plane, gsize first)
{
    const PlaneOut *out = &plane->out;
    gsize size = out->parts[first].iov_len;
    gsize total = size;
    gsize count = 1;

    if (size + plane_outer_headers(plane) > plane->path_mtu)
        return 1;
    while (first + count < out->part_count && count < TRAIN_MAX) {
        gsize next = out->parts[first + count].iov_len;

        if (next > size || total + next > TRAIN_OCTETS ||
            !is_same_peer(plane, first, first + count) ||
            out->parts[first + count - 1].iov_len < size)
            break;
        total += next;
        count++;
    }
    return count;
}

static void
pack_messages(Plane *plane, gsize first, gboolean has_trains)
{
    PlaneOut *out = &plane->out;

    out->message_count = 0;
    out->sent = 0;
    out->is_retried = FALSE;
    for (gsize count; first < out->part_count; first += count) {
        struct msghdr *header = &out->messages[out->message_count].msg_hdr;

        count = has_trains ? train_length(plane, first) : 1;
        *header = (struct msghdr){.msg_iov = &out->parts[first], .msg_iovlen = count};
        if (plane->peer.length != 0) {
            header->msg_name = (gpointer)&peer_of(plane, first)->storage;
            header->msg_namelen = peer_of(plane, first)->length;
        }
        if (count > 1)
            plane_set_segment(header, &out->controls[out->message_count],
                              (guint16)out->parts[first].iov_len);
        out->message_count++;
    }
}

/* Turns sealed frames into messages. */
static void
build_messages(Plane *plane)
{
    PlaneOut *out = &plane->out;

    out->part_count = 0;
    for (gsize i = 0; i < out->count; i++) {
        EspFrame *frame = &out->frames[i];

        if (frame->verdict != ESP_OK) {
            plane->drops[PLANE_OUT_EXHAUSTED]++;
            continue;
        }
        plane->packets_out++;
        plane->octets_out += frame->inner_length;
        out->children[i]->octets_out += frame->inner_length;
        if (plane->guests != NULL) {
            out->peers[out->part_count] = out->children[i]->guest->peer;
            plane_guests_sent(plane, out->children[i], frame->inner_length);
        }
        out->parts[out->part_count++] =
            (struct iovec){.iov_base = frame->data, .iov_len = frame->length};
    }
    out->count = 0;
    out->used = 0;
    pack_messages(plane, 0, out->has_segment);
}

/* An error may belong to an earlier packet (an ICMP message that came back), so each message is
 * tried twice. A train that fails is sent packet by packet: too large for the path by now, or this
 * way out has no checksum offload (EIO) or something else that trains need. */
static void
handle_error(Plane *plane, gint code)
{
    PlaneOut *out = &plane->out;
    struct msghdr *header = &out->messages[out->sent].msg_hdr;

    plane_socket_failed(plane, code);
    if (out->is_retried && header->msg_iovlen > 1) {
        if (code == EIO || code == EINVAL)
            out->has_segment = FALSE;
        pack_messages(plane, (gsize)(header->msg_iov - out->parts), FALSE);
        return;
    }
    if (out->is_retried) {
        plane->drops[PLANE_OUT_SOCKET]++;
        out->sent++;
    }
    out->is_retried = !out->is_retried;
}

/* FALSE when the socket is full. */
static gboolean
send_messages(Plane *plane, gint64 now)
{
    PlaneOut *out = &plane->out;

    while (out->sent < out->message_count) {
        gint sent = sendmmsg(plane->options.socket, out->messages + out->sent,
                             (guint)(out->message_count - out->sent), MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent > 0) {
            out->sent += (gsize)sent;
            out->is_retried = FALSE;
            plane->seen.sent = now;
            if (plane->seen.unanswered_since < 0)
                plane->seen.unanswered_since = now;
            continue;
        }
        if (errno == EAGAIN)
            return FALSE;
        if (errno != EINTR)
            handle_error(plane, errno);
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

    if (out->count == PLANE_FRAMES ||
        PLANE_OUT_ARENA - out->used < ESP_HEAD_MAX + length + ESP_TAIL_MAX + LINE)
        return NULL;
    return out->arena + out->used + esp_sa_head(child->out);
}

static void
add_frame(Plane *plane, PlaneChild *child, gsize length)
{
    PlaneOut *out = &plane->out;

    out->children[out->count] = child;
    out->frames[out->count++] = (EspFrame){
        .sa = child->out, .data = out->arena + out->used, .inner_length = (guint32)length};
    out->used += (esp_sa_sealed(child->out, length) + LINE - 1) / LINE * LINE;
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
limit_of(const Plane *plane, const PlaneChild *child, guint8 version)
{
    gsize limit = plane_segment_limit(plane, child);

    return version == 6 ? MAX(limit, IPV6_LEAST) : limit;
}

/* Goes on with the packet that is being cut into fragments. FALSE when the socket is full. */
static gboolean
go_on_splitting(Plane *plane, gint64 now)
{
    PlaneOut *out = &plane->out;
    PlaneChild *child = plane_find_number(plane, out->split_child);

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

/* A packet that is too large: fragments, or the news that there are none. FALSE when the socket is
 * full. */
static gboolean
cut_packet(Plane *plane, gint64 now, PlaneChild *child, const guint8 *packet, const EspInner *inner)
{
    PlaneOut *out = &plane->out;
    gsize limit = limit_of(plane, child, inner->version);

    if (inner->version == 4 && (!inner->has_df || plane->options.esp_fragment_octets > 0) &&
        esp_split_init(&out->split, packet, inner, limit, out->identification)) {
        out->identification++;
        out->split_child = child->number;
        return go_on_splitting(plane, now);
    }
    reply_too_big(plane, now, packet, inner, limit);
    return TRUE;
}

/* One more piece of the packet that is being cut into segments. FALSE when the socket is full. */
static gboolean
next_segment(Plane *plane, gint64 now, PlaneChild *child)
{
    PlaneOut *out = &plane->out;
    gsize most = out->segments.headers + out->segments.size;
    gboolean is_whole = most <= limit_of(plane, child, out->segments.version);
    guint8 *room = is_whole ? make_room(plane, child, most) : out->piece;
    EspInner inner;
    gsize length;

    if (room == NULL)
        return flush(plane, now);
    length = esp_segments_next(&out->segments, room);
    if (length == 0)
        out->segments_child = 0;
    else if (is_whole)
        add_frame(plane, child, length);
    else if (esp_inner_parse(room, length, &inner))
        return cut_packet(plane, now, child, room, &inner);
    return TRUE;
}

/* Goes on with whatever is being cut. FALSE when the socket is full. */
static gboolean
go_on_cutting(Plane *plane, gint64 now)
{
    PlaneOut *out = &plane->out;

    if (out->split_child != 0 && !go_on_splitting(plane, now))
        return FALSE;
    while (out->segments_child != 0) {
        PlaneChild *child = plane_find_number(plane, out->segments_child);

        if (child == NULL)
            out->segments_child = 0;
        else if (!next_segment(plane, now, child))
            return FALSE;
    }
    return TRUE;
}

/* TRUE when the packet is to be cut at the transport layer: the kernel left that to us, or TCP is
 * above the limit, which is six times cheaper to cut there than into fragments. */
static gboolean
start_segments(Plane *plane, PlaneChild *child, const guint8 *packet, const EspInner *inner,
               gsize gso_size)
{
    PlaneOut *out = &plane->out;
    gsize limit = plane_segment_limit(plane, child);
    gboolean is_tcp = inner->protocol == IPPROTO_TCP;
    gsize headers = esp_inner_headers(packet, inner);
    gsize size = gso_size;

    if (headers == 0 || (gso_size == 0 && (!is_tcp || inner->total_length <= limit ||
                                           !esp_inner_sum_is_right(packet, inner))))
        return FALSE;
    if (is_tcp && limit > headers)
        size = gso_size > 0 ? MIN(gso_size, limit - headers) : limit - headers;
    if (!esp_segments_init(&out->segments, packet, inner, size))
        return FALSE;
    out->segments_child = child->number;
    return TRUE;
}

/* One packet into the batch. FALSE when the socket is full. */
static gboolean
send_packet(Plane *plane, gint64 now, PlaneChild *child, guint8 *packet, const EspInner *inner,
            gsize gso_size)
{
    guint8 *room;

    esp_inner_clamp(packet, inner, plane_segment_limit(plane, child));
    if (start_segments(plane, child, packet, inner, gso_size))
        return go_on_cutting(plane, now);
    if (gso_size > 0) {
        plane->drops[PLANE_OUT_INNER]++;
        return TRUE;
    }
    if (inner->total_length > limit_of(plane, child, inner->version))
        return cut_packet(plane, now, child, packet, inner);
    room = make_room(plane, child, inner->total_length);
    g_assert(room != NULL);
    memcpy(room, packet, inner->total_length);
    add_frame(plane, child, inner->total_length);
    return TRUE;
}

/* FALSE when the socket is full. */
static gboolean
take_packet(Plane *plane, gint64 now, guint8 *packet, gsize length)
{
    PlaneChild *child;
    EspInner inner;
    gsize gso_size;

    if (!plane_take_vnet(plane, packet, length, &gso_size) ||
        !esp_inner_parse(packet, length, &inner)) {
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
    return send_packet(plane, now, child, packet, &inner, gso_size);
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
    return out->count < PLANE_FRAMES &&
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
    if (plane->out.split_child == 0 && plane->out.segments_child == 0)
        return TRUE;
    return go_on_cutting(plane, now) && flush(plane, now);
}

gboolean
plane_is_send_waiting(const Plane *plane)
{
    const PlaneOut *out = &plane->out;

    return out->sent < out->message_count || out->split_child != 0 || out->segments_child != 0;
}
