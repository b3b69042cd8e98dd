/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiTray: an icon with a menu in panels that have a place for it (StatusNotifierItem). Its picture is
 * the worst state of all profiles, its tooltip says each one's. Without a panel of that kind nothing
 * happens; one that comes later, or again, gets the icon then.
 *
 * Property "is-shown": a panel has taken it.
 */
#pragma once

#include "client.h"

#define COATI_TYPE_TRAY coati_tray_get_type()
G_DECLARE_FINAL_TYPE(CoatiTray, coati_tray, COATI, TRAY, GObject)

/* session: the session's bus. actions: as of CoatiTrayMenu; borrowed, must outlive it. */
CoatiTray *coati_tray_new(GDBusConnection *session, CoatiClient *client, GActionGroup *actions);
/* Whether the icon is offered; at first it is not. */
void coati_tray_set_wanted(CoatiTray *tray, gboolean is_wanted);
gboolean coati_tray_is_shown(CoatiTray *tray);
