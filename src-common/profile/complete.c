/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the fields of a profile make a connection together, and which of them are weak. */
#include "base/names.h"
#include "profile/field.h"

#include <string.h>

gboolean
profile_has_xauth(const Profile *profile)
{
    ProfileMethod method = profile_choice(profile, PROFILE_CONNECTION_METHOD);

    return method != PROFILE_METHOD_RSA && method != PROFILE_METHOD_PSK;
}

gboolean
profile_needs_group_password(const Profile *profile)
{
    ProfileMethod method = profile_choice(profile, PROFILE_CONNECTION_METHOD);

    return method == PROFILE_METHOD_XAUTH_PSK || method == PROFILE_METHOD_PSK;
}

gboolean
profile_needs_certificate(const Profile *profile)
{
    ProfileMethod method = profile_choice(profile, PROFILE_CONNECTION_METHOD);

    return method == PROFILE_METHOD_XAUTH_RSA || method == PROFILE_METHOD_RSA;
}

static gboolean
is_weak_suite(ProfileField field, const char *item)
{
    SuitePhase1 phase1;
    SuiteEsp esp;

    if (field == PROFILE_IKE_PROPOSALS)
        return suite_phase1_parse(item, &phase1) && suite_phase1_is_weak(&phase1);
    return suite_esp_parse(item, &esp) && suite_esp_is_weak(&esp);
}

/* field: proposals of IKE or ESP, or pfs. */
static void
add_weak(const Profile *profile, ProfileField field, GPtrArray *names)
{
    SuiteGroup group = SUITE_GROUP_NONE;

    if (field == PROFILE_ESP_PFS) {
        if (profile_pfs(profile, &group) == PROFILE_PFS_GROUP && suite_group_is_weak(group))
            g_ptr_array_add(names, g_strdup_printf("pfs %s", suite_group_name(group)));
        return;
    }
    for (const char *const *items = profile_list(profile, field); *items != NULL; items++)
        if (is_weak_suite(field, *items))
            g_ptr_array_add(names, g_strdup(*items));
}

static const ProfileField weak_fields[] = {PROFILE_IKE_PROPOSALS, PROFILE_ESP_PROPOSALS,
                                           PROFILE_ESP_PFS};

char **
profile_weak(const Profile *profile)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(weak_fields); i++)
        add_weak(profile, weak_fields[i], names);
    if (profile_needs_group_password(profile))
        g_ptr_array_add(names, g_strdup("group password"));
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static gboolean
incomplete(GError **error, ProfileField field, const char *what)
{
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_INCOMPLETE, "%s: %s",
                field_row(field)->info.name, what);
    return FALSE;
}

static gboolean
check_weak(const Profile *profile, GError **error)
{
    if (profile_boolean(profile, PROFILE_IKE_ALLOW_WEAK))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(weak_fields); i++) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        add_weak(profile, weak_fields[i], names);
        if (names->len == 0)
            continue;
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_INCOMPLETE,
                    "%s: \"%s\" is weak; use stronger algorithms, or set ike.allow-weak to true "
                    "when the gateway knows no better",
                    profile_field_info(weak_fields[i])->name, (const char *)names->pdata[0]);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_groups(const Profile *profile, GError **error)
{
    g_autoptr(GArray) suites = profile_ike_suites(profile);

    if (profile_choice(profile, PROFILE_CONNECTION_MODE) != PROFILE_MODE_AGGRESSIVE)
        return TRUE;
    for (guint i = 1; i < suites->len; i++)
        if (g_array_index(suites, SuitePhase1, i).group !=
            g_array_index(suites, SuitePhase1, 0).group)
            return incomplete(error, PROFILE_IKE_PROPOSALS,
                              "in aggressive mode all proposals must have the same group; keep "
                              "one group or set connection.mode to main");
    return TRUE;
}

static gboolean
check_own_id(const Profile *profile, GError **error)
{
    ProfileOwnIdType type = profile_choice(profile, PROFILE_IDENTITY_OWN_ID_TYPE);
    const char *text = profile_text(profile, PROFILE_IDENTITY_OWN_ID);
    NetAddress address;

    if (text == NULL &&
        (type == PROFILE_OWN_ID_FQDN || type == PROFILE_OWN_ID_USER_FQDN ||
         type == PROFILE_OWN_ID_KEY_ID ||
         (type == PROFILE_OWN_ID_DN && !profile_is_set(profile, PROFILE_IDENTITY_CERTIFICATE))))
        return incomplete(error, PROFILE_IDENTITY_OWN_ID,
                          "own-id-type needs an own-id of that type");
    if (text != NULL && type == PROFILE_OWN_ID_ADDRESS && !net_address_parse(text, &address))
        return incomplete(error, PROFILE_IDENTITY_OWN_ID,
                          "own-id-type is address but own-id is none");
    if (text != NULL && type == PROFILE_OWN_ID_DN && !field_is_dn(text))
        return incomplete(error, PROFILE_IDENTITY_OWN_ID,
                          "own-id-type is dn but own-id is no DN such as \"CN=alice\"");
    return TRUE;
}

/* What is open by the one field must not be closed by the other. */
static gboolean
check_lockdown(const Profile *profile, GError **error)
{
    if (!profile_boolean(profile, PROFILE_NETWORK_LOCKDOWN))
        return TRUE;
    if (profile_choice(profile, PROFILE_NETWORK_ROUTES) != PROFILE_ROUTES_FULL)
        return incomplete(error, PROFILE_NETWORK_LOCKDOWN,
                          "needs network.routes=full, because it refuses everything that does not "
                          "go through the tunnel");
    if (profile_choice(profile, PROFILE_NETWORK_IPV6) == PROFILE_IPV6_LEAVE)
        return incomplete(error, PROFILE_NETWORK_LOCKDOWN,
                          "network.ipv6=leave lets IPv6 pass beside the tunnel; set it to close");
    return TRUE;
}

static gboolean
check_all(const Profile *profile, gboolean needs_ca, GError **error)
{
    if (!profile_is_set(profile, PROFILE_CONNECTION_GATEWAY))
        return incomplete(error, PROFILE_CONNECTION_GATEWAY,
                          "missing; set the gateway's host name or address");
    if (profile_needs_group_password(profile) &&
        profile_is_set(profile, PROFILE_IDENTITY_CERTIFICATE))
        return incomplete(error, PROFILE_IDENTITY_CERTIFICATE,
                          "not used by this connection.method; remove it or use xauth-rsa");
    if (needs_ca && !profile_needs_group_password(profile) &&
        !profile_is_set(profile, PROFILE_IDENTITY_CA))
        return incomplete(error, PROFILE_IDENTITY_CA,
                          "missing; set the certificate of the authority that vouches for the "
                          "gateway (for a self-signed gateway its own certificate)");
    if (profile_needs_certificate(profile) &&
        !profile_is_set(profile, PROFILE_IDENTITY_CERTIFICATE))
        return incomplete(error, PROFILE_IDENTITY_CERTIFICATE,
                          "missing; this connection.method needs an own certificate");
    if (profile_needs_certificate(profile) && !profile_is_set(profile, PROFILE_SECRETS_PRIVATE_KEY))
        return incomplete(error, PROFILE_SECRETS_PRIVATE_KEY,
                          "missing; this connection.method needs the certificate's key");
    return check_own_id(profile, error) && check_groups(profile, error) &&
           check_lockdown(profile, error) && check_weak(profile, error);
}

gboolean
profile_check(const Profile *profile, GError **error)
{
    return check_all(profile, TRUE, error);
}

gboolean
profile_check_probe(const Profile *profile, GError **error)
{
    return check_all(profile, FALSE, error);
}
