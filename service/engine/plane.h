/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The userspace data plane of one tunnel: TUN on one side, the NAT traversal socket on the other.
 *
 * It lives in the host's poll loop and thread: plane_poll() says what to wait for, plane_ready()
 * does all the work, in batches. ESP in UDP is opened here; IKE messages on the same socket go to
 * the host without their marker. The socket may be connected (client) or not.
 *
 * The plane does not close or own its descriptors, which must be non-blocking. System calls: read,
 * write, writev, recvmmsg, sendmmsg, recvmsg, getrandom, getsockopt, and once in plane_new() and
 * plane_change_path() getpeername, setsockopt and ioctl (TUNGETIFF, TUNGETVNETHDRSZ,
 * TUNSETOFFLOAD). Whatever the kernel offers of segmentation offload is used: a TUN opened with
 * IFF_VNET_HDR, UDP_SEGMENT, UDP_GRO; each is probed at the start and given up when it fails.
 *
 * now is microseconds of CLOCK_BOOTTIME. Nothing is allocated per packet.
 */
#pragma once

#include "boundary.h"
#include "esp/esp.h"

#include <poll.h>
#include <sys/socket.h>

typedef struct Plane Plane;

typedef enum {
    PLANE_MOVED,      /* authentic ESP came from another endpoint: ike_engine_moved() */
    PLANE_SOFT_LIMIT, /* half of the child's sequence numbers are used, or it carried most of what
                         it may: rekey */
    PLANE_HARD_LIMIT, /* the child can send nothing more, or carried all that it may */
    PLANE_MTU,        /* the largest inner packet is another one now */
    PLANE_SOCKET,     /* the socket reported an error of the path (errno) */
    PLANE_HEARD,      /* a guest lives: ike_engine_alive(); once a second and guest at most */
} PlaneEventType;

typedef struct {
    PlaneEventType type;
    guint64 session; /* the guest's; 0 in a client's plane */
    union {
        NetEndpoint remote;
        guint64 child;
        guint16 mtu_octets;
        gint code;
    };
} PlaneEvent;

/*
 * Where the plane calls back to, from within plane_ready() alone. Both may call every plane
 * function but plane_ready() and plane_free().
 */
typedef struct {
    /* An ISAKMP message without its marker; from is none on a connected socket. */
    void (*receive)(gpointer user_data, gint64 now, const NetEndpoint *from, const guint8 *data,
                    gsize length);
    void (*event)(gpointer user_data, gint64 now, const PlaneEvent *event);
    gpointer user_data;
} PlaneHost;

/* Offloads to do without: for kernels that lie about one, and for tests. */
typedef enum {
    PLANE_WITHOUT_TUN = 1,     /* the TUN hands out and takes large packets */
    PLANE_WITHOUT_SEGMENT = 2, /* the socket cuts what is sent */
    PLANE_WITHOUT_GRO = 4,     /* the socket joins what is received */
    PLANE_WITHOUT_MERGE = 8,   /* packets are joined for the TUN */
} PlaneWithout;

typedef struct {
    int tun;                     /* -1: the kernel moves ESP, the plane brings IKE alone */
    int socket;                  /* NAT traversal */
    NetEndpoint remote;          /* the gateway's; address family of the outer packets */
    guint16 esp_fragment_octets; /* esp_frag: inner packets above it are cut; 0 = off */
    guint16 mtu_octets;          /* largest inner packet; 0 = from suite and path */
    guint without;               /* PlaneWithout bits */
    gboolean has_guests;         /* a gateway's: of remote the address family alone counts */
    const EspBackends *backends; /* NULL = the best */
} PlaneOptions;

/* Options are copied. Fails when the crypto library or a descriptor is unfit. */
Plane *plane_new(const PlaneOptions *options, const PlaneHost *host, GError **error);
/* Downs what is up. Accepts NULL. */
void plane_free(Plane *plane);

/* Fills two entries: TUN and socket. An entry with no events has fd -1. */
void plane_poll(const Plane *plane, struct pollfd ret_fds[2]);
/* Does what the two entries of plane_poll() say is ready. FALSE when the TUN is gone for good. */
gboolean plane_ready(Plane *plane, gint64 now, const struct pollfd fds[2]);

/* The five functions of every plane: up, change, down, counters, last seen. */

/* Both SAs of a child: it opens at once, it sends after plane_change_send(). The keys are
 * copied. */
gboolean plane_up(Plane *plane, gint64 now, const IkeChildInfo *child, GError **error);
/* The child may send. Among children with the same selectors the one told last sends. */
void plane_change_send(Plane *plane, guint64 child);
/* Outer packets take another way: a new socket, another remote endpoint, or both. socket -1 keeps
 * the old one. */
gboolean plane_change_path(Plane *plane, int socket, const NetEndpoint *remote, GError **error);
/* Both SAs go; an unknown number is ignored. */
void plane_down(Plane *plane, guint64 child);

void plane_counters(const Plane *plane, gint64 now, BoundaryCounters *ret_counters);

/* Times are -1 for never. */
typedef struct {
    gint64 received;         /* last authentic inbound packet */
    gint64 sent;             /* last outbound packet */
    gint64 unanswered_since; /* the first packet sent since received; -1 when there is none */
} PlaneSeen;

PlaneSeen plane_last_seen(const Plane *plane);

/* Largest inner packet at present; 0 while no child is up. */
guint16 plane_mtu(const Plane *plane);
/* The same for a child with this suite. */
guint16 plane_mtu_with(const Plane *plane, const SuiteEsp *suite);

/*
 * A gateway's plane (has_guests): one TUN and one socket that is not connected, for many guests.
 * Each has an endpoint, children of its own and counters. What comes in through a child must be
 * from the guest's own inner address; what goes out finds its child by that address.
 */

/* The guest is at this endpoint: told before its first child, and when it moved. */
void plane_change_guest(Plane *plane, guint64 session, const NetEndpoint *remote);
/* As plane_up(). The child's remote side must be one address. */
gboolean plane_up_guest(Plane *plane, gint64 now, guint64 session, const IkeChildInfo *child,
                        GError **error);
/* Downs its children. An unknown number is ignored. */
void plane_forget_guest(Plane *plane, guint64 session);
/* Without drops. FALSE for an unknown number. */
gboolean plane_guest_counters(const Plane *plane, guint64 session, gint64 now,
                              BoundaryCounters *ret_counters);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plane, plane_free)
