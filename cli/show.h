/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tunnels and profiles as text for people, on stdout. */
#pragma once

#include "remote.h"

/* "Connected to ...", then what a person wants to know now, and the gateway's banner. */
void show_connected(const char *id, GVariantDict *tunnel);
/* One line. */
void show_line(const RemoteProfile *profile);
/* Everything. */
void show_details(const RemoteProfile *profile);
/* "label   text", nothing for "". */
void show_row(const char *label, const char *text);
/* Seconds since ConnectedAt; 0 when not connected. */
guint64 show_seconds_up(GVariantDict *tunnel);
