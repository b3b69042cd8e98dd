/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key files of NetworkManager (.nmconnection): VPN connections of its vpnc plugin, whose settings
 * are vpnc's, and of Coati's own plugin, whose settings are the fields of a profile.
 */
#include "profile/vpnc-map.h"

#include <string.h>

#define SERVICES "org.freedesktop.NetworkManager."

/* The key as "section.key" where it is not in [vpn] or [vpn-secrets]. */
static char *
full_key(GStringChunk *names, const char *section, const char *key)
{
    g_autofree char *full = NULL;

    if (strcmp(section, "vpn") == 0 || strcmp(section, "vpn-secrets") == 0)
        return (char *)key;
    full = g_strdup_printf("[%s] %s", section, key);
    return g_string_chunk_insert(names, full);
}

/* What is escaped in key files, in place. */
static gboolean
unescape(char *text)
{
    static const char from[] = "sntr\\;";
    static const char to[] = " \n\t\r\\;";
    char *out = text;

    for (; *text != '\0'; text++) {
        const char *found = NULL;

        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        found = text[1] != '\0' ? strchr(from, text[1]) : NULL;
        if (found == NULL)
            return FALSE;
        *out++ = to[found - from];
        text++;
    }
    *out = '\0';
    return TRUE;
}

static gboolean
read_pairs(ImportDraft *draft, GStringChunk *names, GError **error)
{
    char *at = draft->text;
    const char *section = "";
    char *line;

    for (guint number = 1; (line = draft_next_line(&at)) != NULL; number++) {
        char *equals = strchr(line, '=');
        gsize length = strlen(line);

        if (length == 0 || line[0] == '#')
            continue;
        if (line[0] == '[' && line[length - 1] == ']') {
            line[length - 1] = '\0';
            section = line + 1;
            continue;
        }
        if (equals == NULL)
            return import_fail(error, draft->origin, number, "neither \"key=value\" nor a section");
        *equals = '\0';
        if (!unescape(g_strstrip(equals + 1)))
            return import_fail(error, draft->origin, number, "an unknown escape behind a \"\\\"");
        if (!draft_add(draft, full_key(names, section, g_strstrip(line)), equals + 1, number,
                       error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
map_id(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return TRUE;
}

static gboolean
map_routes(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "true") != 0 ||
        profile_is_set(draft->profile, PROFILE_NETWORK_REMOTE_NETWORKS))
        return TRUE;
    return draft_set(draft, at, PROFILE_NETWORK_ROUTES, "split", error);
}

/* "10.0.0.0/8,192.0.2.1,50": the way there and its metric are the service's. */
static gboolean
map_route(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *const *have = profile_list(draft->profile, PROFILE_NETWORK_REMOTE_NETWORKS);
    g_autofree char *before = g_strjoinv(";", (char **)have);
    g_autofree char *network = g_strndup(at->value, strcspn(at->value, ","));
    g_autofree char *all = g_strconcat(before, ";", network, NULL);

    return draft_set(draft, at, PROFILE_NETWORK_REMOTE_NETWORKS, all, error) &&
           draft_set(draft, at, PROFILE_NETWORK_ROUTES, "split", error);
}

static const DraftRow nm_rows[] = {
    {"[connection] id", map_id, 0, NULL},
    {"[connection] uuid", draft_map_field, PROFILE_CONNECTION_UUID, NULL},
    {"[connection] type", map_id, 0, NULL},
    {"[connection] autoconnect", draft_map_choice, PROFILE_CONNECTION_AUTOCONNECT,
     "false=- true=true"},
    {"[connection] permissions", NULL, 0, "who may connect: profiles belong to who imports them"},
    {"[ipv4] method", map_id, 0, NULL},
    {"[ipv6] method", NULL, 0, "the gateway decides; see network.ipv6"},
    {"[ipv4] never-default", map_routes, 0, NULL},
    {"[ipv4] dns", draft_map_field, PROFILE_NETWORK_DNS, NULL},
    {"[ipv4] dns-search", draft_map_field, PROFILE_NETWORK_DOMAINS, NULL},
    {"service-type", map_id, 0, NULL},
    {"persistent", draft_map_choice, PROFILE_CONNECTION_RECONNECT, "true=- false=false"},
    {"user-name", draft_map_field, PROFILE_LOGIN_USER, NULL},
    {"Xauth password-flags", draft_map_choice, PROFILE_LOGIN_SAVE_PASSWORD,
     "0=always 1=- 2=never 3=never 4=never"},
    {"xauth-password-type", NULL, 0, ""},
    {"ipsec-secret-type", NULL, 0, ""},
    {"IPSec secret-flags", NULL, 0, "the group password is stored with the profile"},
    {NULL},
};

static const DraftRow coati_secret_rows[] = {
    {"password", draft_map_secret, PROFILE_SECRETS_PASSWORD, NULL},
    {"group-password", draft_map_secret, PROFILE_SECRETS_GROUP_PASSWORD, NULL},
    {"private-key", draft_map_secret, PROFILE_SECRETS_PRIVATE_KEY, NULL},
    {"password-flags", NULL, 0, ""},
    {"group-password-flags", NULL, 0, ""},
    {"private-key-flags", NULL, 0, ""},
    {NULL},
};

static gboolean
is_in(const DraftRow *rows, const char *key)
{
    for (; rows->key != NULL; rows++)
        if (g_ascii_strcasecmp(rows->key, key) == 0)
            return TRUE;
    return FALSE;
}

/* own: the plugin's table. Splits the pairs, so that each table sees its own. */
static gboolean
apply_both(ImportDraft *draft, const DraftRow *own, GError **error)
{
    GArray *all = draft->pairs;
    g_autoptr(GArray) here = g_array_new(FALSE, TRUE, sizeof(DraftPair));
    g_autoptr(GArray) there = g_array_new(FALSE, TRUE, sizeof(DraftPair));
    gboolean is_good;

    for (guint i = 0; i < all->len; i++) {
        DraftPair pair = g_array_index(all, DraftPair, i);
        gboolean is_route = g_str_has_prefix(pair.key, "[ipv4] route") &&
                            g_ascii_isdigit(pair.key[strlen("[ipv4] route")]) &&
                            strchr(pair.key, '_') == NULL;

        if (is_route && pair.value[0] != '\0' && !map_route(draft, NULL, &pair, error))
            return FALSE;
        if (!is_route)
            g_array_append_val(pair.key[0] == '[' || is_in(nm_rows, pair.key) ? here : there, pair);
    }
    draft->pairs = there;
    is_good = draft_apply(draft, own, error);
    draft->pairs = here;
    is_good = is_good && draft_apply(draft, nm_rows, error);
    draft->pairs = all;
    return is_good;
}

/* Fields by their own names. */
static gboolean
apply_coati(ImportDraft *draft, GError **error)
{
    g_autoptr(GArray) rows = g_array_new(TRUE, TRUE, sizeof(DraftRow));

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        DraftRow row = {profile_field_info((ProfileField)i)->name, draft_map_field, (ProfileField)i,
                        NULL};

        if (profile_field_info((ProfileField)i)->type != PROFILE_TYPE_SECRET)
            g_array_append_val(rows, row);
    }
    g_array_append_vals(rows, coati_secret_rows, G_N_ELEMENTS(coati_secret_rows));
    return apply_both(draft, (const DraftRow *)(gpointer)rows->data, error);
}

static gboolean
parse_service(ImportDraft *draft, GError **error)
{
    const DraftPair *service = draft_find(draft, "service-type");
    const char *type = draft_value(draft, "[connection] type");
    const char *id = draft_value(draft, "[connection] id");
    g_autofree char *name = id != NULL ? g_strdup(id) : import_base_name(draft->origin);

    if (service == NULL)
        return import_fail(error, draft->origin, 0,
                           "a connection of NetworkManager of type \"%.40s\", not a VPN of its "
                           "vpnc plugin",
                           type != NULL ? type : "");
    if (strcmp(service->value, SERVICES "vpnc") == 0) {
        if (!apply_both(draft, vpnc_rows, error))
            return FALSE;
        vpnc_finish(draft);
    } else if (strcmp(service->value, SERVICES "coati") == 0) {
        if (!apply_coati(draft, error))
            return FALSE;
    } else {
        return draft_fail(draft, service, error, "\"%.80s\": %s", service->value,
                          strstr(service->value, "strongswan") != NULL
                              ? "this is IKEv2; keep it in NetworkManager's strongSwan plugin"
                              : "only connections of the vpnc plugin can be imported");
    }
    return draft_finish(draft, name, error);
}

gboolean
import_nm_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                GError **error)
{
    GStringChunk *names = g_string_chunk_new(1024);
    ImportDraft draft;
    gboolean is_good;

    draft_open(&draft, import, files, origin, text);
    is_good = read_pairs(&draft, names, error) && parse_service(&draft, error);
    if (is_good)
        draft_deliver(&draft);
    draft_close(&draft);
    g_string_chunk_free(names);
    return is_good;
}

gboolean
import_nm_detect(const char *text)
{
    return import_has_line(text, "[connection]", NULL) && import_has_line(text, "type", "=") &&
           (import_has_line(text, "uuid", "=") || import_has_line(text, "service-type", "="));
}
