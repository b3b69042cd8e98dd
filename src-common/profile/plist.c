/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/plist.h"

#include "profile/importer.h"

#include <string.h>

enum { MAX_DEPTH = 24, MAX_NODES = 5000 };

typedef struct {
    const char *origin;
    PlistNode *root;
    PlistNode *open; /* the dict or array that is being filled */
    PlistNode *scalar;
    GString *key_text; /* while <key> is open */
    char *key;
    guint depth;
    guint nodes;
    gboolean is_plist;
} Reading;

void
plist_free(PlistNode *node)
{
    if (node == NULL)
        return;
    if (node->text != NULL) {
        explicit_bzero(node->text->str, node->text->len);
        g_string_free(node->text, TRUE);
    }
    if (node->children != NULL)
        g_ptr_array_unref(node->children);
    g_free(node->key);
    g_free(node->type);
    g_free(node);
}

static void
free_node(gpointer node)
{
    plist_free(node);
}

static gboolean
fail(GMarkupParseContext *context, const Reading *reading, GError **error, const char *text)
{
    gint line;
    gint column;

    g_markup_parse_context_get_position(context, &line, &column);
    return import_fail(error, reading->origin, (guint)line, "%s", text);
}

static gboolean
add_node(GMarkupParseContext *context, Reading *reading, const char *name, GError **error)
{
    PlistNode *node;
    gint line;
    gint column;

    if (++reading->nodes > MAX_NODES)
        return fail(context, reading, error, "more values than a VPN profile has");
    if (reading->open == NULL && (reading->root != NULL || strcmp(name, "dict") != 0))
        return fail(context, reading, error, "a property list with one <dict> is needed");
    if (reading->open != NULL && reading->open->kind == PLIST_DICT && reading->key == NULL)
        return fail(context, reading, error, "a value without its <key>");
    g_markup_parse_context_get_position(context, &line, &column);
    node = g_new0(PlistNode, 1);
    node->line = (guint)line;
    node->parent = reading->open;
    node->key = g_steal_pointer(&reading->key);
    if (reading->open != NULL)
        g_ptr_array_add(reading->open->children, node);
    else
        reading->root = node;
    node->kind = strcmp(name, "dict") == 0
                     ? PLIST_DICT
                     : (strcmp(name, "array") == 0 ? PLIST_ARRAY : PLIST_SCALAR);
    if (node->kind == PLIST_SCALAR) {
        node->type = g_strdup(name);
        node->text = g_string_new(NULL);
        reading->scalar = node;
        return TRUE;
    }
    node->children = g_ptr_array_new_with_free_func(free_node);
    reading->open = node;
    return TRUE;
}

static void
start_element(GMarkupParseContext *context, const char *name, const char **attribute_names,
              const char **attribute_values, gpointer user_data, GError **error)
{
    static const char *const known[] = {"dict", "array", "string", "integer", "real",
                                        "true", "false", "data",   "date",    NULL};
    Reading *reading = user_data;

    if (++reading->depth > MAX_DEPTH) {
        fail(context, reading, error, "values are too deep inside each other");
    } else if (!reading->is_plist) {
        reading->is_plist = strcmp(name, "plist") == 0;
        if (!reading->is_plist)
            fail(context, reading, error, "not a property list");
    } else if (reading->scalar != NULL || reading->key_text != NULL) {
        fail(context, reading, error, "an element inside of a text");
    } else if (strcmp(name, "key") == 0) {
        if (reading->open == NULL || reading->open->kind != PLIST_DICT || reading->key != NULL)
            fail(context, reading, error, "a <key> where none may be");
        else
            reading->key_text = g_string_new(NULL);
    } else if (!g_strv_contains(known, name)) {
        fail(context, reading, error, "an element that property lists do not have");
    } else {
        add_node(context, reading, name, error);
    }
}

static void
end_element(GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
    Reading *reading = user_data;

    reading->depth--;
    if (reading->key_text != NULL) {
        reading->key = g_string_free(g_steal_pointer(&reading->key_text), FALSE);
    } else if (reading->scalar != NULL) {
        reading->scalar = NULL;
    } else if (reading->open != NULL) {
        if (reading->key != NULL)
            fail(context, reading, error, "a <key> without its value");
        reading->open = reading->open->parent;
    }
}

static void
take_text(GMarkupParseContext *context, const char *text, gsize length, gpointer user_data,
          GError **error)
{
    Reading *reading = user_data;
    GString *out = reading->key_text != NULL
                       ? reading->key_text
                       : (reading->scalar != NULL ? reading->scalar->text : NULL);

    if (out != NULL)
        g_string_append_len(out, text, (gssize)length);
    else if (strspn(text, " \t\r\n") < length)
        fail(context, reading, error, "text outside of a value");
}

PlistNode *
plist_parse(const char *text, const char *origin, GError **error)
{
    static const GMarkupParser parser = {start_element, end_element, take_text, NULL, NULL};
    Reading reading = {.origin = origin};
    GMarkupParseContext *context =
        g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reading, NULL);
    g_autoptr(GError) local = NULL;
    gboolean is_good = g_markup_parse_context_parse(context, text, (gssize)strlen(text), &local) &&
                       g_markup_parse_context_end_parse(context, &local);
    gint line = 0;
    gint column = 0;

    g_markup_parse_context_get_position(context, &line, &column);
    g_markup_parse_context_free(context);
    g_free(reading.key);
    if (reading.key_text != NULL)
        g_string_free(reading.key_text, TRUE);
    if (is_good && reading.root != NULL)
        return reading.root;
    plist_free(reading.root);
    if (local != NULL && local->domain == PROFILE_ERROR)
        g_propagate_error(error, g_steal_pointer(&local));
    else
        import_fail(error, origin, (guint)line, "%s",
                    local != NULL ? local->message : "an empty property list");
    return NULL;
}

const PlistNode *
plist_get(const PlistNode *node, const char *key)
{
    if (node == NULL || node->kind != PLIST_DICT)
        return NULL;
    for (guint i = 0; i < node->children->len; i++) {
        const PlistNode *child = node->children->pdata[i];

        if (g_strcmp0(child->key, key) == 0)
            return child;
    }
    return NULL;
}

const char *
plist_text(const PlistNode *node, const char *key)
{
    const PlistNode *child = plist_get(node, key);

    if (child == NULL || child->kind != PLIST_SCALAR)
        return NULL;
    if (strcmp(child->type, "true") == 0)
        return "1";
    if (strcmp(child->type, "false") == 0)
        return "0";
    return g_strstrip(child->text->str);
}
