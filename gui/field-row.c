/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field-row.h"

#include "certificate-view.h"
#include "fields.h"
#include "profile/place.h"

#include <glib/gi18n.h>
#include <string.h>

struct _CoatiFieldRow {
    AdwBin parent;
    Profile *profile;
    ProfileField field;
    GtkWidget *input;
    GtkLabel *error;
    GtkWidget *view;   /* of a field of PEM */
    GtkWidget *remove; /* of a field of PEM */
    char **words;      /* of a CHOICE */
    gboolean is_invalid;
};

G_DEFINE_FINAL_TYPE(CoatiFieldRow, coati_field_row, ADW_TYPE_BIN)

enum { EDITED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* The field's name stands before the text of its errors; the row has a better one. */
static const char *
without_name(CoatiFieldRow *row, const char *text)
{
    const char *name = profile_field_info(row->field)->name;
    gsize length = strlen(name);

    return g_str_has_prefix(text, name) && text[length] == ':' ? text + length + 2 : text;
}

static void
show_error(CoatiFieldRow *row, const GError *error)
{
    row->is_invalid = error != NULL;
    gtk_label_set_text(row->error, error != NULL ? without_name(row, error->message) : "");
    gtk_widget_set_visible(GTK_WIDGET(row->error), error != NULL);
    if (error != NULL)
        gtk_widget_add_css_class(row->input, "error");
    else
        gtk_widget_remove_css_class(row->input, "error");
    gtk_accessible_update_state(
        GTK_ACCESSIBLE(row->input), GTK_ACCESSIBLE_STATE_INVALID,
        error != NULL ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row->input), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   gtk_label_get_text(row->error), -1);
    g_signal_emit(row, signals[EDITED], 0);
}

static void
set(CoatiFieldRow *row, const char *text)
{
    g_autoptr(GError) error = NULL;

    profile_set(row->profile, row->field, text, &error);
    show_error(row, error);
}

static void
set_secret(CoatiFieldRow *row, Secret *take_secret)
{
    g_autoptr(GError) error = NULL;

    if (secret_length(take_secret) == 0) {
        secret_free(take_secret);
        profile_unset(row->profile, row->field);
    } else {
        profile_take_secret(row->profile, row->field, take_secret, &error);
    }
    show_error(row, error);
}

/* Text, list, number and secret: an entry */

static void
on_typed(GtkEditable *editable, gpointer user_data)
{
    CoatiFieldRow *row = user_data;

    if (profile_field_info(row->field)->type == PROFILE_TYPE_SECRET)
        set_secret(row, secret_new_text(gtk_editable_get_text(editable)));
    else
        set(row, gtk_editable_get_text(editable));
}

static void
make_entry(CoatiFieldRow *row)
{
    gboolean is_secret = profile_field_info(row->field)->type == PROFILE_TYPE_SECRET;
    g_autofree char *text = profile_is_set(row->profile, row->field) && !is_secret
                                ? profile_format(row->profile, row->field)
                                : NULL;

    row->input = is_secret ? adw_password_entry_row_new() : adw_entry_row_new();
    if (text != NULL && profile_field_info(row->field)->type == PROFILE_TYPE_LIST)
        g_strdelimit(text, ";", ' ');
    if (text != NULL)
        gtk_editable_set_text(GTK_EDITABLE(row->input), g_strstrip(text));
    g_signal_connect(row->input, "changed", G_CALLBACK(on_typed), row);
}

/* A choice */

static void
on_chosen(AdwComboRow *combo, GParamSpec *pspec, gpointer user_data)
{
    CoatiFieldRow *row = user_data;
    guint chosen = adw_combo_row_get_selected(combo);

    if (chosen < g_strv_length(row->words))
        set(row, row->words[chosen]);
}

static void
make_choice(CoatiFieldRow *row)
{
    g_autoptr(GtkStringList) list = gtk_string_list_new(NULL);
    const char *now = profile_text(row->profile, row->field);
    guint chosen = 0;

    row->words = g_strsplit(profile_field_info(row->field)->words, ", ", -1);
    for (guint i = 0; row->words[i] != NULL; i++) {
        gtk_string_list_append(list, coati_word_label(row->field, row->words[i]));
        if (g_strcmp0(now, row->words[i]) == 0)
            chosen = i;
    }
    row->input = adw_combo_row_new();
    adw_combo_row_set_model(ADW_COMBO_ROW(row->input), G_LIST_MODEL(list));
    adw_combo_row_set_selected(ADW_COMBO_ROW(row->input), chosen);
    g_signal_connect(row->input, "notify::selected", G_CALLBACK(on_chosen), row);
}

/* Yes or no */

static void
on_switched(GtkSwitch *toggle, GParamSpec *pspec, gpointer user_data)
{
    set(user_data, gtk_switch_get_active(toggle) ? "true" : "false");
}

static void
make_switch(CoatiFieldRow *row)
{
    GtkWidget *toggle = gtk_switch_new();

    row->input = adw_action_row_new();
    gtk_switch_set_active(GTK_SWITCH(toggle), profile_boolean(row->profile, row->field));
    gtk_widget_set_valign(toggle, GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(toggle), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   coati_field_label(row->field), -1);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row->input), toggle);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row->input), toggle);
    g_signal_connect(toggle, "notify::active", G_CALLBACK(on_switched), row);
}

/* PEM from a file */

static GPtrArray *
certificates_of(CoatiFieldRow *row)
{
    GPtrArray *certificates = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GPtrArray) blocks = NULL;

    if (profile_field_info(row->field)->type != PROFILE_TYPE_LINES)
        return certificates;
    blocks = profile_der(row->profile, row->field);
    for (guint i = 0; i < blocks->len; i++) {
        CoatiCertificate *certificate = coati_certificate_new_der(blocks->pdata[i]);

        if (certificate != NULL)
            g_ptr_array_add(certificates, certificate);
    }
    return certificates;
}

static void
show_pem(CoatiFieldRow *row)
{
    g_autoptr(GPtrArray) certificates = certificates_of(row);
    gboolean is_set = profile_field_info(row->field)->type == PROFILE_TYPE_SECRET
                          ? profile_secret(row->profile, row->field) != NULL
                          : profile_is_set(row->profile, row->field);
    g_autofree char *text =
        certificates->len > 0
            ? g_markup_escape_text(coati_certificate_subject(certificates->pdata[0]), -1)
            : g_strdup(is_set ? _("Loaded") : _("None"));

    adw_action_row_set_subtitle(ADW_ACTION_ROW(row->input), text);
    gtk_widget_set_visible(row->view, certificates->len > 0);
    gtk_widget_set_visible(row->remove, is_set);
}

static void
on_view(GtkButton *button, gpointer user_data)
{
    CoatiFieldRow *row = user_data;
    g_autoptr(GPtrArray) certificates = certificates_of(row);

    coati_certificate_window_present(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(row))),
                                     coati_field_label(row->field), certificates);
}

static void
on_remove(GtkButton *button, gpointer user_data)
{
    CoatiFieldRow *row = user_data;

    profile_unset(row->profile, row->field);
    show_pem(row);
    show_error(row, NULL);
}

/* A certificate may come as DER, which is what many administrators send. */
static char *
pem_text(const Secret *content)
{
    g_autofree char *base64 = NULL;

    if (g_strstr_len(secret_text(content), -1, "-----BEGIN ") != NULL)
        return g_strdup(secret_text(content));
    base64 = g_base64_encode(secret_data(content), secret_length(content));
    return g_strdup_printf("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", base64);
}

static void
load(CoatiFieldRow *row, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) content = place_read(path, PROFILE_MAX_OCTETS, &error);
    g_autofree char *pem = NULL;

    if (content == NULL) {
        show_error(row, error);
        return;
    }
    if (profile_field_info(row->field)->type == PROFILE_TYPE_SECRET) {
        set_secret(row, g_steal_pointer(&content));
    } else {
        pem = pem_text(content);
        set(row, pem);
    }
    show_pem(row);
}

static void
on_file_chosen(GtkNativeDialog *dialog, int response, gpointer user_data)
{
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file != NULL && g_file_peek_path(file) != NULL)
        load(user_data, g_file_peek_path(file));
    g_object_unref(dialog);
}

static void
on_choose(GtkButton *button, gpointer user_data)
{
    CoatiFieldRow *row = user_data;
    GtkFileChooserNative *dialog = gtk_file_chooser_native_new(
        coati_field_label(row->field), GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(row))),
        GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));

    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_file_chosen), row, 0);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

/* A certificate may also be dragged onto the row. */
static gboolean
on_drop(GtkDropTarget *target, const GValue *value, double x, double y, gpointer user_data)
{
    const char *path = g_file_peek_path(g_value_get_object(value));

    if (path != NULL)
        load(user_data, path);
    return path != NULL;
}

static GtkWidget *
button_new(CoatiFieldRow *row, const char *icon, const char *what, GCallback clicked)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);
    /* TRANSLATORS: a button: what it does ("Show"), then the field ("CA certificate"). */
    g_autofree char *label = g_strdup_printf(_("%s: %s"), what, coati_field_label(row->field));

    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, what);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                   -1);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row->input), button);
    g_signal_connect(button, "clicked", clicked, row);
    return button;
}

static void
make_pem(CoatiFieldRow *row)
{
    GtkDropTarget *target = gtk_drop_target_new(G_TYPE_FILE, GDK_ACTION_COPY);

    row->input = adw_action_row_new();
    row->view = button_new(row, "view-reveal-symbolic", _("Show"), G_CALLBACK(on_view));
    row->remove = button_new(row, "user-trash-symbolic", _("Remove"), G_CALLBACK(on_remove));
    button_new(row, "document-open-symbolic", _("Choose a file"), G_CALLBACK(on_choose));
    g_signal_connect(target, "drop", G_CALLBACK(on_drop), row);
    gtk_widget_add_controller(row->input, GTK_EVENT_CONTROLLER(target));
    show_pem(row);
}

static void
make_input(CoatiFieldRow *row)
{
    switch (profile_field_info(row->field)->type) {
    case PROFILE_TYPE_TEXT:
    case PROFILE_TYPE_NUMBER:
    case PROFILE_TYPE_LIST:
        make_entry(row);
        break;
    case PROFILE_TYPE_SECRET:
        if (row->field == PROFILE_SECRETS_PRIVATE_KEY)
            make_pem(row);
        else
            make_entry(row);
        break;
    case PROFILE_TYPE_LINES:
        make_pem(row);
        break;
    case PROFILE_TYPE_CHOICE:
        make_choice(row);
        break;
    case PROFILE_TYPE_BOOLEAN:
        make_switch(row);
        break;
    }
}

static void
coati_field_row_finalize(GObject *object)
{
    g_strfreev(COATI_FIELD_ROW(object)->words);
    G_OBJECT_CLASS(coati_field_row_parent_class)->finalize(object);
}

static void
coati_field_row_class_init(CoatiFieldRowClass *class)
{
    G_OBJECT_CLASS(class)->finalize = coati_field_row_finalize;
    signals[EDITED] = g_signal_new("edited", COATI_TYPE_FIELD_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
coati_field_row_init(CoatiFieldRow *row)
{
}

CoatiFieldRow *
coati_field_row_new(Profile *profile, ProfileField field)
{
    CoatiFieldRow *row = g_object_new(COATI_TYPE_FIELD_ROW, NULL);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *list = gtk_list_box_new();

    row->profile = profile;
    row->field = field;
    make_input(row);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row->input), coati_field_label(field));
    /* The row's title does not name the entry inside to screen readers. */
    if (GTK_IS_EDITABLE(row->input))
        gtk_accessible_update_property(
            GTK_ACCESSIBLE(gtk_editable_get_delegate(GTK_EDITABLE(row->input))),
            GTK_ACCESSIBLE_PROPERTY_LABEL, coati_field_label(field), -1);
    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    gtk_list_box_append(GTK_LIST_BOX(list), row->input);
    row->error = GTK_LABEL(gtk_label_new(NULL));
    gtk_label_set_xalign(row->error, 0);
    gtk_label_set_wrap(row->error, TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(row->error), "error");
    gtk_widget_add_css_class(GTK_WIDGET(row->error), "caption");
    gtk_widget_set_margin_start(GTK_WIDGET(row->error), 12);
    gtk_widget_set_margin_top(GTK_WIDGET(row->error), 6);
    gtk_widget_set_visible(GTK_WIDGET(row->error), FALSE);
    gtk_box_append(GTK_BOX(box), list);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(row->error));
    adw_bin_set_child(ADW_BIN(row), box);
    gtk_widget_set_margin_bottom(GTK_WIDGET(row), 6);
    return row;
}

ProfileField
coati_field_row_field(CoatiFieldRow *row)
{
    return row->field;
}

gboolean
coati_field_row_is_valid(CoatiFieldRow *row)
{
    return !row->is_invalid;
}
