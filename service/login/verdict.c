/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/host-private.h"

#include "base/names.h"

#include <string.h>

enum { MAX_ROUNDS = 5, ANSWER_SECONDS = 120 };

/* A session that is asking a RADIUS server, or whose user owes the answer to a challenge. */
typedef struct {
    Host *host;
    char *session;
    char *user;
    guint64 ticket;   /* of the link */
    guint64 question; /* of the servers; 0 = the user is asked */
    guint rounds;
    GBytes *state; /* of the challenge; may be NULL */
    guint timer;
} Conversation;

static void
free_conversation(gpointer pointer)
{
    Conversation *conversation = pointer;
    Host *host = conversation->host;

    g_clear_handle_id(&conversation->timer, g_source_remove);
    if (conversation->question != 0) {
        g_hash_table_remove(host->questions, &conversation->question);
        if (host->servers != NULL)
            servers_forget(host->servers, conversation->question);
    }
    g_clear_pointer(&conversation->state, g_bytes_unref);
    g_free(conversation->session);
    g_free(conversation->user);
    g_free(conversation);
}

static void
tell(Host *host, guint64 ticket, LoginVerdict verdict, LoginField field, const char *message)
{
    g_autoptr(LoginlinkMessage) answer = loginlink_message_new(LOGINLINK_VERDICT_ANSWER);

    answer->answer.ticket = ticket;
    answer->answer.verdict = verdict;
    answer->answer.field = field;
    /* A module may say anything. */
    if (message != NULL)
        answer->answer.message = name_clean(message, strlen(message), LOGINLINK_MAX_TEXT, TRUE);
    if (verdict == LOGIN_AGAIN)
        answer->answer.answer_seconds = WORKERS_ANSWER_SECONDS;
    host_send(host, answer);
}

static void
on_worker(guint64 ticket, LoginVerdict verdict, LoginField field, const char *message,
          gpointer user_data)
{
    tell(user_data, ticket, verdict, field, message);
}

void
verdict_open(Host *host)
{
    host->workers = workers_new(on_worker, host);
    host->conversations = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_conversation);
    host->questions = g_hash_table_new(g_int64_hash, g_int64_equal);
}

void
verdict_close(Host *host)
{
    workers_free(host->workers);
    g_hash_table_unref(host->conversations);
    g_hash_table_unref(host->questions);
}

void
verdict_forget(Host *host, const char *session)
{
    workers_forget(host->workers, session);
    g_hash_table_remove(host->conversations, session);
}

/* What was typed in a later round, wherever the client put it. */
static const Secret *
find_answer(const LoginlinkMessage *message)
{
    const Secret *const places[] = {message->verdict.passcode, message->verdict.answer,
                                    message->verdict.next_pin, message->verdict.password};

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        if (places[i] != NULL && secret_length(places[i]) > 0)
            return places[i];
    return NULL;
}

/* NULL when there is none, or it has a NUL inside. */
static char *
user_of(const LoginlinkMessage *message)
{
    const Secret *user = message->verdict.user;
    const char *text = user != NULL ? secret_text(user) : "";

    if (*text == '\0' || strlen(text) != secret_length(user))
        return NULL;
    return g_strdup(text);
}

static void
ask_worker(Host *host, const LoginlinkMessage *message)
{
    const LoginlinkMessage *configure = host->configure;
    g_autoptr(LoginCheck) check = login_check_new();
    char peer[NET_ADDRESS_TEXT_SIZE];

    check->source = configure->configure.source;
    check->users_file = g_strdup(configure->configure.users_file);
    for (guint i = 0; i < configure->configure.groups->len; i++)
        g_ptr_array_add(check->groups, g_strdup(g_ptr_array_index(configure->configure.groups, i)));
    check->pam_service = g_strdup(configure->configure.pam_service);
    check->user = user_of(message);
    check->password =
        message->verdict.password != NULL ? secret_dup(message->verdict.password) : NULL;
    check->passcode =
        message->verdict.passcode != NULL ? secret_dup(message->verdict.passcode) : NULL;
    check->peer = g_strdup(net_address_format(&message->verdict.peer.address, peer));
    /* What these sources have is a hash of its own kind: CHAP needs the password itself. */
    if (check->user == NULL || message->verdict.challenge != NULL) {
        tell(host, message->verdict.ticket, LOGIN_NO, LOGIN_FIELD_PASSWORD, NULL);
        return;
    }
    workers_ask(host->workers, message->verdict.session, message->verdict.ticket,
                g_steal_pointer(&check));
}

/* Password and passcode of one round in one, as token servers want it. */
static Secret *
join_password(const LoginlinkMessage *message)
{
    const Secret *password = message->verdict.password;
    const Secret *passcode = message->verdict.passcode;
    gsize head = password != NULL ? secret_length(password) : 0;
    gsize tail = passcode != NULL ? secret_length(passcode) : 0;
    Secret *joined = secret_new_zero(head + tail);

    if (head > 0)
        memcpy(secret_edit(joined), secret_data(password), head);
    if (tail > 0)
        memcpy(secret_edit(joined) + head, secret_data(passcode), tail);
    return joined;
}

static RadiusLogin *
make_login(const Conversation *conversation, const LoginlinkMessage *message)
{
    RadiusLogin *login = radius_login_new();
    const Secret *answer = conversation->rounds > 1 ? find_answer(message) : NULL;
    const Secret *domain = message->verdict.domain;
    char text[NET_ADDRESS_TEXT_SIZE];

    login->user = domain != NULL && secret_length(domain) > 0
                      ? g_strdup_printf("%s\\%s", secret_text(domain), conversation->user)
                      : g_strdup(conversation->user);
    login->password = answer != NULL ? secret_dup(answer) : join_password(message);
    login->challenge =
        message->verdict.challenge != NULL ? g_bytes_ref(message->verdict.challenge) : NULL;
    login->state = conversation->state != NULL ? g_bytes_ref(conversation->state) : NULL;
    login->session = g_strdup(message->verdict.session);
    login->calling = g_strdup(net_address_format(&message->verdict.peer.address, text));
    login->called = g_strdup(net_address_format(&message->verdict.called, text));
    login->port_id = g_strdup(message->verdict.group);
    login->nas_port = message->verdict.nas_port;
    return login;
}

/* The conversation that the message goes on with, or a new one; NULL when it may not be. */
static Conversation *
find_conversation(Host *host, const LoginlinkMessage *message)
{
    Conversation *conversation = g_hash_table_lookup(host->conversations, message->verdict.session);
    g_autofree char *user = user_of(message);

    if (message->verdict.round > 1) {
        /* A name that changes on the way is somebody else's (draft-ietf-ipsec-isakmp-xauth 3.2
         * repeats it). */
        if (conversation == NULL || conversation->question != 0 ||
            (user != NULL && strcmp(user, conversation->user) != 0))
            return NULL;
        return conversation;
    }
    if (user == NULL)
        return NULL;
    conversation = g_new0(Conversation, 1);
    conversation->host = host;
    conversation->session = g_strdup(message->verdict.session);
    conversation->user = g_steal_pointer(&user);
    g_hash_table_replace(host->conversations, conversation->session, conversation);
    return conversation;
}

static void
ask_servers(Host *host, const LoginlinkMessage *message)
{
    Conversation *conversation = find_conversation(host, message);

    if (conversation == NULL || ++conversation->rounds > MAX_ROUNDS) {
        tell(host, message->verdict.ticket, LOGIN_NO, LOGIN_FIELD_PASSWORD, NULL);
        g_hash_table_remove(host->conversations, message->verdict.session);
        return;
    }
    g_clear_handle_id(&conversation->timer, g_source_remove);
    conversation->ticket = message->verdict.ticket;
    conversation->question = servers_login(host->servers, make_login(conversation, message));
    g_clear_pointer(&conversation->state, g_bytes_unref);
    g_hash_table_insert(host->questions, &conversation->question, conversation);
}

void
verdict_ask(Host *host, const LoginlinkMessage *message)
{
    const Secret *answer = find_answer(message);

    if (host->configure == NULL) {
        tell(host, message->verdict.ticket, LOGIN_UNREACHABLE, LOGIN_FIELD_PASSWORD, NULL);
        return;
    }
    if (host->configure->configure.source == LOGIN_SOURCE_RADIUS) {
        ask_servers(host, message);
        return;
    }
    if (message->verdict.round <= 1) {
        ask_worker(host, message);
        return;
    }
    if (answer == NULL ||
        !workers_continue(host->workers, message->verdict.session, message->verdict.ticket, answer))
        tell(host, message->verdict.ticket, LOGIN_NO, LOGIN_FIELD_PASSWORD, NULL);
}

static LoginVerdict
verdict_of(RadiusOutcome outcome)
{
    switch (outcome) {
    case RADIUS_OUTCOME_ACCEPT:
        return LOGIN_YES;
    case RADIUS_OUTCOME_CHALLENGE:
        return LOGIN_AGAIN;
    case RADIUS_OUTCOME_SILENCE:
        return LOGIN_UNREACHABLE;
    case RADIUS_OUTCOME_REJECT:
    case RADIUS_OUTCOME_REFUSED:
        break;
    }
    return LOGIN_NO;
}

static gboolean
on_answer_over(gpointer user_data)
{
    Conversation *conversation = user_data;

    conversation->timer = 0;
    g_hash_table_remove(conversation->host->conversations, conversation->session);
    return G_SOURCE_REMOVE;
}

static void
answered(RadiusAction *action, gpointer user_data)
{
    Host *host = user_data;
    Conversation *conversation = g_hash_table_lookup(host->questions, &action->ticket);
    g_autoptr(LoginlinkMessage) answer = loginlink_message_new(LOGINLINK_VERDICT_ANSWER);
    guint seconds = action->answer.answer_seconds;

    if (conversation == NULL)
        return;
    g_hash_table_remove(host->questions, &action->ticket);
    conversation->question = 0;
    answer->answer.ticket = conversation->ticket;
    answer->answer.verdict = verdict_of(action->answer.outcome);
    if (action->answer.is_echo)
        answer->answer.field = LOGIN_FIELD_ANSWER;
    answer->answer.message = g_steal_pointer(&action->answer.message);
    answer->answer.settings = g_steal_pointer(&action->answer.settings);
    if (answer->answer.verdict == LOGIN_AGAIN) {
        seconds = seconds > 0 ? MIN(seconds, ANSWER_SECONDS) : ANSWER_SECONDS;
        answer->answer.answer_seconds = seconds;
        conversation->state = g_steal_pointer(&action->answer.state);
        conversation->timer = g_timeout_add_seconds(seconds, on_answer_over, conversation);
    } else {
        g_hash_table_remove(host->conversations, conversation->session);
    }
    host_send(host, answer);
}

static void
accounted(guint64 ticket, gpointer user_data)
{
    account_done(user_data, ticket);
}

static void
noted(gboolean is_warning, const char *text, gpointer user_data)
{
    host_note(user_data, is_warning, text);
}

const ServersEvents radius_events = {
    .answered = answered,
    .accounted = accounted,
    .noted = noted,
};

static gboolean
is_asking_servers(gpointer session, gpointer value, gpointer user_data)
{
    Conversation *conversation = value;

    if (conversation->question == 0)
        return FALSE;
    g_hash_table_remove(conversation->host->questions, &conversation->question);
    conversation->question = 0;
    tell(conversation->host, conversation->ticket, LOGIN_UNREACHABLE, LOGIN_FIELD_PASSWORD, NULL);
    return TRUE;
}

void
verdict_servers_changed(Host *host)
{
    g_hash_table_foreach_remove(host->conversations, is_asking_servers, NULL);
}
