/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/link.h"

#include "engine-link.h"
#include "keylink.h"

#include <glib-unix.h>

enum { MESSAGES_PER_TURN = 64 };

struct GatewayLink {
    GatewayLinkEvents events;
    gpointer user_data;
    Fd boundary;
    Fd keys;
    ChannelQueue *queue;
    guint boundary_watch;
    guint keys_watch;
    guint write_watch;
    guint gone_source;
    char *gone_detail;
    GSubprocess *engine_process;
    GSubprocess *keys_process;
};

static gboolean
tell_gone(gpointer user_data)
{
    GatewayLink *link = user_data;

    link->gone_source = 0;
    link->events.gone(link->gone_detail, link->user_data);
    return G_SOURCE_REMOVE;
}

/* Told from the main loop, so that nobody is freed who is at work. */
static void
report_gone(GatewayLink *link, const char *detail)
{
    if (link->gone_detail != NULL)
        return;
    link->gone_detail = g_strdup(detail);
    link->gone_source = g_idle_add(tell_gone, link);
}

/* FALSE when there is no more for now. */
static gboolean
read_one(GatewayLink *link)
{
    Fd fds[FD_MAX_PASSED];
    g_autoptr(GError) error = NULL;
    g_autoptr(GuestlinkMessage) message =
        guestlink_receive(link->boundary, BOUNDARY_TO_SERVICE, fds, &error);

    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return FALSE;
    if (message == NULL) {
        report_gone(link, error != NULL ? error->message : "The engine has ended");
        return FALSE;
    }
    link->events.message(message, link->user_data);
    return link->gone_detail == NULL;
}

static gboolean
on_boundary(gint fd, GIOCondition condition, gpointer user_data)
{
    GatewayLink *link = user_data;

    for (guint i = 0; i < MESSAGES_PER_TURN; i++)
        if (!read_one(link))
            break;
    if (link->gone_detail == NULL)
        return G_SOURCE_CONTINUE;
    link->boundary_watch = 0;
    return G_SOURCE_REMOVE;
}

static gboolean
on_keys(gint fd, GIOCondition condition, gpointer user_data)
{
    GatewayLink *link = user_data;
    g_auto(KeylinkMessage) message = {0};
    g_autoptr(GError) error = NULL;

    if (keylink_receive(link->keys, KEYLINK_TO_SERVICE, &message, &error)) {
        if (message.is_good)
            return G_SOURCE_CONTINUE;
        report_gone(link, "The private key or a group password cannot be used");
    } else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        return G_SOURCE_CONTINUE;
    } else {
        report_gone(link, "The process that holds the keys has ended");
    }
    link->keys_watch = 0;
    return G_SOURCE_REMOVE;
}

static gboolean
load_keys(GatewayLink *link, const GatewayConfig *config, GError **error)
{
    if (config->key != NULL &&
        !keylink_load_key(link->keys, GATEWAY_KEY_CERTIFICATE, config->key, error))
        return FALSE;
    for (guint i = 0; i < config->groups->len; i++) {
        const GatewayGroup *group = config->groups->pdata[i];

        if (group->password != NULL &&
            !keylink_load_psk(link->keys, group->key, group->password, error))
            return FALSE;
    }
    return keylink_seal(link->keys, error);
}

GatewayLink *
gateway_link_new(const char *libexec_directory, const GatewayConfig *config,
                 const GatewayLinkEvents *events, gpointer user_data, GError **error)
{
    g_autoptr(GatewayLink) link = g_new0(GatewayLink, 1);
    g_auto(FdPair) boundary = {{-1, -1}};
    g_auto(FdPair) control = {{-1, -1}};
    g_auto(FdPair) requests = {{-1, -1}};

    link->events = *events;
    link->user_data = user_data;
    link->boundary = link->keys = -1;
    if (!fd_pair(boundary.ends, error) || !fd_pair(control.ends, error) ||
        !fd_pair(requests.ends, error))
        return NULL;
    link->boundary = fd_steal(&boundary.ends[0]);
    link->keys = fd_steal(&control.ends[0]);
    link->queue = channel_queue_new(link->boundary);
    link->keys_process = engine_link_spawn(libexec_directory, "coati-keys", NULL, &control.ends[1],
                                           &requests.ends[1], error);
    if (link->keys_process == NULL || !load_keys(link, config, error))
        return NULL;
    link->engine_process = engine_link_spawn(libexec_directory, "coati-engine", "--gateway",
                                             &boundary.ends[1], &requests.ends[0], error);
    if (link->engine_process == NULL)
        return NULL;
    link->boundary_watch =
        g_unix_fd_add(link->boundary, G_IO_IN | G_IO_HUP | G_IO_ERR, on_boundary, link);
    link->keys_watch = g_unix_fd_add(link->keys, G_IO_IN | G_IO_HUP | G_IO_ERR, on_keys, link);
    return g_steal_pointer(&link);
}

void
gateway_link_free(GatewayLink *link)
{
    if (link == NULL)
        return;
    g_clear_handle_id(&link->boundary_watch, g_source_remove);
    g_clear_handle_id(&link->keys_watch, g_source_remove);
    g_clear_handle_id(&link->write_watch, g_source_remove);
    g_clear_handle_id(&link->gone_source, g_source_remove);
    if (link->engine_process != NULL)
        g_subprocess_force_exit(link->engine_process);
    if (link->keys_process != NULL)
        g_subprocess_force_exit(link->keys_process);
    g_clear_object(&link->engine_process);
    g_clear_object(&link->keys_process);
    channel_queue_free(link->queue);
    fd_close(&link->boundary);
    fd_close(&link->keys);
    g_free(link->gone_detail);
    g_free(link);
}

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer user_data)
{
    GatewayLink *link = user_data;
    g_autoptr(GError) error = NULL;

    if (!channel_queue_flush(link->queue, &error))
        report_gone(link, error->message);
    else if (channel_queue_is_waiting(link->queue))
        return G_SOURCE_CONTINUE;
    link->write_watch = 0;
    return G_SOURCE_REMOVE;
}

void
gateway_link_send(GatewayLink *link, const GuestlinkMessage *message, const Fd *fds)
{
    g_autoptr(GError) error = NULL;

    if (link->gone_detail != NULL)
        return;
    if (!guestlink_queue_send(link->queue, message, fds, &error))
        report_gone(link, error->message);
    else if (channel_queue_is_waiting(link->queue) && link->write_watch == 0)
        link->write_watch = g_unix_fd_add(link->boundary, G_IO_OUT, on_writable, link);
}
