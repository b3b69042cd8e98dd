/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One IKEv1 connection of strongSwan, in the words of swanctl.conf without the names of its parts:
 * "remote_addrs", "local.auth", "xauth.id" (a local round that is Xauth), "remote.cacerts",
 * "child.esp_proposals". ipsec.conf is turned into the same words. Private to profile/.
 */
#pragma once

#include "profile/draft.h"

/* Files that are read: the texts stay until the end, since pairs point into them. */
typedef struct {
    const ImportFiles *files;
    const char *origin;
    GPtrArray *texts; /* Secret */
    GStringChunk *names;
    guint includes;
} SwanReader;

/* Pairs of one file; file and text live as long as the reader. */
typedef gboolean (*SwanParse)(SwanReader *reader, const char *file, char *text, gpointer user_data,
                              GError **error);

void swan_open(SwanReader *reader, const ImportFiles *files, const char *origin);
void swan_close(SwanReader *reader);
/* A copy of text that may be cut into pieces. */
char *swan_keep(SwanReader *reader, const char *text, gsize length);
char *swan_keep_name(SwanReader *reader, const char *name);
/* Each file that pattern means through parse; none is no error. */
gboolean swan_include(SwanReader *reader, const char *file, guint line, const char *pattern,
                      SwanParse parse, gpointer user_data, GError **error);

/* A client's side: it wants an address, or logs in with Xauth. */
gboolean swan_is_remote_access(const ImportDraft *draft);
/* draft->pairs are the connection's; secrets are the caller's. */
gboolean swan_apply(ImportDraft *draft, GError **error);
/* "secret", "0x..." and "0s..."; NULL for damaged ones. */
Secret *swan_secret(const char *text);
/* Whether the id of a secret means who; NULL for either is a match. */
gboolean swan_id_matches(const char *id, const char *who);
