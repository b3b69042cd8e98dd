/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiTraffic: octets a second through a tunnel over the last minute. It asks the service each
 * second while it is active and its connection is connected. Signal "sampled".
 */
#pragma once

#include "connection.h"

enum { COATI_TRAFFIC_SAMPLES = 60 };

#define COATI_TYPE_TRAFFIC coati_traffic_get_type()
G_DECLARE_FINAL_TYPE(CoatiTraffic, coati_traffic, COATI, TRAFFIC, GObject)

CoatiTraffic *coati_traffic_new(void);
/* NULL for none. Forgets the samples of another. */
void coati_traffic_set_connection(CoatiTraffic *traffic, CoatiConnection *connection);
/* Nobody looks: nothing is asked. */
void coati_traffic_set_active(CoatiTraffic *traffic, gboolean is_active);
/* Octets a second, index 0 the oldest. */
guint64 coati_traffic_received(CoatiTraffic *traffic, guint index);
guint64 coati_traffic_sent(CoatiTraffic *traffic, guint index);
/* The largest of all. */
guint64 coati_traffic_peak(CoatiTraffic *traffic);
/* "Receiving 1.2 MB/s, sending ...; 40 MB received and 3 MB sent"; to be freed. */
char *coati_traffic_text(CoatiTraffic *traffic);
