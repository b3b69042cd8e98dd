/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "question-private.h"

#include "words.h"

#include <string.h>

struct _CoatiQuestion {
    GObject parent;
    char *token;
    char *message;
    char *complaint;
    char *connection_id;
    char *gateway;
    GPtrArray *fields;
    CoatiCertificate *certificate;
    char *trust; /* name of the field that takes the verdict */
    gboolean is_over;
};

G_DEFINE_FINAL_TYPE(CoatiQuestion, coati_question, G_TYPE_OBJECT)

enum { ANSWERED, CANCELLED, WITHDRAWN, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* Labels of the service are English. */
static const char *const labels[][2] = {
    {"user", N_("User name")},
    {"password", N_("Password")},
    {"passcode", N_("Passcode")},
    {"domain", N_("Domain")},
    {"next-pin", N_("New PIN")},
    {"answer", N_("Answer")},
    {"group-password", N_("Group password")},
};

static const struct {
    const char *name;
    CoatiFieldType type;
} types[] = {
    {"text", COATI_FIELD_TEXT},
    {"secret", COATI_FIELD_SECRET},
    {"otp", COATI_FIELD_OTP},
    {"choice", COATI_FIELD_CHOICE},
};

static void
field_free(gpointer data)
{
    CoatiField *field = data;

    g_free(field->name);
    g_free(field->label);
    g_free(field->value);
    g_strfreev(field->choices);
    g_free(field);
}

static char *
label_of(const char *name, GVariant *attributes)
{
    const char *label = name;

    for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
        if (strcmp(labels[i][0], name) == 0)
            return g_strdup(_(labels[i][1]));
    g_variant_lookup(attributes, "label", "&s", &label);
    return g_strdup(label);
}

static CoatiField *
field_new(const char *name, GVariant *attributes)
{
    CoatiField *field = g_new0(CoatiField, 1);
    const char *type = "text";
    const char *value = "";
    const char *save = "never";
    guint32 max = 1024;

    g_variant_lookup(attributes, "type", "&s", &type);
    g_variant_lookup(attributes, "value", "&s", &value);
    g_variant_lookup(attributes, "save", "&s", &save);
    g_variant_lookup(attributes, "max-length", "u", &max);
    g_variant_lookup(attributes, "choices", "^as", &field->choices);
    field->name = g_strdup(name);
    /* What is not known is not shown on the screen. */
    field->type = COATI_FIELD_SECRET;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].name, type) == 0)
            field->type = types[i].type;
    field->label = label_of(name, attributes);
    field->value = g_strdup(value);
    field->max_octets = max;
    field->may_save = field->type == COATI_FIELD_SECRET && strcmp(save, "allowed") == 0;
    return field;
}

static void
take_fields(CoatiQuestion *question, GVariant *fields, GVariant *certificate)
{
    GVariantIter iter;
    const char *name;
    GVariant *attributes;

    g_variant_iter_init(&iter, fields);
    while (g_variant_iter_next(&iter, "(&s@a{sv})", &name, &attributes)) {
        if (certificate != NULL && strcmp(name, "trust") == 0)
            question->trust = g_strdup(name);
        else
            g_ptr_array_add(question->fields, field_new(name, attributes));
        g_variant_unref(attributes);
    }
}

static char *
complaint_new(GVariant *info)
{
    const char *token = "";
    guint32 attempt = 1;
    Reason reason;

    g_variant_lookup(info, "reason", "&s", &token);
    g_variant_lookup(info, "attempt", "u", &attempt);
    if (attempt < 2 || !reason_find(token, &reason))
        return NULL;
    /* TRANSLATORS: what went wrong, then the number of the attempt. */
    return g_strdup_printf(_("%s. Attempt %u."), _(reason_title(reason)), attempt);
}

CoatiQuestion *
coati_question_new(const char *token, const char *message, GVariant *fields, GVariant *info)
{
    CoatiQuestion *question = g_object_new(COATI_TYPE_QUESTION, NULL);
    g_autoptr(GVariant) certificate =
        g_variant_lookup_value(info, "certificate", G_VARIANT_TYPE_VARDICT);
    gboolean is_from_gateway = TRUE;

    question->token = g_strdup(token);
    g_variant_lookup(info, "is-from-gateway", "b", &is_from_gateway);
    question->message = g_strdup(is_from_gateway ? message : "");
    question->complaint = complaint_new(info);
    if (!g_variant_lookup(info, "connection-id", "s", &question->connection_id))
        question->connection_id = g_strdup("");
    if (!g_variant_lookup(info, "gateway", "s", &question->gateway))
        question->gateway = g_strdup("");
    if (certificate != NULL)
        question->certificate = coati_certificate_new_shown(certificate);
    take_fields(question, fields, certificate);
    return question;
}

static void
coati_question_finalize(GObject *object)
{
    CoatiQuestion *question = COATI_QUESTION(object);

    g_free(question->token);
    g_free(question->message);
    g_free(question->complaint);
    g_free(question->connection_id);
    g_free(question->gateway);
    g_free(question->trust);
    g_ptr_array_unref(question->fields);
    g_clear_object(&question->certificate);
    G_OBJECT_CLASS(coati_question_parent_class)->finalize(object);
}

static void
coati_question_class_init(CoatiQuestionClass *class)
{
    G_OBJECT_CLASS(class)->finalize = coati_question_finalize;
    signals[ANSWERED] =
        g_signal_new("answered", COATI_TYPE_QUESTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 3, G_TYPE_VARIANT, G_TYPE_STRV, G_TYPE_BOOLEAN);
    signals[CANCELLED] = g_signal_new("cancelled", COATI_TYPE_QUESTION, G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 0);
    signals[WITHDRAWN] = g_signal_new("withdrawn", COATI_TYPE_QUESTION, G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 0);
}

static void
coati_question_init(CoatiQuestion *question)
{
    question->fields = g_ptr_array_new_with_free_func(field_free);
}

const char *
coati_question_token(CoatiQuestion *question)
{
    return question->token;
}

const char *
coati_question_connection_id(CoatiQuestion *question)
{
    return question->connection_id;
}

const char *
coati_question_gateway(CoatiQuestion *question)
{
    return question->gateway;
}

const char *
coati_question_message(CoatiQuestion *question)
{
    return question->message;
}

const char *
coati_question_complaint(CoatiQuestion *question)
{
    return question->complaint;
}

GPtrArray *
coati_question_fields(CoatiQuestion *question)
{
    return question->fields;
}

CoatiCertificate *
coati_question_certificate(CoatiQuestion *question)
{
    return question->certificate;
}

gboolean
coati_question_may_save(CoatiQuestion *question)
{
    for (guint i = 0; i < question->fields->len; i++)
        if (((CoatiField *)question->fields->pdata[i])->may_save)
            return TRUE;
    return FALSE;
}

const char *
coati_question_value(CoatiQuestion *question, const char *const *values, const char *name)
{
    for (guint i = 0; i < question->fields->len; i++)
        if (strcmp(((CoatiField *)question->fields->pdata[i])->name, name) == 0)
            return values[i];
    return NULL;
}

void
coati_question_answer(CoatiQuestion *question, const char *const *values, gboolean is_to_save)
{
    GVariantBuilder answers;
    g_autoptr(GVariant) answer = NULL;

    if (question->is_over)
        return;
    question->is_over = TRUE;
    g_variant_builder_init(&answers, G_VARIANT_TYPE_VARDICT);
    for (guint i = 0; i < question->fields->len; i++)
        g_variant_builder_add(&answers, "{sv}", ((CoatiField *)question->fields->pdata[i])->name,
                              g_variant_new_string(values[i]));
    answer = g_variant_ref_sink(g_variant_builder_end(&answers));
    g_signal_emit(question, signals[ANSWERED], 0, answer, values, is_to_save);
}

void
coati_question_answer_trust(CoatiQuestion *question, gboolean is_accepted)
{
    static const char *const none[] = {NULL};
    GVariantBuilder answers;
    g_autoptr(GVariant) answer = NULL;

    if (question->is_over || question->trust == NULL)
        return;
    question->is_over = TRUE;
    g_variant_builder_init(&answers, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&answers, "{sv}", question->trust,
                          g_variant_new_string(is_accepted ? "accept" : "refuse"));
    answer = g_variant_ref_sink(g_variant_builder_end(&answers));
    g_signal_emit(question, signals[ANSWERED], 0, answer, none, FALSE);
}

void
coati_question_cancel(CoatiQuestion *question)
{
    if (question->is_over)
        return;
    question->is_over = TRUE;
    g_signal_emit(question, signals[CANCELLED], 0);
}

void
coati_question_withdraw(CoatiQuestion *question)
{
    if (question->is_over)
        return;
    question->is_over = TRUE;
    g_signal_emit(question, signals[WITHDRAWN], 0);
}
