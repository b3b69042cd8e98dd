/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that the service manager keeps while this process is gone (sd_notify(3), FDSTORE).
 *
 * A TUN device has a carrier only while somebody holds it open. When coatid dies with its engine the
 * link would lose it, and systemd-resolved would ask other servers for the tunnel's names until a new
 * coatid is there. A copy in the service manager's hands keeps the carrier; the new coatid gets it
 * back, because a second one cannot be opened beside it.
 *
 * Without a service manager that keeps descriptors ($NOTIFY_SOCKET) nothing is kept and nothing fails.
 * Not for more than one thread.
 */
#pragma once

#include "base/fd.h"

#include <glib.h>

typedef struct FdStore FdStore;

/* Takes what was passed to this process ($LISTEN_FDS, $LISTEN_FDNAMES), closed on exec, and clears
 * those variables. Once, at the start. */
FdStore *fdstore_new(void);
/* What is kept stays kept. */
void fdstore_free(FdStore *store);

/* What was kept under this name, the caller's from now on; -1 when there is none. store may be NULL
 * here and below. */
Fd fdstore_take(FdStore *store, const char *name);
/* A copy is kept from now on. name: 1 to 255 printable characters, no colon. */
void fdstore_put(FdStore *store, const char *name, Fd fd);
/* Nothing is kept under this name any longer. */
void fdstore_drop(FdStore *store, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FdStore, fdstore_free)
