/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control: the world of radius/control.h: a socket on UDP port 3799 for servers that may end
 * sessions. A request that comes again gets the answer that it had (RFC 5176 2.3).
 */
#pragma once

#include "login/loginlink.h"

typedef struct Control Control;

/* Returns a ticket; what is borrowed. */
typedef guint64 (*ControlAsk)(const RadiusControl *what, gpointer user_data);

gboolean control_is_wanted(const LoginlinkMessage *configure);
Control *control_new(const LoginlinkMessage *configure, ControlAsk ask, gpointer user_data,
                     GError **error);
/* Accepts NULL. */
void control_free(Control *control);
/* A ticket that is not known any more is passed over. */
void control_answer(Control *control, guint64 ticket, RadiusControlResult result);
