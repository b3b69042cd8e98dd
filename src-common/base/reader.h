/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reader: the one cursor over foreign bytes.
 *
 * Bounds are checked here and nowhere else. A Reader that was asked for more than it has fails
 * once, stays failed, stands at its end and reads zero from then on, so loops stop and a single
 * reader_ok() after a run of reads is enough. All integers are big-endian.
 *
 * A Reader borrows its bytes: it is a view and dies with the datagram. Copy it freely.
 */
#pragma once

#include <glib.h>

typedef struct {
    const guint8 *at;
    const guint8 *end;
    gboolean is_failed;
} Reader;

Reader reader_of(const void *data, gsize length);
Reader reader_of_bytes(GBytes *bytes);

guint8 reader_u8(Reader *reader);
guint16 reader_u16(Reader *reader);
guint32 reader_u32(Reader *reader);
guint64 reader_u64(Reader *reader);

/* The next length octets as a view of their own; a failed Reader when there are fewer. */
Reader reader_sub(Reader *reader, gsize length);

/* Copies length octets; fills ret_data with zeros when there are fewer. */
void reader_copy(Reader *reader, void *ret_data, gsize length);

/* Octets left; 0 once failed. */
gsize reader_left(const Reader *reader);
gboolean reader_ok(const Reader *reader);
gboolean reader_equal(const Reader *reader, const void *data, gsize length);

/* What is left as a new reference, never NULL. */
GBytes *reader_dup_bytes(const Reader *reader);
