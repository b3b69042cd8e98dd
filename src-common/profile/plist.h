/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Property lists in XML, as a tree. Read with GMarkup: it knows the five entities of XML alone, so
 * a file cannot define its own ones, let them grow, or have other files read. Depth and number of
 * values are limited. Private to profile/.
 */
#pragma once

#include <glib.h>

typedef enum { PLIST_DICT, PLIST_ARRAY, PLIST_SCALAR } PlistKind;

typedef struct PlistNode PlistNode;
struct PlistNode {
    PlistKind kind;
    char *key;  /* in a dict; NULL else */
    char *type; /* "string", "integer", "true", "data", ... of a scalar */
    GString *text;
    GPtrArray *children; /* PlistNode */
    guint line;
    PlistNode *parent;
};

/* The root is a dict. The error names the line. */
PlistNode *plist_parse(const char *text, const char *origin, GError **error);
void plist_free(PlistNode *node);
/* NULL for NULL, for what is no dict, and where there is no such key. */
const PlistNode *plist_get(const PlistNode *node, const char *key);
/* Text of a scalar without blanks around it, "1" and "0" for true and false; NULL else. */
const char *plist_text(const PlistNode *node, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlistNode, plist_free)
