/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One guest of a gateway, from the end of its phase 1 to its own, and what is said about it.
 */
#pragma once

#include "gateway/pool.h"
#include "guestlink.h"

typedef struct {
    guint64 session;
    char *user;  /* NULL before the login */
    char *group; /* the identity of phase 1 */
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
    PoolLease *lease;
    guint children;
    char *esp;        /* of the last child; NULL before the first */
    gint64 came_at;   /* microseconds of CLOCK_BOOTTIME */
    gint64 up_at;     /* first child; 0 = not yet */
    gint64 came_unix; /* seconds since 1970 */
    BoundaryCounters counters;
} Guest;

Guest *guest_new(guint64 session);
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
