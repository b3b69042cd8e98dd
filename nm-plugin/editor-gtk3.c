/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "editor-toolkit.h"

const char *
editor_entry_text(GtkWidget *entry)
{
    return gtk_entry_get_text(GTK_ENTRY(entry));
}

void
editor_entry_set_text(GtkWidget *entry, const char *text)
{
    gtk_entry_set_text(GTK_ENTRY(entry), text);
}

void
editor_button_set_text(GtkWidget *button, const char *text)
{
    gtk_button_set_label(GTK_BUTTON(button), text);
}

void
editor_box_append(GtkWidget *box, GtkWidget *child)
{
    gtk_box_pack_start(GTK_BOX(box), child, FALSE, TRUE, 0);
}

GtkWidget *
editor_scrolled_new(GtkWidget *child)
{
    GtkWidget *scrolled = gtk_scrolled_window_new(NULL, NULL);

    gtk_container_add(GTK_CONTAINER(scrolled), child);
    return scrolled;
}

void
editor_set_label(GtkWidget *input, GtkWidget *label)
{
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), input);
    atk_object_set_name(gtk_widget_get_accessible(input), gtk_label_get_text(GTK_LABEL(label)));
}

void
editor_show(GtkWidget *widget)
{
    gtk_widget_show_all(widget);
}

GtkWindow *
editor_window_of(GtkWidget *widget)
{
    GtkWidget *top = gtk_widget_get_toplevel(widget);

    return GTK_IS_WINDOW(top) ? GTK_WINDOW(top) : NULL;
}
