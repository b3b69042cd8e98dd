/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PingGateway: the time of a DPD probe through the IKE SA. Whoever asks gets the next
 * acknowledgement; one probe answers all who wait.
 */
#include "client/tunnel-private.h"
#include "error.h"

enum { MAX_MILLISECONDS = 60 * 1000, MAX_PINGS = 64 };

typedef struct {
    Tunnel *tunnel;
    BusCall *call;
    guint timer;
} Ping;

static void
ping_free(Ping *ping)
{
    g_clear_handle_id(&ping->timer, g_source_remove);
    g_free(ping);
}

static gboolean
on_ping_timeout(gpointer user_data)
{
    Ping *ping = user_data;
    BusCall *call = ping->call;

    ping->timer = 0;
    g_ptr_array_remove(ping->tunnel->pings, ping);
    bus_call_refuse(call, COATI_ERROR_TIMEOUT, "The gateway did not answer in time");
    return G_SOURCE_REMOVE;
}

GPtrArray *
tunnel_pings_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)ping_free);
}

void
tunnel_ping(Tunnel *tunnel, BusCall *call)
{
    g_autoptr(BoundaryMessage) message = boundary_message_new(BOUNDARY_PROBE);
    guint32 milliseconds;
    Ping *ping;

    g_variant_get(call->parameters, "(u)", &milliseconds);
    if (tunnel->state != TUNNEL_CONNECTED || tunnel->link == NULL)
        bus_call_refuse(call, COATI_ERROR_FAILED, "The tunnel is not connected");
    else if (!tunnel->facts.has_dpd)
        bus_call_refuse(call, COATI_ERROR_NOT_SUPPORTED,
                        "The gateway knows no dead peer detection, or the profile's "
                        "ike.dpd-delay is 0");
    else if (tunnel->pings->len >= MAX_PINGS)
        bus_call_refuse(call, COATI_ERROR_BUSY, "Too many pings wait for an answer");
    else {
        ping = g_new0(Ping, 1);
        ping->tunnel = tunnel;
        ping->call = call;
        ping->timer = g_timeout_add(MIN(milliseconds, MAX_MILLISECONDS), on_ping_timeout, ping);
        g_ptr_array_add(tunnel->pings, ping);
        engine_link_send(tunnel->link, message, NULL, NULL);
    }
}

void
tunnel_ping_answered(Tunnel *tunnel, guint32 round_trip_microseconds)
{
    for (guint i = 0; i < tunnel->pings->len; i++)
        bus_call_return(((Ping *)tunnel->pings->pdata[i])->call,
                        g_variant_new("(u)", round_trip_microseconds));
    g_ptr_array_set_size(tunnel->pings, 0);
}

void
tunnel_pings_refuse(Tunnel *tunnel)
{
    for (guint i = 0; i < tunnel->pings->len; i++)
        bus_call_refuse(((Ping *)tunnel->pings->pdata[i])->call, COATI_ERROR_FAILED,
                        "The tunnel is no longer connected");
    g_ptr_array_set_size(tunnel->pings, 0);
}
