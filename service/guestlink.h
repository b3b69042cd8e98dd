/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boundary between a gateway's coatid and its coati-engine: boundary.h for many sessions.
 *
 * The same kind of table, on the same kind of socket, in a table of its own: an engine that serves
 * guests takes nothing that is meant for a client's and the other way round. One message is type
 * u16, session u64 (0 = none), then the body.
 *
 * Policies come one by one, because together with their certificates they may be larger than a
 * message; CONFIGURE makes those that came since the last one the policies for new guests. Guests
 * keep the policy that they came in with.
 *
 * coatid treats every message of the engine as hostile: sessions that it does not know, addresses
 * that it did not lease.
 */
#pragma once

#include "boundary.h"
#include "channel.h"
#include "ike/ike.h"

typedef enum {
    /* coatid to engine */
    GUESTLINK_SERVE = 1, /* once; fds: ISAKMP socket, NAT-T socket, both bound, and the TUN */
    GUESTLINK_POLICY,
    GUESTLINK_CONFIGURE,
    GUESTLINK_VERDICT,
    GUESTLINK_LEASE,
    GUESTLINK_HANG_UP,
    GUESTLINK_COUNT,    /* session 0: all of them together */
    GUESTLINK_ALIVE,    /* kernel plane: authentic packets came from the guest */
    GUESTLINK_MOVED,    /* kernel plane: they come from another endpoint */
    GUESTLINK_EXPIRING, /* kernel plane: rekey */
    /* engine to coatid */
    GUESTLINK_ASK_VERDICT = 64,
    GUESTLINK_ASK_LEASE,
    GUESTLINK_PHASE1,
    GUESTLINK_CHILD_UP,
    GUESTLINK_CHILD_DOWN,
    GUESTLINK_PATH,
    GUESTLINK_COUNTERS,
    GUESTLINK_NOTE,
    GUESTLINK_CLOSED,
    GUESTLINK_REFUSED,
    GUESTLINK_CHILD_KEYS, /* kernel plane; before CHILD_UP */
    GUESTLINK_CHILD_SEND, /* kernel plane */
} GuestlinkType;

/* One message; only the member of its type is set. Everything it holds is its own. */
typedef struct {
    GuestlinkType type;
    guint64 session;
    union {
        struct {
            NetEndpoint isakmp; /* what the sockets are bound to */
            NetEndpoint natt;
            guint16 esp_fragment_octets;
            guint16 mtu_octets;
            gboolean is_kernel; /* coatid has the kernel move ESP; no use for the TUN */
        } serve;
        IkePolicy *policy;
        IkeTrust *configure; /* for guests with certificates */
        struct {
            guint64 ticket;
            IkeVerdictType type;
            IkeField field;
            char *message; /* may be NULL */
        } verdict;
        struct {
            guint64 ticket;
            gboolean is_given; /* FALSE: there is no address */
            IkeSettings *settings;
        } lease;
        Reason hang_up;
        struct {
            guint64 ticket;
            Secret *user; /* NULL where not asked */
            Secret *password;
            Secret *passcode;
            Secret *domain;
            Secret *next_pin;
            Secret *answer;
            GBytes *challenge; /* of CHAP: the password is the answer to it; else NULL */
            char *group;       /* the phase 1 identity for people */
            NetEndpoint peer;
            guint round;
        } ask_verdict;
        struct {
            guint64 ticket;
            char *user; /* NULL: certificates alone */
            char *group;
            NetAddress wished;
        } ask_lease;
        struct {
            SuitePhase1 suite;
            IkeMethod method;
            IkeMode mode;
            char *group;
            NetEndpoint peer;
            gboolean is_behind_nat;
            gboolean has_dpd;
            gboolean has_fragmentation;
            gboolean has_unity;
            guint32 lifetime_seconds;
            guint8 cookies[16];
        } phase1;
        struct {
            guint64 child;
            guint64 replaces;
            SuiteEsp suite;
            NetPrefix local;
            NetPrefix remote; /* the guest's */
            SuiteGroup pfs_group;
        } child_up;
        guint64 child_down;
        BoundaryKeys child_keys; /* remote: the guest's */
        guint64 child_send;
        NetEndpoint moved;
        NetEndpoint path; /* the guest's */
        BoundaryCounters counters;
        struct {
            IkeNoteLevel level;
            char *text;
        } note;
        struct {
            Reason reason;
            char *detail; /* may be NULL */
        } closed;
        struct {
            NetEndpoint peer;
            Reason reason; /* of proposals, ESP proposals or selectors */
            char *offered;
            char *own;
            char *difference;
        } refused;
    };
} GuestlinkMessage;

CHANNEL_FACE(GuestlinkMessage, GuestlinkType, BoundaryDirection, guestlink)
