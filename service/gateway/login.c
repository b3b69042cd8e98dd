/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/login.h"

#include "engine-link.h"
#include "log.h"
#include "login/loginlink.h"

#include <glib-unix.h>

#define UNIT_SOCKET "/run/coati-login.socket"

enum { MESSAGES_PER_TURN = 64, LOGIN_PORT = 1812 };

struct GatewayLogin {
    GatewayConfig *config;
    char *libexec_directory;
    GatewayLoginAnswered answered;
    gpointer user_data;
    Fd link; /* -1: not running */
    ChannelQueue *queue;
    guint read_watch;
    guint write_watch;
    guint lost_source;
    GSubprocess *process;
    GHashTable *asked; /* ticket -> session, both guint64 */
};

static void
close_link(GatewayLogin *login)
{
    g_clear_handle_id(&login->read_watch, g_source_remove);
    g_clear_handle_id(&login->write_watch, g_source_remove);
    g_clear_pointer(&login->queue, channel_queue_free);
    fd_close(&login->link);
    g_clear_object(&login->process);
}

/* Questions under way get their answer from the main loop, not from inside the one who asks. */
static gboolean
on_lost(gpointer user_data)
{
    GatewayLogin *login = user_data;
    g_autoptr(GHashTable) asked = g_steal_pointer(&login->asked);
    GHashTableIter iter;
    gpointer ticket, session;

    login->lost_source = 0;
    login->asked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_hash_table_iter_init(&iter, asked);
    while (g_hash_table_iter_next(&iter, &ticket, &session)) {
        GatewayLoginAnswer answer = {.session = *(guint64 *)session,
                                     .ticket = *(guint64 *)ticket,
                                     .type = IKE_VERDICT_UNREACHABLE};

        login->answered(&answer, login->user_data);
    }
    return G_SOURCE_REMOVE;
}

static void
lose(GatewayLogin *login, const char *why)
{
    log_warning(NULL, "login", "coati-login: %s", why);
    close_link(login);
    if (login->lost_source == 0)
        login->lost_source = g_idle_add(on_lost, login);
}

static void
take_answer(GatewayLogin *login, const LoginlinkMessage *message)
{
    static const IkeVerdictType types[] = {[LOGIN_YES] = IKE_VERDICT_YES,
                                           [LOGIN_NO] = IKE_VERDICT_NO,
                                           [LOGIN_AGAIN] = IKE_VERDICT_AGAIN,
                                           [LOGIN_UNREACHABLE] = IKE_VERDICT_UNREACHABLE};
    GatewayLoginAnswer answer = {.ticket = message->answer.ticket,
                                 .type = types[message->answer.verdict],
                                 .field = (IkeField)message->answer.field,
                                 .message = message->answer.message};
    const guint64 *session = g_hash_table_lookup(login->asked, &answer.ticket);

    if (session == NULL)
        return;
    answer.session = *session;
    g_hash_table_remove(login->asked, &answer.ticket);
    login->answered(&answer, login->user_data);
}

static void
take(GatewayLogin *login, const LoginlinkMessage *message)
{
    switch (message->type) {
    case LOGINLINK_READY:
        break;
    case LOGINLINK_ERROR:
        log_warning(NULL, "login", "coati-login: %s", message->error);
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
    case LOGINLINK_CONFIGURE:
    case LOGINLINK_VERDICT:
    case LOGINLINK_FORGET:
    case LOGINLINK_ACCOUNT:
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
    }
    return G_SOURCE_CONTINUE;
}

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

/* --- starting it --- */

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
add_servers(const GatewayConfig *config, GArray *servers)
{
    for (guint i = 0; i < config->radius_servers->len; i++) {
        LoginServer server = {.address = g_array_index(config->radius_servers, NetAddress, i),
                              .login_port = LOGIN_PORT};

        g_array_append_val(servers, server);
    }
}

static void
send_configuration(GatewayLogin *login)
{
    static const LoginSource sources[] = {[GATEWAY_LOGIN_USERS] = LOGIN_SOURCE_USERS,
                                          [GATEWAY_LOGIN_SYSTEM] = LOGIN_SOURCE_SYSTEM,
                                          [GATEWAY_LOGIN_PAM] = LOGIN_SOURCE_PAM,
                                          [GATEWAY_LOGIN_RADIUS] = LOGIN_SOURCE_RADIUS};
    const GatewayConfig *config = login->config;
    g_autoptr(LoginlinkMessage) message = loginlink_message_new(LOGINLINK_CONFIGURE);

    message->configure.source = sources[config->login_source];
    if (config->login_source == GATEWAY_LOGIN_USERS)
        message->configure.users_file = g_strdup(config->users_file);
    if (config->login_source == GATEWAY_LOGIN_PAM)
        message->configure.pam_service = g_strdup(config->pam_service);
    for (guint i = 0; i < config->login_groups->len; i++)
        g_ptr_array_add(message->configure.groups, g_strdup(config->login_groups->pdata[i]));
    add_servers(config, message->configure.servers);
    message->configure.secret_file = g_strdup(config->radius_secret_file);
    message->configure.nas_identifier = g_strdup(config->identity);
    message->configure.nas_address = config->listen;
    send_message(login, message);
}

static void
start(GatewayLogin *login)
{
    g_autoptr(GError) error = NULL;

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
    send_configuration(login);
}

GatewayLogin *
gateway_login_new(GatewayConfig *config, const char *libexec_directory,
                  GatewayLoginAnswered answered, gpointer user_data)
{
    GatewayLogin *login = g_new0(GatewayLogin, 1);

    login->config = gateway_config_ref(config);
    login->libexec_directory = g_strdup(libexec_directory);
    login->answered = answered;
    login->user_data = user_data;
    login->link = -1;
    login->asked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
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
    g_hash_table_unref(login->asked);
    gateway_config_unref(login->config);
    g_free(login->libexec_directory);
    g_free(login);
}

/* Another source needs another process. */
void
gateway_login_reconfigure(GatewayLogin *login, GatewayConfig *config)
{
    gboolean is_same = config->login_source == login->config->login_source;

    gateway_config_unref(login->config);
    login->config = gateway_config_ref(config);
    if (is_same && login->link >= 0) {
        send_configuration(login);
        return;
    }
    if (login->link >= 0)
        lose(login, "starts anew for another source of logins");
    start(login);
}

static Secret *
dup_or_null(const Secret *secret)
{
    return secret != NULL ? secret_dup(secret) : NULL;
}

static char *
session_name(guint64 session)
{
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x", session);
}

void
gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question)
{
    g_autoptr(LoginlinkMessage) message = loginlink_message_new(LOGINLINK_VERDICT);

    message->verdict.ticket = question->ticket;
    message->verdict.session = session_name(question->session);
    message->verdict.nas_port = (guint32)question->session;
    message->verdict.round = question->round;
    message->verdict.user = secret_new_text(question->user);
    message->verdict.password = dup_or_null(question->password);
    message->verdict.passcode = dup_or_null(question->passcode);
    message->verdict.domain = dup_or_null(question->domain);
    message->verdict.next_pin = dup_or_null(question->next_pin);
    message->verdict.answer = dup_or_null(question->answer);
    message->verdict.group = g_strdup(question->group);
    message->verdict.peer = question->peer;
    message->verdict.called = login->config->listen;
    g_hash_table_insert(login->asked, g_memdup2(&question->ticket, sizeof question->ticket),
                        g_memdup2(&question->session, sizeof question->session));
    if (login->link < 0)
        start(login);
    send_message(login, message);
}

void
gateway_login_forget(GatewayLogin *login, guint64 session)
{
    g_autoptr(LoginlinkMessage) message = loginlink_message_new(LOGINLINK_FORGET);
    GHashTableIter iter;
    gpointer value;

    message->forget = session_name(session);
    g_hash_table_iter_init(&iter, login->asked);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (*(guint64 *)value == session)
            g_hash_table_iter_remove(&iter);
    send_message(login, message);
}
