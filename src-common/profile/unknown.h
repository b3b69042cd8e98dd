/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors for names that are not in the table, with the nearest that is: private to profile/. */
#pragma once

#include <glib.h>

/* Always FALSE. */
gboolean unknown_field(const char *name, GError **error);
/* TRUE when the section exists. */
gboolean unknown_section(const char *section, GError **error);
