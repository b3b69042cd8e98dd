/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hooks.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The argument is racoon's word, so that its scripts go on working. */
static const struct {
    const char *name;
    const char *argument;
} events[] = {
    [HOOK_UP] = {"up", "phase1_up"},
    [HOOK_DOWN] = {"down", "phase1_down"},
    [HOOK_RECONNECT] = {"reconnect", "phase1_dead"},
};

/* What is still to run of one event. */
typedef struct {
    GPtrArray *paths;
    guint next;
    HookEvent event;
    char *profile;
    char **environment;
    GSubprocess *process;
    guint timer;
} Run;

static void run_next(Run *run);

const char *
hooks_event_name(HookEvent event)
{
    return events[event].name;
}

static void
refuse(GPtrArray *refused, const char *path, const char *why)
{
    if (refused != NULL)
        g_ptr_array_add(refused, g_strdup_printf("%s: %s", path, why));
}

/* NULL when it may be trusted, else why not. */
static const char *
distrust(const struct stat *info)
{
    if (info->st_uid != 0)
        return "it is not owned by root";
    if ((info->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "others may write it";
    return NULL;
}

static void
add_path(GPtrArray *paths, const char *directory, const char *name, GPtrArray *refused)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    const char *why = NULL;
    struct stat info;

    if (lstat(path, &info) != 0)
        return;
    if (!S_ISREG(info.st_mode))
        why = "it is not a file";
    else if ((info.st_mode & S_IXOTH) == 0)
        why = "it is not executable";
    else
        why = distrust(&info);
    if (why != NULL)
        refuse(refused, path, why);
    else
        g_ptr_array_add(paths, g_steal_pointer(&path));
}

static gint
by_name(gconstpointer one, gconstpointer two)
{
    return strcmp(*(const char *const *)one, *(const char *const *)two);
}

GPtrArray *
hooks_list(const char *directory, HookEvent event, GPtrArray *refused)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *suffix = g_strconcat(".", events[event].name, NULL);
    g_autoptr(GDir) dir = NULL;
    const char *name;
    struct stat info;

    if (lstat(directory, &info) != 0)
        return g_steal_pointer(&paths);
    if (!S_ISDIR(info.st_mode) || distrust(&info) != NULL) {
        refuse(refused, directory,
               S_ISDIR(info.st_mode) ? distrust(&info) : "it is not a directory");
        return g_steal_pointer(&paths);
    }
    dir = g_dir_open(directory, 0, NULL);
    while (dir != NULL && paths->len < HOOKS_MAX && (name = g_dir_read_name(dir)) != NULL)
        if (name[0] != '.' && g_str_has_suffix(name, suffix))
            add_path(paths, directory, name, refused);
    g_ptr_array_sort(paths, by_name);
    return g_steal_pointer(&paths);
}

static void
run_free(Run *run)
{
    g_clear_handle_id(&run->timer, g_source_remove);
    g_clear_object(&run->process);
    g_ptr_array_unref(run->paths);
    g_strfreev(run->environment);
    g_free(run->profile);
    g_free(run);
}

/* Its children too: it leads a session of its own. */
static gboolean
on_timeout(gpointer user_data)
{
    Run *run = user_data;
    const char *pid = g_subprocess_get_identifier(run->process);

    run->timer = 0;
    if (pid != NULL)
        kill(-(pid_t)g_ascii_strtoll(pid, NULL, 10), SIGKILL);
    g_subprocess_force_exit(run->process);
    return G_SOURCE_REMOVE;
}

static void
on_ended(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Run *run = user_data;
    const char *path = run->paths->pdata[run->next];
    gboolean is_late = run->timer == 0;
    g_autoptr(GError) error = NULL;

    g_clear_handle_id(&run->timer, g_source_remove);
    if (is_late)
        log_warning(run->profile, "hook", "%s took longer than %d s and was killed", path,
                    HOOKS_SECONDS);
    else if (!g_subprocess_wait_check_finish(run->process, result, &error))
        log_warning(run->profile, "hook", "%s: %s", path, error->message);
    g_clear_object(&run->process);
    run->next++;
    run_next(run);
}

static void
lead_session(gpointer user_data)
{
    (void)setsid();
}

static void
run_next(Run *run)
{
    g_autoptr(GSubprocessLauncher) launcher = NULL;
    g_autoptr(GError) error = NULL;
    const char *path;

    if (run->next >= run->paths->len) {
        run_free(run);
        return;
    }
    path = run->paths->pdata[run->next];
    launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_subprocess_launcher_set_environ(launcher, run->environment);
    g_subprocess_launcher_set_cwd(launcher, "/");
    g_subprocess_launcher_set_child_setup(launcher, lead_session, NULL, NULL);
    run->process =
        g_subprocess_launcher_spawn(launcher, &error, path, events[run->event].argument, NULL);
    if (run->process == NULL) {
        log_warning(run->profile, "hook", "%s: %s", path, error->message);
        run->next++;
        run_next(run);
        return;
    }
    log_info(run->profile, "hook", "Running %s", path);
    run->timer = g_timeout_add_seconds(HOOKS_SECONDS, on_timeout, run);
    g_subprocess_wait_check_async(run->process, NULL, on_ended, run);
}

void
hooks_run(const char *directory, HookEvent event, const char *profile,
          const char *const *environment)
{
    g_autoptr(GPtrArray) refused = g_ptr_array_new_with_free_func(g_free);
    Run *run = g_new0(Run, 1);

    run->paths = hooks_list(directory, event, refused);
    run->event = event;
    run->profile = g_strdup(profile);
    run->environment = g_strdupv((char **)environment);
    for (guint i = 0; i < refused->len; i++)
        log_warning(profile, "hook", "Not run: %s", (const char *)refused->pdata[i]);
    run_next(run);
}
