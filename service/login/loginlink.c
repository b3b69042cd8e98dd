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

static const gint results[] = {RADIUS_CONTROL_DONE, RADIUS_CONTROL_NO_SESSION};

static void
walk_server(Wire *wire, gpointer item)
{
    LoginServer *server = item;

    wire_address(wire, &server->address);
    wire_check(wire, server->address.length != 0);
    wire_u16(wire, &server->login_port);
    wire_u16(wire, &server->accounting_port);
    wire_flag(wire, &server->lacks_message_authenticator);
    wire_flag(wire, &server->may_control);
}

static void
walk_configure(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;

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
init_configure(gpointer item)
{
    LoginlinkMessage *message = item;

    message->configure.groups = g_ptr_array_new_with_free_func(g_free);
    message->configure.servers = g_array_new(FALSE, TRUE, sizeof(LoginServer));
}

static void
clear_configure(gpointer item)
{
    LoginlinkMessage *message = item;

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
walk_verdict(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;

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
    wire_bytes(wire, &message->verdict.challenge, LOGINLINK_MAX_SECRET);
    wire_text_always(wire, &message->verdict.group, LOGINLINK_MAX_TEXT);
    wire_endpoint(wire, &message->verdict.peer);
    wire_address(wire, &message->verdict.called);
}

static void
clear_verdict(gpointer item)
{
    LoginlinkMessage *message = item;

    g_free(message->verdict.session);
    secret_free(message->verdict.user);
    secret_free(message->verdict.password);
    secret_free(message->verdict.passcode);
    secret_free(message->verdict.domain);
    secret_free(message->verdict.next_pin);
    secret_free(message->verdict.answer);
    g_clear_pointer(&message->verdict.challenge, g_bytes_unref);
    g_free(message->verdict.group);
}

static void
walk_forget(Wire *wire, gpointer item)
{
    wire_text_always(wire, &((LoginlinkMessage *)item)->forget, RADIUS_MAX_VALUE);
}

static void
clear_forget(gpointer item)
{
    g_free(((LoginlinkMessage *)item)->forget);
}

static void
walk_account(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;

    if (!wire->is_writing)
        message->account = radius_record_new(RADIUS_EVENT_START);
    loginlink_walk_record(wire, message->account);
}

static void
clear_account(gpointer item)
{
    radius_record_free(((LoginlinkMessage *)item)->account);
}

static void
walk_error(Wire *wire, gpointer item)
{
    wire_text_always(wire, &((LoginlinkMessage *)item)->error,
                     LOGINLINK_MAX_TEXT + LOGINLINK_MAX_PATH);
}

static void
clear_error(gpointer item)
{
    g_free(((LoginlinkMessage *)item)->error);
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
walk_answer(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;

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
init_answer(gpointer item)
{
    ((LoginlinkMessage *)item)->answer.field = LOGIN_FIELD_PASSWORD;
}

static void
clear_answer(gpointer item)
{
    LoginlinkMessage *message = item;

    g_free(message->answer.message);
    radius_settings_free(message->answer.settings);
}

static void
walk_note(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;

    wire_flag(wire, &message->note.is_warning);
    wire_text_always(wire, &message->note.text, LOGINLINK_MAX_TEXT);
}

static void
clear_note(gpointer item)
{
    g_free(((LoginlinkMessage *)item)->note.text);
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
    wire_u64(wire, &record->serial);
}

static void
walk_ready(Wire *wire, gpointer item)
{
    wire_u64(wire, &((LoginlinkMessage *)item)->ready);
}

static void
walk_booked(Wire *wire, gpointer item)
{
    wire_u64(wire, &((LoginlinkMessage *)item)->booked);
}

static void
walk_control(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;
    RadiusControl *what;

    if (!wire->is_writing)
        message->control.what = radius_control_new();
    what = message->control.what;
    wire_u64(wire, &message->control.ticket);
    wire_below(wire, &what->type, RADIUS_CONTROL_CHANGE + 1);
    wire_text(wire, &what->session, RADIUS_MAX_VALUE);
    wire_text(wire, &what->user, RADIUS_MAX_VALUE);
    wire_text(wire, &what->calling, RADIUS_MAX_VALUE);
    wire_address(wire, &what->address4);
    wire_address(wire, &what->address6);
    wire_flag(wire, &what->has_port);
    wire_u32(wire, &what->nas_port);
    wire_u32(wire, &what->session_timeout_seconds);
}

static void
clear_control(gpointer item)
{
    radius_control_free(((LoginlinkMessage *)item)->control.what);
}

static void
walk_control_answer(Wire *wire, gpointer item)
{
    LoginlinkMessage *message = item;

    wire_u64(wire, &message->control_answer.ticket);
    wire_choice(wire, &message->control_answer.result, results);
}

static const ChannelRow rows[] = {
    {LOGINLINK_CONFIGURE, "configure", LOGINLINK_TO_LOGIN, 0, walk_configure, clear_configure,
     init_configure},
    {LOGINLINK_VERDICT, "verdict", LOGINLINK_TO_LOGIN, 0, walk_verdict, clear_verdict},
    {LOGINLINK_FORGET, "forget", LOGINLINK_TO_LOGIN, 0, walk_forget, clear_forget},
    {LOGINLINK_ACCOUNT, "account", LOGINLINK_TO_LOGIN, 0, walk_account, clear_account},
    {LOGINLINK_CONTROL_ANSWER, "control-answer", LOGINLINK_TO_LOGIN, 0, walk_control_answer},
    {LOGINLINK_READY, "ready", LOGINLINK_TO_SERVICE, 0, walk_ready},
    {LOGINLINK_ERROR, "error", LOGINLINK_TO_SERVICE, 0, walk_error, clear_error},
    {LOGINLINK_VERDICT_ANSWER, "verdict-answer", LOGINLINK_TO_SERVICE, 0, walk_answer, clear_answer,
     init_answer},
    {LOGINLINK_NOTE, "note", LOGINLINK_TO_SERVICE, 0, walk_note, clear_note},
    {LOGINLINK_BOOKED, "booked", LOGINLINK_TO_SERVICE, 0, walk_booked},
    {LOGINLINK_CONTROL, "control", LOGINLINK_TO_SERVICE, 0, walk_control, clear_control},
};

const Channel loginlink_channel = {
    .rows = rows,
    .row_count = G_N_ELEMENTS(rows),
    .message_size = sizeof(LoginlinkMessage),
};

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
