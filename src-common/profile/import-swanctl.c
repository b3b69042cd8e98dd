/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * swanctl.conf with exactly one IKEv1 remote-access connection: sections in braces, "key = value" to
 * the end of the line, "include". All settings are read as pairs whose key is the whole path.
 */
#include "profile/swan-map.h"

#include <string.h>

enum { MAX_DEPTH = 8, MAX_PATH = 400 };

typedef struct {
    ImportDraft *draft; /* all pairs */
    SwanReader *reader;
    const char *file;
    char *at;
    guint line;
    GPtrArray *path; /* char: open sections */
} Parser;

static gboolean
fail(const Parser *parser, GError **error, const char *text)
{
    return import_fail(error, parser->file, parser->line, "%s", text);
}

static void
skip(Parser *parser)
{
    for (; *parser->at != '\0'; parser->at++) {
        if (*parser->at == '#')
            parser->at += strcspn(parser->at, "\n");
        if (*parser->at == '\n')
            parser->line++;
        else if (!g_ascii_isspace(*parser->at))
            return;
    }
}

/* A value: to the end of the line or, in quotes, to the next quote. Ended in place; next moves on. */
static char *
take_value(Parser *parser, GError **error)
{
    char *value = parser->at + strspn(parser->at, " \t");
    gsize length;

    if (*value == '"') {
        value++;
        length = strcspn(value, "\"\n");
        if (value[length] != '"') {
            fail(parser, error, "a quote without its end");
            return NULL;
        }
        value[length] = '\0';
        parser->at = value + length + 1;
        return value;
    }
    length = strcspn(value, "\n#}");
    parser->at = value + length;
    if (value[length] == '#')
        parser->at += strcspn(parser->at, "\n");
    if (*parser->at == '}') {
        /* The brace is needed after the value is ended. */
        value = swan_keep(parser->reader, value, length);
    } else {
        gboolean is_line = *parser->at == '\n';

        value[length] = '\0';
        parser->at += is_line;
        parser->line += is_line;
    }
    return g_strstrip(value);
}

static gboolean
add_pair(Parser *parser, const char *key, guint line, GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);
    char *value = take_value(parser, error);
    DraftPair pair = {NULL, value, line, parser->file};

    if (value == NULL)
        return FALSE;
    for (guint i = 0; i < parser->path->len; i++)
        g_string_append_printf(path, "%s.", (const char *)parser->path->pdata[i]);
    g_string_append(path, key);
    if (path->len > MAX_PATH)
        return fail(parser, error, "names are too long");
    if (parser->draft->pairs->len >= DRAFT_MAX_PAIRS)
        return fail(parser, error, "too many settings");
    pair.key = swan_keep_name(parser->reader, path->str);
    g_array_append_val(parser->draft->pairs, pair);
    return TRUE;
}

static gboolean parse_file(SwanReader *reader, const char *file, char *text, gpointer user_data,
                           GError **error);

static gboolean
parse_include(Parser *parser, GError **error)
{
    guint line = parser->line;
    char *pattern = take_value(parser, error);

    return pattern != NULL && swan_include(parser->reader, parser->file, line, pattern, parse_file,
                                           parser->draft, error);
}

static gboolean
open_section(Parser *parser, const char *name, GError **error)
{
    parser->at++;
    if (parser->path->len >= MAX_DEPTH)
        return fail(parser, error, "sections are too deep inside each other");
    g_ptr_array_add(parser->path, g_strdup(name));
    return TRUE;
}

static gboolean
close_section(Parser *parser, GError **error)
{
    parser->at++;
    if (parser->path->len == 0)
        return fail(parser, error, "a \"}\" without its section");
    g_ptr_array_remove_index(parser->path, parser->path->len - 1);
    return TRUE;
}

/* "name {", "name = value", "include pattern" or "}". */
static gboolean
parse_item(Parser *parser, GError **error)
{
    gsize length = strcspn(parser->at, " \t\r\n={}#:");
    g_autofree char *name = g_strndup(parser->at, length);
    guint line = parser->line;

    if (*parser->at == '}')
        return close_section(parser, error);
    if (length == 0)
        return fail(parser, error, "a name is missing");
    parser->at += length;
    if (strcmp(name, "include") == 0 && (*parser->at == ' ' || *parser->at == '\t'))
        return parse_include(parser, error);
    skip(parser);
    if (*parser->at == '{')
        return open_section(parser, name, error);
    if (*parser->at == ':')
        return fail(parser, error,
                    "sections that take from others (\"a : b\") are not read; write it out");
    if (*parser->at != '=')
        return fail(parser, error, "neither \"name = value\" nor a section in braces");
    parser->at++;
    return add_pair(parser, name, line, error);
}

static gboolean
parse_file(SwanReader *reader, const char *file, char *text, gpointer user_data, GError **error)
{
    g_autoptr(GPtrArray) path = g_ptr_array_new_with_free_func(g_free);
    Parser parser = {user_data, reader, file, text, 1, path};

    for (skip(&parser); *parser.at != '\0'; skip(&parser))
        if (!parse_item(&parser, error))
            return FALSE;
    return path->len == 0 || fail(&parser, error, "the file ends inside of a section");
}

/* "local-xa.auth" is "xauth.auth" where that round is Xauth, else "local.auth"; of several
 * children the first counts. NULL for what is not of the connection. */
static const char *
normal_key(const ImportDraft *all, SwanReader *reader, const char *key, const char *prefix,
           const char *child)
{
    const char *rest = key + strlen(prefix);
    const char *dot = strchr(rest, '.');
    g_autofree char *section = NULL;
    g_autofree char *auth = NULL;
    g_autofree char *normal = NULL;

    if (!g_str_has_prefix(key, prefix))
        return NULL;
    if (dot == NULL)
        return rest;
    section = g_strndup(rest, dot - rest);
    if (strcmp(section, "children") == 0) {
        if (child == NULL || !g_str_has_prefix(dot + 1, child))
            return NULL;
        normal = g_strconcat("child.", dot + 1 + strlen(child), NULL);
        return swan_keep_name(reader, normal);
    }
    auth = g_strconcat(prefix, section, ".auth", NULL);
    if (g_str_has_prefix(section, "remote"))
        normal = g_strconcat("remote", dot, NULL);
    else if (g_str_has_prefix(section, "local") && draft_value(all, auth) != NULL &&
             g_str_has_prefix(draft_value(all, auth), "xauth"))
        normal = g_strconcat("xauth", dot, NULL);
    else if (g_str_has_prefix(section, "local"))
        normal = g_strconcat("local", dot, NULL);
    return normal != NULL ? swan_keep_name(reader, normal) : rest;
}

/* "NAME." of the first child. */
static char *
first_child(const ImportDraft *all, const char *prefix)
{
    g_autofree char *children = g_strconcat(prefix, "children.", NULL);

    for (guint i = 0; i < all->pairs->len; i++) {
        const char *key = g_array_index(all->pairs, DraftPair, i).key;

        if (g_str_has_prefix(key, children) && strchr(key + strlen(children), '.') != NULL)
            return g_strndup(key + strlen(children), strcspn(key + strlen(children), ".") + 1);
    }
    return NULL;
}

static void
select_connection(const ImportDraft *all, SwanReader *reader, const char *name, ImportDraft *one)
{
    g_autofree char *prefix = g_strdup_printf("connections.%s.", name);
    g_autofree char *child = first_child(all, prefix);

    g_array_set_size(one->pairs, 0);
    for (guint i = 0; i < all->pairs->len; i++) {
        DraftPair pair = g_array_index(all->pairs, DraftPair, i);

        pair.key = normal_key(all, reader, pair.key, prefix, child);
        if (pair.key != NULL)
            g_array_append_val(one->pairs, pair);
    }
}

/* The secret of who among those whose name begins with one of prefixes. */
static gboolean
take_secret(ImportDraft *draft, const ImportDraft *all, const char *const *prefixes,
            const char *who, ProfileField field, GError **error)
{
    for (guint i = 0; i < all->pairs->len; i++) {
        const DraftPair *pair = &g_array_index(all->pairs, DraftPair, i);
        const char *name = g_str_has_prefix(pair->key, "secrets.") ? pair->key + 8 : "";
        g_autofree char *id_key = NULL;
        gboolean is_kind = FALSE;
        Secret *secret;

        for (guint j = 0; prefixes[j] != NULL; j++)
            is_kind |= g_str_has_prefix(name, prefixes[j]);
        if (!is_kind || !g_str_has_suffix(name, ".secret"))
            continue;
        id_key = g_strdup_printf("%.*sid", (gint)(strlen(pair->key) - strlen("secret")), pair->key);
        if (!swan_id_matches(draft_value(all, id_key), who))
            continue;
        secret = swan_secret(pair->value);
        if (secret == NULL)
            return draft_fail(draft, pair, error, "damaged hexadecimal digits");
        return draft_take_secret(draft, pair, field, secret, error);
    }
    return TRUE;
}

static gboolean
take_secrets(ImportDraft *draft, const ImportDraft *all, GError **error)
{
    static const char *const xauth[] = {"xauth", "eap", NULL};
    static const char *const ike[] = {"ike", NULL};
    const char *user = profile_text(draft->profile, PROFILE_LOGIN_USER);

    if (profile_has_xauth(draft->profile) &&
        !take_secret(draft, all, xauth, user, PROFILE_SECRETS_PASSWORD, error))
        return FALSE;
    return !profile_needs_group_password(draft->profile) ||
           take_secret(draft, all, ike, NULL, PROFILE_SECRETS_GROUP_PASSWORD, error);
}

/* Names of connections, each once. */
static GPtrArray *
list_connections(const ImportDraft *all)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < all->pairs->len; i++) {
        const char *key = g_array_index(all->pairs, DraftPair, i).key;
        g_autofree char *name = NULL;

        if (!g_str_has_prefix(key, "connections."))
            continue;
        name = g_strndup(key + 12, strcspn(key + 12, "."));
        if (key[12 + strlen(name)] == '.' &&
            !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
    return names;
}

/* The one that can be imported; NULL with error. one has its pairs then. */
static const char *
choose(const ImportDraft *all, SwanReader *reader, const GPtrArray *names, ImportDraft *one,
       GError **error)
{
    const char *chosen = NULL;
    const DraftPair *newer = NULL;
    const char *file = all->origin;

    for (guint i = 0; i < names->len; i++) {
        const char *version;
        gboolean is_gateway;

        select_connection(all, reader, names->pdata[i], one);
        version = draft_value(one, "version");
        is_gateway = draft_value(one, "pools") != NULL ||
                     g_str_has_prefix(draft_value(one, "remote.auth") != NULL
                                          ? draft_value(one, "remote.auth")
                                          : "",
                                      "xauth");
        if (g_strcmp0(version, "1") != 0) {
            if (one->pairs->len > 0)
                newer = version != NULL ? draft_find(one, "version")
                                        : &g_array_index(one->pairs, DraftPair, 0);
            file = newer != NULL ? draft_file(all, newer) : file;
        } else if (swan_is_remote_access(one) && !is_gateway) {
            if (chosen != NULL) {
                import_fail(error, all->origin, 0,
                            "\"%.40s\" and \"%.40s\" are both IKEv1 remote-access connections; "
                            "keep one in the file",
                            chosen, (const char *)names->pdata[i]);
                return NULL;
            }
            chosen = names->pdata[i];
        }
    }
    if (chosen != NULL)
        select_connection(all, reader, chosen, one);
    else
        import_fail(error, file, newer != NULL ? newer->line : 0, "%s",
                    newer != NULL ? "this connects with IKEv2 (version is not 1), which is not "
                                    "supported here; use strongSwan, or its plugin of "
                                    "NetworkManager"
                                  : "there is no IKEv1 connection of a client in it (version = 1 "
                                    "with vips or Xauth)");
    return chosen;
}

static gboolean
parse_all(ImportDraft *all, SwanReader *reader, GError **error)
{
    g_autoptr(GPtrArray) names = list_connections(all);
    const char *name;
    ImportDraft one;
    gboolean is_good;

    draft_open(&one, all->import, all->files, all->origin, "");
    name = choose(all, reader, names, &one, error);
    is_good = name != NULL && swan_apply(&one, error) && take_secrets(&one, all, error) &&
              draft_finish(&one, name, error);
    if (is_good)
        draft_deliver(&one);
    draft_close(&one);
    return is_good;
}

gboolean
import_swanctl_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                     GError **error)
{
    SwanReader reader;
    ImportDraft all;
    gboolean is_good;

    swan_open(&reader, files, origin);
    draft_open(&all, import, files, origin, text);
    is_good = parse_file(&reader, origin, all.text, &all, error) && parse_all(&all, &reader, error);
    draft_close(&all);
    swan_close(&reader);
    return is_good;
}

gboolean
import_swanctl_detect(const char *text)
{
    return import_has_line(text, "connections", "{") > 0 ||
           (import_has_line(text, "connections", NULL) > 0 && import_has_line(text, "{", "") > 0);
}
