/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox.h"

#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's numbers: headers of the build machine may be older than the kernel. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

enum { LANDLOCK_ASK_VERSION = 1 };

typedef struct {
    guint64 files;
    guint64 network;
    guint64 scope;
} LandlockRules;

/* What each version of Landlock can deny; the last row holds for all later ones. */
static const LandlockRules denials[] = {
    {0x1fff, 0, 0},   /* 1: files */
    {0x3fff, 0, 0},   /* 2: and linking across folders */
    {0x7fff, 0, 0},   /* 3: and truncating */
    {0x7fff, 0x3, 0}, /* 4: and TCP bind and connect */
    {0xffff, 0x3, 0}, /* 5: and ioctl on devices opened later */
    {0xffff, 0x3, 3}, /* 6: and abstract sockets and signals outside */
};

/* Octets of LandlockRules that a version knows. */
static gsize
rules_size(glong version)
{
    if (version < 4)
        return 8;
    return version < 6 ? 16 : 24;
}

/* Best effort: the version in use, 0 for none. */
static glong
deny_files(void)
{
    glong version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
    LandlockRules rules;
    glong ruleset;
    glong failed;

    if (version < 1)
        return 0;
    rules = denials[MIN((gsize)version, G_N_ELEMENTS(denials)) - 1];
    ruleset = syscall(SYS_landlock_create_ruleset, &rules, rules_size(version), 0);
    if (ruleset < 0)
        return 0;
    failed = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close((Fd)ruleset);
    return failed == 0 ? version : 0;
}

/* Calls that this machine does not have are passed over. */
static gint
allow(scmp_filter_ctx filter, const SandboxCall *call)
{
    gint number = seccomp_syscall_resolve_name(call->name);
    struct scmp_arg_cmp check = {
        .arg = call->argument,
        .op = SCMP_CMP_MASKED_EQ,
        .datum_a = call->mask,
        .datum_b = call->value,
    };

    if (number == __NR_SCMP_ERROR)
        return 0;
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, call->has_check ? 1 : 0, &check);
}

/* ret_count grows by the calls that the rows name. */
static gint
allow_list(scmp_filter_ctx filter, const SandboxCall *calls, guint *ret_count)
{
    const char *last = "";
    gint failed = 0;

    for (; failed == 0 && calls->name != NULL; calls++) {
        failed = allow(filter, calls);
        *ret_count += strcmp(calls->name, last) != 0 ? 1 : 0;
        last = calls->name;
    }
    return failed;
}

static gint
load_lists(SandboxRole role, guint *ret_count)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    gint failed = filter != NULL ? 0 : -1;

    *ret_count = 0;
    if (failed == 0)
        failed = allow_list(filter, sandbox_calls(role), ret_count);
    if (failed == 0)
        failed = allow_list(filter, sandbox_clock_calls(), ret_count);
    if (failed == 0)
        failed = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    return failed;
}

gboolean
sandbox_close_last(SandboxRole role, GString *status, GError **error)
{
    glong landlock;
    guint count;
    gint failed;

    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    g_string_append(status, ", not dumpable");
    landlock = deny_files();
    if (landlock > 0)
        g_string_append_printf(status, ", landlock %ld", landlock);
    else
        g_string_append(status, ", no landlock in this kernel");
    failed = load_lists(role, &count);
    if (failed != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "Cannot enter the sandbox: the list of system calls (seccomp): %s",
                    g_strerror(-failed));
        return FALSE;
    }
    g_string_append_printf(status, ", seccomp %u calls", count);
    return TRUE;
}
