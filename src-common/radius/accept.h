/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an answer to an Access-Request says, by one table of attributes (accept.c): RFC 2865 5, RFC
 * 2869 5, RFC 3162 2.3, RFC 6911 3.1, and the vendors of settings.h.
 *
 * An attribute of a wrong length, an unknown one, and what goes beyond the bounds of settings.h is
 * passed over: a user should not be locked out by a setting that nobody needs.
 */
#pragma once

#include "radius/packet.h"
#include "radius/settings.h"

/* Of an Access-Accept. The banner falls back to Reply-Message. */
RadiusSettings *radius_accept_read(const RadiusPacket *packet);

/* All Reply-Messages as one clean text; NULL for none. */
char *radius_reply_message(const RadiusPacket *packet);
