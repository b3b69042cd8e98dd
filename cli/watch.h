/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals of the service, for commands that wait. */
#pragma once

#include "cli.h"

typedef enum {
    WATCH_STATE,   /* a tunnel's StateChanged */
    WATCH_CHANGED, /* anything else: look again */
    WATCH_GONE,    /* the service left the bus */
    WATCH_TIMEOUT,
    WATCH_INTERRUPTED,
} WatchEvent;

typedef struct {
    WatchEvent event;
    char *path; /* of the tunnel, with WATCH_STATE */
    char *state;
    char *old_state;
    char *reason;
    char *detail;
} WatchNews;

typedef struct Watch Watch;

/* timeout_seconds 0 = none. Begin before the first look at the objects, so that nothing is missed. */
Watch *watch_new(Cli *cli, guint32 timeout_seconds);
void watch_free(Watch *watch);
/* Waits for the next piece of news; each comes once. */
WatchNews *watch_next(Watch *watch);
void watch_news_free(WatchNews *news);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WatchNews, watch_news_free)
