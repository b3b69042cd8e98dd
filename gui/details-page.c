/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "details-page.h"

struct _CoatiDetailsPage {
    AdwBin parent;
    CoatiConnection *connection;
    char *shown; /* text of what is shown */
    GtkStack *stack;
    AdwPreferencesPage *rows;
    GPtrArray *groups; /* AdwPreferencesGroup in rows */
    gboolean is_mapped;
};

G_DEFINE_FINAL_TYPE(CoatiDetailsPage, coati_details_page, ADW_TYPE_BIN)

static void
on_copy(GtkButton *button, gpointer user_data)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(button)),
                           g_object_get_data(G_OBJECT(button), "value"));
}

static GtkWidget *
copy_button_new(const CoatiDetail *detail)
{
    GtkWidget *button = gtk_button_new_from_icon_name("edit-copy-symbolic");
    /* TRANSLATORS: a button; the name of the fact that it copies, such as "Address". */
    g_autofree char *label = g_strdup_printf(_("Copy: %s"), detail->label);

    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, label);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                   -1);
    g_object_set_data_full(G_OBJECT(button), "value", g_strdup(detail->value), g_free);
    g_signal_connect(button, "clicked", G_CALLBACK(on_copy), NULL);
    return button;
}

static GtkWidget *
row_new(const CoatiDetail *detail)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *value = g_markup_escape_text(detail->value, -1);
    GtkWidget *weak;

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), detail->label);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), value);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    if (detail->is_weak) {
        weak = gtk_label_new(_("weak: can be broken"));
        gtk_widget_add_css_class(weak, "weak");
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), weak);
    }
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), copy_button_new(detail));
    return row;
}

static AdwPreferencesGroup *
group_of(CoatiDetailsPage *page, CoatiDetailGroup group)
{
    const char *title = coati_detail_group_text(group);
    GtkWidget *widget;

    for (guint i = 0; i < page->groups->len; i++)
        if (g_str_equal(adw_preferences_group_get_title(page->groups->pdata[i]), title))
            return page->groups->pdata[i];
    widget = adw_preferences_group_new();
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(widget), title);
    adw_preferences_page_add(page->rows, ADW_PREFERENCES_GROUP(widget));
    g_ptr_array_add(page->groups, widget);
    return ADW_PREFERENCES_GROUP(widget);
}

/* Rows are made anew only when a fact changed, and while they are seen. */
static void
show(CoatiDetailsPage *page)
{
    g_autoptr(GPtrArray) details = NULL;
    g_autofree char *text = NULL;

    if (page->connection == NULL || !page->is_mapped)
        return;
    details = coati_connection_details(page->connection);
    text = coati_details_text(details);
    gtk_stack_set_visible_child_name(page->stack, details->len > 0 ? "rows" : "none");
    if (g_strcmp0(text, page->shown) == 0)
        return;
    g_free(page->shown);
    page->shown = g_steal_pointer(&text);
    for (guint i = 0; i < page->groups->len; i++)
        adw_preferences_page_remove(page->rows, page->groups->pdata[i]);
    g_ptr_array_set_size(page->groups, 0);
    for (guint i = 0; i < details->len; i++) {
        const CoatiDetail *detail = details->pdata[i];

        adw_preferences_group_add(group_of(page, detail->group), row_new(detail));
    }
}

static void
on_copy_all(GtkButton *button, gpointer user_data)
{
    CoatiDetailsPage *page = user_data;

    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(page)),
                           page->shown != NULL ? page->shown : "");
}

void
coati_details_page_set_connection(CoatiDetailsPage *page, CoatiConnection *connection)
{
    if (page->connection != NULL)
        g_signal_handlers_disconnect_by_data(page->connection, page);
    g_set_object(&page->connection, connection);
    if (connection != NULL)
        g_signal_connect_object(connection, "changed", G_CALLBACK(show), page, G_CONNECT_SWAPPED);
    show(page);
}

static void
coati_details_page_map(GtkWidget *widget)
{
    CoatiDetailsPage *page = COATI_DETAILS_PAGE(widget);

    page->is_mapped = TRUE;
    show(page);
    GTK_WIDGET_CLASS(coati_details_page_parent_class)->map(widget);
}

static void
coati_details_page_unmap(GtkWidget *widget)
{
    COATI_DETAILS_PAGE(widget)->is_mapped = FALSE;
    GTK_WIDGET_CLASS(coati_details_page_parent_class)->unmap(widget);
}

static void
coati_details_page_dispose(GObject *object)
{
    CoatiDetailsPage *page = COATI_DETAILS_PAGE(object);

    if (page->connection != NULL)
        g_signal_handlers_disconnect_by_data(page->connection, page);
    g_clear_object(&page->connection);
    G_OBJECT_CLASS(coati_details_page_parent_class)->dispose(object);
}

static void
coati_details_page_finalize(GObject *object)
{
    CoatiDetailsPage *page = COATI_DETAILS_PAGE(object);

    g_ptr_array_unref(page->groups);
    g_free(page->shown);
    G_OBJECT_CLASS(coati_details_page_parent_class)->finalize(object);
}

static void
coati_details_page_class_init(CoatiDetailsPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = coati_details_page_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_details_page_finalize;
    widget_class->map = coati_details_page_map;
    widget_class->unmap = coati_details_page_unmap;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/details-page.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiDetailsPage, stack);
    gtk_widget_class_bind_template_child(widget_class, CoatiDetailsPage, rows);
    gtk_widget_class_bind_template_callback(widget_class, on_copy_all);
}

static void
coati_details_page_init(CoatiDetailsPage *page)
{
    page->groups = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(page));
}
