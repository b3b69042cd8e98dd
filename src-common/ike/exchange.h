/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine that runs every exchange.
 *
 * An exchange is a table with one row per message; the starter sends the even rows, the other side
 * the odd ones. A row says what both sides do with its message: the sender works off the acts
 * before, writes, and the machine hashes, seals, fragments, sends and repeats it; at the receiver
 * the machine finds duplicates, decrypts, checks which payloads are there and the HASH, then the
 * row is read and the acts after are worked off. An act may wait for the host (IKE_PENDING) and is
 * gone on from when the answer comes.
 *
 * RFC 2408 4, RFC 2409 5, appendix B (IVs); PROTOCOL 1.9, 3.5, 3.9, 6.14.
 */
#pragma once

#include "ike/payload.h"
#include "ike/state.h"

/* What acts return beside IKE_OK and the notify numbers. */
enum {
    IKE_PENDING = 0x10000, /* the host was asked */
    IKE_TIMEOUT,           /* only for IkeFail: no answer came */
    IKE_BUSY,              /* only from reading: as if it had not come; the peer repeats it */
};

typedef enum { IKE_CLEAR, IKE_SEALED, IKE_CLEAR_OR_SEALED } IkeSealing;
typedef enum { IKE_HASH_NONE, IKE_HASH_1, IKE_HASH_2, IKE_HASH_3 } IkeHashKind;

/* Sets of payloads. PROOF stands for HASH or SIG, as the method says. */
#define IKE_HAS(type) (1u << (IKE_PAYLOAD_##type))
#define IKE_HAS_PROOF (1u << 31)

typedef guint (*IkeAct)(IkeExchange *exchange);

typedef struct {
    guint32 must;
    guint32 may; /* VID is always allowed */
    IkeSealing sealing;
    IkeHashKind hash;
    /* The last row: repeated on a timer until anything comes back, because its receiver may not
     * ask for it again. */
    gboolean is_insistent;
    IkeAct before[7];
    void (*write)(IkeExchange *exchange, IkeDraft *draft);
    guint (*read)(IkeExchange *exchange, const IkeChain *chain);
    IkeAct after[7];
} IkeStep;

typedef struct {
    const char *name;
    IkeExchangeType type;
    guint count;
    guint max_ids;
    const IkeStep *steps;
    void (*done)(IkeExchange *exchange);
    /* problem: a notify number or IKE_TIMEOUT. */
    void (*fail)(IkeExchange *exchange, guint problem);
    gsize data_size;
    void (*clear)(gpointer data);
} IkeExchangeTable;

struct IkeExchange {
    IkeSa *sa;
    const IkeExchangeTable *table;
    guint32 message_id;
    gboolean is_starter;
    guint step;
    guint act;
    gboolean is_waiting; /* for the host */
    gboolean is_done;
    guint64 ticket;
    IkeActionType asked;

    IkeIv iv;
    guint8 flags_received;
    guint8 received[32]; /* SHA-256 of the last message that was accepted */
    gboolean has_received;
    GBytes *sent; /* the last message, whole, for repeating */
    guint16 fragment_id;
    GBytes *ni_b; /* Quick Mode: what HASH(2) and HASH(3) cover */
    GBytes *nr_b;
    guint repeats;
    gint64 repeat_at;
    guint duplicates;
    gint64 duplicate_at;
    gint64 forget_at;

    gpointer data; /* table->data_size octets, zeroed; NULL when trimmed */
};

/* A new exchange with a fresh message ID (0 in phase 1) that has not sent anything yet: fill its
 * data, then run it. NULL when there are too many at a time. */
IkeExchange *ike_exchange_start(IkeSa *sa, const IkeExchangeTable *table);
/* The peer's: to be read into with ike_exchange_receive(). */
IkeExchange *ike_exchange_accept(IkeSa *sa, const IkeExchangeTable *table, guint32 message_id);
void ike_exchange_run(IkeExchange *exchange);
void ike_exchange_free(gpointer exchange);

/* Lets the peer's first message choose another table of the same type. */
void ike_exchange_become(IkeExchange *exchange, const IkeExchangeTable *table);

typedef enum {
    IKE_RECEIVED_DROPPED,
    IKE_RECEIVED_DUPLICATE,
    IKE_RECEIVED_ACCEPTED,
} IkeReceived;

/* datagram: the whole message, header its parsed header. */
IkeReceived ike_exchange_receive(IkeExchange *exchange, const IkeHeader *header, Reader body,
                                 Reader datagram, const IkePath *path);

/* Asks the host: queues an action with a new ticket and makes the exchange wait for it. */
IkeAction *ike_exchange_ask(IkeExchange *exchange, IkeActionType type);
/* The exchange that waits for ticket, which must be of this type; the ticket is used up. */
IkeExchange *ike_exchange_answered(IkeEngine *engine, guint64 ticket, IkeActionType type);
/* result: IKE_OK to go on behind the act that asked, or what is wrong. */
void ike_exchange_resume(IkeExchange *exchange, guint result);
/* The peer reported an error, authenticated, about what we started. */
void ike_exchange_refused(IkeExchange *exchange, guint16 notify);
/* Ends it without a word: nothing is repeated, answers are not waited for. */
void ike_exchange_abandon(IkeExchange *exchange);

/* Of an exchange that came to its good end only the last message is kept, for who asks again. */
void ike_exchange_trim(IkeExchange *exchange);

gint64 ike_exchange_deadline(const IkeExchange *exchange);
void ike_exchange_tick(IkeExchange *exchange);
