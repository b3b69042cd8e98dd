/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of the table of formats are made of: private to profile/. */
#pragma once

#include "profile/import.h"

struct ExportDraft;

typedef struct {
    const char *name;
    const char *title;
    /* Whether text (valid UTF-8) is of this format; must not be fooled by a comment. */
    gboolean (*detect)(const char *text);
    gboolean (*parse)(Import *import, const char *text, const char *origin,
                      const ImportFiles *files, GError **error);
    gboolean (*write)(struct ExportDraft *draft, GError **error); /* NULL: read only */
} ImportFormat;

/* Without profiles and notes. */
Import *import_new(void);

/* NULL when there is none of that name. */
const ImportFormat *import_format_find(const char *name);

gboolean import_racoon_detect(const char *text);
gboolean import_racoon_parse(Import *import, const char *text, const char *origin,
                             const ImportFiles *files, GError **error);
gboolean import_pcf_detect(const char *text);
gboolean import_pcf_parse(Import *import, const char *text, const char *origin,
                          const ImportFiles *files, GError **error);
gboolean import_vpnc_detect(const char *text);
gboolean import_vpnc_parse(Import *import, const char *text, const char *origin,
                           const ImportFiles *files, GError **error);
gboolean import_shrew_detect(const char *text);
gboolean import_shrew_parse(Import *import, const char *text, const char *origin,
                            const ImportFiles *files, GError **error);
gboolean import_mobileconfig_detect(const char *text);
gboolean import_mobileconfig_parse(Import *import, const char *text, const char *origin,
                                   const ImportFiles *files, GError **error);
gboolean import_swanctl_detect(const char *text);
gboolean import_swanctl_parse(Import *import, const char *text, const char *origin,
                              const ImportFiles *files, GError **error);
gboolean import_ipsec_detect(const char *text);
gboolean import_ipsec_parse(Import *import, const char *text, const char *origin,
                            const ImportFiles *files, GError **error);
gboolean import_nm_detect(const char *text);
gboolean import_nm_parse(Import *import, const char *text, const char *origin,
                         const ImportFiles *files, GError **error);

/* A file of another kind of VPN, found by its content: FALSE with an error that names line and
 * reason. TRUE when nothing is known about it. */
gboolean import_refuse(const char *text, const char *origin, GError **error);
/* The same for files that are no text. */
gboolean import_refuse_binary(const char *data, gsize length, const char *origin, GError **error);

/* Always FALSE. line 0: the whole file. */
G_GNUC_PRINTF(4, 5)
gboolean import_fail(GError **error, const char *origin, guint line, const char *format, ...);
/* Whether a line begins with word (in any case, blanks before it skipped) and then, behind blanks,
 * with next: "" for anything behind a blank, NULL for nothing. 0 when there is none. */
guint import_has_line(const char *text, const char *word, const char *next);
/* The first line that is not empty and begins with none of comments; to be freed; NULL. */
char *import_first_line(const char *text, const char *comments);
/* "office" of "/home/alice/office.pcf"; to be freed. */
char *import_base_name(const char *origin);

G_GNUC_PRINTF(5, 6)
void import_note(Import *import, ImportNoteKind kind, const char *file, guint line,
                 const char *format, ...);
/* UTF-8 without NUL and BOM; Latin-9 is converted with a note. NULL with error. */
char *import_text(Import *import, const char *data, gsize length, const char *origin,
                  GError **error);
