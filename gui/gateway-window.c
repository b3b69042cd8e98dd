/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway-window.h"

#include <glib/gi18n.h>

struct _CoatiGatewayWindow {
    AdwWindow parent;
    CoatiGateway *gateway;
    AdwToastOverlay *toasts;
    GtkListBox *sessions;
    GtkListBox *pools;
    GtkListBox *events;
};

G_DEFINE_FINAL_TYPE(CoatiGatewayWindow, coati_gateway_window, ADW_TYPE_WINDOW)

static void
on_kicked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiGatewayWindow) window = user_data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (coati_gateway_kick_finish(COATI_GATEWAY(source), result, &error) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    text = g_markup_escape_text(error->message, -1);
    adw_toast_overlay_add_toast(window->toasts, adw_toast_new(text));
}

static void
on_kick(GtkButton *button, gpointer user_data)
{
    CoatiGatewayWindow *window = COATI_GATEWAY_WINDOW(gtk_widget_get_root(GTK_WIDGET(button)));

    coati_gateway_kick_async(window->gateway, coati_gateway_item_key(user_data), on_kicked,
                             g_object_ref(window));
}

static GtkWidget *
row_new(gpointer data, gpointer user_data)
{
    CoatiGatewayItem *item = data;
    GtkWidget *row = adw_action_row_new();
    g_autofree char *title = g_markup_escape_text(coati_gateway_item_title(item), -1);
    g_autofree char *subtitle = g_markup_escape_text(coati_gateway_item_subtitle(item), -1);

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    return row;
}

static GtkWidget *
session_row_new(gpointer data, gpointer user_data)
{
    GtkWidget *row = row_new(data, user_data);
    GtkWidget *button = gtk_button_new_with_label(_("End"));
    /* TRANSLATORS: a button that ends a session; a user and an address. */
    g_autofree char *label =
        g_strdup_printf(_("End the session of %s"), coati_gateway_item_title(data));

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                   -1);
    g_signal_connect_data(button, "clicked", G_CALLBACK(on_kick), g_object_ref(data),
                          (GClosureNotify)(void (*)(void))g_object_unref, 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return row;
}

static void
coati_gateway_window_dispose(GObject *object)
{
    CoatiGatewayWindow *window = COATI_GATEWAY_WINDOW(object);

    if (window->gateway != NULL)
        coati_gateway_set_active(window->gateway, FALSE);
    g_clear_object(&window->gateway);
    G_OBJECT_CLASS(coati_gateway_window_parent_class)->dispose(object);
}

static void
coati_gateway_window_class_init(CoatiGatewayWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = coati_gateway_window_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/gateway-window.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiGatewayWindow, toasts);
    gtk_widget_class_bind_template_child(widget_class, CoatiGatewayWindow, sessions);
    gtk_widget_class_bind_template_child(widget_class, CoatiGatewayWindow, pools);
    gtk_widget_class_bind_template_child(widget_class, CoatiGatewayWindow, events);
}

static void
coati_gateway_window_init(CoatiGatewayWindow *window)
{
    gtk_widget_init_template(GTK_WIDGET(window));
}

void
coati_gateway_window_present(GtkApplication *application, CoatiGateway *gateway)
{
    CoatiGatewayWindow *window =
        g_object_new(COATI_TYPE_GATEWAY_WINDOW, "application", application, NULL);

    window->gateway = g_object_ref(gateway);
    gtk_list_box_bind_model(window->sessions, coati_gateway_list(gateway, COATI_GATEWAY_SESSIONS),
                            session_row_new, NULL, NULL);
    gtk_list_box_bind_model(window->pools, coati_gateway_list(gateway, COATI_GATEWAY_POOLS),
                            row_new, NULL, NULL);
    gtk_list_box_bind_model(window->events, coati_gateway_list(gateway, COATI_GATEWAY_EVENTS),
                            row_new, NULL, NULL);
    coati_gateway_set_active(gateway, TRUE);
    gtk_window_present(GTK_WINDOW(window));
}
