/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long guests may be here, how long they may be silent, and when their counters are told: one
 * look at all of them each second while there is anybody with such a time.
 */
#include "gateway/gateway-private.h"

enum { LOOK_SECONDS = 1, IDLE_LOOKS = 4 /* in an idle timeout */ };

static gint64
after(gint64 now, guint32 seconds)
{
    return seconds != 0 ? now + seconds * G_USEC_PER_SEC : G_MAXINT64;
}

static void
end(Gateway *gateway, Guest *guest, const char *event, RadiusCause cause, guint32 seconds)
{
    gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, event, REASON_NONE, "after %u s", seconds);
    guest->cause = cause;
    gateway_hang_up(gateway, guest, REASON_USER_REQUEST);
}

static void
look_for_idleness(Gateway *gateway, Guest *guest, gint64 now)
{
    guint64 octets = guest->counters.octets_in + guest->counters.octets_out;

    if (octets != guest->idle_octets) {
        guest->idle_octets = octets;
        guest->active_at = now;
    }
    guest->idle_look_at = now + guest->idle_timeout_seconds * G_USEC_PER_SEC / IDLE_LOOKS;
    if (now - guest->active_at >= guest->idle_timeout_seconds * G_USEC_PER_SEC)
        end(gateway, guest, "idle-timeout", RADIUS_CAUSE_IDLE_TIMEOUT, guest->idle_timeout_seconds);
}

/* GSourceOnceFunc: the counters of those who were due are fresh. */
static void
on_fresh(gpointer user_data)
{
    Gateway *gateway = user_data;
    gint64 now = gateway_now();
    GHashTableIter iter;
    gpointer value;

    gateway->times_is_asking = FALSE;
    if (gateway->is_stopping)
        return;
    g_hash_table_iter_init(&iter, gateway->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Guest *guest = value;

        if (!guest->is_due)
            continue;
        guest->is_due = FALSE;
        if (guest->interim_at <= now) {
            guest->interim_at = after(now, guest->interim_seconds);
            gateway_account_interim(gateway, guest);
        }
        if (guest->idle_look_at <= now && !guest->is_ending)
            look_for_idleness(gateway, guest, now);
    }
}

static void
ask_for_counters(Gateway *gateway, GArray *due)
{
    guint64 end_mark = 0;

    if (due->len == 0)
        return;
    gateway->times_is_asking = TRUE;
    g_array_append_val(due, end_mark);
    gateway_refresh(gateway, (const guint64 *)due->data, on_fresh, gateway);
}

static gboolean
on_look(gpointer user_data)
{
    Gateway *gateway = user_data;
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(guint64));
    gint64 now = gateway_now();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, gateway->guests);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Guest *guest = value;

        if (guest->lease == NULL || guest->is_ending)
            continue;
        if (guest->ends_at <= now) {
            end(gateway, guest, "session-timeout", RADIUS_CAUSE_SESSION_TIMEOUT,
                (guint32)((now - guest->leased_at) / G_USEC_PER_SEC));
        } else if (!gateway->times_is_asking &&
                   (guest->interim_at <= now || guest->idle_look_at <= now)) {
            guest->is_due = TRUE;
            g_array_append_val(due, guest->session);
        }
    }
    ask_for_counters(gateway, due);
    return G_SOURCE_CONTINUE;
}

void
gateway_times_begin(Gateway *gateway, Guest *guest, guint32 session_timeout_seconds,
                    guint32 idle_timeout_seconds, guint32 interim_seconds)
{
    gint64 now = gateway_now();

    guest->leased_at = guest->active_at = now;
    guest->ends_at = after(now, session_timeout_seconds);
    guest->idle_timeout_seconds = idle_timeout_seconds;
    guest->idle_look_at = idle_timeout_seconds != 0 ? now : G_MAXINT64;
    guest->interim_seconds = interim_seconds;
    guest->interim_at = after(now, interim_seconds);
    if (gateway->times_source == 0)
        gateway->times_source = g_timeout_add_seconds(LOOK_SECONDS, on_look, gateway);
}

void
gateway_times_limit(Gateway *gateway, Guest *guest, guint32 seconds)
{
    guest->ends_at = after(gateway_now(), seconds);
    gateway_event(gateway, guest, G_LOG_LEVEL_MESSAGE, "session-limit", REASON_NONE,
                  "has %u s from now on", seconds);
}
