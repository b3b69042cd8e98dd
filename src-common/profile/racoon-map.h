/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keywords of racoon.conf and what becomes of them: private to profile/. */
#pragma once

#include "profile/racoon-tree.h"

/* One profile while its remote is read. */
typedef struct {
    Import *import;
    const ImportFiles *files;
    const char *certificate_dir; /* "path certificate", or NULL */
    const char *psk_file;        /* "path pre_shared_key", or NULL */
    Profile *profile;
    GPtrArray *suites;     /* char: phase 1 */
    GPtrArray *esp_suites; /* char */
    guint own_proposals;   /* suites before this one are inherited */
    guint sainfos;
    char *name;
    char *peer_psk_id;
    gboolean is_gateway;
    /* of the proposal that is being read */
    const char *cipher;
    const char *hash;
    char group[24];
} RacoonDraft;

typedef struct {
    const char *keyword;
    guint8 min_words; /* words behind the keyword; fewer is a value to be filled in */
    guint8 max_words; /* 0 = any */
    gboolean (*map)(RacoonDraft *draft, const RacoonStatement *statement, GError **error);
    const char *reason; /* where map is NULL: why it has no place in a profile */
} RacoonRow;

extern const RacoonRow racoon_remote_rows[];
extern const RacoonRow racoon_top_rows[];

void racoon_paths(RacoonDraft *draft, const RacoonTree *tree);
/* Takes the key of id from psk.txt into field when it is there. */
void racoon_psk_lookup(RacoonDraft *draft, const char *id, ProfileField field);
/* The PEM of a file, and beside the configuration when it is not where it says; NULL with a note that
 * field is missing. */
Secret *racoon_read(RacoonDraft *draft, const RacoonStatement *at, const char *file,
                    ProfileField field);

/* "aes", "aes 256", "rijndael", "3des"; NULL for ciphers that do not exist here. word moves on. */
const char *racoon_cipher(char ***word);
/* "sha1", "hmac_sha256"; NULL for a hash that does not exist here. */
const char *racoon_hash(const char *name);
/* "1 hour" or "1hour", "3600 sec" or "3600", from that word of the statement on. */
gboolean racoon_seconds(const RacoonStatement *at, guint word, guint64 *ret_seconds,
                        GError **error);
/* The next "id key" of a psk.txt; *at moves on. FALSE at the end. */
gboolean racoon_psk_next(const char **at, char **ret_id, Secret **ret_key);

/* Always TRUE. */
gboolean racoon_note(RacoonDraft *draft, const RacoonStatement *at, ImportNoteKind kind,
                     const char *text);
/* Always FALSE. */
gboolean racoon_fail(const RacoonStatement *at, GError **error, const char *text);
gboolean racoon_set(RacoonDraft *draft, const RacoonStatement *at, ProfileField field,
                    const char *text, GError **error);
gboolean racoon_apply(RacoonDraft *draft, const RacoonRow *rows, const GPtrArray *block,
                      GError **error);
