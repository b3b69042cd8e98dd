/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust-question.h"

#include "certificate-view.h"

#include <glib/gi18n.h>

static void
on_response(AdwMessageDialog *dialog, const char *response, gpointer user_data)
{
    CoatiQuestion *question = user_data;

    if (g_str_equal(response, "accept"))
        coati_question_answer_trust(question, TRUE);
    else if (g_str_equal(response, "refuse"))
        coati_question_answer_trust(question, FALSE);
    else
        coati_question_cancel(question);
}

/* Refusing is what Enter and Escape do: a habit must not pin a stranger. */
void
coati_trust_question_present(GtkWindow *parent, CoatiQuestion *question)
{
    g_autofree char *body = g_strdup_printf(
        _("You connect to %s for the first time. This certificate is how you know that it is your "
          "organisation's gateway: compare the fingerprint with what your administrator says. It "
          "is asked once; another certificate will be refused later."),
        coati_question_gateway(question));
    GtkWidget *dialog = adw_message_dialog_new(parent, _("Is This Your Gateway?"), body);

    adw_message_dialog_set_extra_child(
        ADW_MESSAGE_DIALOG(dialog),
        coati_certificate_view_new(coati_question_certificate(question), NULL));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "refuse", _("_Refuse"), "accept",
                                     _("_Accept From Now On"), NULL);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "refuse");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "close");
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "accept",
                                               ADW_RESPONSE_SUGGESTED);
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), g_object_ref(question),
                          (GClosureNotify)(void (*)(void))g_object_unref, 0);
    g_signal_connect_object(question, "withdrawn", G_CALLBACK(gtk_window_destroy), dialog,
                            G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}
