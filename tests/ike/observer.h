/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Observer: somebody who sees all messages of one ISAKMP SA and knows its shared DH secret. It
 * derives everything else with the core's primitives, checks every proof in the messages, and
 * writes each message again, which must give the same octets.
 */
#pragma once

#include "ike/fragment.h"
#include "ike/keys.h"
#include "ike/payload.h"
#include "ike/terms.h"

#include <glib.h>

/* One side's part of a phase 1 or a Quick Mode. */
typedef struct {
    GBytes *ke;
    GBytes *nonce;
    GBytes *id;
    GBytes *hash; /* phase 1: HASH or SIG payload */
    GBytes *sig;
    GBytes *certificate;
    guint32 spi;
} ObserverSide;

typedef struct {
    IkeIv iv;
    guint count;
    ObserverSide sides[2]; /* 0: initiator of this exchange */
    IkeTerms terms;        /* chosen, once the answer was seen */
    gboolean is_started_by_responder;
} ObserverExchange;

typedef struct {
    const char *label;
    Secret *g_xy;
    Secret *psk; /* or NULL */
    gboolean is_main;
    guint8 cky_i[8];
    guint8 cky_r[8];
    GBytes *sai_b;
    IkeTerms terms;
    ObserverSide sides[2];
    IkeKeys *keys; /* NULL before both KE were seen */
    IkeIv phase1_iv;
    GHashTable *exchanges; /* message ID -> ObserverExchange */
    GHashTable *seen;      /* GBytes of messages, to know repeated ones */
    IkeReassembly *fragments;
    GPtrArray *pieces;   /* fragments of the message under way */
    GBytes *reassembled; /* the last one that came out */
    guint hashes_checked;
    guint signatures_checked;
    guint messages_rebuilt;
    guint clear_messages;
} Observer;

Observer *observer_new(const char *label, GBytes *g_xy, const char *psk);
void observer_free(Observer *observer);

/* iv, plain: what the vector says, or NULL. FALSE for a repeated message. */
gboolean observer_see(Observer *observer, gboolean is_from_initiator, GBytes *message, GBytes *iv,
                      GBytes *plain);

/* NULL when there is no such exchange. */
const ObserverExchange *observer_exchange(const Observer *observer, guint32 message_id);

/* HASH_I and HASH_R, or the signatures over them, of phase 1. */
void observer_check_proofs(Observer *observer, GBytes **ret_hash_i, GBytes **ret_hash_r);

/* KEYMAT of the direction towards a side of a Quick Mode: 0 = its initiator. */
Secret *observer_keymat(const Observer *observer, const ObserverExchange *exchange,
                        const Secret *g_qm_xy, guint side);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Observer, observer_free)
