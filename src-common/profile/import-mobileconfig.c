/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration profiles of Apple's systems (.mobileconfig): each VPN payload of type IPSec becomes
 * a profile. Certificate payloads beside it are its authorities. A LocalIdentifier that ends with
 * "hybrid" or, as it is written mostly, "[hybrid]" means hybrid authentication.
 */
#include "profile/draft.h"
#include "profile/plist.h"

#include <string.h>

#define TYPE_VPN "com.apple.vpn.managed"
#define HYBRID "[hybrid]"

/* What a payload of another VPNType is. */
static const char *const other_types[][2] = {
    {"IKEv2", "IKEv2 is not supported here; strongSwan's plugin of NetworkManager is for it"},
    {"L2TP", "L2TP is not supported"},
    {"PPTP", "PPTP is not supported, and broken"},
    {"VPN", "a VPN of another program"},
    {"AlwaysOn", "IKEv2 is not supported here"},
    {"TransparentProxy", "a proxy, not a VPN"},
};

typedef struct {
    Import *import;
    const ImportFiles *files;
    const char *origin;
    const PlistNode *payloads;
} Context;

/* A pair for notes and errors: the place of a value. */
static DraftPair
place(const PlistNode *node, const char *key)
{
    const PlistNode *child = plist_get(node, key);

    return (DraftPair){key, "", child != NULL ? child->line : node->line};
}

static gboolean
set_key(ImportDraft *draft, const PlistNode *node, const char *key, ProfileField field,
        GError **error)
{
    const char *text = plist_text(node, key);
    DraftPair at = place(node, key);

    return text == NULL || text[0] == '\0' || draft_set(draft, &at, field, text, error);
}

static gboolean
is_on(const PlistNode *node, const char *key)
{
    const char *text = plist_text(node, key);

    return text != NULL && strcmp(text, "0") != 0 && strcmp(text, "") != 0;
}

/* <data>: NULL with error when it is damaged. */
static Secret *
decode_data(const ImportDraft *draft, const PlistNode *node, GError **error)
{
    const char *text = node->kind == PLIST_SCALAR ? node->text->str : "";
    DraftPair at = {node->key != NULL ? node->key : "data", "", node->line};
    gsize length = strlen(text);
    gsize digits = 0;
    g_autoptr(Secret) octets = secret_new_zero(length / 4 * 3 + 3);
    gint state = 0;
    guint save = 0;

    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(text[i]) && !g_ascii_isspace(text[i]) &&
            strchr("+/=", text[i]) == NULL) {
            draft_fail(draft, &at, error, "not base64");
            return NULL;
        }
        digits += !g_ascii_isspace(text[i]);
    }
    if (digits % 4 != 0) {
        draft_fail(draft, &at, error, "base64 that was cut off");
        return NULL;
    }
    length = g_base64_decode_step(text, length, secret_edit(octets), &state, &save);
    return secret_new(secret_data(octets), length);
}

static gboolean
take_shared_secret(ImportDraft *draft, const PlistNode *ipsec, GError **error)
{
    const PlistNode *node = plist_get(ipsec, "SharedSecret");
    DraftPair at = place(ipsec, "SharedSecret");
    Secret *secret;

    if (node == NULL)
        return TRUE;
    if (node->kind == PLIST_SCALAR && strcmp(node->type, "string") == 0)
        secret = secret_new_text(node->text->str);
    else
        secret = decode_data(draft, node, error);
    return secret != NULL &&
           draft_take_secret(draft, &at, PROFILE_SECRETS_GROUP_PASSWORD, secret, error);
}

/* Without a group name these clients use main mode. */
static gboolean
take_shared_method(ImportDraft *draft, const PlistNode *ipsec, GError **error)
{
    const char *group = plist_text(ipsec, "LocalIdentifier");
    DraftPair at = place(ipsec, "LocalIdentifier");
    gboolean is_hybrid =
        group != NULL && (g_str_has_suffix(group, "hybrid") || g_str_has_suffix(group, HYBRID));
    g_autofree char *name = g_strdup(group != NULL ? group : "");

    if (g_str_has_suffix(name, HYBRID))
        name[strlen(name) - strlen(HYBRID)] = '\0';
    g_strstrip(name);
    if (!draft_set(draft, &at, PROFILE_CONNECTION_METHOD,
                   is_hybrid ? "hybrid-rsa" : (is_on(ipsec, "XAuthEnabled") ? "xauth-psk" : "psk"),
                   error) ||
        !draft_set(draft, &at, PROFILE_CONNECTION_MODE, group != NULL ? "aggressive" : "main",
                   error))
        return FALSE;
    if (name[0] == '\0')
        return TRUE;
    return draft_set(draft, &at, PROFILE_IDENTITY_OWN_ID, name, error) &&
           draft_set(draft, &at, PROFILE_IDENTITY_OWN_ID_TYPE, "key-id", error);
}

static gboolean
take_method(ImportDraft *draft, const PlistNode *ipsec, GError **error)
{
    const char *method = plist_text(ipsec, "AuthenticationMethod");
    DraftPair at = place(ipsec, "AuthenticationMethod");

    if (method == NULL || strcmp(method, "SharedSecret") == 0)
        return take_shared_method(draft, ipsec, error);
    if (strcmp(method, "Certificate") != 0)
        return draft_fail(draft, &at, error, "neither SharedSecret nor Certificate");
    draft_note(draft, &at, IMPORT_NOTE_MISSING,
               "the own certificate is encrypted in its payload; take it out with openssl pkcs12 "
               "and set identity.certificate and secrets.private-key");
    return draft_set(draft, &at, PROFILE_CONNECTION_METHOD,
                     is_on(ipsec, "XAuthEnabled") ? "xauth-rsa" : "rsa", error) &&
           draft_set(draft, &at, PROFILE_CONNECTION_MODE, "main", error);
}

static gboolean
take_login(ImportDraft *draft, const PlistNode *ipsec, GError **error)
{
    const char *password = plist_text(ipsec, "XAuthPassword");
    DraftPair at = place(ipsec, "XAuthPassword");

    if (!set_key(draft, ipsec, "XAuthName", PROFILE_LOGIN_USER, error))
        return FALSE;
    if (password != NULL && password[0] != '\0' &&
        !draft_take_secret(draft, &at, PROFILE_SECRETS_PASSWORD, secret_new_text(password), error))
        return FALSE;
    at = place(ipsec, "XAuthPasswordEncryption");
    if (g_strcmp0(plist_text(ipsec, "XAuthPasswordEncryption"), "Prompt") == 0)
        return draft_set(draft, &at, PROFILE_LOGIN_SAVE_PASSWORD, "never", error);
    return TRUE;
}

static gboolean
take_list(ImportDraft *draft, const PlistNode *node, const char *key, ProfileField field,
          GError **error)
{
    const PlistNode *array = plist_get(node, key);
    g_autoptr(GString) list = g_string_new(NULL);
    DraftPair at = {key, "", array != NULL ? array->line : 0};

    if (array == NULL || array->kind != PLIST_ARRAY)
        return TRUE;
    for (guint i = 0; i < array->children->len; i++) {
        const PlistNode *item = array->children->pdata[i];

        if (item->kind == PLIST_SCALAR && item->text->len > 0)
            g_string_append_printf(list, "%s;", item->text->str);
    }
    return list->len == 0 || draft_set(draft, &at, field, list->str, error);
}

static gboolean
take_network(ImportDraft *draft, const PlistNode *payload, GError **error)
{
    const PlistNode *ipv4 = plist_get(payload, "IPv4");
    const PlistNode *dns = plist_get(payload, "DNS");
    DraftPair at = {"OverridePrimary", "", ipv4 != NULL ? ipv4->line : 0};

    if (is_on(ipv4, "OverridePrimary") &&
        !draft_set(draft, &at, PROFILE_NETWORK_ROUTES, "full", error))
        return FALSE;
    return take_list(draft, dns, "ServerAddresses", PROFILE_NETWORK_DNS, error) &&
           take_list(draft, dns, "SearchDomains", PROFILE_NETWORK_DOMAINS, error);
}

static gboolean
is_authority(const char *type)
{
    return g_strcmp0(type, "com.apple.security.root") == 0 ||
           g_strcmp0(type, "com.apple.security.pkcs1") == 0 ||
           g_strcmp0(type, "com.apple.security.pem") == 0;
}

static gboolean
take_authorities(ImportDraft *draft, const Context *context, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    DraftPair at = {"PayloadContent", "", 0};

    for (guint i = 0; i < context->payloads->children->len; i++) {
        const PlistNode *payload = context->payloads->children->pdata[i];
        const PlistNode *content = plist_get(payload, "PayloadContent");
        g_autoptr(Secret) octets = NULL;
        g_autofree char *pem = NULL;

        if (content == NULL || !is_authority(plist_text(payload, "PayloadType")))
            continue;
        at.line = content->line;
        octets = decode_data(draft, content, error);
        if (octets == NULL)
            return FALSE;
        pem = draft_pem(secret_data(octets), secret_length(octets), "CERTIFICATE");
        if (pem == NULL)
            return draft_fail(draft, &at, error, "neither a certificate in DER nor in PEM");
        g_string_append(all, pem);
        if (pem[strlen(pem) - 1] != '\n')
            g_string_append_c(all, '\n');
    }
    if (all->len == 0 || profile_needs_group_password(draft->profile))
        return TRUE;
    return draft_set(draft, &at, PROFILE_IDENTITY_CA, all->str, error);
}

/* Keys that have no place in a profile, with why. */
static const char *const dropped[][2] = {
    {"PromptForVPNPIN", "codes are asked for as the gateway wants"},
    {"DisconnectOnIdle", "a connection stays until it is ended"},
    {"DisconnectOnIdleTimer", "a connection stays until it is ended"},
    {"OnDemandEnabled", "see connection.autoconnect"},
    {"OnDemandMatchDomainsAlways", "connecting by name is not supported"},
    {"OnDemandMatchDomainsNever", "connecting by name is not supported"},
    {"OnDemandMatchDomainsOnRetry", "connecting by name is not supported"},
    {"OnDemandRules", "rules for connecting are not supported"},
    {"Proxies", "proxies are not set"},
};

static void
note_dropped(ImportDraft *draft, const PlistNode *node)
{
    for (guint i = 0; i < G_N_ELEMENTS(dropped); i++) {
        DraftPair at;

        if (plist_get(node, dropped[i][0]) == NULL)
            continue;
        at = place(node, dropped[i][0]);
        draft_note(draft, &at, IMPORT_NOTE_DROPPED, "%s", dropped[i][1]);
    }
}

static gboolean
parse_ipsec(const Context *context, const PlistNode *payload, GError **error)
{
    const PlistNode *ipsec = plist_get(payload, "IPSec");
    const char *name = plist_text(payload, "UserDefinedName");
    ImportDraft draft;
    gboolean is_good;

    if (ipsec == NULL || ipsec->kind != PLIST_DICT)
        return import_fail(error, context->origin, place(payload, "VPNType").line,
                           "the payload has no IPSec dict");
    draft_open(&draft, context->import, context->files, context->origin, "");
    is_good = set_key(&draft, ipsec, "RemoteAddress", PROFILE_CONNECTION_GATEWAY, error) &&
              take_method(&draft, ipsec, error) && take_shared_secret(&draft, ipsec, error) &&
              take_login(&draft, ipsec, error) && take_network(&draft, payload, error) &&
              take_authorities(&draft, context, error);
    if (is_good) {
        note_dropped(&draft, ipsec);
        note_dropped(&draft, payload);
        draft_note(&draft, NULL, IMPORT_NOTE_WARNING,
                   "these files name no algorithms; group 14 is offered. If the gateway knows "
                   "group 2 alone, set ike.proposals to aes256-sha1-modp1024 and ike.allow-weak "
                   "to true");
        is_good = draft_finish(
            &draft, name != NULL ? name : plist_text(payload, "PayloadDisplayName"), error);
    }
    if (is_good)
        draft_deliver(&draft);
    draft_close(&draft);
    return is_good;
}

static const char *
why_not(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(other_types); i++)
        if (g_strcmp0(type, other_types[i][0]) == 0)
            return other_types[i][1];
    return "an unknown type of VPN";
}

static gboolean
parse_payloads(const Context *context, GError **error)
{
    guint refused = 0;
    const char *type = NULL;

    for (guint i = 0; i < context->payloads->children->len; i++) {
        const PlistNode *payload = context->payloads->children->pdata[i];

        if (g_strcmp0(plist_text(payload, "PayloadType"), TYPE_VPN) != 0)
            continue;
        if (g_strcmp0(plist_text(payload, "VPNType"), "IPSec") != 0) {
            refused = place(payload, "VPNType").line;
            type = plist_text(payload, "VPNType");
            import_note(context->import, IMPORT_NOTE_DROPPED, context->origin, refused,
                        "VPNType %s: %s", type != NULL ? type : "", why_not(type));
        } else if (!parse_ipsec(context, payload, error)) {
            return FALSE;
        }
    }
    if (context->import->profiles->len > 0)
        return TRUE;
    if (refused > 0)
        return import_fail(error, context->origin, refused, "VPNType %.40s: %s",
                           type != NULL ? type : "", why_not(type));
    return import_fail(error, context->origin, context->payloads->line,
                       "there is no VPN payload (%s)", TYPE_VPN);
}

gboolean
import_mobileconfig_parse(Import *import, const char *text, const char *origin,
                          const ImportFiles *files, GError **error)
{
    g_autoptr(PlistNode) root = plist_parse(text, origin, error);
    Context context = {import, files, origin, plist_get(root, "PayloadContent")};

    if (root == NULL)
        return FALSE;
    if (plist_get(root, "EncryptedPayloadContent") != NULL)
        return import_fail(error, origin, plist_get(root, "EncryptedPayloadContent")->line,
                           "the profile is encrypted for one device; ask for the open one");
    if (context.payloads == NULL || context.payloads->kind != PLIST_ARRAY)
        return import_fail(error, origin, root->line, "there is no PayloadContent array");
    return parse_payloads(&context, error);
}

gboolean
import_mobileconfig_detect(const char *text)
{
    g_autofree char *first = import_first_line(text, "");

    return first != NULL && first[0] == '<' && strstr(text, "<plist") != NULL;
}
