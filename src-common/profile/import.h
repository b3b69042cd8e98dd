/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles from the files of other programs. The format is found by the file's content; formats are
 * rows of one table in import.c.
 *
 * An import gives profiles and notes. The notes say how each statement was mapped, what was dropped
 * and what a person must fill in: nothing disappears silently. Profiles need not be complete;
 * profile_check() says what is missing. The importer opens no file: what a file names, it asks the
 * caller for.
 */
#pragma once

#include "profile/profile.h"

typedef enum {
    IMPORT_NOTE_MAPPED,   /* became a field */
    IMPORT_NOTE_DROPPED,  /* has no place in a profile; the text says why */
    IMPORT_NOTE_REPAIRED, /* the file was damaged here and read as the text says */
    IMPORT_NOTE_WARNING,  /* security or behaviour differs: to be read */
    IMPORT_NOTE_MISSING,  /* a person must fill this in; the text names the fields */
} ImportNoteKind;

typedef struct {
    ImportNoteKind kind;
    char *file; /* as given, for includes the included one; NULL for the whole import */
    guint line; /* 0 for the whole file */
    char *text;
} ImportNote;

/* Files that the imported one names. Paths are as written there: relative ones are meant relative
 * to the imported file. */
typedef struct {
    /* NULL with error when it cannot be read. */
    Secret *(*read)(const char *path, gpointer user_data, GError **error);
    /* The files that a pattern with * or ? means, sorted; NULL when there are none. May be NULL. */
    char **(*expand)(const char *pattern, gpointer user_data);
    gpointer user_data;
} ImportFiles;

typedef struct {
    const char *format;  /* name of the format's row */
    GPtrArray *profiles; /* Profile */
    GPtrArray *notes;    /* ImportNote */
    GHashTable *seen;    /* what the notes say, so that nothing is said twice */
} Import;

/* More than this many octets are not imported. */
#define IMPORT_MAX_OCTETS (1024 * 1024)

/* format NULL: by content. origin is the file's name, for notes and the profile's name. files may
 * be NULL: nothing else is readable then. Errors are PROFILE_ERROR and name line and reason. */
Import *import_parse(const char *data, gsize length, const char *format, const char *origin,
                     const ImportFiles *files, GError **error);
void import_free(Import *import);

/* Whether profile has what a MISSING note asks for: each field that its text names. */
gboolean import_note_is_done(const ImportNote *note, const Profile *profile);
/* Writes the notes, but those that are done, into the profile's fields; import_parse() did it, and
 * it is worth doing again after fields were set. origin as there. */
void import_sign(const Import *import, const char *origin, Profile *profile);

/* "mapped", ... */
const char *import_note_kind_name(ImportNoteKind kind);
/* "racoon.conf:12: ca_type: ..." for people; to be freed. */
char *import_note_format(const ImportNote *note);
/* Rows of the table of formats, for manual pages and completion; NULL behind the last. */
const char *import_format_name(guint index, const char **ret_title, gboolean *ret_is_written);
/* "coati (its title), racoon (...)", to be freed. */
char *import_formats(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Import, import_free)
