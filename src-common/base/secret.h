/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Secret: octets that must not outlive their use: keys, passwords, shared secrets.
 *
 * It wipes itself when freed, compares in constant time, is kept out of core dumps and swap where
 * the limits allow, and has no printer. Nothing in this code base logs one.
 */
#pragma once

#include <glib.h>

typedef struct Secret Secret;

/* Copies; the caller wipes its own copy. data may be NULL when length is 0. */
Secret *secret_new(const void *data, gsize length);
/* length zero octets to be filled through secret_edit(). */
Secret *secret_new_zero(gsize length);
Secret *secret_new_text(const char *text);
Secret *secret_dup(const Secret *secret);
/* Accepts NULL. */
void secret_free(Secret *secret);

const guint8 *secret_data(const Secret *secret);
/* The octets for their maker to fill; never through a shared pointer. */
guint8 *secret_edit(Secret *secret);
gsize secret_length(const Secret *secret);

/* The same octets with a NUL behind them, for C interfaces that want text. */
const char *secret_text(const Secret *secret);

/* Constant time in the octets; lengths may be told apart. */
gboolean secret_equal(const Secret *a, const Secret *b);
gboolean secret_equal_octets(const void *a, const void *b, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)
