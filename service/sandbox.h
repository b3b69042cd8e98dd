/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sandbox in code of coati-engine and coati-keys: it stands alone, whatever a service manager
 * puts on top.
 *
 * In this order: every descriptor above the known ones is closed; no new privileges; no core dump;
 * few descriptors; no capability in any set; not dumpable (no ptrace by the same user); Landlock
 * that denies all files, TCP and signals (kernels without it go on); a seccomp list of system calls
 * that kills the process on any other. Started as root it keeps the uid, but without a capability,
 * without opening files and without execve there is nothing left to use it for.
 *
 * A sanitizer needs more calls than a list should have: such builds link sandbox-sanitized.c
 * instead of sandbox-strict.c, which leaves out the last three.
 */
#pragma once

#include "base/fd.h"

#include <gio/gio.h>

typedef enum { SANDBOX_ENGINE, SANDBOX_KEYS } SandboxRole;

/* Loads what glib, libc and libcrypto would open or look up later: to be called before
 * sandbox_enter(). */
void sandbox_warm_up(void);

/* Closes what was inherited, from first_unknown on: the first thing that main() does. */
void sandbox_close_descriptors(Fd first_unknown);

/* There is no way back. ret_status: one line that names what is active. Fails when a part that
 * every kernel has does not work. */
gboolean sandbox_enter(SandboxRole role, char **ret_status, GError **error);

/* One row allows a call, or a call with one argument whose bits under mask equal value. A call may
 * have several rows. */
typedef struct {
    const char *name;
    gboolean has_check;
    guint argument;
    guint64 mask;
    guint64 value;
} SandboxCall;

/* The rows of a role, up to one without a name. */
const SandboxCall *sandbox_calls(SandboxRole role);
/* What a look at the clock becomes where the kernel's vDSO cannot read it: with a clock source such
 * as hpet or acpi_pm, and in user mode linux. It cannot be told before, and it does no harm. */
const SandboxCall *sandbox_clock_calls(void);

/* The part that differs: sandbox-strict.c or sandbox-sanitized.c. Appends to status. */
gboolean sandbox_close_last(SandboxRole role, GString *status, GError **error);
