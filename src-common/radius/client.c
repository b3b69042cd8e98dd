/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/client.h"

#include "radius/accept.h"
#include "radius/backlog.h"

#include <string.h>

enum { IDENTIFIERS = 256, USES = 2, ACCOUNTING_WINDOW = 64, LONGEST_PAUSE = 30 };
#define SECOND G_TIME_SPAN_SECOND

typedef struct Request Request;

typedef struct {
    Request *requests[IDENTIFIERS];
    guint used;
    guint8 next;
} Lane;

/* What is known about one server for one use. */
typedef struct {
    GPtrArray *lanes;
    gint64 dead_until; /* 0 = alive */
    gint64 answered_at;
    gboolean is_warned; /* about answers that cannot be believed */
} Line;

typedef struct {
    RadiusServer server;
    Line lines[USES];
} Server;

struct Request {
    guint64 ticket;
    RadiusUse use;
    RadiusLogin *login; /* of a login */
    BacklogItem *item;  /* of accounting, the backlog's */
    RadiusPort port;
    guint8 identifier;
    guint8 authenticator[RADIUS_AUTHENTICATOR];
    Secret *packet;
    guint32 tried;        /* bit of a server */
    gboolean passes_dead; /* FALSE when all were dead: then each is tried */
    guint tries_left;
    gint64 timeout;
    gint64 next_at;
    gint64 began_at; /* with this server */
    gint64 first_at;
};

struct RadiusClient {
    GPtrArray *servers;
    RadiusOptions options;
    guint64 last_ticket;
    GHashTable *requests; /* ticket of a request: Request */
    GQueue actions;
    RadiusAction *current;
    Backlog *backlog;
    guint accounting_under_way;
    guint window;
    gint64 pause;
    gint64 paused_until;
    gint64 unix_offset_seconds;
};

static void
free_lane(gpointer lane)
{
    g_free(lane);
}

static void
free_server(gpointer pointer)
{
    Server *server = pointer;

    for (gsize use = 0; use < USES; use++)
        g_ptr_array_unref(server->lines[use].lanes);
    secret_free(server->server.secret);
    g_free(server->server.name);
    g_free(server);
}

static void
free_request(gpointer pointer)
{
    Request *request = pointer;

    radius_login_free(request->login);
    secret_free(request->packet);
    g_free(request);
}

static void
free_action(gpointer pointer)
{
    RadiusAction *action = pointer;

    if (action == NULL)
        return;
    switch (action->type) {
    case RADIUS_SEND:
        secret_free(action->send.octets);
        break;
    case RADIUS_ANSWER:
        g_free(action->answer.message);
        g_clear_pointer(&action->answer.state, g_bytes_unref);
        radius_settings_free(action->answer.settings);
        break;
    case RADIUS_NOTE:
        g_free(action->note.text);
        break;
    case RADIUS_ACCOUNTED:
        break;
    }
    g_free(action);
}

RadiusClient *
radius_client_new(const RadiusOptions *options)
{
    RadiusClient *client = g_new0(RadiusClient, 1);

    g_assert(options->server_count <= RADIUS_MAX_SERVERS);
    client->options = *options;
    client->options.servers = NULL;
    client->options.nas.identifier = g_strdup(options->nas.identifier);
    client->options.timeout = options->timeout > 0 ? options->timeout : 2 * SECOND;
    client->options.tries = options->tries > 0 ? options->tries : 3;
    client->options.dead = options->dead > 0 ? options->dead : 300 * SECOND;
    client->servers = g_ptr_array_new_with_free_func(free_server);
    for (guint i = 0; i < options->server_count; i++) {
        Server *server = g_new0(Server, 1);

        server->server = options->servers[i];
        server->server.secret = secret_dup(options->servers[i].secret);
        server->server.name = g_strdup(options->servers[i].name);
        for (gsize use = 0; use < USES; use++)
            server->lines[use] = (Line){
                .lanes = g_ptr_array_new_with_free_func(free_lane),
                .answered_at = -1,
            };
        g_ptr_array_add(client->servers, server);
    }
    client->requests = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_request);
    client->backlog = backlog_new();
    client->window = ACCOUNTING_WINDOW;
    client->pause = 2 * client->options.timeout;
    return client;
}

void
radius_client_free(RadiusClient *client)
{
    if (client == NULL)
        return;
    g_hash_table_unref(client->requests);
    backlog_free(client->backlog);
    g_queue_clear_full(&client->actions, free_action);
    free_action(client->current);
    g_ptr_array_unref(client->servers);
    g_free(client->options.nas.identifier);
    g_free(client);
}

void
radius_client_set_clock(RadiusClient *client, gint64 now, gint64 unix_seconds)
{
    client->unix_offset_seconds = unix_seconds - now / SECOND;
}

static RadiusAction *
queue_action(RadiusClient *client, RadiusActionType type, guint64 ticket)
{
    RadiusAction *action = g_new0(RadiusAction, 1);

    action->type = type;
    action->ticket = ticket;
    g_queue_push_tail(&client->actions, action);
    return action;
}

static void G_GNUC_PRINTF(3, 4)
    note(RadiusClient *client, gboolean is_warning, const char *format, ...)
{
    RadiusAction *action = queue_action(client, RADIUS_NOTE, 0);
    va_list arguments;

    va_start(arguments, format);
    action->note.is_warning = is_warning;
    action->note.text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

static const char *
use_name(RadiusUse use)
{
    return use == RADIUS_FOR_LOGIN ? "RADIUS server" : "RADIUS accounting server";
}

static Server *
server_of(const RadiusClient *client, guint number)
{
    return g_ptr_array_index(client->servers, number);
}

static gboolean
serves(const Server *server, RadiusUse use)
{
    return use == RADIUS_FOR_LOGIN ? server->server.has_login : server->server.has_accounting;
}

static gboolean
is_dead(const Line *line, gint64 now)
{
    return line->dead_until > now;
}

/* The next server for a request; is_only: no other one is left after it. FALSE: none. */
static gboolean
choose_server(const RadiusClient *client, const Request *request, gint64 now, guint *ret_server,
              gboolean *ret_is_only)
{
    guint found = 0;

    for (guint i = 0; i < client->servers->len; i++) {
        const Server *server = server_of(client, i);
        const Line *line = &server->lines[request->use];

        if (!serves(server, request->use) || (request->tried & 1U << i) != 0 ||
            (request->passes_dead && is_dead(line, now)))
            continue;
        if (found == 0)
            *ret_server = i;
        found++;
    }
    *ret_is_only = found == 1;
    return found > 0;
}

static gboolean
take_slot(RadiusClient *client, Request *request)
{
    GPtrArray *lanes = server_of(client, request->port.server)->lines[request->use].lanes;
    guint number = 0;
    Lane *lane;

    while (number < lanes->len && ((Lane *)g_ptr_array_index(lanes, number))->used == IDENTIFIERS)
        number++;
    if (number == RADIUS_MAX_LANES)
        return FALSE;
    if (number == lanes->len)
        g_ptr_array_add(lanes, g_new0(Lane, 1));
    lane = g_ptr_array_index(lanes, number);
    while (lane->requests[lane->next] != NULL)
        lane->next++;
    request->port.use = request->use;
    request->port.lane = number;
    request->identifier = lane->next;
    lane->requests[lane->next++] = request;
    lane->used++;
    return TRUE;
}

static void
leave_slot(RadiusClient *client, Request *request)
{
    GPtrArray *lanes = server_of(client, request->port.server)->lines[request->use].lanes;
    Lane *lane;

    if (request->packet == NULL)
        return;
    g_clear_pointer(&request->packet, secret_free);
    lane = g_ptr_array_index(lanes, request->port.lane);
    lane->requests[request->identifier] = NULL;
    lane->used--;
}

/* The packet with the identifier that the request has. */
static Secret *
write_packet(RadiusClient *client, Request *request, gint64 now)
{
    const Secret *secret = server_of(client, request->port.server)->server.secret;
    const RadiusRecord *record;
    gint64 delay;

    if (request->use == RADIUS_FOR_LOGIN) {
        client->options.random(client->options.random_data, request->authenticator,
                               sizeof request->authenticator);
        return radius_access_request(request->login, &client->options.nas, secret,
                                     request->identifier, request->authenticator);
    }
    record = request->item->record;
    delay = now / SECOND + client->unix_offset_seconds - record->unix_seconds;
    return radius_accounting_request(record, &client->options.nas, secret, request->identifier,
                                     (guint32)CLAMP(delay, 0, G_MAXINT32),
                                     !client->options.is_local, request->authenticator);
}

/* FALSE when all lanes are full. */
static gboolean
write_and_send(RadiusClient *client, Request *request, gint64 now)
{
    RadiusAction *action;

    if (request->packet == NULL) {
        if (!take_slot(client, request))
            return FALSE;
        request->packet = write_packet(client, request, now);
        if (request->packet == NULL) {
            request->packet = secret_new(NULL, 0);
            leave_slot(client, request);
            return FALSE;
        }
    }
    action = queue_action(client, RADIUS_SEND, 0);
    action->send.port = request->port;
    action->send.octets = secret_dup(request->packet);
    request->next_at = now + request->timeout;
    request->tries_left--;
    return TRUE;
}

static gint64
longer(const RadiusClient *client, gint64 timeout)
{
    guint8 octet;

    /* 1.4 to 1.5 times, so that many requests do not come back at once. */
    client->options.random(client->options.random_data, &octet, 1);
    return timeout * (1400 + octet * 100 / G_MAXUINT8) / 1000;
}

static void
pause_accounting(RadiusClient *client, gint64 now)
{
    if (client->window > 1)
        note(client, TRUE, "No RADIUS accounting server answers: %u records wait",
             backlog_length(client->backlog));
    client->window = 1;
    client->paused_until = now + client->pause;
    client->pause = MIN(2 * client->pause, LONGEST_PAUSE * client->options.timeout);
}

/* Nobody answers, or too many wait already. Frees the request. */
static void
give_up(RadiusClient *client, Request *request, gint64 now)
{
    if (request->use == RADIUS_FOR_LOGIN) {
        queue_action(client, RADIUS_ANSWER, request->ticket)->answer.outcome =
            RADIUS_OUTCOME_SILENCE;
    } else {
        backlog_put_back(client->backlog, request->item);
        client->accounting_under_way--;
        pause_accounting(client, now);
    }
    g_hash_table_remove(client->requests, &request->ticket);
}

/* The first try with the next server; may free the request. */
static void
begin(RadiusClient *client, Request *request, gint64 now)
{
    gboolean is_only;

    if (!choose_server(client, request, now, &request->port.server, &is_only) ||
        (request->use == RADIUS_FOR_LOGIN &&
         now - request->first_at >= RADIUS_LOGIN_LIMIT_SECONDS * SECOND)) {
        give_up(client, request, now);
        return;
    }
    request->tried |= 1U << request->port.server;
    request->tries_left = is_only ? client->options.tries : MAX(client->options.tries, 2) - 1;
    request->timeout = client->options.timeout;
    request->began_at = now;
    if (!write_and_send(client, request, now))
        give_up(client, request, now);
}

static Request *
new_request(RadiusClient *client, gint64 now, RadiusUse use, guint64 ticket)
{
    Request *request = g_new0(Request, 1);
    guint server;
    gboolean is_only;

    request->ticket = ticket;
    request->use = use;
    request->first_at = now;
    request->passes_dead = TRUE;
    if (!choose_server(client, request, now, &server, &is_only))
        request->passes_dead = FALSE;
    g_hash_table_insert(client->requests, &request->ticket, request);
    return request;
}

guint64
radius_client_login(RadiusClient *client, gint64 now, RadiusLogin *take_login)
{
    guint64 ticket = ++client->last_ticket;
    Request *request;

    if (strlen(take_login->user) > RADIUS_MAX_VALUE ||
        secret_length(take_login->password) > RADIUS_MAX_PASSWORD) {
        radius_login_free(take_login);
        queue_action(client, RADIUS_ANSWER, ticket)->answer.outcome = RADIUS_OUTCOME_REFUSED;
        return ticket;
    }
    request = new_request(client, now, RADIUS_FOR_LOGIN, ticket);
    request->login = take_login;
    begin(client, request, now);
    return ticket;
}

void
radius_client_forget(RadiusClient *client, guint64 ticket)
{
    Request *request = g_hash_table_lookup(client->requests, &ticket);

    if (request == NULL || request->use != RADIUS_FOR_LOGIN)
        return;
    leave_slot(client, request);
    g_hash_table_remove(client->requests, &ticket);
}

static void
pump_accounting(RadiusClient *client, gint64 now)
{
    while (client->accounting_under_way < client->window && now >= client->paused_until &&
           backlog_can_pop(client->backlog)) {
        BacklogItem *item = backlog_pop(client->backlog);
        Request *request = new_request(client, now, RADIUS_FOR_ACCOUNTING, item->ticket);

        request->item = item;
        client->accounting_under_way++;
        begin(client, request, now);
    }
}

guint64
radius_client_account(RadiusClient *client, gint64 now, RadiusRecord *take_record)
{
    guint64 ticket = ++client->last_ticket;
    guint64 replaced = backlog_push(client->backlog, ticket, take_record);

    if (replaced != 0)
        queue_action(client, RADIUS_ACCOUNTED, replaced);
    pump_accounting(client, now);
    return ticket;
}

guint
radius_client_backlog(const RadiusClient *client)
{
    return backlog_length(client->backlog);
}

static void
answer_login(RadiusClient *client, const Request *request, const RadiusPacket *packet)
{
    RadiusAction *action = queue_action(client, RADIUS_ANSWER, request->ticket);
    Reader value;

    action->answer.message = radius_reply_message(packet);
    if (packet->code == RADIUS_ACCESS_ACCEPT) {
        action->answer.outcome = RADIUS_OUTCOME_ACCEPT;
        action->answer.settings = radius_accept_read(packet);
        return;
    }
    if (packet->code == RADIUS_ACCESS_REJECT) {
        action->answer.outcome = RADIUS_OUTCOME_REJECT;
        return;
    }
    action->answer.outcome = RADIUS_OUTCOME_CHALLENGE;
    if (radius_packet_find(packet, RADIUS_STATE, &value))
        action->answer.state = reader_dup_bytes(&value);
    if (radius_packet_find(packet, RADIUS_PROMPT, &value))
        action->answer.is_echo = reader_u32(&value) == 1;
    if (radius_packet_find(packet, RADIUS_SESSION_TIMEOUT, &value))
        action->answer.answer_seconds = reader_u32(&value);
}

/* Frees the request. */
static void
finish(RadiusClient *client, Request *request, const RadiusPacket *packet, gint64 now)
{
    leave_slot(client, request);
    if (request->use == RADIUS_FOR_LOGIN) {
        answer_login(client, request, packet);
        g_hash_table_remove(client->requests, &request->ticket);
        return;
    }
    queue_action(client, RADIUS_ACCOUNTED, request->ticket);
    backlog_done(client->backlog, request->item);
    client->accounting_under_way--;
    g_hash_table_remove(client->requests, &request->ticket);
    if (client->window == 1)
        note(client, FALSE, "RADIUS accounting goes on: %u records wait",
             backlog_length(client->backlog));
    client->window = ACCOUNTING_WINDOW;
    client->pause = 2 * client->options.timeout;
    client->paused_until = 0;
    pump_accounting(client, now);
}

static gboolean
is_answer(RadiusUse use, guint8 code)
{
    if (use == RADIUS_FOR_ACCOUNTING)
        return code == RADIUS_ACCOUNTING_RESPONSE;
    return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCESS_REJECT ||
           code == RADIUS_ACCESS_CHALLENGE;
}

static const char *
check_text(RadiusAnswerCheck check)
{
    switch (check) {
    case RADIUS_ANSWER_GOOD:
        return "";
    case RADIUS_ANSWER_WRONG_AUTHENTICATOR:
        return "was made with another secret";
    case RADIUS_ANSWER_LACKS_MESSAGE_AUTHENTICATOR:
        return "has no Message-Authenticator: update the server, or switch the check off for it";
    case RADIUS_ANSWER_WRONG_MESSAGE_AUTHENTICATOR:
        return "has a wrong Message-Authenticator";
    }
    return "";
}

static Request *
find_request(RadiusClient *client, const RadiusPort *port, guint8 identifier)
{
    GPtrArray *lanes;

    g_assert(port->server < client->servers->len);
    lanes = server_of(client, port->server)->lines[port->use].lanes;
    if (port->lane >= lanes->len)
        return NULL;
    return ((Lane *)g_ptr_array_index(lanes, port->lane))->requests[identifier];
}

void
radius_client_receive(RadiusClient *client, gint64 now, const RadiusPort *port, const guint8 *data,
                      gsize length)
{
    RadiusPacket packet;
    RadiusAnswerCheck check;
    Request *request;
    Server *server;
    Line *line;

    if (!radius_packet_parse(data, length, &packet) || !is_answer(port->use, packet.code))
        return;
    request = find_request(client, port, packet.identifier);
    if (request == NULL)
        return;
    server = server_of(client, port->server);
    line = &server->lines[port->use];
    check = radius_answer_check(&packet, server->server.secret, request->authenticator,
                                port->use == RADIUS_FOR_LOGIN &&
                                    !server->server.lacks_message_authenticator);
    if (check != RADIUS_ANSWER_GOOD) {
        if (!line->is_warned)
            note(client, TRUE, "An answer of %s %s %s", use_name(port->use), server->server.name,
                 check_text(check));
        line->is_warned = TRUE;
        return;
    }
    if (line->dead_until != 0)
        note(client, FALSE, "The %s %s answers again", use_name(port->use), server->server.name);
    line->is_warned = FALSE;
    line->dead_until = 0;
    line->answered_at = now;
    finish(client, request, &packet, now);
}

static void
mark_dead(RadiusClient *client, const Request *request, gint64 now)
{
    Server *server = server_of(client, request->port.server);
    Line *line = &server->lines[request->use];

    if (line->answered_at >= request->began_at)
        return;
    if (line->dead_until == 0)
        note(client, TRUE, "The %s %s does not answer", use_name(request->use),
             server->server.name);
    line->dead_until = now + client->options.dead;
}

/* A request whose time is over; may free it. */
static void
expire(RadiusClient *client, Request *request, gint64 now)
{
    const Line *line = &server_of(client, request->port.server)->lines[request->use];
    gboolean is_passed = request->passes_dead && is_dead(line, now);

    if (request->tries_left > 0 && !is_passed) {
        request->timeout = longer(client, request->timeout);
        if (request->use == RADIUS_FOR_ACCOUNTING)
            leave_slot(client, request);
        if (!write_and_send(client, request, now))
            give_up(client, request, now);
        return;
    }
    if (!is_passed)
        mark_dead(client, request, now);
    leave_slot(client, request);
    begin(client, request, now);
}

void
radius_client_tick(RadiusClient *client, gint64 now)
{
    g_autoptr(GPtrArray) due = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer request;

    g_hash_table_iter_init(&iterator, client->requests);
    while (g_hash_table_iter_next(&iterator, NULL, &request))
        if (((Request *)request)->next_at <= now)
            g_ptr_array_add(due, request);
    for (guint i = 0; i < due->len; i++)
        expire(client, g_ptr_array_index(due, i), now);
    pump_accounting(client, now);
}

gint64
radius_client_deadline(const RadiusClient *client)
{
    gint64 deadline = G_MAXINT64;
    GHashTableIter iterator;
    gpointer request;

    if (backlog_can_pop(client->backlog) && client->accounting_under_way < client->window)
        deadline = client->paused_until;
    g_hash_table_iter_init(&iterator, client->requests);
    while (g_hash_table_iter_next(&iterator, NULL, &request))
        deadline = MIN(deadline, ((Request *)request)->next_at);
    return deadline == G_MAXINT64 ? -1 : deadline;
}

RadiusAction *
radius_client_next(RadiusClient *client)
{
    free_action(client->current);
    client->current = g_queue_pop_head(&client->actions);
    return client->current;
}
