/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How to undo what was done to this machine, on disk, for each tunnel: one text file
 * <directory>/<id>, one line for each undo, appended before the deed.
 *
 * An undo must be idempotent and must not fail when there is nothing to undo, because a crash may
 * come before the deed or in the middle of a walk. A last line without its end was never
 * acknowledged, so its deed was not done: it is ignored. Lines that the reader does not know are
 * its failures, and stay.
 */
#pragma once

#include <gio/gio.h>

enum { JOURNAL_MAX_LINE = 512, JOURNAL_MAX_LINES = 256 };

typedef struct Journal Journal;

/* Makes the directory (0700). id: 1 to 64 of A-Z a-z 0-9 _ -; what is in the file is kept. */
Journal *journal_open(const char *directory, const char *id, GError **error);
void journal_close(Journal *journal);

/* undo: one line of printable ASCII, without its end. A line that is there already is not written
 * again. is_durable: survives a loss of power, too (waits for the disk; for deeds that do). */
gboolean journal_append(Journal *journal, const char *undo, gboolean is_durable, GError **error);

/* The last line that starts with prefix, without the prefix; NULL when there is none. */
const char *journal_find(const Journal *journal, const char *prefix);
gboolean journal_is_empty(const Journal *journal);

/* FALSE with error: it could not be undone and stays in the journal. */
typedef gboolean (*JournalUndo)(const char *undo, gpointer user_data, GError **error);
/* From the last line to the first, past failures; the first failure is told. The file goes when
 * all is undone. */
gboolean journal_walk(Journal *journal, JournalUndo undo, gpointer user_data, GError **error);

/* Ids in the directory, in no order; empty when there is no directory. */
char **journal_list(const char *directory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_close)
