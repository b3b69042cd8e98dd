/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of numbers: one static table serves both directions. Tables end with a NULL name.
 */
#pragma once

#include <glib.h>

typedef struct {
    gint value;
    const char *name;
} NameRow;

/* NULL when the value has no row. */
const char *name_of(const NameRow *rows, gint value);
/* Case-sensitive. */
gboolean name_find(const NameRow *rows, const char *name, gint *ret_value);
/* "a, b, c" for error texts. */
char *name_list(const NameRow *rows);

/* Text of a stranger made fit for a log line or a screen: valid UTF-8, every control and
 * bidirectional-override character replaced, at most max_octets. Newlines stay where is_multiline. */
char *name_clean(const void *text, gsize length, gsize max_octets, gboolean is_multiline);
