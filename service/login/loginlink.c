/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/loginlink.h"

#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const gint fields[] = {LOGIN_FIELD_PASSWORD, LOGIN_FIELD_PASSCODE, LOGIN_FIELD_ANSWER};
static const gint events[] = {
    RADIUS_EVENT_START, RADIUS_EVENT_STOP, RADIUS_EVENT_INTERIM, RADIUS_EVENT_ON, RADIUS_EVENT_OFF,
};

static void
walk_nothing(Wire *wire, LoginlinkMessage *message)
{
}

static void
walk_server(Wire *wire, gpointer item)
{
    LoginServer *server = item;

    wire_address(wire, &server->address);
    wire_check(wire, server->address.length != 0);
    wire_u16(wire, &server->login_port);
    wire_u16(wire, &server->accounting_port);
    wire_flag(wire, &server->lacks_message_authenticator);
}

static void
walk_configure(Wire *wire, LoginlinkMessage *message)
{
    wire_below(wire, &message->configure.source, LOGIN_SOURCE_RADIUS + 1);
    wire_text(wire, &message->configure.users_file, LOGINLINK_MAX_PATH);
    wire_text_list(wire, message->configure.groups, LOGINLINK_MAX_GROUPS, LOGINLINK_MAX_TEXT);
    wire_text(wire, &message->configure.pam_service, LOGINLINK_MAX_TEXT);
    wire_u32(wire, &message->configure.limit_seconds);
    wire_array(wire, message->configure.servers, LOGINLINK_MAX_SERVERS, walk_server);
    wire_text(wire, &message->configure.secret_file, LOGINLINK_MAX_PATH);
    wire_u32(wire, &message->configure.timeout_milliseconds);
    wire_u32(wire, &message->configure.tries);
    wire_u32(wire, &message->configure.dead_seconds);
    wire_text(wire, &message->configure.nas_identifier, RADIUS_MAX_VALUE);
    wire_address(wire, &message->configure.nas_address);
    wire_text(wire, &message->configure.state_directory, LOGINLINK_MAX_PATH);
    wire_text(wire, &message->configure.accounting_file, LOGINLINK_MAX_PATH);
}

static void
walk_verdict(Wire *wire, LoginlinkMessage *message)
{
    wire_u64(wire, &message->verdict.ticket);
    wire_text_always(wire, &message->verdict.session, RADIUS_MAX_VALUE);
    wire_u32(wire, &message->verdict.nas_port);
    wire_u32(wire, &message->verdict.round);
    wire_secret(wire, &message->verdict.user, LOGINLINK_MAX_SECRET);
    wire_secret(wire, &message->verdict.password, LOGINLINK_MAX_SECRET);
    wire_secret(wire, &message->verdict.passcode, LOGINLINK_MAX_SECRET);
    wire_secret(wire, &message->verdict.domain, LOGINLINK_MAX_SECRET);
    wire_secret(wire, &message->verdict.next_pin, LOGINLINK_MAX_SECRET);
    wire_secret(wire, &message->verdict.answer, LOGINLINK_MAX_SECRET);
    wire_text_always(wire, &message->verdict.group, LOGINLINK_MAX_TEXT);
    wire_endpoint(wire, &message->verdict.peer);
    wire_address(wire, &message->verdict.called);
}

static void
walk_forget(Wire *wire, LoginlinkMessage *message)
{
    wire_text_always(wire, &message->forget, RADIUS_MAX_VALUE);
}

static void
walk_account(Wire *wire, LoginlinkMessage *message)
{
    if (!wire->is_writing)
        message->account = radius_record_new(RADIUS_EVENT_START);
    loginlink_walk_record(wire, message->account);
}

static void
walk_error(Wire *wire, LoginlinkMessage *message)
{
    wire_text_always(wire, &message->error, LOGINLINK_MAX_TEXT + LOGINLINK_MAX_PATH);
}

static void
walk_settings(Wire *wire, RadiusSettings *settings)
{
    wire_address(wire, &settings->address4);
    wire_u8(wire, &settings->prefix_length4);
    wire_address(wire, &settings->address6);
    wire_u8(wire, &settings->prefix_length6);
    wire_text(wire, &settings->pool, RADIUS_MAX_VALUE);
    wire_text(wire, &settings->profile, RADIUS_MAX_VALUE);
    wire_array(wire, settings->dns, RADIUS_MAX_ADDRESSES, wire_address);
    wire_array(wire, settings->wins, RADIUS_MAX_ADDRESSES, wire_address);
    wire_text(wire, &settings->domain, RADIUS_MAX_VALUE);
    wire_text_list(wire, settings->split_dns, RADIUS_MAX_NAMES, RADIUS_MAX_VALUE);
    wire_array(wire, settings->split_include, RADIUS_MAX_NETWORKS, wire_prefix);
    wire_array(wire, settings->split_exclude, RADIUS_MAX_NETWORKS, wire_prefix);
    wire_text(wire, &settings->banner, RADIUS_MAX_BANNER);
    wire_u32(wire, &settings->session_timeout_seconds);
    wire_u32(wire, &settings->idle_timeout_seconds);
    wire_u32(wire, &settings->interim_seconds);
    wire_u32(wire, &settings->mtu_octets);
    wire_bytes_list(wire, settings->classes, RADIUS_MAX_CLASSES, RADIUS_MAX_VALUE);
}

static void
walk_answer(Wire *wire, LoginlinkMessage *message)
{
    wire_u64(wire, &message->answer.ticket);
    wire_below(wire, &message->answer.verdict, LOGIN_UNREACHABLE + 1);
    wire_choice(wire, &message->answer.field, fields);
    wire_text(wire, &message->answer.message, RADIUS_MAX_BANNER);
    wire_u32(wire, &message->answer.answer_seconds);
    if (!wire_is_there(wire, message->answer.settings != NULL))
        return;
    if (!wire->is_writing)
        message->answer.settings = radius_settings_new();
    walk_settings(wire, message->answer.settings);
}

static void
walk_note(Wire *wire, LoginlinkMessage *message)
{
    wire_flag(wire, &message->note.is_warning);
    wire_text_always(wire, &message->note.text, LOGINLINK_MAX_TEXT);
}

void
loginlink_walk_record(Wire *wire, RadiusRecord *record)
{
    wire_choice(wire, &record->event, events);
    wire_text_always(wire, &record->session, RADIUS_MAX_VALUE);
    wire_text(wire, &record->user, RADIUS_MAX_VALUE);
    wire_text(wire, &record->calling, RADIUS_MAX_VALUE);
    wire_text(wire, &record->called, RADIUS_MAX_VALUE);
    wire_address(wire, &record->address4);
    wire_address(wire, &record->address6);
    wire_u32(wire, &record->nas_port);
    wire_u64(wire, &record->octets_in);
    wire_u64(wire, &record->octets_out);
    wire_u64(wire, &record->packets_in);
    wire_u64(wire, &record->packets_out);
    wire_u32(wire, &record->session_seconds);
    wire_below(wire, &record->cause, RADIUS_CAUSE_USER_ERROR + 1);
    wire_i64(wire, &record->unix_seconds);
    wire_bytes_list(wire, record->classes, RADIUS_MAX_CLASSES, RADIUS_MAX_VALUE);
}

typedef struct {
    LoginlinkType type;
    const char *name;
    LoginlinkDirection direction;
    void (*walk)(Wire *wire, LoginlinkMessage *message);
} LoginlinkRow;

static const LoginlinkRow rows[] = {
    {LOGINLINK_CONFIGURE, "configure", LOGINLINK_TO_LOGIN, walk_configure},
    {LOGINLINK_VERDICT, "verdict", LOGINLINK_TO_LOGIN, walk_verdict},
    {LOGINLINK_FORGET, "forget", LOGINLINK_TO_LOGIN, walk_forget},
    {LOGINLINK_ACCOUNT, "account", LOGINLINK_TO_LOGIN, walk_account},
    {LOGINLINK_READY, "ready", LOGINLINK_TO_SERVICE, walk_nothing},
    {LOGINLINK_ERROR, "error", LOGINLINK_TO_SERVICE, walk_error},
    {LOGINLINK_VERDICT_ANSWER, "verdict-answer", LOGINLINK_TO_SERVICE, walk_answer},
    {LOGINLINK_NOTE, "note", LOGINLINK_TO_SERVICE, walk_note},
};

static const LoginlinkRow *
find_row(guint16 type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

const char *
loginlink_name(LoginlinkType type)
{
    const LoginlinkRow *row = find_row((guint16)type);

    return row != NULL ? row->name : "unknown";
}

LoginlinkMessage *
loginlink_message_new(LoginlinkType type)
{
    LoginlinkMessage *message = g_new0(LoginlinkMessage, 1);

    message->type = type;
    if (type == LOGINLINK_CONFIGURE) {
        message->configure.groups = g_ptr_array_new_with_free_func(g_free);
        message->configure.servers = g_array_new(FALSE, TRUE, sizeof(LoginServer));
    }
    if (type == LOGINLINK_VERDICT_ANSWER)
        message->answer.field = LOGIN_FIELD_PASSWORD;
    return message;
}

static void
clear_configure(LoginlinkMessage *message)
{
    g_free(message->configure.users_file);
    g_clear_pointer(&message->configure.groups, g_ptr_array_unref);
    g_free(message->configure.pam_service);
    g_clear_pointer(&message->configure.servers, g_array_unref);
    g_free(message->configure.secret_file);
    g_free(message->configure.nas_identifier);
    g_free(message->configure.state_directory);
    g_free(message->configure.accounting_file);
}

static void
clear_verdict(LoginlinkMessage *message)
{
    g_free(message->verdict.session);
    secret_free(message->verdict.user);
    secret_free(message->verdict.password);
    secret_free(message->verdict.passcode);
    secret_free(message->verdict.domain);
    secret_free(message->verdict.next_pin);
    secret_free(message->verdict.answer);
    g_free(message->verdict.group);
}

void
loginlink_message_free(LoginlinkMessage *message)
{
    if (message == NULL)
        return;
    switch (message->type) {
    case LOGINLINK_CONFIGURE:
        clear_configure(message);
        break;
    case LOGINLINK_VERDICT:
        clear_verdict(message);
        break;
    case LOGINLINK_FORGET:
        g_free(message->forget);
        break;
    case LOGINLINK_ACCOUNT:
        radius_record_free(message->account);
        break;
    case LOGINLINK_ERROR:
        g_free(message->error);
        break;
    case LOGINLINK_VERDICT_ANSWER:
        g_free(message->answer.message);
        radius_settings_free(message->answer.settings);
        break;
    case LOGINLINK_NOTE:
        g_free(message->note.text);
        break;
    case LOGINLINK_READY:
        break;
    }
    g_free(message);
}

Secret *
loginlink_write(const LoginlinkMessage *message)
{
    const LoginlinkRow *row = find_row((guint16)message->type);
    g_auto(Wire) wire = wire_to_write(FD_MAX_MESSAGE);
    guint16 type = (guint16)message->type;

    g_assert(row != NULL);
    wire_u16(&wire, &type);
    /* A walk that writes changes nothing. */
    row->walk(&wire, (LoginlinkMessage *)message);
    return wire_ok(&wire) ? secret_new(wire.writer.data, wire.writer.length) : NULL;
}

LoginlinkMessage *
loginlink_parse(const guint8 *data, gsize length, LoginlinkDirection direction, GError **error)
{
    g_auto(Wire) wire = wire_to_parse(data, length);
    g_autoptr(LoginlinkMessage) message = NULL;
    const LoginlinkRow *row;
    guint16 type = 0;

    wire_u16(&wire, &type);
    row = find_row(type);
    if (row == NULL || row->direction != direction) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a message of type %u, which is not its to send", type);
        return NULL;
    }
    message = loginlink_message_new((LoginlinkType)type);
    row->walk(&wire, message);
    if (!wire_ok(&wire)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a malformed message \"%s\"", row->name);
        return NULL;
    }
    return g_steal_pointer(&message);
}

LoginlinkMessage *
loginlink_receive(Fd socket, LoginlinkDirection direction, GError **error)
{
    LoginlinkMessage *message = NULL;
    guint8 room[FD_MAX_MESSAGE];
    Fd fds[FD_MAX_PASSED];
    gsize count;
    gssize length = fd_receive(socket, room, sizeof room, fds, &count, error);

    /* No message here carries descriptors. */
    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
    if (length <= 0)
        return NULL;
    message = loginlink_parse(room, (gsize)length, direction, error);
    explicit_bzero(room, (gsize)length);
    return message;
}

Fd
loginlink_connect(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_auto(Fd) fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
        errno = ENAMETOOLONG;
    else if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd_steal(&fd);
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                "Cannot reach coati-login at %s: %s", path, g_strerror(errno));
    return -1;
}

struct LoginlinkQueue {
    Fd socket;
    GQueue waiting; /* Secret */
};

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

LoginlinkQueue *
loginlink_queue_new(Fd socket)
{
    LoginlinkQueue *queue = g_new0(LoginlinkQueue, 1);

    queue->socket = socket;
    g_queue_init(&queue->waiting);
    return queue;
}

void
loginlink_queue_free(LoginlinkQueue *queue)
{
    if (queue == NULL)
        return;
    g_queue_clear_full(&queue->waiting, free_secret);
    g_free(queue);
}

gboolean
loginlink_queue_is_waiting(const LoginlinkQueue *queue)
{
    return queue->waiting.length > 0;
}

gboolean
loginlink_queue_flush(LoginlinkQueue *queue, GError **error)
{
    while (queue->waiting.length > 0) {
        const Secret *octets = g_queue_peek_head(&queue->waiting);
        g_autoptr(GError) problem = NULL;

        if (!fd_send(queue->socket, secret_data(octets), secret_length(octets), NULL, 0,
                     &problem)) {
            if (g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
                return TRUE;
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        secret_free(g_queue_pop_head(&queue->waiting));
    }
    return TRUE;
}

gboolean
loginlink_queue_send(LoginlinkQueue *queue, const LoginlinkMessage *message, GError **error)
{
    g_autoptr(Secret) octets = loginlink_write(message);

    if (octets == NULL || queue->waiting.length >= LOGINLINK_MAX_WAITING) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "The message \"%s\" %s",
                    loginlink_name(message->type),
                    octets == NULL ? "is too long" : "cannot be sent: the other process hangs");
        return FALSE;
    }
    g_queue_push_tail(&queue->waiting, g_steal_pointer(&octets));
    return loginlink_queue_flush(queue, error);
}
