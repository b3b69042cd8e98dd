/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each forbidden call is made in a child that entered the sandbox: it must die of SIGSYS. What the
 * processes need must live. The list itself is counted.
 */
#include "sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef void (*Deed)(void);

static void
do_open(void)
{
    (void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void
do_socket(void)
{
    (void)socket(AF_INET, SOCK_DGRAM, 0);
}

static void
do_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    connect(0, (struct sockaddr *)&address, sizeof address);
}

static void
do_execve(void)
{
    char *const arguments[] = {NULL};

    execve("/bin/true", arguments, arguments);
}

static void
do_fork(void)
{
    if (fork() == 0)
        _exit(0);
}

static void
do_kill(void)
{
    kill(getppid(), 0);
}

static void
do_ptrace(void)
{
    syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void
do_executable_memory(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
do_tun_settings(void)
{
    /* TUNSETIFF: the TUN may be read and written, not made. */
    syscall(SYS_ioctl, 0, 0x400454ca, NULL);
}

static void
do_prctl(void)
{
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void
do_nothing(void)
{
}

static void
do_crypto(void)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    EVP_PKEY *curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    g_assert_nonnull(checksum);
    g_assert_nonnull(key);
    g_assert_nonnull(curve);
    EVP_PKEY_free(key);
    EVP_PKEY_free(curve);
}

static void
do_work_with_memory(void)
{
    gpointer blocks[64];
    struct tm parts;
    time_t now = time(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++)
        blocks[i] = g_malloc0(i * 16 * 1024);
    for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++)
        g_free(blocks[i]);
    gmtime_r(&now, &parts);
    g_message("a line of a log is one write");
}

typedef struct {
    const char *name;
    Deed deed;
    gboolean is_deadly;
} DeedRow;

static const DeedRow deeds[] = {
    {"open", do_open, TRUE},
    {"socket", do_socket, TRUE},
    {"connect", do_connect, TRUE},
    {"execve", do_execve, TRUE},
    {"fork", do_fork, TRUE},
    {"kill", do_kill, TRUE},
    {"ptrace", do_ptrace, TRUE},
    {"executable memory", do_executable_memory, TRUE},
    {"ioctl TUNSETIFF", do_tun_settings, TRUE},
    {"prctl", do_prctl, TRUE},
    {"nothing", do_nothing, FALSE},
    {"key agreement", do_crypto, FALSE},
    {"memory and time", do_work_with_memory, FALSE},
};

static int
run_inside(SandboxRole role, Deed deed)
{
    pid_t child = fork();
    int status;

    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        g_autofree char *text = NULL;

        sandbox_warm_up();
        if (!sandbox_enter(role, &text, NULL))
            _exit(100);
        deed();
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return status;
}

static void
check_deeds(SandboxRole role)
{
    for (gsize i = 0; i < G_N_ELEMENTS(deeds); i++) {
        int status = run_inside(role, deeds[i].deed);

        g_test_message("%s", deeds[i].name);
        if (deeds[i].is_deadly) {
            g_assert_true(WIFSIGNALED(status));
            g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
        } else {
            g_assert_true(WIFEXITED(status));
            g_assert_cmpint(WEXITSTATUS(status), ==, 0);
        }
    }
}

static void
test_engine_dies_of_every_forbidden_call(void)
{
    check_deeds(SANDBOX_ENGINE);
}

static void
test_keys_dies_of_every_forbidden_call(void)
{
    check_deeds(SANDBOX_KEYS);
}

static guint
count_calls(SandboxRole role)
{
    const char *last = "";
    guint count = 0;

    for (const SandboxCall *call = sandbox_calls(role); call->name != NULL; call++) {
        count += strcmp(call->name, last) != 0 ? 1 : 0;
        last = call->name;
    }
    return count;
}

static void
test_lists_stay_short(void)
{
    g_assert_cmpuint(count_calls(SANDBOX_ENGINE), <=, 32);
    g_assert_cmpuint(count_calls(SANDBOX_KEYS), <=, 14);
}

static gboolean
is_line_in_proc_status(pid_t process, const char *line)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)process);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    if (strstr(text, line) != NULL)
        return TRUE;
    g_test_message("%s lacks %s", text, line);
    return FALSE;
}

/* From outside, as the kernel says it. */
static void
test_the_kernel_confirms_what_the_status_line_says(void)
{
    int ready[2];
    char octet;
    pid_t child;

    g_assert_cmpint(pipe(ready), ==, 0);
    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        g_autofree char *text = NULL;

        sandbox_warm_up();
        if (!sandbox_enter(SANDBOX_ENGINE, &text, NULL) || write(ready[1], "x", 1) != 1)
            _exit(100);
        while (read(ready[0], &octet, 0) == 0)
            continue;
        _exit(0);
    }
    g_assert_cmpint(read(ready[0], &octet, 1), ==, 1);
    g_assert_true(is_line_in_proc_status(child, "NoNewPrivs:\t1"));
    g_assert_true(is_line_in_proc_status(child, "Seccomp:\t2"));
    g_assert_true(is_line_in_proc_status(child, "CapPrm:\t0000000000000000"));
    g_assert_true(is_line_in_proc_status(child, "CapEff:\t0000000000000000"));
    g_assert_true(is_line_in_proc_status(child, "CapAmb:\t0000000000000000"));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sandbox/engine-dies-of-every-forbidden-call",
                    test_engine_dies_of_every_forbidden_call);
    g_test_add_func("/sandbox/keys-dies-of-every-forbidden-call",
                    test_keys_dies_of_every_forbidden_call);
    g_test_add_func("/sandbox/lists-stay-short", test_lists_stay_short);
    g_test_add_func("/sandbox/the-kernel-confirms-what-the-status-line-says",
                    test_the_kernel_confirms_what_the_status_line_says);
    return g_test_run();
}
