/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a wall clock can be believed. */
#pragma once

#include <glib.h>

/* 1 January 2026: before the first release of this program no clock is right. */
#define CLOCK_FLOOR_UNIX_SECONDS G_GINT64_CONSTANT(1767225600)
