/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the engine wants done: part of the core's face (include "ike/ike.h").
 *
 * SEND a datagram, ASK what only the host knows, TELL what is now true. Actions come out in the
 * order in which they must be carried out: a child is installed before the message that lets the
 * peer use it leaves.
 */
#pragma once

#include "base/net.h"
#include "base/reason.h"
#include "base/secret.h"
#include "base/suite.h"
#include "ike/policy.h"

#include <glib.h>

typedef enum {
    IKE_SEND,
    IKE_ASK_LOGIN,
    IKE_ASK_TRUST,
    IKE_ASK_SIGN,
    IKE_ASK_SKEYID,
    IKE_ASK_VERDICT,
    IKE_ASK_LEASE,
    IKE_TELL_STAGE,
    IKE_TELL_PHASE1,
    IKE_TELL_SETTINGS,
    IKE_TELL_CHILD_UP,
    IKE_TELL_CHILD_SEND,
    IKE_TELL_CHILD_DOWN,
    IKE_TELL_PATH,
    IKE_TELL_ALIVE,
    IKE_TELL_NOTE,
    IKE_TELL_REFUSED,
    IKE_TELL_CLOSED,
} IkeActionType;

/* Which of the host's two sockets: plain ISAKMP (port 500) or NAT traversal (4500), where every
 * ISAKMP message stands behind four zero octets that only the host adds and removes. */
typedef enum { IKE_SOCKET_ISAKMP, IKE_SOCKET_NATT } IkeSocket;

typedef struct {
    NetEndpoint local;
    NetEndpoint remote;
    IkeSocket socket;
} IkePath;

typedef enum {
    IKE_STAGE_REACHING,       /* first message sent */
    IKE_STAGE_AUTHENTICATING, /* the peer answered */
    IKE_STAGE_LOGIN,          /* phase 1 done, Xauth under way */
    IKE_STAGE_CONFIGURING,    /* Mode Config under way */
    IKE_STAGE_SECURING,       /* Quick Mode under way */
    IKE_STAGE_ESTABLISHED,    /* a child is up */
} IkeStage;

/* Attribute numbers of draft-ietf-ipsec-isakmp-xauth-06 4.2 and draft-beaulieu-ike-xauth-02. */
typedef enum {
    IKE_FIELD_USER = 16521,
    IKE_FIELD_PASSWORD = 16522,
    IKE_FIELD_PASSCODE = 16523,
    IKE_FIELD_CHALLENGE = 16525,
    IKE_FIELD_DOMAIN = 16526,
    IKE_FIELD_NEXT_PIN = 16528,
    IKE_FIELD_ANSWER = 16529,
} IkeField;

enum { IKE_MAX_FIELDS = 8 };

/* One round of Xauth as the gateway put it. Texts are the peer's, cleaned; value may be NULL. */
typedef struct {
    struct {
        IkeField field;
        const char *value;
    } fields[IKE_MAX_FIELDS];
    gsize count;
    const char *message; /* may be NULL */
    guint round;         /* 1 for the first of this phase 1 */
    gboolean is_reauthentication;
} IkeLoginQuestion;

/* Answers to a round; NULL where not asked. is_cancelled: the user gave up. */
typedef struct {
    const Secret *user;
    const Secret *password;
    const Secret *passcode;
    const Secret *domain;
    const Secret *next_pin;
    const Secret *answer;
    gboolean is_cancelled;
} IkeLogin;

typedef struct {
    GBytes *const *certificates; /* DER as sent, leaf first */
    gsize count;
    IkeId id; /* IDir or IDii */
    gboolean is_peer_initiator;
} IkeTrustQuestion;

/* Gateway: are these good? Secrets are borrowed from the engine. */
typedef struct {
    IkeLogin login;
    GBytes *challenge; /* NULL, or the password is what CHAP made of it: chap.h */
    IkeId group;
    NetEndpoint peer;
    guint round;
} IkeVerdictQuestion;

typedef enum {
    IKE_VERDICT_YES,
    IKE_VERDICT_NO,
    IKE_VERDICT_AGAIN,       /* one more round: ask for field with message */
    IKE_VERDICT_UNREACHABLE, /* nobody could say */
} IkeVerdictType;

typedef struct {
    IkeVerdictType type;
    const char *message; /* may be NULL */
    IkeField field;      /* with AGAIN */
} IkeVerdict;

/* What Mode Config carries, both ways. Arrays are never NULL. */
typedef struct {
    NetAddress address4;
    guint8 prefix_length4; /* 32 when none or 0.0.0.0 was given */
    NetAddress address6;
    guint8 prefix_length6;
    GArray *dns;           /* NetAddress */
    GArray *wins;          /* NetAddress */
    char *domain;          /* may be NULL */
    GPtrArray *split_dns;  /* char * */
    GArray *split_include; /* NetPrefix; empty = everything */
    GArray *split_exclude; /* NetPrefix */
    gboolean excludes_local_network;
    char *banner; /* may be NULL */
    gboolean may_save_password;
    gboolean has_pfs;           /* Unity PFS was sent */
    guint16 pfs;                /* its value: 0, 1 = on, or a group number (racoon) */
    GPtrArray *backup_gateways; /* char * */
    char *application_version;  /* the peer's; may be NULL */
    guint32 expiry_seconds;     /* 0 = none */
} IkeSettings;

IkeSettings *ike_settings_new(void);
IkeSettings *ike_settings_copy(const IkeSettings *settings);
void ike_settings_free(IkeSettings *settings);

typedef struct {
    SuitePhase1 suite;
    IkeMethod method;
    IkeMode mode;
    IkeId peer_id;
    gboolean is_local_behind_nat;
    gboolean is_remote_behind_nat;
    gboolean is_encapsulated;
    gboolean has_dpd;
    gboolean has_fragmentation;
    gboolean has_unity;
    guint32 lifetime_seconds;
    guint8 cky_i[8];
    guint8 cky_r[8];
} IkePhase1Info;

/* A pair of ESP SAs. The keys are KEYMAT of RFC 2409 5.5: cipher key, then salt or HMAC key. */
typedef struct {
    guint64 child;
    guint64 replaces; /* 0 unless this pair renews another one */
    SuiteEsp suite;
    guint32 spi_in;
    guint32 spi_out;
    const Secret *keymat_in;
    const Secret *keymat_out;
    NetPrefix local;
    NetPrefix remote;
    gboolean is_encapsulated;
    guint32 lifetime_seconds;
    /* What each of the two may carry: the host reports the soft end by ike_engine_rekey() and the
     * hard one by ike_engine_spent(). 0 = any amount. */
    guint64 soft_octets;
    guint64 hard_octets;
    SuiteGroup pfs_group;
} IkeChildInfo;

typedef enum { IKE_NOTE_DEBUG, IKE_NOTE_INFO, IKE_NOTE_WARNING } IkeNoteLevel;

typedef struct {
    IkeActionType type;
    guint64 session; /* 0 for notes about strangers */
    guint64 ticket;  /* of an ASK */
    union {
        struct {
            IkePath path;
            const guint8 *data;
            gsize length;
            gboolean is_keepalive; /* the single octet 0xFF: no marker */
        } send;
        IkeLoginQuestion login;
        IkeTrustQuestion trust;
        struct {
            guint32 key;
            guint8 hash[64];
            gsize hash_length;
        } sign;
        struct {
            guint32 key;
            IkeId peer_id; /* type NONE in Main Mode, where it is not known yet */
            NetAddress peer;
            SuiteHash hash;
            const guint8 *nonces; /* Ni_b | Nr_b */
            gsize nonces_length;
        } skeyid;
        IkeVerdictQuestion verdict;
        struct {
            const char *user;
            NetAddress wished; /* none = any */
            IkeId group;
        } lease;
        IkeStage stage;
        IkePhase1Info phase1;
        const IkeSettings *settings;
        IkeChildInfo child_up;
        guint64 child; /* CHILD_SEND, CHILD_DOWN */
        IkePath path;
        guint32 round_trip_microseconds; /* ALIVE: a probe was acknowledged */
        struct {
            IkeNoteLevel level;
            const char *text;
        } note;
        struct {
            NetEndpoint peer;
            Reason reason; /* PROPOSAL_REJECTED, ESP_PROPOSAL_REJECTED, SELECTORS_REFUSED */
            const char *offered;
            const char *own;
            const char *difference; /* the first one: "hash: sha1 offered, sha256 here" */
        } refused;
        struct {
            Reason reason;
            const char *detail; /* may be NULL; fit for a screen */
        } closed;
    };
} IkeAction;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeSettings, ike_settings_free)
