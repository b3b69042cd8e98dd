/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting at login: a file in the user's autostart folder, as the desktops have agreed. */
#pragma once

#include <gio/gio.h>

gboolean autostart_is_on(void);
gboolean autostart_set(gboolean is_on, GError **error);
