/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One tunnel's Network on a machine of its own (namespace.h), in a state directory of its own. */
#pragma once

#include "namespace.h"
#include "network.h"

typedef struct {
    char *directory;
    char *resolv_conf;
    NetworkHost host;
    char *before;
    Network *network;
    Fd tun;
} Fixture;

/* With its link open, and resolv.conf as the names' backend. */
void fixture_set_up(Fixture *fixture, gconstpointer data);
/* Every test ends here: all is undone, and the machine is as it was. */
void fixture_tear_down(Fixture *fixture, gconstpointer data);

gboolean fixture_apply(Fixture *fixture, const NetworkPlan *plan, GError **error);
void fixture_apply_well(Fixture *fixture, const NetworkPlan *plan);
void fixture_undo_well(Fixture *fixture);

/* Of an asynchronous call: user_data is where the result goes. */
void fixture_on_done(GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *fixture_wait_for(GAsyncResult **result);

/* What namespace_way() says to arguments. */
void fixture_assert_way(const char *expected, const char *arguments);

NetAddress address_of(const char *text);
NetPrefix prefix_of(const char *text);
/* All through the tunnel, from INNER, without IPv6. */
NetworkPlan full_plan(void);
