/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login/guard.h"

#include <seccomp.h>
#include <sys/prctl.h>

/* Kernel, mounts, namespaces, other processes, clocks, and the interfaces that kernels fall by. */
static const char *const refused[] = {
    "acct",
    "add_key",
    "adjtimex",
    "bpf",
    "chroot",
    "clock_adjtime",
    "clock_settime",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "mount",
    "mount_setattr",
    "move_mount",
    "name_to_handle_at",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "personality",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "reboot",
    "request_key",
    "setdomainname",
    "sethostname",
    "setns",
    "settimeofday",
    "swapoff",
    "swapon",
    "sysfs",
    "syslog",
    "umount2",
    "unshare",
    "userfaultfd",
    "vhangup",
};

/* Calls that this machine does not have are passed over. */
static gint
load_list(guint *ret_count)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    gint failed = filter != NULL ? 0 : -1;

    for (gsize i = 0; i < G_N_ELEMENTS(refused) && failed == 0; i++) {
        gint number = seccomp_syscall_resolve_name(refused[i]);

        if (number == __NR_SCMP_ERROR)
            continue;
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), number, 0);
        (*ret_count)++;
    }
    if (failed == 0)
        failed = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    return failed;
}

gboolean
guard_close_last(GString *status, GError **error)
{
    guint count = 0;
    gint failed;

    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    failed = load_list(&count);
    if (failed != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "Cannot enter the sandbox: the list of system calls (seccomp): %s",
                    g_strerror(-failed));
        return FALSE;
    }
    g_string_append_printf(status, ", not dumpable, seccomp refuses %u calls", count);
    return TRUE;
}
