/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The text of a file in data/; aborts when it is not there. */
char *given_text(const char *name);
