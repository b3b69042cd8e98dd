/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel.h"

#include <string.h>

static const ChannelRow *
find_row(const Channel *channel, guint type)
{
    for (gsize i = 0; i < channel->row_count; i++)
        if (channel->rows[i].type == type)
            return &channel->rows[i];
    return NULL;
}

static const ChannelRow *
row_of(const Channel *channel, gconstpointer message)
{
    guint type;

    memcpy(&type, message, sizeof type);
    return find_row(channel, type);
}

const char *
channel_name(const Channel *channel, guint type)
{
    const ChannelRow *row = find_row(channel, type);

    return row != NULL ? row->name : "unknown";
}

gsize
channel_fd_count(const Channel *channel, guint type)
{
    const ChannelRow *row = find_row(channel, type);

    return row != NULL ? row->fd_count : 0;
}

gpointer
channel_message_new(const Channel *channel, guint type)
{
    const ChannelRow *row = find_row(channel, type);
    gpointer message = g_malloc0(channel->message_size);

    memcpy(message, &type, sizeof type);
    if (row != NULL && row->init != NULL)
        row->init(message);
    return message;
}

void
channel_message_free(const Channel *channel, gpointer message)
{
    const ChannelRow *row;

    if (message == NULL)
        return;
    row = row_of(channel, message);
    if (row != NULL && row->clear != NULL)
        row->clear(message);
    g_free(message);
}

Secret *
channel_write(const Channel *channel, gconstpointer message)
{
    const ChannelRow *row = row_of(channel, message);
    g_auto(Wire) wire = wire_to_write(FD_MAX_MESSAGE);
    guint16 type;

    g_assert(row != NULL);
    type = row->type;
    wire_u16(&wire, &type);
    /* Walks that write change nothing. */
    if (channel->walk_head != NULL)
        channel->walk_head(&wire, (gpointer)message);
    row->walk(&wire, (gpointer)message);
    return wire_ok(&wire) ? secret_new(wire.writer.data, wire.writer.length) : NULL;
}

gpointer
channel_parse(const Channel *channel, const guint8 *data, gsize length, guint direction,
              GError **error)
{
    g_auto(Wire) wire = wire_to_parse(data, length);
    gpointer message;
    const ChannelRow *row;
    guint16 type = 0;

    wire_u16(&wire, &type);
    row = find_row(channel, type);
    if (row == NULL || row->direction != direction) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The other process sent a message of type %u, which is not its to send", type);
        return NULL;
    }
    message = channel_message_new(channel, type);
    if (channel->walk_head != NULL)
        channel->walk_head(&wire, message);
    row->walk(&wire, message);
    if (wire_ok(&wire))
        return message;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                "The other process sent a malformed message \"%s\"", row->name);
    channel_message_free(channel, message);
    return NULL;
}

/* NULL with error when the message is too long. */
static Secret *
write_checked(const Channel *channel, gconstpointer message, GError **error)
{
    Secret *octets = channel_write(channel, message);

    if (octets == NULL)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "The message \"%s\" is too long for the other process",
                    row_of(channel, message)->name);
    return octets;
}

gboolean
channel_send(const Channel *channel, Fd socket, gconstpointer message, const Fd *fds,
             GError **error)
{
    g_autoptr(Secret) octets = write_checked(channel, message, error);

    return octets != NULL && fd_send(socket, secret_data(octets), secret_length(octets), fds,
                                     row_of(channel, message)->fd_count, error);
}

gpointer
channel_receive(const Channel *channel, Fd socket, guint direction, Fd *ret_fds, GError **error)
{
    gpointer message = NULL;
    guint8 room[FD_MAX_MESSAGE];
    Fd fds[FD_MAX_PASSED];
    gsize count;
    gssize length = fd_receive(socket, room, sizeof room, fds, &count, error);

    if (length > 0)
        message = channel_parse(channel, room, (gsize)length, direction, error);
    explicit_bzero(room, length > 0 ? (gsize)length : 0);
    if (message != NULL && count != row_of(channel, message)->fd_count) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "The message \"%s\" came with %" G_GSIZE_FORMAT " descriptors",
                    row_of(channel, message)->name, count);
        channel_message_free(channel, message);
        message = NULL;
    }
    for (gsize i = 0; i < FD_MAX_PASSED; i++) {
        if (message == NULL || ret_fds == NULL)
            fd_close(&fds[i]);
        if (ret_fds != NULL)
            ret_fds[i] = fds[i];
    }
    return message;
}

struct ChannelQueue {
    Fd socket;
    GQueue waiting; /* Secret */
};

static void
free_secret(gpointer secret)
{
    secret_free(secret);
}

ChannelQueue *
channel_queue_new(Fd socket)
{
    ChannelQueue *queue = g_new0(ChannelQueue, 1);

    queue->socket = socket;
    g_queue_init(&queue->waiting);
    return queue;
}

void
channel_queue_free(ChannelQueue *queue)
{
    if (queue == NULL)
        return;
    g_queue_clear_full(&queue->waiting, free_secret);
    g_free(queue);
}

gboolean
channel_queue_is_waiting(const ChannelQueue *queue)
{
    return queue->waiting.length > 0;
}

gboolean
channel_queue_flush(ChannelQueue *queue, GError **error)
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
channel_queue_send(ChannelQueue *queue, const Channel *channel, gconstpointer message,
                   const Fd *fds, GError **error)
{
    g_autoptr(Secret) octets = write_checked(channel, message, error);
    gsize count = octets != NULL ? row_of(channel, message)->fd_count : 0;
    g_autoptr(GError) problem = NULL;

    if (octets == NULL)
        return FALSE;
    if (queue->waiting.length >= CHANNEL_MAX_WAITING) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "The message \"%s\" cannot be sent: the other process hangs",
                    row_of(channel, message)->name);
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
