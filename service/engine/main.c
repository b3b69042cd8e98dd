/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coati-engine: the process that talks to strangers, of one tunnel (host.h) or, with --gateway, of
 * all guests (guest-host.h). Descriptor 3 is the boundary to coatid, 4 the link to coati-keys; the
 * sockets and the TUN come over the boundary. It opens nothing and has no right (sandbox.h).
 */
#include "config.h"

#include "engine/guest-host.h"
#include "engine/host.h"
#include "sandbox.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { FD_BOUNDARY = 3, FD_KEYS = 4, FD_FIRST_UNKNOWN = 5 };

static volatile gint stop;

static void
request_stop(int signal_number)
{
    stop = 1;
}

/* SIGTERM and SIGINT are taken in ppoll() alone. */
static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = request_stop};
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void
say(const char *text)
{
    g_autofree char *line = g_strdup_printf("coati-engine: %s\n", text);

    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return;
}

int
main(int argc, char **argv)
{
    gboolean is_status = argc == 2 && strcmp(argv[1], "--sandbox-status") == 0;
    gboolean is_gateway = argc == 2 && strcmp(argv[1], "--gateway") == 0;
    g_autoptr(Host) host = NULL;
    g_autoptr(GuestHost) guest_host = NULL;
    g_autofree char *status = NULL;
    g_autoptr(GError) error = NULL;

    if (argc > 1 && !is_status && !is_gateway) {
        say("is started by coatid; the options are --gateway and --sandbox-status");
        return 2;
    }
    sandbox_close_descriptors(FD_FIRST_UNKNOWN);
    catch_signals();
    sandbox_warm_up();
    if (is_gateway)
        guest_host = guest_host_new(FD_BOUNDARY, FD_KEYS, &error);
    else
        host = host_new(FD_BOUNDARY, FD_KEYS, &error);
    if ((host == NULL && guest_host == NULL) || !sandbox_enter(SANDBOX_ENGINE, &status, &error)) {
        say(error->message);
        return 1;
    }
    if (is_status) {
        say(status);
        return 0;
    }
    if (is_gateway)
        guest_host_run(guest_host, status, &stop);
    else
        host_run(host, status, &stop);
    return 0;
}
