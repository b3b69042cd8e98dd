/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few calls that GTK 3 and GTK 4 spell differently; meson picks the file.
 */
#pragma once

#include <gtk/gtk.h>

const char *editor_entry_text(GtkWidget *entry);
void editor_entry_set_text(GtkWidget *entry, const char *text);
void editor_button_set_text(GtkWidget *button, const char *text);
void editor_box_append(GtkWidget *box, GtkWidget *child);
GtkWidget *editor_scrolled_new(GtkWidget *child);
/* For the keyboard and for assistive technology. */
void editor_set_label(GtkWidget *input, GtkWidget *label);
void editor_show(GtkWidget *widget);
GtkWindow *editor_window_of(GtkWidget *widget);
