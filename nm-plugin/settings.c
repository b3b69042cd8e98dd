/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include "names.h"

#include <pwd.h>
#include <string.h>

/* Secrets of a profile: the same words on both sides, other spellings of the place. */
static const struct {
    const char *name;
    ProfileField field;
    NMSettingSecretFlags flags_when_missing;
} secrets[] = {
    {NM_COATI_PASSWORD, PROFILE_SECRETS_PASSWORD, NM_SETTING_SECRET_FLAG_NOT_SAVED},
    {NM_COATI_GROUP_PASSWORD, PROFILE_SECRETS_GROUP_PASSWORD, NM_SETTING_SECRET_FLAG_NONE},
    {NM_COATI_PRIVATE_KEY, PROFILE_SECRETS_PRIVATE_KEY, NM_SETTING_SECRET_FLAG_NONE},
};

static const char *const one_time[] = NM_COATI_ONE_TIME;

static void
add_item(const char *key, const char *value, gpointer settings)
{
    if (strchr(key, '.') != NULL && value != NULL)
        g_variant_builder_add(settings, "{sv}", key, g_variant_new_string(value));
}

static NMSettingVpn *
vpn_of(NMConnection *connection, GError **error)
{
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);

    if (vpn == NULL)
        g_set_error_literal(error, NM_VPN_PLUGIN_ERROR, NM_VPN_PLUGIN_ERROR_INVALID_CONNECTION,
                            "The connection has no VPN settings");
    return vpn;
}

GVariant *
nm_coati_settings_of(NMConnection *connection, GError **error)
{
    NMSettingVpn *vpn = vpn_of(connection, error);
    GVariantBuilder settings;

    if (vpn == NULL)
        return NULL;
    g_variant_builder_init(&settings, G_VARIANT_TYPE_VARDICT);
    nm_setting_vpn_foreach_data_item(vpn, add_item, &settings);
    add_item("connection.id", nm_connection_get_id(connection), &settings);
    add_item("connection.uuid", nm_connection_get_uuid(connection), &settings);
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
        if (secrets[i].field != PROFILE_SECRETS_PASSWORD)
            add_item(profile_field_info(secrets[i].field)->name,
                     nm_setting_vpn_get_secret(vpn, secrets[i].name), &settings);
    return g_variant_builder_end(&settings);
}

gboolean
nm_coati_owner_of(NMConnection *connection, guint32 *ret_uid)
{
    NMSettingConnection *common = nm_connection_get_setting_connection(connection);
    guint count = common != NULL ? nm_setting_connection_get_num_permissions(common) : 0;
    const char *name = NULL;
    struct passwd *user;

    if (count == 0) {
        *ret_uid = NM_COATI_EVERYBODY;
        return TRUE;
    }
    if (count > 1 || !nm_setting_connection_get_permission(common, 0, NULL, &name, NULL))
        return FALSE;
    user = getpwnam(name);
    if (user != NULL)
        *ret_uid = user->pw_uid;
    return user != NULL;
}

Profile *
nm_coati_profile_of(NMConnection *connection, GError **error)
{
    g_autoptr(GVariant) settings = nm_coati_settings_of(connection, error);
    g_autoptr(Profile) profile = NULL;
    const char *password;

    if (settings == NULL)
        return NULL;
    g_variant_ref_sink(settings);
    profile = profile_from_settings(settings, error);
    if (profile == NULL)
        return NULL;
    password =
        nm_setting_vpn_get_secret(nm_connection_get_setting_vpn(connection), NM_COATI_PASSWORD);
    if (password != NULL &&
        !profile_take_secret(profile, PROFILE_SECRETS_PASSWORD, secret_new_text(password), error))
        return NULL;
    return g_steal_pointer(&profile);
}

static gboolean
has_flags(NMSettingVpn *vpn, const char *name)
{
    g_autofree char *item = g_strconcat(name, "-flags", NULL);

    return nm_setting_vpn_get_data_item(vpn, item) != NULL;
}

static void
write_flags(NMSettingVpn *vpn, const char *name, NMSettingSecretFlags flags)
{
    if (!has_flags(vpn, name))
        nm_setting_set_secret_flags(NM_SETTING(vpn), name, flags, NULL);
}

void
nm_coati_write_flags(NMSettingVpn *vpn)
{
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
        write_flags(vpn, secrets[i].name,
                    nm_setting_vpn_get_secret(vpn, secrets[i].name) != NULL
                        ? NM_SETTING_SECRET_FLAG_NONE
                        : secrets[i].flags_when_missing);
    for (gsize i = 0; i < G_N_ELEMENTS(one_time); i++)
        write_flags(vpn, one_time[i], NM_SETTING_SECRET_FLAG_NOT_SAVED);
}

gboolean
nm_coati_is_never_saved(NMSettingVpn *vpn, const char *name)
{
    NMSettingSecretFlags flags = NM_SETTING_SECRET_FLAG_NONE;

    nm_setting_get_secret_flags(NM_SETTING(vpn), name, &flags, NULL);
    return (flags & NM_SETTING_SECRET_FLAG_NOT_SAVED) != 0;
}

NMConnection *
nm_coati_connection_of(const Profile *profile)
{
    NMConnection *connection = nm_simple_connection_new();
    NMSettingConnection *common = NM_SETTING_CONNECTION(nm_setting_connection_new());
    NMSettingVpn *vpn = NM_SETTING_VPN(nm_setting_vpn_new());
    g_autofree char *uuid = nm_utils_uuid_generate();
    const char *id = profile_text(profile, PROFILE_CONNECTION_ID);

    g_object_set(common, NM_SETTING_CONNECTION_ID,
                 id != NULL ? id : profile_text(profile, PROFILE_CONNECTION_GATEWAY),
                 NM_SETTING_CONNECTION_UUID, uuid, NM_SETTING_CONNECTION_TYPE,
                 NM_SETTING_VPN_SETTING_NAME, NULL);
    g_object_set(vpn, NM_SETTING_VPN_SERVICE_TYPE, NM_COATI_SERVICE, NM_SETTING_VPN_PERSISTENT,
                 profile_boolean(profile, PROFILE_CONNECTION_RECONNECT), NULL);
    for (gint field = 0; field < PROFILE_FIELD_COUNT; field++) {
        const ProfileFieldInfo *info = profile_field_info((ProfileField)field);
        g_autofree char *text = NULL;

        if (info->type == PROFILE_TYPE_SECRET || !profile_is_set(profile, (ProfileField)field) ||
            field == PROFILE_CONNECTION_ID || field == PROFILE_CONNECTION_UUID)
            continue;
        text = profile_format(profile, (ProfileField)field);
        nm_setting_vpn_add_data_item(vpn, info->name, text);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
        const Secret *secret = profile_secret(profile, secrets[i].field);

        if (secret != NULL)
            nm_setting_vpn_add_secret(vpn, secrets[i].name, secret_text(secret));
    }
    nm_coati_write_flags(vpn);
    nm_connection_add_setting(connection, NM_SETTING(common));
    nm_connection_add_setting(connection, NM_SETTING(vpn));
    nm_connection_add_setting(connection, nm_setting_ip4_config_new());
    nm_connection_add_setting(connection, nm_setting_ip6_config_new());
    g_object_set(nm_connection_get_setting_ip4_config(connection), NM_SETTING_IP_CONFIG_METHOD,
                 NM_SETTING_IP4_CONFIG_METHOD_AUTO, NULL);
    g_object_set(nm_connection_get_setting_ip6_config(connection), NM_SETTING_IP_CONFIG_METHOD,
                 NM_SETTING_IP6_CONFIG_METHOD_AUTO, NULL);
    return connection;
}

static gboolean
is_missing(NMSettingVpn *vpn, const char *name)
{
    NMSettingSecretFlags flags = NM_SETTING_SECRET_FLAG_NONE;

    nm_setting_get_secret_flags(NM_SETTING(vpn), name, &flags, NULL);
    return nm_setting_vpn_get_secret(vpn, name) == NULL &&
           (flags & NM_SETTING_SECRET_FLAG_NOT_REQUIRED) == 0;
}

const char *
nm_coati_missing_secret(NMConnection *connection)
{
    g_autoptr(Profile) profile = nm_coati_profile_of(connection, NULL);
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);

    if (profile == NULL)
        return NULL; /* connecting will say what is wrong */
    if (profile_needs_group_password(profile) && is_missing(vpn, NM_COATI_GROUP_PASSWORD))
        return NM_COATI_GROUP_PASSWORD;
    if (profile_needs_certificate(profile) && is_missing(vpn, NM_COATI_PRIVATE_KEY))
        return NM_COATI_PRIVATE_KEY;
    if (profile_has_xauth(profile) && is_missing(vpn, NM_COATI_PASSWORD))
        return NM_COATI_PASSWORD;
    return NULL;
}
