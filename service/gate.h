/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: who may ask for what. One table row per D-Bus method; a method without a row is
 * refused, so a new one is closed until somebody thinks about it.
 *
 * polkit decides about the message's sender (subject = system bus name), asynchronously. Any
 * error, and a caller that left meanwhile, is a no. Root is asked nothing, because root needs no
 * polkit and a container may have none; but root that acts for a user (NetworkManager, with a
 * connection that is private to somebody) gets no weak tunnel for a user who could not have it: there
 * the subject is a program of that user, and a user who has none is refused.
 */
#pragma once

#include "peers.h"

#define GATE_CONNECT "org.coati.Coati1.connect"
#define GATE_MODIFY_OWN "org.coati.Coati1.modify-own"
#define GATE_MODIFY_SYSTEM "org.coati.Coati1.modify-system"
#define GATE_DISCONNECT_ANY "org.coati.Coati1.disconnect-any"
#define GATE_UNSAFE "org.coati.Coati1.unsafe"

typedef enum {
    GATE_ASK,           /* always polkit */
    GATE_FREE,          /* whoever sees the object may */
    GATE_FREE_TO_OWNER, /* polkit for the others */
    GATE_NEVER,
} GateRule;

typedef struct {
    const char *interface;
    const char *method;
    GateRule rule;
    const char *action;        /* of the private kind */
    const char *action_system; /* when a profile of the whole machine is changed; NULL = action */
    const char *action_unsafe; /* when the settings weaken the tunnel; NULL = action */
} GateRow;

/* What the decision depends on, and what the dialog says. Strings are borrowed for the call. */
typedef struct {
    gboolean is_owner;
    gboolean is_system;
    gboolean is_unsafe;
    gboolean is_for_user; /* root acts for the user uid */
    guint32 uid;
    const char *profile;
    const char *owner;
    const char *gateway;
} GateFacts;

typedef struct Gate Gate;

/* error: NULL when allowed, else COATI_ERROR_NOT_AUTHORIZED or _INTERACTION_REQUIRED. */
typedef void (*GateAnswer)(const GError *error, gpointer user_data);

/* The whole table, ended by a row without interface. */
const GateRow *gate_rows(void);
const GateRow *gate_row(const char *interface, const char *method);
/* The polkit action to ask for; NULL when free. Not for GATE_NEVER. */
const char *gate_action(const GateRow *row, const GateFacts *facts);
/* TRUE when root is not asked about this. */
gboolean gate_trusts_root(const GateFacts *facts);

Gate *gate_new(Peers *peers);
void gate_free(Gate *gate);

/* row may be NULL (refused). Answers exactly once, at once or later; not after gate_free(). */
void gate_ask(Gate *gate, const GateRow *row, const GateFacts *facts, const Peer *peer,
              gboolean may_interact, GateAnswer answer, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gate, gate_free)
