/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include "dbus/agent-port.h"
#include "prompt.h"
#include "remote.h"
#include "say.h"

#include <string.h>

struct CliAgent {
    Cli *cli;
    Prompt *prompt;
    AgentPort *port;
    GCancellable *cancellable;
    char *token; /* of the question on the terminal; NULL without one */
};

/* One question while it is on the terminal. */
typedef struct {
    Prompt *prompt;
    char *message;
    GVariant *fields;
    GVariantDict *info;
    GVariantBuilder answers;
    gboolean may_save;
} Question;

static void
question_free(gpointer data)
{
    Question *question = data;

    g_free(question->message);
    g_variant_unref(question->fields);
    g_variant_dict_unref(question->info);
    g_variant_builder_clear(&question->answers);
    g_free(question);
}

static char *
date_text(gint64 unix_seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(unix_seconds);

    return time != NULL ? g_date_time_format(time, "%Y-%m-%d") : g_strdup("?");
}

static void
print_labelled(Prompt *prompt, const char *label, const char *text)
{
    g_autofree char *line = g_strdup_printf("  %-12s %s", label, text);

    prompt_print(prompt, line);
}

/* What a person needs to compare with what the administrator says. */
static void
show_certificate(Question *question, GVariant *certificate)
{
    static const char *const rows[][2] = {
        {"subject", "Subject"}, {"names", "Names"}, {"issuer", "Issuer"}, {"sha256", "SHA-256"}};
    g_autoptr(GVariantDict) dict = g_variant_dict_new(certificate);
    gint64 from = 0;
    gint64 until = 0;

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (remote_text(dict, rows[i][0])[0] != '\0')
            print_labelled(question->prompt, rows[i][1], remote_text(dict, rows[i][0]));
    if (g_variant_dict_lookup(dict, "not-before", "x", &from) &&
        g_variant_dict_lookup(dict, "not-after", "x", &until)) {
        g_autofree char *first = date_text(from);
        g_autofree char *last = date_text(until);
        g_autofree char *text = g_strdup_printf("%s to %s", first, last);

        print_labelled(question->prompt, "Valid", text);
    }
    if (remote_number(dict, "key-bits") > 0) {
        g_autofree char *text =
            g_strdup_printf("%" G_GUINT64_FORMAT " bits", remote_number(dict, "key-bits"));

        print_labelled(question->prompt, "Key", text);
    }
}

/* The whole word, since a habit of typing "y" would be no check. */
static gboolean
ask_trust(Question *question, const char *name, GCancellable *cancellable, GError **error)
{
    g_autoptr(Secret) line =
        prompt_line(question->prompt, "Is this your gateway? Type yes to accept it from now on",
                    TRUE, cancellable, error);

    if (line == NULL)
        return FALSE;
    g_variant_builder_add(
        &question->answers, "{sv}", name,
        g_variant_new_string(strcmp(secret_text(line), "yes") == 0 ? "accept" : "refuse"));
    return TRUE;
}

/* "1) office, 2) home": a number or the word itself. */
static gboolean
ask_choice(Question *question, const char *name, GVariantDict *field, GCancellable *cancellable,
           GError **error)
{
    g_autofree const char **choices = remote_texts(field, "choices");

    for (guint i = 0; choices[i] != NULL; i++) {
        g_autofree char *line = g_strdup_printf("  %u) %s", i + 1, choices[i]);

        prompt_print(question->prompt, line);
    }
    for (;;) {
        g_autoptr(Secret) line =
            prompt_line(question->prompt, remote_text(field, "label"), TRUE, cancellable, error);
        guint64 number;

        if (line == NULL)
            return FALSE;
        number = g_ascii_strtoull(secret_text(line), NULL, 10);
        for (guint i = 0; choices[i] != NULL; i++)
            if (number == i + 1 || strcmp(secret_text(line), choices[i]) == 0) {
                g_variant_builder_add(&question->answers, "{sv}", name,
                                      g_variant_new_string(choices[i]));
                return TRUE;
            }
    }
}

static gboolean
ask_text(Question *question, const char *name, GVariantDict *field, GCancellable *cancellable,
         GError **error)
{
    const char *type = remote_text(field, "type");
    const char *known = remote_text(field, "value");
    gboolean has_echo = strcmp(type, "text") == 0;
    gboolean is_shown = has_echo && known[0] != '\0';
    g_autofree char *label = NULL;
    g_autoptr(Secret) line = NULL;

    g_variant_dict_lookup(field, "echo", "b", &has_echo);
    label = g_strdup_printf(
        "%s%s%s%s", remote_text(field, "label")[0] != '\0' ? remote_text(field, "label") : name,
        is_shown ? " [" : "", is_shown ? known : "", is_shown ? "]" : "");
    line = prompt_line(question->prompt, label, has_echo, cancellable, error);
    if (line == NULL)
        return FALSE;
    if (strcmp(remote_text(field, "save"), "allowed") == 0 && strcmp(type, "secret") == 0)
        question->may_save = TRUE;
    if (!g_utf8_validate(secret_text(line), -1, NULL)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the answer is not UTF-8");
        return FALSE;
    }
    g_variant_builder_add(
        &question->answers, "{sv}", name,
        g_variant_new_string(secret_length(line) == 0 && is_shown ? known : secret_text(line)));
    return TRUE;
}

static gboolean
ask_field(Question *question, const char *name, GVariantDict *field, GCancellable *cancellable,
          GError **error)
{
    if (strcmp(name, "trust") == 0)
        return ask_trust(question, name, cancellable, error);
    if (strcmp(remote_text(field, "type"), "choice") == 0)
        return ask_choice(question, name, field, cancellable, error);
    return ask_text(question, name, field, cancellable, error);
}

static gboolean
ask_save(Question *question, GCancellable *cancellable, GError **error)
{
    g_autoptr(Secret) line = NULL;

    if (!question->may_save)
        return TRUE;
    line = prompt_line(question->prompt, "Save the password? [y/N]", TRUE, cancellable, error);
    if (line == NULL)
        return FALSE;
    g_variant_builder_add(
        &question->answers, "{sv}", "save",
        g_variant_new_boolean(g_ascii_strncasecmp(secret_text(line), "y", 1) == 0));
    return TRUE;
}

/* Why it is asked, what went wrong last, and what the gateway itself says. */
static void
introduce(Question *question)
{
    g_autoptr(GVariant) certificate =
        g_variant_dict_lookup_value(question->info, "certificate", G_VARIANT_TYPE_VARDICT);
    const char *token = remote_text(question->info, "reason");
    guint64 attempt = remote_number(question->info, "attempt");
    Reason reason = REASON_NONE;

    if (attempt > 1 && token[0] != '\0' && reason_find(token, &reason)) {
        g_autofree char *line =
            g_strdup_printf("%s. Attempt %" G_GUINT64_FORMAT ":", reason_title(reason), attempt);

        prompt_print(question->prompt, line);
    }
    if (question->message[0] != '\0')
        prompt_print(question->prompt, question->message);
    if (certificate != NULL)
        show_certificate(question, certificate);
}

static void
ask(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    Question *question = data;
    g_autoptr(GVariantIter) iter = g_variant_iter_new(question->fields);
    GError *error = NULL;
    const char *name;
    GVariant *attributes;

    introduce(question);
    while (g_variant_iter_next(iter, "(&s@a{sv})", &name, &attributes)) {
        g_autoptr(GVariantDict) field = g_variant_dict_new(attributes);
        gboolean is_answered = ask_field(question, name, field, cancellable, &error);

        g_variant_unref(attributes);
        if (!is_answered) {
            g_task_return_error(task, error);
            return;
        }
    }
    if (!ask_save(question, cancellable, &error)) {
        g_task_return_error(task, error);
        return;
    }
    g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(&question->answers)),
                          (GDestroyNotify)g_variant_unref);
}

static void
on_answered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    CliAgent *agent = user_data;
    g_autofree char *token = g_steal_pointer(&agent->token);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answers = g_task_propagate_pointer(G_TASK(result), &error);

    if (answers != NULL)
        agent_port_answer(agent->port, token, answers);
    else
        agent_port_cancel(agent->port, token, error->message);
}

static void
on_asked(const char *token, const char *connection, const char *message, GVariant *fields,
         GVariant *info, gpointer user_data)
{
    CliAgent *agent = user_data;
    g_autoptr(GTask) task = NULL;
    Question *question;

    if (agent->token != NULL) {
        agent_port_decline(agent->port, token, "not now");
        return;
    }
    question = g_new0(Question, 1);
    question->prompt = agent->prompt;
    question->message = g_strdup(message);
    question->fields = g_variant_ref(fields);
    question->info = g_variant_dict_new(info);
    g_variant_builder_init(&question->answers, G_VARIANT_TYPE_VARDICT);
    agent->token = g_strdup(token);
    g_clear_object(&agent->cancellable);
    agent->cancellable = g_cancellable_new();
    task = g_task_new(NULL, agent->cancellable, on_answered, agent);
    g_task_set_task_data(task, question, question_free);
    g_task_run_in_thread(task, ask);
}

static void
on_withdrawn(const char *token, const char *reason, gpointer user_data)
{
    CliAgent *agent = user_data;

    if (g_strcmp0(token, agent->token) == 0)
        g_cancellable_cancel(agent->cancellable);
}

static const AgentPortEvents events = {on_asked, on_withdrawn, NULL};

static char *
service_owner(Cli *cli, GError **error)
{
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        cli->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "GetNameOwner", g_variant_new("(s)", CLI_BUS), G_VARIANT_TYPE("(s)"),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
    char *owner = NULL;

    if (reply != NULL)
        g_variant_get(reply, "(s)", &owner);
    return owner;
}

CliAgent *
agent_new(Cli *cli, GError **error)
{
    g_autoptr(CliAgent) agent = NULL;
    g_autoptr(GVariant) reply = NULL;
    g_autofree char *owner = NULL;
    g_autoptr(Prompt) prompt = prompt_open();

    if (prompt == NULL)
        return NULL;
    agent = g_new0(CliAgent, 1);
    agent->cli = cli;
    agent->prompt = g_steal_pointer(&prompt);
    owner = service_owner(cli, error);
    if (owner != NULL)
        agent->port = agent_port_new(cli->bus, &events, agent, error);
    if (agent->port == NULL)
        return NULL;
    agent_port_set_owner(agent->port, owner);
    reply = remote_call(cli, CLI_ROOT, CLI_MANAGER, "RegisterAgent", agent_port_registration(),
                        NULL, error);
    return reply != NULL ? g_steal_pointer(&agent) : NULL;
}

/* A question may still be on the terminal: it is withdrawn, and its thread waited for. */
void
agent_free(CliAgent *agent)
{
    if (agent == NULL)
        return;
    if (agent->cancellable != NULL)
        g_cancellable_cancel(agent->cancellable);
    while (agent->token != NULL)
        g_main_context_iteration(NULL, TRUE);
    agent_port_free(agent->port);
    prompt_close(agent->prompt);
    g_clear_object(&agent->cancellable);
    g_free(agent);
}
