/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CoatiWindow: the profiles on one side, the chosen one on the other. */
#pragma once

#include "application.h"

#define COATI_TYPE_WINDOW coati_window_get_type()
G_DECLARE_FINAL_TYPE(CoatiWindow, coati_window, COATI, WINDOW, AdwApplicationWindow)

CoatiWindow *coati_window_new(CoatiApplication *application, CoatiClient *client);
void coati_window_show(CoatiWindow *window, CoatiConnection *connection);
/* Says something small that goes away by itself. */
void coati_window_toast(CoatiWindow *window, const char *text);
