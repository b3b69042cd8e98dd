/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gateway's end of coati-login for tests: lines on standard input are messages to it, what it
 * says comes out as lines. Starts the program that is its argument, or connects to it.
 *
 *     configure source=radius secret-file=... server=127.0.0.1,1812,1813[,lax] ...
 *     verdict ticket=1 session=s round=1 user=u password=p ...
 *     forget session=s
 *     account event=start session=s user=u ...
 */
#include "login/loginlink.h"

#include "base/names.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const NameRow sources[] = {{LOGIN_SOURCE_USERS, "users"},
                                  {LOGIN_SOURCE_SYSTEM, "system"},
                                  {LOGIN_SOURCE_PAM, "pam"},
                                  {LOGIN_SOURCE_RADIUS, "radius"},
                                  {0, NULL}};
static const NameRow events[] = {{RADIUS_EVENT_START, "start"},     {RADIUS_EVENT_STOP, "stop"},
                                 {RADIUS_EVENT_INTERIM, "interim"}, {RADIUS_EVENT_ON, "on"},
                                 {RADIUS_EVENT_OFF, "off"},         {0, NULL}};
static const NameRow verdicts[] = {{LOGIN_YES, "yes"},
                                   {LOGIN_NO, "no"},
                                   {LOGIN_AGAIN, "again"},
                                   {LOGIN_UNREACHABLE, "unreachable"},
                                   {0, NULL}};
static const NameRow fields[] = {{LOGIN_FIELD_PASSWORD, "password"},
                                 {LOGIN_FIELD_PASSCODE, "passcode"},
                                 {LOGIN_FIELD_ANSWER, "answer"},
                                 {0, NULL}};

/* NULL when the line does not say. */
static char *
word(char **words, const char *name)
{
    for (; *words != NULL; words++) {
        gsize length = strlen(name);

        if (strncmp(*words, name, length) == 0 && (*words)[length] == '=')
            return g_strdelimit(g_strdup(*words + length + 1), "+", ' ');
    }
    return NULL;
}

static guint64
number(char **words, const char *name)
{
    g_autofree char *text = word(words, name);

    return text != NULL ? g_ascii_strtoull(text, NULL, 10) : 0;
}

static gint
named(char **words, const char *name, const NameRow *rows)
{
    g_autofree char *text = word(words, name);
    gint value = 0;

    if (text == NULL || !name_find(rows, text, &value))
        g_error("%s is not one of them", name);
    return value;
}

static void
add_server(GArray *servers, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    LoginServer server = {.login_port = (guint16)atoi(parts[1]),
                          .accounting_port = (guint16)atoi(parts[2]),
                          .lacks_message_authenticator = g_strv_length(parts) > 3};

    if (!net_address_parse(parts[0], &server.address))
        g_error("%s is no address", parts[0]);
    g_array_append_val(servers, server);
}

static LoginlinkMessage *
read_configure(char **words)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_CONFIGURE);

    message->configure.source = (LoginSource)named(words, "source", sources);
    message->configure.users_file = word(words, "users-file");
    message->configure.pam_service = word(words, "pam-service");
    message->configure.limit_seconds = (guint32)number(words, "limit");
    message->configure.secret_file = word(words, "secret-file");
    message->configure.timeout_milliseconds = (guint32)number(words, "timeout");
    message->configure.tries = (guint32)number(words, "tries");
    message->configure.dead_seconds = (guint32)number(words, "dead");
    message->configure.nas_identifier = word(words, "nas");
    message->configure.state_directory = word(words, "state");
    message->configure.accounting_file = word(words, "file");
    for (; *words != NULL; words++) {
        if (g_str_has_prefix(*words, "server="))
            add_server(message->configure.servers, *words + strlen("server="));
        if (g_str_has_prefix(*words, "group="))
            g_ptr_array_add(message->configure.groups, g_strdup(*words + strlen("group=")));
    }
    return message;
}

static Secret *
secret(char **words, const char *name)
{
    g_autofree char *text = word(words, name);

    return text != NULL ? secret_new_text(text) : NULL;
}

static LoginlinkMessage *
read_verdict(char **words)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_VERDICT);

    message->verdict.ticket = number(words, "ticket");
    message->verdict.session = word(words, "session");
    message->verdict.round = MAX((guint32)number(words, "round"), 1);
    message->verdict.nas_port = 7;
    message->verdict.user = secret(words, "user");
    message->verdict.password = secret(words, "password");
    message->verdict.passcode = secret(words, "passcode");
    message->verdict.answer = secret(words, "answer");
    message->verdict.group = g_strdup("staff");
    net_address_parse("192.0.2.7", &message->verdict.peer.address);
    message->verdict.peer.port = 4500;
    return message;
}

static LoginlinkMessage *
read_account(char **words)
{
    LoginlinkMessage *message = loginlink_message_new(LOGINLINK_ACCOUNT);
    RadiusRecord *record = radius_record_new((RadiusEvent)named(words, "event", events));
    char *session = word(words, "session");

    message->account = record;
    if (session != NULL) {
        g_free(record->session);
        record->session = session;
    }
    record->user = word(words, "user");
    record->calling = g_strdup("192.0.2.7");
    record->octets_in = number(words, "in");
    record->octets_out = number(words, "out");
    record->session_seconds = (guint32)number(words, "seconds");
    record->cause = (RadiusCause)number(words, "cause");
    record->unix_seconds = g_get_real_time() / G_TIME_SPAN_SECOND;
    net_address_parse("10.1.0.9", &record->address4);
    return message;
}

static LoginlinkMessage *
read_message(char **words)
{
    LoginlinkMessage *message = NULL;

    if (strcmp(words[0], "configure") == 0)
        return read_configure(words + 1);
    if (strcmp(words[0], "verdict") == 0)
        return read_verdict(words + 1);
    if (strcmp(words[0], "account") == 0)
        return read_account(words + 1);
    if (strcmp(words[0], "forget") == 0) {
        message = loginlink_message_new(LOGINLINK_FORGET);
        message->forget = word(words + 1, "session");
        return message;
    }
    g_error("%s is no message", words[0]);
    return NULL;
}

static void
print_settings(const RadiusSettings *settings)
{
    char address[NET_ADDRESS_TEXT_SIZE];
    char prefix[NET_PREFIX_TEXT_SIZE];

    printf(" address=%s/%u pool=%s domain=%s session-timeout=%u idle-timeout=%u interim=%u "
           "classes=%u",
           net_address_format(&settings->address4, address), settings->prefix_length4,
           settings->pool, settings->domain, settings->session_timeout_seconds,
           settings->idle_timeout_seconds, settings->interim_seconds, settings->classes->len);
    for (guint i = 0; i < settings->dns->len; i++)
        printf(" dns=%s",
               net_address_format(&g_array_index(settings->dns, NetAddress, i), address));
    for (guint i = 0; i < settings->split_include->len; i++)
        printf(" include=%s",
               net_prefix_format(&g_array_index(settings->split_include, NetPrefix, i), prefix));
}

static void
print_message(const LoginlinkMessage *message)
{
    g_autofree char *text = NULL;

    printf("%s", loginlink_name(message->type));
    if (message->type == LOGINLINK_ERROR)
        printf(" %s", message->error);
    if (message->type == LOGINLINK_NOTE)
        printf(" %s", message->note.text);
    if (message->type == LOGINLINK_VERDICT_ANSWER) {
        text = message->answer.message != NULL
                   ? g_strdelimit(g_strdup(message->answer.message), "\n", '|')
                   : NULL;
        printf(" ticket=%" G_GUINT64_FORMAT " %s field=%s message=%s", message->answer.ticket,
               name_of(verdicts, (gint)message->answer.verdict),
               name_of(fields, (gint)message->answer.field), text != NULL ? text : "-");
        if (message->answer.settings != NULL)
            print_settings(message->answer.settings);
    }
    printf("\n");
    fflush(stdout);
}

/* A program to be started, or the socket of one that something else starts. */
static Fd
start(const char *program)
{
    Fd pair[2];
    pid_t pid;

    if (g_str_has_suffix(program, ".socket")) {
        printf("pid 0\n");
        fflush(stdout);
        return loginlink_connect(program, NULL);
    }
    if (!fd_pair(pair, NULL))
        g_error("No pair of sockets");
    pid = fork();
    if (pid == 0) {
        if (pair[1] != 3)
            dup2(pair[1], 3);
        /* dup2() has cleared close-on-exec; the same number has not. */
        execl(program, program, NULL);
        _exit(127);
    }
    close(pair[1]);
    printf("pid %d\n", pid);
    fflush(stdout);
    return pair[0];
}

/* FALSE at the end of the input. */
static gboolean
on_line(Fd link)
{
    char line[4096];
    g_auto(GStrv) words = NULL;
    g_autoptr(LoginlinkMessage) message = NULL;
    g_autoptr(ChannelQueue) queue = channel_queue_new(link);
    g_autoptr(GError) error = NULL;

    if (fgets(line, sizeof line, stdin) == NULL)
        return FALSE;
    words = g_strsplit(g_strstrip(line), " ", -1);
    message = read_message(words);
    if (!loginlink_queue_send(queue, message, NULL, &error))
        printf("cannot send: %s\n", error->message);
    return TRUE;
}

static gboolean
on_link(Fd link)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoginlinkMessage) message =
        loginlink_receive(link, LOGINLINK_TO_SERVICE, NULL, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return TRUE;
    if (message == NULL)
        return FALSE;
    print_message(message);
    return TRUE;
}

int
main(int argc, char **argv)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};

    if (argc != 2)
        return 2;
    setvbuf(stdin, NULL, _IONBF, 0);
    fds[1].fd = start(argv[1]);
    for (;;) {
        poll(fds, 2, -1);
        if (fds[1].revents != 0 && !on_link(fds[1].fd))
            break;
        if (fds[0].revents != 0 && !on_line(fds[1].fd))
            break;
    }
    close(fds[1].fd);
    waitpid(-1, NULL, 0);
    printf("gone\n");
    return 0;
}
