/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/racoon-tree.h"

#include "base/names.h"

#include <string.h>

enum { MAX_DEPTH = 8, MAX_INCLUDES = 64, MAX_INCLUDE_DEPTH = 8, MAX_STATEMENTS = 20000 };

typedef enum { TOKEN_WORD, TOKEN_SEMICOLON, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_END } Token;

typedef struct {
    Import *import;
    const ImportFiles *files;
    RacoonTree *tree;
    char *include_dir; /* "path include" */
    guint includes;
    guint statements;
} Reading;

typedef struct {
    Reading *reading;
    const char *file;
    const char *at;
    guint line;
    guint include_depth;
    GError **error;
} Lexer;

static gboolean read_file(Reading *reading, const char *text, const char *file, guint depth,
                          GError **error);

G_GNUC_PRINTF(3, 4)
static gboolean
syntax(const Lexer *lexer, guint line, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;
    g_autofree char *clean = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    clean = name_clean(text, strlen(text), 300, FALSE);
    g_set_error(lexer->error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s:%u: %s", lexer->file, line,
                clean);
    return FALSE;
}

gboolean
racoon_is_top_keyword(const char *word)
{
    static const char *const keywords[] = {
        "path",      "include",      "log",        "remote",  "sainfo",
        "listen",    "padding",      "timer",      "privsep", "mode_cfg",
        "radiuscfg", "pfkey_buffer", "gss_id_enc", "ldapcfg", "complex_bundle",
        NULL};

    return g_strv_contains(keywords, word);
}

static void
skip_blanks(Lexer *lexer)
{
    for (;; lexer->at++) {
        if (*lexer->at == '#')
            lexer->at += strcspn(lexer->at, "\n");
        if (*lexer->at == '\n')
            lexer->line++;
        else if (!g_ascii_isspace(*lexer->at) && *lexer->at != ',')
            return;
    }
}

/* FALSE with error for a quote without its end. */
static gboolean
lex(Lexer *lexer, Token *ret_token, char **ret_word)
{
    gsize length;

    skip_blanks(lexer);
    switch (*lexer->at) {
    case '\0':
        *ret_token = TOKEN_END;
        return TRUE;
    case ';':
        lexer->at++;
        *ret_token = TOKEN_SEMICOLON;
        return TRUE;
    case '{':
        lexer->at++;
        *ret_token = TOKEN_OPEN;
        return TRUE;
    case '}':
        lexer->at++;
        *ret_token = TOKEN_CLOSE;
        return TRUE;
    case '"':
        length = strcspn(lexer->at + 1, "\"\n");
        if (lexer->at[1 + length] != '"')
            return syntax(lexer, lexer->line, "a quote without its end");
        *ret_word = g_strndup(lexer->at + 1, length);
        lexer->at += length + 2;
        break;
    default:
        length = strcspn(lexer->at, " \t\r\n\f;{}\",#");
        *ret_word = g_strndup(lexer->at, length);
        lexer->at += length;
    }
    *ret_token = TOKEN_WORD;
    return TRUE;
}

/* Looks at what comes next without taking it. */
static Token
peek(const Lexer *lexer, char **ret_word)
{
    Lexer copy = *lexer;
    Token token = TOKEN_END;

    copy.error = NULL;
    *ret_word = NULL;
    return lex(&copy, &token, ret_word) ? token : TOKEN_END;
}

static void
statement_free(gpointer data)
{
    RacoonStatement *statement = data;

    g_strfreev(statement->words);
    g_clear_pointer(&statement->block, g_ptr_array_unref);
    g_free(statement);
}

void
racoon_tree_free(RacoonTree *tree)
{
    if (tree == NULL)
        return;
    g_ptr_array_unref(tree->statements);
    g_ptr_array_unref(tree->names);
    g_free(tree);
}

/* The next words begin a statement that can only stand outside of this block: a brace was lost.
 * "mode_cfg on;" is the one keyword of both places. */
static gboolean
begins_outside(const Lexer *lexer)
{
    Lexer ahead = *lexer;
    g_autofree char *word = NULL;
    g_autofree char *next = NULL;
    Token token = TOKEN_END;

    ahead.error = NULL;
    if (!lex(&ahead, &token, &word) || token != TOKEN_WORD || !racoon_is_top_keyword(word))
        return FALSE;
    return strcmp(word, "mode_cfg") != 0 || peek(&ahead, &next) == TOKEN_OPEN;
}

static gboolean parse_block(Lexer *lexer, GPtrArray *statements, guint depth, const char *name);

/* Words up to ";" or "{". ret_statement stays NULL for a lone ";". */
static gboolean
parse_words(Lexer *lexer, Token *ret_token, RacoonStatement **ret_statement)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    guint line = lexer->line;

    for (;;) {
        char *word = NULL;

        if (!lex(lexer, ret_token, &word))
            return FALSE;
        if (*ret_token != TOKEN_WORD)
            break;
        g_ptr_array_add(words, word);
    }
    if (words->len == 0)
        return *ret_token == TOKEN_SEMICOLON || syntax(lexer, line, "a block without a name");
    if (++lexer->reading->statements > MAX_STATEMENTS)
        return syntax(lexer, line, "more than %d statements", MAX_STATEMENTS);
    if (*ret_token != TOKEN_SEMICOLON && *ret_token != TOKEN_OPEN)
        return syntax(lexer, line, "\";\" is missing after \"%s\"", (char *)words->pdata[0]);
    g_ptr_array_add(words, NULL);
    *ret_statement = g_new0(RacoonStatement, 1);
    (*ret_statement)->words = (char **)g_ptr_array_steal(words, NULL);
    (*ret_statement)->file = lexer->file;
    (*ret_statement)->line = line;
    return TRUE;
}

static gboolean
parse_statement(Lexer *lexer, GPtrArray *statements, guint depth)
{
    RacoonStatement *statement = NULL;
    Token token = TOKEN_END;

    if (!parse_words(lexer, &token, &statement))
        return FALSE;
    if (statement == NULL)
        return TRUE;
    g_ptr_array_add(statements, statement);
    if (token == TOKEN_SEMICOLON)
        return TRUE;
    if (depth >= MAX_DEPTH)
        return syntax(lexer, statement->line, "more than %d blocks inside each other", MAX_DEPTH);
    statement->block = g_ptr_array_new_with_free_func(statement_free);
    return parse_block(lexer, statement->block, depth + 1, statement->words[0]);
}

static gboolean
parse_block(Lexer *lexer, GPtrArray *statements, guint depth, const char *name)
{
    for (;;) {
        g_autofree char *word = NULL;
        Token token;

        skip_blanks(lexer);
        token = peek(lexer, &word);
        if (token == TOKEN_CLOSE)
            return lex(lexer, &token, &word);
        if (token == TOKEN_END && *lexer->at == '\0') {
            import_note(lexer->reading->import, IMPORT_NOTE_REPAIRED, lexer->file, lexer->line,
                        "the file ends inside of \"%s\": \"}\" added", name);
            return TRUE;
        }
        if (begins_outside(lexer)) {
            import_note(lexer->reading->import, IMPORT_NOTE_REPAIRED, lexer->file, lexer->line,
                        "\"}\" of \"%s\" is missing before \"%s\": added", name, word);
            return TRUE;
        }
        if (!parse_statement(lexer, statements, depth))
            return FALSE;
    }
}

static gboolean
read_included(Lexer *lexer, const RacoonStatement *include, const char *path)
{
    Reading *reading = lexer->reading;
    g_autoptr(GError) local = NULL;
    g_autoptr(Secret) content = NULL;
    g_autofree char *text = NULL;
    char *name = g_strdup(path);

    g_ptr_array_add(reading->tree->names, name);
    if (++reading->includes > MAX_INCLUDES || lexer->include_depth >= MAX_INCLUDE_DEPTH)
        return syntax(lexer, include->line,
                      "\"%s\": too many includes; do they include each other?", path);
    if (reading->files->read != NULL)
        content = reading->files->read(path, reading->files->user_data, &local);
    if (content == NULL) {
        import_note(reading->import, IMPORT_NOTE_MISSING, include->file, include->line,
                    "include \"%s\" is not read: %s", path,
                    local != NULL ? local->message : "there is no way to it from here");
        return TRUE;
    }
    text = import_text(reading->import, secret_text(content), secret_length(content), name,
                       lexer->error);
    return text != NULL && read_file(reading, text, name, lexer->include_depth + 1, lexer->error);
}

static gboolean
follow_include(Lexer *lexer, const RacoonStatement *include)
{
    Reading *reading = lexer->reading;
    const char *pattern = include->words[1];
    g_autofree char *path = NULL;
    g_auto(GStrv) paths = NULL;

    if (pattern == NULL) {
        import_note(reading->import, IMPORT_NOTE_MISSING, include->file, include->line,
                    "include without a file name");
        return TRUE;
    }
    path = g_path_is_absolute(pattern) || reading->include_dir == NULL
               ? g_strdup(pattern)
               : g_build_filename(reading->include_dir, pattern, NULL);
    if (strpbrk(path, "*?") == NULL)
        return read_included(lexer, include, path);
    if (reading->files->expand != NULL)
        paths = reading->files->expand(path, reading->files->user_data);
    if (paths == NULL)
        import_note(reading->import, IMPORT_NOTE_DROPPED, include->file, include->line,
                    "include \"%s\": there is no such file", path);
    for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
        if (!read_included(lexer, include, paths[i]))
            return FALSE;
    return TRUE;
}

static gboolean
take_top_statement(Lexer *lexer, const RacoonStatement *statement)
{
    char **words = statement->words;

    if (strcmp(words[0], "path") == 0 && words[1] != NULL && strcmp(words[1], "include") == 0 &&
        words[2] != NULL) {
        g_free(lexer->reading->include_dir);
        lexer->reading->include_dir = g_strdup(words[2]);
        return TRUE;
    }
    return strcmp(words[0], "include") != 0 || follow_include(lexer, statement);
}

static gboolean
read_file(Reading *reading, const char *text, const char *file, guint depth, GError **error)
{
    Lexer lexer = {.reading = reading,
                   .file = file,
                   .at = text,
                   .line = 1,
                   .include_depth = depth,
                   .error = error};
    GPtrArray *statements = reading->tree->statements;

    for (;;) {
        g_autofree char *word = NULL;
        guint before = statements->len;
        Token token;

        skip_blanks(&lexer);
        token = peek(&lexer, &word);
        if (token == TOKEN_END && *lexer.at == '\0')
            return TRUE;
        if (token == TOKEN_CLOSE) {
            import_note(reading->import, IMPORT_NOTE_REPAIRED, file, lexer.line,
                        "a \"}\" too many: left out");
            lex(&lexer, &token, &word);
            continue;
        }
        if (!parse_statement(&lexer, statements, 0))
            return FALSE;
        if (statements->len > before && !take_top_statement(&lexer, statements->pdata[before]))
            return FALSE;
    }
}

RacoonTree *
racoon_tree_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                  GError **error)
{
    g_autoptr(RacoonTree) tree = g_new0(RacoonTree, 1);
    Reading reading = {.import = import, .files = files, .tree = tree};
    gboolean is_good;

    tree->statements = g_ptr_array_new_with_free_func(statement_free);
    tree->names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(tree->names, g_strdup(origin));
    is_good = read_file(&reading, text, tree->names->pdata[0], 0, error);
    g_free(reading.include_dir);
    return is_good ? g_steal_pointer(&tree) : NULL;
}
