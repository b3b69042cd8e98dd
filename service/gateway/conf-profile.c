/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client's profile for the gateway that a gateway.conf describes. */
#include "gateway/conf-profile.h"

#include "profile/pem.h"

#include <string.h>

enum { MAX_FILE = 256 * 1024 };

G_GNUC_PRINTF(2, 3)
static gboolean
fail(GError **error, const char *format, ...)
{
    va_list arguments;
    g_autofree char *text = NULL;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, GATEWAY_CONFIG_ERROR, GATEWAY_CONFIG_INVALID, text);
    return FALSE;
}

/* The first of the certificate's names, or its common name; NULL. To be freed. */
static char *
certificate_name(const GatewayConfig *config)
{
    g_autoptr(IkeCertificateInfo) info = NULL;
    g_auto(GStrv) names = NULL;

    if (config->chain->len == 0)
        return NULL;
    info = ike_certificate_info(config->chain->pdata[0]);
    if (info == NULL || info->names[0] == '\0')
        return NULL;
    names = g_strsplit_set(info->names, ", ", 2);
    return g_strdup(names[0]);
}

static gboolean
set_place(const GatewayConfig *config, Profile *profile, GError **error)
{
    g_autofree char *name = certificate_name(config);
    char listen[NET_ADDRESS_TEXT_SIZE];
    const char *place = config->address;
    g_autofree char *id = NULL;

    if (place == NULL)
        place = name != NULL ? name : config->identity;
    if (place == NULL && config->listen.length != 0)
        place = net_address_format(&config->listen, listen);
    if (place == NULL)
        return fail(error, "%s: clients must be told where the gateway is: address= in [gateway]",
                    config->origin);
    id = g_strdup(place);
    g_strcanon(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", '-');
    return profile_set(profile, PROFILE_CONNECTION_ID, id, error) &&
           profile_set(profile, PROFILE_CONNECTION_GATEWAY, place, error) &&
           (name == NULL || profile_set(profile, PROFILE_IDENTITY_GATEWAY_ID, name, error));
}

static gboolean
is_root(GBytes *certificate)
{
    g_autoptr(IkeCertificateInfo) info = ike_certificate_info(certificate);

    return info != NULL && strcmp(info->subject, info->issuer) == 0;
}

static char *
to_pem(GBytes *certificate)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(certificate, &length);
    g_autofree char *text = g_base64_encode(data, length);
    GString *pem = g_string_new("-----BEGIN CERTIFICATE-----\n");

    for (const char *at = text; *at != '\0'; at += strnlen(at, 64))
        g_string_append_printf(pem, "%.64s\n", at);
    g_string_append(pem, "-----END CERTIFICATE-----\n");
    return g_string_free(pem, FALSE);
}

/* ca= of [gateway], or the root in the gateway's own chain. */
static gboolean
set_ca(const GatewayConfig *config, Profile *profile, GError **error)
{
    g_autofree char *text = NULL;

    if (config->ca_file != NULL) {
        if (!g_file_get_contents(config->ca_file, &text, NULL, error)) {
            g_prefix_error(error, "%s: ", config->origin);
            return FALSE;
        }
        return profile_set(profile, PROFILE_IDENTITY_CA, text, error);
    }
    for (guint i = 0; i < config->chain->len && text == NULL; i++)
        if (is_root(config->chain->pdata[i]))
            text = to_pem(config->chain->pdata[i]);
    if (text == NULL)
        return fail(error,
                    "%s: clients need the CA that issued the gateway's certificate: ca= in "
                    "[gateway]",
                    config->origin);
    return profile_set(profile, PROFILE_IDENTITY_CA, text, error);
}

static gboolean
set_group(const GatewayConfig *config, const char *name, Profile *profile, GError **error)
{
    const GatewayGroup *group = NULL;

    for (guint i = 0; i < config->groups->len; i++) {
        const GatewayGroup *other = config->groups->pdata[i];

        if (other->password != NULL && group == NULL &&
            (name == NULL || strcmp(other->name, name) == 0))
            group = other;
    }
    if (group == NULL)
        return fail(error, "%s: there is no group %s with a password", config->origin,
                    name != NULL ? name : "");
    if (strcmp(group->name, "*") != 0 &&
        (!profile_set(profile, PROFILE_IDENTITY_OWN_ID, group->name, error) ||
         !profile_set(profile, PROFILE_IDENTITY_OWN_ID_TYPE, "key-id", error)))
        return FALSE;
    profile_unset(profile, PROFILE_IDENTITY_GATEWAY_ID);
    return profile_take_secret(profile, PROFILE_SECRETS_GROUP_PASSWORD, secret_dup(group->password),
                               error);
}

/* --- algorithms --- */

static gboolean
is_aggressive(const GatewayConfig *config)
{
    return (config->modes & 1) != 0;
}

/* A client has one group in aggressive mode: that of the first proposal. */
static gboolean
set_phase1(const GatewayConfig *config, Profile *profile, GError **error)
{
    const SuitePhase1 *first = &g_array_index(config->phase1, SuitePhase1, 0);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < config->phase1->len; i++) {
        const SuitePhase1 *suite = &g_array_index(config->phase1, SuitePhase1, i);
        char text[SUITE_TEXT_SIZE];

        if (!is_aggressive(config) || suite->group == first->group)
            g_string_append_printf(list, "%s;", suite_phase1_format(suite, text));
    }
    return profile_set(profile, PROFILE_IKE_PROPOSALS, list->str, error);
}

static gboolean
set_esp(const GatewayConfig *config, Profile *profile, GError **error)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < config->esp->len; i++) {
        char text[SUITE_TEXT_SIZE];

        g_string_append_printf(list, "%s;",
                               suite_esp_format(&g_array_index(config->esp, SuiteEsp, i), text));
    }
    return profile_set(profile, PROFILE_ESP_PROPOSALS, list->str, error) &&
           (strcmp(config->pfs, "auto") == 0 ||
            profile_set(profile, PROFILE_ESP_PFS, config->pfs, error));
}

static gboolean
set_weak(Profile *profile, GError **error)
{
    g_auto(GStrv) weak = NULL;

    if (!profile_set(profile, PROFILE_IKE_ALLOW_WEAK, "true", error))
        return FALSE;
    weak = profile_weak(profile);
    if (weak[0] == NULL || (weak[1] == NULL && strcmp(weak[0], "group password") == 0))
        profile_unset(profile, PROFILE_IKE_ALLOW_WEAK);
    return TRUE;
}

/* Lives that a strict gateway takes. */
static gboolean
set_lives(const GatewayConfig *config, Profile *profile, GError **error)
{
    g_autofree char *phase1 = g_strdup_printf("%u", config->phase1_lifetime_seconds);
    g_autofree char *esp = g_strdup_printf("%u", config->esp_lifetime_seconds);

    if (config->proposal_check == IKE_CHECK_OBEY)
        return TRUE;
    return profile_set(profile, PROFILE_IKE_LIFETIME, phase1, error) &&
           profile_set(profile, PROFILE_ESP_LIFETIME, esp, error);
}

/* --- the whole --- */

static gboolean
set_method(const GatewayConfig *config, const char *method, const char *group, Profile *profile,
           GError **error)
{
    gboolean is_psk;

    for (guint i = 0; gateway_methods[i].name != NULL && method == NULL; i++)
        if ((config->methods & (1u << i)) != 0)
            method = gateway_methods[i].name;
    for (guint i = 0; gateway_methods[i].name != NULL; i++)
        if (strcmp(gateway_methods[i].name, method) == 0 && (config->methods & (1u << i)) == 0)
            return fail(error, "%s: this gateway has no method %s", config->origin, method);
    is_psk = strcmp(method, "xauth-psk") == 0;
    return profile_set(profile, PROFILE_CONNECTION_METHOD, method, error) &&
           profile_set(profile, PROFILE_CONNECTION_MODE,
                       is_aggressive(config) ? "aggressive" : "main", error) &&
           (is_psk ? set_group(config, group, profile, error) : set_ca(config, profile, error));
}

Profile *
gateway_config_profile(const GatewayConfig *config, const char *method, const char *group,
                       GError **error)
{
    g_autoptr(Profile) profile = profile_new();

    if (!set_place(config, profile, error) || !set_method(config, method, group, profile, error) ||
        !set_phase1(config, profile, error) || !set_esp(config, profile, error) ||
        !set_weak(profile, error) || !set_lives(config, profile, error))
        return NULL;
    if (config->config_mode == IKE_CONFIG_PUSH &&
        !profile_set(profile, PROFILE_IKE_CONFIG_MODE, "push", error))
        return NULL;
    return g_steal_pointer(&profile);
}
