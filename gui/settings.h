/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user wants of the app: the keys of data/org.coati.Coati.gschema.xml. */
#pragma once

#include <gio/gio.h>

#define SETTING_NOTIFICATIONS "notifications"
#define SETTING_TRAY "tray"

/* NULL for a program that was not installed: it has no schema, and GSettings would end it. */
GSettings *coati_settings_new(void);
/* A key of type b; settings may be NULL, then TRUE. */
gboolean coati_settings_is_on(GSettings *settings, const char *key);
