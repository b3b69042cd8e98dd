/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A gateway on strings: once phase 1 is over, the test takes the gateway's place with its keys,
 * says what it likes and reads what the client answers.
 */
#pragma once

#include "sim.h"

#include "ike/payload.h"
#include "ike/state.h"

typedef struct {
    Sim *sim;
    SimNode *client;
    SimNode *gateway;
    IkeKeys *keys;
    IkeIv lb;
    IkeIv iv; /* of the exchange that was begun last */
    guint32 message_id;
    IkePath path;     /* as the client sees the gateway */
    GPtrArray *heard; /* GBytes of the client, while the strings are held */
} Puppet;

/* Runs Hybrid's phase 1 in policy's mode; the gateway says nothing any more after it. */
Puppet *puppet_new(IkePolicy *ours, IkePolicy *theirs);
void puppet_free(Puppet *puppet);

/* A hashed message with one payload in an exchange of its own. */
void puppet_say(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload, const char *hex);
/* The first payload of this type in the next message that the client sent on the exchange begun
 * last, or on one of its own of this type; as hexadecimal without generic header, NULL for none. */
char *puppet_hear(Puppet *puppet, IkeExchangeType exchange, IkePayloadType payload);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Puppet, puppet_free)
