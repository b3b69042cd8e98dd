/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "steps.h"

struct _CoatiSteps {
    AdwBin parent;
    GtkListBox *list;
    AdwActionRow *rows[COATI_STEP_COUNT];
    GtkStack *marks[COATI_STEP_COUNT];
};

G_DEFINE_FINAL_TYPE(CoatiSteps, coati_steps, ADW_TYPE_BIN)

/* What a row shows: the page of its mark and its words, which do not depend on the picture. */
typedef enum { MARK_WAITING, MARK_GOING_ON, MARK_DONE, MARK_FAILED, MARK_COUNT } Mark;

static const struct {
    const char *icon; /* NULL: a spinner */
    const char *words;
} marks[MARK_COUNT] = {
    [MARK_WAITING] = {"content-loading-symbolic", ""},
    [MARK_GOING_ON] = {NULL, N_("in progress")},
    [MARK_DONE] = {"object-select-symbolic", N_("done")},
    [MARK_FAILED] = {"dialog-error-symbolic", N_("failed")},
};

static void
set_mark(CoatiSteps *steps, guint i, Mark mark)
{
    g_autofree char *name = g_strdup_printf("%u", (guint)mark);

    gtk_stack_set_visible_child_name(steps->marks[i], name);
    adw_action_row_set_subtitle(steps->rows[i],
                                marks[mark].words[0] != '\0' ? _(marks[mark].words) : "");
    gtk_widget_set_sensitive(GTK_WIDGET(steps->rows[i]), mark != MARK_WAITING);
}

void
coati_steps_show(CoatiSteps *steps, CoatiStep step, gboolean is_failed)
{
    for (guint i = 0; i < COATI_STEP_COUNT; i++) {
        if (i < (guint)step)
            set_mark(steps, i, MARK_DONE);
        else if (i == (guint)step)
            set_mark(steps, i, is_failed ? MARK_FAILED : MARK_GOING_ON);
        else
            set_mark(steps, i, MARK_WAITING);
    }
}

static GtkStack *
mark_stack_new(void)
{
    GtkStack *stack = GTK_STACK(gtk_stack_new());

    for (guint i = 0; i < MARK_COUNT; i++) {
        g_autofree char *name = g_strdup_printf("%u", i);
        GtkWidget *picture = NULL;

        if (marks[i].icon != NULL) {
            picture = gtk_image_new_from_icon_name(marks[i].icon);
        } else {
            picture = gtk_spinner_new();
            gtk_spinner_start(GTK_SPINNER(picture));
        }
        gtk_stack_add_named(stack, picture, name);
    }
    return stack;
}

static void
coati_steps_class_init(CoatiStepsClass *class)
{
}

static void
coati_steps_init(CoatiSteps *steps)
{
    steps->list = GTK_LIST_BOX(gtk_list_box_new());
    gtk_list_box_set_selection_mode(steps->list, GTK_SELECTION_NONE);
    gtk_widget_add_css_class(GTK_WIDGET(steps->list), "boxed-list");
    adw_bin_set_child(ADW_BIN(steps), GTK_WIDGET(steps->list));
    for (guint i = 0; i < COATI_STEP_COUNT; i++) {
        steps->rows[i] = ADW_ACTION_ROW(adw_action_row_new());
        steps->marks[i] = mark_stack_new();
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(steps->rows[i]),
                                      coati_step_text((CoatiStep)i));
        adw_action_row_add_prefix(steps->rows[i], GTK_WIDGET(steps->marks[i]));
        gtk_list_box_append(steps->list, GTK_WIDGET(steps->rows[i]));
    }
}
