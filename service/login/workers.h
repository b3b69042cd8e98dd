/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers: processes that look at one login each (check.h), so that a module that hangs or falls
 * takes that login with it and nothing else.
 *
 * At most WORKERS_MAX_RUNNING work at a time, the others wait in order. A worker that owes its
 * answer for longer than the limit is killed with all that it started, and the login is
 * unreachable. One that has asked the user something waits for WORKERS_ANSWER_SECONDS and does not
 * count as running.
 *
 * Where no code of others takes part, with a file of users, a worker goes on to the next login when
 * it is done: a process for each would cost more than all the rest of a connect.
 */
#pragma once

#include "login/check.h"

enum {
    WORKERS_MAX_RUNNING = 8,
    WORKERS_MAX_ASKING = 256,
    WORKERS_MAX_QUEUED = 4096,
    WORKERS_MAX_LOGINS = 1000, /* of one worker */
    WORKERS_LIMIT_SECONDS = 30,
    WORKERS_ANSWER_SECONDS = 120,
};

typedef struct Workers Workers;

/* field counts with AGAIN; message may be NULL. */
typedef void (*WorkersAnswer)(guint64 ticket, LoginVerdict verdict, LoginField field,
                              const char *message, gpointer user_data);

Workers *workers_new(WorkersAnswer answer, gpointer user_data);
/* Kills all. */
void workers_free(Workers *workers);
/* 0 = WORKERS_LIMIT_SECONDS. */
void workers_set_limit(Workers *workers, guint limit_seconds);

/* A conversation starts; an older one of the session is dropped. The answer comes later, never
 * out of this call. */
void workers_ask(Workers *workers, const char *session, guint64 ticket, LoginCheck *take_check);
/* The next round. FALSE when nobody of that session waits for one. */
gboolean workers_continue(Workers *workers, const char *session, guint64 ticket,
                          const Secret *answer);
void workers_forget(Workers *workers, const char *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workers, workers_free)
