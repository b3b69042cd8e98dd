/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of the table of formats are made of: private to profile/. */
#pragma once

#include "profile/import.h"

typedef struct {
    const char *name;
    const char *title;
    /* Whether text (valid UTF-8) is of this format; must not be fooled by a comment. */
    gboolean (*detect)(const char *text);
    gboolean (*parse)(Import *import, const char *text, const char *origin,
                      const ImportFiles *files, GError **error);
} ImportFormat;

gboolean import_racoon_detect(const char *text);
gboolean import_racoon_parse(Import *import, const char *text, const char *origin,
                             const ImportFiles *files, GError **error);

G_GNUC_PRINTF(5, 6)
void import_note(Import *import, ImportNoteKind kind, const char *file, guint line,
                 const char *format, ...);
/* UTF-8 without NUL, BOM and CR; Latin-1 is converted with a note. NULL with error. */
char *import_text(Import *import, const char *data, gsize length, const char *origin,
                  GError **error);
