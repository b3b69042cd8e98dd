/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One login, looked at in a process of its own (workers.h): accounts of this machine, a file of
 * users, PAM. Everything here may block.
 *
 * An account that is not there, locked, without password or user id 0 costs the same hash as a
 * wrong password and gets the same answer; that an account has expired is told to whoever knows its
 * password.
 */
#pragma once

#include "login/loginlink.h"

typedef struct {
    LoginSource source; /* not RADIUS */
    char *users_file;
    GPtrArray *groups; /* char; empty = everyone */
    char *pam_service;
    char *user;
    Secret *password; /* NULL allowed */
    Secret *passcode; /* NULL allowed */
    char *peer;       /* address for PAM_RHOST; may be NULL */
} LoginCheck;

LoginCheck *login_check_new(void);
void login_check_free(LoginCheck *check);

/* How a worker talks: ask() puts one more question and returns its answer, NULL when none comes. */
typedef struct {
    Secret *(*ask)(LoginField field, const char *message, gpointer user_data);
    gpointer user_data;
} LoginTalk;

/* ret_message: for the user; may be NULL. */
LoginVerdict login_check_run(const LoginCheck *check, const LoginTalk *talk, char **ret_message);

/* check-pam.c */
LoginVerdict login_check_pam(const LoginCheck *check, const LoginTalk *talk, char **ret_message);
/* check.c: FALSE for user id 0, and without any of the groups that there must be one of. A user
 * whom this machine does not know passes when no group is asked for. */
gboolean login_check_is_allowed(const LoginCheck *check, const char *user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoginCheck, login_check_free)
