/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include "client.h"
#include "connection-private.h"
#include "dbus/agent-port.h"
#include "keyring.h"
#include "question-private.h"

#include <string.h>

struct _CoatiAgent {
    GObject parent;
    CoatiClient *client; /* it owns the agent */
    AgentPort *port;
    GCancellable *cancellable;
    GHashTable *open; /* token -> Open */
    GHashTable
        *pending;       /* path of a connection -> KeyringLogin that waits for the gateway's word */
    GHashTable *stored; /* paths of connections that were answered from the keyring */
};

/* A question that is not answered yet. */
typedef struct {
    CoatiAgent *agent; /* borrowed; the entry ends with it */
    CoatiQuestion *question;
    char *connection;
} Open;

G_DEFINE_FINAL_TYPE(CoatiAgent, coati_agent, G_TYPE_OBJECT)

enum { QUESTION, REMARK, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
open_free(gpointer data)
{
    Open *open = data;

    g_signal_handlers_disconnect_by_data(open->question, open);
    g_object_unref(open->question);
    g_free(open->connection);
    g_free(open);
}

static void
close_question(Open *open)
{
    g_hash_table_remove(open->agent->open, coati_question_token(open->question));
}

static void
remark(CoatiAgent *agent, const char *text)
{
    g_signal_emit(agent, signals[REMARK], 0, text);
}

/* Answers of a person */

static void
on_answered(CoatiQuestion *question, GVariant *answers, char **values, gboolean is_to_save,
            gpointer user_data)
{
    Open *open = user_data;
    CoatiAgent *agent = open->agent;
    const char *const *list = (const char *const *)values;
    const char *user = coati_question_value(question, list, "user");
    const char *password = coati_question_value(question, list, "password");

    g_hash_table_remove(agent->pending, open->connection);
    if (is_to_save && password != NULL && coati_question_may_save(question))
        g_hash_table_insert(agent->pending, g_strdup(open->connection),
                            keyring_login_new(user != NULL ? user : "", password));
    agent_port_answer(agent->port, coati_question_token(question), answers);
    close_question(open);
}

static void
on_cancelled(CoatiQuestion *question, gpointer user_data)
{
    Open *open = user_data;

    agent_port_cancel(open->agent->port, coati_question_token(question), "cancelled by the user");
    close_question(open);
}

/* What the keyring knows */

/* The stored login as values of the question's fields; NULL when it does not answer all. */
static const char **
values_of_login(CoatiQuestion *question, const KeyringLogin *login)
{
    GPtrArray *fields = coati_question_fields(question);
    g_autofree const char **values = g_new0(const char *, fields->len + 1);

    for (guint i = 0; i < fields->len; i++) {
        const CoatiField *field = fields->pdata[i];

        if (strcmp(field->name, "password") == 0 && field->may_save)
            values[i] = login->password;
        else if (strcmp(field->name, "user") == 0 && login->user[0] != '\0' &&
                 (field->value[0] == '\0' || strcmp(field->value, login->user) == 0))
            values[i] = login->user;
        else
            return NULL;
    }
    return g_steal_pointer(&values);
}

typedef struct {
    CoatiAgent *agent;
    char *token;
} Lookup;

static void
on_looked_up(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Lookup *lookup = user_data;
    g_autofree char *token = lookup->token;
    g_autoptr(GError) error = NULL;
    g_autoptr(KeyringLogin) login = keyring_lookup_finish(result, &error);
    g_autofree const char **values = NULL;
    Open *open;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    open = g_hash_table_lookup(lookup->agent->open, token);
    if (open == NULL)
        return;
    if (login != NULL)
        values = values_of_login(open->question, login);
    if (values == NULL) {
        g_signal_emit(lookup->agent, signals[QUESTION], 0, open->question);
        return;
    }
    g_hash_table_add(lookup->agent->stored, g_strdup(open->connection));
    coati_question_answer(open->question, values, FALSE);
}

static void
on_asked(const char *token, const char *path, const char *message, GVariant *fields, GVariant *info,
         gpointer user_data)
{
    CoatiAgent *agent = user_data;
    CoatiConnection *connection = coati_client_find_path(agent->client, path);
    Open *open = g_new0(Open, 1);
    gboolean was_stored = g_hash_table_remove(agent->stored, path);
    Lookup *lookup;

    open->agent = agent;
    open->question = coati_question_new(token, message, fields, info);
    open->connection = g_strdup(path);
    g_signal_connect(open->question, "answered", G_CALLBACK(on_answered), open);
    g_signal_connect(open->question, "cancelled", G_CALLBACK(on_cancelled), open);
    g_hash_table_insert(agent->open, g_strdup(token), open);
    if (was_stored && connection != NULL && coati_question_complaint(open->question) != NULL)
        keyring_clear(coati_connection_uuid(connection));
    if (connection == NULL || !coati_question_may_save(open->question) ||
        coati_question_complaint(open->question) != NULL) {
        g_signal_emit(agent, signals[QUESTION], 0, open->question);
        return;
    }
    lookup = g_new0(Lookup, 1);
    lookup->agent = agent;
    lookup->token = g_strdup(token);
    keyring_lookup_async(coati_connection_uuid(connection), agent->cancellable, on_looked_up,
                         lookup);
}

static void
on_withdrawn(const char *token, const char *reason, gpointer user_data)
{
    CoatiAgent *agent = user_data;
    Open *open = g_hash_table_lookup(agent->open, token);
    g_autoptr(CoatiQuestion) question = open != NULL ? g_object_ref(open->question) : NULL;

    if (question == NULL)
        return;
    close_question(open);
    coati_question_withdraw(question);
}

/* Remembering */

static void
on_stored(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (keyring_store_finish(result, &error) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    text = g_strdup_printf(_("The password could not be remembered: %s"), error->message);
    remark(user_data, text);
}

static void
on_may_save(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Lookup *lookup = user_data;
    g_autofree char *path = lookup->token;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    g_autoptr(GVariant) value = NULL;
    CoatiConnection *connection;
    KeyringLogin *login;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    connection = coati_client_find_path(lookup->agent->client, path);
    login = g_hash_table_lookup(lookup->agent->pending, path);
    if (connection == NULL || login == NULL)
        return;
    if (reply != NULL)
        g_variant_get(reply, "(v)", &value);
    if (value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN) &&
        g_variant_get_boolean(value))
        keyring_store_async(coati_connection_uuid(connection), coati_connection_id(connection),
                            login, lookup->agent->cancellable, on_stored, lookup->agent);
    else
        remark(lookup->agent, _("The gateway does not allow passwords to be remembered."));
    g_hash_table_remove(lookup->agent->pending, path);
}

static void
on_judged(const char *path, gboolean is_accepted, gpointer user_data)
{
    CoatiAgent *agent = user_data;
    CoatiConnection *connection = coati_client_find_path(agent->client, path);
    Lookup *lookup;

    if (!is_accepted || connection == NULL || coati_connection_tunnel(connection) == NULL) {
        g_hash_table_remove(agent->pending, path);
        return;
    }
    g_hash_table_remove(agent->stored, path);
    if (!g_hash_table_contains(agent->pending, path))
        return;
    lookup = g_new0(Lookup, 1);
    lookup->agent = agent;
    lookup->token = g_strdup(path);
    bus_call(coati_client_bus(agent->client), coati_connection_tunnel(connection),
             "org.freedesktop.DBus.Properties", "Get",
             g_variant_new("(ss)", BUS_TUNNEL, "MaySavePassword"), "(v)", agent->cancellable,
             on_may_save, lookup);
}

static const AgentPortEvents events = {on_asked, on_withdrawn, on_judged};

/* The object */

static void
coati_agent_dispose(GObject *object)
{
    CoatiAgent *agent = COATI_AGENT(object);

    g_cancellable_cancel(agent->cancellable);
    g_clear_pointer(&agent->port, agent_port_free);
    g_hash_table_remove_all(agent->open);
    g_hash_table_remove_all(agent->pending);
    G_OBJECT_CLASS(coati_agent_parent_class)->dispose(object);
}

static void
coati_agent_finalize(GObject *object)
{
    CoatiAgent *agent = COATI_AGENT(object);

    g_hash_table_unref(agent->open);
    g_hash_table_unref(agent->pending);
    g_hash_table_unref(agent->stored);
    g_object_unref(agent->cancellable);
    G_OBJECT_CLASS(coati_agent_parent_class)->finalize(object);
}

static void
coati_agent_class_init(CoatiAgentClass *class)
{
    G_OBJECT_CLASS(class)->dispose = coati_agent_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_agent_finalize;
    signals[QUESTION] = g_signal_new("question", COATI_TYPE_AGENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                     NULL, G_TYPE_NONE, 1, COATI_TYPE_QUESTION);
    signals[REMARK] = g_signal_new("remark", COATI_TYPE_AGENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
coati_agent_init(CoatiAgent *agent)
{
    agent->cancellable = g_cancellable_new();
    agent->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, open_free);
    agent->pending =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)keyring_login_free);
    agent->stored = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

CoatiAgent *
coati_agent_new(CoatiClient *client)
{
    CoatiAgent *agent = g_object_new(COATI_TYPE_AGENT, NULL);
    g_autoptr(GError) error = NULL;

    agent->client = client;
    agent->port = agent_port_new(coati_client_bus(client), &events, agent, &error);
    if (agent->port == NULL)
        g_warning("no agent: %s", error->message);
    return agent;
}

static void
on_registered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);

    if (reply == NULL && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_warning("the service does not take this agent: %s", error->message);
}

void
coati_agent_register(CoatiAgent *agent, const char *owner)
{
    if (agent->port == NULL)
        return;
    agent_port_set_owner(agent->port, owner);
    bus_call(coati_client_bus(agent->client), BUS_ROOT, BUS_MANAGER, "RegisterAgent",
             agent_port_registration(), NULL, agent->cancellable, on_registered, agent);
}

void
coati_agent_unregister(CoatiAgent *agent)
{
    if (agent->port != NULL)
        agent_port_set_owner(agent->port, NULL);
}
