/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/servers.h"

#include "base/sockname.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DATAGRAMS_PER_TURN = 64, NANOSECONDS_PER_MICROSECOND = 1000 };

typedef struct {
    Servers *servers;
    RadiusPort port;
    Fd socket; /* -1 when there is none to be had */
    guint watch;
} Port;

struct Servers {
    ServersEvents events;
    gpointer user_data;
    GArray *rows; /* LoginServer */
    RadiusClient *client;
    GPtrArray *ports;
    guint timer;
};

static gint64
read_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec * G_TIME_SPAN_SECOND + time.tv_nsec / NANOSECONDS_PER_MICROSECOND;
}

static gint64
now_of(Servers *servers)
{
    gint64 now = read_clock();

    radius_client_set_clock(servers->client, now, g_get_real_time() / G_TIME_SPAN_SECOND);
    return now;
}

static void
throw_dice(gpointer user_data, guint8 *ret_octets, gsize length)
{
    /* Up to 256 octets never come short (getrandom(2)). */
    if (getrandom(ret_octets, length, 0) != (gssize)length)
        g_error("No random octets");
}

static void
free_port(gpointer pointer)
{
    Port *port = pointer;

    g_clear_handle_id(&port->watch, g_source_remove);
    fd_close(&port->socket);
    g_free(port);
}

static void pump(Servers *servers);

static gboolean
on_datagram(gint fd, GIOCondition condition, gpointer user_data)
{
    Port *port = user_data;
    Servers *servers = port->servers;
    gint64 now = now_of(servers);
    guint8 room[RADIUS_MAX_PACKET];

    for (guint i = 0; i < DATAGRAMS_PER_TURN; i++) {
        /* An ICMP error comes out here too: the schedule deals with silence anyway. */
        gssize length = recv(fd, room, sizeof room, MSG_DONTWAIT);

        if (length < 0)
            break;
        radius_client_receive(servers->client, now, &port->port, room, (gsize)length);
    }
    pump(servers);
    return G_SOURCE_CONTINUE;
}

/* Connected: the kernel drops what comes from elsewhere. */
static Fd
open_socket(const LoginServer *row, RadiusUse use)
{
    NetEndpoint server = {
        .address = row->address,
        .port = use == RADIUS_FOR_LOGIN ? row->login_port : row->accounting_port,
    };
    struct sockaddr_storage address;
    socklen_t length = sockname_of(&server, &address);
    g_auto(Fd) fd =
        socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, length) < 0)
        return -1;
    return fd_steal(&fd);
}

static Port *
find_port(Servers *servers, const RadiusPort *wanted)
{
    Port *port;

    for (guint i = 0; i < servers->ports->len; i++) {
        port = g_ptr_array_index(servers->ports, i);
        if (memcmp(&port->port, wanted, sizeof *wanted) == 0)
            return port;
    }
    port = g_new0(Port, 1);
    port->servers = servers;
    port->port = *wanted;
    port->socket = -1;
    g_ptr_array_add(servers->ports, port);
    return port;
}

static void
send_octets(Servers *servers, const RadiusPort *wanted, const Secret *octets)
{
    Port *port = find_port(servers, wanted);

    if (port->socket < 0) {
        const LoginServer *row = &g_array_index(servers->rows, LoginServer, wanted->server);

        port->socket = open_socket(row, wanted->use);
        if (port->socket >= 0)
            port->watch = g_unix_fd_add(port->socket, G_IO_IN | G_IO_ERR, on_datagram, port);
    }
    /* A network that is down is silence. */
    if (port->socket >= 0)
        (void)send(port->socket, secret_data(octets), secret_length(octets),
                   MSG_DONTWAIT | MSG_NOSIGNAL);
}

static gboolean
on_timer(gpointer user_data)
{
    Servers *servers = user_data;

    servers->timer = 0;
    radius_client_tick(servers->client, now_of(servers));
    pump(servers);
    return G_SOURCE_REMOVE;
}

/* 0 when something waits to be told already. */
static guint
find_pause(Servers *servers, gint64 deadline)
{
    gint64 pause = (deadline - read_clock()) / G_TIME_SPAN_MILLISECOND + 1;

    return (guint)CLAMP(pause, 0, G_MAXINT);
}

static void
pump(Servers *servers)
{
    RadiusAction *action;
    gint64 deadline;

    while ((action = radius_client_next(servers->client)) != NULL) {
        switch (action->type) {
        case RADIUS_SEND:
            send_octets(servers, &action->send.port, action->send.octets);
            break;
        case RADIUS_ANSWER:
            servers->events.answered(action, servers->user_data);
            break;
        case RADIUS_ACCOUNTED:
            servers->events.accounted(action->ticket, servers->user_data);
            break;
        case RADIUS_NOTE:
            servers->events.noted(action->note.is_warning, action->note.text, servers->user_data);
            break;
        }
    }
    g_clear_handle_id(&servers->timer, g_source_remove);
    deadline = radius_client_deadline(servers->client);
    if (deadline >= 0)
        servers->timer = g_timeout_add(find_pause(servers, deadline), on_timer, servers);
}

/* The actions of a call come out of the loop. */
static void
pump_soon(Servers *servers)
{
    g_clear_handle_id(&servers->timer, g_source_remove);
    servers->timer = g_timeout_add(0, on_timer, servers);
}

static void
fill_rows(Servers *servers, const GPtrArray *secrets, RadiusServer *ret_rows)
{
    for (guint i = 0; i < servers->rows->len; i++) {
        const LoginServer *row = &g_array_index(servers->rows, LoginServer, i);
        char name[NET_ADDRESS_TEXT_SIZE];

        ret_rows[i] = (RadiusServer){
            .name = g_strdup(net_address_format(&row->address, name)),
            .secret = g_ptr_array_index(secrets, i),
            .has_login = row->login_port != 0,
            .has_accounting = row->accounting_port != 0,
            .lacks_message_authenticator = row->lacks_message_authenticator,
        };
    }
}

Servers *
servers_new(const LoginlinkMessage *configure, const ServersEvents *events, gpointer user_data,
            GError **error)
{
    RadiusServer rows[LOGINLINK_MAX_SERVERS] = {0};
    g_autofree char *warning = NULL;
    g_autoptr(GPtrArray) secrets = secrets_read(configure, &warning, error);
    RadiusOptions options = {
        .servers = rows,
        .server_count = configure->configure.servers->len,
        .nas = {configure->configure.nas_identifier, configure->configure.nas_address},
        .timeout = configure->configure.timeout_milliseconds * G_TIME_SPAN_MILLISECOND,
        .tries = configure->configure.tries,
        .dead = configure->configure.dead_seconds * G_TIME_SPAN_SECOND,
        .is_local = configure->configure.source != LOGIN_SOURCE_RADIUS,
        .random = throw_dice,
    };
    Servers *servers;

    if (secrets == NULL)
        return NULL;
    servers = g_new0(Servers, 1);
    servers->events = *events;
    servers->user_data = user_data;
    servers->rows = g_array_copy(configure->configure.servers);
    servers->ports = g_ptr_array_new_with_free_func(free_port);
    fill_rows(servers, secrets, rows);
    servers->client = radius_client_new(&options);
    for (guint i = 0; i < servers->rows->len; i++)
        g_free(rows[i].name);
    if (warning != NULL)
        servers->events.noted(TRUE, warning, user_data);
    return servers;
}

void
servers_free(Servers *servers)
{
    if (servers == NULL)
        return;
    g_clear_handle_id(&servers->timer, g_source_remove);
    g_ptr_array_unref(servers->ports);
    radius_client_free(servers->client);
    g_array_unref(servers->rows);
    g_free(servers);
}

guint64
servers_login(Servers *servers, RadiusLogin *take_login)
{
    guint64 ticket = radius_client_login(servers->client, now_of(servers), take_login);

    pump_soon(servers);
    return ticket;
}

void
servers_forget(Servers *servers, guint64 ticket)
{
    radius_client_forget(servers->client, ticket);
    pump_soon(servers);
}

guint64
servers_account(Servers *servers, RadiusRecord *take_record)
{
    guint64 ticket = radius_client_account(servers->client, now_of(servers), take_record);

    pump_soon(servers);
    return ticket;
}
