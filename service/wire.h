/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wire: one walk over a message that either parses or writes it.
 *
 * A walk names the members of a message once, in their order, so that parse and write of a message
 * are a pair that cannot differ. Parsing trusts nothing: a number outside its list, a text that
 * is not clean, a list that is too long, all fail the Wire like a Reader that ran out, and it stays
 * failed. What was parsed until then is in the message and is freed with it.
 *
 * On the wire: integers big-endian, flags one octet 0 or 1, choices u16, texts and octets
 * u16 length + octets, lists u16 count + items, members that may be missing behind a flag.
 */
#pragma once

#include "base/net.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/suite.h"
#include "base/writer.h"

#include <glib.h>

typedef struct {
    gboolean is_writing;
    gboolean is_failed;
    Reader reader;
    Writer writer;
} Wire;

/* One member or a struct of members. */
typedef void (*WireWalk)(Wire *wire, gpointer item);

Wire wire_to_parse(const guint8 *data, gsize length);
Wire wire_to_write(gsize limit);
void wire_clear(Wire *wire);
/* TRUE when all went well and, while parsing, nothing is left over. */
gboolean wire_ok(const Wire *wire);
/* A check of the caller's own: the Wire fails unless is_good. */
void wire_check(Wire *wire, gboolean is_good);

void wire_u8(Wire *wire, guint8 *value);
void wire_u16(Wire *wire, guint16 *value);
void wire_u32(Wire *wire, guint32 *value);
void wire_u64(Wire *wire, guint64 *value);
void wire_i64(Wire *wire, gint64 *value);
void wire_flag(Wire *wire, gboolean *value);
/* A flag for a member that may be missing: is_there while writing, what was read while parsing. */
gboolean wire_is_there(Wire *wire, gboolean is_there);
/* A list's length: count while writing, what was read while parsing; 0 once failed. */
guint wire_count(Wire *wire, guint count, guint max);

/* An enum: at must be one of count listed values. */
void wire_choice_of(Wire *wire, gpointer at, const gint *list, gsize count);
#define wire_choice(wire, at, list)                                                                \
    G_STMT_START                                                                                   \
    {                                                                                              \
        G_STATIC_ASSERT(sizeof *(at) == sizeof(gint));                                             \
        wire_choice_of(wire, at, list, G_N_ELEMENTS(list));                                        \
    }                                                                                              \
    G_STMT_END
/* An enum that counts up from 0 without holes. */
void wire_below_of(Wire *wire, gpointer at, gint end);
#define wire_below(wire, at, end)                                                                  \
    G_STMT_START                                                                                   \
    {                                                                                              \
        G_STATIC_ASSERT(sizeof *(at) == sizeof(gint));                                             \
        wire_below_of(wire, at, end);                                                              \
    }                                                                                              \
    G_STMT_END

/* A clean text (name_clean; several lines allowed) of at most max octets, NULL allowed. Writing
 * cleans it. */
void wire_text(Wire *wire, char **text, gsize max);
/* The same, never NULL. */
void wire_text_always(Wire *wire, char **text, gsize max);
/* NULL allowed. */
void wire_secret(Wire *wire, Secret **secret, gsize max);
void wire_bytes(Wire *wire, GBytes **bytes, gsize max);

/* Items are appended to the array, which must be empty while parsing. */
void wire_array(Wire *wire, GArray *array, guint max, WireWalk walk);
void wire_text_list(Wire *wire, GPtrArray *texts, guint max, gsize max_text);
void wire_bytes_list(Wire *wire, GPtrArray *list, guint max, gsize max_bytes);

void wire_address(Wire *wire, gpointer address);   /* NetAddress */
void wire_endpoint(Wire *wire, gpointer endpoint); /* NetEndpoint */
void wire_prefix(Wire *wire, gpointer prefix);     /* NetPrefix; host bits are cleared */
/* Suites travel by name. */
void wire_suite_phase1(Wire *wire, gpointer suite);
void wire_suite_esp(Wire *wire, gpointer suite);
void wire_suite_group(Wire *wire, gpointer group); /* SUITE_GROUP_NONE too */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wire, wire_clear)
