/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "question.h"

#include "names.h"

#include <string.h>

struct NmCoatiQuestion {
    GDBusMethodInvocation *invocation;
    char *message;
    GPtrArray *fields;   /* char *: coatid's names, in the order of hints */
    GPtrArray *hints;    /* char *, names of secrets first, the message and NULL last */
    GPtrArray *one_time; /* names in hints, NULL last */
    char *user;          /* who it is about, when only the rest is asked for; or NULL */
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
                           "\"accept\" to trust it this time. To trust it for good put it into the "
                           "connection: nmcli connection modify NAME +vpn.data "
                           "identity.pinned-sha256=%s",
                           subject, names, sha256, sha256);
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

/* A one-time code that the gateway calls a password must not take the stored password's place. */
static const char *
secret_name(const char *field, gboolean is_once)
{
    return is_once && g_str_equal(field, NM_COATI_PASSWORD) ? NM_COATI_PASSCODE : field;
}

/* The connection says who logs in: after a refusal the password is asked for alone. */
static gboolean
is_settled(NmCoatiQuestion *question, const char *field, GVariant *attributes, gsize count)
{
    return count > 1 && g_str_equal(field, NM_COATI_USER) &&
           g_variant_lookup(attributes, "value", "s", &question->user);
}

static void
add_field(NmCoatiQuestion *question, const char *field, GVariant *attributes)
{
    const char *type = "";
    const char *save = "";
    const char *name;

    g_variant_lookup(attributes, "type", "&s", &type);
    g_variant_lookup(attributes, "save", "&s", &save);
    name = secret_name(field, g_str_equal(type, "otp"));
    g_ptr_array_add(question->fields, g_strdup(field));
    g_ptr_array_add(question->hints, g_strdup(name));
    /* A password that is asked for is kept as the connection says. */
    if (!g_str_equal(name, NM_COATI_PASSWORD) && !g_str_equal(name, NM_COATI_GROUP_PASSWORD))
        g_ptr_array_add(question->one_time, question->hints->pdata[question->hints->len - 1]);
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
    question->fields = g_ptr_array_new_with_free_func(g_free);
    question->hints = g_ptr_array_new_with_free_func(g_free);
    question->one_time = g_ptr_array_new();
    g_variant_iter_init(&iter, fields);
    while (g_variant_iter_next(&iter, "(&s@a{sv})", &name, &attributes)) {
        if (!is_settled(question, name, attributes, g_variant_n_children(fields)))
            add_field(question, name, attributes);
        g_variant_unref(attributes);
    }
    g_ptr_array_add(question->hints, g_strconcat(NM_COATI_MESSAGE_HINT, question->message, NULL));
    g_ptr_array_add(question->hints, NULL);
    g_ptr_array_add(question->one_time, NULL);
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

const char *const *
nm_coati_question_one_time(const NmCoatiQuestion *question)
{
    return (const char *const *)question->one_time->pdata;
}

static void
question_free(NmCoatiQuestion *question)
{
    g_free(question->message);
    g_free(question->user);
    g_ptr_array_unref(question->fields);
    g_ptr_array_unref(question->one_time);
    g_ptr_array_unref(question->hints);
    g_free(question);
}

void
nm_coati_question_answer(NmCoatiQuestion *question, NMConnection *connection)
{
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);
    GVariantBuilder answers;

    g_variant_builder_init(&answers, G_VARIANT_TYPE_VARDICT);
    if (question->user != NULL)
        g_variant_builder_add(&answers, "{sv}", NM_COATI_USER,
                              g_variant_new_string(question->user));
    for (guint i = 0; i < question->fields->len; i++) {
        const char *value = nm_setting_vpn_get_secret(vpn, question->hints->pdata[i]);

        if (value != NULL)
            g_variant_builder_add(&answers, "{sv}", (const char *)question->fields->pdata[i],
                                  g_variant_new_string(value));
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
