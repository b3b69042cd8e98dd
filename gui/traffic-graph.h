/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CoatiTrafficGraph: the last minute of a tunnel as two curves, and the same in words. */
#pragma once

#include "model/traffic.h"

#include <adwaita.h>

#define COATI_TYPE_TRAFFIC_GRAPH coati_traffic_graph_get_type()
G_DECLARE_FINAL_TYPE(CoatiTrafficGraph, coati_traffic_graph, COATI, TRAFFIC_GRAPH, AdwBin)

/* NULL for none. It asks the service only while it is seen. */
void coati_traffic_graph_set_connection(CoatiTrafficGraph *graph, CoatiConnection *connection);
