/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What screen readers say of buttons. */
#pragma once

#include <gtk/gtk.h>

/* GTK up to 4.8 names a button that has a mnemonic "_Save Save": its own text, underscore included, and
 * that of the label inside. Takes the first away, now and when the text changes, of all buttons in root. */
void accessible_mend_names(GtkWidget *root);
