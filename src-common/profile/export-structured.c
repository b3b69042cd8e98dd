/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats with sections: Apple's property lists, NetworkManager's key files and swanctl.conf. */
#include "profile/exporter.h"

#include <string.h>

#define NM_SERVICE "org.freedesktop.NetworkManager.coati"

static void
plist_string(ExportDraft *draft, const char *key, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    export_print(draft, "<key>%s</key><string>%s</string>\n", key, escaped);
    explicit_bzero(escaped, strlen(escaped));
}

static void
plist_field(ExportDraft *draft, const char *key, ProfileField field)
{
    if (!profile_is_set(draft->profile, field))
        return;
    plist_string(draft, key, profile_text(draft->profile, field));
    export_keep(draft, field);
}

static void
plist_payload(ExportDraft *draft, const char *type, const char *name)
{
    g_autofree char *uuid = g_uuid_string_random();

    plist_string(draft, "PayloadType", type);
    plist_string(draft, "PayloadIdentifier", uuid);
    plist_string(draft, "PayloadUUID", uuid);
    plist_string(draft, "PayloadDisplayName", name);
    export_print(draft, "<key>PayloadVersion</key><integer>1</integer>\n");
}

static void
plist_secrets(ExportDraft *draft)
{
    const Profile *profile = draft->profile;
    const Secret *group = profile_secret(profile, PROFILE_SECRETS_GROUP_PASSWORD);
    const char *password = NULL;

    if (profile_needs_group_password(profile)) {
        export_cover(draft, PROFILE_SECRETS_GROUP_PASSWORD);
        if (group != NULL && draft->with_secrets) {
            g_autofree char *text = g_base64_encode(secret_data(group), secret_length(group));

            export_print(draft, "<key>SharedSecret</key><data>%s</data>\n", text);
            explicit_bzero(text, strlen(text));
            export_keep(draft, PROFILE_SECRETS_GROUP_PASSWORD);
        } else {
            export_note(draft, "secrets.group-password is not in the file");
        }
    }
    if (!profile_has_xauth(profile))
        return;
    password = export_secret(draft, PROFILE_SECRETS_PASSWORD);
    if (password != NULL)
        plist_string(draft, "XAuthPassword", password);
    if (profile_choice(profile, PROFILE_LOGIN_SAVE_PASSWORD) == PROFILE_SAVE_NEVER) {
        plist_string(draft, "XAuthPasswordEncryption", "Prompt");
        export_keep(draft, PROFILE_LOGIN_SAVE_PASSWORD);
    }
}

static void
plist_ipsec(ExportDraft *draft)
{
    const Profile *profile = draft->profile;
    const char *group = export_group_name(draft);
    gboolean is_hybrid = !profile_needs_group_password(profile);
    gboolean is_main = profile_choice(profile, PROFILE_CONNECTION_MODE) == PROFILE_MODE_MAIN;
    g_autofree char *identifier =
        g_strconcat(group != NULL ? group : "", is_hybrid ? "[hybrid]" : "", NULL);

    export_print(draft, "<key>IPSec</key>\n<dict>\n");
    plist_field(draft, "RemoteAddress", PROFILE_CONNECTION_GATEWAY);
    plist_string(draft, "AuthenticationMethod", "SharedSecret");
    export_print(draft, "<key>XAuthEnabled</key><integer>%d</integer>\n",
                 profile_has_xauth(profile));
    plist_field(draft, "XAuthName", PROFILE_LOGIN_USER);
    if (identifier[0] != '\0') {
        plist_string(draft, "LocalIdentifier", identifier);
        plist_string(draft, "LocalIdentifierType", "KeyID");
    }
    /* The mode goes with the identifier. */
    if (is_main == (identifier[0] == '\0'))
        export_keep(draft, PROFILE_CONNECTION_MODE);
    else
        export_note(draft, "connection.mode: such a client uses the other mode");
    plist_secrets(draft);
    export_print(draft, "</dict>\n");
}

static void
plist_list(ExportDraft *draft, const char *key, ProfileField field)
{
    const char *const *items = profile_list(draft->profile, field);

    if (items[0] == NULL)
        return;
    export_print(draft, "<key>%s</key><array>", key);
    for (; *items != NULL; items++)
        export_print(draft, "<string>%s</string>", *items);
    export_print(draft, "</array>\n");
    export_keep(draft, field);
}

static void
plist_network(ExportDraft *draft)
{
    if (profile_choice(draft->profile, PROFILE_NETWORK_ROUTES) == PROFILE_ROUTES_FULL) {
        export_print(draft, "<key>IPv4</key><dict><key>OverridePrimary</key><integer>1</integer>"
                            "</dict>\n");
        export_keep(draft, PROFILE_NETWORK_ROUTES);
    }
    export_print(draft, "<key>DNS</key>\n<dict>\n");
    if (profile_dns(draft->profile) == PROFILE_DNS_LIST)
        plist_list(draft, "ServerAddresses", PROFILE_NETWORK_DNS);
    plist_list(draft, "SearchDomains", PROFILE_NETWORK_DOMAINS);
    export_print(draft, "</dict>\n");
}

static void
plist_authorities(ExportDraft *draft)
{
    g_autoptr(GPtrArray) der = profile_der(draft->profile, PROFILE_IDENTITY_CA);

    for (guint i = 0; i < der->len; i++) {
        gsize length = 0;
        gconstpointer data = g_bytes_get_data(der->pdata[i], &length);
        g_autofree char *text = g_base64_encode(data, length);

        export_print(draft, "<dict>\n");
        plist_payload(draft, "com.apple.security.root", "CA");
        export_print(draft, "<key>PayloadContent</key><data>%s</data>\n</dict>\n", text);
    }
    /* The same certificates, but not the same text. */
    export_cover(draft, PROFILE_IDENTITY_CA);
}

gboolean
export_mobileconfig(ExportDraft *draft, GError **error)
{
    const char *id = profile_text(draft->profile, PROFILE_CONNECTION_ID);
    const char *name = id != NULL ? id : "VPN";

    if (profile_needs_certificate(draft->profile))
        return export_fail(error, "connection.method: own certificates go to such devices in "
                                  "PKCS#12, which is not written");
    export_keep(draft, PROFILE_CONNECTION_METHOD);
    export_keep(draft, PROFILE_CONNECTION_ID);
    export_print(draft, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                        "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                        "<plist version=\"1.0\">\n<dict>\n");
    plist_payload(draft, "Configuration", name);
    export_print(draft, "<key>PayloadContent</key>\n<array>\n<dict>\n");
    plist_payload(draft, "com.apple.vpn.managed", name);
    plist_string(draft, "UserDefinedName", name);
    plist_string(draft, "VPNType", "IPSec");
    plist_ipsec(draft);
    plist_network(draft);
    export_print(draft, "</dict>\n");
    plist_authorities(draft);
    export_print(draft, "</array>\n</dict>\n</plist>\n");
    export_note(draft, "such devices choose the algorithms by themselves");
    export_cover(draft, PROFILE_IKE_PROPOSALS);
    export_cover(draft, PROFILE_IKE_ALLOW_WEAK);
    export_cover(draft, PROFILE_ESP_PROPOSALS);
    return TRUE;
}

static void
keyfile_value(ExportDraft *draft, const char *key, const char *value)
{
    g_string_append_printf(draft->out, "%s=", key);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\\')
            g_string_append(draft->out, "\\\\");
        else if (*at == '\n')
            g_string_append(draft->out, "\\n");
        else if (*at == ' ' && (at == value || at[1] == '\0'))
            g_string_append(draft->out, "\\s");
        else
            g_string_append_c(draft->out, *at);
    }
    g_string_append_c(draft->out, '\n');
}

/* The names of NetworkManager's side of the plugin. */
static const struct {
    const char *name;
    ProfileField field;
    guint flags_when_missing; /* 2: ask each time */
} nm_secrets[] = {
    {"password", PROFILE_SECRETS_PASSWORD, 2},
    {"group-password", PROFILE_SECRETS_GROUP_PASSWORD, 0},
    {"private-key", PROFILE_SECRETS_PRIVATE_KEY, 0},
};

static void
nm_write_secrets(ExportDraft *draft)
{
    for (guint i = 0; i < G_N_ELEMENTS(nm_secrets); i++)
        export_print(draft, "%s-flags=%u\n", nm_secrets[i].name,
                     draft->with_secrets && profile_secret(draft->profile, nm_secrets[i].field)
                         ? 0
                         : nm_secrets[i].flags_when_missing);
    export_print(draft, "\n[vpn-secrets]\n");
    for (guint i = 0; i < G_N_ELEMENTS(nm_secrets); i++) {
        const Secret *secret = profile_secret(draft->profile, nm_secrets[i].field);

        export_cover(draft, nm_secrets[i].field);
        if (secret == NULL || !draft->with_secrets)
            continue;
        keyfile_value(draft, nm_secrets[i].name, secret_text(secret));
        if (strlen(secret_text(secret)) == secret_length(secret))
            export_keep(draft, nm_secrets[i].field);
    }
}

gboolean
export_nm(ExportDraft *draft, GError **error)
{
    const Profile *profile = draft->profile;
    const char *id = profile_text(profile, PROFILE_CONNECTION_ID);
    const char *uuid = profile_text(profile, PROFILE_CONNECTION_UUID);
    g_autofree char *made = g_uuid_string_random();

    export_print(draft, "[connection]\n");
    keyfile_value(draft, "id", id != NULL ? id : "office");
    export_print(draft, "uuid=%s\ntype=vpn\n\n[vpn]\nservice-type=" NM_SERVICE "\npersistent=%s\n",
                 uuid != NULL ? uuid : made,
                 profile_boolean(profile, PROFILE_CONNECTION_RECONNECT) ? "true" : "false");
    for (gint i = 0; i < PROFILE_SECRETS_PASSWORD; i++) {
        ProfileField field = (ProfileField)i;
        g_autofree char *text = profile_format(profile, field);

        export_keep(draft, field);
        if (profile_is_set(profile, field) && field != PROFILE_CONNECTION_ID &&
            field != PROFILE_CONNECTION_UUID)
            keyfile_value(draft, profile_field_info(field)->name, text);
    }
    nm_write_secrets(draft);
    export_print(draft, "\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n");
    if (uuid == NULL)
        draft->export->is_kept[PROFILE_CONNECTION_UUID] = FALSE;
    return TRUE;
}
