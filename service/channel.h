/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Channel: typed messages between two processes of one machine.
 *
 * A channel is a table of messages (number, name, direction, descriptors, walk, clear) over an
 * AF_UNIX SOCK_SEQPACKET socket. One message is one datagram: type u16, what the channel's head
 * holds, then the body; the walk of a row is its parse and write pair (wire.h). A message that does
 * not parse exactly, comes from the wrong side or carries other descriptors than its row names is
 * an error, and its receiver ends the link.
 *
 * boundary.c, guestlink.c and login/loginlink.c are the tables; CHANNEL_FACE() gives each of them
 * its typed functions. A message is a struct that begins with its type, an enum.
 */
#pragma once

#include "base/fd.h"
#include "base/secret.h"
#include "wire.h"

#include <gio/gio.h>

typedef struct {
    guint16 type;
    const char *name; /* for logs */
    guint direction;  /* an enum of the channel's own */
    gsize fd_count;
    WireWalk walk; /* item: the message; writing must change nothing */
    /* Frees what the message holds, also after a walk that failed half-way; NULL: nothing. */
    void (*clear)(gpointer message);
    /* What a new message holds from the start; NULL: nothing. */
    void (*init)(gpointer message);
} ChannelRow;

typedef struct {
    const ChannelRow *rows;
    gsize row_count;
    gsize message_size;
    /* What every message has between type and body; NULL: nothing. */
    WireWalk walk_head;
} Channel;

/* All zero but for its type and what its row's init makes. */
gpointer channel_message_new(const Channel *channel, guint type);
void channel_message_free(const Channel *channel, gpointer message);
/* For logs; never shows contents. "unknown" for a type without a row. */
const char *channel_name(const Channel *channel, guint type);
/* Descriptors that go with a message of this type. */
gsize channel_fd_count(const Channel *channel, guint type);

/* NULL when the message cannot be written (something too long). A login may be in it. */
Secret *channel_write(const Channel *channel, gconstpointer message);
/* NULL with G_IO_ERROR_INVALID_DATA when data is not exactly one message of that direction. */
gpointer channel_parse(const Channel *channel, const guint8 *data, gsize length, guint direction,
                       GError **error);

/* One message with its descriptors (channel_fd_count() of them, borrowed). */
gboolean channel_send(const Channel *channel, Fd socket, gconstpointer message, const Fd *fds,
                      GError **error);
/* NULL without error when the other end is gone; G_IO_ERROR_WOULD_BLOCK when there is none.
 * ret_fds has FD_MAX_PASSED places, -1 unless passed, the caller's; NULL where no message that is
 * for this end has descriptors. */
gpointer channel_receive(const Channel *channel, Fd socket, guint direction, Fd *ret_fds,
                         GError **error);

/*
 * An end that sends: what does not fit into the socket waits here, in order, so that a burst ends
 * neither side.
 */
typedef struct ChannelQueue ChannelQueue;

enum { CHANNEL_MAX_WAITING = 65536 }; /* more means that the other process hangs */

/* socket is borrowed. */
ChannelQueue *channel_queue_new(Fd socket);
void channel_queue_free(ChannelQueue *queue);
/* FALSE when the other end is gone or does not read, or the message cannot be written. Messages
 * with descriptors are not kept waiting: they are the first of a link. */
gboolean channel_queue_send(ChannelQueue *queue, const Channel *channel, gconstpointer message,
                            const Fd *fds, GError **error);
/* When the socket can be written to again. */
gboolean channel_queue_flush(ChannelQueue *queue, GError **error);
gboolean channel_queue_is_waiting(const ChannelQueue *queue);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChannelQueue, channel_queue_free)

/* The functions above for one table, NAME_channel, and its own types: NAME_parse() and so on. */
#define CHANNEL_FACE(Message, Type, Direction, name)                                               \
    extern const Channel name##_channel;                                                           \
                                                                                                   \
    static inline Message *name##_message_new(Type type)                                           \
    {                                                                                              \
        return channel_message_new(&name##_channel, type);                                         \
    }                                                                                              \
                                                                                                   \
    static inline void name##_message_free(Message *message)                                       \
    {                                                                                              \
        channel_message_free(&name##_channel, message);                                            \
    }                                                                                              \
                                                                                                   \
    static inline const char *name##_name(Type type)                                               \
    {                                                                                              \
        return channel_name(&name##_channel, type);                                                \
    }                                                                                              \
                                                                                                   \
    static inline gsize name##_fd_count(Type type)                                                 \
    {                                                                                              \
        return channel_fd_count(&name##_channel, type);                                            \
    }                                                                                              \
                                                                                                   \
    static inline Secret *name##_write(const Message *message)                                     \
    {                                                                                              \
        return channel_write(&name##_channel, message);                                            \
    }                                                                                              \
                                                                                                   \
    static inline Message *name##_parse(const guint8 *data, gsize length, Direction direction,     \
                                        GError **error)                                            \
    {                                                                                              \
        return channel_parse(&name##_channel, data, length, direction, error);                     \
    }                                                                                              \
                                                                                                   \
    static inline gboolean name##_send(Fd socket, const Message *message, const Fd *fds,           \
                                       GError **error)                                             \
    {                                                                                              \
        return channel_send(&name##_channel, socket, message, fds, error);                         \
    }                                                                                              \
                                                                                                   \
    static inline Message *name##_receive(Fd socket, Direction direction, Fd *ret_fds,             \
                                          GError **error)                                          \
    {                                                                                              \
        return channel_receive(&name##_channel, socket, direction, ret_fds, error);                \
    }                                                                                              \
                                                                                                   \
    static inline gboolean name##_queue_send(ChannelQueue *queue, const Message *message,          \
                                             const Fd *fds, GError **error)                        \
    {                                                                                              \
        return channel_queue_send(queue, &name##_channel, message, fds, error);                    \
    }                                                                                              \
                                                                                                   \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, name##_message_free)
