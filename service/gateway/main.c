/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/main.h"

#include "config.h"
#include "gateway/face.h"
#include "log.h"

#include <glib-unix.h>
#include <stdlib.h>

typedef struct {
    GMainLoop *loop;
    Gateway *gateway;
    int status;
} Daemon;

static void
on_stopped(gpointer user_data)
{
    Daemon *service = user_data;

    g_main_loop_quit(service->loop);
}

static void
on_failure(gpointer user_data)
{
    Daemon *service = user_data;

    service->status = EXIT_FAILURE;
    gateway_stop(service->gateway, on_stopped, service);
}

static gboolean
on_signal(gpointer user_data)
{
    Daemon *service = user_data;

    log_info(NULL, "stopping", "Stopping");
    gateway_stop(service->gateway, on_stopped, service);
    return G_SOURCE_CONTINUE;
}

/* The log has it already. */
static void
on_reloaded(const GPtrArray *warnings, const GError *error, gpointer user_data)
{
}

static gboolean
on_reload(gpointer user_data)
{
    Daemon *service = user_data;

    gateway_reload(service->gateway, on_reloaded, service);
    return G_SOURCE_CONTINUE;
}

static void
on_name_acquired(GDBusConnection *connection, const char *name, gpointer user_data)
{
    log_info(NULL, "started", "coatid " COATI_VERSION " is ready for guests");
}

static void
on_name_lost(GDBusConnection *connection, const char *name, gpointer user_data)
{
    Daemon *service = user_data;

    log_warning(
        NULL, "bus",
        "The name %s is not ours: another gateway runs, or the bus policy does not allow it", name);
    service->status = EXIT_FAILURE;
    gateway_stop(service->gateway, on_stopped, service);
}

int
gateway_main(GDBusConnection *connection, const GatewayOptions *options)
{
    Daemon service = {.status = EXIT_SUCCESS};
    g_autoptr(GatewayFace) face = NULL;
    g_autoptr(GError) error = NULL;
    guint name;

    service.gateway = gateway_new(options, &error);
    if (service.gateway != NULL)
        face = gateway_face_new(connection, service.gateway, &error);
    if (face == NULL) {
        log_warning(NULL, "start", "%s", error->message);
        gateway_free(service.gateway);
        return EXIT_FAILURE;
    }
    service.loop = g_main_loop_new(NULL, FALSE);
    gateway_on_failure(service.gateway, on_failure, &service);
    g_unix_signal_add(SIGTERM, on_signal, &service);
    g_unix_signal_add(SIGINT, on_signal, &service);
    g_unix_signal_add(SIGHUP, on_reload, &service);
    name = g_bus_own_name_on_connection(connection, GATEWAY_BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                        on_name_acquired, on_name_lost, &service, NULL);
    g_main_loop_run(service.loop);
    g_bus_unown_name(name);
    g_clear_pointer(&face, gateway_face_free);
    gateway_free(service.gateway);
    g_dbus_connection_flush_sync(connection, NULL, NULL);
    g_main_loop_unref(service.loop);
    return service.status;
}
