/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import-assistant.h"

#include "base/names.h"
#include "field-row.h"
#include "fields.h"
#include "profile/place.h"

#include <glib/gi18n.h>
#include <string.h>

struct _CoatiImportAssistant {
    AdwWindow parent;
    CoatiWindow *window;
    CoatiClient *client;
    GCancellable *cancellable;
    Import *import;
    char *origin;      /* name of the file */
    Profile *profile;  /* the one that is imported, out of import */
    GPtrArray *rows;   /* CoatiFieldRow */
    GPtrArray *groups; /* AdwPreferencesGroup on the page */
    GPtrArray *notes;  /* rows of the import's notes, which they know as "note" */
    GtkStack *stack;
    GtkButton *add;
    GtkLabel *verdict;
    AdwStatusPage *refusal;
    AdwPreferencesPage *page;
};

G_DEFINE_FINAL_TYPE(CoatiImportAssistant, coati_import_assistant, ADW_TYPE_WINDOW)

/* One group for each kind of note, what needs a person first. */
static const struct {
    ImportNoteKind kind;
    const char *title;
    const char *icon;
} kinds[] = {
    {IMPORT_NOTE_MISSING, N_("To Be Filled In"), "dialog-question-symbolic"},
    {IMPORT_NOTE_WARNING, N_("Warnings"), "dialog-warning-symbolic"},
    {IMPORT_NOTE_REPAIRED, N_("Damaged and Repaired"), "dialog-information-symbolic"},
    {IMPORT_NOTE_DROPPED, N_("Left Out"), "list-remove-symbolic"},
    {IMPORT_NOTE_MAPPED, N_("Taken Over"), "object-select-symbolic"},
};

/* Fields that are offered when the file has not got them; the name always. */
static const ProfileField asked[] = {
    PROFILE_CONNECTION_ID,        PROFILE_CONNECTION_GATEWAY,  PROFILE_IDENTITY_CA,
    PROFILE_IDENTITY_GATEWAY_ID,  PROFILE_IDENTITY_OWN_ID,     PROFILE_SECRETS_GROUP_PASSWORD,
    PROFILE_IDENTITY_CERTIFICATE, PROFILE_SECRETS_PRIVATE_KEY, PROFILE_LOGIN_USER,
};

/* What was asked for and has been filled in is not asked any more. */
static void
show_notes(CoatiImportAssistant *assistant)
{
    for (guint i = 0; i < assistant->notes->len; i++)
        gtk_widget_set_visible(
            gtk_widget_get_ancestor(assistant->notes->pdata[i], ADW_TYPE_PREFERENCES_GROUP), FALSE);
    for (guint i = 0; i < assistant->notes->len; i++) {
        GtkWidget *row = assistant->notes->pdata[i];
        gboolean is_done =
            import_note_is_done(g_object_get_data(G_OBJECT(row), "note"), assistant->profile);

        gtk_widget_set_visible(row, !is_done);
        if (!is_done)
            gtk_widget_set_visible(gtk_widget_get_ancestor(row, ADW_TYPE_PREFERENCES_GROUP), TRUE);
    }
}

static void
judge(CoatiImportAssistant *assistant)
{
    g_autoptr(GError) error = NULL;
    const char *id = profile_text(assistant->profile, PROFILE_CONNECTION_ID);
    const char *text = "";

    for (guint i = 0; i < assistant->rows->len; i++)
        if (!coati_field_row_is_valid(assistant->rows->pdata[i]))
            text = _("A field is not right; see below.");
    if (text[0] == '\0' && !profile_check(assistant->profile, &error))
        text = error->message;
    else if (text[0] == '\0' && id != NULL && coati_client_has_id(assistant->client, id))
        text = _("A profile of this name exists already. Choose another name.");
    gtk_label_set_text(assistant->verdict, text);
    gtk_widget_set_visible(GTK_WIDGET(assistant->verdict), text[0] != '\0');
    gtk_widget_set_sensitive(GTK_WIDGET(assistant->add), text[0] == '\0');
    show_notes(assistant);
}

static AdwPreferencesGroup *
add_group(CoatiImportAssistant *assistant, const char *title, const char *description)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), title);
    adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(group), description);
    adw_preferences_page_add(assistant->page, ADW_PREFERENCES_GROUP(group));
    g_ptr_array_add(assistant->groups, group);
    return ADW_PREFERENCES_GROUP(group);
}

static gboolean
is_asked(CoatiImportAssistant *assistant, ProfileField field)
{
    gboolean has_value = profile_field_info(field)->type == PROFILE_TYPE_SECRET
                             ? profile_secret(assistant->profile, field) != NULL
                             : profile_is_set(assistant->profile, field);

    return field == PROFILE_CONNECTION_ID ||
           (coati_field_is_used(field, assistant->profile) && !has_value);
}

static void
add_fields(CoatiImportAssistant *assistant)
{
    AdwPreferencesGroup *group = add_group(assistant, _("Profile"), NULL);

    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        CoatiFieldRow *row;

        if (!is_asked(assistant, asked[i]))
            continue;
        row = coati_field_row_new(assistant->profile, asked[i]);
        g_signal_connect_object(row, "edited", G_CALLBACK(judge), assistant, G_CONNECT_SWAPPED);
        adw_preferences_group_add(group, GTK_WIDGET(row));
        g_ptr_array_add(assistant->rows, row);
    }
}

static GtkWidget *
note_row_new(ImportNote *note, const char *icon)
{
    GtkWidget *row = adw_action_row_new();
    GtkWidget *image = gtk_image_new_from_icon_name(icon);
    g_autofree char *clean = name_clean(note->text, strlen(note->text), 1000, FALSE);
    g_autofree char *escaped = g_markup_escape_text(clean, -1);
    /* TRANSLATORS: a line of a file. */
    g_autofree char *line = note->line > 0 ? g_strdup_printf(_("Line %u"), note->line) : NULL;

    gtk_widget_add_css_class(image, "dim-label");
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), image);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), escaped);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), line);
    g_object_set_data(G_OBJECT(row), "note", note);
    return row;
}

static void
add_notes(CoatiImportAssistant *assistant)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        AdwPreferencesGroup *group = NULL;

        for (guint j = 0; j < assistant->import->notes->len; j++) {
            ImportNote *note = assistant->import->notes->pdata[j];
            GtkWidget *row;

            if (note->kind != kinds[i].kind)
                continue;
            if (group == NULL)
                group = add_group(assistant, _(kinds[i].title), NULL);
            row = note_row_new(note, kinds[i].icon);
            adw_preferences_group_add(group, row);
            g_ptr_array_add(assistant->notes, row);
        }
    }
}

static void
clear(CoatiImportAssistant *assistant)
{
    for (guint i = 0; i < assistant->groups->len; i++)
        adw_preferences_page_remove(assistant->page, assistant->groups->pdata[i]);
    g_ptr_array_set_size(assistant->groups, 0);
    g_ptr_array_set_size(assistant->rows, 0);
    g_ptr_array_set_size(assistant->notes, 0);
}

static void show_profile(CoatiImportAssistant *assistant, guint index);

static void
on_profile_chosen(AdwComboRow *combo, GParamSpec *pspec, gpointer user_data)
{
    show_profile(user_data, adw_combo_row_get_selected(combo));
}

/* What the file is, and which of its profiles is meant. */
static void
add_source(CoatiImportAssistant *assistant, guint index)
{
    g_autoptr(GtkStringList) names = gtk_string_list_new(NULL);
    AdwPreferencesGroup *group = add_group(assistant, _("File"), NULL);
    GtkWidget *row = adw_action_row_new();
    g_autofree char *name = g_markup_escape_text(assistant->origin, -1);
    const char *title = assistant->import->format;
    const char *format;
    const char *here;
    gboolean is_written;
    GtkWidget *combo;

    for (guint i = 0; (format = import_format_name(i, &here, &is_written)) != NULL; i++)
        if (strcmp(format, assistant->import->format) == 0)
            title = here;
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), name);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), title);
    adw_preferences_group_add(group, row);
    if (assistant->import->profiles->len < 2)
        return;
    for (guint i = 0; i < assistant->import->profiles->len; i++)
        gtk_string_list_append(
            names, profile_text(assistant->import->profiles->pdata[i], PROFILE_CONNECTION_ID));
    combo = adw_combo_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(combo), _("Which of its profiles"));
    adw_combo_row_set_model(ADW_COMBO_ROW(combo), G_LIST_MODEL(names));
    adw_combo_row_set_selected(ADW_COMBO_ROW(combo), index);
    g_signal_connect(combo, "notify::selected", G_CALLBACK(on_profile_chosen), assistant);
    adw_preferences_group_add(group, combo);
}

static void
show_profile(CoatiImportAssistant *assistant, guint index)
{
    if (index >= assistant->import->profiles->len ||
        assistant->profile == assistant->import->profiles->pdata[index])
        return;
    clear(assistant);
    assistant->profile = assistant->import->profiles->pdata[index];
    add_source(assistant, index);
    add_fields(assistant);
    add_notes(assistant);
    judge(assistant);
    gtk_stack_set_visible_child_name(assistant->stack, "review");
    gtk_widget_set_visible(GTK_WIDGET(assistant->add), TRUE);
}

static void
refuse(CoatiImportAssistant *assistant, const char *text)
{
    g_autofree char *clean = name_clean(text, strlen(text), 1000, FALSE);
    g_autofree char *escaped = g_markup_escape_text(clean, -1);

    adw_status_page_set_description(assistant->refusal, escaped);
    gtk_stack_set_visible_child_name(assistant->stack, "refused");
    gtk_widget_set_visible(GTK_WIDGET(assistant->add), FALSE);
}

static void
take_file(CoatiImportAssistant *assistant, GFile *file)
{
    const char *path = g_file_peek_path(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) content = NULL;
    g_autoptr(Place) place = NULL;

    if (path == NULL) {
        refuse(assistant, _("Choose a file of this computer."));
        return;
    }
    clear(assistant);
    assistant->profile = NULL;
    g_clear_pointer(&assistant->import, import_free);
    g_free(assistant->origin);
    assistant->origin = g_path_get_basename(path);
    content = place_read(path, IMPORT_MAX_OCTETS, &error);
    place = place_new(path);
    if (content != NULL)
        assistant->import = import_parse(secret_text(content), secret_length(content), NULL,
                                         assistant->origin, place_files(place), &error);
    if (assistant->import == NULL) {
        refuse(assistant, error->message);
        return;
    }
    for (guint i = 0; i < assistant->import->profiles->len; i++)
        place_name_profile(assistant->import->profiles->pdata[i], path);
    show_profile(assistant, 0);
}

static void
on_file_chosen(GtkNativeDialog *dialog, int response, gpointer user_data)
{
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file != NULL)
        take_file(user_data, file);
    g_object_unref(dialog);
}

static void
on_choose(CoatiImportAssistant *assistant)
{
    GtkFileChooserNative *dialog =
        gtk_file_chooser_native_new(_("Choose a Profile"), GTK_WINDOW(assistant),
                                    GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));

    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_file_chosen), assistant, 0);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

static gboolean
on_drop(GtkDropTarget *target, const GValue *value, double x, double y, gpointer user_data)
{
    take_file(user_data, g_value_get_object(value));
    return TRUE;
}

static void
on_added(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(CoatiImportAssistant) assistant = user_data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = coati_client_add_finish(COATI_CLIENT(source), result, &error);
    g_autoptr(CoatiFailure) failure = NULL;
    CoatiConnection *connection;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (path == NULL) {
        failure = coati_failure_new_of_error(error);
        gtk_label_set_text(assistant->verdict,
                           failure->detail[0] != '\0' ? failure->detail : failure->title);
        gtk_widget_set_visible(GTK_WIDGET(assistant->verdict), TRUE);
        gtk_widget_set_sensitive(GTK_WIDGET(assistant->add), TRUE);
        return;
    }
    connection = coati_client_find_path(COATI_CLIENT(source), path);
    if (connection != NULL)
        coati_window_show(assistant->window, connection);
    gtk_window_destroy(GTK_WINDOW(assistant));
}

static void
on_add(CoatiImportAssistant *assistant)
{
    gtk_widget_set_sensitive(GTK_WIDGET(assistant->add), FALSE);
    import_sign(assistant->import, assistant->origin, assistant->profile);
    coati_client_add_async(assistant->client, assistant->profile, FALSE, assistant->cancellable,
                           on_added, g_object_ref(assistant));
}

static void
on_cancel(CoatiImportAssistant *assistant)
{
    gtk_window_close(GTK_WINDOW(assistant));
}

static void
coati_import_assistant_dispose(GObject *object)
{
    g_cancellable_cancel(COATI_IMPORT_ASSISTANT(object)->cancellable);
    G_OBJECT_CLASS(coati_import_assistant_parent_class)->dispose(object);
}

static void
coati_import_assistant_finalize(GObject *object)
{
    CoatiImportAssistant *assistant = COATI_IMPORT_ASSISTANT(object);

    g_clear_object(&assistant->client);
    g_clear_object(&assistant->window);
    g_object_unref(assistant->cancellable);
    g_ptr_array_unref(assistant->rows);
    g_ptr_array_unref(assistant->groups);
    g_ptr_array_unref(assistant->notes);
    g_clear_pointer(&assistant->import, import_free);
    g_free(assistant->origin);
    G_OBJECT_CLASS(coati_import_assistant_parent_class)->finalize(object);
}

static void
coati_import_assistant_class_init(CoatiImportAssistantClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = coati_import_assistant_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_import_assistant_finalize;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/coati/Coati/import-assistant.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiImportAssistant, stack);
    gtk_widget_class_bind_template_child(widget_class, CoatiImportAssistant, add);
    gtk_widget_class_bind_template_child(widget_class, CoatiImportAssistant, verdict);
    gtk_widget_class_bind_template_child(widget_class, CoatiImportAssistant, refusal);
    gtk_widget_class_bind_template_child(widget_class, CoatiImportAssistant, page);
    gtk_widget_class_bind_template_callback(widget_class, on_add);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_bind_template_callback(widget_class, on_choose);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
coati_import_assistant_init(CoatiImportAssistant *assistant)
{
    GtkDropTarget *target = gtk_drop_target_new(G_TYPE_FILE, GDK_ACTION_COPY);

    assistant->cancellable = g_cancellable_new();
    assistant->rows = g_ptr_array_new();
    assistant->groups = g_ptr_array_new();
    assistant->notes = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(assistant));
    g_signal_connect(target, "drop", G_CALLBACK(on_drop), assistant);
    gtk_widget_add_controller(GTK_WIDGET(assistant), GTK_EVENT_CONTROLLER(target));
}

void
coati_import_assistant_present(CoatiWindow *parent, CoatiClient *client, GFile *file)
{
    CoatiImportAssistant *assistant =
        g_object_new(COATI_TYPE_IMPORT_ASSISTANT, "transient-for", parent, NULL);

    assistant->client = g_object_ref(client);
    assistant->window = g_object_ref(parent);
    if (file != NULL)
        take_file(assistant, file);
    gtk_window_present(GTK_WINDOW(assistant));
}
