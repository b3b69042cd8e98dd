/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/import-gateway.h"

#include "profile/gateway-map.h"

#include <string.h>

enum { MAX_GROUPS = 256 };

#define PSK_FILE "psk.txt"

static const char *const section_names[SECTION_COUNT] = {
    [SECTION_GATEWAY] = "gateway",
    [SECTION_IKE] = "ike",
    [SECTION_ESP] = "esp",
    [SECTION_POOL] = "pool",
    [SECTION_LOGIN] = "login",
    [SECTION_SETTINGS] = "settings",
    [SECTION_ACCOUNTING] = "accounting",
};

/* --- what comes out --- */

static char *
join(const RacoonStatement *at)
{
    GString *text = g_string_new(NULL);

    for (char **word = at->words; *word != NULL; word++) {
        gboolean is_quoted = **word == '\0' || strpbrk(*word, " \t;{}#") != NULL;

        g_string_append_printf(text, "%s%s%s%s", text->len > 0 ? " " : "", is_quoted ? "\"" : "",
                               *word, is_quoted ? "\"" : "");
    }
    return g_string_free(text, FALSE);
}

gboolean
conversion_comment(Conversion *conversion, GatewaySection section, const RacoonStatement *at,
                   const char *reason)
{
    g_autofree char *words = join(at);
    GString *text = conversion->comments[section];

    g_string_append_printf(text, "# %s:%u: %s%s\n#     %s\n", at->file, at->line, words,
                           at->block != NULL ? " { ... }" : ";", reason);
    import_note(conversion->import, IMPORT_NOTE_DROPPED, at->file, at->line, "%s: %s", at->words[0],
                reason);
    return TRUE;
}

GatewayValue *
conversion_find(Conversion *conversion, GatewaySection section, const char *key)
{
    for (guint i = 0; i < conversion->values->len; i++) {
        GatewayValue *value = &g_array_index(conversion->values, GatewayValue, i);

        if (value->section == section && strcmp(value->key, key) == 0)
            return value;
    }
    return NULL;
}

GatewayValue *
conversion_add(Conversion *conversion, GatewaySection section, const char *key, const char *text)
{
    GatewayValue value = {.section = section, .key = key};

    value.text = text != NULL ? g_string_new(text) : NULL;
    g_array_append_val(conversion->values, value);
    return &g_array_index(conversion->values, GatewayValue, conversion->values->len - 1);
}

gboolean
conversion_set(Conversion *conversion, GatewaySection section, const char *key,
               const RacoonStatement *at, const char *text)
{
    GatewayValue *value = conversion_find(conversion, section, key);

    if (value != NULL && value->text != NULL && strcmp(value->text->str, text) != 0) {
        g_autofree char *reason =
            g_strdup_printf("%s = %s is used: a gateway has one", key, value->text->str);

        return conversion_comment(conversion, section, at, reason);
    }
    if (value == NULL)
        conversion_add(conversion, section, key, text);
    else if (value->text == NULL)
        value->text = g_string_new(text);
    import_note(conversion->import, IMPORT_NOTE_MAPPED, at->file, at->line, "%s -> [%s] %s = %s",
                at->words[0], section_names[section], key, text);
    return TRUE;
}

gboolean
conversion_append(Conversion *conversion, GatewaySection section, const char *key,
                  const RacoonStatement *at, const char *text)
{
    GatewayValue *value = conversion_find(conversion, section, key);
    g_auto(GStrv) have = NULL;

    if (value == NULL || value->text == NULL)
        return conversion_set(conversion, section, key, at, text);
    have = g_strsplit(value->text->str, ";", -1);
    if (!g_strv_contains((const char *const *)have, text))
        g_string_append_printf(value->text, ";%s", text);
    import_note(conversion->import, IMPORT_NOTE_MAPPED, at->file, at->line, "%s -> [%s] %s += %s",
                at->words[0], section_names[section], key, text);
    return TRUE;
}

gboolean
conversion_missing(Conversion *conversion, GatewaySection section, const char *key,
                   const RacoonStatement *at, const char *why)
{
    if (conversion_find(conversion, section, key) == NULL)
        conversion_add(conversion, section, key, NULL);
    import_note(conversion->import, IMPORT_NOTE_MISSING, at->file, at->line,
                "%s: %s; fill in [%s] %s", at->words[0], why, section_names[section], key);
    return TRUE;
}

gboolean
conversion_warn(Conversion *conversion, const RacoonStatement *at, const char *text)
{
    import_note(conversion->import, IMPORT_NOTE_WARNING, at->file, at->line, "%s: %s", at->words[0],
                text);
    return TRUE;
}

gboolean
conversion_already(Conversion *conversion, const RacoonStatement *at, const char *text)
{
    import_note(conversion->import, IMPORT_NOTE_MAPPED, at->file, at->line, "%s: %s", at->words[0],
                text);
    return TRUE;
}

gboolean
conversion_apply(Conversion *conversion, const GatewayRow *rows, const GPtrArray *block,
                 GatewaySection fallback, GError **error)
{
    for (guint i = 0; block != NULL && i < block->len; i++) {
        const RacoonStatement *at = block->pdata[i];
        const GatewayRow *row = rows;
        gboolean is_good;

        while (row->keyword != NULL && strcmp(row->keyword, at->words[0]) != 0)
            row++;
        if (row->keyword == NULL)
            is_good = conversion_comment(conversion, fallback, at, "this keyword is not known");
        else if (row->map == NULL)
            is_good = conversion_comment(conversion, row->section, at, row->words);
        else if (g_strv_length(at->words) < row->min_words + 1u && row->key != NULL)
            is_good =
                conversion_missing(conversion, row->section, row->key, at, "its value is missing");
        else if (g_strv_length(at->words) < row->min_words + 1u)
            is_good = conversion_comment(conversion, row->section, at, "its value is missing");
        else
            is_good = row->map(conversion, row, at, error);
        if (!is_good)
            return FALSE;
    }
    return TRUE;
}

/* --- the file --- */

static const struct {
    const char *keyword;
    const GatewayRow *rows; /* NULL: words say why it is a comment, or NULL: read elsewhere */
    GatewaySection fallback;
    const char *words;
} tops[] = {
    {"path", NULL, SECTION_NONE, NULL},
    {"include", NULL, SECTION_NONE, NULL},
    {"mode_cfg", gateway_mode_cfg_rows, SECTION_SETTINGS, NULL},
    {"radiuscfg", gateway_radius_rows, SECTION_LOGIN, NULL},
    {"listen", gateway_listen_rows, SECTION_GATEWAY, NULL},
    {"timer", gateway_timer_rows, SECTION_IKE, NULL},
    {"ldapcfg", NULL, SECTION_LOGIN, "LDAP is asked by way of PAM: /etc/pam.d/coati"},
    {"privsep", NULL, SECTION_NONE, "the service separates privileges by itself"},
    {"padding", NULL, SECTION_NONE, "padding is the service's"},
    {"log", NULL, SECTION_NONE, "the journal has it all; G_MESSAGES_DEBUG=all says more"},
    {"pfkey_buffer", NULL, SECTION_NONE, "there is no PF_KEY socket"},
    {"gss_id_enc", NULL, SECTION_NONE, "GSSAPI is not supported"},
    {"complex_bundle", NULL, SECTION_NONE, "bundles are not supported"},
};

static gboolean
convert_top(Conversion *conversion, const RacoonStatement *at, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tops); i++) {
        if (strcmp(tops[i].keyword, at->words[0]) != 0)
            continue;
        if (tops[i].rows != NULL)
            return conversion_apply(conversion, tops[i].rows, at->block, tops[i].fallback, error);
        return tops[i].words == NULL ||
               conversion_comment(conversion, tops[i].fallback, at, tops[i].words);
    }
    return conversion_comment(conversion, SECTION_NONE, at, "this keyword is not known");
}

/* --- group passwords --- */

/* psk.txt has passwords of groups and of users (of racoon as a client) alike. */
static void
convert_groups(Conversion *conversion)
{
    const char *file = conversion->psk_file != NULL ? conversion->psk_file : PSK_FILE;
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) content =
        conversion->files->read != NULL
            ? conversion->files->read(file, conversion->files->user_data, &error)
            : NULL;
    const char *at = content != NULL ? secret_text(content) : "";
    guint count = 0;

    for (;;) {
        g_autofree char *id = NULL;
        g_autoptr(Secret) key = NULL;

        if (!racoon_psk_next(&at, &id, &key) || count == MAX_GROUPS)
            break;
        if (memchr(secret_data(key), '\n', secret_length(key)) != NULL)
            continue;
        g_string_append_printf(conversion->groups, "\n[group %s]\npassword = %s\n", id,
                               secret_text(key));
        count++;
    }
    if (count > 0)
        import_note(conversion->import, IMPORT_NOTE_MAPPED, NULL, 0,
                    "%s: %u group passwords -> [group NAME]", file, count);
    else
        import_note(conversion->import, IMPORT_NOTE_MISSING, NULL, 0,
                    "xauth_psk_server needs a section [group NAME] with password=; \"%s\" %s", file,
                    error != NULL ? error->message : "has none");
}

/* --- the whole --- */

static const RacoonStatement *
find_remote(const RacoonTree *tree, const char *index)
{
    for (guint i = 0; i < tree->statements->len; i++) {
        const RacoonStatement *statement = tree->statements->pdata[i];

        if (strcmp(statement->words[0], "remote") == 0 &&
            g_strcmp0(statement->words[1], index) == 0)
            return statement;
    }
    return NULL;
}

/* Own statements first: of several values the first is used. What is inherited is inherited once. */
static gboolean
convert_remote(Conversion *conversion, const RacoonTree *tree, const RacoonStatement *remote,
               GError **error)
{
    conversion->is_client = FALSE;
    if (!conversion_apply(conversion, gateway_remote_rows, remote->block, SECTION_IKE, error))
        return FALSE;
    for (char **word = remote->words; *word != NULL && word[1] != NULL; word++)
        if (strcmp(*word, "inherit") == 0 && find_remote(tree, word[1]) == NULL)
            return racoon_fail(remote, error, "the remote to inherit from does not exist");
    return TRUE;
}

static gboolean
convert(Conversion *conversion, const RacoonTree *tree, GError **error)
{
    RacoonDraft paths = {.import = conversion->import};

    racoon_paths(&paths, tree);
    conversion->certificate_dir = paths.certificate_dir;
    conversion->psk_file = paths.psk_file;
    for (guint i = 0; i < tree->statements->len; i++) {
        const RacoonStatement *at = tree->statements->pdata[i];

        if (strcmp(at->words[0], "remote") == 0 && !convert_remote(conversion, tree, at, error))
            return FALSE;
    }
    for (guint i = 0; i < tree->statements->len; i++) {
        const RacoonStatement *at = tree->statements->pdata[i];
        gboolean is_good = TRUE;

        if (strcmp(at->words[0], "sainfo") == 0)
            is_good = gateway_map_sainfo(conversion, at, error);
        else if (strcmp(at->words[0], "remote") != 0)
            is_good = convert_top(conversion, at, error);
        if (!is_good)
            return FALSE;
    }
    gateway_read_radius_file(conversion);
    if (conversion->needs_groups)
        convert_groups(conversion);
    return TRUE;
}

static void
require(Conversion *conversion, GatewaySection section, const char *key, const char *why)
{
    if (conversion_find(conversion, section, key) != NULL)
        return;
    conversion_add(conversion, section, key, NULL);
    import_note(conversion->import, IMPORT_NOTE_MISSING, NULL, 0, "%s; fill in [%s] %s", why,
                section_names[section], key);
}

static gboolean
finish(Conversion *conversion, const char *origin, GError **error)
{
    const GatewayValue *methods = conversion_find(conversion, SECTION_GATEWAY, "methods");

    if (methods == NULL)
        return import_fail(error, origin, 0,
                           "no remote of a gateway is in this file (authentication_method "
                           "hybrid_rsa_server, xauth_psk_server, xauth_rsa_server or rsasig)");
    if (conversion->is_weak) {
        conversion_add(conversion, SECTION_IKE, "allow-weak", "true");
        import_note(conversion->import, IMPORT_NOTE_WARNING, NULL, 0,
                    "the file names weak algorithms, so [ike] allow-weak = true; give clients "
                    "AES, SHA-2 and group 14 or better, and take it out");
    }
    if (strcmp(methods->text->str, "xauth-psk") != 0)
        require(conversion, SECTION_GATEWAY, "certificate", "there is no certificate_type");
    require(conversion, SECTION_POOL, "network4", "there is no mode_cfg with a pool");
    return TRUE;
}

static Secret *
write_conf(const Conversion *conversion, const char *origin)
{
    GString *text =
        g_string_new("# Made of a racoon.conf by \"coatictl gateway import\"; all keys "
                     "are in coati-gateway.conf(5).\n"
                     "# Comments with a line of that file are what has no place here.\n");
    Secret *secret;

    for (GatewaySection section = SECTION_GATEWAY; section < SECTION_COUNT; section++) {
        gsize start = text->len;

        for (guint i = 0; i < conversion->values->len; i++) {
            const GatewayValue *value = &g_array_index(conversion->values, GatewayValue, i);

            if (value->section != section)
                continue;
            if (value->text != NULL)
                g_string_append_printf(text, "%s = %s\n", value->key, value->text->str);
            else
                g_string_append_printf(text, "# to be filled in:\n# %s =\n", value->key);
        }
        g_string_append(text, conversion->comments[section]->str);
        if (text->len > start) {
            g_autofree char *head = g_strdup_printf("\n[%s]\n", section_names[section]);

            g_string_insert(text, (gssize)start, head);
        }
    }
    g_string_append(text, conversion->groups->str);
    if (conversion->comments[SECTION_NONE]->len > 0)
        g_string_append_printf(text, "\n%s", conversion->comments[SECTION_NONE]->str);
    secret = secret_new(text->str, text->len);
    explicit_bzero(text->str, text->len);
    g_string_free(text, TRUE);
    return secret;
}

static void
conversion_open(Conversion *conversion)
{
    conversion->values = g_array_new(FALSE, FALSE, sizeof(GatewayValue));
    conversion->groups = g_string_sized_new(4096);
    for (guint i = 0; i < SECTION_COUNT; i++)
        conversion->comments[i] = g_string_new(NULL);
}

static void
conversion_close(Conversion *conversion)
{
    for (guint i = 0; i < conversion->values->len; i++) {
        GatewayValue *value = &g_array_index(conversion->values, GatewayValue, i);

        if (value->text != NULL)
            g_string_free(value->text, TRUE);
    }
    g_array_unref(conversion->values);
    for (guint i = 0; i < SECTION_COUNT; i++)
        g_string_free(conversion->comments[i], TRUE);
    explicit_bzero(conversion->groups->str, conversion->groups->allocated_len);
    g_string_free(conversion->groups, TRUE);
}

Import *
import_gateway(const char *data, gsize length, const char *origin, const ImportFiles *files,
               Secret **ret_conf, GError **error)
{
    static const ImportFiles none = {NULL};
    g_autoptr(Import) import = import_new();
    g_autofree char *text = import_text(import, data, length, origin, error);
    g_autoptr(RacoonTree) tree = NULL;
    Conversion conversion = {.import = import, .files = files != NULL ? files : &none};

    if (text == NULL)
        return NULL;
    if (!import_racoon_detect(text)) {
        import_fail(error, origin, 0, "this is no racoon.conf");
        return NULL;
    }
    import->format = "racoon";
    tree = racoon_tree_parse(import, text, origin, conversion.files, error);
    if (tree == NULL)
        return NULL;
    conversion_open(&conversion);
    if (convert(&conversion, tree, error) && finish(&conversion, origin, error))
        *ret_conf = write_conf(&conversion, origin);
    else
        g_clear_pointer(&import, import_free);
    conversion_close(&conversion);
    return g_steal_pointer(&import);
}
