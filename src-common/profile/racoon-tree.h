/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The statements of a racoon.conf, before anything is made of them: words, then ";" or a block.
 * Includes are followed. Files whose braces were lost (as in the text of the NetBSD guide) are read
 * as far as their meaning is clear, with a note at each repair. Private to profile/.
 */
#pragma once

#include "profile/importer.h"

typedef struct RacoonStatement {
    char **words; /* never empty; quotes removed */
    const char *file;
    guint line;
    GPtrArray *block; /* RacoonStatement; NULL without block */
} RacoonStatement;

/* Top-level statements; the strings of file live in names. NULL with error. */
typedef struct {
    GPtrArray *statements;
    GPtrArray *names;
} RacoonTree;

RacoonTree *racoon_tree_parse(Import *import, const char *text, const char *origin,
                              const ImportFiles *files, GError **error);
void racoon_tree_free(RacoonTree *tree);
/* TRUE for words that begin a statement outside of every block. */
gboolean racoon_is_top_keyword(const char *word);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RacoonTree, racoon_tree_free)
