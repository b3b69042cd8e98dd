/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Agents: programs of a user that can ask that user something.
 *
 * A question goes to the agent of the caller that started the tunnel, else to one of the same user
 * in an active session, else to any of the same user, else nowhere: REASON_SECRETS_NO_AGENT at
 * once. It is answered within AGENTS_SECONDS or withdrawn. An agent that leaves is forgotten; its
 * question goes to the next one.
 */
#pragma once

#include "peers.h"

#include "base/reason.h"

#include <gio/gio.h>

enum { AGENTS_SECONDS = 120, AGENTS_PER_CALLER = 4 };

typedef struct Agents Agents;

typedef struct {
    const char *caller; /* bus name whose agent is the first choice; may be NULL */
    guint32 uid;
    const char *connection; /* object path, "/" when there is none */
    const char *message;
    GVariant *fields; /* a(sa{sv}), floating is sunk */
    GVariant *info;   /* a{sv} without "token", floating is sunk */
} AgentQuestion;

/* reason: REASON_NONE with answers (a{sv}, borrowed), else REASON_SECRETS_*. */
typedef void (*AgentAnswered)(Reason reason, GVariant *answers, gpointer user_data);

Agents *agents_new(GDBusConnection *connection, Peers *peers);
/* Releases every agent; questions get no answer any more. */
void agents_free(Agents *agents);

gboolean agents_register(Agents *agents, const Peer *peer, const char *path, GError **error);
gboolean agents_unregister(Agents *agents, const Peer *peer, const char *path, GError **error);

/* Whether a question of this kind would find somebody. */
gboolean agents_has(Agents *agents, const char *caller, guint32 uid);
/* Returns a number for agents_cancel(). answered is called exactly once, never before this
 * function has returned, and not after agents_cancel(). */
guint64 agents_ask(Agents *agents, const AgentQuestion *question, AgentAnswered answered,
                   gpointer user_data);
/* why: "user-canceled", "timed-out", "shutdown". A number that is over is ignored. */
void agents_cancel(Agents *agents, guint64 question, const char *why);
/* Tells whoever answered last for this connection whether the gateway took it. */
void agents_result(Agents *agents, const char *connection, gboolean is_accepted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agents, agents_free)
