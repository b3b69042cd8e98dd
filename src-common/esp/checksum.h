/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside esp/: the Internet checksum (RFC 1071) and its incremental form (RFC 1624).
 */
#pragma once

#include <glib.h>

guint16 checksum_load(const guint8 *at);
void checksum_store(guint8 *at, guint16 value);

/* Adds octets to a sum; an odd length is padded with zero, so only the last part may be odd. */
guint64 checksum_add(guint64 sum, const guint8 *data, gsize length);
/* The field's value for a sum. */
guint16 checksum_fold(guint64 sum);
/* The field after one aligned 16-bit word changed. */
guint16 checksum_change(guint16 checksum, guint16 before, guint16 after);
/* Fills in an IPv4 header's checksum. */
void checksum_header(guint8 *header, gsize length);
