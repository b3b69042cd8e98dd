/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines that coatid keeps about the caller's own tunnels. */
#pragma once

#include "remote.h"

/* a(txss) after the number, as in the D-Bus API. */
GVariant *lines_fetch(Cli *cli, guint64 after, GError **error);
/* One line for people; to be freed. */
char *lines_format(gint64 unix_microseconds, const char *profile, const char *text);
