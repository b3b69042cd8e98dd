/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles as files of other programs, through the table of formats of import.c. What a format has
 * no place for is said in the notes. Certificates of formats that name files are beside the text.
 */
#pragma once

#include "profile/profile.h"

typedef struct {
    Secret *text;
    GPtrArray *notes;  /* char */
    GHashTable *files; /* name to PEM text: what the text names */
    /* What an import of text gives back as it was. */
    gboolean is_kept[PROFILE_FIELD_COUNT];
} Export;

/* format is a name of import_formats(). without secrets they are noted as missing. The error is
 * PROFILE_ERROR: an unknown format, one that is read only, or a profile it cannot hold at all. */
Export *export_write(const Profile *profile, const char *format, gboolean with_secrets,
                     GError **error);
void export_free(Export *export);
/* "coati, pcf, ...", to be freed. */
char *export_formats(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Export, export_free)
