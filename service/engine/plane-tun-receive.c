/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the socket to the TUN: tell ESP from IKE, open, check, write.
 *
 * ESP in front of an IKE message is done before the host sees the message, because the message
 * may take SAs away.
 */
#include "engine/plane-tun.h"

#include "base/sockname.h"

#include <errno.h>
#include <string.h>

enum {
    MARKER = 4, /* RFC 3948 2.2 */
    KEEPALIVE = 0xff,
    ROUNDS = 4, /* batches in one go */
};

static const PlaneDrop verdict_drops[ESP_VERDICT_COUNT] = {
    [ESP_SHORT] = PLANE_IN_SHORT,
    [ESP_REPLAYED] = PLANE_IN_REPLAYED,
    [ESP_ICV] = PLANE_IN_ICV,
    [ESP_PADDING] = PLANE_IN_PADDING,
    [ESP_NEXT_HEADER] = PLANE_IN_NEXT_HEADER,
    [ESP_INNER] = PLANE_IN_INNER,
};

static PlaneChild *
find_spi(const Plane *plane, const guint8 *data)
{
    guint32 spi;

    memcpy(&spi, data, sizeof spi);
    spi = GUINT32_FROM_BE(spi);
    if (plane->guests != NULL)
        return plane_guests_find_spi(plane, spi);
    for (guint i = 0; i < plane->children->len; i++) {
        PlaneChild *child = g_ptr_array_index(plane->children, i);

        if (esp_sa_spi(child->in) == spi)
            return child;
    }
    return NULL;
}

static void
note_life(Plane *plane, gint64 now, PlaneChild *child, guint slot)
{
    plane->seen.received = now;
    plane->seen.unanswered_since = -1;
    if (plane->guests != NULL) {
        plane_guests_heard(plane, now, child, &plane->in.names[slot]);
    } else if (plane->peer.length != 0) {
        NetEndpoint from = sockname_endpoint(&plane->in.names[slot]);

        if (!net_endpoint_equal(&from, &plane->options.remote))
            plane->moved = from;
    }
}

static void
write_alone(Plane *plane, guint8 *packet, gsize length)
{
    if (!plane_write_tun(plane, packet, length))
        plane->drops[PLANE_IN_TUN]++;
}

/* Some kernels refuse merged packets (EINVAL): from then on nothing is merged. */
static void
write_flow(Plane *plane, EspFlow *flow)
{
    if (flow->count > 1) {
        esp_flow_finish(flow);
        if (plane_write_merged(plane, flow))
            return;
        plane_note_tun_error(plane, errno);
        if (errno == EINVAL)
            plane->in.has_merge = FALSE;
        esp_flow_undo(flow);
    }
    for (guint i = 0; i < flow->count; i++)
        write_alone(plane, flow->packets[i], esp_flow_packet_length(flow, i));
}

static void
write_packet(Plane *plane, guint8 *packet, const EspInner *inner)
{
    EspMerge *merge = &plane->in.merge;
    EspFlow *flow;

    while (plane->in.has_merge) {
        switch (esp_merge_add(merge, packet, inner, &flow)) {
        case ESP_MERGE_TAKEN:
            return;
        case ESP_MERGE_ALONE:
            write_alone(plane, packet, inner->total_length);
            return;
        case ESP_MERGE_FLUSH:
            write_flow(plane, flow);
            esp_merge_remove(merge, flow);
            break;
        }
    }
    write_alone(plane, packet, inner->total_length);
}

static void
write_all_flows(Plane *plane)
{
    EspMerge *merge = &plane->in.merge;

    while (merge->count > 0) {
        write_flow(plane, &merge->flows[0]);
        esp_merge_remove(merge, &merge->flows[0]);
    }
}

/* RFC 4301 5.2: what the SA carries must be what it was made for. */
static void
deliver(Plane *plane, PlaneChild *child, const EspFrame *frame, guint8 outer_class)
{
    EspInner inner;

    if (!esp_inner_parse(frame->inner, frame->inner_length, &inner)) {
        plane->drops[PLANE_IN_INNER]++;
        return;
    }
    if (!plane_range_contains(&child->remote, inner.source, inner.address_length) ||
        !plane_range_contains(&child->local, inner.destination, inner.address_length)) {
        plane->drops[PLANE_IN_SELECTOR]++;
        return;
    }
    if (!esp_inner_ecn(frame->inner, &inner, outer_class)) {
        plane->drops[PLANE_IN_CONGESTED]++;
        return;
    }
    esp_inner_clamp(frame->inner, &inner, plane_segment_limit(plane, child));
    plane->packets_in++;
    plane->octets_in += frame->inner_length;
    child->octets_in += frame->inner_length;
    if (child->guest != NULL) {
        child->guest->packets_in++;
        child->guest->octets_in += frame->inner_length;
        if (plane_child_is_limited(child))
            plane->limited = child->number;
    }
    write_packet(plane, frame->inner, &inner);
}

static void
flush(Plane *plane, gint64 now)
{
    PlaneIn *in = &plane->in;

    esp_open(in->frames, in->count);
    for (gsize i = 0; i < in->count; i++) {
        EspVerdict verdict = in->frames[i].verdict;

        if (esp_verdict_is_authentic(verdict))
            note_life(plane, now, in->children[i], in->from[i]);
        if (verdict == ESP_OK)
            deliver(plane, in->children[i], &in->frames[i], in->classes[in->from[i]]);
        else if (verdict != ESP_DUMMY)
            plane->drops[verdict_drops[verdict]]++;
    }
    write_all_flows(plane);
    in->count = 0;
}

static void
hand_over(Plane *plane, gint64 now, guint slot, const guint8 *data, gsize length)
{
    NetEndpoint from = {0};

    flush(plane, now);
    if (plane->peer.length != 0)
        from = sockname_endpoint(&plane->in.names[slot]);
    if (plane->host.receive != NULL)
        plane->host.receive(plane->host.user_data, now, &from, data, length);
}

static void
take_datagram(Plane *plane, gint64 now, guint slot, guint8 *data, gsize length)
{
    static const guint8 marker[MARKER];
    PlaneIn *in = &plane->in;
    PlaneChild *child;

    if (length == 1 && data[0] == KEEPALIVE)
        return;
    if (length <= MARKER) {
        plane->drops[PLANE_IN_SHORT]++;
        return;
    }
    if (memcmp(data, marker, MARKER) == 0) {
        hand_over(plane, now, slot, data + MARKER, length - MARKER);
        return;
    }
    child = find_spi(plane, data);
    if (child == NULL) {
        plane->drops[PLANE_IN_UNKNOWN_SPI]++;
        return;
    }
    if (in->count == PLANE_FRAMES)
        flush(plane, now);
    in->children[in->count] = child;
    in->from[in->count] = (guint8)slot;
    in->frames[in->count++] = (EspFrame){.sa = child->in, .data = data, .length = (guint32)length};
}

/* One message holds one datagram, or a train of them that the kernel joined. */
static void
take_message(Plane *plane, gint64 now, guint slot)
{
    guint8 *data = plane->in.parts[slot].iov_base;
    gsize left = plane->in.messages[slot].msg_len;
    gsize size = plane_gro_size(&plane->in.messages[slot].msg_hdr);

    plane->in.classes[slot] = plane_class_of(&plane->in.messages[slot].msg_hdr);
    if (size == 0 || size > left)
        size = left;
    do {
        gsize length = MIN(size, left);

        take_datagram(plane, now, slot, data, length);
        data += length;
        left -= length;
    } while (left > 0);
}

static gint
receive_batch(Plane *plane)
{
    PlaneIn *in = &plane->in;
    gint count;

    for (guint i = 0; i < PLANE_BATCH; i++) {
        in->messages[i].msg_hdr.msg_namelen = sizeof in->names[i];
        in->messages[i].msg_hdr.msg_controllen = sizeof in->controls[i];
    }
    do
        count = recvmmsg(plane->options.socket, in->messages, PLANE_BATCH, MSG_DONTWAIT, NULL);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno != EAGAIN)
        plane_socket_failed(plane, errno);
    return count;
}

void
plane_receive(Plane *plane, gint64 now)
{
    for (guint round = 0; round < ROUNDS; round++) {
        gint count = receive_batch(plane);

        for (gint i = 0; i < count; i++)
            take_message(plane, now, (guint)i);
        flush(plane, now);
        if (count >= 0 && count < PLANE_BATCH)
            break;
        if (count < 0 && plane->socket_error == 0)
            break;
    }
}
