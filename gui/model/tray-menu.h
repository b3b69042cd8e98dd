/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiTrayMenu: the menu of the icon in the panel as com.canonical.dbusmenu, version 3: flat, an item
 * for each profile that can be connected or disconnected, then "Open" and "Quit". A panel may still
 * show an older menu when it is used, so a number always means the same action on the same profile.
 */
#pragma once

#include "client.h"

#define COATI_TYPE_TRAY_MENU coati_tray_menu_get_type()
G_DECLARE_FINAL_TYPE(CoatiTrayMenu, coati_tray_menu, COATI, TRAY_MENU, GObject)

/* actions: connect, disconnect and show with a profile's UUID, quit. */
CoatiTrayMenu *coati_tray_menu_new(CoatiClient *client, GActionGroup *actions);
/* Offers it at this path until it is closed; FALSE when the path is taken. */
gboolean coati_tray_menu_open(CoatiTrayMenu *menu, GDBusConnection *bus, const char *path,
                              GError **error);
void coati_tray_menu_close(CoatiTrayMenu *menu);
/* Looks at the profiles again and tells the panel if the menu is another one now. */
void coati_tray_menu_update(CoatiTrayMenu *menu);
