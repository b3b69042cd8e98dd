/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boundary between coatid (privileged) and coati-engine (which talks to strangers).
 *
 * One table of messages (boundary.c) for a Channel (channel.h): number, name, direction, and one
 * walk (wire.h) that is the parse and write pair on Reader and Writer.
 *
 * coatid treats every message of the engine as hostile: what it acts upon is checked against the
 * profile where it is used. Bulk counters are pulled (COUNT), never pushed.
 */
#pragma once

#include "channel.h"
#include "ike/ike.h"

typedef enum {
    /* coatid to engine */
    BOUNDARY_INITIATE = 1, /* fds: ISAKMP socket, NAT-T socket, both connected, and the TUN */
    BOUNDARY_ANSWER_LOGIN,
    BOUNDARY_ANSWER_TRUST,
    BOUNDARY_REBIND, /* fds: ISAKMP socket, NAT-T socket */
    BOUNDARY_HANG_UP,
    BOUNDARY_REAUTHENTICATE,
    BOUNDARY_REKEY,
    BOUNDARY_COUNT,
    BOUNDARY_SEEN,  /* kernel plane */
    BOUNDARY_PROBE, /* answered by ALIVE, or not */
    /* engine to coatid */
    BOUNDARY_STAGE = 64,
    BOUNDARY_PHASE1,
    BOUNDARY_ASK_LOGIN,
    BOUNDARY_ASK_TRUST,
    BOUNDARY_SETTINGS,
    BOUNDARY_CHILD_UP,
    BOUNDARY_CHILD_DOWN,
    BOUNDARY_PATH,
    BOUNDARY_COUNTERS,
    BOUNDARY_NOTE,
    BOUNDARY_CLOSED,
    BOUNDARY_CHILD_KEYS, /* kernel plane; before CHILD_UP */
    BOUNDARY_CHILD_SEND, /* kernel plane */
    BOUNDARY_ALIVE,      /* the gateway acknowledged a probe */
} BoundaryType;

typedef enum { BOUNDARY_TO_ENGINE, BOUNDARY_TO_SERVICE } BoundaryDirection;

/* Why packets were dropped, in the order of BoundaryCounters.drops. Names for D-Bus are in the
 * plane's table. */
enum { BOUNDARY_MAX_DROPS = 24 };

typedef struct {
    guint64 octets_in;
    guint64 octets_out;
    guint64 packets_in;
    guint64 packets_out;
    guint32 last_received_seconds; /* ago; G_MAXUINT32 = never */
    struct {
        char name[24];
        guint64 count;
    } drops[BOUNDARY_MAX_DROPS];
    guint drop_count;
} BoundaryCounters;

/* A child's SAs, for who has the kernel carry them out. */
typedef struct {
    guint64 child;
    SuiteEsp suite;
    NetPrefix local;
    NetPrefix remote;
    guint32 spi_in;
    guint32 spi_out;
    guint64 soft_octets; /* of each SA, as in IkeChildInfo */
    guint64 hard_octets;
    Secret *keymat_in; /* RFC 2409 5.5; never NULL */
    Secret *keymat_out;
} BoundaryKeys;

/* One message; only the member of its type is set. Everything it holds is its own. */
typedef struct {
    BoundaryType type;
    union {
        struct {
            IkePolicy *policy;
            IkeTrust *trust; /* now_unix_seconds is the engine's own clock's */
            IkePath isakmp;
            IkePath natt;
            guint16 esp_fragment_octets; /* esp_frag; 0 = off */
            guint16 mtu_octets;          /* inner; 0 = from suite and path */
            gboolean is_kernel;          /* coatid has the kernel move ESP; no use for the TUN */
        } initiate;
        struct {
            guint64 ticket;
            Secret *user; /* NULL where not asked */
            Secret *password;
            Secret *passcode;
            Secret *domain;
            Secret *next_pin;
            Secret *answer;
            gboolean is_cancelled;
        } answer_login;
        struct {
            guint64 ticket;
            Reason reason;
        } answer_trust;
        struct {
            IkePath isakmp;
            IkePath natt;
        } rebind;
        Reason hang_up;
        IkeStage stage;
        struct {
            SuitePhase1 suite;
            IkeMethod method;
            IkeMode mode;
            char *peer_identity; /* for people */
            gboolean is_local_behind_nat;
            gboolean is_remote_behind_nat;
            gboolean is_encapsulated;
            gboolean has_dpd;
            gboolean has_fragmentation;
            guint32 lifetime_seconds;
        } phase1;
        struct {
            guint64 ticket;
            struct {
                IkeField field;
                char *value; /* may be NULL */
            } fields[IKE_MAX_FIELDS];
            gsize count;
            char *message; /* may be NULL */
            guint round;
            gboolean is_reauthentication;
        } ask_login;
        struct {
            guint64 ticket;
            IkeCertificateInfo *certificate;
        } ask_trust;
        IkeSettings *settings;
        struct {
            guint64 child;
            guint64 replaces;
            SuiteEsp suite;
            NetPrefix local;
            NetPrefix remote;
            gboolean is_encapsulated;
            SuiteGroup pfs_group;
            guint32 lifetime_seconds;
            guint16 mtu_octets; /* largest inner packet */
        } child_up;
        guint64 child_down;
        /* What the kernel counted of this tunnel since it began. */
        struct {
            guint64 packets_in;
            guint64 packets_out;
        } seen;
        BoundaryKeys child_keys;
        guint64 child_send;
        guint32 round_trip_microseconds; /* ALIVE */
        IkePath path;
        BoundaryCounters counters;
        struct {
            IkeNoteLevel level;
            char *text;
        } note;
        struct {
            Reason reason;
            char *detail; /* may be NULL */
        } closed;
    };
} BoundaryMessage;

CHANNEL_FACE(BoundaryMessage, BoundaryType, BoundaryDirection, boundary)
