/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A world without clock or network: engines as nodes, hosts that answer their questions, and a
 * link that loses, repeats, reorders and cuts, with a NAT box in it. Everything comes from one
 * seed, so every run can be had again.
 */
#pragma once

#include "ike/ike.h"
#include "ike/signature.h"

/* Microseconds since the machine started, when the world begins. */
#define IKE_SIM_START ((gint64)1000 * G_USEC_PER_SEC)

typedef struct Sim Sim;
typedef struct SimNode SimNode;

/* Of each datagram: percents and milliseconds. */
typedef struct {
    guint loss_percent;
    guint duplicate_percent;
    guint reorder_percent; /* so many come up to 300 ms late */
    guint delay_ms;
    gsize max_octets; /* longer UDP payloads vanish; 0 = any pass */
    gboolean is_cut;
    gboolean blocks_natt; /* UDP port 4500 */
} SimLink;

/* A pair of ESP SAs as a host keeps it. */
typedef struct {
    IkeChildInfo info; /* keymat pointers are NULL */
    Secret *in;
    Secret *out;
} SimChild;

struct SimNode {
    Sim *sim;
    const char *name;
    IkeEngine *engine;
    GRand *dice;
    gboolean is_behind_nat;
    NetAddress address;

    /* The host's answers. */
    IkePrivateKey *key;
    GPtrArray *chain;
    const char *psk;
    const char *user;
    const char *password;
    const char *passcode; /* asked for in a second round where the verdict wants it */
    gboolean cancels_login;
    guint login_ms; /* how long the user types */
    guint answer_ms;
    Reason trust;
    const char *accepted_password; /* gateway */
    const char *wanted_passcode;   /* gateway: NULL = one round */
    gboolean is_auth_down;
    IkeSettings *lease; /* gateway; NULL = pool is empty */
    IkeField again_field;

    /* What was seen. */
    guint64 session;
    guint64 second_session;
    IkeStage stage;
    GHashTable *children; /* number -> SimChild */
    guint64 sending;      /* child to send on */
    guint children_up;
    IkePath path;
    guint path_count;
    guint alive_count;
    guint32 round_trip_microseconds; /* of the last */
    IkeSettings *settings;
    IkePhase1Info phase1;
    guint phase1_count;
    guint closed_count;
    Reason reason;
    char *detail;
    guint login_count;
    gboolean was_login_reauthentication;
    char *login_message;
    guint verdict_count;
    guint chap_count; /* of them, with a challenge */
    guint lease_count;
    guint sent_count;
    guint keepalive_count;
    gsize longest_sent; /* UDP payload */
    GString *notes;
    gboolean is_gone; /* crashed: gets nothing, does nothing */
};

struct Sim {
    gint64 now;
    guint64 serial;
    GRand *dice;
    SimLink link;
    GQueue events;
    GPtrArray *nodes;
    NetAddress nat_public;
    guint16 nat_base; /* port 500 appears as this, 4500 as this + 1 */
    gboolean is_noisy;
    /* Sees every datagram on the wire; may change *data (with its own copy) or drop it by FALSE. */
    gboolean (*tap)(Sim *sim, SimNode *from, GBytes **data, gpointer user_data);
    gpointer tap_data;
};

Sim *sim_new(guint32 seed);
void sim_free(Sim *sim);

/* A client at 10.0.0.5 (behind the NAT box when is_behind_nat) or a gateway at 203.0.113.1. */
SimNode *sim_client(Sim *sim, gboolean is_behind_nat);
/* policies: NULL-terminated; taken. */
SimNode *sim_gateway(Sim *sim, IkePolicy *policy, ...) G_GNUC_NULL_TERMINATED;
void sim_restart_gateway(SimNode *node, IkePolicy *policy);

/* Policies for both ends, all alike but for what the role needs; certificates are the vectors'. */
IkePolicy *sim_policy(IkeMethod method, IkeMode mode, const char *suites, const char *esp_suites,
                      gboolean is_gateway);

/* Starts client's session; policy is taken. */
void sim_connect(SimNode *client, SimNode *gateway, IkePolicy *policy);
/* A gateway's answer to a login. */
IkeVerdict sim_judge(SimNode *node, const IkeVerdictQuestion *question);
/* Carries out what the engine wants; after every call on it. */
void sim_drain(SimNode *node);

/* Goes on for so long, or until nothing will ever happen. */
void sim_run(Sim *sim, gdouble seconds);
/* Goes on until the client is established or closed; FALSE when neither came in time. */
gboolean sim_settle(Sim *sim, SimNode *client, gdouble seconds);
void sim_nat_rebind(Sim *sim);
/* A datagram out of nowhere, in so many milliseconds; from a tap only this way, because an action
 * lasts no longer than to the next call on its engine. */
void sim_inject(SimNode *to, const IkePath *path, GBytes *data, guint ms);

gboolean sim_is_connected(const SimNode *node);
/* Both ends send on a pair that the other one has, with the same keys and networks. */
void sim_check_children(SimNode *client, SimNode *gateway, guint count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sim, sim_free)
