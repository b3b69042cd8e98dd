/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * .vpn of Shrew Soft's client, versions 2 to 4: lines "n:key:number", "s:key:text" and
 * "b:key:base64". It is the format nearest to a profile.
 */
#include "profile/draft.h"
#include "profile/shrew-map.h"

#include <string.h>

static gboolean
map_ike_port(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "500") == 0)
        return TRUE;
    return draft_note(draft, at, IMPORT_NOTE_WARNING,
                      "port %s is not supported; gateways are asked at 500 and 4500", at->value);
}

static gboolean
map_natt_mode(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "force-cisco-udp") == 0)
        draft_note(draft, at, IMPORT_NOTE_WARNING,
                   "Cisco's own encapsulation is not supported; the standard one is used");
    return draft_map_choice(draft, row, at, error);
}

static gboolean
map_auto_mode(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "dhcp") == 0)
        return draft_note(draft, at, IMPORT_NOTE_WARNING,
                          "DHCP over IPsec is not supported; Mode Config is asked");
    return draft_map_choice(draft, row, at, error);
}

static gboolean
map_addr_auto(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "0") != 0)
        return TRUE;
    return draft_note(draft, at, IMPORT_NOTE_WARNING,
                      "an address of one's own choice is not supported; the gateway gives it");
}

static gboolean
map_dpd(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "0") != 0)
        return draft_note(draft, at, IMPORT_NOTE_MAPPED, "on as by default");
    return draft_set(draft, at, PROFILE_IKE_DPD_DELAY, "0", error);
}

static gboolean
map_dns_used(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "0") != 0)
        return TRUE;
    return draft_set(draft, at, PROFILE_NETWORK_DNS, "off", error);
}

/* Several "s:client-dns-addr", or one list. */
static gboolean
map_dns_addr(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_strcmp0(draft_value(draft, "client-dns-auto"), "1") == 0)
        return draft_note(draft, at, IMPORT_NOTE_DROPPED, "client-dns-auto is 1");
    return draft_set(draft, at, PROFILE_NETWORK_DNS, at->value, error);
}

static gboolean
map_domains(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *const *have = profile_list(draft->profile, PROFILE_NETWORK_DOMAINS);
    g_autofree char *before = g_strjoinv(";", (char **)have);
    g_autofree char *all = g_strconcat(before, ";", at->value, NULL);

    return draft_set(draft, at, PROFILE_NETWORK_DOMAINS, all, error);
}

static gboolean
map_own_id(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *data = draft_value(draft, "ident-client-data");
    g_autofree char *dn = NULL;

    if (strcmp(at->value, "none") == 0)
        return TRUE;
    if (strcmp(at->value, "asn1dn") == 0 && data != NULL)
        data = dn = draft_turn_dn(data);
    if (data != NULL && !draft_set(draft, at, PROFILE_IDENTITY_OWN_ID, data, error))
        return FALSE;
    return draft_map_choice(draft, row, at, error);
}

static gboolean
map_server_id(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    const char *data = draft_value(draft, "ident-server-data");
    g_autofree char *dn = NULL;

    if (strcmp(at->value, "any") == 0)
        return TRUE;
    if (strcmp(at->value, "address") == 0 && data == NULL)
        data = draft_value(draft, "network-host");
    if (data == NULL)
        return draft_note(draft, at, IMPORT_NOTE_MISSING,
                          "names no identity; set identity.gateway-id");
    if (strcmp(at->value, "asn1dn") == 0)
        data = dn = draft_turn_dn(data);
    else if (strcmp(at->value, "fqdn") != 0 && strcmp(at->value, "address") != 0)
        return draft_note(draft, at, IMPORT_NOTE_MISSING,
                          "this type cannot be checked in a certificate; set identity.gateway-id");
    return draft_set(draft, at, PROFILE_IDENTITY_GATEWAY_ID, data, error);
}

static Secret *
decode(const ImportDraft *draft, const DraftPair *at, GError **error)
{
    gsize length = strlen(at->value);
    gsize digits = strspn(at->value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789+/");
    g_autoptr(Secret) octets = secret_new_zero(length / 4 * 3 + 3);
    gint state = 0;
    guint save = 0;
    gsize decoded;

    if (digits + strspn(at->value + digits, "=") != length || length % 4 != 0) {
        draft_fail(draft, at, error, "not base64, or cut off");
        return NULL;
    }
    decoded = g_base64_decode_step(at->value, length, secret_edit(octets), &state, &save);
    return secret_new(secret_data(octets), decoded);
}

static gboolean
map_psk(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    Secret *secret = decode(draft, at, error);

    return secret != NULL && draft_take_secret(draft, at, row->field, secret, error);
}

static gboolean
map_certificate(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_autoptr(Secret) octets = decode(draft, at, error);
    gboolean is_key = row->field == PROFILE_SECRETS_PRIVATE_KEY;
    g_autofree char *pem = NULL;
    gboolean is_good;

    if (octets == NULL)
        return FALSE;
    pem = draft_pem(secret_data(octets), secret_length(octets),
                    is_key ? "RSA PRIVATE KEY" : "CERTIFICATE");
    if (pem == NULL)
        return draft_fail(draft, at, error, "neither PEM nor DER");
    if (!is_key)
        return draft_set(draft, at, row->field, pem, error);
    is_good = draft_take_secret(draft, at, row->field, secret_new_text(pem), error);
    explicit_bzero(pem, strlen(pem));
    return is_good;
}

static gboolean
map_pfs(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "-1") == 0)
        return draft_set(draft, at, PROFILE_ESP_PFS, "off", error);
    if (strcmp(at->value, "0") == 0)
        return draft_note(draft, at, IMPORT_NOTE_MAPPED, "-> esp.pfs = auto as by default");
    return draft_map_group(draft, row, at, error);
}

static gboolean
map_policy_auto(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "0") == 0 && draft_value(draft, "policy-list-include") == NULL)
        return draft_note(draft, at, IMPORT_NOTE_MAPPED, "-> network.routes as by default");
    return TRUE;
}

#define STORE "only a name beside the data"
#define WINS "WINS is not supported"

static const DraftRow rows[] = {
    {"version", NULL, 0, ""},
    {"network-host", draft_map_field, PROFILE_CONNECTION_GATEWAY, NULL},
    {"network-ike-port", map_ike_port, 0, NULL},
    {"network-mtu-size", draft_map_field, PROFILE_ESP_MTU, NULL},
    {"network-natt-mode", map_natt_mode, PROFILE_IKE_NAT_TRAVERSAL,
     "disable=off enable=auto force=force force-draft=force force-rfc=force force-cisco-udp=force"},
    {"network-natt-port", NULL, 0, ""},
    {"network-natt-rate", draft_map_field, PROFILE_IKE_KEEPALIVE, NULL},
    {"network-frag-mode", draft_map_choice, PROFILE_IKE_FRAGMENTATION,
     "disable=off enable=on force=force"},
    {"network-frag-size", draft_map_field, PROFILE_IKE_FRAGMENT_SIZE, NULL},
    {"network-dpd-enable", map_dpd, 0, NULL},
    {"network-notify-enable", NULL, 0, "the gateway's reasons are always shown"},
    {"client-auto-mode", map_auto_mode, PROFILE_IKE_CONFIG_MODE,
     "disabled=off push=push pull=pull"},
    {"client-iface", NULL, 0, "the service makes its own interface"},
    {"client-addr-auto", map_addr_auto, 0, NULL},
    {"client-ip-addr", NULL, 0, "the gateway gives the address"},
    {"client-ip-mask", NULL, 0, "the gateway gives the address"},
    {"client-banner-enable", NULL, 0, "the gateway's banner is always shown"},
    {"client-dns-used", map_dns_used, 0, NULL},
    {"client-dns-auto", NULL, 0, ""},
    {"client-dns-addr", map_dns_addr, 0, NULL},
    {"client-dns-suffix-auto", NULL, 0, ""},
    {"client-dns-suffix", map_domains, 0, NULL},
    {"client-splitdns-used", NULL, 0, "the gateway's domains are always used"},
    {"client-splitdns-auto", NULL, 0, ""},
    {"client-splitdns-list", map_domains, 0, NULL},
    {"client-wins-used", NULL, 0, WINS},
    {"client-wins-auto", NULL, 0, WINS},
    {"client-wins-addr", NULL, 0, WINS},
    {"client-saved-username", draft_map_field, PROFILE_LOGIN_USER, NULL},
    {"auth-method", draft_map_choice, PROFILE_CONNECTION_METHOD,
     "hybrid-rsa-xauth=hybrid-rsa hybrid-grp-xauth=hybrid-rsa mutual-rsa-xauth=xauth-rsa "
     "mutual-psk-xauth=xauth-psk mutual-rsa=rsa mutual-psk=psk"},
    {"auth-server-cert-name", NULL, 0, STORE},
    {"auth-server-cert-data", map_certificate, PROFILE_IDENTITY_CA, NULL},
    {"auth-client-cert-name", NULL, 0, STORE},
    {"auth-client-cert-data", map_certificate, PROFILE_IDENTITY_CERTIFICATE, NULL},
    {"auth-client-key-name", NULL, 0, STORE},
    {"auth-client-key-data", map_certificate, PROFILE_SECRETS_PRIVATE_KEY, NULL},
    {"auth-mutual-psk", map_psk, PROFILE_SECRETS_GROUP_PASSWORD, NULL},
    {"ident-client-type", map_own_id, PROFILE_IDENTITY_OWN_ID_TYPE,
     "asn1dn=dn keyid=key-id fqdn=fqdn ufqdn=user-fqdn address=address"},
    {"ident-client-data", NULL, 0, ""},
    {"ident-server-type", map_server_id, 0, NULL},
    {"ident-server-data", NULL, 0, ""},
    {"phase1-exchange", draft_map_choice, PROFILE_CONNECTION_MODE,
     "aggressive=aggressive main=main"},
    {"phase1-cipher", NULL, 0, ""},
    {"phase1-keylen", NULL, 0, ""},
    {"phase1-hash", NULL, 0, ""},
    {"phase1-dhgroup", NULL, 0, ""},
    {"phase1-life-secs", draft_map_field, PROFILE_IKE_LIFETIME, NULL},
    {"phase1-life-kbytes", NULL, 0, "lifetimes are in time"},
    {"phase2-transform", NULL, 0, ""},
    {"phase2-keylen", NULL, 0, ""},
    {"phase2-hmac", NULL, 0, ""},
    {"phase2-pfsgroup", map_pfs, PROFILE_ESP_PFS, NULL},
    {"phase2-life-secs", draft_map_field, PROFILE_ESP_LIFETIME, NULL},
    {"phase2-life-kbytes", NULL, 0, "lifetimes are in time"},
    {"ipcomp-transform", NULL, 0, "compression is not supported"},
    {"policy-level", NULL, 0, "the service makes its policies"},
    {"policy-nailed", NULL, 0, "see connection.reconnect"},
    {"policy-list-auto", map_policy_auto, 0, NULL},
    {"policy-list-include", draft_map_networks, PROFILE_NETWORK_REMOTE_NETWORKS, NULL},
    {"policy-list-exclude", draft_map_networks, PROFILE_NETWORK_EXCLUDE, NULL},
    {"vendor-chkpt-enable", NULL, 0, "gateways are told apart by what they send"},
    {NULL},
};

/* Lists may be spread over lines of the same key: they become one value of the first. */
static gboolean
is_list(const char *key)
{
    static const char *const lists[] = {"client-dns-addr", "client-splitdns-list",
                                        "policy-list-include", "policy-list-exclude"};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        if (strcmp(key, lists[i]) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
add(ImportDraft *draft, GStringChunk *joined, char *key, char *value, guint line, GError **error)
{
    g_autofree char *all = NULL;

    for (guint i = 0; i < draft->pairs->len && is_list(key); i++) {
        DraftPair *pair = &g_array_index(draft->pairs, DraftPair, i);

        if (strcmp(pair->key, key) != 0)
            continue;
        if (strlen(pair->value) > 65536)
            return draft_fail(draft, pair, error, "the list is too long");
        all = g_strdup_printf("%s;%s", pair->value, value);
        pair->value = g_string_chunk_insert(joined, all);
        return TRUE;
    }
    return draft_add(draft, key, value, line, error);
}

static gboolean
read_pairs(ImportDraft *draft, GStringChunk *joined, GError **error)
{
    char *at = draft->text;
    char *line;

    for (guint number = 1; (line = draft_next_line(&at)) != NULL; number++) {
        char *key = line[0] != '\0' && line[1] == ':' ? line + 2 : NULL;
        char *colon = key != NULL ? strchr(key, ':') : NULL;
        char *value = colon != NULL ? colon + 1 : NULL;

        if (line[0] == '\0')
            continue;
        if (value == NULL || strchr("nsb", line[0]) == NULL)
            return import_fail(error, draft->origin, number,
                               "not \"n:key:number\", \"s:key:text\" or \"b:key:base64\"");
        *colon = '\0';
        if (line[0] == 'n' && value[0] != '\0' && strspn(value, "-0123456789") != strlen(value))
            return import_fail(error, draft->origin, number, "%.60s: not a number", key);
        if (!add(draft, joined, key, value, number, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
parse_pairs(ImportDraft *draft, GError **error)
{
    g_autofree char *name = import_base_name(draft->origin);
    const char *method = draft_value(draft, "auth-method");

    if (method == NULL)
        return import_fail(error, draft->origin, 0, "there is no auth-method");
    return draft_apply(draft, rows, error) && shrew_suites(draft, error) &&
           draft_finish(draft, name, error);
}

gboolean
import_shrew_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                   GError **error)
{
    GStringChunk *joined = g_string_chunk_new(1024);
    ImportDraft draft;
    gboolean is_good;

    draft_open(&draft, import, files, origin, text);
    is_good = read_pairs(&draft, joined, error) && parse_pairs(&draft, error);
    if (is_good)
        draft_deliver(&draft);
    draft_close(&draft);
    g_string_chunk_free(joined);
    return is_good;
}

gboolean
import_shrew_detect(const char *text)
{
    g_autofree char *first = import_first_line(text, "");

    return first != NULL && first[0] != '\0' && strchr("nsb", first[0]) != NULL &&
           first[1] == ':' && strchr(first + 2, ':') != NULL;
}
