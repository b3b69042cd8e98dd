/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of a user who is not the caller: whom polkit is asked about when root acts for that user.
 * It is a bus name, because polkit takes processes and bus names alone where rules decide, and the
 * name's process tells polkit the session too.
 */
#pragma once

#include <gio/gio.h>

/* name: the newest unique name of that user on the bus, most likely the program that asked whoever is
 * root here; NULL when the user has none. */
typedef void (*UserNameFound)(const char *name, gpointer user_data);

/* Answers once and later; never when cancellable was cancelled meanwhile. */
void user_name_find(GDBusConnection *connection, guint32 uid, GCancellable *cancellable,
                    UserNameFound found, gpointer user_data);
