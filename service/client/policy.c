/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/policy.h"

#include "config.h"
#include "engine-link.h"

#include <string.h>

static const IkeMethod methods[] = {
    [PROFILE_METHOD_HYBRID_RSA] = IKE_METHOD_HYBRID_RSA,
    [PROFILE_METHOD_XAUTH_PSK] = IKE_METHOD_XAUTH_PSK,
    [PROFILE_METHOD_XAUTH_RSA] = IKE_METHOD_XAUTH_RSA,
    [PROFILE_METHOD_RSA] = IKE_METHOD_RSA,
    [PROFILE_METHOD_PSK] = IKE_METHOD_PSK,
};

static IkeId
id_of_text(IkeIdType type, const char *text)
{
    return (IkeId){.type = type, .data = g_bytes_new(text, strlen(text))};
}

static IkeId
id_of_certificate(const Profile *profile)
{
    g_autoptr(GPtrArray) chain = profile_der(profile, PROFILE_IDENTITY_CERTIFICATE);
    GBytes *subject = chain->len > 0 ? ike_certificate_subject(chain->pdata[0]) : NULL;

    if (subject == NULL)
        return (IkeId){.type = IKE_ID_IPV4_ADDR};
    return (IkeId){.type = IKE_ID_DER_ASN1_DN, .data = subject};
}

/* AUTO: DN of the certificate, else key-id of own-id, else the address that the session uses (an
 * address without data takes the session's own family in the core). */
static IkeId
own_id(const Profile *profile)
{
    const char *text = profile_text(profile, PROFILE_IDENTITY_OWN_ID);

    switch ((ProfileOwnIdType)profile_choice(profile, PROFILE_IDENTITY_OWN_ID_TYPE)) {
    case PROFILE_OWN_ID_AUTO:
        if (profile_needs_certificate(profile))
            return id_of_certificate(profile);
        return text != NULL ? id_of_text(IKE_ID_KEY_ID, text) : (IkeId){.type = IKE_ID_IPV4_ADDR};
    case PROFILE_OWN_ID_ADDRESS:
        return (IkeId){.type = IKE_ID_IPV4_ADDR};
    case PROFILE_OWN_ID_FQDN:
        return id_of_text(IKE_ID_FQDN, text != NULL ? text : "");
    case PROFILE_OWN_ID_USER_FQDN:
        return id_of_text(IKE_ID_USER_FQDN, text != NULL ? text : "");
    case PROFILE_OWN_ID_KEY_ID:
        return id_of_text(IKE_ID_KEY_ID, text != NULL ? text : "");
    case PROFILE_OWN_ID_DN:
        return id_of_certificate(profile);
    }
    g_assert_not_reached();
}

static IkeNatt
natt(const Profile *profile)
{
    switch ((ProfileNatTraversal)profile_choice(profile, PROFILE_IKE_NAT_TRAVERSAL)) {
    case PROFILE_NAT_TRAVERSAL_AUTO:
        return IKE_NATT_AUTO;
    case PROFILE_NAT_TRAVERSAL_FORCE:
        return IKE_NATT_FORCE;
    case PROFILE_NAT_TRAVERSAL_OFF:
        return IKE_NATT_OFF;
    }
    g_assert_not_reached();
}

static IkeFragmentation
fragmentation(const Profile *profile)
{
    switch ((ProfileFragmentation)profile_choice(profile, PROFILE_IKE_FRAGMENTATION)) {
    case PROFILE_FRAGMENTATION_ON:
        return IKE_FRAGMENTATION_ON;
    case PROFILE_FRAGMENTATION_FORCE:
        return IKE_FRAGMENTATION_FORCE;
    case PROFILE_FRAGMENTATION_OFF:
        return IKE_FRAGMENTATION_OFF;
    }
    g_assert_not_reached();
}

static IkeConfigMode
config_mode(const Profile *profile)
{
    switch ((ProfileConfigMode)profile_choice(profile, PROFILE_IKE_CONFIG_MODE)) {
    case PROFILE_CONFIG_PULL:
        return IKE_CONFIG_PULL;
    case PROFILE_CONFIG_PUSH:
        return IKE_CONFIG_PUSH;
    case PROFILE_CONFIG_OFF:
        return IKE_CONFIG_OFF;
    }
    g_assert_not_reached();
}

static void
set_pfs(IkePolicy *policy, const Profile *profile)
{
    switch (profile_pfs(profile, &policy->pfs_group)) {
    case PROFILE_PFS_AUTO:
        policy->pfs = IKE_PFS_AUTO;
        return;
    case PROFILE_PFS_OFF:
        policy->pfs = IKE_PFS_OFF;
        return;
    case PROFILE_PFS_GROUP:
        policy->pfs = IKE_PFS_GROUP;
        return;
    }
    g_assert_not_reached();
}

static void
set_timers(IkePolicy *policy, const Profile *profile)
{
    policy->phase1_lifetime_seconds = profile_number(profile, PROFILE_IKE_LIFETIME);
    policy->esp_lifetime_seconds = profile_number(profile, PROFILE_ESP_LIFETIME);
    policy->initiate_seconds = (guint16)profile_number(profile, PROFILE_IKE_TIMEOUT);
    policy->keepalive_seconds = (guint16)profile_number(profile, PROFILE_IKE_KEEPALIVE);
    policy->dpd_delay_seconds = (guint16)profile_number(profile, PROFILE_IKE_DPD_DELAY);
    policy->dpd_retry_seconds = (guint16)profile_number(profile, PROFILE_IKE_DPD_RETRY);
    policy->dpd_max_failures = (guint16)profile_number(profile, PROFILE_IKE_DPD_MAX_FAILURES);
}

static void
set_credentials(IkePolicy *policy, const Profile *profile)
{
    g_autoptr(GPtrArray) cas = profile_der(profile, PROFILE_IDENTITY_CA);

    policy->own_id = own_id(profile);
    policy->own_key = ENGINE_LINK_KEY;
    g_ptr_array_unref(policy->own_chain);
    policy->own_chain = profile_der(profile, PROFILE_IDENTITY_CERTIFICATE);
    for (guint i = 0; i < cas->len; i++) {
        GBytes *subject = ike_certificate_subject(cas->pdata[i]);

        if (subject != NULL)
            g_ptr_array_add(policy->ca_names, subject);
    }
}

IkePolicy *
client_policy_new(const PolicyInput *input)
{
    const Profile *profile = input->profile;
    IkePolicy *policy = ike_policy_new();
    const char *version = profile_text(profile, PROFILE_IKE_APPLICATION_VERSION);

    policy->mode = profile_choice(profile, PROFILE_CONNECTION_MODE) == PROFILE_MODE_MAIN
                       ? IKE_MODE_MAIN
                       : IKE_MODE_AGGRESSIVE;
    policy->method = methods[profile_choice(profile, PROFILE_CONNECTION_METHOD)];
    g_array_unref(policy->phase1);
    policy->phase1 = profile_ike_suites(profile);
    g_array_unref(policy->esp);
    policy->esp = profile_esp_suites(profile);
    g_array_unref(policy->remote_networks);
    policy->remote_networks = profile_prefixes(profile, PROFILE_NETWORK_REMOTE_NETWORKS);
    set_pfs(policy, profile);
    set_timers(policy, profile);
    set_credentials(policy, profile);
    policy->natt = natt(profile);
    policy->fragmentation = fragmentation(profile);
    policy->fragment_octets = (guint16)profile_number(profile, PROFILE_IKE_FRAGMENT_SIZE);
    policy->config_mode = config_mode(profile);
    policy->wished_address = input->wished;
    policy->wants_ipv6 = TRUE; /* a gateway without it passes the question over */
    policy->application_version = g_strdup(version != NULL ? version : "Coati " COATI_VERSION);
    policy->is_esp_always_encapsulated = TRUE; /* the userspace plane has no raw socket */
    return policy;
}

static void
set_identity(IkeTrust *trust, const PolicyInput *input)
{
    const Profile *profile = input->profile;
    const char *text = profile_text(profile, PROFILE_IDENTITY_GATEWAY_ID);

    switch (profile_gateway_id_type(profile)) {
    case PROFILE_GATEWAY_ID_NONE:
        return;
    case PROFILE_GATEWAY_ID_NAME:
        trust->expected_name = g_strdup(text);
        return;
    case PROFILE_GATEWAY_ID_ADDRESS:
        net_address_parse(text, &trust->expected_address);
        return;
    case PROFILE_GATEWAY_ID_DN:
        trust->expected_dn = g_strdup(text);
        return;
    case PROFILE_GATEWAY_ID_ANY_OF_CA:
        trust->accepts_any_name = TRUE;
        return;
    }
    g_assert_not_reached();
}

IkeTrust *
client_trust_new(const PolicyInput *input, GBytes *pinned_sha256)
{
    const Profile *profile = input->profile;
    IkeTrust *trust = ike_trust_new();

    g_clear_pointer(&trust->anchors, g_ptr_array_unref);
    trust->anchors = profile_der(profile, PROFILE_IDENTITY_CA);
    g_clear_pointer(&trust->crls, g_ptr_array_unref);
    trust->crls = profile_der(profile, PROFILE_IDENTITY_CRL);
    trust->is_crl_required = profile_boolean(profile, PROFILE_IDENTITY_REQUIRE_CRL);
    trust->requires_id_match = profile_boolean(profile, PROFILE_IDENTITY_REQUIRE_ID_MATCH);
    trust->accepts_weak_key = profile_boolean(profile, PROFILE_IKE_ALLOW_WEAK);
    trust->is_peer_gateway = TRUE;
    trust->pinned_sha256 =
        pinned_sha256 != NULL ? g_bytes_ref(pinned_sha256) : profile_pinned_sha256(profile);
    set_identity(trust, input);
    return trust;
}

gboolean
client_is_unsafe(const Profile *profile)
{
    g_auto(GStrv) weak = profile_weak(profile);

    return weak[0] != NULL || profile_gateway_id_type(profile) == PROFILE_GATEWAY_ID_ANY_OF_CA;
}
