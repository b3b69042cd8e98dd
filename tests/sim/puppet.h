/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One end on strings: once phase 1 is over, the test takes the place of the gateway, or of the
 * client, with its keys, says what it likes and reads what the other end answers.
 */
#pragma once

#include "sim.h"

#include "ike/draft.h"
#include "ike/payload.h"
#include "ike/state.h"

typedef struct {
    Sim *sim;
    SimNode *client;
    SimNode *gateway;
    SimNode *other; /* the end that is no puppet */
    IkeKeys *keys;
    IkeIv lb;
    IkeIv iv; /* of the exchange that was begun last */
    guint32 message_id;
    IkePath path;     /* as the other end sees the puppet */
    GPtrArray *heard; /* GBytes of the other end, while the strings are held */
} Puppet;

/* Runs Hybrid's phase 1 in policy's mode; the gateway says nothing any more after it. */
Puppet *puppet_new(IkePolicy *ours, IkePolicy *theirs);
/* The other way round: the client says nothing any more, the test speaks to the gateway. */
Puppet *puppet_new_guest(IkePolicy *ours, IkePolicy *theirs);
void puppet_free(Puppet *puppet);

/* What stands in a message's HASH. */
typedef enum {
    PUPPET_HASH_RIGHT,
    PUPPET_HASH_WRONG,
    PUPPET_HASH_SHORT,
    PUPPET_HASH_NONE
} PuppetHash;
/* A message in an exchange of its own, of several payloads that the test adds between. */
IkeDraft puppet_begin(Puppet *puppet, IkeExchangeType exchange, PuppetHash kind);
void puppet_end(Puppet *puppet, IkeDraft *draft, PuppetHash kind);
/* In an exchange that has begun: with the IV that its last message left. */
void puppet_end_with(Puppet *puppet, IkeDraft *draft, PuppetHash kind, const IkeIv *iv);

/* A hashed message with one payload in an exchange of its own. */
void puppet_say(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload, const char *hex);
/* The first payload of this type in the next message that the other end sent on the exchange begun
 * last, or on one of its own of this type; as hexadecimal without generic header, NULL for none. */
char *puppet_hear(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Puppet, puppet_free)
