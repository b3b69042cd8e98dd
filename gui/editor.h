/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiEditor: a profile's fields as rows. Which rows there are is a table; what a field offers and
 * whether a value is right says the profile's own table, beside the row, while the user types.
 */
#pragma once

#include "model/client.h"
#include "window.h"

#define COATI_TYPE_EDITOR coati_editor_get_type()
G_DECLARE_FINAL_TYPE(CoatiEditor, coati_editor, COATI, EDITOR, AdwWindow)

/* Loads the connection's profile, then shows it. */
void coati_editor_present(CoatiWindow *parent, CoatiConnection *connection);
void coati_editor_present_new(CoatiWindow *parent, CoatiClient *client);
