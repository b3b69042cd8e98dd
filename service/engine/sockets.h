/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two UDP sockets of a tunnel, made and connected by coatid: ISAKMP (the gateway's port 500)
 * and NAT traversal (4500). This file sends on both and reads the first; the plane reads the
 * second, because ESP comes there (plane.h).
 *
 * What ICMP says about the way to the gateway is remembered, never acted upon: it is not
 * authenticated, but it tells a person why nobody answers.
 */
#pragma once

#include "base/fd.h"
#include "ike/ike.h"

typedef struct {
    Fd isakmp;
    Fd natt;
    IkePath isakmp_path;
    IkePath natt_path;
    gint last_error; /* errno of the last failure since the gateway was heard; 0 = none */
} Sockets;

void sockets_init(Sockets *sockets);
void sockets_close(Sockets *sockets);

/* Closes what was there and takes both descriptors. */
void sockets_take(Sockets *sockets, Fd *isakmp, Fd *natt, const IkePath *isakmp_path,
                  const IkePath *natt_path);

/* Errors are remembered; a datagram that does not leave is one that got lost. */
void sockets_send(Sockets *sockets, const IkePath *path, const guint8 *data, gsize length,
                  gboolean is_keepalive);

/* The next datagram of the ISAKMP socket; -1 when there is none now. */
gssize sockets_receive(Sockets *sockets, guint8 *ret_data, gsize size);

/* Empties the error queues of both sockets (IP_RECVERR): until then poll() reports POLLERR. */
void sockets_take_errors(Sockets *sockets);

/* Something came from the gateway, or a failure of one of the sockets was seen elsewhere. */
void sockets_heard(Sockets *sockets);
void sockets_failed(Sockets *sockets, gint code);

/* The better reason for REASON_GATEWAY_SILENT; any other reason comes back as it is. */
Reason sockets_explain(const Sockets *sockets, Reason reason);
