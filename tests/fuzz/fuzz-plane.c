/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole userspace plane between two local sockets that stand for TUN and network.
 *
 * The input is an octet of options and a run of packets, each behind its length in two octets. Out:
 * packets as the TUN hands them out, virtio header first; what leaves must open with the peer's
 * keys, parse, and fit the path. In: plaintexts that the peer sealed, or datagrams as they are;
 * what reaches the TUN must be what its virtio header says.
 */
#include "engine/plane-tun.h"

#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IS_IN = 1,
    IS_RAW = 2,  /* datagrams from the network as they are */
    IS_FRAG = 4, /* esp_frag */
    HEADER = sizeof(struct virtio_net_hdr),
    PACKETS_MAX = 40,
    ROUNDS_MAX = 1000,
    ROOM = 70000,
    LIMIT = 552,
    SPI = 0x01020304,
    BUFFER = 4 << 20,
};

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    Plane *plane;
    int tun; /* the far ends */
    int socket;
    EspContext *context;
    EspSa *out; /* the peer's */
    EspSa *in;
} World;

static guint8 room[ROOM];

static void
fill(gpointer user_data, guint8 *ret_octets, gsize length)
{
    memset(ret_octets, 0x5a, length);
}

static void
open_pair(int *ret_near, int *ret_far)
{
    const int size = BUFFER;
    int fds[2];

    g_assert_true(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    for (guint i = 0; i < 2; i++) {
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    *ret_near = fds[0];
    *ret_far = fds[1];
}

/* One child for IPv4 and one for IPv6, any address. */
static void
up(World *world, const SuiteEsp *suite, const Secret *keymat)
{
    for (guint i = 0; i < 2; i++) {
        guint8 length = i == 0 ? 4 : 16;
        IkeChildInfo info = {.child = i + 1,
                             .suite = *suite,
                             .spi_in = SPI + i,
                             .spi_out = SPI,
                             .keymat_in = keymat,
                             .keymat_out = keymat,
                             .local.address.length = length,
                             .remote.address.length = length};

        g_assert_true(plane_up(world->plane, 0, &info, NULL));
        plane_change_send(world->plane, info.child);
    }
}

static World
world_new(guint8 choice)
{
    static const char *const suites[] = {"aes128-sha1", "aes128gcm16"};
    PlaneOptions options = {
        .tun = -1,
        .remote = {.address = {.length = 4, .octets = {192, 0, 2, 1}}, .port = 4500},
        .esp_fragment_octets = (choice & IS_FRAG) != 0 ? LIMIT : 0};
    g_autoptr(Secret) keymat = NULL;
    World world = {0};
    SuiteEsp suite;

    g_assert_true(suite_esp_parse(suites[choice >> 3 & 1], &suite));
    keymat = secret_new_zero(suite_esp_keymat_length(&suite));
    open_pair(&options.socket, &world.socket);
    world.plane = plane_new(&options, &(PlaneHost){0}, NULL);
    g_assert_nonnull(world.plane);
    open_pair(&world.plane->options.tun, &world.tun);
    world.plane->vnet_length = HEADER;
    world.plane->in.has_merge = TRUE;
    world.plane->in.merge.takes_udp = TRUE;
    up(&world, &suite, keymat);
    world.context = esp_context_new(fill, NULL, NULL);
    world.out = esp_sa_new(world.context, ESP_SEAL, &suite, SPI, keymat, NULL);
    world.in = esp_sa_new(world.context, ESP_OPEN, &suite, SPI, keymat, NULL);
    return world;
}

/* Worlds live on from input to input: what one leaves behind must not hurt the next. */
static World *
world_of(guint8 choice)
{
    static World worlds[4];
    World *world = &worlds[choice >> 2 & 3];

    if (world->plane == NULL)
        *world = world_new(choice);
    return world;
}

static void
check_sealed(World *world, gsize length, gsize limit)
{
    EspFrame frame = {.sa = world->in, .data = room, .length = (guint32)length};
    EspInner inner;

    esp_open(&frame, 1);
    g_assert_true(frame.verdict == ESP_OK || frame.verdict == ESP_INNER ||
                  frame.verdict == ESP_REPLAYED);
    if (frame.verdict != ESP_OK)
        return;
    g_assert_true(esp_inner_parse(frame.inner, frame.inner_length, &inner));
    g_assert_true(inner.total_length == frame.inner_length);
    g_assert_true(frame.inner_length <= (inner.version == 6 ? MAX(limit, 1280) : limit));
}

static void
check_delivered(gsize length)
{
    struct virtio_net_hdr header;
    EspInner inner;

    g_assert_true(length > HEADER);
    memcpy(&header, room, HEADER);
    g_assert_true(esp_inner_parse(room + HEADER, length - HEADER, &inner));
    g_assert_true(inner.total_length == length - HEADER);
    if (header.gso_type == VIRTIO_NET_HDR_GSO_NONE)
        return;
    g_assert_true(header.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && header.gso_size > 0);
    g_assert_true(header.csum_start + header.csum_offset + 2u <= inner.total_length);
    g_assert_true(header.hdr_len + header.gso_size < inner.total_length);
}

static void
drain(World *world)
{
    gsize limit = plane_mtu(world->plane);
    gssize length;

    if (world->plane->options.esp_fragment_octets > 0)
        limit = MIN(limit, world->plane->options.esp_fragment_octets);
    while ((length = recv(world->socket, room, sizeof room, 0)) > 0)
        check_sealed(world, (gsize)length, limit);
    while ((length = recv(world->tun, room, sizeof room, 0)) > 0)
        check_delivered((gsize)length);
}

/* Until nothing moves any more. */
static void
run(World *world)
{
    static gint64 now = 1;

    for (guint i = 0; i < ROUNDS_MAX; i++) {
        struct pollfd fds[2];

        plane_poll(world->plane, fds);
        if (poll(fds, 2, 0) <= 0 || ((fds[0].revents | fds[1].revents) & (POLLIN | POLLOUT)) == 0)
            return;
        g_assert_true(plane_ready(world->plane, now += 1000, fds));
        drain(world);
    }
    g_assert_not_reached();
}

static void
give(World *world, guint8 choice, const guint8 *data, gsize length)
{
    EspFrame frame = {.sa = world->out, .data = room, .inner_length = (guint32)length};

    if ((choice & IS_IN) == 0) {
        send(world->tun, data, length, 0);
        return;
    }
    if ((choice & IS_RAW) != 0) {
        send(world->socket, data, length, 0);
        return;
    }
    if (esp_sa_sequence(world->out) == G_MAXUINT32)
        return;
    memcpy(room + esp_sa_head(world->out), data, length);
    esp_seal(&frame, 1);
    send(world->socket, room, frame.length, 0);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    World *world;
    gsize at = 1;

    if (size < 4)
        return 0;
    world = world_of(data[0]);
    for (guint i = 0; i < PACKETS_MAX && at + 2 < size; i++) {
        gsize length = (gsize)data[at] << 8 | data[at + 1];

        at += 2;
        length = MIN(length, size - at);
        if (length > 0)
            give(world, data[0], data + at, length);
        at += length;
    }
    run(world);
    return 0;
}
