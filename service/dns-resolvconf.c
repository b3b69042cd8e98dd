/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resolvconf(8), openresolv's or Debian's: records by interface on its standard input.
 *
 * The record's name starts with "tun.", which both sort before wired and wireless ones. With
 * openresolv the record also comes first by metric and alone (-x) where all names are the
 * tunnel's. systemd-resolved's own resolvconf is not this one.
 */
#include "dns.h"

#include "base/fd.h"
#include "network.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    GMainLoop *loop;
    GCancellable *cancellable;
    char *output;
    GError *error;
    gboolean is_late;
} Run;

static gboolean
on_late(gpointer user_data)
{
    Run *run = user_data;

    run->is_late = TRUE;
    g_cancellable_cancel(run->cancellable);
    return G_SOURCE_REMOVE;
}

static void
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    g_cancellable_cancel(user_data);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Run *run = user_data;

    g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &run->output, NULL,
                                         &run->error);
    g_main_loop_quit(run->loop);
}

/* One program and its output, with a time limit; in a main context of its own. */
static void
run_program(Run *run, GSubprocess *program, int timeout_milliseconds, GCancellable *cancellable)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GSource) timer = g_timeout_source_new((guint)timeout_milliseconds);
    gulong handler = 0;

    g_main_context_push_thread_default(context);
    run->loop = g_main_loop_new(context, FALSE);
    run->cancellable = g_cancellable_new();
    g_source_set_callback(timer, on_late, run, NULL);
    g_source_attach(timer, context);
    if (cancellable)
        handler = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled),
                                        g_object_ref(run->cancellable), g_object_unref);
    g_subprocess_communicate_utf8_async(program, NULL, run->cancellable, on_done, run);
    g_main_loop_run(run->loop);
    if (cancellable)
        g_cancellable_disconnect(cancellable, handler);
    g_source_destroy(timer);
    g_main_loop_unref(run->loop);
    g_object_unref(run->cancellable);
    g_main_context_pop_thread_default(context);
}

/* A file in memory, not a pipe: a program that does not read must not end this one (SIGPIPE). */
static Fd
input_of(const char *text, GError **error)
{
    g_auto(Fd) file = memfd_create("resolvconf", MFD_CLOEXEC);
    gsize length = strlen(text);

    if (file >= 0 && write(file, text, length) == (gssize)length && lseek(file, 0, SEEK_SET) == 0)
        return fd_steal(&file);
    g_set_error(error, NETWORK_ERROR, REASON_DNS_FAILED, "cannot hold the input of resolvconf: %s",
                g_strerror(errno));
    return -1;
}

/* ret_output: what it said on both channels; NULL where nobody cares. */
static gboolean
resolvconf(const DnsHost *host, const char *const *arguments, const char *input,
           int timeout_milliseconds, GCancellable *cancellable, char **ret_output, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_autoptr(GSubprocess) program = NULL;
    g_autofree char *output = NULL;
    Run run = {0};
    Fd data = input_of(input ? input : "", error);

    if (data < 0)
        return FALSE;
    g_subprocess_launcher_take_stdin_fd(launcher, data);
    g_subprocess_launcher_set_environ(launcher, NULL);
    g_subprocess_launcher_setenv(launcher, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin", TRUE);
    program = g_subprocess_launcher_spawnv(launcher, arguments, error);
    if (!program)
        return FALSE;
    run_program(&run, program, timeout_milliseconds, cancellable);
    output = run.output ? run.output : g_strdup("");
    if (run.error) {
        g_subprocess_force_exit(program);
        if (!run.is_late) {
            g_propagate_error(error, run.error);
            return FALSE;
        }
        g_clear_error(&run.error);
        g_set_error(error, NETWORK_ERROR, REASON_DNS_FAILED, "%s does not end",
                    host->resolvconf_program);
        return FALSE;
    }
    if (!g_subprocess_get_successful(program)) {
        g_set_error(error, NETWORK_ERROR, REASON_DNS_FAILED,
                    "%s failed, it may need rights that this service does not have: %s",
                    host->resolvconf_program, g_strstrip(output));
        return FALSE;
    }
    if (ret_output)
        *ret_output = g_steal_pointer(&output);
    return TRUE;
}

/* resolvectl under another name hands over to systemd-resolved, which is not in use here. */
static gboolean
is_available(const DnsHost *host)
{
    g_autofree char *target = g_file_read_link(host->resolvconf_program, NULL);
    g_autofree char *name = target ? g_path_get_basename(target) : NULL;

    return g_file_test(host->resolvconf_program, G_FILE_TEST_IS_EXECUTABLE) &&
           (!name || strcmp(name, "resolvectl") != 0);
}

static gboolean
is_openresolv(const DnsHost *host, int timeout_milliseconds, GCancellable *cancellable)
{
    const char *arguments[] = {host->resolvconf_program, "--version", NULL};
    g_autofree char *output = NULL;

    return resolvconf(host, arguments, NULL, timeout_milliseconds, cancellable, &output, NULL) &&
           strstr(output, "openresolv") != NULL;
}

static gboolean
set(const DnsHost *host, const DnsSettings *settings, GCancellable *cancellable, GError **error)
{
    int timeout = DNS_TIMEOUT_SECONDS * 1000;
    gboolean is_open = is_openresolv(host, timeout, cancellable);
    g_autofree char *record = g_strconcat("tun.", settings->link, NULL);
    g_autofree char *input = dns_render(settings);
    const char *plain[] = {host->resolvconf_program, "-a", record, NULL};
    const char *first[] = {host->resolvconf_program, "-m", "0", "-a", record, NULL};
    const char *alone[] = {host->resolvconf_program, "-m", "0", "-x", "-a", record, NULL};
    const char *const *arguments = settings->takes_all ? alone : first;

    return resolvconf(host, is_open ? arguments : plain, input, timeout, cancellable, NULL, error);
}

/* Debian's does not mind a record that is not there; openresolv wants to be told (-f). */
static gboolean
clear(const DnsHost *host, const char *id, const char *link, GError **error)
{
    int timeout = DNS_CLEAR_TIMEOUT_MILLISECONDS;
    g_autofree char *record = g_strconcat("tun.", link, NULL);
    const char *plain[] = {host->resolvconf_program, "-d", record, NULL};
    const char *forced[] = {host->resolvconf_program, "-f", "-d", record, NULL};

    if (!is_available(host))
        return TRUE;
    return resolvconf(host, is_openresolv(host, timeout, NULL) ? forced : plain, NULL, timeout,
                      NULL, NULL, error);
}

const DnsBackend dns_resolvconf = {"resolvconf", is_available, set, clear};
