/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic.h"

#include "connection-private.h"

#include <string.h>

enum { PERIOD_SECONDS = 1 };

struct _CoatiTraffic {
    GObject parent;
    CoatiConnection *connection;
    GCancellable *cancellable; /* of the connection's questions */
    gulong changed;
    guint64 received[COATI_TRAFFIC_SAMPLES];
    guint64 sent[COATI_TRAFFIC_SAMPLES];
    guint64 total_received;
    guint64 total_sent;
    gint64 last; /* monotonic microseconds of the totals; 0 before */
    guint timer;
    gboolean is_active;
    gboolean is_asking;
};

G_DEFINE_FINAL_TYPE(CoatiTraffic, coati_traffic, G_TYPE_OBJECT)

enum { SAMPLED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
push(guint64 *samples, guint64 value)
{
    memmove(samples, samples + 1, (COATI_TRAFFIC_SAMPLES - 1) * sizeof *samples);
    samples[COATI_TRAFFIC_SAMPLES - 1] = value;
}

/* A new tunnel counts from 0. */
static guint64
rate(guint64 total, guint64 last, gint64 microseconds)
{
    return total >= last && microseconds > 0
               ? (guint64)((double)(total - last) * G_USEC_PER_SEC / (double)microseconds)
               : 0;
}

static void
take(CoatiTraffic *traffic, GVariant *statistics)
{
    gint64 now = g_get_monotonic_time();
    gint64 passed = traffic->last != 0 ? now - traffic->last : 0;
    guint64 received = 0;
    guint64 sent = 0;

    g_variant_lookup(statistics, "octets-in", "t", &received);
    g_variant_lookup(statistics, "octets-out", "t", &sent);
    push(traffic->received, rate(received, traffic->total_received, passed));
    push(traffic->sent, rate(sent, traffic->total_sent, passed));
    traffic->total_received = received;
    traffic->total_sent = sent;
    traffic->last = now;
    g_signal_emit(traffic, signals[SAMPLED], 0);
}

static void
on_statistics(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = bus_call_finish(source, result, &error);
    g_autoptr(GVariant) statistics = NULL;
    CoatiTraffic *traffic;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    traffic = user_data;
    traffic->is_asking = FALSE;
    if (reply == NULL)
        return;
    statistics = g_variant_get_child_value(reply, 0);
    take(traffic, statistics);
}

static void
ask(CoatiTraffic *traffic)
{
    if (traffic->is_asking || traffic->connection == NULL ||
        coati_connection_state(traffic->connection) != COATI_STATE_CONNECTED)
        return;
    traffic->is_asking = TRUE;
    bus_call(coati_connection_bus(traffic->connection),
             coati_connection_tunnel(traffic->connection), BUS_TUNNEL, "GetStatistics", NULL,
             "(a{sv})", traffic->cancellable, on_statistics, traffic);
}

static gboolean
on_time(gpointer user_data)
{
    ask(user_data);
    return G_SOURCE_CONTINUE;
}

static void
reset(CoatiTraffic *traffic)
{
    g_cancellable_cancel(traffic->cancellable);
    g_object_unref(traffic->cancellable);
    traffic->cancellable = g_cancellable_new();
    traffic->is_asking = FALSE;
    memset(traffic->received, 0, sizeof traffic->received);
    memset(traffic->sent, 0, sizeof traffic->sent);
    traffic->total_received = 0;
    traffic->total_sent = 0;
    traffic->last = 0;
}

/* Signals of the connection that mean another tunnel. */
static void
on_moved(CoatiConnection *connection, guint old_state, guint state, gpointer user_data)
{
    CoatiTraffic *traffic = user_data;

    if (old_state != COATI_STATE_CONNECTED && state == COATI_STATE_CONNECTED) {
        reset(traffic);
        ask(traffic);
    }
    g_signal_emit(traffic, signals[SAMPLED], 0);
}

void
coati_traffic_set_connection(CoatiTraffic *traffic, CoatiConnection *connection)
{
    if (traffic->connection == connection)
        return;
    if (traffic->connection != NULL)
        g_signal_handler_disconnect(traffic->connection, traffic->changed);
    g_set_object(&traffic->connection, connection);
    if (connection != NULL)
        traffic->changed = g_signal_connect(connection, "moved", G_CALLBACK(on_moved), traffic);
    reset(traffic);
    ask(traffic);
    g_signal_emit(traffic, signals[SAMPLED], 0);
}

void
coati_traffic_set_active(CoatiTraffic *traffic, gboolean is_active)
{
    if (traffic->is_active == is_active)
        return;
    traffic->is_active = is_active;
    g_clear_handle_id(&traffic->timer, g_source_remove);
    if (!is_active)
        return;
    traffic->timer = g_timeout_add_seconds(PERIOD_SECONDS, on_time, traffic);
    ask(traffic);
}

static void
coati_traffic_dispose(GObject *object)
{
    CoatiTraffic *traffic = COATI_TRAFFIC(object);

    coati_traffic_set_active(traffic, FALSE);
    if (traffic->connection != NULL)
        g_signal_handler_disconnect(traffic->connection, traffic->changed);
    g_clear_object(&traffic->connection);
    g_cancellable_cancel(traffic->cancellable);
    G_OBJECT_CLASS(coati_traffic_parent_class)->dispose(object);
}

static void
coati_traffic_finalize(GObject *object)
{
    g_object_unref(COATI_TRAFFIC(object)->cancellable);
    G_OBJECT_CLASS(coati_traffic_parent_class)->finalize(object);
}

static void
coati_traffic_class_init(CoatiTrafficClass *class)
{
    G_OBJECT_CLASS(class)->dispose = coati_traffic_dispose;
    G_OBJECT_CLASS(class)->finalize = coati_traffic_finalize;
    signals[SAMPLED] = g_signal_new("sampled", COATI_TYPE_TRAFFIC, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}

static void
coati_traffic_init(CoatiTraffic *traffic)
{
    traffic->cancellable = g_cancellable_new();
}

CoatiTraffic *
coati_traffic_new(void)
{
    return g_object_new(COATI_TYPE_TRAFFIC, NULL);
}

guint64
coati_traffic_received(CoatiTraffic *traffic, guint index)
{
    return traffic->received[index];
}

guint64
coati_traffic_sent(CoatiTraffic *traffic, guint index)
{
    return traffic->sent[index];
}

guint64
coati_traffic_peak(CoatiTraffic *traffic)
{
    guint64 peak = 0;

    for (guint i = 0; i < COATI_TRAFFIC_SAMPLES; i++)
        peak = MAX(peak, MAX(traffic->received[i], traffic->sent[i]));
    return peak;
}

char *
coati_traffic_text(CoatiTraffic *traffic)
{
    g_autofree char *in = g_format_size(traffic->received[COATI_TRAFFIC_SAMPLES - 1]);
    g_autofree char *out = g_format_size(traffic->sent[COATI_TRAFFIC_SAMPLES - 1]);
    g_autofree char *all_in = g_format_size(traffic->total_received);
    g_autofree char *all_out = g_format_size(traffic->total_sent);

    /* TRANSLATORS: four amounts such as "1.2 MB"; the first two are for each second. */
    return g_strdup_printf(_("Receiving %s/s, sending %s/s. In all %s received and %s sent."), in,
                           out, all_in, all_out);
}
