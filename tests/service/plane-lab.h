/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two planes back to back in one process, with the kernel's own stack at both ends:
 *
 *     namespace "left"                  namespace "outer"               namespace "right"
 *     sockets - tunL 10.9.0.1/24 --plane-- lo, MTU 1500, UDP --plane-- tunR 10.9.0.2/24 - sockets
 *                    fd09::1/64            (captured)                       fd09::2/64
 *
 * Everything is one thread: lab_run() lets both planes work until nothing moves any more.
 */
#pragma once

#include "engine/plane-tun.h"

enum { LAB_LEFT, LAB_RIGHT, LAB_ENDS, LAB_OUTER = LAB_ENDS, LAB_SPACES };

typedef struct {
    guint packets;
    guint trains;    /* sent as one and cut on the way */
    guint fragments; /* outer IP fragments */
    guint largest;   /* outer IP packet */
} LabCapture;

typedef struct {
    Plane *plane;
    Fd tun;
    Fd socket;
    NetEndpoint address; /* of the socket */
    guint messages;      /* handed to the host */
    guint8 message[64];
    gsize message_length;
    guint events[PLANE_SOCKET + 1];
    PlaneEvent event; /* the last one */
} LabEnd;

typedef struct LabWire LabWire;

typedef struct {
    Fd home;
    Fd spaces[LAB_SPACES];
    Fd capture;
    gint64 now;
    LabEnd ends[LAB_ENDS];
    LabWire *wire; /* NULL = the ends talk to each other without anything between */
} Lab;

/* What a wire does to datagrams, by the thousand. */
typedef struct {
    guint lost;
    guint doubled;
    guint late; /* overtaken by up to 32 others */
} LabFaults;

typedef struct {
    const char *suite;
    guint16 esp_fragment_octets;
    gboolean is_frag_left_alone; /* the right end has no esp_frag */
    guint16 tun_mtu;
    gboolean has_vnet;
    gboolean is_six_outside;
    gboolean is_unconnected;
    guint without;      /* PlaneWithout bits */
    gboolean is_narrow; /* a local socket instead of UDP, which is full after a few packets */
    const EspBackends *backends[LAB_ENDS];
    const LabFaults *faults; /* NULL = no wire */
} LabOptions;

/* FALSE with a reason when this machine lets nobody do this. */
gboolean lab_is_possible(const char **ret_reason);
Lab *lab_new(const LabOptions *options);
void lab_free(Lab *lab);

/* A new child on both ends, IPv4 and IPv6 networks of the tunnel; number, number + 1. It sends at
 * once. Key and SPIs come from the number. */
void lab_up(Lab *lab, const char *suite, guint64 number);
/* A bound and connected socket of an end towards the other end. */
Fd lab_socket(Lab *lab, guint end, gint family, gint type);
/* Two of them that talk to each other. */
void lab_open_pair(Lab *lab, gint family, Fd ret_sockets[LAB_ENDS]);
/* One datagram of length octets from left to right and one back, compared. */
void lab_cross(Lab *lab, const Fd sockets[LAB_ENDS], gsize length);
/* total octets over TCP from left to right, SHA-256 compared. */
void lab_transfer(Lab *lab, gint family, gsize total);
/* Packets that the kernel of an end got out of its TUN: fewer than sent when they were merged. */
guint64 lab_tun_received(Lab *lab, guint end);
void lab_enter(Lab *lab, guint space);
/* Of the path between the planes. */
void lab_set_outer_mtu(Lab *lab, gint mtu);
void lab_run(Lab *lab);
/* What crossed outside since the last call. */
LabCapture lab_capture(Lab *lab);
guint64 lab_drops(Lab *lab, guint end, const char *name);

/* plane-wire.c: between the two ends, on LAB_WIRE_PORT + end of the loopback address. */
enum { LAB_WIRE_PORT = 4600 };
LabWire *lab_wire_new(const LabFaults *faults, const Fd sockets[LAB_ENDS]);
void lab_wire_free(LabWire *wire);
/* Lets some datagrams pass. TRUE when there were any. */
gboolean lab_wire_run(LabWire *wire);
/* What was delivered to an end: every datagram once, and how many came again. */
guint64 lab_wire_delivered(const LabWire *wire, guint end);
guint64 lab_wire_doubled(const LabWire *wire, guint end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lab, lab_free)
