/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* clang-format off */
#define ANY(name) {name, FALSE, 0, 0, 0}
#define WHERE(name, argument, mask, value) {name, TRUE, argument, mask, value}
#define IS(name, argument, value) WHERE(name, argument, 0xffffffff, value)
/* clang-format on */

/* No open, no socket, no connect, no bind, no execve, no clone, no kill, no ptrace. */
static const SandboxCall engine_calls[] = {
    /* The tunnel and the network */
    ANY("read"),
    ANY("write"),
    ANY("writev"),
    ANY("recvmsg"),
    ANY("sendmsg"),
    ANY("recvmmsg"),
    ANY("sendmmsg"),
    ANY("getsockopt"),
    ANY("getpeername"),
    ANY("setsockopt"),
    IS("ioctl", 1, TUNGETIFF),
    IS("ioctl", 1, TUNGETVNETHDRSZ),
    IS("ioctl", 1, TUNSETOFFLOAD),
    IS("fcntl", 1, F_GETFL),
    IS("fcntl", 1, F_SETFL),
    ANY("close"),
    /* The loop */
    ANY("ppoll"),
    ANY("timerfd_settime"),
    ANY("clock_gettime"),
    ANY("rt_sigreturn"),
    ANY("restart_syscall"),
    ANY("exit_group"),
    /* Memory */
    ANY("brk"),
    WHERE("mmap", 2, PROT_EXEC, 0),
    ANY("munmap"),
    ANY("mremap"),
    ANY("madvise"),
    ANY("mlock"),
    ANY("futex"),
    /* Random octets; libcrypto's generator asks whether the process forked. */
    ANY("getrandom"),
    ANY("getpid"),
    {0},
};

static const SandboxCall keys_calls[] = {
    ANY("recvmsg"),
    ANY("sendmsg"),
    ANY("ppoll"),
    ANY("close"),
    ANY("write"),
    ANY("exit_group"),
    /* Memory */
    ANY("brk"),
    WHERE("mmap", 2, PROT_EXEC, 0),
    ANY("munmap"),
    ANY("mlock"),
    ANY("futex"),
    /* Blinding */
    ANY("getrandom"),
    ANY("getpid"),
    ANY("clock_gettime"),
    {0},
};

static const SandboxCall clock_calls[] = {
    ANY("gettimeofday"),
    ANY("time"),
    {0},
};

const SandboxCall *
sandbox_calls(SandboxRole role)
{
    switch (role) {
    case SANDBOX_ENGINE:
        return engine_calls;
    case SANDBOX_KEYS:
        return keys_calls;
    }
    return NULL;
}

const SandboxCall *
sandbox_clock_calls(void)
{
    return clock_calls;
}
