/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign-in.h"

#include "trust-question.h"

#include <glib/gi18n.h>
#include <string.h>

struct _CoatiSignIn {
    AdwWindow parent;
    CoatiQuestion *question;
    GPtrArray *inputs; /* GtkWidget of each field */
    GtkLabel *heading;
    GtkLabel *complaint;
    GtkLabel *message;
    AdwPreferencesGroup *fields;
    AdwPreferencesGroup *saving;
    GtkSwitch *save;
};

G_DEFINE_FINAL_TYPE(CoatiSignIn, coati_sign_in, ADW_TYPE_WINDOW)

static char *
input_text(GtkWidget *input, const CoatiField *field)
{
    if (field->type == COATI_FIELD_CHOICE) {
        guint chosen = adw_combo_row_get_selected(ADW_COMBO_ROW(input));

        return g_strdup(chosen < g_strv_length(field->choices) ? field->choices[chosen] : "");
    }
    return g_strdup(gtk_editable_get_text(GTK_EDITABLE(input)));
}

static void
on_answer(CoatiSignIn *dialog)
{
    GPtrArray *fields = coati_question_fields(dialog->question);
    g_autofree char **values = g_new0(char *, fields->len + 1);

    for (guint i = 0; i < fields->len; i++)
        values[i] = input_text(dialog->inputs->pdata[i], fields->pdata[i]);
    coati_question_answer(dialog->question, (const char *const *)values,
                          gtk_switch_get_active(dialog->save));
    for (guint i = 0; i < fields->len; i++) {
        explicit_bzero(values[i], strlen(values[i]));
        g_free(values[i]);
    }
    gtk_window_destroy(GTK_WINDOW(dialog));
}

static void
on_cancel(CoatiSignIn *dialog)
{
    coati_question_cancel(dialog->question);
    gtk_window_destroy(GTK_WINDOW(dialog));
}

static gboolean
on_close_request(GtkWindow *window, gpointer user_data)
{
    coati_question_cancel(COATI_SIGN_IN(window)->question);
    return FALSE;
}

/* Enter in a field goes on to the next, in the last one answers. */
static void
on_entry_activated(GtkWidget *input, gpointer user_data)
{
    CoatiSignIn *dialog = user_data;
    guint index;

    if (g_ptr_array_find(dialog->inputs, input, &index) && index + 1 < dialog->inputs->len)
        gtk_widget_grab_focus(dialog->inputs->pdata[index + 1]);
    else
        on_answer(dialog);
}

static GtkWidget *
choice_new(const CoatiField *field)
{
    g_autoptr(GtkStringList) list = gtk_string_list_new((const char *const *)field->choices);
    GtkWidget *row = adw_combo_row_new();

    adw_combo_row_set_model(ADW_COMBO_ROW(row), G_LIST_MODEL(list));
    return row;
}

static GtkWidget *
input_new(CoatiSignIn *dialog, const CoatiField *field)
{
    GtkWidget *row;

    if (field->type == COATI_FIELD_CHOICE) {
        row = choice_new(field);
    } else {
        row = field->type == COATI_FIELD_TEXT ? adw_entry_row_new() : adw_password_entry_row_new();
        gtk_editable_set_text(GTK_EDITABLE(row), field->value);
        g_signal_connect(row, "entry-activated", G_CALLBACK(on_entry_activated), dialog);
    }
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), field->label);
    /* The row's title does not name the entry inside to screen readers. */
    if (GTK_IS_EDITABLE(row))
        gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_editable_get_delegate(GTK_EDITABLE(row))),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, field->label, -1);
    return row;
}

/* The first field that is not filled in yet. */
static void
focus_first(CoatiSignIn *dialog)
{
    GPtrArray *fields = coati_question_fields(dialog->question);

    for (guint i = 0; i < fields->len; i++) {
        const CoatiField *field = fields->pdata[i];

        if (field->type == COATI_FIELD_CHOICE || field->value[0] != '\0')
            continue;
        gtk_widget_grab_focus(dialog->inputs->pdata[i]);
        return;
    }
}

static void
set_text(GtkLabel *label, const char *text)
{
    gtk_label_set_text(label, text != NULL ? text : "");
    gtk_widget_set_visible(GTK_WIDGET(label), text != NULL && text[0] != '\0');
}

static void
take_question(CoatiSignIn *dialog, CoatiQuestion *question)
{
    GPtrArray *fields = coati_question_fields(question);
    const char *id = coati_question_connection_id(question);
    g_autofree char *heading = g_strdup_printf(_("Sign in to %s"), id);

    dialog->question = g_object_ref(question);
    gtk_window_set_title(GTK_WINDOW(dialog), heading);
    set_text(dialog->heading, heading);
    set_text(dialog->complaint, coati_question_complaint(question));
    set_text(dialog->message, coati_question_message(question));
    for (guint i = 0; i < fields->len; i++) {
        GtkWidget *input = input_new(dialog, fields->pdata[i]);

        g_ptr_array_add(dialog->inputs, input);
        adw_preferences_group_add(dialog->fields, input);
    }
    gtk_widget_set_visible(GTK_WIDGET(dialog->saving), coati_question_may_save(question));
    g_signal_connect_object(question, "withdrawn", G_CALLBACK(gtk_window_destroy), dialog,
                            G_CONNECT_SWAPPED);
    focus_first(dialog);
}

static void
coati_sign_in_finalize(GObject *object)
{
    CoatiSignIn *dialog = COATI_SIGN_IN(object);

    g_clear_object(&dialog->question);
    g_ptr_array_unref(dialog->inputs);
    G_OBJECT_CLASS(coati_sign_in_parent_class)->finalize(object);
}

static void
coati_sign_in_class_init(CoatiSignInClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = coati_sign_in_finalize;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/coati/Coati/sign-in.ui");
    gtk_widget_class_bind_template_child(widget_class, CoatiSignIn, heading);
    gtk_widget_class_bind_template_child(widget_class, CoatiSignIn, complaint);
    gtk_widget_class_bind_template_child(widget_class, CoatiSignIn, message);
    gtk_widget_class_bind_template_child(widget_class, CoatiSignIn, fields);
    gtk_widget_class_bind_template_child(widget_class, CoatiSignIn, saving);
    gtk_widget_class_bind_template_child(widget_class, CoatiSignIn, save);
    gtk_widget_class_bind_template_callback(widget_class, on_answer);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_bind_template_callback(widget_class, on_close_request);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
coati_sign_in_init(CoatiSignIn *dialog)
{
    dialog->inputs = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(dialog));
}

void
coati_sign_in_present(GtkWindow *parent, CoatiQuestion *question)
{
    CoatiSignIn *dialog;

    if (coati_question_certificate(question) != NULL) {
        coati_trust_question_present(parent, question);
        return;
    }
    dialog = g_object_new(COATI_TYPE_SIGN_IN, "transient-for", parent, NULL);
    take_question(dialog, question);
    gtk_window_present(GTK_WINDOW(dialog));
}
