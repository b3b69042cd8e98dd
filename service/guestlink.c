/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guestlink.h"

#include "wire-ike.h"

#include <string.h>

/* Messages that wait: more means that the other process hangs. */
enum { MAX_WAITING = 65536 };

static const gint fields[] = {
    IKE_FIELD_USER,   IKE_FIELD_PASSWORD, IKE_FIELD_PASSCODE, IKE_FIELD_CHALLENGE,
    IKE_FIELD_DOMAIN, IKE_FIELD_NEXT_PIN, IKE_FIELD_ANSWER,
};

static void
walk_serve(Wire *wire, GuestlinkMessage *message)
{
    wire_endpoint(wire, &message->serve.isakmp);
    wire_endpoint(wire, &message->serve.natt);
    wire_u16(wire, &message->serve.esp_fragment_octets);
    wire_u16(wire, &message->serve.mtu_octets);
}

static void
walk_policy(Wire *wire, GuestlinkMessage *message)
{
    if (!wire->is_writing)
        message->policy = ike_policy_new();
    wire_policy(wire, message->policy);
}

static void
walk_configure(Wire *wire, GuestlinkMessage *message)
{
    if (!wire->is_writing)
        message->configure = ike_trust_new();
    wire_trust(wire, message->configure);
}

static void
walk_verdict(Wire *wire, GuestlinkMessage *message)
{
    wire_u64(wire, &message->verdict.ticket);
    wire_below(wire, &message->verdict.type, IKE_VERDICT_UNREACHABLE + 1);
    wire_choice(wire, &message->verdict.field, fields);
    wire_text(wire, &message->verdict.message, WIRE_MAX_TEXT);
}

static void
walk_lease(Wire *wire, GuestlinkMessage *message)
{
    wire_u64(wire, &message->lease.ticket);
    wire_flag(wire, &message->lease.is_given);
    if (message->lease.is_given)
        wire_settings(wire, &message->lease.settings);
}

static void
walk_hang_up(Wire *wire, GuestlinkMessage *message)
{
    wire_below(wire, &message->hang_up, REASON_COUNT);
}

static void
walk_nothing(Wire *wire, GuestlinkMessage *message)
{
}

static void
walk_ask_verdict(Wire *wire, GuestlinkMessage *message)
{
    wire_u64(wire, &message->ask_verdict.ticket);
    wire_secret(wire, &message->ask_verdict.user, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.password, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.passcode, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.domain, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.next_pin, WIRE_MAX_SECRET);
    wire_secret(wire, &message->ask_verdict.answer, WIRE_MAX_SECRET);
    wire_text_always(wire, &message->ask_verdict.group, WIRE_MAX_TEXT);
    wire_endpoint(wire, &message->ask_verdict.peer);
    wire_u32(wire, &message->ask_verdict.round);
}

static void
walk_ask_lease(Wire *wire, GuestlinkMessage *message)
{
    wire_u64(wire, &message->ask_lease.ticket);
    wire_text(wire, &message->ask_lease.user, WIRE_MAX_SECRET);
    wire_text_always(wire, &message->ask_lease.group, WIRE_MAX_TEXT);
    wire_address(wire, &message->ask_lease.wished);
}

static void
walk_phase1(Wire *wire, GuestlinkMessage *message)
{
    wire_suite_phase1(wire, &message->phase1.suite);
    wire_method(wire, &message->phase1.method);
    wire_mode(wire, &message->phase1.mode);
    wire_text_always(wire, &message->phase1.group, WIRE_MAX_TEXT);
    wire_endpoint(wire, &message->phase1.peer);
    wire_flag(wire, &message->phase1.is_behind_nat);
    wire_flag(wire, &message->phase1.has_dpd);
    wire_flag(wire, &message->phase1.has_fragmentation);
    wire_flag(wire, &message->phase1.has_unity);
    wire_u32(wire, &message->phase1.lifetime_seconds);
    for (gsize i = 0; i < sizeof message->phase1.cookies; i++)
        wire_u8(wire, &message->phase1.cookies[i]);
}

static void
walk_child_up(Wire *wire, GuestlinkMessage *message)
{
    wire_u64(wire, &message->child_up.child);
    wire_u64(wire, &message->child_up.replaces);
    wire_suite_esp(wire, &message->child_up.suite);
    wire_prefix(wire, &message->child_up.local);
    wire_prefix(wire, &message->child_up.remote);
    wire_suite_group(wire, &message->child_up.pfs_group);
}

static void
walk_child_down(Wire *wire, GuestlinkMessage *message)
{
    wire_u64(wire, &message->child_down);
}

static void
walk_path(Wire *wire, GuestlinkMessage *message)
{
    wire_endpoint(wire, &message->path);
}

static void
walk_counters(Wire *wire, GuestlinkMessage *message)
{
    wire_counters(wire, &message->counters);
}

static void
walk_note(Wire *wire, GuestlinkMessage *message)
{
    wire_below(wire, &message->note.level, IKE_NOTE_WARNING + 1);
    wire_text_always(wire, &message->note.text, WIRE_MAX_TEXT);
}

static void
walk_closed(Wire *wire, GuestlinkMessage *message)
{
    wire_below(wire, &message->closed.reason, REASON_COUNT);
    wire_text(wire, &message->closed.detail, WIRE_MAX_TEXT);
}

typedef struct {
    GuestlinkType type;
    const char *name;
    BoundaryDirection direction;
    gsize fd_count;
    void (*walk)(Wire *wire, GuestlinkMessage *message);
} GuestlinkRow;

static const GuestlinkRow rows[] = {
    {GUESTLINK_SERVE, "serve", BOUNDARY_TO_ENGINE, 3, walk_serve},
    {GUESTLINK_POLICY, "policy", BOUNDARY_TO_ENGINE, 0, walk_policy},
    {GUESTLINK_CONFIGURE, "configure", BOUNDARY_TO_ENGINE, 0, walk_configure},
    {GUESTLINK_VERDICT, "verdict", BOUNDARY_TO_ENGINE, 0, walk_verdict},
    {GUESTLINK_LEASE, "lease", BOUNDARY_TO_ENGINE, 0, walk_lease},
    {GUESTLINK_HANG_UP, "hang-up", BOUNDARY_TO_ENGINE, 0, walk_hang_up},
    {GUESTLINK_COUNT, "count", BOUNDARY_TO_ENGINE, 0, walk_nothing},
    {GUESTLINK_ASK_VERDICT, "ask-verdict", BOUNDARY_TO_SERVICE, 0, walk_ask_verdict},
    {GUESTLINK_ASK_LEASE, "ask-lease", BOUNDARY_TO_SERVICE, 0, walk_ask_lease},
    {GUESTLINK_PHASE1, "phase1", BOUNDARY_TO_SERVICE, 0, walk_phase1},
    {GUESTLINK_CHILD_UP, "child-up", BOUNDARY_TO_SERVICE, 0, walk_child_up},
    {GUESTLINK_CHILD_DOWN, "child-down", BOUNDARY_TO_SERVICE, 0, walk_child_down},
    {GUESTLINK_PATH, "path", BOUNDARY_TO_SERVICE, 0, walk_path},
    {GUESTLINK_COUNTERS, "counters", BOUNDARY_TO_SERVICE, 0, walk_counters},
    {GUESTLINK_NOTE, "note", BOUNDARY_TO_SERVICE, 0, walk_note},
    {GUESTLINK_CLOSED, "closed", BOUNDARY_TO_SERVICE, 0, walk_closed},
};

static const GuestlinkRow *
find_row(guint16 type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

const char *
guestlink_name(GuestlinkType type)
{
    const GuestlinkRow *row = find_row((guint16)type);

    return row != NULL ? row->name : "unknown";
}

gsize
guestlink_fd_count(GuestlinkType type)
{
    const GuestlinkRow *row = find_row((guint16)type);

    return row != NULL ? row->fd_count : 0;
}

GuestlinkMessage *
guestlink_message_new(GuestlinkType type)
{
    GuestlinkMessage *message = g_new0(GuestlinkMessage, 1);

    message->type = type;
    return message;
}

static void
clear_ask_verdict(GuestlinkMessage *message)
{
    secret_free(message->ask_verdict.user);
    secret_free(message->ask_verdict.password);
    secret_free(message->ask_verdict.passcode);
    secret_free(message->ask_verdict.domain);
    secret_free(message->ask_verdict.next_pin);
    secret_free(message->ask_verdict.answer);
    g_free(message->ask_verdict.group);
}

void
guestlink_message_free(GuestlinkMessage *message)
{
    if (message == NULL)
        return;
    switch (message->type) {
    case GUESTLINK_POLICY:
        ike_policy_unref(message->policy);
        break;
    case GUESTLINK_CONFIGURE:
        ike_trust_free(message->configure);
        break;
    case GUESTLINK_VERDICT:
        g_free(message->verdict.message);
        break;
    case GUESTLINK_LEASE:
        ike_settings_free(message->lease.settings);
        break;
    case GUESTLINK_ASK_VERDICT:
        clear_ask_verdict(message);
        break;
    case GUESTLINK_ASK_LEASE:
        g_free(message->ask_lease.user);
        g_free(message->ask_lease.group);
        break;
    case GUESTLINK_PHASE1:
        g_free(message->phase1.group);
        break;
    case GUESTLINK_NOTE:
        g_free(message->note.text);
        break;
    case GUESTLINK_CLOSED:
        g_free(message->closed.detail);
        break;
    case GUESTLINK_SERVE:
    case GUESTLINK_HANG_UP:
    case GUESTLINK_COUNT:
    case GUESTLINK_CHILD_UP:
    case GUESTLINK_CHILD_DOWN:
    case GUESTLINK_PATH:
    case GUESTLINK_COUNTERS:
        break;
    }
    g_free(message);
}

Secret *
guestlink_write(const GuestlinkMessage *message)
{
    const GuestlinkRow *row = find_row((guint16)message->type);
    g_auto(Wire) wire = wire_to_write(FD_MAX_MESSAGE);
    guint16 type = (guint16)message->type;
    guint64 session = message->session;

    g_assert(row != NULL);
    wire_u16(&wire, &type);
    wire_u64(&wire, &session);
    /* A walk that writes changes nothing. */
    row->walk(&wire, (GuestlinkMessage *)message);
    return wire_ok(&wire) ? secret_new(wire.writer.data, wire.writer.length) : NULL;
}

GuestlinkMessage *
guestlink_parse(const guint8 *data, gsize length, BoundaryDirection direction, GError **error)
{
    g_auto(Wire) wire = wire_to_parse(data, length);
    g_autoptr(GuestlinkMessage) message = NULL;
    const GuestlinkRow *row;
    guint16 type = 0;

    wire_u16(&wire, &type);
    row = find_row(type);
    if (row == NULL || row->direction != direction) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a message of type %u, which is not its to send", type);
        return NULL;
    }
    message = guestlink_message_new((GuestlinkType)type);
    wire_u64(&wire, &message->session);
    row->walk(&wire, message);
    if (!wire_ok(&wire)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a malformed message \"%s\"", row->name);
        return NULL;
    }
    return g_steal_pointer(&message);
}

GuestlinkMessage *
guestlink_receive(Fd socket, BoundaryDirection direction, Fd *ret_fds, GError **error)
{
    g_autoptr(GuestlinkMessage) message = NULL;
    guint8 room[FD_MAX_MESSAGE];
    gsize count;
    gssize length = fd_receive(socket, room, sizeof room, ret_fds, &count, error);

    if (length > 0)
        message = guestlink_parse(room, (gsize)length, direction, error);
    explicit_bzero(room, length > 0 ? (gsize)length : 0);
    if (message != NULL && count != guestlink_fd_count(message->type)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The message \"%s\" came with %" G_GSIZE_FORMAT " descriptors",
                    guestlink_name(message->type), count);
        g_clear_pointer(&message, guestlink_message_free);
    }
    for (gsize i = 0; message == NULL && i < FD_MAX_PASSED; i++)
        fd_close(&ret_fds[i]);
    return g_steal_pointer(&message);
}

struct GuestlinkQueue {
    Fd socket;
    GQueue waiting; /* Secret */
};

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

GuestlinkQueue *
guestlink_queue_new(Fd socket)
{
    GuestlinkQueue *queue = g_new0(GuestlinkQueue, 1);

    queue->socket = socket;
    g_queue_init(&queue->waiting);
    return queue;
}

void
guestlink_queue_free(GuestlinkQueue *queue)
{
    if (queue == NULL)
        return;
    g_queue_clear_full(&queue->waiting, free_secret);
    g_free(queue);
}

gboolean
guestlink_queue_is_waiting(const GuestlinkQueue *queue)
{
    return queue->waiting.length > 0;
}

gboolean
guestlink_queue_flush(GuestlinkQueue *queue, GError **error)
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

/* Descriptors go with the first messages of a link alone: those never wait. */
gboolean
guestlink_queue_send(GuestlinkQueue *queue, const GuestlinkMessage *message, const Fd *fds,
                     GError **error)
{
    g_autoptr(Secret) octets = guestlink_write(message);
    gsize count = guestlink_fd_count(message->type);
    g_autoptr(GError) problem = NULL;

    if (octets == NULL || queue->waiting.length >= MAX_WAITING) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "The message \"%s\" %s",
                    guestlink_name(message->type),
                    octets == NULL ? "is too long" : "cannot be sent: the other process hangs");
        return FALSE;
    }
    if (queue->waiting.length == 0) {
        if (fd_send(queue->socket, secret_data(octets), secret_length(octets), fds, count,
                    &problem))
            return TRUE;
        if (count > 0 || !g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
    g_queue_push_tail(&queue->waiting, g_steal_pointer(&octets));
    return TRUE;
}
