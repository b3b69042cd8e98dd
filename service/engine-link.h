/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pair of coati-engine and coati-keys, started for one tunnel.
 *
 * The engine gets descriptor 3 = the boundary and 4 = coati-keys, the keys process 3 = us and 4 =
 * the engine; nothing else but standard output and error. Both are started without capabilities,
 * and as user coati when we are root. Keys are loaded and sealed before the engine starts.
 */
#pragma once

#include "base/secret.h"
#include "boundary.h"

/* Number of the one key or group password of a tunnel. */
enum { ENGINE_LINK_KEY = 1 };

typedef struct EngineLink EngineLink;

typedef struct {
    /* message is borrowed and hostile. */
    void (*message)(const BoundaryMessage *message, gpointer user_data);
    /* Once, when a process ended or broke the boundary; detail for the log. The callback may free
     * the link. */
    void (*gone)(const char *detail, gpointer user_data);
} EngineLinkEvents;

/* private_key (DER) and group_password: NULL when the method needs none. */
EngineLink *engine_link_new(const char *libexec_directory, const Secret *private_key,
                            const Secret *group_password, const EngineLinkEvents *events,
                            gpointer user_data, GError **error);
/* Kills what still runs. Accepts NULL; safe inside the events. */
void engine_link_free(EngineLink *link);

/* fds: boundary_fd_count() of them, borrowed. */
gboolean engine_link_send(EngineLink *link, const BoundaryMessage *message, const Fd *fds,
                          GError **error);

/* One process of a pair: NAME of the directory with option (may be NULL), which gets
 * descriptors as 3 and 4; take_4 may be NULL. */
GSubprocess *engine_link_spawn(const char *directory, const char *name, const char *option,
                               Fd *take_3, Fd *take_4, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineLink, engine_link_free)
