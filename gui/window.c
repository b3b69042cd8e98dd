/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "window.h"

#include "certificate-view.h"
#include "details-page.h"
#include "editor.h"
#include "import-assistant.h"
#include "log-page.h"
#include "model/keyring.h"
#include "profile-row.h"
#include "status-page.h"

#include <glib/gi18n.h>

struct _CoatiWindow {
    AdwApplicationWindow parent;
    CoatiClient *client;
    CoatiLog *log;
    CoatiConnection *shown;
    GtkSingleSelection *selection;
    AdwToastOverlay *toasts;
    AdwLeaflet *leaflet;
    GtkStack *sidebar;
    GtkListView *list;
    GtkStack *content;
    AdwViewSwitcherTitle *switcher;
    GtkWidget *profile_button;
    CoatiStatusPage *status;
    CoatiDetailsPage *details;
    CoatiLogPage *log_page;
    GtkWidget *absent;
    AdwStatusPage *absent_page;
    gulong shown_changed;
};

G_DEFINE_FINAL_TYPE(CoatiWindow, coati_window, ADW_TYPE_APPLICATION_WINDOW)

void
coati_window_toast(CoatiWindow *window, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    adw_toast_overlay_add_toast(window->toasts, adw_toast_new(escaped));
}

static void
toast_failure(CoatiWindow *window, const GError *error)
{
    g_autoptr(CoatiFailure) failure = NULL;
    g_autofree char *text = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    failure = coati_failure_new_of_error(error);
    text = g_strdup_printf("%s. %s", failure->title,
                           failure->hint[0] != '\0' ? failure->hint : failure->detail);
    coati_window_toast(window, text);
}

/* What is shown */

static void
enable(CoatiWindow *window, const char *name, gboolean is_enabled)
{
    GAction *action = g_action_map_lookup_action(G_ACTION_MAP(window), name);

    g_simple_action_set_enabled(G_SIMPLE_ACTION(action), is_enabled);
}

static void
show_title(CoatiWindow *window)
{
    adw_view_switcher_title_set_title(
        window->switcher, window->shown != NULL ? coati_connection_id(window->shown) : "");
}

static void
show_connection(CoatiWindow *window, CoatiConnection *connection)
{
    static const char *const actions[] = {"switch",       "edit",   "delete",
                                          "certificates", "forget", "report"};

    if (window->shown == connection && connection != NULL)
        return;
    if (window->shown != NULL)
        g_signal_handler_disconnect(window->shown, window->shown_changed);
    g_set_object(&window->shown, connection);
    if (connection != NULL)
        window->shown_changed = g_signal_connect_object(
            connection, "notify::id", G_CALLBACK(show_title), window, G_CONNECT_SWAPPED);
    coati_status_page_set_connection(window->status, connection);
    coati_details_page_set_connection(window->details, connection);
    coati_log_page_set_connection(window->log_page, connection);
    gtk_stack_set_visible_child_name(window->content, connection != NULL ? "connection" : "none");
    gtk_widget_set_visible(window->profile_button, connection != NULL);
    adw_view_switcher_title_set_view_switcher_enabled(window->switcher, connection != NULL);
    for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
        enable(window, actions[i], connection != NULL);
    if (connection != NULL && coati_connection_is_read_only(connection)) {
        enable(window, "edit", FALSE);
        enable(window, "delete", FALSE);
    }
    show_title(window);
}

static void
on_selected(GtkSingleSelection *selection, GParamSpec *pspec, gpointer user_data)
{
    CoatiWindow *window = user_data;

    show_connection(window, gtk_single_selection_get_selected_item(selection));
}

static void
on_activated(GtkListView *list, guint position, gpointer user_data)
{
    adw_leaflet_navigate(COATI_WINDOW(user_data)->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

static void
show_service(CoatiWindow *window)
{
    CoatiService service = coati_client_service(window->client);
    guint count = g_list_model_get_n_items(G_LIST_MODEL(window->client));
    const CoatiFailure *failure = coati_client_failure(window->client);
    const char *page = "list";

    if (count == 0)
        page = service == COATI_SERVICE_RUNNING  ? "empty"
               : service == COATI_SERVICE_ABSENT ? "absent"
                                                 : "starting";
    gtk_stack_set_visible_child_name(window->sidebar, page);
    gtk_widget_set_visible(window->absent, count > 0 && service != COATI_SERVICE_RUNNING);
    if (failure != NULL) {
        adw_status_page_set_title(window->absent_page, failure->title);
        adw_status_page_set_description(window->absent_page, failure->hint);
    }
}

void
coati_window_show(CoatiWindow *window, CoatiConnection *connection)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(window->client));

    for (guint i = 0; i < count; i++) {
        g_autoptr(CoatiConnection) item = g_list_model_get_item(G_LIST_MODEL(window->client), i);

        if (item == connection)
            gtk_single_selection_set_selected(window->selection, i);
    }
    adw_leaflet_navigate(window->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

/* What the user can do */

static void
on_back(GtkButton *button, gpointer user_data)
{
    adw_leaflet_navigate(COATI_WINDOW(user_data)->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

static void
on_retry(GtkButton *button, gpointer user_data)
{
    coati_client_retry(COATI_WINDOW(user_data)->client);
}

static void
on_import(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    coati_import_assistant_present(user_data, COATI_WINDOW(user_data)->client, NULL);
}

static void
on_switch(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiConnection *shown = COATI_WINDOW(user_data)->shown;

    coati_connection_switch(shown, !coati_connection_is_on(shown));
}

static void
on_new(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    coati_editor_present_new(user_data, COATI_WINDOW(user_data)->client);
}

static void
on_edit(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    coati_editor_present(user_data, COATI_WINDOW(user_data)->shown);
}

static void
on_forgotten(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiWindow) window = user_data;
    g_autoptr(GError) error = NULL;

    if (coati_connection_finish(COATI_CONNECTION(source), result, &error))
        coati_window_toast(window, _("The stored passwords are forgotten"));
    else
        toast_failure(window, error);
}

static void
on_forget(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiWindow *window = user_data;

    keyring_clear(coati_connection_uuid(window->shown));
    coati_connection_forget_async(window->shown, NULL, on_forgotten, g_object_ref(window));
}

static void
on_deleted(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiWindow) window = user_data;
    g_autoptr(GError) error = NULL;

    if (coati_connection_finish(COATI_CONNECTION(source), result, &error))
        keyring_clear(coati_connection_uuid(COATI_CONNECTION(source)));
    else
        toast_failure(window, error);
}

static void
on_delete_response(AdwMessageDialog *dialog, const char *response, gpointer user_data)
{
    CoatiWindow *window = COATI_WINDOW(gtk_window_get_transient_for(GTK_WINDOW(dialog)));

    if (g_str_equal(response, "delete"))
        coati_connection_delete_async(user_data, NULL, on_deleted, g_object_ref(window));
}

static void
on_delete(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiWindow *window = user_data;
    g_autofree char *title = g_strdup_printf(_("Delete %s?"), coati_connection_id(window->shown));
    GtkWidget *dialog = adw_message_dialog_new(
        GTK_WINDOW(window), title, _("The profile and its stored passwords are removed for good."));

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "delete",
                                     _("_Delete"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "delete",
                                               ADW_RESPONSE_DESTRUCTIVE);
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_delete_response),
                          g_object_ref(window->shown),
                          (GClosureNotify)(void (*)(void))g_object_unref, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void
on_certificates_loaded(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiWindow) window = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile =
        coati_connection_load_finish(COATI_CONNECTION(source), result, &error);
    g_autoptr(GPtrArray) blocks = NULL;
    g_autoptr(GPtrArray) certificates = g_ptr_array_new_with_free_func(g_object_unref);

    if (profile == NULL) {
        toast_failure(window, error);
        return;
    }
    blocks = profile_der(profile, PROFILE_IDENTITY_CA);
    for (guint i = 0; i < blocks->len; i++) {
        CoatiCertificate *certificate = coati_certificate_new_der(blocks->pdata[i]);

        if (certificate != NULL)
            g_ptr_array_add(certificates, certificate);
    }
    if (certificates->len == 0)
        coati_window_toast(window, _("This profile has no CA certificate"));
    else
        coati_certificate_window_present(GTK_WINDOW(window), _("Who May Vouch for the Gateway"),
                                         certificates);
}

static void
on_certificates(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiWindow *window = user_data;

    coati_connection_load_async(window->shown, NULL, on_certificates_loaded, g_object_ref(window));
}

/* The report */

static void
on_reported(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiWindow) window = user_data;
    g_autoptr(GError) error = NULL;

    if (coati_connection_finish(COATI_CONNECTION(source), result, &error))
        coati_window_toast(window, _("Report saved. It holds no password; read it before you send "
                                     "it."));
    else
        toast_failure(window, error);
}

static void
on_report_chosen(GtkNativeDialog *dialog, int response, gpointer user_data)
{
    CoatiWindow *window = user_data;
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT && window->shown != NULL) {
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
        coati_connection_report_async(window->shown, file, NULL, on_reported, g_object_ref(window));
    }
    g_object_unref(dialog);
}

static void
save_report(CoatiWindow *window)
{
    GtkFileChooserNative *dialog =
        gtk_file_chooser_native_new(_("Save Report"), GTK_WINDOW(window),
                                    GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
    g_autofree char *name = g_strdup_printf("coati-%s.txt", coati_connection_id(window->shown));

    g_strdelimit(name, "/", '-');
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(dialog), name);
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_report_chosen), window, 0);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

static void
on_report(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    save_report(user_data);
}

static const GActionEntry actions[] = {
    {"import", on_import, NULL, NULL, NULL, {0}},
    {"new", on_new, NULL, NULL, NULL, {0}},
    {"switch", on_switch, NULL, NULL, NULL, {0}},
    {"edit", on_edit, NULL, NULL, NULL, {0}},
    {"delete", on_delete, NULL, NULL, NULL, {0}},
    {"forget", on_forget, NULL, NULL, NULL, {0}},
    {"certificates", on_certificates, NULL, NULL, NULL, {0}},
    {"report", on_report, NULL, NULL, NULL, {0}},
};

static void
coati_window_dispose(GObject *object)
{
    CoatiWindow *window = COATI_WINDOW(object);

    if (window->shown != NULL)
        show_connection(window, NULL);
    g_clear_object(&window->selection);
    g_clear_object(&window->log);
    g_clear_object(&window->client);
    G_OBJECT_CLASS(coati_window_parent_class)->dispose(object);
}

static void
coati_window_class_init(CoatiWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(COATI_TYPE_CONNECTION);
    g_type_ensure(COATI_TYPE_PROFILE_ROW);
    g_type_ensure(COATI_TYPE_STATUS_PAGE);
    g_type_ensure(COATI_TYPE_DETAILS_PAGE);
    g_type_ensure(COATI_TYPE_LOG_PAGE);
    G_OBJECT_CLASS(class)->dispose = coati_window_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/window.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, toasts);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, leaflet);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, sidebar);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, list);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, content);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, switcher);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, profile_button);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, status);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, details);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, log_page);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, absent);
    gtk_widget_class_bind_template_child(widget_class, CoatiWindow, absent_page);
    gtk_widget_class_bind_template_callback(widget_class, on_activated);
    gtk_widget_class_bind_template_callback(widget_class, on_back);
    gtk_widget_class_bind_template_callback(widget_class, on_retry);
    gtk_widget_class_bind_template_callback(widget_class, save_report);
}

static void
coati_window_init(CoatiWindow *window)
{
    gtk_widget_init_template(GTK_WIDGET(window));
    g_action_map_add_action_entries(G_ACTION_MAP(window), actions, G_N_ELEMENTS(actions), window);
}

CoatiWindow *
coati_window_new(CoatiApplication *application, CoatiClient *client)
{
    CoatiWindow *window = g_object_new(COATI_TYPE_WINDOW, "application", application, NULL);

    window->client = g_object_ref(client);
    window->log = coati_log_new(client);
    coati_log_page_set_log(window->log_page, window->log);
    window->selection = gtk_single_selection_new(G_LIST_MODEL(g_object_ref(client)));
    g_signal_connect_object(window->selection, "notify::selected-item", G_CALLBACK(on_selected),
                            window, 0);
    gtk_list_view_set_model(window->list, GTK_SELECTION_MODEL(window->selection));
    g_signal_connect_object(client, "notify::service", G_CALLBACK(show_service), window,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(client, "items-changed", G_CALLBACK(show_service), window,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(client, "remark", G_CALLBACK(coati_window_toast), window,
                            G_CONNECT_SWAPPED);
    on_selected(window->selection, NULL, window);
    show_service(window);
    return window;
}
