/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One profile while a foreign file is read, for formats that are pairs of key and value: the file's
 * parser makes the pairs, and the format's table says for each key what becomes of it. Private to
 * profile/.
 */
#pragma once

#include "profile/importer.h"

/* key and value live in the draft's copy of the text. */
typedef struct {
    const char *key;
    const char *value; /* "" when empty */
    guint line;
    const char *file; /* an included one; NULL: the origin */
} DraftPair;

typedef struct {
    Import *import;
    const ImportFiles *files;
    const char *origin;
    Profile *profile;
    GArray *pairs; /* DraftPair */
    char *text;    /* what pairs point into; wiped at the end */
    gsize text_length;
} ImportDraft;

typedef struct DraftRow DraftRow;
typedef gboolean (*DraftMap)(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                             GError **error);
struct DraftRow {
    const char *key; /* NULL ends the table */
    DraftMap map;    /* NULL: dropped, words say why; "" as words: nothing worth saying */
    ProfileField field;
    const char *words;
};

enum { DRAFT_MAX_PAIRS = 5000 };

/* text is copied; pairs stay empty. */
void draft_open(ImportDraft *draft, Import *import, const ImportFiles *files, const char *origin,
                const char *text);
void draft_close(ImportDraft *draft);

/* The next line of *at without blanks around it, ended in place; NULL at the end. */
char *draft_next_line(char **at);
gboolean draft_add(ImportDraft *draft, const char *key, const char *value, guint line,
                   GError **error);
/* The file that the pair is from. */
const char *draft_file(const ImportDraft *draft, const DraftPair *at);
/* The last pair of that key (case-insensitive) with a value, or NULL. */
const DraftPair *draft_find(const ImportDraft *draft, const char *key);
const char *draft_value(const ImportDraft *draft, const char *key);
/* Each pair through the row of its key; keys without a row are dropped with a note. */
gboolean draft_apply(ImportDraft *draft, const DraftRow *rows, GError **error);

/* Always TRUE. */
G_GNUC_PRINTF(4, 5)
gboolean draft_note(ImportDraft *draft, const DraftPair *at, ImportNoteKind kind,
                    const char *format, ...);
/* Always FALSE. */
G_GNUC_PRINTF(4, 5)
gboolean draft_fail(const ImportDraft *draft, const DraftPair *at, GError **error,
                    const char *format, ...);
gboolean draft_set(ImportDraft *draft, const DraftPair *at, ProfileField field, const char *text,
                   GError **error);
gboolean draft_take_secret(ImportDraft *draft, const DraftPair *at, ProfileField field,
                           Secret *take_secret, GError **error);

/* Rows of the tables. */
gboolean draft_map_field(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                         GError **error);
/* words: "theirs=ours theirs=ours"; ours may be "-": stays at the default. */
gboolean draft_map_choice(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                          GError **error);
gboolean draft_map_secret(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                          GError **error);
/* Hexadecimal, as import_reveal() takes it. */
gboolean draft_map_obfuscated(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                              GError **error);
/* Seconds until a silent gateway counts as dead. */
gboolean draft_map_dead_after(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                              GError **error);
/* One or more of "ADDRESS/MASK" with blanks, commas or semicolons between; 0.0.0.0/0 is everything. */
gboolean draft_map_networks(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                            GError **error);
/* "2" or "dh2": the default algorithms with this group. */
gboolean draft_map_group(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                         GError **error);
/* The PEM or DER file that the value names, into a field of certificates. */
gboolean draft_map_file(ImportDraft *draft, const DraftRow *row, const DraftPair *at,
                        GError **error);
/* The file where it says or, by its last part, beside the imported one; NULL with a note. */
Secret *draft_read(ImportDraft *draft, const DraftPair *at, const char *path, ProfileField field);
/* PEM as it is, DER as PEM with this label; NULL when it is neither. */
char *draft_pem(const guint8 *data, gsize length, const char *label);
/* "C=FR, O=Example, CN=gw" from the top down as RFC 4514 text; to be freed. */
char *draft_turn_dn(const char *text);

/* Name, group password only where it is used, weak algorithms, and what a person must fill in. */
gboolean draft_finish(ImportDraft *draft, const char *name, GError **error);
/* Ends the draft's work and gives the profile to the import. */
void draft_deliver(ImportDraft *draft);
