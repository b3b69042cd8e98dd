/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/swan-map.h"

#include <string.h>

static gboolean
is_no(const char *value)
{
    return g_ascii_strcasecmp(value, "no") == 0 || strcmp(value, "0") == 0 ||
           g_ascii_strcasecmp(value, "false") == 0;
}

/* "30", "30s", "5m", "4h", "1d". */
static gboolean
map_time(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    static const char units[] = "smhd";
    static const guint seconds[] = {1, 60, 3600, 86400};
    char *end = NULL;
    guint64 number = g_ascii_strtoull(at->value, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : units;
    g_autofree char *text = NULL;

    if (end == at->value || unit == NULL || number > 1000000000)
        return draft_fail(draft, at, error, "not a time such as 4h");
    number *= seconds[unit - units];
    if (number == 0 && row->field != PROFILE_IKE_DPD_DELAY)
        return draft_note(draft, at, IMPORT_NOTE_DROPPED, "never; the default stays");
    text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    return draft_set(draft, at, row->field, text, error);
}

static gboolean
map_gateway(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_autofree char *first = g_strndup(at->value, strcspn(at->value, ", "));
    const char *rest = at->value + strlen(first);

    rest += strspn(rest, ", ");
    if (first[0] == '%')
        return draft_note(draft, at, IMPORT_NOTE_MISSING,
                          "names no gateway; set connection.gateway");
    return draft_set(draft, at, PROFILE_CONNECTION_GATEWAY, first, error) &&
           (rest[0] == '\0' ||
            draft_set(draft, at, PROFILE_CONNECTION_BACKUP_GATEWAYS, rest, error));
}

static gboolean
map_port(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "500") == 0 || strcmp(at->value, "4500") == 0)
        return TRUE;
    return draft_note(draft, at, IMPORT_NOTE_WARNING,
                      "other ports than 500 and 4500 are not supported");
}

static gboolean
map_switch(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_auto(GStrv) words = g_strsplit(row->words, " ", 2);
    const char *word = words[is_no(at->value) ? 0 : 1];

    return strcmp(word, "-") == 0 || draft_set(draft, at, row->field, word, error);
}

static gboolean
map_fragmentation(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "force") == 0)
        return draft_set(draft, at, row->field, "force", error);
    return !is_no(at->value) || draft_set(draft, at, row->field, "off", error);
}

static const struct {
    const char *theirs;
    const char *ours;
} spellings[] = {
    {"aes", "aes128"},
    {"sha", "sha1"},
    {"sha2", "sha256"},
    {"sha2_256", "sha256"},
    {"sha2_384", "sha384"},
    {"sha2_512", "sha512"},
    {"curve25519", "x25519"},
    {"dh2", "modp1024"},
    {"dh5", "modp1536"},
    {"dh14", "modp2048"},
    {"aes256gcm128", "aes256gcm16"},
    {"aes128gcm128", "aes128gcm16"},
    {"aes256gcm", "aes256gcm16"},
    {"aes128gcm", "aes128gcm16"},
};

static const char *
respell(const char *part)
{
    for (guint i = 0; i < G_N_ELEMENTS(spellings); i++)
        if (g_ascii_strcasecmp(part, spellings[i].theirs) == 0)
            return spellings[i].ours;
    return part;
}

/* In our spelling; a group of an ESP proposal goes to ret_pfs. */
static char *
translate(const char *proposal, gboolean is_esp, char **ret_pfs)
{
    g_auto(GStrv) parts = g_strsplit_set(proposal, "-;", 8);
    GString *ours = g_string_new(NULL);

    for (guint i = 0; parts[i] != NULL; i++) {
        const char *part = respell(parts[i]);
        SuiteGroup group;

        if (is_esp && i > 0 && !g_ascii_isdigit(part[0]) && suite_group_parse(part, &group)) {
            g_free(*ret_pfs);
            *ret_pfs = g_strdup(part);
        } else if (!(is_esp && (strcmp(part, "noesn") == 0 || strcmp(part, "esn") == 0))) {
            g_string_append_printf(ours, "%s%s", i > 0 ? "-" : "", part);
        }
    }
    return g_string_free(ours, FALSE);
}

static gboolean
is_suite(const char *text, gboolean is_esp)
{
    SuitePhase1 phase1;
    SuiteEsp esp;

    return is_esp ? suite_esp_parse(text, &esp) : suite_phase1_parse(text, &phase1);
}

static gboolean
map_proposals(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    gboolean is_esp = row->field == PROFILE_ESP_PROPOSALS;
    g_auto(GStrv) items = g_strsplit_set(at->value, ", !\t", -1);
    g_autoptr(GString) list = g_string_new(NULL);
    g_autofree char *pfs = NULL;

    for (guint i = 0; items[i] != NULL; i++) {
        g_autofree char *ours = NULL;

        if (items[i][0] == '\0' || strcmp(items[i], "default") == 0)
            continue;
        ours = translate(items[i], is_esp, &pfs);
        if (is_suite(ours, is_esp))
            g_string_append_printf(list, "%s%s", list->len > 0 ? ";" : "", ours);
        else
            draft_note(draft, at, IMPORT_NOTE_DROPPED, "\"%.60s\" is not supported", items[i]);
    }
    if (list->len == 0 && strstr(at->value, "default") == NULL)
        return draft_fail(draft, at, error, "none of these algorithms is supported");
    return (list->len == 0 || draft_set(draft, at, row->field, list->str, error)) &&
           (pfs == NULL || draft_set(draft, at, PROFILE_ESP_PFS, pfs, error));
}

static gboolean
map_own_id(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    static const char *const prefixes[][2] = {{"keyid:", "key-id"},
                                              {"fqdn:", "fqdn"},
                                              {"userfqdn:", "user-fqdn"},
                                              {"email:", "user-fqdn"},
                                              {"asn1dn:", "dn"}};
    const char *value = at->value;
    const char *type = NULL;
    g_autofree char *dn = NULL;
    NetAddress address;

    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(value, prefixes[i][0])) {
            value += strlen(prefixes[i][0]);
            type = prefixes[i][1];
        }
    if (value[0] == '%')
        return TRUE;
    if (type == NULL && net_address_parse(value, &address))
        type = "address";
    else if (type == NULL && g_str_has_prefix(value, "@#"))
        return draft_note(draft, at, IMPORT_NOTE_MISSING,
                          "a key ID in hexadecimal; set identity.own-id");
    else if (type == NULL && strchr(value, '=') != NULL)
        type = "dn";
    else if (type == NULL)
        type = strchr(value + (value[0] == '@'), '@') != NULL ? "user-fqdn" : "fqdn";
    value += value[0] == '@';
    if (strcmp(type, "dn") == 0)
        value = dn = draft_turn_dn(value);
    return draft_set(draft, at, PROFILE_IDENTITY_OWN_ID, value, error) &&
           draft_set(draft, at, PROFILE_IDENTITY_OWN_ID_TYPE, type, error);
}

static gboolean
map_gateway_id(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *value = at->value + (at->value[0] == '@');
    g_autofree char *dn = NULL;

    if (value[0] == '%')
        return TRUE;
    if (strchr(value, '*') != NULL || strchr(value, '@') != NULL || strchr(value, ':') == value)
        return draft_note(draft, at, IMPORT_NOTE_MISSING,
                          "only one whole name, address or DN can be checked; set "
                          "identity.gateway-id");
    if (strchr(value, '=') != NULL)
        value = dn = draft_turn_dn(value);
    return draft_set(draft, at, PROFILE_IDENTITY_GATEWAY_ID, value, error);
}

/* Names of certificates are meant in a folder of swanctl. */
static gboolean
map_certificates(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_auto(GStrv) names = g_strsplit_set(at->value, ", ", -1);
    g_autoptr(GString) all = g_string_new(NULL);

    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *path = NULL;
        g_autoptr(Secret) content = NULL;
        g_autofree char *pem = NULL;

        if (names[i][0] == '\0')
            continue;
        path = g_path_is_absolute(names[i]) ? g_strdup(names[i])
                                            : g_build_filename(row->words, names[i], NULL);
        content = draft_read(draft, at, path, row->field);
        if (content == NULL)
            continue;
        pem = draft_pem(secret_data(content), secret_length(content), "CERTIFICATE");
        if (pem == NULL)
            return draft_fail(draft, at, error, "\"%.60s\" has no certificate", names[i]);
        g_string_append_printf(all, "%s\n", pem);
    }
    return all->len == 0 || draft_set(draft, at, row->field, all->str, error);
}

/* The gateway's own certificate: nothing else is accepted. */
static gboolean
map_pin(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_autoptr(Profile) scratch = profile_new();
    const DraftRow into = {row->key, NULL, PROFILE_IDENTITY_CA, row->words};
    ImportDraft reading = *draft;
    g_autoptr(GPtrArray) der = NULL;
    g_autofree char *sum = NULL;

    reading.profile = scratch;
    if (!map_certificates(&reading, &into, at, error))
        return FALSE;
    der = profile_der(scratch, PROFILE_IDENTITY_CA);
    if (der->len == 0)
        return TRUE;
    sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der->pdata[0]);
    return draft_set(draft, at, PROFILE_IDENTITY_PINNED_SHA256, sum, error);
}

static gboolean
map_revocation(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return strcmp(at->value, "strict") != 0 ||
           draft_set(draft, at, PROFILE_IDENTITY_REQUIRE_CRL, "true", error);
}

static gboolean
map_networks(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return strcmp(at->value, "dynamic") == 0 || draft_map_networks(draft, row, at, error);
}

#define WHEN "when to connect is up to the user; see connection.autoconnect"

static const DraftRow rows[] = {
    {"version", NULL, 0, ""},
    {"remote_addrs", map_gateway, 0, NULL},
    {"local_addrs", NULL, 0, "the route to the gateway decides"},
    {"remote_port", map_port, 0, NULL},
    {"local_port", draft_map_field, PROFILE_IKE_LOCAL_PORT, NULL},
    {"aggressive", map_switch, PROFILE_CONNECTION_MODE, "main aggressive"},
    {"encap", map_switch, PROFILE_IKE_NAT_TRAVERSAL, "- force"},
    {"vips", NULL, 0, ""},
    {"pull", map_switch, PROFILE_IKE_CONFIG_MODE, "push pull"},
    {"fragmentation", map_fragmentation, PROFILE_IKE_FRAGMENTATION, NULL},
    {"proposals", map_proposals, PROFILE_IKE_PROPOSALS, NULL},
    {"dpd_delay", map_time, PROFILE_IKE_DPD_DELAY, NULL},
    {"dpd_timeout", NULL, 0, "see ike.dpd-retry and ike.dpd-max-failures"},
    {"rekey_time", map_time, PROFILE_IKE_LIFETIME, NULL},
    {"reauth_time", map_time, PROFILE_IKE_LIFETIME, NULL},
    {"over_time", NULL, 0, ""},
    {"rand_time", NULL, 0, ""},
    {"unique", NULL, 0, "the gateway decides"},
    {"keyingtries", NULL, 0, "see connection.reconnect"},
    {"mobike", NULL, 0, "MOBIKE is of IKEv2"},
    {"send_cert", NULL, 0, "the own certificate is sent where it is needed"},
    {"send_certreq", NULL, 0, "sent where it is needed"},
    {"local.auth", NULL, 0, ""},
    {"local.round", NULL, 0, ""},
    {"local.id", map_own_id, 0, NULL},
    {"local.certs", map_certificates, PROFILE_IDENTITY_CERTIFICATE, "x509"},
    {"xauth.auth", NULL, 0, ""},
    {"xauth.round", NULL, 0, ""},
    {"xauth.xauth_id", draft_map_field, PROFILE_LOGIN_USER, NULL},
    {"xauth.id", map_own_id, 0, NULL},
    {"remote.auth", NULL, 0, ""},
    {"remote.round", NULL, 0, ""},
    {"remote.id", map_gateway_id, 0, NULL},
    {"remote.cacerts", map_certificates, PROFILE_IDENTITY_CA, "x509ca"},
    {"remote.certs", map_pin, PROFILE_IDENTITY_PINNED_SHA256, "x509"},
    {"remote.revocation", map_revocation, 0, NULL},
    {"child.remote_ts", map_networks, PROFILE_NETWORK_REMOTE_NETWORKS, NULL},
    {"child.local_ts", NULL, 0, "the gateway gives the address"},
    {"child.esp_proposals", map_proposals, PROFILE_ESP_PROPOSALS, NULL},
    {"child.rekey_time", map_time, PROFILE_ESP_LIFETIME, NULL},
    {"child.life_time", map_time, PROFILE_ESP_LIFETIME, NULL},
    {"child.mode", NULL, 0, "tunnel mode always"},
    {"child.ipcomp", NULL, 0, "compression is not supported"},
    {"child.updown", NULL, 0, "not needed: the service sets addresses, routes and DNS"},
    {"child.start_action", NULL, 0, WHEN},
    {"child.close_action", NULL, 0, WHEN},
    {"child.dpd_action", NULL, 0, WHEN},
    {NULL},
};

static gboolean
has_prefix(const char *value, const char *prefix)
{
    return value != NULL && g_str_has_prefix(value, prefix);
}

gboolean
swan_is_remote_access(const ImportDraft *draft)
{
    return draft_value(draft, "vips") != NULL || draft_value(draft, "xauth.auth") != NULL;
}

/* strongSwan's words are for each side and round; a method is all of them. */
static gboolean
set_method(ImportDraft *draft, GError **error)
{
    const DraftPair *local = draft_find(draft, "local.auth");
    const DraftPair *remote = draft_find(draft, "remote.auth");
    gboolean has_xauth = draft_value(draft, "xauth.auth") != NULL;
    gboolean is_psk = remote != NULL && strcmp(remote->value, "psk") == 0;
    const char *method = NULL;

    if (remote != NULL && !is_psk && !has_prefix(remote->value, "pubkey") &&
        !has_prefix(remote->value, "rsa") && !has_prefix(remote->value, "pub"))
        return draft_fail(draft, remote, error,
                          "the gateway can show a certificate (pubkey) or the group password "
                          "(psk) only");
    if (local == NULL && has_xauth && !is_psk)
        method = "hybrid-rsa";
    else if (local == NULL)
        method = is_psk ? (has_xauth ? "xauth-psk" : "psk") : (has_xauth ? "xauth-rsa" : "rsa");
    else if (strcmp(local->value, "psk") == 0 && (is_psk || remote == NULL))
        method = has_xauth ? "xauth-psk" : "psk";
    else if ((has_prefix(local->value, "pubkey") || has_prefix(local->value, "rsa")) && !is_psk)
        method = has_xauth ? "xauth-rsa" : "rsa";
    if (method == NULL)
        return draft_fail(draft, local, error,
                          "this and the gateway's authentication are no "
                          "method of IKEv1");
    return draft_set(draft, local != NULL ? local : draft_find(draft, "remote_addrs"),
                     PROFILE_CONNECTION_METHOD, method, error);
}

gboolean
swan_apply(ImportDraft *draft, GError **error)
{
    const DraftPair *gateway = draft_find(draft, "remote_addrs");

    if (gateway == NULL)
        return import_fail(error, draft->origin, 0, "the connection names no gateway");
    if (draft_value(draft, "aggressive") == NULL)
        profile_set(draft->profile, PROFILE_CONNECTION_MODE, "main", NULL);
    if (draft_value(draft, "vips") == NULL)
        profile_set(draft->profile, PROFILE_IKE_CONFIG_MODE, "off", NULL);
    if (!set_method(draft, error) || !draft_apply(draft, rows, error))
        return FALSE;
    /* strongSwan takes what it connects to for the gateway's identity. */
    if (draft_value(draft, "remote.id") == NULL &&
        profile_is_set(draft->profile, PROFILE_CONNECTION_GATEWAY) &&
        !profile_needs_group_password(draft->profile))
        return draft_set(draft, gateway, PROFILE_IDENTITY_GATEWAY_ID,
                         profile_text(draft->profile, PROFILE_CONNECTION_GATEWAY), error);
    return TRUE;
}
