/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small gateway in the test's own process: the core as responder, two unconnected UDP sockets on
 * the loopback address, and a userspace plane with a TUN of its own. Hybrid RSA with the keys of
 * the computed vectors (environment: COATI_VECTORS); user "alice", password "wonderland".
 */
#pragma once

#include "engine/plane.h"

#include <poll.h>

typedef struct Gateway Gateway;

Gateway *gateway_new(void);
void gateway_free(Gateway *gateway);

/* The caller's; needed before the first child. */
void gateway_set_tun(Gateway *gateway, Fd tun);
/* From now on nobody listens. */
void gateway_close_sockets(Gateway *gateway);

/* Where it listens: ISAKMP, then NAT traversal. */
const NetEndpoint *gateway_endpoint(const Gateway *gateway, IkeSocket socket);
/* DER of the CA that its certificate was issued by. */
GBytes *gateway_ca(const Gateway *gateway);

enum { GATEWAY_FDS = 4 };

/* The host's loop in two halves, so that the test can wait for its own things in between. */
gint gateway_poll(Gateway *gateway, struct pollfd ret_fds[GATEWAY_FDS]);
void gateway_serve(Gateway *gateway, const struct pollfd fds[GATEWAY_FDS]);

/* Seen so far. */
guint gateway_children(const Gateway *gateway);
guint gateway_closed(const Gateway *gateway);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)
