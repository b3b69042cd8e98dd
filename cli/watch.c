/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include <string.h>

struct Watch {
    Cli *cli;
    GQueue news; /* WatchNews */
    guint signals;
    guint name;
    guint timer;
    gboolean is_over;
    gboolean was_there;
};

static void
add(Watch *watch, WatchNews *news)
{
    g_queue_push_tail(&watch->news, news);
}

static void
add_event(Watch *watch, WatchEvent event)
{
    WatchNews *news = g_new0(WatchNews, 1);

    news->event = event;
    add(watch, news);
}

static void
on_signal(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
          const char *signal, GVariant *parameters, gpointer user_data)
{
    Watch *watch = user_data;
    WatchNews *news = g_new0(WatchNews, 1);

    news->event = WATCH_CHANGED;
    if (strcmp(interface, CLI_TUNNEL) == 0 && strcmp(signal, "StateChanged") == 0 &&
        g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ssss)"))) {
        news->event = WATCH_STATE;
        g_variant_get(parameters, "(ssss)", &news->state, &news->old_state, &news->reason,
                      &news->detail);
    }
    news->path = g_strdup(path);
    add(watch, news);
}

static void
on_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
    Watch *watch = user_data;

    watch->was_there = TRUE;
}

static void
on_vanished(GDBusConnection *bus, const char *name, gpointer user_data)
{
    Watch *watch = user_data;

    /* The first report says only that it is not there yet. */
    if (watch->was_there)
        add_event(watch, WATCH_GONE);
}

static gboolean
on_timeout(gpointer user_data)
{
    Watch *watch = user_data;

    watch->timer = 0;
    watch->is_over = TRUE;
    return G_SOURCE_REMOVE;
}

Watch *
watch_new(Cli *cli, guint32 timeout_seconds)
{
    Watch *watch = g_new0(Watch, 1);

    watch->cli = cli;
    g_queue_init(&watch->news);
    watch->signals =
        g_dbus_connection_signal_subscribe(cli->bus, CLI_BUS, NULL, NULL, NULL, NULL,
                                           G_DBUS_SIGNAL_FLAGS_NONE, on_signal, watch, NULL);
    watch->name = g_bus_watch_name_on_connection(cli->bus, CLI_BUS, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                 on_appeared, on_vanished, watch, NULL);
    if (timeout_seconds > 0)
        watch->timer = g_timeout_add_seconds(timeout_seconds, on_timeout, watch);
    return watch;
}

void
watch_free(Watch *watch)
{
    if (watch == NULL)
        return;
    g_dbus_connection_signal_unsubscribe(watch->cli->bus, watch->signals);
    g_bus_unwatch_name(watch->name);
    g_clear_handle_id(&watch->timer, g_source_remove);
    while (!g_queue_is_empty(&watch->news))
        watch_news_free(g_queue_pop_head(&watch->news));
    g_free(watch);
}

WatchNews *
watch_next(Watch *watch)
{
    WatchNews *news;

    while (g_queue_is_empty(&watch->news) && !watch->is_over && !watch->cli->is_interrupted)
        g_main_context_iteration(NULL, TRUE);
    news = g_queue_pop_head(&watch->news);
    if (news != NULL)
        return news;
    news = g_new0(WatchNews, 1);
    news->event = watch->cli->is_interrupted ? WATCH_INTERRUPTED : WATCH_TIMEOUT;
    return news;
}

void
watch_news_free(WatchNews *news)
{
    if (news == NULL)
        return;
    g_free(news->path);
    g_free(news->state);
    g_free(news->old_state);
    g_free(news->reason);
    g_free(news->detail);
    g_free(news);
}
