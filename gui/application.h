/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiApplication: one instance in a session, started by a person, by D-Bus (org.coati.Coati) or at
 * login with --background: then without a window until somebody opens one. It owns the model, the icon
 * in the panel and the notifications. When its last window closes it ends, unless the icon is shown, a
 * connection is on, or it was started in the background.
 *
 * Actions: app.connect, app.disconnect and app.show take a profile's UUID (app.show "" shows the
 * window alone); app.preferences, app.gateway, app.about, app.quit.
 */
#pragma once

#include "model/client.h"

#include <adwaita.h>

#define COATI_TYPE_APPLICATION coati_application_get_type()
G_DECLARE_FINAL_TYPE(CoatiApplication, coati_application, COATI, APPLICATION, AdwApplication)

CoatiApplication *coati_application_new(void);
CoatiClient *coati_application_client(CoatiApplication *application);
