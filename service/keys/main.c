/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * coati-keys: holds the private keys and group passwords of one tunnel (keylink.h).
 *
 * Descriptor 3 is coatid's control socket, 4 the engine's requests. It ends when either is closed,
 * and on the first malformed message: whoever sends one is no longer our engine.
 */
#include "config.h"

#include "keys/vault.h"
#include "sandbox.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FD_CONTROL = 3, FD_REQUESTS = 4, FD_FIRST_UNKNOWN = 5 };
enum { SECURE_HEAP = 256 * 1024, SECURE_HEAP_UNIT = 64 };
/* Everything mapped, libraries too, counts when all memory is locked for good. */
enum { ENOUGH_TO_LOCK_ALL = 64 * 1024 * 1024 };

static void
say(const char *text)
{
    g_autofree char *line = g_strdup_printf("coati-keys: %s\n", text);

    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return;
}

/* Best effort; each Secret locks its own memory too. Locking what comes later needs a limit that
 * the process never reaches, because every allocation fails beyond it. */
static const char *
lock_memory(void)
{
    struct rlimit limits = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    if (setrlimit(RLIMIT_MEMLOCK, &limits) != 0 && getrlimit(RLIMIT_MEMLOCK, &limits) == 0) {
        limits.rlim_cur = limits.rlim_max;
        setrlimit(RLIMIT_MEMLOCK, &limits);
    }
    CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_HEAP_UNIT);
    if (limits.rlim_cur >= ENOUGH_TO_LOCK_ALL && mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
        return ", all memory locked";
    return ", secrets' memory locked";
}

/* FALSE when the other end is gone or broke the rules. */
static gboolean
serve(Vault *vault, Fd socket, KeylinkDirection direction)
{
    g_auto(KeylinkMessage) question = {0};
    g_auto(KeylinkMessage) answer = {0};
    g_autoptr(GError) error = NULL;

    if (!keylink_receive(socket, direction, &question, &error)) {
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return TRUE;
        if (error != NULL)
            say(error->message);
        return FALSE;
    }
    if (!vault_ask(vault, &question, &answer))
        return TRUE;
    if (keylink_send(socket, &answer, &error))
        return TRUE;
    say(error->message);
    /* Nobody reads the answers: they are lost, not the keys. */
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static void
run(void)
{
    g_autoptr(Vault) vault = vault_new();
    struct pollfd fds[] = {{.fd = FD_CONTROL, .events = POLLIN},
                           {.fd = FD_REQUESTS, .events = POLLIN}};

    for (;;) {
        if (ppoll(fds, G_N_ELEMENTS(fds), NULL, NULL) < 0)
            continue;
        /* Control first: what coatid loaded before it started the engine is there. */
        if (fds[0].revents != 0 && !serve(vault, FD_CONTROL, KEYLINK_FROM_SERVICE))
            return;
        if (fds[0].revents == 0 && fds[1].revents != 0 &&
            !serve(vault, FD_REQUESTS, KEYLINK_FROM_ENGINE))
            return;
    }
}

int
main(int argc, char **argv)
{
    gboolean is_status = argc == 2 && strcmp(argv[1], "--sandbox-status") == 0;
    g_autofree char *status = NULL;
    g_autofree char *line = NULL;
    g_autoptr(GError) error = NULL;
    const char *locked;

    if (argc > 1 && !is_status) {
        say("is started by coatid; the only option is --sandbox-status");
        return 2;
    }
    sandbox_close_descriptors(FD_FIRST_UNKNOWN);
    sandbox_warm_up();
    locked = lock_memory();
    if (!sandbox_enter(SANDBOX_KEYS, &status, &error)) {
        say(error->message);
        return 1;
    }
    if (is_status) {
        line = g_strconcat(status, locked, NULL);
        say(line);
        return 0;
    }
    run();
    return 0;
}
