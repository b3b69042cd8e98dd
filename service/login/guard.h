/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What coati-login gives up before it reads a word: inherited descriptors, new privileges,
 * capabilities, core dumps, ptrace by the same user, and the system calls of guard-strict.c.
 *
 * PAM modules run under it and start programs, so the list names what nobody who checks a password
 * needs, instead of what is needed. New privileges: setuid and setgid helpers (unix_chkpwd) do not
 * work; the group shadow stands in for them.
 */
#pragma once

#include <gio/gio.h>

/* ret_status: one line that names what is active. */
gboolean guard_enter(char **ret_status, GError **error);

/* guard-strict.c, or guard-sanitized.c, which leaves out what sanitizers need. */
gboolean guard_close_last(GString *status, GError **error);
