/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/host.h"

#include "login/host-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MESSAGES_PER_TURN = 64, LINGER_SECONDS = 3, LOCK_TRIES = 50, LOCK_PAUSE = 100 * 1000 };

static void
quit(Host *host)
{
    g_main_loop_quit(host->loop);
}

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer user_data)
{
    Host *host = user_data;
    g_autoptr(GError) error = NULL;

    if (!channel_queue_flush(host->queue, &error)) {
        host->write_watch = 0;
        quit(host);
        return G_SOURCE_REMOVE;
    }
    if (channel_queue_is_waiting(host->queue))
        return G_SOURCE_CONTINUE;
    host->write_watch = 0;
    return G_SOURCE_REMOVE;
}

void
host_send(Host *host, const LoginlinkMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (host->is_parting)
        return;
    if (!loginlink_queue_send(host->queue, message, NULL, &error)) {
        g_warning("%s", error->message);
        quit(host);
        return;
    }
    if (channel_queue_is_waiting(host->queue) && host->write_watch == 0)
        host->write_watch = g_unix_fd_add(host->link, G_IO_OUT, on_writable, host);
}

void
host_note(Host *host, gboolean is_warning, const char *text)
{
    g_autoptr(LoginlinkMessage) note = loginlink_message_new(LOGINLINK_NOTE);

    note->note.is_warning = is_warning;
    note->note.text = g_strndup(text, LOGINLINK_MAX_TEXT / 4);
    host_send(host, note);
}

static gboolean
fail(GError **error, const char *text)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, text);
    return FALSE;
}

static gboolean
check_readable(const char *path, const char *hint, GError **error)
{
    if (access(path, R_OK) == 0)
        return TRUE;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "Cannot read %s: %s%s", path,
                g_strerror(errno), hint);
    return FALSE;
}

static gboolean
has_server(const LoginlinkMessage *configure, RadiusUse use)
{
    for (guint i = 0; i < configure->configure.servers->len; i++) {
        const LoginServer *server = &g_array_index(configure->configure.servers, LoginServer, i);

        if ((use == RADIUS_FOR_LOGIN ? server->login_port : server->accounting_port) != 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
check_source(const LoginlinkMessage *configure, GError **error)
{
    const char *service = configure->configure.pam_service;

    switch (configure->configure.source) {
    case LOGIN_SOURCE_USERS:
        if (configure->configure.users_file == NULL)
            return fail(error, "No file of users");
        return check_readable(configure->configure.users_file, "", error);
    case LOGIN_SOURCE_SYSTEM:
        return check_readable("/etc/shadow", " (coati-login needs the group shadow)", error);
    case LOGIN_SOURCE_PAM:
        if (service == NULL || *service == '\0' || strchr(service, '/') != NULL)
            return fail(error, "The PAM service needs the name of a file in /etc/pam.d");
        return TRUE;
    case LOGIN_SOURCE_RADIUS:
        return has_server(configure, RADIUS_FOR_LOGIN) ||
               fail(error, "No RADIUS server for logins");
    }
    return FALSE;
}

/* One process at a time has the book: an older one may still be sending its last records. */
static gboolean
lock_book(Host *host, const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, "accounting.lock", NULL);
    g_auto(Fd) lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    guint tries = 0;

    if (lock < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "Cannot write %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    while (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        if (++tries == LOCK_TRIES) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s is held by another process", path);
            return FALSE;
        }
        g_usleep(LOCK_PAUSE);
    }
    fd_close(&host->lock);
    host->lock = fd_steal(&lock);
    return TRUE;
}

/* What CONFIGURE makes; swapped as a whole. */
typedef struct {
    LoginlinkMessage *configure;
    Servers *servers;
    Control *control;
    Book *book;
    GHashTable *numbers;
} Parts;

static void
swap_parts(Host *host, Parts *parts)
{
    Parts old = {host->configure, host->servers, host->control, host->book, host->numbers};

    host->configure = parts->configure;
    host->servers = parts->servers;
    host->control = parts->control;
    host->book = parts->book;
    host->numbers = parts->numbers;
    *parts = old;
}

static void
clear_parts(Parts *parts)
{
    servers_free(parts->servers);
    control_free(parts->control);
    book_close(parts->book);
    g_clear_pointer(&parts->numbers, g_hash_table_unref);
    loginlink_message_free(parts->configure);
}

static gboolean
open_book(Host *host, GError **error)
{
    const LoginlinkMessage *configure = host->configure;
    /* Its unit has one of its own. */
    const char *own = g_getenv("STATE_DIRECTORY");
    const char *directory = own != NULL ? own : configure->configure.state_directory;

    if (directory == NULL || (!has_server(configure, RADIUS_FOR_ACCOUNTING) &&
                              configure->configure.accounting_file == NULL))
        return TRUE;
    if ((host->lock_path == NULL || strcmp(host->lock_path, directory) != 0) &&
        !lock_book(host, directory, error))
        return FALSE;
    g_free(host->lock_path);
    host->lock_path = g_strdup(directory);
    host->book = book_open(directory, account_send, host, error);
    account_cross_out_written(host);
    return host->book != NULL;
}

/* ControlAsk */
static guint64
ask_control(const RadiusControl *what, gpointer user_data)
{
    Host *host = user_data;
    LoginlinkMessage message = {.type = LOGINLINK_CONTROL};

    message.control.ticket = ++host->last_control;
    message.control.what = (RadiusControl *)what; /* only written */
    host_send(host, &message);
    return message.control.ticket;
}

/* Takes the message. On failure all is as before. */
static gboolean
configure(Host *host, LoginlinkMessage **take_message, GError **error)
{
    LoginlinkMessage *message = *take_message;
    Parts parts = {.numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free)};

    if (host->configure != NULL && host->configure->configure.source != message->configure.source) {
        g_hash_table_unref(parts.numbers);
        return fail(error, "The source of logins changes with a restart alone");
    }
    if (message->configure.servers->len > 0)
        parts.servers = servers_new(message, &radius_events, host, error);
    if (parts.servers != NULL && control_is_wanted(message))
        parts.control = control_new(message, ask_control, host, error);
    if ((message->configure.servers->len > 0 && parts.servers == NULL) ||
        (control_is_wanted(message) && parts.control == NULL) || !check_source(message, error)) {
        clear_parts(&parts);
        return FALSE;
    }
    parts.configure = g_steal_pointer(take_message);
    swap_parts(host, &parts);
    host->has_accounting_server = has_server(host->configure, RADIUS_FOR_ACCOUNTING);
    if (!open_book(host, error)) {
        swap_parts(host, &parts);
        clear_parts(&parts);
        host->has_accounting_server =
            host->configure != NULL && has_server(host->configure, RADIUS_FOR_ACCOUNTING);
        return FALSE;
    }
    clear_parts(&parts);
    verdict_servers_changed(host);
    workers_set_limit(host->workers, host->configure->configure.limit_seconds);
    return TRUE;
}

static void
on_configure(Host *host, LoginlinkMessage **take_message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoginlinkMessage) answer = NULL;

    if (configure(host, take_message, &error)) {
        answer = loginlink_message_new(LOGINLINK_READY);
        answer->ready = host->booked = host->book != NULL ? book_serial(host->book) : 0;
    } else {
        answer = loginlink_message_new(LOGINLINK_ERROR);
        answer->error = g_strdup(error->message);
    }
    host_send(host, answer);
}

static void
dispatch(Host *host, LoginlinkMessage **take_message)
{
    LoginlinkMessage *message = *take_message;

    switch (message->type) {
    case LOGINLINK_CONFIGURE:
        on_configure(host, take_message);
        break;
    case LOGINLINK_VERDICT:
        verdict_ask(host, message);
        break;
    case LOGINLINK_FORGET:
        verdict_forget(host, message->forget);
        break;
    case LOGINLINK_ACCOUNT:
        host->is_off = message->account->event == RADIUS_EVENT_OFF;
        account_add(host, message->account);
        break;
    case LOGINLINK_CONTROL_ANSWER:
        if (host->control != NULL)
            control_answer(host->control, message->control_answer.ticket,
                           message->control_answer.result);
        break;
    case LOGINLINK_READY:
    case LOGINLINK_ERROR:
    case LOGINLINK_VERDICT_ANSWER:
    case LOGINLINK_NOTE:
    case LOGINLINK_BOOKED:
    case LOGINLINK_CONTROL:
        /* loginlink_receive() lets none through from that side. */
        break;
    }
}

static gboolean
on_linger_over(gpointer user_data)
{
    quit(user_data);
    return G_SOURCE_CONTINUE;
}

static void
part(Host *host, const GError *error)
{
    if (error != NULL)
        g_warning("%s", error->message);
    host->is_parting = TRUE;
    if (!host->is_off || host->book == NULL || book_waiting(host->book) == 0 ||
        !host->has_accounting_server) {
        quit(host);
        return;
    }
    host->linger = g_timeout_add_seconds(LINGER_SECONDS, on_linger_over, host);
}

/* What was told in this turn is on disk, and said to be. */
static void
settle_book(Host *host)
{
    g_autoptr(LoginlinkMessage) booked = loginlink_message_new(LOGINLINK_BOOKED);

    if (host->book == NULL)
        return;
    book_sync(host->book);
    booked->booked = book_serial(host->book);
    if (booked->booked > host->booked)
        host_send(host, booked);
    host->booked = booked->booked;
}

static gboolean
on_link(gint fd, GIOCondition condition, gpointer user_data)
{
    Host *host = user_data;

    for (guint i = 0; i < MESSAGES_PER_TURN; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoginlinkMessage) message =
            loginlink_receive(host->link, LOGINLINK_TO_LOGIN, NULL, &error);

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            break;
        if (message == NULL) {
            host->read_watch = 0;
            part(host, error);
            return G_SOURCE_REMOVE;
        }
        dispatch(host, &message);
    }
    settle_book(host);
    return G_SOURCE_CONTINUE;
}

void
host_run(Fd link)
{
    Host host = {.link = link, .lock = -1};

    host.loop = g_main_loop_new(NULL, FALSE);
    host.queue = channel_queue_new(link);
    host.written = g_array_new(FALSE, FALSE, sizeof(guint64));
    verdict_open(&host);
    host.read_watch = g_unix_fd_add(link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_link, &host);
    g_main_loop_run(host.loop);
    if (host.book != NULL)
        book_sync(host.book);
    host.is_parting = TRUE;
    g_clear_handle_id(&host.read_watch, g_source_remove);
    g_clear_handle_id(&host.write_watch, g_source_remove);
    g_clear_handle_id(&host.linger, g_source_remove);
    verdict_close(&host);
    servers_free(host.servers);
    control_free(host.control);
    book_close(host.book);
    g_clear_pointer(&host.numbers, g_hash_table_unref);
    g_array_unref(host.written);
    channel_queue_free(host.queue);
    loginlink_message_free(host.configure);
    g_free(host.lock_path);
    fd_close(&host.lock);
    g_main_loop_unref(host.loop);
}
