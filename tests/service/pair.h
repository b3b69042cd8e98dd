/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pair of coati-engine and coati-keys as real processes, driven the way coatid drives them. The
 * programs are named by the environment: COATI_ENGINE, COATI_KEYS.
 */
#pragma once

#include "boundary.h"

#include <sys/types.h>

typedef struct {
    pid_t engine;
    pid_t keys;
    Fd boundary;
    Fd control; /* of keys */
} Pair;

void pair_start(Pair *pair);
/* Hangs up the boundary and waits for both; returns the engine's wait status. */
int pair_end(Pair *pair);

/* A UDP socket connected to remote, and the path that it makes. */
Fd pair_open_socket(const NetEndpoint *remote, IkeSocket socket, IkePath *ret_path);
/* A TUN device of this name without packet information, non-blocking. -1 when there is none. */
Fd pair_open_tun(const char *name, gboolean has_vnet_header);

/* Sends INITIATE with these; the descriptors stay the caller's, policy and trust too. */
void pair_initiate(Pair *pair, IkePolicy *policy, IkeTrust *trust, const IkePath paths[2],
                   const Fd fds[3], guint16 esp_fragment_octets);

/* The next message, or NULL when there is none within the time or the engine is gone. */
BoundaryMessage *pair_receive(Pair *pair, gint milliseconds);
void pair_send(Pair *pair, const BoundaryMessage *message);
void pair_hang_up(Pair *pair, Reason reason);
/* Answers with texts that were asked for; NULL = none. */
void pair_login(Pair *pair, guint64 ticket, const char *user, const char *password);

/* "note: ...", "closed: gateway-silent (...)": one line for people; to be freed. */
char *pair_describe(const BoundaryMessage *message);
