/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vpnc.conf: lines of a key that may have blanks inside, then its value; and the connections of
 * NetworkManager's vpnc plugin, which have the same keys in a key file.
 */
#include "profile/vpnc-map.h"

#include <string.h>

static gboolean
map_auth_mode(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_ascii_strcasecmp(at->value, "cert") == 0)
        draft_note(draft, at, IMPORT_NOTE_WARNING, "vpnc itself never supported certificates");
    return draft_map_choice(draft, row, at, error);
}

static gboolean
map_group_name(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    return draft_set(draft, at, PROFILE_IDENTITY_OWN_ID, at->value, error) &&
           draft_set(draft, at, PROFILE_IDENTITY_OWN_ID_TYPE, "key-id", error);
}

static gboolean
map_natt(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_ascii_strcasecmp(at->value, "cisco-udp") == 0)
        return draft_note(draft, at, IMPORT_NOTE_WARNING,
                          "Cisco's own encapsulation is not supported; the standard one (RFC 3948) "
                          "is used where there is a NAT");
    return draft_map_choice(draft, row, at, error);
}

static gboolean
map_pfs(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_ascii_strcasecmp(at->value, "server") == 0)
        return draft_note(draft, at, IMPORT_NOTE_MAPPED, "-> esp.pfs = auto as by default");
    if (g_ascii_strcasecmp(at->value, "nopfs") == 0)
        return draft_set(draft, at, PROFILE_ESP_PFS, "off", error);
    return draft_map_group(draft, row, at, error);
}

static gboolean
map_weak(ImportDraft *draft, const DraftRow *row, const DraftPair *at, GError **error)
{
    if (g_ascii_strcasecmp(at->value, "no") == 0)
        return TRUE;
    return draft_note(draft, at, IMPORT_NOTE_WARNING, "%s", row->words);
}

#define SERVICE_DOES "the service does it by itself"
#define BROKEN "not supported at all, it is broken; the gateway must offer more"

const DraftRow vpnc_rows[] = {
    {"IPSec gateway", draft_map_field, PROFILE_CONNECTION_GATEWAY, NULL},
    {"IPSec ID", map_group_name, 0, NULL},
    {"IPSec secret", draft_map_secret, PROFILE_SECRETS_GROUP_PASSWORD, NULL},
    {"IPSec obfuscated secret", draft_map_obfuscated, PROFILE_SECRETS_GROUP_PASSWORD, NULL},
    {"IKE Authmode", map_auth_mode, PROFILE_CONNECTION_METHOD,
     "psk=xauth-psk cert=xauth-rsa hybrid=hybrid-rsa"},
    {"CA-File", draft_map_file, PROFILE_IDENTITY_CA, NULL},
    {"CA-Dir", NULL, 0, "the profile has its CA by value; see identity.ca"},
    {"Xauth username", draft_map_field, PROFILE_LOGIN_USER, NULL},
    {"Xauth password", draft_map_secret, PROFILE_SECRETS_PASSWORD, NULL},
    {"Xauth obfuscated password", draft_map_obfuscated, PROFILE_SECRETS_PASSWORD, NULL},
    {"Xauth interactive", NULL, 0, "what the gateway wants to know is always asked"},
    {"Domain", draft_map_field, PROFILE_LOGIN_DOMAIN, NULL},
    {"Vendor", NULL, 0, "gateways are told apart by what they send"},
    {"NAT Traversal Mode", map_natt, PROFILE_IKE_NAT_TRAVERSAL,
     "natt=auto force-natt=force none=off"},
    {"Cisco UDP Encapsulation Port", NULL, 0, "Cisco's own encapsulation is not supported"},
    {"IKE DH Group", draft_map_group, PROFILE_IKE_PROPOSALS, NULL},
    {"Perfect Forward Secrecy", map_pfs, PROFILE_ESP_PFS, NULL},
    {"Enable Single DES", map_weak, 0, "DES is " BROKEN},
    {"Enable weak encryption", map_weak, 0, "DES is " BROKEN},
    {"Enable no encryption", map_weak, 0, "connecting without encryption is not supported"},
    {"Enable weak authentication", map_weak, 0, "MD5 must be named in ike.proposals"},
    {"Application version", draft_map_field, PROFILE_IKE_APPLICATION_VERSION, NULL},
    {"Interface name", NULL, 0, "the service names the interface"},
    {"Interface mode", NULL, 0, "the interface carries IP alone"},
    {"Interface MTU", draft_map_field, PROFILE_ESP_MTU, NULL},
    {"Local Addr", NULL, 0, "the route to the gateway decides"},
    {"Local Port", draft_map_field, PROFILE_IKE_LOCAL_PORT, NULL},
    {"DPD idle timeout (our side)", draft_map_dead_after, PROFILE_IKE_DPD_DELAY, NULL},
    {"IPSEC target network", draft_map_networks, PROFILE_NETWORK_REMOTE_NETWORKS, NULL},
    {"Password helper", NULL, 0, "passwords come from the agent"},
    {"Script", NULL, 0, "not needed: the service sets addresses, routes and DNS"},
    {"Noninteractive", NULL, 0, SERVICE_DOES},
    {"Pidfile", NULL, 0, SERVICE_DOES},
    {"Debug", NULL, 0, SERVICE_DOES},
    {"No Detach", NULL, 0, SERVICE_DOES},
    {"Use Weak Ciphers", map_weak, 0, "DES is " BROKEN},
    {NULL},
};

/* The longest key that line begins with; NULL when it is none. */
static const DraftRow *
find_key(const char *line)
{
    const DraftRow *best = NULL;

    for (const DraftRow *row = vpnc_rows; row->key != NULL; row++) {
        gsize length = strlen(row->key);

        if (g_ascii_strncasecmp(line, row->key, length) == 0 &&
            (line[length] == '\0' || g_ascii_isspace(line[length])) &&
            (best == NULL || strlen(best->key) < length))
            best = row;
    }
    return best;
}

static gboolean
read_pairs(ImportDraft *draft, GError **error)
{
    char *at = draft->text;
    char *line;

    for (guint number = 1; (line = draft_next_line(&at)) != NULL; number++) {
        const DraftRow *row = find_key(line);
        const char *value;

        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (row == NULL)
            return import_fail(error, draft->origin, number, "\"%.40s\" is no setting of vpnc",
                               line);
        value = line + strlen(row->key);
        value += strspn(value, " \t");
        /* Switches have no value. */
        if (!draft_add(draft, row->key, value[0] != '\0' ? value : "yes", number, error))
            return FALSE;
    }
    return TRUE;
}

void
vpnc_finish(ImportDraft *draft)
{
    if (draft_value(draft, "IKE Authmode") == NULL)
        profile_set(draft->profile, PROFILE_CONNECTION_METHOD, "xauth-psk", NULL);
    if (draft_value(draft, "IKE DH Group") == NULL)
        draft_note(draft, NULL, IMPORT_NOTE_WARNING,
                   "no IKE DH Group: vpnc used group 2 then, which is weak; group 14 is offered "
                   "here. If the gateway knows no better, set ike.proposals to "
                   "aes256-sha1-modp1024 and ike.allow-weak to true");
}

gboolean
import_vpnc_parse(Import *import, const char *text, const char *origin, const ImportFiles *files,
                  GError **error)
{
    g_autofree char *name = import_base_name(origin);
    ImportDraft draft;
    gboolean is_good;

    draft_open(&draft, import, files, origin, text);
    is_good = read_pairs(&draft, error) && draft_apply(&draft, vpnc_rows, error);
    if (is_good)
        vpnc_finish(&draft);
    is_good = is_good && draft_finish(&draft, name, error);
    if (is_good)
        draft_deliver(&draft);
    draft_close(&draft);
    return is_good;
}

gboolean
import_vpnc_detect(const char *text)
{
    g_autofree char *first = import_first_line(text, "#");

    return first != NULL && find_key(first) != NULL &&
           (import_has_line(text, "IPSec gateway", "") || import_has_line(text, "IPSec ID", ""));
}
