/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/control.h"

#include "base/sockname.h"
#include "login/servers.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { CONTROL_PORT = 3799, DATAGRAMS_PER_TURN = 64, MAX_RECENT = 256 };

/* A request, and its answer once there is one. */
typedef struct {
    guint64 ticket; /* 0 = answered */
    Fd socket;      /* of the control */
    struct sockaddr_storage from;
    socklen_t from_length;
    guint server;
    GBytes *request;
    Secret *answer;
} Recent;

struct Control {
    ControlAsk ask;
    gpointer user_data;
    RadiusNas nas;      /* texts are the control's */
    GArray *servers;    /* LoginServer */
    GPtrArray *secrets; /* Secret, of each of them */
    Fd sockets[2];      /* IPv4, IPv6; -1 = not wanted */
    guint watches[2];
    GQueue recent; /* Recent, the latest first */
};

static void
recent_free(gpointer data)
{
    Recent *recent = data;

    g_bytes_unref(recent->request);
    secret_free(recent->answer);
    g_free(recent);
}

/* The row of who sent it; FALSE: it may not. */
static gboolean
find_server(const Control *control, const struct sockaddr_storage *from, guint *ret_server)
{
    NetEndpoint asker = sockname_endpoint(from);

    for (guint i = 0; i < control->servers->len; i++) {
        const LoginServer *server = &g_array_index(control->servers, LoginServer, i);

        if (!server->may_control || !net_address_equal(&server->address, &asker.address))
            continue;
        *ret_server = i;
        return TRUE;
    }
    return FALSE;
}

static void
send_answer(const Recent *recent)
{
    /* Who did not get it asks again. */
    if (recent->answer != NULL)
        (void)sendto(recent->socket, secret_data(recent->answer), secret_length(recent->answer),
                     MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&recent->from,
                     recent->from_length);
}

static void
finish(Control *control, Recent *recent, RadiusControlResult result)
{
    const Secret *secret = g_ptr_array_index(control->secrets, recent->server);
    RadiusPacket packet;
    gsize length;
    const guint8 *data = g_bytes_get_data(recent->request, &length);

    recent->ticket = 0;
    if (radius_packet_parse(data, length, &packet))
        recent->answer = radius_control_answer(&packet, secret, result);
    send_answer(recent);
}

static Recent *
find_recent(const Control *control, const Recent *same)
{
    for (GList *at = control->recent.head; at != NULL; at = at->next) {
        Recent *recent = at->data;

        if (recent->from_length == same->from_length &&
            memcmp(&recent->from, &same->from, same->from_length) == 0 &&
            g_bytes_equal(recent->request, same->request))
            return recent;
    }
    return NULL;
}

static Recent *
note_recent(Control *control, const Recent *request)
{
    Recent *recent = g_memdup2(request, sizeof *request);

    g_bytes_ref(recent->request);
    g_queue_push_head(&control->recent, recent);
    if (control->recent.length > MAX_RECENT)
        recent_free(g_queue_pop_tail(&control->recent));
    return recent;
}

static void
take_request(Control *control, const Recent *request, const RadiusPacket *packet)
{
    Recent *recent = find_recent(control, request);
    g_autoptr(RadiusControl) what = NULL;
    RadiusControlResult result;

    if (recent != NULL) {
        send_answer(recent);
        return;
    }
    recent = note_recent(control, request);
    result = radius_control_read(packet, &control->nas, &what);
    if (result == RADIUS_CONTROL_DONE)
        recent->ticket = control->ask(what, control->user_data);
    else
        finish(control, recent, result);
}

static void
take_datagram(Control *control, Recent *request, const guint8 *data, gsize length)
{
    g_autoptr(GBytes) copy = g_bytes_new(data, length);
    gint64 now = g_get_real_time() / G_TIME_SPAN_SECOND;
    RadiusPacket packet;

    if (!find_server(control, &request->from, &request->server) ||
        !radius_control_believe(data, length, g_ptr_array_index(control->secrets, request->server),
                                now, &packet))
        return;
    request->request = copy;
    take_request(control, request, &packet);
}

static gboolean
on_datagram(gint fd, GIOCondition condition, gpointer user_data)
{
    guint8 room[RADIUS_MAX_PACKET];

    for (guint i = 0; i < DATAGRAMS_PER_TURN; i++) {
        Recent request = {.socket = fd, .from_length = sizeof request.from};
        gssize length = recvfrom(fd, room, sizeof room, MSG_DONTWAIT,
                                 (struct sockaddr *)&request.from, &request.from_length);

        if (length < 0)
            break;
        take_datagram(user_data, &request, room, (gsize)length);
    }
    return G_SOURCE_CONTINUE;
}

/* A process that is configured anew has the port twice for a moment. */
static gboolean
open_socket(Control *control, guint family, const NetAddress *address, GError **error)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(CONTROL_PORT)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(CONTROL_PORT)};
    const struct sockaddr *name =
        family == 0 ? (const struct sockaddr *)&in4 : (const struct sockaddr *)&in6;
    socklen_t length = family == 0 ? sizeof in4 : sizeof in6;
    g_auto(Fd) fd = socket(name->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;

    if (family == 0 && address->length == 4)
        memcpy(&in4.sin_addr, address->octets, 4);
    if (family == 1 && address->length == 16)
        memcpy(&in6.sin6_addr, address->octets, 16);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0 ||
        (family == 1 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) < 0) ||
        bind(fd, name, length) < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "UDP port %d for radius-control: %s", CONTROL_PORT, g_strerror(errno));
        return FALSE;
    }
    control->sockets[family] = fd_steal(&fd);
    control->watches[family] =
        g_unix_fd_add(control->sockets[family], G_IO_IN | G_IO_ERR, on_datagram, control);
    return TRUE;
}

static gboolean
is_family_wanted(const LoginlinkMessage *configure, guint family)
{
    const GArray *servers = configure->configure.servers;

    for (guint i = 0; i < servers->len; i++) {
        const LoginServer *server = &g_array_index(servers, LoginServer, i);

        if (server->may_control && server->address.length == (family == 0 ? 4 : 16))
            return TRUE;
    }
    return FALSE;
}

gboolean
control_is_wanted(const LoginlinkMessage *configure)
{
    return is_family_wanted(configure, 0) || is_family_wanted(configure, 1);
}

Control *
control_new(const LoginlinkMessage *configure, ControlAsk ask, gpointer user_data, GError **error)
{
    g_autofree char *warning = NULL;
    GPtrArray *secrets = secrets_read(configure, &warning, error);
    Control *control;

    if (secrets == NULL)
        return NULL;
    control = g_new0(Control, 1);
    control->ask = ask;
    control->user_data = user_data;
    control->nas.identifier = g_strdup(configure->configure.nas_identifier);
    control->nas.address = configure->configure.nas_address;
    control->servers = g_array_copy(configure->configure.servers);
    control->secrets = secrets;
    control->sockets[0] = control->sockets[1] = -1;
    g_queue_init(&control->recent);
    for (guint family = 0; family < 2; family++)
        if (is_family_wanted(configure, family) &&
            !open_socket(control, family, &control->nas.address, error)) {
            control_free(control);
            return NULL;
        }
    return control;
}

void
control_free(Control *control)
{
    if (control == NULL)
        return;
    for (guint family = 0; family < 2; family++) {
        g_clear_handle_id(&control->watches[family], g_source_remove);
        fd_close(&control->sockets[family]);
    }
    g_queue_clear_full(&control->recent, recent_free);
    g_ptr_array_unref(control->secrets);
    g_array_unref(control->servers);
    g_free(control->nas.identifier);
    g_free(control);
}

void
control_answer(Control *control, guint64 ticket, RadiusControlResult result)
{
    for (GList *at = control->recent.head; at != NULL; at = at->next) {
        Recent *recent = at->data;

        if (recent->ticket != ticket)
            continue;
        finish(control, recent, result);
        return;
    }
}
