/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writer: the twin of Reader. Appends big-endian integers and octets to a buffer of its own that
 * grows up to a limit; past the limit it fails once and stays failed, and writes go nowhere.
 *
 * Length fields fill themselves in: writer_open_u16() leaves room for one, writer_close_u16()
 * stores the number of octets written since (plus what the caller adds for headers that count).
 *
 * The buffer is wiped when the Writer is cleared, because messages may hold passwords.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint8 *data;
    gsize length;
    gsize size;
    gsize limit;
    gboolean is_failed;
} Writer;

/* limit: the most octets it may ever hold. */
Writer writer_init(gsize limit);
void writer_clear(Writer *writer);

void writer_u8(Writer *writer, guint8 value);
void writer_u16(Writer *writer, guint16 value);
void writer_u32(Writer *writer, guint32 value);
void writer_u64(Writer *writer, guint64 value);
void writer_put(Writer *writer, const void *data, gsize length);
void writer_put_bytes(Writer *writer, GBytes *bytes);
void writer_zero(Writer *writer, gsize length);

/* Overwrites what was written before; the range must exist. */
void writer_patch_u8(Writer *writer, gsize position, guint8 value);
void writer_patch_u16(Writer *writer, gsize position, guint16 value);
void writer_patch_u32(Writer *writer, gsize position, guint32 value);

/* Leaves room for a 16-bit length and returns its position. */
gsize writer_open_u16(Writer *writer);
/* Stores the octets written after the field at position, plus extra. Fails above 65535. */
void writer_close_u16(Writer *writer, gsize position, gsize extra);

gboolean writer_ok(const Writer *writer);

/* Hands the octets over and leaves the Writer empty; NULL when it had failed. */
GBytes *writer_take_bytes(Writer *writer);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writer, writer_clear)
