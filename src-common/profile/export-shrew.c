/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .vpn of Shrew Soft's client: one suite of each phase, certificates by value. */
#include "profile/exporter.h"

#include <string.h>

static const char *
hash_word(const char *ours)
{
    static const char *const words[][2] = {
        {"sha256", "sha2-256"}, {"sha384", "sha2-384"}, {"sha512", "sha2-512"}};

    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i][0], ours) == 0)
            return words[i][1];
    return ours;
}

/* "aes256-sha1..." as cipher, key length and hash of a phase. */
static gboolean
print_suite(ExportDraft *draft, ProfileField field, const char *const keys[3], const char *prefix,
            GError **error)
{
    const char *const *items = profile_list(draft->profile, field);
    g_auto(GStrv) parts = g_strsplit(items[0], "-", 3);
    gboolean is_aes = g_str_has_prefix(parts[0], "aes");

    if (parts[1] == NULL)
        return export_fail(error, "%s: %s has no place in this format; put a suite with CBC first",
                           profile_field_info(field)->name, items[0]);
    export_print(draft, "s:%s:%s%s\n", keys[0], prefix, is_aes ? "aes" : parts[0]);
    if (is_aes)
        export_print(draft, "n:%s:%s\n", keys[1], parts[0] + 3);
    export_print(draft, "s:%s:%s\n", keys[2], hash_word(parts[1]));
    export_cover(draft, field);
    if (items[1] == NULL)
        export_keep(draft, field);
    else
        export_note(draft, "%s: only %s is in the file", profile_field_info(field)->name, items[0]);
    return TRUE;
}

static gboolean
print_suites(ExportDraft *draft, GError **error)
{
    static const char *const phase1[] = {"phase1-cipher", "phase1-keylen", "phase1-hash"};
    static const char *const phase2[] = {"phase2-transform", "phase2-keylen", "phase2-hmac"};
    g_autoptr(GArray) suites = profile_ike_suites(draft->profile);
    SuiteGroup pfs = SUITE_GROUP_NONE;

    if (!print_suite(draft, PROFILE_IKE_PROPOSALS, phase1, "", error))
        return FALSE;
    export_print(draft, "n:phase1-dhgroup:%d\n", g_array_index(suites, SuitePhase1, 0).group);
    export_print(draft, "n:phase1-life-secs:%u\n",
                 profile_number(draft->profile, PROFILE_IKE_LIFETIME));
    export_keep(draft, PROFILE_IKE_LIFETIME);
    /* Where this profile leaves the choice to Coati, the other program makes its own. */
    if (profile_is_set(draft->profile, PROFILE_ESP_PROPOSALS) &&
        !print_suite(draft, PROFILE_ESP_PROPOSALS, phase2, "esp-", error))
        return FALSE;
    switch (profile_pfs(draft->profile, &pfs)) {
    case PROFILE_PFS_AUTO:
        pfs = 0;
        break;
    case PROFILE_PFS_OFF:
        pfs = -1;
        break;
    case PROFILE_PFS_GROUP:
        break;
    }
    export_print(draft, "n:phase2-pfsgroup:%d\nn:phase2-life-secs:%u\n", (gint)pfs,
                 profile_number(draft->profile, PROFILE_ESP_LIFETIME));
    export_keep(draft, PROFILE_ESP_PFS);
    export_keep(draft, PROFILE_ESP_LIFETIME);
    export_cover(draft, PROFILE_IKE_ALLOW_WEAK);
    return TRUE;
}

static void
print_base64(ExportDraft *draft, const char *key, const void *data, gsize length)
{
    g_autofree char *text = g_base64_encode(data, length);

    export_print(draft, "b:%s:%s\n", key, text);
    explicit_bzero(text, strlen(text));
}

static void
print_pem(ExportDraft *draft, const char *key, ProfileField field)
{
    const char *text = profile_text(draft->profile, field);

    if (text == NULL)
        return;
    print_base64(draft, key, text, strlen(text));
    export_keep(draft, field);
}

/* Secrets go as base64, so every octet has its place. */
static void
print_secret(ExportDraft *draft, const char *key, ProfileField field)
{
    const Secret *secret = profile_secret(draft->profile, field);

    export_cover(draft, field);
    if (secret != NULL && draft->with_secrets) {
        print_base64(draft, key, secret_data(secret), secret_length(secret));
        export_keep(draft, field);
    } else {
        export_note(draft, "%s is not in the file", profile_field_info(field)->name);
    }
}

static void
print_own_id(ExportDraft *draft)
{
    static const char *const types[] = {"none", "address", "fqdn", "ufqdn", "keyid", "asn1dn"};
    const char *id = profile_text(draft->profile, PROFILE_IDENTITY_OWN_ID);
    ProfileOwnIdType type = profile_choice(draft->profile, PROFILE_IDENTITY_OWN_ID_TYPE);

    export_cover(draft, PROFILE_IDENTITY_OWN_ID_TYPE);
    if (type == PROFILE_OWN_ID_DN && id != NULL)
        return;
    if (type == PROFILE_OWN_ID_AUTO && id != NULL)
        type = PROFILE_OWN_ID_KEY_ID;
    else if (type != PROFILE_OWN_ID_AUTO)
        export_keep(draft, PROFILE_IDENTITY_OWN_ID_TYPE);
    export_print(draft, "s:ident-client-type:%s\n", types[type]);
    export_field(draft, "s:ident-client-data:", PROFILE_IDENTITY_OWN_ID, "\n");
}

static void
print_gateway_id(ExportDraft *draft)
{
    const char *type = NULL;

    switch (profile_gateway_id_type(draft->profile)) {
    case PROFILE_GATEWAY_ID_NAME:
        type = "fqdn";
        break;
    case PROFILE_GATEWAY_ID_ADDRESS:
        type = "address";
        break;
    case PROFILE_GATEWAY_ID_DN:
    case PROFILE_GATEWAY_ID_NONE:
    case PROFILE_GATEWAY_ID_ANY_OF_CA:
        break;
    }
    export_print(draft, "s:ident-server-type:%s\n", type != NULL ? type : "any");
    if (type != NULL)
        export_field(draft, "s:ident-server-data:", PROFILE_IDENTITY_GATEWAY_ID, "\n");
}

static void
print_auth(ExportDraft *draft)
{
    print_own_id(draft);
    print_gateway_id(draft);
    if (profile_needs_group_password(draft->profile)) {
        print_secret(draft, "auth-mutual-psk", PROFILE_SECRETS_GROUP_PASSWORD);
        return;
    }
    print_pem(draft, "auth-server-cert-data", PROFILE_IDENTITY_CA);
    if (!profile_needs_certificate(draft->profile))
        return;
    print_pem(draft, "auth-client-cert-data", PROFILE_IDENTITY_CERTIFICATE);
    print_secret(draft, "auth-client-key-data", PROFILE_SECRETS_PRIVATE_KEY);
}

static void
print_list(ExportDraft *draft, const char *key, ProfileField field)
{
    for (const char *const *item = profile_list(draft->profile, field); *item != NULL; item++)
        export_print(draft, "s:%s:%s\n", key, *item);
    export_keep(draft, field);
}

static void
print_network(ExportDraft *draft)
{
    ProfileDns dns = profile_dns(draft->profile);
    g_autofree char *networks = export_networks(draft, "\ns:policy-list-include:", TRUE);

    export_print(draft, "n:client-dns-used:%d\nn:client-dns-auto:%d\n", dns != PROFILE_DNS_OFF,
                 dns != PROFILE_DNS_LIST);
    if (dns == PROFILE_DNS_LIST)
        print_list(draft, "client-dns-addr", PROFILE_NETWORK_DNS);
    export_keep(draft, PROFILE_NETWORK_DNS);
    print_list(draft, "client-splitdns-list", PROFILE_NETWORK_DOMAINS);
    if (profile_choice(draft->profile, PROFILE_NETWORK_ROUTES) == PROFILE_ROUTES_FULL) {
        export_print(draft, "n:policy-list-auto:0\ns:policy-list-include:0.0.0.0 / 0.0.0.0\n");
        export_keep(draft, PROFILE_NETWORK_ROUTES);
        draft->export->is_kept[PROFILE_NETWORK_REMOTE_NETWORKS] = FALSE;
    } else if (networks[0] != '\0') {
        export_print(draft, "n:policy-list-auto:0\ns:policy-list-include:%s\n", networks);
    } else {
        export_print(draft, "n:policy-list-auto:1\n");
    }
    print_list(draft, "policy-list-exclude", PROFILE_NETWORK_EXCLUDE);
    draft->export->is_kept[PROFILE_NETWORK_EXCLUDE] = FALSE;
    export_keep_networks(draft, PROFILE_NETWORK_EXCLUDE);
}

gboolean
export_shrew(ExportDraft *draft, GError **error)
{
    const char *method = export_choice(draft, PROFILE_CONNECTION_METHOD,
                                       "hybrid-rsa=hybrid-rsa-xauth xauth-psk=mutual-psk-xauth "
                                       "xauth-rsa=mutual-rsa-xauth rsa=mutual-rsa psk=mutual-psk",
                                       error);
    const char *natt = export_choice(draft, PROFILE_IKE_NAT_TRAVERSAL,
                                     "auto=enable force=force off=disable", error);
    const char *frag =
        export_choice(draft, PROFILE_IKE_FRAGMENTATION, "on=enable force=force off=disable", error);
    const char *config =
        export_choice(draft, PROFILE_IKE_CONFIG_MODE, "pull=pull push=push off=disabled", error);
    const char *mode =
        export_choice(draft, PROFILE_CONNECTION_MODE, "aggressive=aggressive main=main", error);
    guint dpd = profile_number(draft->profile, PROFILE_IKE_DPD_DELAY);

    if (method == NULL || natt == NULL || frag == NULL || config == NULL || mode == NULL)
        return FALSE;
    export_print(draft, "n:version:4\nn:network-ike-port:500\nn:network-dpd-enable:%d\n", dpd > 0);
    export_field(draft, "s:network-host:", PROFILE_CONNECTION_GATEWAY, "\n");
    export_field(draft, "n:network-mtu-size:", PROFILE_ESP_MTU, "\n");
    export_print(draft, "s:network-natt-mode:%s\nn:network-natt-rate:%u\n", natt,
                 profile_number(draft->profile, PROFILE_IKE_KEEPALIVE));
    export_keep(draft, PROFILE_IKE_KEEPALIVE);
    export_print(draft, "s:network-frag-mode:%s\n", frag);
    export_field(draft, "n:network-frag-size:", PROFILE_IKE_FRAGMENT_SIZE, "\n");
    if (dpd == 0)
        export_keep(draft, PROFILE_IKE_DPD_DELAY);
    export_print(draft, "s:client-auto-mode:%s\ns:client-iface:virtual\nn:client-addr-auto:1\n",
                 config);
    export_field(draft, "s:client-saved-username:", PROFILE_LOGIN_USER, "\n");
    export_print(draft, "s:auth-method:%s\ns:phase1-exchange:%s\n", method, mode);
    print_auth(draft);
    print_network(draft);
    return print_suites(draft, error);
}
