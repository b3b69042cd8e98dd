/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that clean themselves up and travel over local sockets.
 *
 * The sockets here are AF_UNIX SOCK_SEQPACKET: one call is one message with at most
 * FD_MAX_PASSED descriptors beside it.
 */
#pragma once

#include <gio/gio.h>

enum { FD_MAX_PASSED = 4, FD_MAX_MESSAGE = 64 * 1024 };

typedef int Fd;
void fd_close(Fd *fd);
Fd fd_steal(Fd *fd);

/* A connected pair, both close-on-exec and non-blocking. */
gboolean fd_pair(Fd ret_pair[2], GError **error);

/* Two descriptors; {{-1, -1}} is none. */
typedef struct {
    Fd ends[2];
} FdPair;
void fd_pair_close(FdPair *pair);

/* Sends one message; the descriptors stay the caller's. */
gboolean fd_send(Fd socket, const void *data, gsize length, const Fd *fds, gsize count,
                 GError **error);

/* Receives one message. Returns its length, 0 when the other end is gone, -1 with error
 * (G_IO_ERROR_WOULD_BLOCK when there is none). ret_fds has FD_MAX_PASSED places; the received
 * ones are close-on-exec and the caller's, the others -1. A message that was cut is an error. */
gssize fd_receive(Fd socket, void *ret_data, gsize size, Fd *ret_fds, gsize *ret_count,
                  GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fd, fd_close)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FdPair, fd_pair_close)
