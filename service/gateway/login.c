/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/login.h"

#include "engine-link.h"
#include "log.h"
#include "login/loginlink.h"

#include <glib-unix.h>

#define UNIT_SOCKET "/run/coati-login.socket"

enum {
    MESSAGES_PER_TURN = 64,
    LOGIN_PORT = 1812,
    ACCOUNTING_PORT = 1813,
    RESTART_MS = 1000,
    MAX_RECORDS = 100000, /* that wait for coati-login */
};

/* A question that was sent. */
typedef struct {
    guint64 number; /* of ours: the engines' tickets begin anew with each of them */
    guint64 session;
    guint64 ticket;
} Asked;

/* A CONFIGURE that was sent; the answers come in order. */
typedef struct {
    GatewayConfig *config;
    GatewayLoginTried tried; /* NULL: the first of a process */
    gpointer user_data;
} Trial;

struct GatewayLogin {
    GatewayConfig *config;
    char *libexec_directory;
    char *state_directory;
    GatewayLoginEvents events;
    gpointer user_data;
    Fd link; /* -1: not running */
    ChannelQueue *queue;
    guint read_watch;
    guint write_watch;
    guint lost_source;
    guint restart_source;
    GSubprocess *process;
    guint64 last_number;
    GHashTable *asked; /* number: Asked */
    GQueue trials;     /* Trial */

    gboolean is_ready;   /* this process took its configuration */
    gboolean was_ready;  /* one of them did */
    GQueue records;      /* RadiusRecord: not yet known to be on disk */
    guint64 last_serial; /* of the records */
};

static void
trial_free(gpointer data)
{
    Trial *trial = data;

    gateway_config_unref(trial->config);
    g_free(trial);
}

static void
free_record(gpointer record)
{
    radius_record_free(record);
}

static void
close_link(GatewayLogin *login)
{
    g_clear_handle_id(&login->read_watch, g_source_remove);
    g_clear_handle_id(&login->write_watch, g_source_remove);
    g_clear_pointer(&login->queue, channel_queue_free);
    fd_close(&login->link);
    g_clear_object(&login->process);
    login->is_ready = FALSE;
}

static GHashTable *
new_asked(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

static void
fail_trials(GatewayLogin *login)
{
    g_autoptr(GError) error =
        g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "coati-login has ended");
    Trial *trial;

    while ((trial = g_queue_pop_head(&login->trials)) != NULL) {
        if (trial->tried != NULL)
            trial->tried(error, trial->user_data);
        trial_free(trial);
    }
}

/* Questions under way get their answer from the main loop, not from inside the one who asks. */
static gboolean
on_lost(gpointer user_data)
{
    GatewayLogin *login = user_data;
    g_autoptr(GHashTable) asked = g_steal_pointer(&login->asked);
    GHashTableIter iter;
    gpointer value;

    login->lost_source = 0;
    login->asked = new_asked();
    g_hash_table_iter_init(&iter, asked);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Asked *question = value;
        GatewayLoginAnswer answer = {.session = question->session,
                                     .ticket = question->ticket,
                                     .type = IKE_VERDICT_UNREACHABLE};

        login->events.answered(&answer, login->user_data);
    }
    fail_trials(login);
    return G_SOURCE_REMOVE;
}

static gboolean on_restart(gpointer user_data);

static void
lose(GatewayLogin *login, const char *why)
{
    log_warning(NULL, "login", "coati-login: %s", why);
    close_link(login);
    if (login->lost_source == 0)
        login->lost_source = g_idle_add(on_lost, login);
    if (login->restart_source == 0)
        login->restart_source = g_timeout_add(RESTART_MS, on_restart, login);
}

/* --- what is sent --- */

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer user_data)
{
    GatewayLogin *login = user_data;
    g_autoptr(GError) error = NULL;

    if (channel_queue_flush(login->queue, &error) && channel_queue_is_waiting(login->queue))
        return G_SOURCE_CONTINUE;
    login->write_watch = 0;
    if (error != NULL)
        lose(login, error->message);
    return G_SOURCE_REMOVE;
}

static void
send_message(GatewayLogin *login, const LoginlinkMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (login->link < 0)
        return;
    if (!loginlink_queue_send(login->queue, message, NULL, &error))
        lose(login, error->message);
    else if (channel_queue_is_waiting(login->queue) && login->write_watch == 0)
        login->write_watch = g_unix_fd_add(login->link, G_IO_OUT, on_writable, login);
}

static void
send_record(GatewayLogin *login, RadiusRecord *record)
{
    LoginlinkMessage message = {.type = LOGINLINK_ACCOUNT, .account = record};

    send_message(login, &message);
}

static LoginServer *
server_of(GArray *servers, const NetAddress *address)
{
    LoginServer server = {.address = *address};

    for (guint i = 0; i < servers->len; i++)
        if (net_address_equal(&g_array_index(servers, LoginServer, i).address, address))
            return &g_array_index(servers, LoginServer, i);
    g_array_append_val(servers, server);
    return &g_array_index(servers, LoginServer, servers->len - 1);
}

static void
add_servers(const GatewayConfig *config, GArray *servers)
{
    for (guint i = 0;
         config->login_source == GATEWAY_LOGIN_RADIUS && i < config->radius_servers->len; i++) {
        const NetEndpoint *at = &g_array_index(config->radius_servers, NetEndpoint, i);

        server_of(servers, &at->address)->login_port = at->port != 0 ? at->port : LOGIN_PORT;
    }
    for (guint i = 0; i < config->accounting_servers->len; i++) {
        const NetEndpoint *at = &g_array_index(config->accounting_servers, NetEndpoint, i);

        server_of(servers, &at->address)->accounting_port =
            at->port != 0 ? at->port : ACCOUNTING_PORT;
    }
    for (guint i = 0; i < config->radius_control->len; i++)
        server_of(servers, &g_array_index(config->radius_control, NetAddress, i))->may_control =
            TRUE;
    for (guint i = 0; i < servers->len; i++) {
        LoginServer *server = &g_array_index(servers, LoginServer, i);

        for (guint j = 0; j < config->radius_old_servers->len; j++)
            if (net_address_equal(&server->address,
                                  &g_array_index(config->radius_old_servers, NetAddress, j)))
                server->lacks_message_authenticator = TRUE;
    }
}

static void
send_configuration(GatewayLogin *login, GatewayConfig *config, GatewayLoginTried tried,
                   gpointer user_data)
{
    static const LoginSource sources[] = {[GATEWAY_LOGIN_USERS] = LOGIN_SOURCE_USERS,
                                          [GATEWAY_LOGIN_SYSTEM] = LOGIN_SOURCE_SYSTEM,
                                          [GATEWAY_LOGIN_PAM] = LOGIN_SOURCE_PAM,
                                          [GATEWAY_LOGIN_RADIUS] = LOGIN_SOURCE_RADIUS};
    g_autoptr(LoginlinkMessage) message = loginlink_message_new(LOGINLINK_CONFIGURE);
    Trial *trial = g_new0(Trial, 1);

    trial->config = gateway_config_ref(config);
    trial->tried = tried;
    trial->user_data = user_data;
    g_queue_push_tail(&login->trials, trial);
    message->configure.source = sources[config->login_source];
    if (config->login_source == GATEWAY_LOGIN_USERS)
        message->configure.users_file = g_strdup(config->users_file);
    if (config->login_source == GATEWAY_LOGIN_PAM)
        message->configure.pam_service = g_strdup(config->pam_service);
    message->configure.limit_seconds = config->login_limit_seconds;
    for (guint i = 0; i < config->login_groups->len; i++)
        g_ptr_array_add(message->configure.groups, g_strdup(config->login_groups->pdata[i]));
    add_servers(config, message->configure.servers);
    message->configure.secret_file = g_strdup(config->radius_secret_file);
    message->configure.timeout_milliseconds = config->radius_timeout_seconds * 1000;
    message->configure.tries = config->radius_tries;
    message->configure.dead_seconds = config->radius_dead_seconds;
    message->configure.nas_identifier = g_strdup(config->identity);
    message->configure.nas_address = config->listen;
    message->configure.state_directory = g_strdup(login->state_directory);
    message->configure.accounting_file = g_strdup(config->accounting_file);
    send_message(login, message);
}

/* --- what comes --- */

static void
take_answer(GatewayLogin *login, LoginlinkMessage *message)
{
    static const IkeVerdictType types[] = {[LOGIN_YES] = IKE_VERDICT_YES,
                                           [LOGIN_NO] = IKE_VERDICT_NO,
                                           [LOGIN_AGAIN] = IKE_VERDICT_AGAIN,
                                           [LOGIN_UNREACHABLE] = IKE_VERDICT_UNREACHABLE};
    const Asked *asked = g_hash_table_lookup(login->asked, &message->answer.ticket);
    GatewayLoginAnswer answer = {.type = types[message->answer.verdict],
                                 .field = (IkeField)message->answer.field,
                                 .message = message->answer.message,
                                 .settings = message->answer.settings};

    if (asked == NULL)
        return;
    answer.session = asked->session;
    answer.ticket = asked->ticket;
    g_hash_table_remove(login->asked, &message->answer.ticket);
    login->events.answered(&answer, login->user_data);
    message->answer.settings = answer.settings;
}

static void
drop_booked(GatewayLogin *login, guint64 serial)
{
    const RadiusRecord *record;

    while ((record = g_queue_peek_head(&login->records)) != NULL && record->serial <= serial)
        radius_record_free(g_queue_pop_head(&login->records));
}

/* What a process before this one had on disk is not told again; the rest is. */
static void
go_on_with_records(GatewayLogin *login, guint64 serial)
{
    if (!login->was_ready) {
        login->last_serial = serial;
        for (GList *at = login->records.head; at != NULL; at = at->next)
            ((RadiusRecord *)at->data)->serial = ++login->last_serial;
    } else {
        drop_booked(login, serial);
        login->last_serial = MAX(login->last_serial, serial);
    }
    for (GList *at = login->records.head; at != NULL && login->link >= 0; at = at->next)
        send_record(login, at->data);
}

static void
take_ready(GatewayLogin *login, guint64 serial)
{
    Trial *trial = g_queue_pop_head(&login->trials);
    gboolean is_first = !login->is_ready;

    if (trial == NULL)
        return;
    login->is_ready = TRUE;
    gateway_config_unref(login->config);
    login->config = gateway_config_ref(trial->config);
    if (is_first)
        go_on_with_records(login, serial);
    login->was_ready = TRUE;
    if (trial->tried != NULL)
        trial->tried(NULL, trial->user_data);
    trial_free(trial);
}

static void
take_error(GatewayLogin *login, const char *text)
{
    Trial *trial = g_queue_pop_head(&login->trials);
    g_autoptr(GError) error =
        g_error_new(GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID, "coati-login: %s", text);

    if (trial == NULL)
        return;
    if (trial->tried != NULL)
        trial->tried(error, trial->user_data);
    else if (!login->was_ready)
        login->events.refused(error->message, login->user_data);
    else
        log_warning(NULL, "login", "%s", error->message);
    trial_free(trial);
}

static void
take_control(GatewayLogin *login, const LoginlinkMessage *message)
{
    LoginlinkMessage answer = {.type = LOGINLINK_CONTROL_ANSWER};

    answer.control_answer.ticket = message->control.ticket;
    answer.control_answer.result = login->events.control(message->control.what, login->user_data);
    send_message(login, &answer);
}

static void
take(GatewayLogin *login, LoginlinkMessage *message)
{
    switch (message->type) {
    case LOGINLINK_READY:
        take_ready(login, message->ready);
        break;
    case LOGINLINK_ERROR:
        take_error(login, message->error);
        break;
    case LOGINLINK_VERDICT_ANSWER:
        take_answer(login, message);
        break;
    case LOGINLINK_NOTE:
        if (message->note.is_warning)
            log_warning(NULL, "login", "%s", message->note.text);
        else
            log_info(NULL, "login", "%s", message->note.text);
        break;
    case LOGINLINK_BOOKED:
        drop_booked(login, message->booked);
        break;
    case LOGINLINK_CONTROL:
        take_control(login, message);
        break;
    case LOGINLINK_CONFIGURE:
    case LOGINLINK_VERDICT:
    case LOGINLINK_FORGET:
    case LOGINLINK_ACCOUNT:
    case LOGINLINK_CONTROL_ANSWER:
        /* loginlink_receive() lets none of the other direction in. */
        g_assert_not_reached();
    }
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user_data)
{
    GatewayLogin *login = user_data;

    for (guint i = 0; i < MESSAGES_PER_TURN; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoginlinkMessage) message =
            loginlink_receive(login->link, LOGINLINK_TO_SERVICE, NULL, &error);

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return G_SOURCE_CONTINUE;
        if (message == NULL) {
            login->read_watch = 0;
            lose(login, error != NULL ? error->message : "has ended");
            return G_SOURCE_REMOVE;
        }
        take(login, message);
        if (login->read_watch == 0) /* it was lost while it was answered */
            return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* --- life --- */

static Fd
start_child(GatewayLogin *login, GError **error)
{
    Fd pair[2] = {-1, -1};

    if (!fd_pair(pair, error))
        return -1;
    login->process =
        engine_link_spawn(login->libexec_directory, "coati-login", NULL, &pair[1], NULL, error);
    fd_close(&pair[1]);
    if (login->process == NULL)
        fd_close(&pair[0]);
    return pair[0];
}

static void
start(GatewayLogin *login)
{
    g_autoptr(GError) error = NULL;

    g_clear_handle_id(&login->restart_source, g_source_remove);
    login->link = loginlink_connect(UNIT_SOCKET, NULL);
    if (login->link < 0)
        login->link = start_child(login, &error);
    if (login->link < 0) {
        lose(login, error->message);
        return;
    }
    login->queue = channel_queue_new(login->link);
    login->read_watch =
        g_unix_fd_add(login->link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, login);
    send_configuration(login, login->config, NULL, NULL);
}

static gboolean
on_restart(gpointer user_data)
{
    GatewayLogin *login = user_data;

    login->restart_source = 0;
    if (login->link < 0)
        start(login);
    return G_SOURCE_REMOVE;
}

GatewayLogin *
gateway_login_new(GatewayConfig *config, const char *libexec_directory, const char *state_directory,
                  const GatewayLoginEvents *events, gpointer user_data)
{
    GatewayLogin *login = g_new0(GatewayLogin, 1);

    login->config = gateway_config_ref(config);
    login->libexec_directory = g_strdup(libexec_directory);
    login->state_directory = g_strdup(state_directory);
    login->events = *events;
    login->user_data = user_data;
    login->link = -1;
    login->asked = new_asked();
    g_queue_init(&login->trials);
    g_queue_init(&login->records);
    start(login);
    return login;
}

void
gateway_login_free(GatewayLogin *login)
{
    if (login == NULL)
        return;
    close_link(login);
    g_clear_handle_id(&login->lost_source, g_source_remove);
    g_clear_handle_id(&login->restart_source, g_source_remove);
    g_queue_clear_full(&login->trials, trial_free);
    g_queue_clear_full(&login->records, free_record);
    g_hash_table_unref(login->asked);
    gateway_config_unref(login->config);
    g_free(login->libexec_directory);
    g_free(login->state_directory);
    g_free(login);
}

void
gateway_login_try(GatewayLogin *login, GatewayConfig *config, GatewayLoginTried tried,
                  gpointer user_data)
{
    if (login->link < 0)
        start(login);
    if (login->link >= 0) {
        send_configuration(login, config, tried, user_data);
        return;
    }
    /* on_lost() tells. */
    g_queue_push_tail(
        &login->trials,
        g_memdup2(&(Trial){gateway_config_ref(config), tried, user_data}, sizeof(Trial)));
}

/* --- questions --- */

static Secret *
dup_or_null(const Secret *secret)
{
    return secret != NULL ? secret_dup(secret) : NULL;
}

static guint64
note_asked(GatewayLogin *login, guint64 session, guint64 ticket)
{
    Asked *asked = g_new0(Asked, 1);

    asked->number = ++login->last_number;
    asked->session = session;
    asked->ticket = ticket;
    g_hash_table_insert(login->asked, &asked->number, asked);
    return asked->number;
}

void
gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question)
{
    g_autoptr(LoginlinkMessage) message = loginlink_message_new(LOGINLINK_VERDICT);

    message->verdict.ticket = note_asked(login, question->session, question->ticket);
    message->verdict.session = g_strdup(question->id);
    message->verdict.nas_port = question->port;
    message->verdict.round = question->round;
    message->verdict.user = secret_new_text(question->user);
    message->verdict.password = dup_or_null(question->password);
    message->verdict.passcode = dup_or_null(question->passcode);
    message->verdict.domain = dup_or_null(question->domain);
    message->verdict.next_pin = dup_or_null(question->next_pin);
    message->verdict.answer = dup_or_null(question->answer);
    if (question->challenge != NULL)
        message->verdict.challenge = g_bytes_ref(question->challenge);
    message->verdict.group = g_strdup(question->group);
    message->verdict.peer = question->peer;
    message->verdict.called = login->config->listen;
    if (login->link < 0)
        start(login);
    send_message(login, message);
}

void
gateway_login_forget(GatewayLogin *login, guint64 session, const char *id)
{
    g_autoptr(LoginlinkMessage) message = loginlink_message_new(LOGINLINK_FORGET);
    GHashTableIter iter;
    gpointer value;

    message->forget = g_strdup(id);
    g_hash_table_iter_init(&iter, login->asked);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((const Asked *)value)->session == session)
            g_hash_table_iter_remove(&iter);
    send_message(login, message);
}

void
gateway_login_account(GatewayLogin *login, RadiusRecord *take_record)
{
    if (!gateway_config_has_accounting(login->config)) {
        radius_record_free(take_record);
        return;
    }
    if (login->records.length >= MAX_RECORDS) {
        log_warning(NULL, "accounting", "a record of session %s is lost: coati-login is away",
                    take_record->session);
        radius_record_free(take_record);
        return;
    }
    g_queue_push_tail(&login->records, take_record);
    if (login->was_ready)
        take_record->serial = ++login->last_serial;
    if (login->is_ready)
        send_record(login, take_record);
}
