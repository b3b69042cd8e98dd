/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "accessible.h"

static void
mend(GtkButton *button)
{
    gtk_accessible_reset_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL);
}

static void
mend_once(GtkButton *button)
{
    if (g_object_get_data(G_OBJECT(button), "accessible-mended") != NULL)
        return;
    g_object_set_data(G_OBJECT(button), "accessible-mended", button);
    g_signal_connect(button, "notify::label", G_CALLBACK(mend), NULL);
    mend(button);
}

void
accessible_mend_names(GtkWidget *root)
{
    if (GTK_IS_BUTTON(root) && gtk_button_get_label(GTK_BUTTON(root)) != NULL &&
        gtk_button_get_use_underline(GTK_BUTTON(root)))
        mend_once(GTK_BUTTON(root));
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        accessible_mend_names(child);
}
