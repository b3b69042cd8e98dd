/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coatid: the service. Reads its options, takes the name on the system bus and runs the loop.
 */
#include "gateway/main.h"
#include "config.h"
#include "gateway/conf-profile.h"
#include "log.h"
#include "manager.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUS_NAME "org.coati.Coati1"

typedef struct {
    GMainLoop *loop;
    Manager *manager;
    int status;
} Daemon;

static char *config_directory = NULL;
static char *vendor_directory = NULL;
static char *state_directory = NULL;
static char *run_directory = NULL;
static char *libexec_directory = NULL;
static char *resolv_conf = NULL;
static gboolean is_version_wanted = FALSE;
static gboolean is_gateway = FALSE;
static char *gateway_conf = NULL;
static char *gateway_check = NULL;
static char *gateway_profile = NULL;
static char *gateway_method = NULL;
static char *gateway_group = NULL;

static const GOptionEntry entries[] = {
    {"config-dir", 0, 0, G_OPTION_ARG_FILENAME, &config_directory, "Profiles of the machine",
     "DIR"},
    {"vendor-dir", 0, 0, G_OPTION_ARG_FILENAME, &vendor_directory, "Read-only profiles", "DIR"},
    {"state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_directory, "Profiles of users, journals",
     "DIR"},
    {"run-dir", 0, 0, G_OPTION_ARG_FILENAME, &run_directory, "What is up", "DIR"},
    {"libexec-dir", 0, 0, G_OPTION_ARG_FILENAME, &libexec_directory, "coati-engine, coati-keys",
     "DIR"},
    {"resolv-conf", 0, 0, G_OPTION_ARG_FILENAME, &resolv_conf, "Instead of /etc/resolv.conf",
     "FILE"},
    {"gateway", 0, 0, G_OPTION_ARG_NONE, &is_gateway, "Serve guests instead of connecting", NULL},
    {"gateway-conf", 0, 0, G_OPTION_ARG_FILENAME, &gateway_conf,
     "Instead of gateway.conf in the directory of the configuration", "FILE"},
    {"gateway-check", 0, 0, G_OPTION_ARG_FILENAME, &gateway_check,
     "Say what is wrong with a gateway.conf", "FILE"},
    {"gateway-profile", 0, 0, G_OPTION_ARG_FILENAME, &gateway_profile,
     "Print a profile for clients of a gateway.conf, with the group's password", "FILE"},
    {"gateway-method", 0, 0, G_OPTION_ARG_STRING, &gateway_method, "Of that profile", "METHOD"},
    {"gateway-group", 0, 0, G_OPTION_ARG_STRING, &gateway_group, "Of that profile", "NAME"},
    {"version", 0, 0, G_OPTION_ARG_NONE, &is_version_wanted, "Show the version", NULL},
    {0},
};

static void
on_stopped(gpointer user_data)
{
    Daemon *service = user_data;

    g_main_loop_quit(service->loop);
}

static gboolean
on_signal(gpointer user_data)
{
    Daemon *service = user_data;

    log_info(NULL, "stopping", "Stopping");
    manager_stop(service->manager, on_stopped, service);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_reload(gpointer user_data)
{
    Daemon *service = user_data;

    manager_reload(service->manager);
    return G_SOURCE_CONTINUE;
}

static void
on_name_acquired(GDBusConnection *connection, const gchar *name, gpointer user_data)
{
    Daemon *service = user_data;

    log_info(NULL, "started", "coatid " COATI_VERSION " is ready");
    manager_start(service->manager);
}

static void
on_name_lost(GDBusConnection *connection, const gchar *name, gpointer user_data)
{
    Daemon *service = user_data;

    log_warning(NULL, "bus",
                "The name %s is not ours: another coatid runs, or the bus policy "
                "does not allow it",
                name);
    service->status = EXIT_FAILURE;
    manager_stop(service->manager, on_stopped, service);
}

static gboolean
make_directory(const char *path)
{
    if (g_mkdir_with_parents(path, 0700) == 0)
        return TRUE;
    log_warning(NULL, "start", "Cannot make %s: %s", path, g_strerror(errno));
    return FALSE;
}

/* Passwords pass through GVariants, which nobody wipes. The C library can overwrite what is freed,
 * but takes that wish at the start of a process only. */
static void
overwrite_freed_memory(char **argv)
{
    g_autofree char *path = g_file_read_link("/proc/self/exe", NULL);

    if (path == NULL || g_getenv("GLIBC_TUNABLES") != NULL ||
        !g_setenv("GLIBC_TUNABLES", "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0", FALSE))
        return;
    execv(path, argv);
}

/* Two coatids would undo each other's network. The lock ends with the process. */
static gboolean
take_lock(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "lock", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    log_warning(NULL, "start", "Cannot lock %s: %s", path,
                errno == EWOULDBLOCK ? "another coatid runs" : g_strerror(errno));
    return FALSE;
}

static const char *
or_else(const char *given, const char *fallback)
{
    return given != NULL ? given : fallback;
}

static int
check_gateway(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GatewayConfig) config = gateway_config_read(path, &error);

    if (config == NULL) {
        g_printerr("%s\n", error->message);
        return EXIT_FAILURE;
    }
    for (guint i = 0; i < config->warnings->len; i++)
        g_print("%s\n", (const char *)config->warnings->pdata[i]);
    return EXIT_SUCCESS;
}

static int
print_profile(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GatewayConfig) config = gateway_config_read(path, &error);
    g_autoptr(Profile) profile =
        config != NULL ? gateway_config_profile(config, gateway_method, gateway_group, &error)
                       : NULL;
    g_autoptr(Secret) text = profile != NULL ? profile_write(profile, TRUE) : NULL;

    if (text == NULL) {
        g_printerr("%s\n", error->message);
        return EXIT_FAILURE;
    }
    fputs(secret_text(text), stdout);
    return EXIT_SUCCESS;
}

static int
run_gateway(GDBusConnection *connection, const ManagerOptions *manager)
{
    g_autofree char *conf = gateway_conf != NULL
                                ? g_strdup(gateway_conf)
                                : g_build_filename(manager->config_directory, "gateway.conf", NULL);
    GatewayOptions options = {.config_path = conf,
                              .state_directory = manager->state_directory,
                              .libexec_directory = manager->libexec_directory};

    return gateway_main(connection, &options);
}

static int
run(GDBusConnection *connection, const ManagerOptions *options)
{
    Daemon service = {.status = EXIT_SUCCESS};
    g_autoptr(GError) error = NULL;
    guint name;

    service.manager = manager_new(connection, options, &error);
    if (service.manager == NULL) {
        log_warning(NULL, "start", "%s", error->message);
        return EXIT_FAILURE;
    }
    service.loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGTERM, on_signal, &service);
    g_unix_signal_add(SIGINT, on_signal, &service);
    g_unix_signal_add(SIGHUP, on_reload, &service);
    name = g_bus_own_name_on_connection(connection, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                        on_name_acquired, on_name_lost, &service, NULL);
    g_main_loop_run(service.loop);
    g_bus_unown_name(name);
    manager_free(service.manager);
    g_dbus_connection_flush_sync(connection, NULL, NULL);
    g_main_loop_unref(service.loop);
    return service.status;
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GDBusConnection) connection = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) given = g_strdupv(argv);
    g_autoptr(FdStore) store = NULL;
    ManagerOptions options;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("%s\n", error->message);
        return 2;
    }
    if (is_version_wanted) {
        g_print("coatid %s\n", COATI_VERSION);
        return EXIT_SUCCESS;
    }
    overwrite_freed_memory(given);
    if (gateway_check != NULL)
        return check_gateway(gateway_check);
    if (gateway_profile != NULL)
        return print_profile(gateway_profile);
    umask(0077);
    prctl(PR_SET_DUMPABLE, 0);
    /* Before there are threads: it clears variables. A gateway's descriptors are its ports. */
    if (!is_gateway)
        store = fdstore_new();
    options = (ManagerOptions){
        .config_directory = or_else(config_directory, COATI_SYSCONFDIR),
        .vendor_directory = or_else(vendor_directory, COATI_VENDORDIR),
        .state_directory = or_else(state_directory, COATI_STATEDIR),
        .run_directory = or_else(run_directory, COATI_RUNDIR),
        .libexec_directory = or_else(libexec_directory, COATI_LIBEXECDIR),
        .resolv_conf = resolv_conf,
        .store = store,
    };
    if (geteuid() == 0)
        log_warning(NULL, "start",
                    "Running as root: coatid needs CAP_NET_ADMIN only and is meant "
                    "to run as user coati");
    if (!make_directory(options.state_directory) ||
        (!is_gateway &&
         (!make_directory(options.run_directory) || !take_lock(options.run_directory))))
        return EXIT_FAILURE;
    connection = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    if (connection == NULL) {
        log_warning(NULL, "start", "No system bus: %s", error->message);
        return EXIT_FAILURE;
    }
    g_dbus_connection_set_exit_on_close(connection, FALSE);
    return is_gateway ? run_gateway(connection, &options) : run(connection, &options);
}
