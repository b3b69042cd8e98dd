/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * .pcf of Cisco's client: section [main], keys in any case, a "!" before a key that the client's
 * user may not change; ISO-8859-15 or UTF-8. X-NM- keys are NetworkManager's and KDE's additions.
 * It names no algorithms but the group.
 */
#include "profile/draft.h"

#include <string.h>

#define DIALER "nothing is dialled before connecting"
#define OTHER_TUNNEL "only IPsec over UDP is supported"

static gboolean
map_auth_type(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    static const char *const methods[][2] = {
        {"1", "xauth-psk"}, {"3", "xauth-rsa"}, {"5", "hybrid-rsa"}};

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(at->value, methods[i][0]) == 0)
            return draft_set(draft, at, PROFILE_CONNECTION_METHOD, methods[i][1], error);
    return draft_fail(draft, at, error,
                      "not 1 (group password), 3 (certificate) or 5 (mutual group)");
}

static gboolean
map_group_name(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return draft_set(draft, at, PROFILE_IDENTITY_OWN_ID, at->value, error) &&
           draft_set(draft, at, PROFILE_IDENTITY_OWN_ID_TYPE, "key-id", error);
}

static gboolean
map_backup(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_strcmp0(draft_value(draft, "EnableBackup"), "0") == 0)
        return draft_note(draft, at, IMPORT_NOTE_DROPPED, "EnableBackup is 0");
    return draft_map_field(draft, row, at, error);
}

static gboolean
map_tunneling_mode(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "1") == 0)
        return draft_note(draft, at, IMPORT_NOTE_WARNING,
                          "IPsec over TCP is not supported; UDP is used, which the gateway must "
                          "allow");
    return TRUE;
}

static gboolean
map_single_des(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "0") == 0)
        return TRUE;
    return draft_note(draft, at, IMPORT_NOTE_WARNING,
                      "DES is not supported at all, it is broken; the gateway must offer more");
}

/* CN="gw",O="Example": equalities alone can be checked. */
static gboolean
map_verify_dn(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    g_autofree char *dn = g_strdup(at->value);
    char *out = dn;

    if (strpbrk(at->value, "*!") != NULL || g_str_has_prefix(at->value, "ISSUER") ||
        strstr(at->value, ",ISSUER") != NULL)
        return draft_note(draft, at, IMPORT_NOTE_MISSING,
                          "only whole names can be checked; set identity.gateway-id");
    for (const char *in = at->value; *in != '\0'; in++)
        if (*in != '"')
            *out++ = *in;
    *out = '\0';
    return draft_set(draft, at, PROFILE_IDENTITY_GATEWAY_ID, dn, error);
}

static gboolean
map_cert_name(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_strcmp0(draft_value(draft, "AuthType"), "3") != 0)
        return draft_note(draft, at, IMPORT_NOTE_DROPPED, "not used with this AuthType");
    return draft_note(draft, at, IMPORT_NOTE_MISSING,
                      "the certificate is in a store of the other program; export it there and set "
                      "identity.certificate and secrets.private-key");
}

static gboolean
map_force_natt(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (strcmp(at->value, "1") != 0 && g_ascii_strcasecmp(at->value, "true") != 0)
        return TRUE;
    return draft_set(draft, at, PROFILE_IKE_NAT_TRAVERSAL, "force", error);
}

static const DraftRow rows[] = {
    {"Description", NULL, 0, ""},
    {"Host", draft_map_field, PROFILE_CONNECTION_GATEWAY, NULL},
    {"EnableBackup", NULL, 0, ""},
    {"BackupServer", map_backup, PROFILE_CONNECTION_BACKUP_GATEWAYS, NULL},
    {"AuthType", map_auth_type, 0, NULL},
    {"GroupName", map_group_name, 0, NULL},
    {"GroupPwd", draft_map_secret, PROFILE_SECRETS_GROUP_PASSWORD, NULL},
    {"enc_GroupPwd", draft_map_obfuscated, PROFILE_SECRETS_GROUP_PASSWORD, NULL},
    {"Username", draft_map_field, PROFILE_LOGIN_USER, NULL},
    {"UserPassword", draft_map_secret, PROFILE_SECRETS_PASSWORD, NULL},
    {"enc_UserPassword", draft_map_obfuscated, PROFILE_SECRETS_PASSWORD, NULL},
    {"SaveUserPassword", draft_map_choice, PROFILE_LOGIN_SAVE_PASSWORD, "0=never 1=always 2=ask"},
    {"NTDomain", draft_map_field, PROFILE_LOGIN_DOMAIN, NULL},
    {"EnableMSLogon", NULL, 0, "Windows logon is not done"},
    {"MSLogonType", NULL, 0, "Windows logon is not done"},
    {"ForceNetLogin", NULL, 0, "Windows logon is not done"},
    {"EnableNat", draft_map_choice, PROFILE_IKE_NAT_TRAVERSAL, "0=off 1=-"},
    {"TunnelingMode", map_tunneling_mode, 0, NULL},
    {"TcpTunnelingPort", NULL, 0, OTHER_TUNNEL},
    {"DHGroup", draft_map_group, PROFILE_IKE_PROPOSALS, NULL},
    {"SingleDES", map_single_des, 0, NULL},
    {"ForceKeepAlives", NULL, 0, "keepalives are sent wherever there is a NAT"},
    {"PeerTimeout", draft_map_dead_after, PROFILE_IKE_DPD_DELAY, NULL},
    {"EnableLocalLAN", draft_map_choice, PROFILE_NETWORK_LOCAL_NETWORK, "0=block 1=allow"},
    {"EnableSplitDNS", NULL, 0, "the gateway's domains are always used"},
    {"UseLegacyIKEPort", draft_map_choice, PROFILE_IKE_LOCAL_PORT, "0=- 1=500"},
    {"VerifyCertDN", map_verify_dn, 0, NULL},
    {"CertStore", NULL, 0, "certificates are part of the profile"},
    {"CertName", map_cert_name, 0, NULL},
    {"CertPath", NULL, 0, "certificates are part of the profile"},
    {"CertSubjectName", NULL, 0, "certificates are part of the profile"},
    {"CertSerialHash", NULL, 0, "certificates are part of the profile"},
    {"SendCertChain", NULL, 0, "the chain in identity.certificate is always sent"},
    {"EnableISPConnect", NULL, 0, DIALER},
    {"ISPConnectType", NULL, 0, DIALER},
    {"ISPConnect", NULL, 0, DIALER},
    {"ISPPhonebook", NULL, 0, DIALER},
    {"SPPhonebook", NULL, 0, DIALER},
    {"ISPCommand", NULL, 0, DIALER},
    {"InterfaceName", NULL, 0, "the service names the interface"},
    {"X-NM-Routes", draft_map_networks, PROFILE_NETWORK_REMOTE_NETWORKS, NULL},
    {"X-NM-Use-NAT-T", NULL, 0, ""},
    {"X-NM-Force-NAT-T", map_force_natt, 0, NULL},
    {"X-NM-SaveGroupPassword", NULL, 0, "the group password is stored with the profile"},
    {NULL},
};

static gboolean
read_pairs(ImportDraft *draft, GError **error)
{
    char *at = draft->text;
    gboolean is_main = FALSE;
    char *line;

    for (guint number = 1; (line = draft_next_line(&at)) != NULL; number++) {
        char *equals = strchr(line, '=');

        if (line[0] == '\0' || line[0] == ';' || line[0] == '#')
            continue;
        if (line[0] == '[') {
            is_main = g_ascii_strcasecmp(line, "[main]") == 0;
            continue;
        }
        if (!is_main)
            continue;
        if (equals == NULL)
            return import_fail(error, draft->origin, number, "a line without \"=\"");
        *equals = '\0';
        if (!draft_add(draft, g_strstrip(line[0] == '!' ? line + 1 : line), g_strstrip(equals + 1),
                       number, error))
            return FALSE;
    }
    return TRUE;
}

static void
finish_pcf(ImportDraft *draft)
{
    if (draft_value(draft, "AuthType") == NULL)
        profile_set(draft->profile, PROFILE_CONNECTION_METHOD, "xauth-psk", NULL);
    if (draft_value(draft, "DHGroup") == NULL)
        draft_note(draft, NULL, IMPORT_NOTE_WARNING,
                   "no DHGroup: Cisco's client used group 2 then, which is weak; group 14 is "
                   "offered here. If the gateway knows no better, set ike.proposals to "
                   "aes256-sha1-modp1024 and ike.allow-weak to true");
}

gboolean
import_pcf_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                 GError **error)
{
    ImportDraft draft;
    gboolean is_good;

    draft_open(&draft, import, files, origin, text);
    is_good = read_pairs(&draft, error) && draft_apply(&draft, rows, error);
    if (is_good) {
        finish_pcf(&draft);
        is_good = draft_finish(&draft, draft_value(&draft, "Description"), error);
    }
    if (is_good)
        draft_deliver(&draft);
    draft_close(&draft);
    return is_good;
}

gboolean
import_pcf_detect(const char *text)
{
    return import_has_line(text, "[main]", NULL) &&
           (import_has_line(text, "Host", "=") || import_has_line(text, "!Host", "="));
}
