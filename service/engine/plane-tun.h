/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the userspace plane: its state, shared by the two directions.
 *
 * plane-tun.c makes it, keeps its children and path and talks to the host; plane-tun-send.c takes
 * packets from the TUN to the socket, plane-tun-receive.c back. Buffers are made once: packets are
 * built where they are sent from and opened where they were received.
 */
#pragma once

#include "engine/plane.h"
#include "esp/esp.h"
#include "esp/inner.h"

#include <sys/socket.h>

enum {
    PLANE_BATCH = 64,
    PLANE_PACKET_MAX = 65535,
    PLANE_VNET_MAX = 12, /* virtio header of the TUN */
    PLANE_OUT_ARENA = 512 * 1024,
    /* A slot takes any datagram. It is no power of two, so that the slots' first lines do not all
     * fall into the same few lines of the cache. */
    PLANE_IN_SLOT = 66 * 1024,
};

/* Why a packet was dropped. plane_drop_names[] has the same order. */
typedef enum {
    PLANE_IN_SHORT,
    PLANE_IN_UNKNOWN_SPI,
    PLANE_IN_REPLAYED,
    PLANE_IN_ICV,
    PLANE_IN_PADDING,
    PLANE_IN_NEXT_HEADER,
    PLANE_IN_INNER,
    PLANE_IN_SELECTOR,
    PLANE_IN_TUN,
    PLANE_OUT_INNER,
    PLANE_OUT_MULTICAST,
    PLANE_OUT_NO_CHILD,
    PLANE_OUT_TOO_BIG,
    PLANE_OUT_EXHAUSTED,
    PLANE_OUT_SOCKET,
    PLANE_DROP_COUNT,
} PlaneDrop;

/* A prefix made ready for matching: two words hold an address of either family. */
typedef struct {
    guint64 value[2];
    guint64 mask[2];
    guint8 address_length;
    guint8 prefix_length;
} PlaneRange;

typedef struct {
    guint64 number;
    guint64 turn; /* 0 = may not send; among equals the highest sends */
    EspSa *in;
    EspSa *out;
    PlaneRange local;
    PlaneRange remote;
    SuiteEsp suite;
    guint16 limit; /* largest inner packet on the present path */
    gboolean is_soft_told;
    gboolean is_hard_told;
} PlaneChild;

typedef struct {
    struct sockaddr_storage storage;
    socklen_t length; /* 0 = connected */
} PlanePeer;

typedef struct {
    guint8 *tun; /* one packet as it was read, behind its virtio header */
    guint8 *arena;
    gsize used;
    EspFrame frames[PLANE_BATCH];
    gsize count;
    struct mmsghdr messages[PLANE_BATCH];
    struct iovec parts[PLANE_BATCH];
    gsize sealed; /* messages built, of which sent have left */
    gsize sent;
    gboolean is_retried; /* the next message was refused once */
    /* A packet that is being cut while the socket is full. */
    EspSplit split;
    guint64 split_child; /* 0 = none */
    guint16 identification;
    gint64 replies_since;
    guint replies;
} PlaneOut;

typedef struct {
    guint8 *slots;
    struct mmsghdr messages[PLANE_BATCH];
    struct iovec parts[PLANE_BATCH];
    struct sockaddr_storage names[PLANE_BATCH];
    EspFrame frames[PLANE_BATCH];
    PlaneChild *children[PLANE_BATCH];
    guint8 from[PLANE_BATCH]; /* slot of each frame */
    gsize count;
} PlaneIn;

struct Plane {
    PlaneHost host;
    PlaneOptions options;
    EspContext *context;
    GPtrArray *children; /* PlaneChild */
    guint64 turns;
    PlanePeer peer;
    guint32 path_mtu;
    gint64 path_checked;
    guint16 mtu_told;
    guint vnet_length; /* 0 = the TUN has no virtio header */
    gboolean is_tun_gone;
    gint socket_error; /* to be told */
    NetEndpoint moved; /* to be told; none = nothing */
    PlaneSeen seen;
    guint64 octets_in;
    guint64 octets_out;
    guint64 packets_in;
    guint64 packets_out;
    guint64 drops[PLANE_DROP_COUNT];
    PlaneOut out;
    PlaneIn in;
};

gboolean plane_range_contains(const PlaneRange *range, const guint8 *address, guint8 length);
/* Inner packets of TCP are at most this long: esp_frag, or what the path takes. */
gsize plane_segment_limit(const Plane *plane, const PlaneChild *child);
PlaneChild *plane_find_number(const Plane *plane, guint64 number);
/* The socket said no with errno code; learns a new path MTU. */
void plane_socket_failed(Plane *plane, gint code);
/* Looks at the path's MTU again, at most once a second. */
void plane_check_path(Plane *plane, gint64 now);
/* Writes one packet that has room for the virtio header in front. */
gboolean plane_write_tun(Plane *plane, guint8 *packet, gsize length);

/* Until the TUN is empty, the socket full, or a fair share is done. */
void plane_send(Plane *plane, gint64 now);
/* What waits for the socket; TRUE when nothing waits any more. */
gboolean plane_send_waiting(Plane *plane, gint64 now);
gboolean plane_is_send_waiting(const Plane *plane);
void plane_receive(Plane *plane, gint64 now);
