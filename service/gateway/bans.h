/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who has to wait: a user at an address after too many wrong passwords, and whom an administrator
 * named. It is the pair that waits, so that one guesser takes nobody with him who is behind the
 * same NAT, nor the user whose password he guesses at.
 *
 * now is microseconds of any clock that does not go back.
 */
#pragma once

#include "base/net.h"

#include <glib.h>

typedef struct Bans Bans;

Bans *bans_new(void);
void bans_free(Bans *bans);

/* One more wrong password; TRUE when that was one too many. */
gboolean bans_failed(Bans *bans, gint64 now, const char *user, const NetAddress *address,
                     guint max_failures, guint ban_seconds);
void bans_succeeded(Bans *bans, const char *user, const NetAddress *address);
gboolean bans_have(Bans *bans, gint64 now, const char *user, const NetAddress *address);

/* name: a user or an address; seconds 0 = for good. */
void bans_add(Bans *bans, gint64 now, const char *name, guint seconds);
/* Also what failures led to. FALSE when there was none. */
gboolean bans_remove(Bans *bans, const char *name);

/* "USER", "ADDRESS" or "USER ADDRESS"; left_seconds is -1 for good. */
typedef void (*BansLook)(const char *name, gint64 left_seconds, gpointer user_data);
void bans_look(Bans *bans, gint64 now, BansLook look, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bans, bans_free)
