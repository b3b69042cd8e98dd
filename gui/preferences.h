/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user wants of the app itself: start at login, notifications, the icon in the panel. */
#pragma once

#include <adwaita.h>

void coati_preferences_present(GtkWindow *parent);
