/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dynamic authorization (RFC 5176): what a server asks of sessions that are there, without I/O.
 *
 * A session is named by any of Acct-Session-Id, User-Name, Calling-Station-Id, NAS-Port and its
 * addresses; all that are there must fit. Of Change-of-Authorization only Session-Timeout is known;
 * it counts from when it comes. Authorize-Only and everything else is answered with a NAK.
 */
#pragma once

#include "radius/packet.h"
#include "radius/request.h"

typedef enum { RADIUS_CONTROL_DISCONNECT, RADIUS_CONTROL_CHANGE } RadiusControlType;

/* Texts may be NULL, addresses none: not asked for. */
typedef struct {
    RadiusControlType type;
    char *session;
    char *user;
    char *calling;
    NetAddress address4;
    NetAddress address6;
    gboolean has_port;
    guint32 nas_port;
    guint32 session_timeout_seconds; /* of CHANGE */
} RadiusControl;

/* Error-Cause (RFC 5176 3.6); 0 = done as asked. */
typedef enum {
    RADIUS_CONTROL_DONE = 0,
    RADIUS_CONTROL_UNSUPPORTED_ATTRIBUTE = 401,
    RADIUS_CONTROL_MISSING_ATTRIBUTE = 402,
    RADIUS_CONTROL_OTHER_NAS = 403,
    RADIUS_CONTROL_INVALID_VALUE = 407,
    RADIUS_CONTROL_UNSUPPORTED_SERVICE = 405,
    RADIUS_CONTROL_NO_SESSION = 503,
    RADIUS_CONTROL_NO_RESOURCES = 506,
} RadiusControlResult;

RadiusControl *radius_control_new(void);
void radius_control_free(RadiusControl *control);

/* FALSE: it is not from who has the secret, or Event-Timestamp is more than five minutes off; no
 * answer then (RFC 5176 3.5, 6.3). ret_packet is a view into data. */
gboolean radius_control_believe(const guint8 *data, gsize length, const Secret *secret,
                                gint64 unix_seconds, RadiusPacket *ret_packet);
/* Anything but DONE is the answer, and *ret_control stays untouched. */
RadiusControlResult radius_control_read(const RadiusPacket *packet, const RadiusNas *nas,
                                        RadiusControl **ret_control);
/* The packet that answers. */
Secret *radius_control_answer(const RadiusPacket *packet, const Secret *secret,
                              RadiusControlResult result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RadiusControl, radius_control_free)
