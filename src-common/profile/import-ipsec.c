/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipsec.conf of strongSwan and libreswan with exactly one IKEv1 remote-access connection: "conn"
 * sections of "key=value" lines, "also", "include"; secrets come from the ipsec.secrets beside it.
 * A connection is turned into the words of swanctl.conf. Which of left and right is the client is
 * seen by who asks for an address.
 */
#include "profile/swan-map.h"

#include <string.h>

enum { MAX_ALSO = 8 };

typedef struct {
    SwanReader *reader;
    GPtrArray *names;  /* char: of conn sections */
    GPtrArray *bodies; /* GArray of DraftPair, beside names */
    GArray *open;      /* borrowed; NULL outside of conn */
} Reading;

static void
free_array(gpointer array)
{
    g_array_unref(array);
}

static GArray *
find_body(const Reading *reading, const char *name)
{
    for (guint i = 0; i < reading->names->len; i++)
        if (strcmp(reading->names->pdata[i], name) == 0)
            return reading->bodies->pdata[i];
    return NULL;
}

static gboolean parse_file(SwanReader *reader, const char *file, char *text, gpointer user_data,
                           GError **error);

static gboolean
parse_heading(Reading *reading, const char *file, guint number, char *line, GError **error)
{
    gsize length = strcspn(line, " \t");
    char *rest = line + length + strspn(line + length, " \t");

    line[length] = '\0';
    reading->open = NULL;
    if (strcmp(line, "include") == 0)
        return swan_include(reading->reader, file, number, rest, parse_file, reading, error);
    if (strcmp(line, "version") == 0 || strcmp(line, "config") == 0 || strcmp(line, "ca") == 0)
        return TRUE;
    if (strcmp(line, "conn") != 0 || rest[0] == '\0')
        return import_fail(error, file, number, "\"%.40s\" begins no section of ipsec.conf", line);
    reading->open = find_body(reading, rest);
    if (reading->open != NULL)
        return TRUE;
    reading->open = g_array_new(FALSE, TRUE, sizeof(DraftPair));
    g_ptr_array_add(reading->names, swan_keep_name(reading->reader, rest));
    g_ptr_array_add(reading->bodies, reading->open);
    return TRUE;
}

static char *
unquote(char *value)
{
    gsize length = strlen(value);

    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
        value[length - 1] = '\0';
        return value + 1;
    }
    return value;
}

static gboolean
parse_line(Reading *reading, const char *file, guint number, char *line, GError **error)
{
    gboolean is_indented = g_ascii_isspace(line[0]);
    char *equals;
    char *comment = strstr(line, " #");
    DraftPair pair = {NULL, NULL, number, file};

    if (comment != NULL)
        *comment = '\0';
    g_strstrip(line);
    if (line[0] == '\0' || line[0] == '#')
        return TRUE;
    if (!is_indented)
        return parse_heading(reading, file, number, line, error);
    equals = strchr(line, '=');
    if (equals == NULL)
        return import_fail(error, file, number, "a line without \"=\"");
    if (reading->open == NULL)
        return TRUE;
    *equals = '\0';
    if (reading->open->len >= DRAFT_MAX_PAIRS)
        return import_fail(error, file, number, "too many settings");
    pair.key = g_strstrip(line);
    pair.value = unquote(g_strstrip(equals + 1));
    g_array_append_val(reading->open, pair);
    return TRUE;
}

static gboolean
parse_file(SwanReader *reader, const char *file, char *text, gpointer user_data, GError **error)
{
    for (guint number = 1; *text != '\0'; number++) {
        gsize length = strcspn(text, "\n");
        char *next = text + length + (text[length] == '\n');

        text[length] = '\0';
        if (!parse_line(user_data, file, number, text, error))
            return FALSE;
        text = next;
    }
    return TRUE;
}

/* The parent's pairs first, so that the own ones win. */
static gboolean
collect(const Reading *reading, const GArray *body, guint depth, ImportDraft *draft, GError **error)
{
    for (guint i = 0; i < body->len; i++) {
        const DraftPair *pair = &g_array_index(body, DraftPair, i);
        const GArray *parent = find_body(reading, pair->value);

        if (strcmp(pair->key, "also") != 0)
            continue;
        if (depth >= MAX_ALSO)
            return draft_fail(draft, pair, error, "sections take from each other in a circle");
        if (parent == NULL)
            return draft_fail(draft, pair, error, "there is no conn \"%.40s\"", pair->value);
        if (!collect(reading, parent, depth + 1, draft, error))
            return FALSE;
    }
    for (guint i = 0; i < body->len; i++)
        if (strcmp(g_array_index(body, DraftPair, i).key, "also") != 0) {
            if (draft->pairs->len >= DRAFT_MAX_PAIRS)
                return import_fail(error, draft->origin, 0, "too many settings");
            g_array_append_val(draft->pairs, g_array_index(body, DraftPair, i));
        }
    return TRUE;
}

/* Their key, ours; "%" at the beginning stands for left or right. */
static const char *const words[][2] = {
    {"aggressive", "aggressive"},
    {"aggrmode", "aggressive"},
    {"ike", "proposals"},
    {"esp", "child.esp_proposals"},
    {"phase2alg", "child.esp_proposals"},
    {"ikelifetime", "rekey_time"},
    {"lifetime", "child.life_time"},
    {"keylife", "child.life_time"},
    {"salifetime", "child.life_time"},
    {"forceencaps", "encap"},
    {"encapsulation", "encap"},
    {"fragmentation", "fragmentation"},
    {"dpddelay", "dpd_delay"},
    {"dpdtimeout", "dpd_timeout"},
    {"dpdaction", "child.dpd_action"},
    {"closeaction", "child.close_action"},
    {"auto", "child.start_action"},
    {"compress", "child.ipcomp"},
    {"xauth_identity", "xauth.xauth_id"},
    {"xauthusername", "xauth.xauth_id"},
    {"leftxauthusername", "xauth.xauth_id"},
    {"leftusername", "xauth.xauth_id"},
    {"rekey", "over_time"},
    {"type", "child.mode"},
    {"keyingtries", "keyingtries"},
    {"mobike", "mobike"},
};
static const char *const own_words[][2] = {
    {"", "local_addrs"},       {"id", "local.id"},           {"cert", "local.certs"},
    {"sourceip", "vips"},      {"subnet", "child.local_ts"}, {"updown", "child.updown"},
    {"sendcert", "send_cert"}, {"firewall", "child.updown"}, {"nexthop", "local_addrs"},
    {"ikeport", "local_port"},
};
static const char *const other_words[][2] = {
    {"", "remote_addrs"},     {"id", "remote.id"},           {"cert", "remote.certs"},
    {"ca", "remote.cacerts"}, {"subnet", "child.remote_ts"}, {"ikeport", "remote_port"},
};

static const char *
word_of(const char *const (*rows)[2], gsize count, const char *key)
{
    for (gsize i = 0; i < count; i++)
        if (g_ascii_strcasecmp(rows[i][0], key) == 0)
            return rows[i][1];
    return NULL;
}

/* Rounds of authentication: "xauth", "pubkey", "psk", and the old authby. */
static void
translate_auth(GArray *out, DraftPair pair, gboolean is_own)
{
    gboolean is_xauth = g_str_has_prefix(pair.value, "xauth");

    pair.key = is_own ? (is_xauth ? "xauth.auth" : "local.auth") : "remote.auth";
    if (strcmp(pair.value, "secret") == 0)
        pair.value = "psk";
    else if (strcmp(pair.value, "rsasig") == 0)
        pair.value = "pubkey";
    g_array_append_val(out, pair);
}

static void
translate_authby(GArray *out, DraftPair pair)
{
    gboolean is_psk = strstr(pair.value, "psk") != NULL || strcmp(pair.value, "secret") == 0;
    DraftPair xauth = pair;

    if (g_str_has_prefix(pair.value, "xauth")) {
        xauth.value = "xauth";
        translate_auth(out, xauth, TRUE);
    }
    pair.value = is_psk ? "psk" : "pubkey";
    translate_auth(out, pair, TRUE);
    translate_auth(out, pair, FALSE);
}

static void
translate_side(GArray *out, DraftPair pair, const char *own, const char *other)
{
    gboolean is_own = g_ascii_strncasecmp(pair.key, own, strlen(own)) == 0;
    const char *rest = pair.key + strlen(is_own ? own : other);
    const char *word = is_own ? word_of(own_words, G_N_ELEMENTS(own_words), rest)
                              : word_of(other_words, G_N_ELEMENTS(other_words), rest);

    if (g_str_has_prefix(rest, "auth")) {
        translate_auth(out, pair, is_own);
        return;
    }
    if (is_own && strcmp(rest, "xauthclient") == 0) {
        pair.key = "xauth.auth";
        pair.value = "xauth";
    } else if (is_own && strcmp(rest, "modecfgclient") == 0) {
        pair.key = "vips";
        pair.value = "0.0.0.0";
    } else if (word != NULL) {
        pair.key = word;
    }
    g_array_append_val(out, pair);
}

static GArray *
translate(const ImportDraft *draft, const char *own, const char *other)
{
    GArray *out = g_array_new(FALSE, TRUE, sizeof(DraftPair));

    for (guint i = 0; i < draft->pairs->len; i++) {
        DraftPair pair = g_array_index(draft->pairs, DraftPair, i);
        const char *word = word_of(words, G_N_ELEMENTS(words), pair.key);

        if (strcmp(pair.key, "keyexchange") == 0 || strcmp(pair.key, "ikev2") == 0 ||
            strcmp(pair.key, "xauth") == 0)
            continue;
        if (strcmp(pair.key, "modeconfig") == 0) {
            pair.key = "pull";
            pair.value = strcmp(pair.value, "push") == 0 ? "no" : "yes";
            g_array_append_val(out, pair);
        } else if (strcmp(pair.key, "authby") == 0) {
            translate_authby(out, pair);
        } else if (word == NULL && (g_ascii_strncasecmp(pair.key, own, strlen(own)) == 0 ||
                                    g_ascii_strncasecmp(pair.key, other, strlen(other)) == 0)) {
            translate_side(out, pair, own, other);
        } else {
            pair.key = word != NULL ? word : pair.key;
            g_array_append_val(out, pair);
        }
    }
    return out;
}

static gboolean
says_client(const ImportDraft *draft, const char *side)
{
    g_autofree char *source = g_strconcat(side, "sourceip", NULL);
    g_autofree char *xauth = g_strconcat(side, "xauthclient", NULL);
    g_autofree char *config = g_strconcat(side, "modecfgclient", NULL);
    g_autofree char *auth = g_strconcat(side, "auth", NULL);
    const char *address = draft_value(draft, source);

    return (address != NULL && address[0] == '%') ||
           g_strcmp0(draft_value(draft, xauth), "yes") == 0 ||
           g_strcmp0(draft_value(draft, config), "yes") == 0 ||
           g_strcmp0(draft_value(draft, auth), "xauth") == 0;
}

static gboolean
is_ikev1(const ImportDraft *draft)
{
    const char *exchange = draft_value(draft, "keyexchange");
    const char *newer = draft_value(draft, "ikev2");

    return g_strcmp0(exchange, "ikev1") == 0 || g_strcmp0(newer, "no") == 0 ||
           g_strcmp0(newer, "never") == 0;
}

/* FALSE with error when that section cannot be read; is_usable says whether it is one to import. */
static gboolean
examine(const Reading *reading, guint index, ImportDraft *draft, gboolean *ret_is_usable,
        gboolean *ret_is_newer, GError **error)
{
    const GArray *common = find_body(reading, "%default");
    GArray *translated;
    gboolean is_left;

    g_array_set_size(draft->pairs, 0);
    if ((common != NULL && !collect(reading, common, 0, draft, error)) ||
        !collect(reading, reading->bodies->pdata[index], 0, draft, error))
        return FALSE;
    *ret_is_newer = !is_ikev1(draft);
    is_left = says_client(draft, "left");
    *ret_is_usable = !*ret_is_newer && (is_left || says_client(draft, "right"));
    if (!*ret_is_usable)
        return TRUE;
    translated = translate(draft, is_left ? "left" : "right", is_left ? "right" : "left");
    g_array_unref(draft->pairs);
    draft->pairs = translated;
    *ret_is_usable = swan_is_remote_access(draft);
    return TRUE;
}

static gboolean
none(const Reading *reading, const ImportDraft *draft, guint newer, GError **error)
{
    const GArray *body = newer < reading->bodies->len ? reading->bodies->pdata[newer] : NULL;
    guint line = body != NULL && body->len > 0 ? g_array_index(body, DraftPair, 0).line : 0;

    if (body != NULL)
        return import_fail(error, draft->origin, line,
                           "conn %.40s connects with IKEv2 (keyexchange is not ikev1), which is "
                           "not supported here; use strongSwan, or its plugin of NetworkManager",
                           (const char *)reading->names->pdata[newer]);
    return import_fail(error, draft->origin, 0,
                       "there is no IKEv1 connection of a client in it (keyexchange=ikev1 with "
                       "leftsourceip=%%config or Xauth)");
}

/* The index of the only one; G_MAXUINT with error. */
static guint
choose(const Reading *reading, ImportDraft *draft, GError **error)
{
    guint chosen = G_MAXUINT;
    guint newer = G_MAXUINT;

    for (guint i = 0; i < reading->names->len; i++) {
        gboolean is_usable = FALSE;
        gboolean is_newer = FALSE;

        if (strcmp(reading->names->pdata[i], "%default") == 0)
            continue;
        if (!examine(reading, i, draft, &is_usable, &is_newer, error))
            return G_MAXUINT;
        if (is_newer)
            newer = i;
        if (is_usable && chosen != G_MAXUINT) {
            import_fail(error, draft->origin, 0,
                        "\"%.40s\" and \"%.40s\" are both IKEv1 remote-access connections; keep "
                        "one in the file",
                        (const char *)reading->names->pdata[chosen],
                        (const char *)reading->names->pdata[i]);
            return G_MAXUINT;
        }
        chosen = is_usable ? i : chosen;
    }
    if (chosen == G_MAXUINT)
        none(reading, draft, newer, error);
    return chosen;
}

/* 'alice : XAUTH "secret"': one line of ipsec.secrets. kind is upper case. */
static gboolean
take_secret_line(ImportDraft *draft, char *line, guint number, const char *kind, const char *who,
                 ProfileField field, GError **error)
{
    char *colon = line[0] == ':' ? line : strstr(line, " :");
    DraftPair at = {kind, "", number, "ipsec.secrets"};
    g_autofree char *id = NULL;
    char *value;
    Secret *secret;

    if (colon == NULL)
        return TRUE;
    id = g_strstrip(g_strndup(line, colon - line));
    value = g_strstrip(colon + (colon[0] == ':' ? 1 : 2));
    if (!g_str_has_prefix(value, kind) ||
        (id[0] != '\0' && who != NULL && strcmp(unquote(id), who) != 0 && id[0] != '%'))
        return TRUE;
    value = unquote(g_strstrip(value + strlen(kind)));
    secret = swan_secret(value);
    if (secret == NULL)
        return draft_fail(draft, &at, error, "damaged hexadecimal digits");
    return draft_take_secret(draft, &at, field, secret, error);
}

static gboolean
take_secrets(ImportDraft *draft, GError **error)
{
    g_autoptr(Secret) content = NULL;
    const char *user = profile_text(draft->profile, PROFILE_LOGIN_USER);
    char *at;
    char *line;

    if (draft->files->read != NULL)
        content = draft->files->read("ipsec.secrets", draft->files->user_data, NULL);
    if (content == NULL ||
        !g_utf8_validate((const char *)secret_data(content), (gssize)secret_length(content), NULL))
        return TRUE;
    at = (char *)secret_edit(content);
    for (guint number = 1; (line = draft_next_line(&at)) != NULL; number++) {
        if (line[0] == '#')
            continue;
        if (profile_has_xauth(draft->profile) &&
            !take_secret_line(draft, line, number, "XAUTH", user, PROFILE_SECRETS_PASSWORD, error))
            return FALSE;
        if (profile_needs_group_password(draft->profile) &&
            !take_secret_line(draft, line, number, "PSK", NULL, PROFILE_SECRETS_GROUP_PASSWORD,
                              error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
parse_connections(const Reading *reading, ImportDraft *draft, GError **error)
{
    guint chosen = choose(reading, draft, error);
    gboolean is_usable;
    gboolean is_newer;

    return chosen != G_MAXUINT && examine(reading, chosen, draft, &is_usable, &is_newer, error) &&
           swan_apply(draft, error) && take_secrets(draft, error) &&
           draft_finish(draft, reading->names->pdata[chosen], error);
}

gboolean
import_ipsec_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                   GError **error)
{
    SwanReader reader;
    Reading reading = {&reader};
    ImportDraft draft;
    gboolean is_good;

    swan_open(&reader, files, origin);
    draft_open(&draft, import, files, origin, text);
    reading.names = g_ptr_array_new();
    reading.bodies = g_ptr_array_new_with_free_func(free_array);
    is_good = parse_file(&reader, origin, draft.text, &reading, error) &&
              parse_connections(&reading, &draft, error);
    if (is_good)
        draft_deliver(&draft);
    g_ptr_array_unref(reading.names);
    g_ptr_array_unref(reading.bodies);
    draft_close(&draft);
    swan_close(&reader);
    return is_good;
}

gboolean
import_ipsec_detect(const char *text)
{
    g_autofree char *first = import_first_line(text, "#");

    if (first == NULL)
        return FALSE;
    return (import_has_line(text, "conn", "") > 0 &&
            (g_str_has_prefix(first, "conn ") || g_str_has_prefix(first, "config setup") ||
             g_str_has_prefix(first, "version") || g_str_has_prefix(first, "ca ") ||
             g_str_has_prefix(first, "include ")));
}
