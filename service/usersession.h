/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session that a user sits before, as logind knows it: what polkit is asked about when root acts
 * for a user who is not the caller.
 */
#pragma once

#include <gio/gio.h>

/* session: logind's number of the user's graphical session, or of the one session where there is no
 * screen; NULL when the user has none, and where there is no logind. */
typedef void (*UserSessionFound)(const char *session, gpointer user_data);

/* Answers once and later; never when cancellable was cancelled meanwhile. */
void user_session_find(GDBusConnection *connection, guint32 uid, GCancellable *cancellable,
                       UserSessionFound found, gpointer user_data);
