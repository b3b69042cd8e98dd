/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets as they are read from the TUN: parsed, clamped, cut both ways, answered. The first two octets are
 * the limit; the rest is the packet.
 */
#include "esp/inner.h"
#include "esp/segment.h"

#include <string.h>

enum { TRIES_MAX = 70000 };

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_inner(const guint8 *packet, gsize length, const EspInner *inner)
{
    g_assert_true(inner->version == packet[0] >> 4);
    g_assert_true(inner->total_length <= length);
    g_assert_true(inner->header_length <= inner->total_length);
    g_assert_true(inner->source + inner->address_length <= packet + inner->total_length);
    g_assert_true(inner->destination + inner->address_length <= packet + inner->total_length);
    esp_inner_is_multicast(inner);
}

/* Every octet of the payload comes out once, in order, in fragments within the limit. */
static void
cut(const guint8 *packet, const EspInner *inner, gsize limit)
{
    gsize payload = inner->header_length;
    g_autofree guint8 *piece = g_malloc(MAX(limit, 1));
    EspSplit split;
    gsize size;

    if (!esp_split_init(&split, packet, inner, limit, 1))
        return;
    for (guint i = 0; (size = esp_split_next(&split, piece)) > 0; i++) {
        EspInner part;

        g_assert_true(i < TRIES_MAX && size <= limit);
        g_assert_true(esp_inner_parse(piece, size, &part) && part.total_length == size);
        size -= part.header_length;
        g_assert_true(payload + size <= inner->total_length);
        g_assert_true(memcmp(piece + part.header_length, packet + payload, size) == 0);
        payload += size;
    }
    g_assert_true(payload == inner->total_length);
}

/* The same for pieces of the transport layer; each must have a right checksum. */
static void
cut_segments(const guint8 *packet, const EspInner *inner, gsize size)
{
    gsize payload = esp_inner_headers(packet, inner);
    g_autofree guint8 *piece = g_malloc(payload + size + 1);
    gsize headers = payload;
    EspSegments segments;
    gsize length;

    if (!esp_segments_init(&segments, packet, inner, size))
        return;
    for (guint i = 0; (length = esp_segments_next(&segments, piece)) > 0; i++) {
        EspInner part;

        g_assert_true(i < TRIES_MAX && length <= headers + size);
        g_assert_true(esp_inner_parse(piece, length, &part) && part.total_length == length);
        g_assert_true(esp_inner_sum_is_right(piece, &part));
        length -= headers;
        g_assert_true(payload + length <= inner->total_length);
        g_assert_true(memcmp(piece + headers, packet + payload, length) == 0);
        payload += length;
    }
    g_assert_true(payload == inner->total_length);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    guint8 reply[ESP_TOO_BIG_MAX];
    g_autofree guint8 *packet = NULL;
    EspInner inner;
    EspInner answer;
    gsize length;
    gsize limit;

    if (size < 3)
        return 0;
    limit = (gsize)data[0] << 8 | data[1];
    length = size - 2;
    packet = g_memdup2(data + 2, length);
    if (!esp_inner_parse(packet, length, &inner))
        return 0;
    check_inner(packet, length, &inner);
    esp_inner_clamp(packet, &inner, limit);
    g_assert_true(esp_inner_parse(packet, length, &inner));
    cut(packet, &inner, limit);
    cut_segments(packet, &inner, limit);
    length = esp_inner_too_big(packet, &inner, limit, reply);
    g_assert_true(length <= sizeof reply);
    esp_inner_complete(packet, size - 2, data[0], data[1]);
    if (length > 0)
        g_assert_true(esp_inner_parse(reply, length, &answer));
    return 0;
}
