/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last things that happened at a gateway: what "coatictl gateway events" and "explain" show of
 * the time before they were asked. A ring: the oldest go first. Texts are clean.
 */
#pragma once

#include "base/net.h"
#include "base/reason.h"

#include <glib.h>

enum { EVENTS_KEPT = 1000 };

typedef struct {
    gint64 unix_seconds;
    guint64 session; /* 0 = none */
    char *user;      /* NULL before the login */
    NetEndpoint peer;
    const char *event; /* a literal */
    Reason reason;
    char *text;
} Event;

typedef struct Events Events;

Events *events_new(guint kept);
void events_free(Events *events);
/* Copies what event points to. */
void events_add(Events *events, const Event *event);

/* Something did not work, for a guest or a stranger. */
gboolean event_is_trouble(const Event *event);
/* What an administrator may do about it; NULL for what needs nothing. */
const char *event_advice(const Event *event);

/* Oldest first. what: a session's number, a user, or a peer's address; "" = all. */
typedef void (*EventsLook)(const Event *event, gpointer user_data);
void events_look(const Events *events, const char *what, EventsLook look, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Events, events_free)
