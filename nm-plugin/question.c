/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "question.h"

#include "names.h"

#include <string.h>

struct NmCoatiQuestion {
    GDBusMethodInvocation *invocation;
    char *message;
    GPtrArray *hints; /* char *, names first, the message and NULL last */
    gsize name_count;
};

static char *
certificate_text(GVariant *certificate)
{
    const char *subject = "";
    const char *names = "";
    const char *sha256 = "";

    g_variant_lookup(certificate, "subject", "&s", &subject);
    g_variant_lookup(certificate, "names", "&s", &names);
    g_variant_lookup(certificate, "sha256", "&s", &sha256);
    return g_strdup_printf("The gateway shows this certificate for the first time: %s (%s), "
                           "SHA-256 %s. Compare it with what your administrator says and type "
                           "\"accept\" to trust it from now on.",
                           subject, names, sha256);
}

static char *
message_text(const char *message, GVariant *info)
{
    g_autoptr(GVariant) certificate = NULL;
    guint attempt = 1;

    certificate = g_variant_lookup_value(info, "certificate", G_VARIANT_TYPE_VARDICT);
    if (certificate != NULL)
        return certificate_text(certificate);
    g_variant_lookup(info, "attempt", "u", &attempt);
    if (attempt > 1)
        return g_strdup_printf("The gateway refused the last answer (attempt %u). %s", attempt,
                               message);
    return g_strdup(message);
}

NmCoatiQuestion *
nm_coati_question_new(GDBusMethodInvocation *invocation, const char *message, GVariant *fields,
                      GVariant *info)
{
    NmCoatiQuestion *question = g_new0(NmCoatiQuestion, 1);
    GVariantIter iter;
    const char *name;
    GVariant *attributes;

    question->invocation = invocation;
    question->message = message_text(message, info);
    question->hints = g_ptr_array_new_with_free_func(g_free);
    g_variant_iter_init(&iter, fields);
    while (g_variant_iter_next(&iter, "(&s@a{sv})", &name, &attributes)) {
        g_ptr_array_add(question->hints, g_strdup(name));
        g_variant_unref(attributes);
    }
    question->name_count = question->hints->len;
    g_ptr_array_add(question->hints, g_strconcat(NM_COATI_MESSAGE_HINT, question->message, NULL));
    g_ptr_array_add(question->hints, NULL);
    return question;
}

const char *
nm_coati_question_message(const NmCoatiQuestion *question)
{
    return question->message;
}

const char **
nm_coati_question_hints(NmCoatiQuestion *question)
{
    return (const char **)question->hints->pdata;
}

static void
question_free(NmCoatiQuestion *question)
{
    g_free(question->message);
    g_ptr_array_unref(question->hints);
    g_free(question);
}

void
nm_coati_question_answer(NmCoatiQuestion *question, NMConnection *connection)
{
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);
    GVariantBuilder answers;

    g_variant_builder_init(&answers, G_VARIANT_TYPE_VARDICT);
    for (gsize i = 0; i < question->name_count; i++) {
        const char *name = g_ptr_array_index(question->hints, i);
        const char *value = nm_setting_vpn_get_secret(vpn, name);

        if (value != NULL)
            g_variant_builder_add(&answers, "{sv}", name, g_variant_new_string(value));
    }
    g_dbus_method_invocation_return_value(question->invocation, g_variant_new("(a{sv})", &answers));
    question_free(question);
}

void
nm_coati_question_cancel(NmCoatiQuestion *question)
{
    g_dbus_method_invocation_return_dbus_error(question->invocation,
                                               "org.coati.Coati1.Agent.Error.Cancelled",
                                               "The question was cancelled");
    question_free(question);
}
