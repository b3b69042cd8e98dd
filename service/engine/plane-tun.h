/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the userspace plane: its state, shared by the two directions.
 *
 * plane-tun.c makes it, keeps its children and path and talks to the host; plane-tun-send.c takes
 * packets from the TUN to the socket, plane-tun-receive.c back. Buffers are made once: packets are
 * built where they are sent from and opened where they were received.
 */
#pragma once

#include "engine/plane-table.h"
#include "engine/plane.h"
#include "esp/esp.h"
#include "esp/inner.h"
#include "esp/merge.h"
#include "esp/segment.h"

#include <sys/socket.h>

enum {
    PLANE_BATCH = 64,   /* datagrams in one system call */
    PLANE_FRAMES = 128, /* packets sealed or opened together */
    PLANE_PACKET_MAX = 65535,
    PLANE_VNET_MAX = 12, /* virtio header of the TUN */
    PLANE_CONTROL = 64,
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
    PLANE_IN_CONGESTED,
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

typedef struct PlaneGuest PlaneGuest;
typedef struct PlaneChild PlaneChild;

struct PlaneChild {
    guint64 number;
    guint64 turn;           /* 0 = may not send; among equals the highest sends */
    PlaneGuest *guest;      /* NULL in a client's plane */
    NetAddress inner;       /* the guest's, key of Plane.inner */
    PlaneChild *next_inner; /* another child of the same address */
    EspSa *in;
    EspSa *out;
    PlaneRange local;
    PlaneRange remote;
    SuiteEsp suite;
    guint16 limit; /* largest inner packet on the present path */
    guint64 octets_in;
    guint64 octets_out;
    guint64 soft_octets; /* as in IkeChildInfo, but G_MAXUINT64 = any amount */
    guint64 hard_octets;
    gboolean is_soft_told;
    gboolean is_hard_told;
};

typedef struct {
    struct sockaddr_storage storage;
    socklen_t length; /* 0 = connected */
} PlanePeer;

struct PlaneGuest {
    guint64 session;
    NetEndpoint remote;
    PlanePeer peer;
    gint64 heard; /* -1 = never */
    gint64 heard_told;
    NetEndpoint moved; /* to be told; none = nothing */
    gboolean is_noted; /* in Plane.noted */
    guint64 octets_in;
    guint64 octets_out;
    guint64 packets_in;
    guint64 packets_out;
};

/* Room for control messages, aligned as they want it. */
typedef union {
    struct cmsghdr head;
    guint8 room[PLANE_CONTROL];
} PlaneControl;

typedef struct {
    guint8 *tun;   /* one packet as it was read, behind its virtio header */
    guint8 *piece; /* a datagram of it that has to be cut again */
    guint8 *arena;
    gsize used;
    EspFrame frames[PLANE_FRAMES];
    gsize count;
    /* Sealed packets, and the messages that they were packed into. */
    struct iovec parts[PLANE_FRAMES];
    gsize part_count;
    /* Of each frame and then of each part, where there are guests. */
    PlaneChild *children[PLANE_FRAMES];
    PlanePeer peers[PLANE_FRAMES];
    struct mmsghdr messages[PLANE_FRAMES];
    PlaneControl controls[PLANE_FRAMES];
    gsize message_count; /* of which sent have left */
    gsize sent;
    gboolean is_retried; /* the next message was refused once */
    gboolean has_segment;
    /* A packet that is being cut while the socket is full. */
    EspSegments segments;
    guint64 segments_child; /* 0 = none */
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
    PlaneControl controls[PLANE_BATCH];
    EspFrame frames[PLANE_FRAMES];
    PlaneChild *children[PLANE_FRAMES];
    guint8 from[PLANE_FRAMES];   /* slot of each frame */
    guint8 classes[PLANE_BATCH]; /* outer TOS or traffic class of each slot */
    gsize count;
    EspMerge merge;
    gboolean has_merge;
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
    /* Of a gateway; NULL in a client's plane. */
    GHashTable *guests;  /* session -> PlaneGuest, owned */
    GHashTable *numbers; /* child -> PlaneChild */
    PlaneTable spis;     /* inbound SPI -> PlaneChild */
    GHashTable *inner;   /* NetAddress -> first PlaneChild */
    GArray *noted;       /* guint64: guests with something to be told */
    guint64 limited;     /* a child that reached a limit; 0 = none */
};

gboolean plane_range_contains(const PlaneRange *range, const guint8 *address, guint8 length);
/* Inner packets of TCP are at most this long: esp_frag, or what the path takes. */
gsize plane_segment_limit(const Plane *plane, const PlaneChild *child);
/* Outer IP and UDP. */
gsize plane_outer_headers(const Plane *plane);
PlaneChild *plane_find_number(const Plane *plane, guint64 number);
/* The socket said no with errno code; learns a new path MTU. */
void plane_socket_failed(Plane *plane, gint code);
/* Looks at the path's MTU again, at most once a second. */
void plane_check_path(Plane *plane, gint64 now);
/* Writes one packet that has room for the virtio header in front. */
gboolean plane_write_tun(Plane *plane, guint8 *packet, gsize length);
void plane_note_tun_error(Plane *plane, gint code);

/* plane-tun.c, for plane-guests.c. */
PlaneChild *plane_child_new(Plane *plane, const IkeChildInfo *info, GError **error);
void plane_child_free(gpointer child);
/* TRUE when child reached a limit that the host was not told yet. */
gboolean plane_child_is_limited(const PlaneChild *child);
/* The same, and counts as told. */
gboolean plane_child_take_limit(PlaneChild *child, PlaneEvent *ret_event);
void plane_tell(Plane *plane, gint64 now, const PlaneEvent *event);

/* plane-guests.c */
void plane_guests_open(Plane *plane);
void plane_guests_close(Plane *plane);
PlaneChild *plane_guests_find_number(const Plane *plane, guint64 number);
PlaneChild *plane_guests_find_spi(const Plane *plane, guint32 spi);
/* Children of this inner address, chained. */
PlaneChild *plane_guests_find_inner(const Plane *plane, const guint8 *address, guint8 length);
void plane_guests_down(Plane *plane, PlaneChild *child);
/* Authentic ESP came for this child from that endpoint. */
void plane_guests_heard(Plane *plane, gint64 now, PlaneChild *child,
                        const struct sockaddr_storage *from);
void plane_guests_sent(Plane *plane, const PlaneChild *child, gsize octets);
void plane_guests_tell(Plane *plane, gint64 now);

/* plane-tun-offload.c: probes. */
gboolean plane_open_tun_offload(Plane *plane, gboolean *ret_takes_udp);
gboolean plane_has_segment(int socket);
gboolean plane_open_gro(int socket);
/* Has the outer TOS or traffic class told with each message. */
void plane_open_class(int socket);
guint8 plane_class_of(struct msghdr *message);
/* Size of the datagrams that one received message holds; 0 = it is one. */
gsize plane_gro_size(struct msghdr *message);
void plane_set_segment(struct msghdr *message, PlaneControl *control, guint16 size);
/* What the virtio header in front of a packet says. FALSE when the packet cannot be understood. A
 * checksum that is left to us is completed here, unless the packet is to be cut. */
gboolean plane_take_vnet(const Plane *plane, guint8 *packet, gsize length, gsize *ret_gso_size);
/* Two or more packets as one. FALSE with errno. */
gboolean plane_write_merged(const Plane *plane, EspFlow *flow);

/* Until the TUN is empty, the socket full, or a fair share is done. */
void plane_send(Plane *plane, gint64 now);
/* What waits for the socket; TRUE when nothing waits any more. */
gboolean plane_send_waiting(Plane *plane, gint64 now);
gboolean plane_is_send_waiting(const Plane *plane);
void plane_receive(Plane *plane, gint64 now);
