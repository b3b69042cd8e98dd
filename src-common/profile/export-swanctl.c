/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* swanctl.conf with one connection, its certificates as files beside it. */
#include "profile/exporter.h"

#include <string.h>

/* In quotes; what cannot be there is refused. */
static gboolean
print_quoted(ExportDraft *draft, const char *key, const char *value, GError **error)
{
    if (strpbrk(value, "\"\n\\") != NULL)
        return export_fail(error, "%s: quotes and backslashes have no place in this format", key);
    export_print(draft, "%s = \"%s\"\n", key, value);
    return TRUE;
}

static void
print_gateways(ExportDraft *draft)
{
    export_field(draft, "    remote_addrs = ", PROFILE_CONNECTION_GATEWAY, "");
    for (const char *const *item = profile_list(draft->profile, PROFILE_CONNECTION_BACKUP_GATEWAYS);
         *item != NULL; item++)
        export_print(draft, ", %s", *item);
    export_keep(draft, PROFILE_CONNECTION_BACKUP_GATEWAYS);
    export_print(draft, "\n");
}

static gboolean
print_own_id(ExportDraft *draft, GError **error)
{
    static const char *const prefixes[] = {"keyid:", "", "fqdn:", "userfqdn:", "keyid:", "asn1dn:"};
    const char *id = profile_text(draft->profile, PROFILE_IDENTITY_OWN_ID);
    ProfileOwnIdType type = profile_choice(draft->profile, PROFILE_IDENTITY_OWN_ID_TYPE);
    g_autofree char *value = NULL;

    export_cover(draft, PROFILE_IDENTITY_OWN_ID_TYPE);
    if (id == NULL)
        return TRUE;
    if (type == PROFILE_OWN_ID_DN) {
        export_note(draft, "identity.own-id: strongSwan takes the DN of the certificate");
        export_cover(draft, PROFILE_IDENTITY_OWN_ID);
        return TRUE;
    }
    if (type != PROFILE_OWN_ID_AUTO)
        export_keep(draft, PROFILE_IDENTITY_OWN_ID_TYPE);
    export_keep(draft, PROFILE_IDENTITY_OWN_ID);
    value = g_strconcat(prefixes[type], id, NULL);
    return print_quoted(draft, "        id", value, error);
}

static gboolean
print_local(ExportDraft *draft, GError **error)
{
    const Profile *profile = draft->profile;
    gboolean is_first = profile_needs_group_password(profile) || profile_needs_certificate(profile);
    const char *user = profile_text(profile, PROFILE_LOGIN_USER);
    g_autofree char *certificate = NULL;

    if (is_first) {
        export_print(draft, "    local-1 {\n        auth = %s\n",
                     profile_needs_certificate(profile) ? "pubkey" : "psk");
        if (profile_needs_certificate(profile))
            certificate = export_file(draft, PROFILE_IDENTITY_CERTIFICATE, "-cert.pem");
        if (certificate != NULL)
            export_print(draft, "        certs = %s\n", certificate);
        if (!print_own_id(draft, error))
            return FALSE;
        export_print(draft, "    }\n");
    }
    if (!profile_has_xauth(profile))
        return TRUE;
    export_print(draft, "    local-2 {\n        auth = xauth\n");
    if (!is_first && !print_own_id(draft, error))
        return FALSE;
    if (user != NULL && !print_quoted(draft, "        xauth_id", user, error))
        return FALSE;
    export_keep(draft, PROFILE_LOGIN_USER);
    export_print(draft, "    }\n");
    return TRUE;
}

static gboolean
print_remote(ExportDraft *draft, GError **error)
{
    const char *id = profile_text(draft->profile, PROFILE_IDENTITY_GATEWAY_ID);
    ProfileGatewayIdType type = profile_gateway_id_type(draft->profile);
    g_autofree char *ca = NULL;

    export_print(draft, "    remote {\n        auth = %s\n",
                 profile_needs_group_password(draft->profile) ? "psk" : "pubkey");
    if (!profile_needs_group_password(draft->profile))
        ca = export_file(draft, PROFILE_IDENTITY_CA, "-ca.pem");
    if (ca != NULL)
        export_print(draft, "        cacerts = %s\n", ca);
    if (type == PROFILE_GATEWAY_ID_NAME || type == PROFILE_GATEWAY_ID_ADDRESS) {
        if (!print_quoted(draft, "        id", id, error))
            return FALSE;
        export_keep(draft, PROFILE_IDENTITY_GATEWAY_ID);
    } else {
        export_print(draft, "        id = %%any\n");
        if (id != NULL)
            export_note(draft, "identity.gateway-id: write it into remote.id by hand");
        export_cover(draft, PROFILE_IDENTITY_GATEWAY_ID);
    }
    export_print(draft, "    }\n");
    return TRUE;
}

static void
print_esp(ExportDraft *draft)
{
    const char *const *items = profile_list(draft->profile, PROFILE_ESP_PROPOSALS);
    SuiteGroup pfs = SUITE_GROUP_NONE;
    gboolean has_group = profile_pfs(draft->profile, &pfs) == PROFILE_PFS_GROUP;

    export_print(draft, "            esp_proposals = ");
    for (guint i = 0; items[i] != NULL; i++)
        export_print(draft, "%s%s%s%s", i > 0 ? "," : "", items[i], has_group ? "-" : "",
                     has_group ? suite_group_name(pfs) : "");
    export_print(draft, "\n");
    export_keep(draft, PROFILE_ESP_PROPOSALS);
    if (has_group)
        export_keep(draft, PROFILE_ESP_PFS);
    else
        export_cover(draft, PROFILE_ESP_PFS);
}

static void
print_child(ExportDraft *draft)
{
    g_autofree char *networks = export_networks(draft, ",", FALSE);
    gboolean is_full =
        profile_choice(draft->profile, PROFILE_NETWORK_ROUTES) != PROFILE_ROUTES_SPLIT;

    export_print(draft, "    children {\n        net {\n");
    if (networks[0] != '\0')
        export_print(draft, "            remote_ts = %s\n", networks);
    else if (is_full)
        export_print(draft, "            remote_ts = 0.0.0.0/0\n");
    /* Without a network the whole tunnel is meant there. */
    if (networks[0] == '\0')
        draft->export->is_kept[PROFILE_NETWORK_ROUTES] = FALSE;
    export_cover(draft, PROFILE_NETWORK_ROUTES);
    print_esp(draft);
    export_field(draft, "            life_time = ", PROFILE_ESP_LIFETIME, "s\n");
    export_print(draft, "        }\n    }\n}\n}\n");
}

static gboolean
print_secrets(ExportDraft *draft, GError **error)
{
    const char *user = profile_text(draft->profile, PROFILE_LOGIN_USER);
    const char *password = NULL;
    const char *group = NULL;

    if (profile_has_xauth(draft->profile))
        password = export_secret(draft, PROFILE_SECRETS_PASSWORD);
    if (profile_needs_group_password(draft->profile))
        group = export_secret(draft, PROFILE_SECRETS_GROUP_PASSWORD);
    if (password == NULL && group == NULL)
        return TRUE;
    export_print(draft, "secrets {\n");
    if (password != NULL) {
        export_print(draft, "xauth-1 {\n");
        if ((user != NULL && !print_quoted(draft, "    id", user, error)) ||
            !print_quoted(draft, "    secret", password, error))
            return FALSE;
        export_print(draft, "}\n");
    }
    if (group != NULL) {
        export_print(draft, "ike-1 {\n");
        if (!print_quoted(draft, "    secret", group, error))
            return FALSE;
        export_print(draft, "}\n");
    }
    export_print(draft, "}\n");
    return TRUE;
}

gboolean
export_swanctl(ExportDraft *draft, GError **error)
{
    g_autofree char *name = export_plain_name(draft);
    const char *mode =
        export_choice(draft, PROFILE_CONNECTION_MODE, "aggressive=yes main=no", error);
    const char *encap = export_choice(draft, PROFILE_IKE_NAT_TRAVERSAL, "auto=no force=yes", error);
    const char *fragmentation =
        export_choice(draft, PROFILE_IKE_FRAGMENTATION, "on=yes force=force off=no", error);
    const char *pull = export_choice(draft, PROFILE_IKE_CONFIG_MODE, "pull=yes push=no", error);

    if (mode == NULL || encap == NULL || fragmentation == NULL || pull == NULL)
        return FALSE;
    export_print(draft, "connections {\n%s {\n    version = 1\n", name);
    print_gateways(draft);
    export_print(draft,
                 "    aggressive = %s\n    vips = 0.0.0.0\n    pull = %s\n    encap = %s\n"
                 "    fragmentation = %s\n",
                 mode, pull, encap, fragmentation);
    if (!profile_is_set(draft->profile, PROFILE_IKE_PROPOSALS))
        export_print(draft, "    proposals = default\n");
    export_field(draft, "    proposals = ", PROFILE_IKE_PROPOSALS, "\n");
    export_field(draft, "    dpd_delay = ", PROFILE_IKE_DPD_DELAY, "s\n");
    export_field(draft, "    reauth_time = ", PROFILE_IKE_LIFETIME, "s\n");
    export_field(draft, "    local_port = ", PROFILE_IKE_LOCAL_PORT, "\n");
    export_keep(draft, PROFILE_CONNECTION_METHOD);
    export_cover(draft, PROFILE_IKE_ALLOW_WEAK);
    if (!print_local(draft, error) || !print_remote(draft, error))
        return FALSE;
    print_child(draft);
    return print_secrets(draft, error);
}
