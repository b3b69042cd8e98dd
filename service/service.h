/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the blocks of coatid share. Owned by the manager; everything is borrowed.
 */
#pragma once

#include "agents.h"
#include "bus.h"
#include "gate.h"
#include "network.h"
#include "peers.h"
#include "recent.h"
#include "store.h"

typedef struct {
    GDBusConnection *connection;
    Peers *peers;
    Gate *gate;
    Agents *agents;
    Bus *bus;
    Recent *recent;
    NetworkHost network_host;
    StoreDirectories directories;
    char *libexec_directory;
    char *run_directory;
} Service;
