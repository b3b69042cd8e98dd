/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs of the administrator that run when a tunnel of a profile of the computer goes up, down
 * or is lost: DIRECTORY/NAME.up, NAME.down, NAME.reconnect.
 *
 * They run with coatid's rights (user coati, CAP_NET_ADMIN), asynchronously, one after the other,
 * at most HOOKS_SECONDS each. What is not root's alone is not run: the directory and each file must
 * be owned by root, be written by nobody else, and be no symbolic link.
 */
#pragma once

#include <gio/gio.h>

enum { HOOKS_SECONDS = 30, HOOKS_MAX = 32 };

typedef enum { HOOK_UP, HOOK_DOWN, HOOK_RECONNECT } HookEvent;

/* Paths to run, by name; empty when there is no directory. refused: char * for the log, each with
 * the reason; may be NULL. */
GPtrArray *hooks_list(const char *directory, HookEvent event, GPtrArray *refused);
/* environment: all that they get, "NAME=value", ended by NULL; copied. profile: for the log. */
void hooks_run(const char *directory, HookEvent event, const char *profile,
               const char *const *environment);
/* "up", "down", "reconnect". */
const char *hooks_event_name(HookEvent event);
