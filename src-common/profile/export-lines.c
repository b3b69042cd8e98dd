/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .pcf of Cisco's client and vpnc.conf: both know the group of phase 1 alone. */
#include "profile/exporter.h"

#include <string.h>

#define CRLF "\r\n"

static void
pcf_secret(ExportDraft *draft, const char *key, ProfileField field)
{
    const char *secret = export_secret(draft, field);

    export_print(draft, "%s=%s" CRLF, key, secret != NULL ? secret : "");
}

static void
pcf_identity(ExportDraft *draft)
{
    const char *group = export_group_name(draft);
    const char *gateway_id = profile_text(draft->profile, PROFILE_IDENTITY_GATEWAY_ID);

    if (group != NULL)
        export_print(draft, "GroupName=%s" CRLF, group);
    if (profile_needs_group_password(draft->profile))
        pcf_secret(draft, "GroupPwd", PROFILE_SECRETS_GROUP_PASSWORD);
    if (profile_gateway_id_type(draft->profile) == PROFILE_GATEWAY_ID_DN &&
        strpbrk(gateway_id, "*!\"\\") == NULL)
        export_field(draft, "VerifyCertDN=", PROFILE_IDENTITY_GATEWAY_ID, CRLF);
    export_field(draft, "Username=", PROFILE_LOGIN_USER, CRLF);
    pcf_secret(draft, "UserPassword", PROFILE_SECRETS_PASSWORD);
    export_field(draft, "NTDomain=", PROFILE_LOGIN_DOMAIN, CRLF);
}

static void
pcf_network(ExportDraft *draft)
{
    ProfileNatTraversal natt = profile_choice(draft->profile, PROFILE_IKE_NAT_TRAVERSAL);
    g_autofree char *networks = export_networks(draft, " ", FALSE);

    export_print(draft, "EnableNat=%d" CRLF "TunnelingMode=0" CRLF,
                 natt != PROFILE_NAT_TRAVERSAL_OFF);
    if (natt == PROFILE_NAT_TRAVERSAL_FORCE)
        export_print(draft, "X-NM-Force-NAT-T=1" CRLF);
    export_keep(draft, PROFILE_IKE_NAT_TRAVERSAL);
    if (networks[0] != '\0')
        export_print(draft, "X-NM-Routes=%s" CRLF, networks);
    if (profile_number(draft->profile, PROFILE_IKE_LOCAL_PORT) == 500) {
        export_print(draft, "UseLegacyIKEPort=1" CRLF);
        export_keep(draft, PROFILE_IKE_LOCAL_PORT);
    }
}

gboolean
export_pcf(ExportDraft *draft, GError **error)
{
    const char *type = export_choice(draft, PROFILE_CONNECTION_METHOD,
                                     "xauth-psk=1 xauth-rsa=3 hybrid-rsa=5", error);
    const char *lan = export_choice(draft, PROFILE_NETWORK_LOCAL_NETWORK, "allow=1 block=0", error);
    const char *save =
        export_choice(draft, PROFILE_LOGIN_SAVE_PASSWORD, "never=0 always=1 ask=2", error);

    if (type == NULL || lan == NULL || save == NULL)
        return FALSE;
    export_print(draft, "[main]" CRLF);
    export_field(draft, "Description=", PROFILE_CONNECTION_ID, CRLF);
    export_field(draft, "Host=", PROFILE_CONNECTION_GATEWAY, CRLF);
    export_print(draft, "AuthType=%s" CRLF, type);
    pcf_identity(draft);
    export_print(draft, "SaveUserPassword=%s" CRLF "EnableISPConnect=0" CRLF "EnableBackup=%d" CRLF,
                 save, profile_is_set(draft->profile, PROFILE_CONNECTION_BACKUP_GATEWAYS));
    export_field(draft, "BackupServer=", PROFILE_CONNECTION_BACKUP_GATEWAYS, CRLF);
    export_print(draft, "DHGroup=%d" CRLF, export_group(draft));
    export_print(draft, "PeerTimeout=%u" CRLF, export_dead_after(draft));
    export_print(draft, "EnableLocalLAN=%s" CRLF, lan);
    pcf_network(draft);
    export_cover(draft, PROFILE_ESP_PFS);
    return TRUE;
}

static gboolean
vpnc_secret(ExportDraft *draft, const char *key, ProfileField field)
{
    const char *secret = export_secret(draft, field);

    if (secret != NULL)
        export_print(draft, "%s %s\n", key, secret);
    return TRUE;
}

static void
vpnc_pfs(ExportDraft *draft)
{
    SuiteGroup group = SUITE_GROUP_NONE;

    switch (profile_pfs(draft->profile, &group)) {
    case PROFILE_PFS_AUTO:
        export_print(draft, "Perfect Forward Secrecy server\n");
        break;
    case PROFILE_PFS_OFF:
        export_print(draft, "Perfect Forward Secrecy nopfs\n");
        break;
    case PROFILE_PFS_GROUP:
        export_print(draft, "Perfect Forward Secrecy dh%d\n", group);
        break;
    }
    export_keep(draft, PROFILE_ESP_PFS);
}

static void
vpnc_network(ExportDraft *draft)
{
    g_autofree char *networks = export_networks(draft, " ", FALSE);

    if (profile_choice(draft->profile, PROFILE_NETWORK_ROUTES) == PROFILE_ROUTES_FULL) {
        export_print(draft, "IPSEC target network 0.0.0.0/0\n");
        export_keep(draft, PROFILE_NETWORK_ROUTES);
        draft->export->is_kept[PROFILE_NETWORK_REMOTE_NETWORKS] = FALSE;
    } else if (networks[0] != '\0') {
        export_print(draft, "IPSEC target network %s\n", networks);
        if (strchr(networks, ' ') != NULL)
            export_note(draft, "vpnc itself takes one target network only");
    }
}

gboolean
export_vpnc(ExportDraft *draft, GError **error)
{
    const char *mode = export_choice(draft, PROFILE_CONNECTION_METHOD,
                                     "xauth-psk=psk hybrid-rsa=hybrid xauth-rsa=cert", error);
    const char *natt = export_choice(draft, PROFILE_IKE_NAT_TRAVERSAL,
                                     "auto=natt force=force-natt off=none", error);
    const char *group = export_group_name(draft);
    g_autofree char *ca = NULL;

    if (mode == NULL || natt == NULL)
        return FALSE;
    export_field(draft, "IPSec gateway ", PROFILE_CONNECTION_GATEWAY, "\n");
    if (group != NULL)
        export_print(draft, "IPSec ID %s\n", group);
    else
        export_note(draft, "vpnc needs a group name (IPSec ID); identity.own-id is none");
    if (profile_needs_group_password(draft->profile))
        vpnc_secret(draft, "IPSec secret", PROFILE_SECRETS_GROUP_PASSWORD);
    else
        ca = export_file(draft, PROFILE_IDENTITY_CA, "-ca.pem");
    /* vpnc asks for one in this mode too; no gateway ever sees it. */
    if (profile_choice(draft->profile, PROFILE_CONNECTION_METHOD) == PROFILE_METHOD_HYBRID_RSA)
        export_print(draft, "IPSec secret unused\n");
    export_print(draft, "IKE Authmode %s\n", mode);
    if (ca != NULL)
        export_print(draft, "CA-File /etc/vpnc/%s\n", ca);
    export_field(draft, "Xauth username ", PROFILE_LOGIN_USER, "\n");
    vpnc_secret(draft, "Xauth password", PROFILE_SECRETS_PASSWORD);
    export_field(draft, "Domain ", PROFILE_LOGIN_DOMAIN, "\n");
    export_print(draft, "NAT Traversal Mode %s\nIKE DH Group dh%d\n", natt, export_group(draft));
    vpnc_pfs(draft);
    export_print(draft, "DPD idle timeout (our side) %u\nLocal Port %u\n", export_dead_after(draft),
                 profile_number(draft->profile, PROFILE_IKE_LOCAL_PORT));
    export_keep(draft, PROFILE_IKE_LOCAL_PORT);
    export_field(draft, "Application version ", PROFILE_IKE_APPLICATION_VERSION, "\n");
    export_field(draft, "Interface MTU ", PROFILE_ESP_MTU, "\n");
    vpnc_network(draft);
    return TRUE;
}
