/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preferences.h"

#include "autostart.h"
#include "settings.h"

#include <glib/gi18n.h>

static const struct {
    const char *key; /* NULL: start at login */
    const char *title;
    const char *subtitle;
} rows[] = {
    {NULL, N_("Start at Login"), N_("In the background, to ask for passwords and to notify")},
    {SETTING_NOTIFICATIONS, N_("Notifications"),
     N_("When a connection is lost or back, and when a certificate is about to expire")},
    {SETTING_TRAY, N_("Icon in the Panel"), N_("Where the panel has a place for it")},
};

static gboolean
on_autostart(GtkSwitch *toggle, gboolean is_on, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (autostart_set(is_on, &error)) {
        gtk_switch_set_state(toggle, is_on);
        return TRUE;
    }
    text = g_markup_escape_text(error->message, -1);
    adw_preferences_window_add_toast(user_data, adw_toast_new(text));
    gtk_switch_set_active(toggle, !is_on);
    return TRUE;
}

static GtkWidget *
row_new(guint i, GSettings *settings, GtkWidget *window)
{
    GtkWidget *row = adw_action_row_new();
    GtkWidget *toggle = gtk_switch_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _(rows[i].title));
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), _(rows[i].subtitle));
    gtk_widget_set_valign(toggle, GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(toggle), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _(rows[i].title), -1);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), toggle);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), toggle);
    if (rows[i].key != NULL) {
        gtk_widget_set_sensitive(row, settings != NULL);
        if (settings != NULL)
            g_settings_bind(settings, rows[i].key, toggle, "active", G_SETTINGS_BIND_DEFAULT);
    } else {
        gtk_switch_set_active(GTK_SWITCH(toggle), autostart_is_on());
        g_signal_connect(toggle, "state-set", G_CALLBACK(on_autostart), window);
    }
    return row;
}

void
coati_preferences_present(GtkWindow *parent)
{
    g_autoptr(GSettings) settings = coati_settings_new();
    GtkWidget *window = adw_preferences_window_new();
    GtkWidget *page = adw_preferences_page_new();
    GtkWidget *group = adw_preferences_group_new();

    gtk_window_set_transient_for(GTK_WINDOW(window), parent);
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(window), 480, 360);
    adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(window), FALSE);
    adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(group));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row_new(i, settings, window));
    gtk_window_present(GTK_WINDOW(window));
}
