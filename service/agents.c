/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agents.h"

#include "error.h"

#define AGENT "org.coati.Coati1.Agent"
#define LOGIN "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_SESSION "org.freedesktop.login1.Session"
#define PROPERTIES "org.freedesktop.DBus.Properties"

typedef struct {
    Agents *agents;
    guint64 number;
    char *name; /* bus name */
    char *path;
    guint32 uid;
    gboolean is_active; /* in a session that logind calls active */
    guint session_subscription;
    char *last_connection; /* whose question it answered last */
} Agent;

typedef struct {
    Agents *agents;
    guint64 number;
    char *token;
    char *caller;
    guint32 uid;
    char *connection;
    char *message;
    GVariant *fields;
    GVariant *info;
    AgentAnswered answered;
    gpointer user_data;
    guint64 agent;       /* who is being asked; 0 = nobody yet */
    GHashTable *refused; /* numbers of agents that failed */
    GCancellable *cancellable;
    guint timer;
    guint idle;
} Question;

struct Agents {
    GDBusConnection *connection;
    GCancellable *cancellable;
    GPtrArray *list;       /* Agent, oldest first */
    GHashTable *questions; /* number -> Question */
    guint64 next;
};

static void
agent_free(gpointer data)
{
    Agent *agent = data;

    if (agent->session_subscription != 0)
        g_dbus_connection_signal_unsubscribe(agent->agents->connection,
                                             agent->session_subscription);
    g_free(agent->name);
    g_free(agent->path);
    g_free(agent->last_connection);
    g_free(agent);
}

static void
question_free(gpointer data)
{
    Question *question = data;

    if (question->timer != 0)
        g_source_remove(question->timer);
    if (question->idle != 0)
        g_source_remove(question->idle);
    g_cancellable_cancel(question->cancellable);
    g_object_unref(question->cancellable);
    g_hash_table_unref(question->refused);
    g_variant_unref(question->fields);
    g_variant_unref(question->info);
    g_free(question->token);
    g_free(question->caller);
    g_free(question->connection);
    g_free(question->message);
    g_free(question);
}

static Agent *
find_number(Agents *agents, guint64 number)
{
    for (guint i = 0; i < agents->list->len; i++) {
        Agent *agent = agents->list->pdata[i];

        if (agent->number == number)
            return agent;
    }
    return NULL;
}

static Agent *
find_path(Agents *agents, const char *name, const char *path)
{
    for (guint i = 0; i < agents->list->len; i++) {
        Agent *agent = agents->list->pdata[i];

        if (g_str_equal(agent->name, name) && g_str_equal(agent->path, path))
            return agent;
    }
    return NULL;
}

/* Calls the agent without waiting for what it says. */
static void
tell(const Agent *agent, const char *method, GVariant *parameters)
{
    g_dbus_connection_call(agent->agents->connection, agent->name, agent->path, AGENT, method,
                           parameters, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

static void
on_peer_gone(const Peer *peer, gpointer user_data)
{
    Agents *agents = user_data;

    for (guint i = agents->list->len; i > 0; i--) {
        Agent *agent = agents->list->pdata[i - 1];

        if (g_str_equal(agent->name, peer->name))
            g_ptr_array_remove_index(agents->list, i - 1);
    }
}

Agents *
agents_new(GDBusConnection *connection, Peers *peers)
{
    Agents *agents = g_new0(Agents, 1);

    agents->connection = g_object_ref(connection);
    agents->cancellable = g_cancellable_new();
    agents->list = g_ptr_array_new_with_free_func(agent_free);
    agents->questions = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, question_free);
    agents->next = 1;
    peers_on_gone(peers, on_peer_gone, agents);
    return agents;
}

void
agents_free(Agents *agents)
{
    if (agents == NULL)
        return;
    g_cancellable_cancel(agents->cancellable);
    for (guint i = 0; i < agents->list->len; i++)
        tell(agents->list->pdata[i], "Release", NULL);
    g_hash_table_unref(agents->questions);
    g_ptr_array_unref(agents->list);
    g_object_unref(agents->cancellable);
    g_object_unref(agents->connection);
    g_free(agents);
}

/* Sessions: which agents sit before a screen that is in use */

static void
on_session_changed(GDBusConnection *connection, const gchar *sender, const gchar *path,
                   const gchar *interface, const gchar *signal, GVariant *parameters,
                   gpointer user_data)
{
    Agent *agent = user_data;
    g_autoptr(GVariant) changed = NULL;

    g_variant_get(parameters, "(s@a{sv}@as)", NULL, &changed, NULL);
    g_variant_lookup(changed, "Active", "b", &agent->is_active);
}

typedef struct {
    Agents *agents;
    guint64 agent;
} SessionQuestion;

static void
on_session_active(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree SessionQuestion *question = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) value = NULL;
    Agent *agent;

    if (reply == NULL)
        return;
    agent = find_number(question->agents, question->agent);
    g_variant_get(reply, "(v)", &value);
    if (agent != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
        agent->is_active = g_variant_get_boolean(value);
}

static void
on_session_path(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree SessionQuestion *question = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    const char *path;
    Agent *agent;

    if (reply == NULL)
        return; /* no logind, or a caller outside any session: not active */
    agent = find_number(question->agents, question->agent);
    if (agent == NULL)
        return;
    g_variant_get(reply, "(&o)", &path);
    agent->session_subscription = g_dbus_connection_signal_subscribe(
        question->agents->connection, LOGIN, PROPERTIES, "PropertiesChanged", path, LOGIN_SESSION,
        G_DBUS_SIGNAL_FLAGS_NONE, on_session_changed, agent, NULL);
    g_dbus_connection_call(question->agents->connection, LOGIN, path, PROPERTIES, "Get",
                           g_variant_new("(ss)", LOGIN_SESSION, "Active"), G_VARIANT_TYPE("(v)"),
                           G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, question->agents->cancellable,
                           on_session_active, g_steal_pointer(&question));
}

static void
agent_find_session(Agent *agent, guint32 pid)
{
    SessionQuestion *question = g_new0(SessionQuestion, 1);

    question->agents = agent->agents;
    question->agent = agent->number;
    g_dbus_connection_call(
        agent->agents->connection, LOGIN, LOGIN_PATH, "org.freedesktop.login1.Manager",
        "GetSessionByPID", g_variant_new("(u)", pid), G_VARIANT_TYPE("(o)"),
        G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, agent->agents->cancellable, on_session_path, question);
}

/* Registration */

gboolean
agents_register(Agents *agents, const Peer *peer, const char *path, GError **error)
{
    guint count = 0;
    Agent *agent;

    if (find_path(agents, peer->name, path) != NULL) {
        g_set_error(error, COATI_ERROR, COATI_ERROR_ALREADY_EXISTS,
                    "Your agent at %s is registered already", path);
        return FALSE;
    }
    for (guint i = 0; i < agents->list->len; i++)
        count += g_str_equal(((Agent *)agents->list->pdata[i])->name, peer->name) ? 1 : 0;
    if (count >= AGENTS_PER_CALLER) {
        g_set_error(error, COATI_ERROR, COATI_ERROR_BUSY, "You have %u agents already", count);
        return FALSE;
    }
    agent = g_new0(Agent, 1);
    agent->agents = agents;
    agent->number = agents->next++;
    agent->name = g_strdup(peer->name);
    agent->path = g_strdup(path);
    agent->uid = peer->uid;
    g_ptr_array_add(agents->list, agent);
    agent_find_session(agent, peer->pid);
    return TRUE;
}

gboolean
agents_unregister(Agents *agents, const Peer *peer, const char *path, GError **error)
{
    Agent *agent = find_path(agents, peer->name, path);

    if (agent == NULL) {
        g_set_error(error, COATI_ERROR, COATI_ERROR_NOT_FOUND, "You have no agent at %s", path);
        return FALSE;
    }
    g_ptr_array_remove(agents->list, agent);
    return TRUE;
}

/* Questions */

/* 3: the caller's own, 2: same user in an active session, 1: same user, 0: not for this question. */
static guint
rank(const Agent *agent, const char *caller, guint32 uid)
{
    if (agent->uid != uid)
        return 0;
    if (caller != NULL && g_str_equal(agent->name, caller))
        return 3;
    return agent->is_active ? 2 : 1;
}

static Agent *
choose(Agents *agents, const char *caller, guint32 uid, GHashTable *refused)
{
    Agent *best = NULL;
    guint best_rank = 0;

    for (guint i = 0; i < agents->list->len; i++) {
        Agent *agent = agents->list->pdata[i];
        guint this_rank = rank(agent, caller, uid);

        if (this_rank > best_rank &&
            (refused == NULL || !g_hash_table_contains(refused, &agent->number))) {
            best = agent;
            best_rank = this_rank;
        }
    }
    return best;
}

gboolean
agents_has(Agents *agents, const char *caller, guint32 uid)
{
    return choose(agents, caller, uid, NULL) != NULL;
}

static void
finish(Question *question, Reason reason, GVariant *answers)
{
    Agents *agents = question->agents;

    g_hash_table_steal(agents->questions, &question->number);
    question->answered(reason, answers, question->user_data);
    question_free(question);
}

static void question_send(Question *question);

static gboolean
is_cancelled_by_user(const GError *error)
{
    g_autofree char *name = g_dbus_error_get_remote_error(error);

    return g_strcmp0(name, "org.coati.Coati1.Agent.Error.Cancelled") == 0;
}

typedef struct {
    Agents *agents;
    guint64 question;
} Sent;

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Sent *sent = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) answers = NULL;
    Question *question;
    Agent *agent;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    question = g_hash_table_lookup(sent->agents->questions, &sent->question);
    if (question == NULL)
        return;
    agent = find_number(sent->agents, question->agent);
    if (reply != NULL && agent != NULL) {
        g_free(agent->last_connection);
        agent->last_connection = g_strdup(question->connection);
        g_variant_get(reply, "(@a{sv})", &answers);
        peers_wash(sent->agents->connection);
        finish(question, REASON_NONE, answers);
        return;
    }
    if (error != NULL && is_cancelled_by_user(error)) {
        finish(question, REASON_SECRETS_CANCELLED, NULL);
        return;
    }
    g_hash_table_add(question->refused, g_memdup2(&question->agent, sizeof question->agent));
    question_send(question);
}

static gboolean
on_timeout(gpointer user_data)
{
    Question *question = user_data;
    Agent *agent = find_number(question->agents, question->agent);

    question->timer = 0;
    if (agent != NULL)
        tell(agent, "Cancel", g_variant_new("(ss)", question->token, "timed-out"));
    finish(question, REASON_SECRETS_TIMEOUT, NULL);
    return G_SOURCE_REMOVE;
}

static void
question_send(Question *question)
{
    Agents *agents = question->agents;
    Agent *agent = choose(agents, question->caller, question->uid, question->refused);
    Sent *sent;

    if (agent == NULL) {
        finish(question, question->agent == 0 ? REASON_SECRETS_NO_AGENT : REASON_SECRETS_CANCELLED,
               NULL);
        return;
    }
    question->agent = agent->number;
    sent = g_new0(Sent, 1);
    sent->agents = agents;
    sent->question = question->number;
    g_dbus_connection_call(agents->connection, agent->name, agent->path, AGENT, "RequestSecrets",
                           g_variant_new("(os@a(sa{sv})@a{sv})", question->connection,
                                         question->message, question->fields, question->info),
                           G_VARIANT_TYPE("(a{sv})"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           (AGENTS_SECONDS + 10) * 1000, question->cancellable, on_answer, sent);
}

static gboolean
on_idle(gpointer user_data)
{
    Question *question = user_data;

    question->idle = 0;
    question_send(question);
    return G_SOURCE_REMOVE;
}

static GVariant *
info_with_token(GVariant *info, const char *token)
{
    g_autoptr(GVariant) sunk = g_variant_ref_sink(info);
    g_autoptr(GVariantDict) dict = g_variant_dict_new(sunk);

    g_variant_dict_insert(dict, "token", "s", token);
    return g_variant_ref_sink(g_variant_dict_end(dict));
}

guint64
agents_ask(Agents *agents, const AgentQuestion *asked, AgentAnswered answered, gpointer user_data)
{
    Question *question = g_new0(Question, 1);

    question->agents = agents;
    question->number = agents->next++;
    question->token = g_strdup_printf("%" G_GUINT64_FORMAT, question->number);
    question->caller = g_strdup(asked->caller);
    question->uid = asked->uid;
    question->connection = g_strdup(asked->connection);
    question->message = g_strdup(asked->message);
    question->fields = g_variant_ref_sink(asked->fields);
    question->info = info_with_token(asked->info, question->token);
    question->answered = answered;
    question->user_data = user_data;
    question->refused = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    question->cancellable = g_cancellable_new();
    question->timer = g_timeout_add_seconds(AGENTS_SECONDS, on_timeout, question);
    question->idle = g_idle_add(on_idle, question);
    g_hash_table_insert(agents->questions, &question->number, question);
    return question->number;
}

void
agents_cancel(Agents *agents, guint64 number, const char *why)
{
    Question *question = g_hash_table_lookup(agents->questions, &number);
    Agent *agent;

    if (question == NULL)
        return;
    agent = find_number(agents, question->agent);
    if (agent != NULL)
        tell(agent, "Cancel", g_variant_new("(ss)", question->token, why));
    g_hash_table_remove(agents->questions, &number);
}

void
agents_result(Agents *agents, const char *connection, gboolean is_accepted)
{
    for (guint i = 0; i < agents->list->len; i++) {
        Agent *agent = agents->list->pdata[i];

        if (g_strcmp0(agent->last_connection, connection) != 0)
            continue;
        g_clear_pointer(&agent->last_connection, g_free);
        tell(agent, "SecretsResult", g_variant_new("(ob)", connection, is_accepted));
    }
}
