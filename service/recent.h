/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last lines about tunnels, for whoever owns them: what "coatictl log" and "coatictl report"
 * show where there is no journal, or where the caller may not read it. In memory, bounded.
 */
#pragma once

#include <gio/gio.h>

enum { RECENT_LINES = 2000, RECENT_LINES_OF_USER = 500 };

typedef struct Recent Recent;

Recent *recent_new(void);
void recent_free(Recent *recent);
/* text must have been cleaned and holds no secret. */
void recent_add(Recent *recent, guint32 owner_uid, const char *profile, const char *text);
/* Lines after the number, of uid's tunnels (of all for root), oldest first: a(txss) of number,
 * Unix microseconds, profile, text. Floating. */
GVariant *recent_list(const Recent *recent, guint32 uid, guint64 after);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recent, recent_free)
