/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Book: accounting on disk. What was told is written before it is sent, and crossed out when a
 * server has it; whoever opens the book after a crash finds what is left to send and which sessions
 * were open.
 *
 * One file, `accounting.book` in the state directory, of entries: length u32, kind u8, number u64,
 * body. An entry cut short by a crash ends the book. It is written anew when most of it is crossed
 * out.
 *
 * The rules of loginlink.h live here: one Start and one Stop a session, no Interim of a session
 * that is not open, and On closes what a crash left open.
 *
 * What is crossed out after the answer came and before a crash is sent again: a server knows it by
 * its Acct-Session-Id and status.
 */
#pragma once

#include "radius/settings.h"

#include <gio/gio.h>

typedef struct Book Book;

/* Told for each record that shall leave, in order; record is borrowed. */
typedef void (*BookSend)(guint64 number, const RadiusRecord *record, gpointer user_data);

/* Makes the file where there is none. Records that wait are told to send at once. */
Book *book_open(const char *directory, BookSend send, gpointer user_data, GError **error);
void book_close(Book *book);

/* now_unix_seconds: for the Stops that On and Off bring. A record with a serial that the book has
 * seen is passed over. FALSE when the disk does not take it; nothing is sent then. */
gboolean book_add(Book *book, const RadiusRecord *record, gint64 now_unix_seconds, GError **error);
void book_cross_out(Book *book, guint64 number);
/* The last serial that the book has seen; 0 = none. */
guint64 book_serial(const Book *book);
/* To the disk itself; write(2) is enough for a crash of the process alone. */
void book_sync(Book *book);
/* Records that were not crossed out; sessions that are open. */
guint book_waiting(const Book *book);
guint book_sessions(const Book *book);

/* One JSON line of a record, with its newline. */
char *book_json_line(const RadiusRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Book, book_close)
