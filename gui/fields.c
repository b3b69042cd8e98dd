/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

#include <glib/gi18n.h>
#include <string.h>

static const char *const labels[PROFILE_FIELD_COUNT] = {
    [PROFILE_CONNECTION_ID] = N_("Name"),
    [PROFILE_CONNECTION_GATEWAY] = N_("Gateway"),
    [PROFILE_CONNECTION_BACKUP_GATEWAYS] = N_("Backup gateways"),
    [PROFILE_CONNECTION_METHOD] = N_("Authentication"),
    [PROFILE_CONNECTION_MODE] = N_("Exchange mode"),
    [PROFILE_CONNECTION_AUTOCONNECT] = N_("Connect when the computer starts"),
    [PROFILE_CONNECTION_RECONNECT] = N_("Connect again when the connection is lost"),
    [PROFILE_IDENTITY_GATEWAY_ID] = N_("Name in the gateway's certificate"),
    [PROFILE_IDENTITY_PINNED_SHA256] = N_("Pinned certificate (SHA-256)"),
    [PROFILE_IDENTITY_CA] = N_("CA certificate"),
    [PROFILE_IDENTITY_CRL] = N_("Revocation list"),
    [PROFILE_IDENTITY_REQUIRE_CRL] = N_("Require a revocation list"),
    [PROFILE_IDENTITY_REQUIRE_ID_MATCH] = N_("Check the IKE identity too"),
    [PROFILE_IDENTITY_OWN_ID] = N_("Group name"),
    [PROFILE_IDENTITY_OWN_ID_TYPE] = N_("Type of the group name"),
    [PROFILE_IDENTITY_CERTIFICATE] = N_("Own certificate"),
    [PROFILE_LOGIN_USER] = N_("User name"),
    [PROFILE_LOGIN_DOMAIN] = N_("Login domain"),
    [PROFILE_LOGIN_SAVE_PASSWORD] = N_("Remember the password"),
    [PROFILE_IKE_PROPOSALS] = N_("Key exchange algorithms"),
    [PROFILE_IKE_ALLOW_WEAK] = N_("Allow weak algorithms"),
    [PROFILE_IKE_LIFETIME] = N_("Key exchange lifetime (seconds)"),
    [PROFILE_IKE_FRAGMENTATION] = N_("IKE fragmentation"),
    [PROFILE_IKE_FRAGMENT_SIZE] = N_("IKE fragment size"),
    [PROFILE_IKE_NAT_TRAVERSAL] = N_("NAT traversal"),
    [PROFILE_IKE_KEEPALIVE] = N_("NAT keepalive (seconds)"),
    [PROFILE_IKE_DPD_DELAY] = N_("Dead peer detection after (seconds)"),
    [PROFILE_IKE_DPD_RETRY] = N_("Dead peer detection interval (seconds)"),
    [PROFILE_IKE_DPD_MAX_FAILURES] = N_("Dead peer detection attempts"),
    [PROFILE_IKE_CONFIG_MODE] = N_("Mode Config"),
    [PROFILE_IKE_LOCAL_PORT] = N_("Own UDP port"),
    [PROFILE_IKE_APPLICATION_VERSION] = N_("Application version"),
    [PROFILE_ESP_PROPOSALS] = N_("Traffic algorithms"),
    [PROFILE_ESP_LIFETIME] = N_("Traffic key lifetime (seconds)"),
    [PROFILE_ESP_PFS] = N_("Perfect forward secrecy"),
    [PROFILE_ESP_FRAGMENT_SIZE] = N_("ESP fragment size"),
    [PROFILE_ESP_MTU] = N_("MTU"),
    [PROFILE_ESP_PLANE] = N_("Packets carried by"),
    [PROFILE_NETWORK_ROUTES] = N_("What goes through the tunnel"),
    [PROFILE_NETWORK_REMOTE_NETWORKS] = N_("Networks behind the gateway"),
    [PROFILE_NETWORK_EXCLUDE] = N_("Networks that stay outside"),
    [PROFILE_NETWORK_DNS] = N_("Name servers"),
    [PROFILE_NETWORK_DOMAINS] = N_("Domains"),
    [PROFILE_NETWORK_DNS_WITHOUT_DOMAIN] = N_("Name servers without domains"),
    [PROFILE_NETWORK_LOCAL_NETWORK] = N_("Local network"),
    [PROFILE_NETWORK_IPV6] = N_("IPv6 beside the tunnel"),
    [PROFILE_NETWORK_LOCKDOWN] = N_("Nothing leaves but through the tunnel (lockdown)"),
    [PROFILE_SECRETS_PASSWORD] = N_("Password"),
    [PROFILE_SECRETS_GROUP_PASSWORD] = N_("Group password"),
    [PROFILE_SECRETS_PRIVATE_KEY] = N_("Private key"),
};

static const struct {
    ProfileField field;
    const char *word;
    const char *label;
} words[] = {
    {PROFILE_CONNECTION_METHOD, "hybrid-rsa", N_("Certificate of the gateway, login (Hybrid RSA)")},
    {PROFILE_CONNECTION_METHOD, "xauth-psk", N_("Group password, login (Xauth PSK)")},
    {PROFILE_CONNECTION_METHOD, "xauth-rsa", N_("Certificates of both sides, login (Xauth RSA)")},
    {PROFILE_CONNECTION_METHOD, "rsa", N_("Certificates of both sides")},
    {PROFILE_CONNECTION_METHOD, "psk", N_("Pre-shared key")},
    {PROFILE_CONNECTION_MODE, "aggressive", N_("Aggressive")},
    {PROFILE_CONNECTION_MODE, "main", N_("Main")},
    {PROFILE_LOGIN_SAVE_PASSWORD, "ask", N_("As I say when signing in")},
    {PROFILE_LOGIN_SAVE_PASSWORD, "never", N_("Never")},
    {PROFILE_LOGIN_SAVE_PASSWORD, "always", N_("Always")},
    {PROFILE_IKE_FRAGMENTATION, "on", N_("Where the gateway knows it")},
    {PROFILE_IKE_FRAGMENTATION, "force", N_("Always")},
    {PROFILE_IKE_FRAGMENTATION, "off", N_("Never")},
    {PROFILE_IKE_NAT_TRAVERSAL, "auto", N_("Where a NAT is found")},
    {PROFILE_IKE_NAT_TRAVERSAL, "force", N_("Always")},
    {PROFILE_IKE_NAT_TRAVERSAL, "off", N_("Never")},
    {PROFILE_IKE_CONFIG_MODE, "pull", N_("Ask the gateway")},
    {PROFILE_IKE_CONFIG_MODE, "push", N_("Wait for the gateway")},
    {PROFILE_IKE_CONFIG_MODE, "off", N_("Off")},
    {PROFILE_ESP_PLANE, "auto", N_("The kernel where it can, else Coati")},
    {PROFILE_ESP_PLANE, "kernel", N_("The kernel")},
    {PROFILE_ESP_PLANE, "userspace", N_("Coati itself (userspace)")},
    {PROFILE_NETWORK_ROUTES, "gateway", N_("As the gateway says")},
    {PROFILE_NETWORK_ROUTES, "full", N_("Everything")},
    {PROFILE_NETWORK_ROUTES, "split", N_("Only the networks behind the gateway")},
    {PROFILE_NETWORK_DNS_WITHOUT_DOMAIN, "all", N_("Ask them for every name")},
    {PROFILE_NETWORK_DNS_WITHOUT_DOMAIN, "ignore", N_("Do not use them")},
    {PROFILE_NETWORK_LOCAL_NETWORK, "allow", N_("Reachable")},
    {PROFILE_NETWORK_LOCAL_NETWORK, "block", N_("Blocked when everything goes through the tunnel")},
    {PROFILE_NETWORK_IPV6, "close", N_("Closed when everything goes through the tunnel")},
    {PROFILE_NETWORK_IPV6, "leave", N_("Left as it is")},
};

const char *
coati_field_label(ProfileField field)
{
    return labels[field] != NULL ? _(labels[field]) : profile_field_info(field)->name;
}

const char *
coati_word_label(ProfileField field, const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (words[i].field == field && strcmp(words[i].word, word) == 0)
            return _(words[i].label);
    return word;
}

gboolean
coati_field_is_used(ProfileField field, const Profile *profile)
{
    gint method = profile_choice(profile, PROFILE_CONNECTION_METHOD);
    gboolean has_gateway_certificate =
        method != PROFILE_METHOD_XAUTH_PSK && method != PROFILE_METHOD_PSK;

    if (field == PROFILE_SECRETS_GROUP_PASSWORD)
        return profile_needs_group_password(profile);
    if (field == PROFILE_IDENTITY_CERTIFICATE || field == PROFILE_SECRETS_PRIVATE_KEY)
        return profile_needs_certificate(profile);
    if (field == PROFILE_IDENTITY_CA || field == PROFILE_IDENTITY_GATEWAY_ID ||
        field == PROFILE_IDENTITY_PINNED_SHA256)
        return has_gateway_certificate;
    if (field == PROFILE_LOGIN_USER || field == PROFILE_LOGIN_SAVE_PASSWORD)
        return profile_has_xauth(profile);
    return TRUE;
}
