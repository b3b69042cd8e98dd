/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine-link.h"

#include "keylink.h"
#include "log.h"

#include <glib-unix.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MESSAGES_PER_TURN = 64, NOBODY = 65534 };

struct EngineLink {
    EngineLinkEvents events;
    gpointer user_data;
    Fd boundary;
    Fd keys;
    guint boundary_watch;
    guint keys_watch;
    GSubprocess *engine_process;
    GSubprocess *keys_process;
    gboolean is_gone;
    gboolean is_busy; /* inside an event */
    gboolean is_freed;
};

typedef struct {
    uid_t uid;
    gid_t gid;
} Identity;

/* Between fork and exec: async-signal-safe calls alone. */
static void
drop_rights(gpointer user_data)
{
    const Identity *identity = user_data;

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (geteuid() == 0 &&
        (setgroups(0, NULL) < 0 || setgid(identity->gid) < 0 || setuid(identity->uid) < 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static Identity
find_identity(void)
{
    Identity identity = {.uid = NOBODY, .gid = NOBODY};
    struct passwd *entry = getpwnam("coati");

    if (entry != NULL)
        identity = (Identity){.uid = entry->pw_uid, .gid = entry->pw_gid};
    return identity;
}

GSubprocess *
engine_link_spawn(const char *directory, const char *name, const char *option, Fd *take_3,
                  Fd *take_4, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    const char *argv[] = {path, option, NULL};
    const char *environment[] = {"LANG=C.UTF-8", NULL, NULL};
    g_autofree char *debug = NULL;
    Identity identity = find_identity();

    if (g_getenv("G_MESSAGES_DEBUG") != NULL) {
        debug = g_strconcat("G_MESSAGES_DEBUG=", g_getenv("G_MESSAGES_DEBUG"), NULL);
        environment[1] = debug;
    }
    g_subprocess_launcher_set_environ(launcher, (gchar **)environment);
    g_subprocess_launcher_set_child_setup(launcher, drop_rights, &identity, NULL);
    g_subprocess_launcher_take_fd(launcher, fd_steal(take_3), 3);
    if (take_4 != NULL)
        g_subprocess_launcher_take_fd(launcher, fd_steal(take_4), 4);
    return g_subprocess_launcher_spawnv(launcher, argv, error);
}

static void
finish_free(EngineLink *link)
{
    fd_close(&link->boundary);
    fd_close(&link->keys);
    g_clear_object(&link->engine_process);
    g_clear_object(&link->keys_process);
    g_free(link);
}

static void
report_gone(EngineLink *link, const char *detail)
{
    if (link->is_gone)
        return;
    link->is_gone = TRUE;
    link->events.gone(detail, link->user_data);
}

static gboolean
read_one(EngineLink *link)
{
    Fd fds[FD_MAX_PASSED];
    g_autoptr(GError) error = NULL;
    g_autoptr(BoundaryMessage) message =
        boundary_receive(link->boundary, BOUNDARY_TO_SERVICE, fds, &error);

    for (gsize i = 0; i < FD_MAX_PASSED; i++)
        fd_close(&fds[i]);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return FALSE;
    if (message == NULL) {
        report_gone(link, error != NULL ? error->message : "The engine has ended");
        return FALSE;
    }
    link->events.message(message, link->user_data);
    return !link->is_freed && !link->is_gone;
}

static gboolean
on_boundary(gint fd, GIOCondition condition, gpointer user_data)
{
    EngineLink *link = user_data;
    gboolean goes_on;

    link->is_busy = TRUE;
    for (guint i = 0; i < MESSAGES_PER_TURN; i++)
        if (!read_one(link))
            break;
    link->is_busy = FALSE;
    goes_on = !link->is_freed && !link->is_gone;
    if (!goes_on)
        link->boundary_watch = 0;
    if (link->is_freed)
        finish_free(link);
    return goes_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static const char *
read_loaded(EngineLink *link)
{
    g_auto(KeylinkMessage) message = {0};
    g_autoptr(GError) error = NULL;

    if (keylink_receive(link->keys, KEYLINK_TO_SERVICE, &message, &error))
        return message.is_good ? NULL : "The private key or group password cannot be used";
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return NULL;
    return "The process that holds the keys has ended";
}

static gboolean
on_keys(gint fd, GIOCondition condition, gpointer user_data)
{
    EngineLink *link = user_data;
    const char *problem = read_loaded(link);

    if (problem == NULL)
        return G_SOURCE_CONTINUE;
    link->is_busy = TRUE;
    report_gone(link, problem);
    link->is_busy = FALSE;
    link->keys_watch = 0;
    if (link->is_freed)
        finish_free(link);
    return G_SOURCE_REMOVE;
}

static gboolean
load_keys(EngineLink *link, const Secret *private_key, const Secret *group_password, GError **error)
{
    if (private_key != NULL && !keylink_load_key(link->keys, ENGINE_LINK_KEY, private_key, error))
        return FALSE;
    if (group_password != NULL &&
        !keylink_load_psk(link->keys, ENGINE_LINK_KEY, group_password, error))
        return FALSE;
    return keylink_seal(link->keys, error);
}

EngineLink *
engine_link_new(const char *libexec_directory, const Secret *private_key,
                const Secret *group_password, const EngineLinkEvents *events, gpointer user_data,
                GError **error)
{
    g_autoptr(EngineLink) link = g_new0(EngineLink, 1);
    g_auto(FdPair) boundary = {{-1, -1}};
    g_auto(FdPair) control = {{-1, -1}};
    g_auto(FdPair) requests = {{-1, -1}};

    link->events = *events;
    link->user_data = user_data;
    link->boundary = -1;
    link->keys = -1;
    if (!fd_pair(boundary.ends, error) || !fd_pair(control.ends, error) ||
        !fd_pair(requests.ends, error))
        return NULL;
    link->boundary = fd_steal(&boundary.ends[0]);
    link->keys = fd_steal(&control.ends[0]);
    link->keys_process = engine_link_spawn(libexec_directory, "coati-keys", NULL, &control.ends[1],
                                           &requests.ends[1], error);
    if (link->keys_process == NULL || !load_keys(link, private_key, group_password, error))
        return NULL;
    link->engine_process = engine_link_spawn(libexec_directory, "coati-engine", NULL,
                                             &boundary.ends[1], &requests.ends[0], error);
    if (link->engine_process == NULL)
        return NULL;
    link->boundary_watch =
        g_unix_fd_add(link->boundary, G_IO_IN | G_IO_HUP | G_IO_ERR, on_boundary, link);
    link->keys_watch = g_unix_fd_add(link->keys, G_IO_IN | G_IO_HUP | G_IO_ERR, on_keys, link);
    return g_steal_pointer(&link);
}

void
engine_link_free(EngineLink *link)
{
    if (link == NULL)
        return;
    g_clear_handle_id(&link->boundary_watch, g_source_remove);
    g_clear_handle_id(&link->keys_watch, g_source_remove);
    if (link->engine_process != NULL)
        g_subprocess_force_exit(link->engine_process);
    if (link->keys_process != NULL)
        g_subprocess_force_exit(link->keys_process);
    link->is_freed = TRUE;
    if (!link->is_busy)
        finish_free(link);
}

gboolean
engine_link_send(EngineLink *link, const BoundaryMessage *message, const Fd *fds, GError **error)
{
    return boundary_send(link->boundary, message, fds, error);
}
