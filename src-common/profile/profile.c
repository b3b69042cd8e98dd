/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/profile.h"

#include "base/names.h"
#include "profile/field.h"
#include "profile/pem.h"

#include <string.h>

struct Profile {
    FieldValue values[PROFILE_FIELD_COUNT];
    Secret *secrets[PROFILE_FIELD_COUNT];
};

G_DEFINE_QUARK(coati - profile - error - quark, profile_error)

Profile *
profile_new(void)
{
    Profile *profile = g_new0(Profile, 1);

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        field_value_reset((ProfileField)i, &profile->values[i]);
    return profile;
}

Profile *
profile_dup(const Profile *profile)
{
    Profile *copy = g_new0(Profile, 1);

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const FieldValue *value = &profile->values[i];

        copy->values[i] = (FieldValue){value->is_set, g_strdup(value->text),
                                       g_strdupv(value->items), value->number};
        if (profile->secrets[i] != NULL)
            copy->secrets[i] = secret_dup(profile->secrets[i]);
    }
    return copy;
}

void
profile_free(Profile *profile)
{
    if (profile == NULL)
        return;
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        field_value_clear(&profile->values[i]);
        secret_free(profile->secrets[i]);
    }
    g_free(profile);
}

gboolean
profile_is_set(const Profile *profile, ProfileField field)
{
    return profile->values[field].is_set || profile->secrets[field] != NULL;
}

static const FieldValue *
value_of(const Profile *profile, ProfileField field, ProfileType type)
{
    g_assert(field_row(field)->info.type == type);
    return &profile->values[field];
}

const char *
profile_text(const Profile *profile, ProfileField field)
{
    ProfileType type = field_row(field)->info.type;

    g_assert(type == PROFILE_TYPE_TEXT || type == PROFILE_TYPE_LINES ||
             type == PROFILE_TYPE_CHOICE);
    return profile->values[field].text;
}

gint
profile_choice(const Profile *profile, ProfileField field)
{
    return (gint)value_of(profile, field, PROFILE_TYPE_CHOICE)->number;
}

gboolean
profile_boolean(const Profile *profile, ProfileField field)
{
    return value_of(profile, field, PROFILE_TYPE_BOOLEAN)->number != 0;
}

guint32
profile_number(const Profile *profile, ProfileField field)
{
    return value_of(profile, field, PROFILE_TYPE_NUMBER)->number;
}

const char *const *
profile_list(const Profile *profile, ProfileField field)
{
    static const char *const none[] = {NULL};
    char **items = value_of(profile, field, PROFILE_TYPE_LIST)->items;

    return items != NULL ? (const char *const *)items : none;
}

const Secret *
profile_secret(const Profile *profile, ProfileField field)
{
    g_assert(field_is_secret(field));
    return profile->secrets[field];
}

char *
profile_format(const Profile *profile, ProfileField field)
{
    g_assert(!field_is_secret(field));
    return g_strdup(profile->values[field].text);
}

gboolean
profile_set(Profile *profile, ProfileField field, const char *text, GError **error)
{
    if (text == NULL || text[0] == '\0') {
        profile_unset(profile, field);
        return TRUE;
    }
    if (field_is_secret(field))
        return profile_take_secret(profile, field, secret_new_text(text), error);
    if (!field_value_parse(field, text, &profile->values[field], error))
        return FALSE;
    /* Blanks alone are no value either. */
    if (profile->values[field].text[0] == '\0')
        profile_unset(profile, field);
    return TRUE;
}

void
profile_unset(Profile *profile, ProfileField field)
{
    g_clear_pointer(&profile->secrets[field], secret_free);
    field_value_reset(field, &profile->values[field]);
}

gboolean
profile_take_secret(Profile *profile, ProfileField field, Secret *secret, GError **error)
{
    g_autoptr(Secret) taken = secret;

    g_assert(field_is_secret(field));
    if (!field_check_secret(field, taken, error))
        return FALSE;
    secret_free(profile->secrets[field]);
    profile->secrets[field] = g_steal_pointer(&taken);
    return TRUE;
}

void
profile_keep_secrets(Profile *profile, const Profile *old)
{
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++)
        if (profile->secrets[i] == NULL && old->secrets[i] != NULL)
            profile->secrets[i] = secret_dup(old->secrets[i]);
}

ProfileGatewayIdType
profile_gateway_id_type(const Profile *profile)
{
    const char *text = profile_text(profile, PROFILE_IDENTITY_GATEWAY_ID);
    NetAddress address;

    if (text == NULL)
        return PROFILE_GATEWAY_ID_NONE;
    if (strcmp(text, "any-of-ca") == 0)
        return PROFILE_GATEWAY_ID_ANY_OF_CA;
    if (field_is_dn(text))
        return PROFILE_GATEWAY_ID_DN;
    return net_address_parse(text, &address) ? PROFILE_GATEWAY_ID_ADDRESS : PROFILE_GATEWAY_ID_NAME;
}

GBytes *
profile_pinned_sha256(const Profile *profile)
{
    const char *text = profile_text(profile, PROFILE_IDENTITY_PINNED_SHA256);
    guint8 octets[32] = {0};
    guint digits = 0;

    if (text == NULL)
        return NULL;
    for (; *text != '\0'; text++) {
        gint digit = g_ascii_xdigit_value(*text);

        if (digit < 0)
            continue;
        octets[digits / 2] = (guint8)(octets[digits / 2] << 4 | digit);
        digits++;
    }
    return g_bytes_new(octets, sizeof octets);
}

GArray *
profile_ike_suites(const Profile *profile)
{
    const char *const *items = profile_list(profile, PROFILE_IKE_PROPOSALS);
    GArray *suites = g_array_new(FALSE, TRUE, sizeof(SuitePhase1));

    for (; *items != NULL; items++) {
        SuitePhase1 suite = {0};

        if (suite_phase1_parse(*items, &suite))
            g_array_append_val(suites, suite);
    }
    return suites;
}

GArray *
profile_esp_suites(const Profile *profile)
{
    const char *const *items = profile_list(profile, PROFILE_ESP_PROPOSALS);
    GArray *suites = g_array_new(FALSE, TRUE, sizeof(SuiteEsp));

    for (; *items != NULL; items++) {
        SuiteEsp suite = {0};

        if (suite_esp_parse(*items, &suite))
            g_array_append_val(suites, suite);
    }
    return suites;
}

GArray *
profile_prefixes(const Profile *profile, ProfileField field)
{
    const char *const *items = profile_list(profile, field);
    GArray *prefixes = g_array_new(FALSE, TRUE, sizeof(NetPrefix));

    for (; *items != NULL; items++) {
        NetPrefix prefix = {0};

        if (net_prefix_parse(*items, &prefix))
            g_array_append_val(prefixes, prefix);
    }
    return prefixes;
}

ProfilePfs
profile_pfs(const Profile *profile, SuiteGroup *ret_group)
{
    const char *text = profile_text(profile, PROFILE_ESP_PFS);

    if (strcmp(text, "auto") == 0)
        return PROFILE_PFS_AUTO;
    if (strcmp(text, "off") == 0 || !suite_group_parse(text, ret_group))
        return PROFILE_PFS_OFF;
    return PROFILE_PFS_GROUP;
}

ProfileDns
profile_dns(const Profile *profile)
{
    const char *const *items = profile_list(profile, PROFILE_NETWORK_DNS);

    if (items[0] == NULL || strcmp(items[0], "auto") == 0)
        return PROFILE_DNS_AUTO;
    return strcmp(items[0], "off") == 0 ? PROFILE_DNS_OFF : PROFILE_DNS_LIST;
}

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

GPtrArray *
profile_der(const Profile *profile, ProfileField field)
{
    const char *text = profile_text(profile, field);
    const char *label = field == PROFILE_IDENTITY_CRL ? "X509 CRL" : "CERTIFICATE";
    GPtrArray *blocks = text != NULL ? pem_blocks(text, label) : NULL;

    return blocks != NULL ? blocks : g_ptr_array_new_with_free_func(free_bytes);
}
