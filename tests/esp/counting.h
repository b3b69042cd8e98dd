/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts every allocation of the process, the crypto library's and GLib's too: this file's malloc()
 * stands in front of the C library's. Not for sanitizer builds, which do the same.
 */
#pragma once

#include <glib.h>

/* Since the process started. */
guint64 counting_allocations(void);
/* Mutexes and read-write locks taken so far. */
guint64 counting_locks(void);
