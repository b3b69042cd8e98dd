/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log-page.h"

struct _CoatiLogPage {
    AdwBin parent;
    CoatiLog *log;
    CoatiConnection *connection;
    GtkSearchEntry *search;
    GtkScrolledWindow *scroller;
    GtkListView *list;
    gboolean follows; /* the end is seen, so it stays seen */
};

G_DEFINE_FINAL_TYPE(CoatiLogPage, coati_log_page, ADW_TYPE_BIN)

enum { REPORT, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
filter(CoatiLogPage *page)
{
    if (page->log != NULL)
        coati_log_set_filter(
            page->log, page->connection != NULL ? coati_connection_id(page->connection) : NULL,
            gtk_editable_get_text(GTK_EDITABLE(page->search)));
}

static void
on_search_changed(GtkSearchEntry *entry, gpointer user_data)
{
    filter(user_data);
}

static void
on_scrolled(GtkAdjustment *adjustment, gpointer user_data)
{
    CoatiLogPage *page = user_data;
    double end = gtk_adjustment_get_upper(adjustment) - gtk_adjustment_get_page_size(adjustment);

    page->follows = gtk_adjustment_get_value(adjustment) >= end - 1;
}

/* The size of the list changed. */
static void
on_grown(GtkAdjustment *adjustment, gpointer user_data)
{
    if (COATI_LOG_PAGE(user_data)->follows)
        gtk_adjustment_set_value(adjustment, gtk_adjustment_get_upper(adjustment) -
                                                 gtk_adjustment_get_page_size(adjustment));
}

static void
on_copy(GtkButton *button, gpointer user_data)
{
    g_autofree char *text = coati_log_text(COATI_LOG_PAGE(user_data)->log);

    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(button)), text);
}

static void
on_report(GtkButton *button, gpointer user_data)
{
    g_signal_emit(user_data, signals[REPORT], 0);
}

void
coati_log_page_set_log(CoatiLogPage *page, CoatiLog *log)
{
    GtkNoSelection *selection = gtk_no_selection_new(G_LIST_MODEL(g_object_ref(log)));

    g_set_object(&page->log, log);
    gtk_list_view_set_model(page->list, GTK_SELECTION_MODEL(selection));
    g_object_unref(selection);
    filter(page);
}

void
coati_log_page_set_connection(CoatiLogPage *page, CoatiConnection *connection)
{
    g_set_object(&page->connection, connection);
    filter(page);
}

GtkAdjustment *
coati_log_page_adjustment(CoatiLogPage *page)
{
    return gtk_scrolled_window_get_vadjustment(page->scroller);
}

static void
coati_log_page_map(GtkWidget *widget)
{
    CoatiLogPage *page = COATI_LOG_PAGE(widget);

    GTK_WIDGET_CLASS(coati_log_page_parent_class)->map(widget);
    filter(page);
    if (page->log != NULL)
        coati_log_set_active(page->log, TRUE);
}

static void
coati_log_page_unmap(GtkWidget *widget)
{
    CoatiLogPage *page = COATI_LOG_PAGE(widget);

    if (page->log != NULL)
        coati_log_set_active(page->log, FALSE);
    GTK_WIDGET_CLASS(coati_log_page_parent_class)->unmap(widget);
}

static void
coati_log_page_dispose(GObject *object)
{
    CoatiLogPage *page = COATI_LOG_PAGE(object);

    g_clear_object(&page->log);
    g_clear_object(&page->connection);
    G_OBJECT_CLASS(coati_log_page_parent_class)->dispose(object);
}

static void
coati_log_page_class_init(CoatiLogPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = coati_log_page_dispose;
    widget_class->map = coati_log_page_map;
    widget_class->unmap = coati_log_page_unmap;
    g_type_ensure(COATI_TYPE_LOG_LINE);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/log-page.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiLogPage, search);
    gtk_widget_class_bind_template_child(widget_class, CoatiLogPage, scroller);
    gtk_widget_class_bind_template_child(widget_class, CoatiLogPage, list);
    gtk_widget_class_bind_template_callback(widget_class, on_search_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_copy);
    gtk_widget_class_bind_template_callback(widget_class, on_report);
    signals[REPORT] = g_signal_new("report", COATI_TYPE_LOG_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
coati_log_page_init(CoatiLogPage *page)
{
    GtkAdjustment *adjustment;

    page->follows = TRUE;
    gtk_widget_init_template(GTK_WIDGET(page));
    adjustment = coati_log_page_adjustment(page);
    g_signal_connect_object(adjustment, "value-changed", G_CALLBACK(on_scrolled), page, 0);
    g_signal_connect_object(adjustment, "changed", G_CALLBACK(on_grown), page, 0);
}
