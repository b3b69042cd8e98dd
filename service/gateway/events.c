/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/events.h"

#include <string.h>

struct Events {
    GQueue list; /* Event */
    guint kept;
};

/* Every event that is trouble whatever its reason. */
static const struct {
    const char *event;
    const char *advice;
} troubles[] = {
    {"proposal-refused",
     "Name one of the offered proposals in [ike] or [esp] proposals, or change the client. The "
     "weak ones need allow-weak=true."},
    {"selectors-refused", "A guest speaks for the address that it was given alone, and for no "
                          "network behind it: set its local side to that address."},
    {"login-refused", "Wrong user or password, or the account is locked, expired or not in the "
                      "groups of [login]. The client is told no more than \"no\"."},
    {"login-unreachable",
     "Nobody could say whether the login is good: look at the RADIUS servers or PAM, and at what "
     "coati-login says in the log."},
    {"banned",
     "Wait, or: coatictl gateway unban NAME. [login] max-failures and ban-time say when."},
    {"pool-empty", "Make [pool] larger, or end sessions: coatictl gateway leases, kick."},
    {"too-many-sessions", "[login] sessions-per-user and when-full decide; coatictl gateway kick "
                          "USER ends the others."},
    {"draining", "The gateway takes no new guests: coatictl gateway drain off."},
    {"certificate-refused",
     "The client's certificate is not of a CA in [gateway] client-ca, or not valid now."},
    {"engine-gone", "Guests come back by themselves. When it happens again, report it."},
    {"engine-distrusted", "The engine broke a rule and was ended. Report it."},
    {"reload-failed", "Nothing was changed: correct the line and reload again."},
};

static void
event_free(gpointer data)
{
    Event *event = data;

    g_free(event->user);
    g_free(event->text);
    g_free(event);
}

Events *
events_new(guint kept)
{
    Events *events = g_new0(Events, 1);

    g_queue_init(&events->list);
    events->kept = kept;
    return events;
}

void
events_free(Events *events)
{
    if (events == NULL)
        return;
    g_queue_clear_full(&events->list, event_free);
    g_free(events);
}

void
events_add(Events *events, const Event *event)
{
    Event *copy = g_memdup2(event, sizeof *event);

    copy->user = g_strdup(event->user);
    copy->text = g_strdup(event->text);
    g_queue_push_tail(&events->list, copy);
    if (events->list.length > events->kept)
        event_free(g_queue_pop_head(&events->list));
}

/* The ends that a guest, its user or an administrator wanted. */
static gboolean
is_wanted(Reason reason)
{
    return reason == REASON_NONE || reason == REASON_USER_REQUEST ||
           reason == REASON_PEER_DELETED || reason == REASON_SHUTDOWN;
}

gboolean
event_is_trouble(const Event *event)
{
    if (strcmp(event->event, "down") == 0)
        return !is_wanted(event->reason);
    for (gsize i = 0; i < G_N_ELEMENTS(troubles); i++)
        if (strcmp(troubles[i].event, event->event) == 0)
            return TRUE;
    return FALSE;
}

const char *
event_advice(const Event *event)
{
    for (gsize i = 0; i < G_N_ELEMENTS(troubles); i++)
        if (strcmp(troubles[i].event, event->event) == 0)
            return troubles[i].advice;
    return event_is_trouble(event) ? reason_hint(event->reason) : NULL;
}

static gboolean
is_named(const Event *event, const char *what)
{
    g_autofree char *session = g_strdup_printf("%" G_GUINT64_FORMAT, event->session);
    char address[NET_ADDRESS_TEXT_SIZE];

    return what[0] == '\0' || (event->session != 0 && strcmp(session, what) == 0) ||
           g_strcmp0(event->user, what) == 0 ||
           (event->peer.address.length != 0 &&
            strcmp(net_address_format(&event->peer.address, address), what) == 0);
}

void
events_look(const Events *events, const char *what, EventsLook look, gpointer user_data)
{
    for (const GList *at = events->list.head; at != NULL; at = at->next)
        if (is_named(at->data, what))
            look(at->data, user_data);
}
