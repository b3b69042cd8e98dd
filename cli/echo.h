/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP echo by way of ping(8), which may do what this program's user may not. */
#pragma once

#include <glib.h>

typedef enum { ECHO_ANSWERED, ECHO_SILENT, ECHO_NOT_TRIED } EchoResult;

/* Sends count requests with this many octets of data, never in fragments, and waits 2 s for the
 * last. ret_milliseconds: the mean of the answers; may be NULL. NOT_TRIED without a ping(8). */
EchoResult echo_send(const char *address, guint octets, guint count, gdouble *ret_milliseconds);
