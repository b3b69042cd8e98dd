/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client and a gateway with policies of their own, for a test to change before they meet. */
#pragma once

#include "sim.h"

#define SIM_FAST "aes128-sha256-x25519"

typedef struct {
    Sim *sim;
    SimNode *client;
    SimNode *gateway; /* from sim_pair_connect() on */
    IkePolicy *ours;
    IkePolicy *theirs;
} SimPair;

SimPair sim_pair(IkeMethod method, IkeMode mode, gboolean has_nat);
/* Takes the policies; the tunnel stands when it returns. */
void sim_pair_connect(SimPair *pair);
/* The user's wish, at this end. */
void sim_hang_up(SimNode *node);
