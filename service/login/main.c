/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coati-login: says whether the logins of a gateway's guests are good, and accounts for them
 * (loginlink.h).
 *
 * Descriptor 3 is coatid's socket; it ends when that is closed. It should have a user of its own in
 * the group shadow, so that whoever falls here has neither coatid's rights nor a key.
 */
#include "login/guard.h"
#include "login/host.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { FD_LINK = 3, FD_FIRST_UNKNOWN = 4 };

static void
say(const char *text)
{
    g_autofree char *line = g_strdup_printf("coati-login: %s\n", text);

    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return;
}

int
main(int argc, char **argv)
{
    gboolean is_status = argc == 2 && strcmp(argv[1], "--sandbox-status") == 0;
    g_autofree char *status = NULL;
    g_autoptr(GError) error = NULL;

    if (argc > 1 && !is_status) {
        say("is started by coatid; the only option is --sandbox-status");
        return 2;
    }
    /* Kernels before 5.9 lack the call: what starts it gives nothing else away. */
    (void)close_range(FD_FIRST_UNKNOWN, ~0U, 0);
    signal(SIGPIPE, SIG_IGN);
    if (!guard_enter(&status, &error)) {
        say(error->message);
        return 1;
    }
    if (is_status) {
        say(status);
        return 0;
    }
    if (fcntl(FD_LINK, F_SETFL, O_NONBLOCK) < 0 || fcntl(FD_LINK, F_SETFD, FD_CLOEXEC) < 0) {
        say("is started by coatid, with its socket as descriptor 3");
        return 2;
    }
    host_run(FD_LINK);
    return 0;
}
