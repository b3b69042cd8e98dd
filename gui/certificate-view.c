/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certificate-view.h"

#include <glib/gi18n.h>

static const struct {
    const char *label;
    const char *(*text)(CoatiCertificate *certificate);
} rows[] = {
    {N_("Issued to"), coati_certificate_subject},
    {N_("Names"), coati_certificate_names},
    {N_("Issued by"), coati_certificate_issuer},
    {N_("Valid"), coati_certificate_validity},
    {N_("Key"), coati_certificate_key},
    {N_("SHA-256 fingerprint"), coati_certificate_fingerprint},
};

static GtkWidget *
row_new(const char *label, const char *text)
{
    GtkWidget *row = adw_preferences_row_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    GtkWidget *name = gtk_label_new(label);
    GtkWidget *value = gtk_label_new(text);

    gtk_widget_add_css_class(name, "caption");
    gtk_widget_add_css_class(name, "dim-label");
    gtk_label_set_xalign(GTK_LABEL(name), 0);
    gtk_label_set_xalign(GTK_LABEL(value), 0);
    gtk_label_set_wrap(GTK_LABEL(value), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(value), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_selectable(GTK_LABEL(value), TRUE);
    gtk_widget_set_margin_top(box, 8);
    gtk_widget_set_margin_bottom(box, 8);
    gtk_widget_set_margin_start(box, 12);
    gtk_widget_set_margin_end(box, 12);
    gtk_box_append(GTK_BOX(box), name);
    gtk_box_append(GTK_BOX(box), value);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), label);
    gtk_accessible_update_property(GTK_ACCESSIBLE(value), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   label, -1);
    return row;
}

GtkWidget *
coati_certificate_view_new(CoatiCertificate *certificate, const char *title)
{
    GtkWidget *group = adw_preferences_group_new();

    if (title != NULL)
        adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), title);
    adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(group),
                                          coati_certificate_warning(certificate));
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *text = rows[i].text(certificate);

        if (text[0] != '\0')
            adw_preferences_group_add(ADW_PREFERENCES_GROUP(group),
                                      row_new(_(rows[i].label), text));
    }
    return group;
}

void
coati_certificate_window_present(GtkWindow *parent, const char *title,
                                 const GPtrArray *certificates)
{
    GtkWidget *window = adw_preferences_window_new();
    GtkWidget *page = adw_preferences_page_new();

    gtk_window_set_title(GTK_WINDOW(window), title);
    gtk_window_set_transient_for(GTK_WINDOW(window), parent);
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(window), 520, 480);
    adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(window), FALSE);
    adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
    for (guint i = 0; i < certificates->len; i++) {
        GtkWidget *view = coati_certificate_view_new(certificates->pdata[i], NULL);

        adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(view));
    }
    gtk_window_present(GTK_WINDOW(window));
}
