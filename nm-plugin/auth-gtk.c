/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nm-coati-auth-dialog-gtk: asks for the secrets of a connection in a window, for agents of
 * NetworkManager that leave asking to the helper.
 *
 * Answers go to standard output as such agents read them, a line with the name and a line with the
 * value for each secret, then two empty lines; the helper stays until it is told QUIT. A window that
 * is closed ends it with exit code 1 and no answer.
 */
#include "auth-request.h"

#include <gtk/gtk.h>
#include <string.h>

typedef struct {
    AuthRequest *request;
    GPtrArray *inputs; /* GtkWidget, one for each field; NULL where nothing is asked */
    GMainLoop *loop;
    gboolean is_answered;
} Dialog;

static void
accept(Dialog *dialog)
{
    for (guint i = 0; i < dialog->request->fields->len; i++) {
        AuthField *field = dialog->request->fields->pdata[i];
        GtkWidget *input = dialog->inputs->pdata[i];

        if (input == NULL)
            continue;
        g_free(field->value);
        field->value = g_strdup(gtk_editable_get_text(GTK_EDITABLE(input)));
    }
    dialog->is_answered = TRUE;
    g_main_loop_quit(dialog->loop);
}

static void
cancel(Dialog *dialog)
{
    g_main_loop_quit(dialog->loop);
}

static gboolean
on_close(GtkWindow *window, gpointer user_data)
{
    cancel(user_data);
    return TRUE;
}

static gboolean
on_escape(GtkWidget *widget, GVariant *arguments, gpointer user_data)
{
    cancel(user_data);
    return TRUE;
}

static GtkWidget *
input_new(const AuthField *field)
{
    GtkWidget *input;

    if (field->is_shown) {
        input = gtk_entry_new();
        gtk_entry_set_activates_default(GTK_ENTRY(input), TRUE);
    } else {
        input = gtk_password_entry_new();
        gtk_password_entry_set_show_peek_icon(GTK_PASSWORD_ENTRY(input), TRUE);
        g_object_set(input, "activates-default", TRUE, NULL);
    }
    if (field->value != NULL)
        gtk_editable_set_text(GTK_EDITABLE(input), field->value);
    gtk_widget_set_hexpand(input, TRUE);
    return input;
}

static GtkWidget *
fields_new(Dialog *dialog)
{
    GtkWidget *grid = gtk_grid_new();

    gtk_grid_set_row_spacing(GTK_GRID(grid), 6);
    gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
    for (guint i = 0; i < dialog->request->fields->len; i++) {
        const AuthField *field = dialog->request->fields->pdata[i];
        GtkWidget *input = field->should_ask ? input_new(field) : NULL;
        GtkWidget *label;

        g_ptr_array_add(dialog->inputs, input);
        if (input == NULL)
            continue;
        label = gtk_label_new(field->label);
        gtk_widget_set_halign(label, GTK_ALIGN_START);
        gtk_label_set_mnemonic_widget(GTK_LABEL(label), input);
        gtk_accessible_update_relation(GTK_ACCESSIBLE(input), GTK_ACCESSIBLE_RELATION_LABELLED_BY,
                                       label, NULL, -1);
        gtk_grid_attach(GTK_GRID(grid), label, 0, (int)i, 1, 1);
        gtk_grid_attach(GTK_GRID(grid), input, 1, (int)i, 1, 1);
    }
    return grid;
}

static GtkWidget *
button_new(const char *label, GCallback clicked, Dialog *dialog)
{
    GtkWidget *button = gtk_button_new_with_label(label);

    g_signal_connect_swapped(button, "clicked", clicked, dialog);
    return button;
}

static void
add_bar(GtkWindow *window, Dialog *dialog)
{
    GtkWidget *bar = gtk_header_bar_new();
    GtkWidget *connect = button_new("Connect", G_CALLBACK(accept), dialog);

    gtk_widget_add_css_class(connect, "suggested-action");
    gtk_header_bar_set_show_title_buttons(GTK_HEADER_BAR(bar), FALSE);
    gtk_header_bar_pack_start(GTK_HEADER_BAR(bar),
                              button_new("Cancel", G_CALLBACK(cancel), dialog));
    gtk_header_bar_pack_end(GTK_HEADER_BAR(bar), connect);
    gtk_window_set_titlebar(window, bar);
    gtk_window_set_default_widget(window, connect);
}

static GtkWindow *
window_new(Dialog *dialog)
{
    g_autofree char *title = g_strdup_printf("VPN \"%s\"", dialog->request->name);
    GtkWindow *window = GTK_WINDOW(gtk_window_new());
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    GtkWidget *message = gtk_label_new(dialog->request->message);
    GtkEventController *keys = gtk_shortcut_controller_new();

    gtk_window_set_title(window, title);
    gtk_window_set_default_size(window, 460, -1);
    gtk_window_set_resizable(window, FALSE);
    gtk_label_set_wrap(GTK_LABEL(message), TRUE);
    gtk_label_set_xalign(GTK_LABEL(message), 0);
    gtk_label_set_max_width_chars(GTK_LABEL(message), 50);
    gtk_widget_set_margin_top(box, 18);
    gtk_widget_set_margin_bottom(box, 18);
    gtk_widget_set_margin_start(box, 18);
    gtk_widget_set_margin_end(box, 18);
    gtk_box_append(GTK_BOX(box), message);
    gtk_box_append(GTK_BOX(box), fields_new(dialog));
    gtk_window_set_child(window, box);
    add_bar(window, dialog);
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                         gtk_callback_action_new(on_escape, dialog, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(window), keys);
    g_signal_connect(window, "close-request", G_CALLBACK(on_close), dialog);
    return window;
}

/* FALSE when the person does not want to. */
static gboolean
ask(AuthRequest *request)
{
    Dialog dialog = {.request = request};
    GtkWindow *window;

    dialog.inputs = g_ptr_array_new();
    dialog.loop = g_main_loop_new(NULL, FALSE);
    window = window_new(&dialog);
    gtk_window_present(window);
    g_main_loop_run(dialog.loop);
    gtk_window_destroy(window);
    g_ptr_array_unref(dialog.inputs);
    g_main_loop_unref(dialog.loop);
    return dialog.is_answered;
}

static void
print_answers(const AuthRequest *request)
{
    for (guint i = 0; i < request->fields->len; i++) {
        const AuthField *field = request->fields->pdata[i];

        if (field->value != NULL)
            printf("%s\n%s\n", field->name, field->value);
    }
    printf("\n\n");
    fflush(stdout);
}

/* The agent has read everything once it says so, or closes the pipe. */
static void
wait_for_quit(void)
{
    char line[16];

    while (fgets(line, sizeof line, stdin) != NULL)
        if (strncmp(line, "QUIT", 4) == 0)
            return;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(AuthRequest) request = auth_request_new(&argc, &argv, &error);

    if (request == NULL) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    auth_request_read(request, stdin);
    if (auth_request_is_open(request)) {
        if (!gtk_init_check()) {
            g_printerr("There is no display to ask on; connect with nmcli --ask\n");
            return 1;
        }
        if (!ask(request))
            return 1;
    }
    print_answers(request);
    wait_for_quit();
    return 0;
}
