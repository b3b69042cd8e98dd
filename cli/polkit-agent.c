/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "polkit-agent.h"

#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REGISTER_MS = 3000 };

/* The write end closes when the agent is registered, or when it could not start. */
static void
wait_until_registered(Fd notify)
{
    struct pollfd ready = {.fd = notify, .events = POLLIN};

    (void)poll(&ready, 1, REGISTER_MS);
}

void
polkit_agent_start(Cli *cli)
{
    enum { NOTIFY = 3 };
    g_autofree char *process = g_strdup_printf("%d", (gint)getpid());
    const char *arguments[] = {"pkttyagent", "--process", process, "--notify-fd", "3", NULL};
    const int target = NOTIFY;
    int ends[2];

    if (cli->polkit_agent != 0 || geteuid() == 0 || cli->options.no_prompt ||
        !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || pipe2(ends, O_CLOEXEC) != 0)
        return;
    g_spawn_async_with_pipes_and_fds(
        NULL, arguments, NULL,
        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL,
        -1, -1, -1, &ends[1], &target, 1, &cli->polkit_agent, NULL, NULL, NULL, NULL);
    close(ends[1]);
    if (cli->polkit_agent != 0)
        wait_until_registered(ends[0]);
    close(ends[0]);
}

void
polkit_agent_stop(Cli *cli)
{
    if (cli->polkit_agent == 0)
        return;
    kill(cli->polkit_agent, SIGTERM);
    waitpid(cli->polkit_agent, NULL, 0);
    g_spawn_close_pid(cli->polkit_agent);
    cli->polkit_agent = 0;
}
