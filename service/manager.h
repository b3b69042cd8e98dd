/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manager: the root object, and the owner of everything that coatid holds.
 */
#pragma once

#include "fdstore.h"

#include <gio/gio.h>

typedef struct {
    const char *config_directory;
    const char *vendor_directory;
    const char *state_directory;
    const char *run_directory;
    const char *libexec_directory;
    const char *resolv_conf; /* NULL: the machine's */
    FdStore *store;          /* borrowed for the manager's life; may be NULL */
} ManagerOptions;

typedef struct Manager Manager;

/* Restores the machine after a crash, reads the profiles and puts everything on the bus; what was
 * up comes back by manager_start(). */
Manager *manager_new(GDBusConnection *connection, const ManagerOptions *options, GError **error);
/* Once the name is ours. */
void manager_start(Manager *manager);
/* Disconnects every tunnel; stopped is called once, when the machine is as before. */
void manager_stop(Manager *manager, void (*stopped)(gpointer user_data), gpointer user_data);
void manager_reload(Manager *manager);
void manager_free(Manager *manager);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manager, manager_free)
