/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "editor.h"

#include "field-row.h"
#include "fields.h"

#include <glib/gi18n.h>

struct _CoatiEditor {
    AdwWindow parent;
    CoatiWindow *window;
    CoatiClient *client;         /* of a new profile */
    CoatiConnection *connection; /* of one that is there */
    Profile *profile;
    GCancellable *cancellable;
    GPtrArray *rows; /* CoatiFieldRow */
    GtkButton *save;
    GtkLabel *verdict;
    AdwPreferencesPage *page;
};

G_DEFINE_FINAL_TYPE(CoatiEditor, coati_editor, ADW_TYPE_WINDOW)

#define END PROFILE_FIELD_COUNT

enum { MAX_FIELDS = 16 };

static const struct {
    const char *title;
    const char *description;
    ProfileField fields[MAX_FIELDS];
} groups[] = {
    {N_("Connection"),
     "",
     {PROFILE_CONNECTION_ID, PROFILE_CONNECTION_GATEWAY, PROFILE_CONNECTION_METHOD,
      PROFILE_LOGIN_USER, PROFILE_LOGIN_SAVE_PASSWORD, END}},
    {N_("Who the Gateway Is"),
     N_("Without a name, the first connection shows the certificate and asks."),
     {PROFILE_IDENTITY_CA, PROFILE_IDENTITY_GATEWAY_ID, PROFILE_IDENTITY_PINNED_SHA256, END}},
    {N_("Who You Are"),
     "",
     {PROFILE_IDENTITY_OWN_ID, PROFILE_SECRETS_GROUP_PASSWORD, PROFILE_IDENTITY_CERTIFICATE,
      PROFILE_SECRETS_PRIVATE_KEY, END}},
    {N_("Networks"),
     "",
     {PROFILE_NETWORK_ROUTES, PROFILE_NETWORK_REMOTE_NETWORKS, PROFILE_NETWORK_EXCLUDE,
      PROFILE_NETWORK_DNS, PROFILE_NETWORK_DOMAINS, PROFILE_NETWORK_LOCAL_NETWORK,
      PROFILE_NETWORK_IPV6, PROFILE_NETWORK_LOCKDOWN, END}},
    {N_("Life of the Connection"),
     "",
     {PROFILE_CONNECTION_RECONNECT, PROFILE_CONNECTION_AUTOCONNECT,
      PROFILE_CONNECTION_BACKUP_GATEWAYS, PROFILE_IKE_DPD_DELAY, END}},
    {N_("Protocol"),
     N_("Change these only when the administrator of the gateway says so."),
     {PROFILE_CONNECTION_MODE, PROFILE_IKE_PROPOSALS, PROFILE_ESP_PROPOSALS, PROFILE_ESP_PFS,
      PROFILE_IKE_ALLOW_WEAK, PROFILE_IKE_NAT_TRAVERSAL, PROFILE_IKE_FRAGMENTATION,
      PROFILE_ESP_FRAGMENT_SIZE, PROFILE_ESP_MTU, PROFILE_ESP_PLANE,
      PROFILE_IKE_APPLICATION_VERSION, END}},
};

/* Whether it can be saved, and if not, why. */
static void
judge(CoatiEditor *editor)
{
    g_autoptr(GError) error = NULL;
    gboolean is_valid = TRUE;
    gboolean is_complete = profile_check(editor->profile, &error);

    for (guint i = 0; i < editor->rows->len; i++) {
        CoatiFieldRow *row = editor->rows->pdata[i];

        gtk_widget_set_visible(GTK_WIDGET(row),
                               coati_field_is_used(coati_field_row_field(row), editor->profile));
        is_valid = is_valid && coati_field_row_is_valid(row);
    }
    gtk_widget_set_sensitive(GTK_WIDGET(editor->save), is_valid && is_complete);
    gtk_label_set_text(editor->verdict, !is_valid      ? _("A field is not right; see below.")
                                        : !is_complete ? error->message
                                                       : "");
    gtk_widget_set_visible(GTK_WIDGET(editor->verdict), !is_valid || !is_complete);
}

static void
add_rows(CoatiEditor *editor)
{
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        GtkWidget *group = adw_preferences_group_new();

        adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _(groups[i].title));
        if (groups[i].description[0] != '\0')
            adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(group),
                                                  _(groups[i].description));
        for (const ProfileField *field = groups[i].fields; *field != END; field++) {
            CoatiFieldRow *row = coati_field_row_new(editor->profile, *field);

            g_signal_connect_object(row, "edited", G_CALLBACK(judge), editor, G_CONNECT_SWAPPED);
            adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), GTK_WIDGET(row));
            g_ptr_array_add(editor->rows, row);
        }
        adw_preferences_page_add(editor->page, ADW_PREFERENCES_GROUP(group));
    }
    judge(editor);
}

static void
show_failure(CoatiEditor *editor, const GError *error)
{
    g_autoptr(CoatiFailure) failure = coati_failure_new_of_error(error);
    g_autofree char *text = g_strdup_printf(
        "%s. %s", failure->title, failure->detail[0] != '\0' ? failure->detail : failure->hint);

    gtk_label_set_text(editor->verdict, text);
    gtk_widget_set_visible(GTK_WIDGET(editor->verdict), TRUE);
    gtk_widget_set_sensitive(GTK_WIDGET(editor->save), TRUE);
}

static void
on_saved(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiEditor) editor = user_data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    gboolean is_saved;

    if (editor->connection != NULL) {
        is_saved = coati_connection_finish(COATI_CONNECTION(source), result, &error);
    } else {
        path = coati_client_add_finish(COATI_CLIENT(source), result, &error);
        is_saved = path != NULL;
    }
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (is_saved)
        gtk_window_destroy(GTK_WINDOW(editor));
    else
        show_failure(editor, error);
}

static void
on_save(CoatiEditor *editor)
{
    gtk_widget_set_sensitive(GTK_WIDGET(editor->save), FALSE);
    if (editor->connection != NULL)
        coati_connection_save_async(editor->connection, editor->profile, editor->cancellable,
                                    on_saved, g_object_ref(editor));
    else
        coati_client_add_async(editor->client, editor->profile, FALSE, editor->cancellable,
                               on_saved, g_object_ref(editor));
}

static void
on_cancel(CoatiEditor *editor)
{
    gtk_window_close(GTK_WINDOW(editor));
}

/* The rows write into the profile, so they go first. */
static void
coati_editor_dispose(GObject *object)
{
    g_cancellable_cancel(COATI_EDITOR(object)->cancellable);
    G_OBJECT_CLASS(coati_editor_parent_class)->dispose(object);
}

static void
coati_editor_finalize(GObject *object)
{
    CoatiEditor *editor = COATI_EDITOR(object);

    g_clear_object(&editor->client);
    g_clear_object(&editor->connection);
    g_object_unref(editor->cancellable);
    g_ptr_array_unref(editor->rows);
    profile_free(editor->profile);
    G_OBJECT_CLASS(coati_editor_parent_class)->finalize(object);
}

static void
coati_editor_class_init(CoatiEditorClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = coati_editor_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_editor_finalize;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/editor.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiEditor, save);
    gtk_widget_class_bind_template_child(widget_class, CoatiEditor, verdict);
    gtk_widget_class_bind_template_child(widget_class, CoatiEditor, page);
    gtk_widget_class_bind_template_callback(widget_class, on_save);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
coati_editor_init(CoatiEditor *editor)
{
    editor->cancellable = g_cancellable_new();
    editor->rows = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(editor));
}

static void
present(CoatiWindow *parent, CoatiClient *client, CoatiConnection *connection,
        Profile *take_profile)
{
    CoatiEditor *editor = g_object_new(COATI_TYPE_EDITOR, "transient-for", parent, NULL);

    editor->client = client != NULL ? g_object_ref(client) : NULL;
    editor->connection = connection != NULL ? g_object_ref(connection) : NULL;
    editor->profile = take_profile;
    gtk_window_set_title(GTK_WINDOW(editor),
                         connection != NULL ? coati_connection_id(connection) : _("New Profile"));
    add_rows(editor);
    gtk_window_present(GTK_WINDOW(editor));
}

static void
on_loaded(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiWindow) parent = user_data;
    g_autoptr(GError) error = NULL;
    CoatiConnection *connection = COATI_CONNECTION(source);
    Profile *profile = coati_connection_load_finish(connection, result, &error);

    if (profile != NULL)
        present(parent, NULL, connection, profile);
    else
        coati_window_toast(parent, error->message);
}

void
coati_editor_present(CoatiWindow *parent, CoatiConnection *connection)
{
    coati_connection_load_async(connection, NULL, on_loaded, g_object_ref(parent));
}

void
coati_editor_present_new(CoatiWindow *parent, CoatiClient *client)
{
    present(parent, client, NULL, profile_new());
}
