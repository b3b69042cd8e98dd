/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-page.h"

#include "steps.h"
#include "traffic-graph.h"

struct _CoatiStatusPage {
    AdwBin parent;
    CoatiConnection *connection;
    guint clock;
    CoatiStep last_step; /* where the attempt was when it failed */
    GtkImage *icon;
    GtkLabel *title;
    GtkLabel *summary;
    GtkLabel *duration;
    GtkButton *connect;
    GtkButton *cancel;
    GtkButton *disconnect;
    GtkWidget *locked;
    GtkWidget *failure;
    GtkLabel *failure_title;
    GtkLabel *failure_hint;
    GtkExpander *failure_expander;
    GtkLabel *failure_detail;
    GtkWidget *banner;
    GtkLabel *banner_text;
    CoatiSteps *steps;
    CoatiTrafficGraph *traffic;
};

G_DEFINE_FINAL_TYPE(CoatiStatusPage, coati_status_page, ADW_TYPE_BIN)

enum { REPORT, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* One row for each state: which picture and colour, what the user can do, whether steps and a failure
 * are shown. */
static const struct {
    const char *icon;
    const char *style;
    gboolean can_connect;
    gboolean can_cancel;
    gboolean can_disconnect;
    gboolean has_steps;
    gboolean has_failure;
} looks[] = {
    [COATI_STATE_DISCONNECTED] = {"network-vpn-disconnected-symbolic", "dim-label", TRUE, FALSE,
                                  FALSE, FALSE, TRUE},
    [COATI_STATE_CONNECTING] = {"network-vpn-acquiring-symbolic", "accent", FALSE, TRUE, FALSE,
                                TRUE, FALSE},
    [COATI_STATE_AUTHENTICATING] = {"network-vpn-acquiring-symbolic", "accent", FALSE, TRUE, FALSE,
                                    TRUE, FALSE},
    [COATI_STATE_CONFIGURING] = {"network-vpn-acquiring-symbolic", "accent", FALSE, TRUE, FALSE,
                                 TRUE, FALSE},
    [COATI_STATE_CONNECTED] = {"network-vpn-symbolic", "success", FALSE, FALSE, TRUE, FALSE, FALSE},
    [COATI_STATE_RECONNECTING] = {"network-vpn-acquiring-symbolic", "warning", FALSE, TRUE, FALSE,
                                  TRUE, TRUE},
    [COATI_STATE_DISCONNECTING] = {"network-vpn-disconnected-symbolic", "dim-label", FALSE, FALSE,
                                   FALSE, FALSE, FALSE},
    [COATI_STATE_FAILED] = {"network-vpn-no-route-symbolic", "error", TRUE, FALSE, FALSE, TRUE,
                            TRUE},
};

static void
show_duration(CoatiStatusPage *page)
{
    gint64 since = coati_connection_since(page->connection);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *time = coati_duration_text(now > since ? (guint64)(now - since) : 0);
    g_autofree char *text = g_strdup_printf(_("for %s"), time);

    gtk_widget_set_visible(GTK_WIDGET(page->duration), since != 0);
    gtk_label_set_text(page->duration, text);
}

static gboolean
on_clock(gpointer user_data)
{
    CoatiStatusPage *page = user_data;

    if (page->connection != NULL && coati_connection_since(page->connection) != 0)
        show_duration(page);
    return G_SOURCE_CONTINUE;
}

static void
show_failure(CoatiStatusPage *page, CoatiState state)
{
    const CoatiFailure *failure = coati_connection_failure(page->connection);
    g_autofree char *detail = NULL;

    /* While an attempt goes on, the sign-in dialog says what was wrong with the last answer. */
    gtk_widget_set_visible(page->failure, failure != NULL && looks[state].has_failure);
    if (failure == NULL)
        return;
    detail = g_strdup_printf("%s%s%s", failure->token,
                             failure->token[0] != '\0' && failure->detail[0] != '\0' ? ": " : "",
                             failure->detail);
    gtk_label_set_text(page->failure_title, failure->title);
    gtk_label_set_text(page->failure_hint, failure->hint);
    gtk_widget_set_visible(GTK_WIDGET(page->failure_hint), failure->hint[0] != '\0');
    gtk_label_set_text(page->failure_detail, detail);
    gtk_widget_set_visible(GTK_WIDGET(page->failure_expander), detail[0] != '\0');
}

static void
show_steps(CoatiStatusPage *page, CoatiState state)
{
    gboolean is_failed = state == COATI_STATE_FAILED;

    if (!is_failed)
        page->last_step = coati_connection_step(page->connection);
    /* What failed before this page saw it has no step. */
    gtk_widget_set_visible(GTK_WIDGET(page->steps),
                           looks[state].has_steps && page->last_step < COATI_STEP_COUNT);
    if (page->last_step < COATI_STEP_COUNT)
        coati_steps_show(page->steps, page->last_step, is_failed);
    if (state == COATI_STATE_DISCONNECTED)
        page->last_step = COATI_STEP_COUNT;
}

static void
show_buttons(CoatiStatusPage *page, CoatiState state)
{
    gboolean is_locked =
        state == COATI_STATE_FAILED && coati_connection_is_locked(page->connection);

    gtk_widget_set_visible(GTK_WIDGET(page->connect), looks[state].can_connect);
    gtk_widget_set_visible(GTK_WIDGET(page->cancel), looks[state].can_cancel);
    gtk_widget_set_visible(GTK_WIDGET(page->disconnect), looks[state].can_disconnect || is_locked);
    gtk_button_set_label(page->disconnect,
                         is_locked ? _("_Open This Computer Again") : _("_Disconnect"));
    gtk_widget_set_visible(page->locked, is_locked);
}

static void
show(CoatiStatusPage *page)
{
    CoatiState state = coati_connection_state(page->connection);
    const char *banner = coati_connection_banner(page->connection);
    const char *classes[] = {"status-icon", looks[state].style, NULL};

    gtk_image_set_from_icon_name(page->icon, looks[state].icon);
    gtk_widget_set_css_classes(GTK_WIDGET(page->icon), classes);
    gtk_label_set_text(page->title, coati_connection_id(page->connection));
    gtk_label_set_text(page->summary, coati_state_text(state));
    show_buttons(page, state);
    show_duration(page);
    show_steps(page, state);
    show_failure(page, state);
    gtk_widget_set_visible(page->banner, banner[0] != '\0');
    gtk_label_set_text(page->banner_text, banner);
    gtk_widget_set_visible(GTK_WIDGET(page->traffic), state == COATI_STATE_CONNECTED);
}

void
coati_status_page_set_connection(CoatiStatusPage *page, CoatiConnection *connection)
{
    if (page->connection == connection)
        return;
    if (page->connection != NULL)
        g_signal_handlers_disconnect_by_data(page->connection, page);
    g_set_object(&page->connection, connection);
    page->last_step = COATI_STEP_COUNT;
    gtk_expander_set_expanded(page->failure_expander, FALSE);
    coati_traffic_graph_set_connection(page->traffic, connection);
    if (connection == NULL)
        return;
    g_signal_connect_object(connection, "changed", G_CALLBACK(show), page, G_CONNECT_SWAPPED);
    coati_connection_recall_failure(connection);
    show(page);
}

static void
on_connect(GtkButton *button, gpointer user_data)
{
    coati_connection_connect(COATI_STATUS_PAGE(user_data)->connection);
}

static void
on_disconnect(GtkButton *button, gpointer user_data)
{
    coati_connection_disconnect(COATI_STATUS_PAGE(user_data)->connection);
}

static void
on_copy(GtkButton *button, gpointer user_data)
{
    CoatiStatusPage *page = user_data;

    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(page)),
                           gtk_label_get_text(page->failure_detail));
}

static void
on_report(GtkButton *button, gpointer user_data)
{
    g_signal_emit(user_data, signals[REPORT], 0);
}

static void
coati_status_page_dispose(GObject *object)
{
    CoatiStatusPage *page = COATI_STATUS_PAGE(object);

    g_clear_handle_id(&page->clock, g_source_remove);
    if (page->connection != NULL)
        g_signal_handlers_disconnect_by_data(page->connection, page);
    g_clear_object(&page->connection);
    G_OBJECT_CLASS(coati_status_page_parent_class)->dispose(object);
}

static void
bind(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, icon);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, title);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, summary);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, duration);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, connect);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, cancel);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, disconnect);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, locked);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, failure);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, failure_title);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, failure_hint);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, failure_expander);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, failure_detail);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, banner);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, banner_text);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, steps);
    gtk_widget_class_bind_template_child(class, CoatiStatusPage, traffic);
    gtk_widget_class_bind_template_callback(class, on_connect);
    gtk_widget_class_bind_template_callback(class, on_disconnect);
    gtk_widget_class_bind_template_callback(class, on_copy);
    gtk_widget_class_bind_template_callback(class, on_report);
}

static void
coati_status_page_class_init(CoatiStatusPageClass *class)
{
    g_type_ensure(COATI_TYPE_STEPS);
    g_type_ensure(COATI_TYPE_TRAFFIC_GRAPH);
    G_OBJECT_CLASS(class)->dispose = coati_status_page_dispose;
    gtk_widget_class_set_template_from_resource(GTK_WIDGET_CLASS(class),
                                                "/org/coati/Coati/status-page.ui");
    bind(GTK_WIDGET_CLASS(class));
    signals[REPORT] = g_signal_new("report", COATI_TYPE_STATUS_PAGE, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
coati_status_page_init(CoatiStatusPage *page)
{
    page->last_step = COATI_STEP_COUNT;
    gtk_widget_init_template(GTK_WIDGET(page));
    page->clock = g_timeout_add_seconds(1, on_clock, page);
}
