/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One guest of a gateway, from the end of its phase 1 to its own, and what is said about it.
 */
#pragma once

#include "gateway/leases.h"
#include "guestlink.h"
#include "radius/settings.h"

/* As BoundaryCounters, without what was dropped: that is counted for all together. */
typedef struct {
    guint64 octets_in;
    guint64 octets_out;
    guint64 packets_in;
    guint64 packets_out;
    guint32 last_received_seconds;
} GuestCounters;

typedef struct {
    guint64 session; /* of its engine */
    char *id;        /* unique over restarts of everything: Acct-Session-Id */
    guint32 port;    /* NAS-Port */
    char *user;      /* NULL before the login */
    char *group;     /* the identity of phase 1 */
    NetEndpoint peer;
    gboolean has_phase1;
    SuitePhase1 suite;
    IkeMethod method;
    IkeMode mode;
    gboolean is_behind_nat;
    gboolean has_fragmentation;
    gboolean has_unity;
    gboolean is_logged_in;
    gboolean is_ending; /* told to go */
    char *asked_user;   /* of the login under way */
    Lease *lease;
    RadiusSettings *radius; /* what was said with its login; NULL = nothing */
    guint children;
    char *esp;        /* of the last child; NULL before the first */
    gint64 came_at;   /* microseconds of CLOCK_BOOTTIME */
    gint64 up_at;     /* first child; 0 = not yet */
    gint64 came_unix; /* seconds since 1970 */
    GuestCounters counters;

    /* accounting.c */
    gboolean is_accounted; /* a Start was told, and no Stop */
    gboolean was_accounted;
    NetAddress address4; /* that it was told with, like all of these */
    NetAddress address6;
    NetAddress calling; /* where it came from: servers know the session by it, so it stays */
    RadiusCause cause;  /* why it is ending, where the reason does not say it */

    /* times.c; microseconds of CLOCK_BOOTTIME, G_MAXINT64 = never */
    gint64 leased_at;
    gint64 ends_at;
    guint32 idle_timeout_seconds;
    gint64 active_at;
    guint64 idle_octets; /* at active_at */
    gint64 idle_look_at;
    guint32 interim_seconds;
    gint64 interim_at;
    gboolean is_due; /* waits for counters */
} Guest;

/* run: what tells its engine from all others. */
Guest *guest_new(guint64 session, const char *run, guint32 port);
void guest_count(Guest *guest, const BoundaryCounters *counters);
/* The lease must be released. */
void guest_free(gpointer guest);

/* "login", "configuring", "up", "ending". */
const char *guest_state(const Guest *guest);
/* One line in the log with who it is, and fields for the journal. reason REASON_NONE: not said. */
G_GNUC_PRINTF(5, 6)
void guest_log(const Guest *guest, GLogLevelFlags level, const char *event, Reason reason,
               const char *format, ...);
/* a{sv}, floating. */
GVariant *guest_describe(const Guest *guest, gint64 now);
