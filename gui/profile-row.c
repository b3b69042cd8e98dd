/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile-row.h"

struct _CoatiProfileRow {
    AdwBin parent;
    CoatiConnection *connection;
    GtkImage *icon;
    GtkLabel *title;
    GtkLabel *subtitle;
    GtkSwitch *toggle;
    gboolean is_showing; /* the switch moves because the model did */
};

G_DEFINE_FINAL_TYPE(CoatiProfileRow, coati_profile_row, ADW_TYPE_BIN)

enum { PROP_0, PROP_CONNECTION };

static void
show(CoatiProfileRow *row)
{
    g_autofree char *label = NULL;
    CoatiConnection *connection = row->connection;

    if (connection == NULL)
        return;
    /* TRANSLATORS: what a switch does, for screen readers; the name of a profile. */
    label = g_strdup_printf(_("Connect to %s"), coati_connection_id(connection));
    gtk_label_set_text(row->title, coati_connection_id(connection));
    gtk_label_set_text(row->subtitle, coati_connection_summary(connection));
    gtk_image_set_from_icon_name(row->icon,
                                 coati_connection_state(connection) == COATI_STATE_CONNECTED
                                     ? "network-vpn-symbolic"
                                     : "network-vpn-disconnected-symbolic");
    gtk_accessible_update_property(GTK_ACCESSIBLE(row->toggle), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   label, -1);
    row->is_showing = TRUE;
    gtk_switch_set_active(row->toggle, coati_connection_is_on(connection));
    gtk_switch_set_state(row->toggle, coati_connection_state(connection) == COATI_STATE_CONNECTED);
    row->is_showing = FALSE;
}

static gboolean
on_state_set(GtkSwitch *toggle, gboolean is_on, gpointer user_data)
{
    CoatiProfileRow *row = user_data;

    if (!row->is_showing && row->connection != NULL)
        coati_connection_switch(row->connection, is_on);
    return TRUE;
}

static void
set_connection(CoatiProfileRow *row, CoatiConnection *connection)
{
    if (row->connection != NULL)
        g_signal_handlers_disconnect_by_data(row->connection, row);
    g_set_object(&row->connection, connection);
    if (connection != NULL)
        g_signal_connect_object(connection, "changed", G_CALLBACK(show), row, G_CONNECT_SWAPPED);
    show(row);
}

static void
coati_profile_row_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    if (id == PROP_CONNECTION)
        set_connection(COATI_PROFILE_ROW(object), g_value_get_object(value));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
coati_profile_row_dispose(GObject *object)
{
    set_connection(COATI_PROFILE_ROW(object), NULL);
    G_OBJECT_CLASS(coati_profile_row_parent_class)->dispose(object);
}

static void
coati_profile_row_class_init(CoatiProfileRowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->set_property = coati_profile_row_set_property;
    G_OBJECT_CLASS(class)->dispose = coati_profile_row_dispose;
    g_object_class_install_property(G_OBJECT_CLASS(class), PROP_CONNECTION,
                                    g_param_spec_object("connection", NULL, NULL,
                                                        COATI_TYPE_CONNECTION,
                                                        G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/profile-row.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiProfileRow, icon);
    gtk_widget_class_bind_template_child(widget_class, CoatiProfileRow, title);
    gtk_widget_class_bind_template_child(widget_class, CoatiProfileRow, subtitle);
    gtk_widget_class_bind_template_child(widget_class, CoatiProfileRow, toggle);
    gtk_widget_class_bind_template_callback(widget_class, on_state_set);
}

static void
coati_profile_row_init(CoatiProfileRow *row)
{
    gtk_widget_init_template(GTK_WIDGET(row));
}
