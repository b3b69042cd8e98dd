/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RADIUS servers of a racoon.conf: its radiuscfg, or the file of libradius that racoon reads where
 * there is none. */
#include "profile/gateway-map.h"

#include <string.h>

#define SECRET_FILE "/etc/coati/gateway/radius.secret"

enum { MAX_LINES = 1000 };

/* "HOST [PORT] SECRET" */
static gboolean
map_server(Conversion *conversion, const GatewayRow *row, const RacoonStatement *at, GError **error)
{
    gboolean has_port = g_strv_length(at->words) > 3;
    g_autofree char *server =
        has_port ? g_strdup_printf("%s:%s", at->words[1], at->words[2]) : g_strdup(at->words[1]);
    NetAddress address;

    if (!net_address_parse(at->words[1], &address))
        return conversion_missing(conversion, row->section, "radius-servers", at,
                                  "RADIUS servers are named by address");
    if (conversion_find(conversion, SECTION_LOGIN, "radius-secret-file") == NULL) {
        conversion_add(conversion, SECTION_LOGIN, "radius-secret-file", SECRET_FILE);
        import_note(conversion->import, IMPORT_NOTE_MISSING, at->file, at->line,
                    "%s: put the secret that stands here into " SECRET_FILE
                    ", mode 0600, readable by coati-login alone",
                    at->words[0]);
    }
    return conversion_append(conversion, row->section, "radius-servers", at, server);
}

const GatewayRow gateway_radius_rows[] = {
    {"auth", 2, SECTION_LOGIN, map_server, "radius-servers", NULL},
    {"acct", 2, SECTION_ACCOUNTING, map_server, "radius-servers", NULL},
    {"timeout", 1, SECTION_LOGIN, gateway_map_value, "radius-timeout", NULL},
    {"retries", 1, SECTION_LOGIN, gateway_map_value, "radius-tries", NULL},
    {NULL, 0, SECTION_NONE, NULL, NULL, NULL},
};

/* --- radius.conf(5) --- */

/* The next word of a line, without its quotes; NULL at the end and where a comment begins. */
static char *
next_word(const char **at)
{
    GString *word;
    gboolean is_quoted;

    *at += strspn(*at, " \t\r");
    if (**at == '\0' || **at == '#')
        return NULL;
    is_quoted = **at == '"';
    word = g_string_sized_new(256);
    *at += is_quoted ? 1 : 0;
    while (**at != '\0' && (is_quoted ? **at != '"' : strchr(" \t\r", **at) == NULL)) {
        /* Only a quote and a backslash are escaped. */
        if (is_quoted && **at == '\\' && ((*at)[1] == '"' || (*at)[1] == '\\'))
            (*at)++;
        g_string_append_c(word, *(*at)++);
    }
    *at += is_quoted && **at == '"' ? 1 : 0;
    return g_string_free(word, FALSE);
}

/* "auth|acct HOST[:PORT] SECRET [TIMEOUT [TRIES [DEAD-TIME]]]"; a line without a service is auth's.
 * FALSE: it has no server. The secret goes no further than into ret_words. */
static gboolean
split_line(const char *line, char *ret_words[5])
{
    g_autofree char *first = next_word(&line);
    gboolean has_service =
        first != NULL && (strcmp(first, "auth") == 0 || strcmp(first, "acct") == 0);
    g_autofree char *host = has_service ? next_word(&line) : g_strdup(first);
    char *secret = host != NULL ? next_word(&line) : NULL;
    const char *port;

    if (secret == NULL)
        return FALSE;
    port = strchr(host, ':');
    ret_words[0] = g_strdup(has_service ? first : "auth");
    ret_words[1] = g_strndup(host, strcspn(host, ":"));
    ret_words[2] = port != NULL ? g_strdup(port + 1) : secret;
    ret_words[3] = port != NULL ? secret : NULL;
    ret_words[4] = NULL;
    return TRUE;
}

static void
clear_words(char *words[5])
{
    for (guint i = 0; words[i] != NULL; i++) {
        explicit_bzero(words[i], strlen(words[i]));
        g_free(words[i]);
    }
}

static gboolean
is_for(Conversion *conversion, GatewaySection section)
{
    const GatewayValue *source = conversion_find(conversion, SECTION_LOGIN, "source");

    if (section == SECTION_ACCOUNTING)
        return conversion_find(conversion, section, "radius-servers") != NULL;
    return source != NULL && source->text != NULL && strcmp(source->text->str, "radius") == 0;
}

static void
convert_line(Conversion *conversion, const char *line, guint number)
{
    char *words[5] = {NULL};
    RacoonStatement at = {.words = words, .file = GATEWAY_RADIUS_FILE, .line = number};

    if (!split_line(line, words))
        return;
    for (const GatewayRow *row = gateway_radius_rows; row->keyword != NULL; row++)
        if (strcmp(row->keyword, words[0]) == 0 && is_for(conversion, row->section))
            row->map(conversion, row, &at, NULL);
    clear_words(words);
}

static gboolean
lacks(Conversion *conversion, GatewaySection section)
{
    const GatewayValue *servers = conversion_find(conversion, section, "radius-servers");

    return is_for(conversion, section) && (servers == NULL || servers->text == NULL);
}

void
gateway_read_radius_file(Conversion *conversion)
{
    const ImportFiles *files = conversion->files;
    g_autoptr(Secret) content = NULL;
    const char *at;

    if (files->read == NULL ||
        (!lacks(conversion, SECTION_LOGIN) && !lacks(conversion, SECTION_ACCOUNTING)))
        return;
    content = files->read(GATEWAY_RADIUS_FILE, files->user_data, NULL);
    at = content != NULL ? secret_text(content) : "";
    for (guint number = 1; *at != '\0' && number <= MAX_LINES; number++) {
        gsize length = strcspn(at, "\n");
        g_autoptr(Secret) line = secret_new(at, length);

        convert_line(conversion, secret_text(line), number);
        at += length + (at[length] == '\n' ? 1 : 0);
    }
}
