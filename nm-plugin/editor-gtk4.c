/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "editor-toolkit.h"

const char *
editor_entry_text(GtkWidget *entry)
{
    return gtk_editable_get_text(GTK_EDITABLE(entry));
}

void
editor_entry_set_text(GtkWidget *entry, const char *text)
{
    gtk_editable_set_text(GTK_EDITABLE(entry), text);
}

void
editor_button_set_text(GtkWidget *button, const char *text)
{
    gtk_button_set_label(GTK_BUTTON(button), text);
}

void
editor_box_append(GtkWidget *box, GtkWidget *child)
{
    gtk_box_append(GTK_BOX(box), child);
}

GtkWidget *
editor_scrolled_new(GtkWidget *child)
{
    GtkWidget *scrolled = gtk_scrolled_window_new();

    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), child);
    return scrolled;
}

void
editor_set_label(GtkWidget *input, GtkWidget *label)
{
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), input);
}

void
editor_show(GtkWidget *widget)
{
    gtk_widget_show(widget);
}

GtkWindow *
editor_window_of(GtkWidget *widget)
{
    GtkRoot *root = gtk_widget_get_root(widget);

    return GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL;
}
