/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "given.h"
#include "profile/profile.h"

#include <string.h>

#define TEST_CRT_SHA256 "efa17aee230372fec0556ff6eb5070ce14cb4cf455f25f77ffc2c499cc9cc056"
#define PIN                                                                                        \
    "a9:4a:8f:e5:cc:b1:9b:a6:1c:4c:08:73:d3:91:e9:87:98:2f:bb:d3:0a:1b:2c:3d:4e:5f:60:71:82:93:"   \
    "a4:b5"

static char *pem;

static Profile *
hybrid(void)
{
    Profile *profile = profile_new();

    g_assert_true(profile_set(profile, PROFILE_CONNECTION_ID, "office", NULL));
    g_assert_true(profile_set(profile, PROFILE_CONNECTION_GATEWAY, "vpn.example.org", NULL));
    g_assert_true(profile_set(profile, PROFILE_IDENTITY_CA, pem, NULL));
    return profile;
}

static void
test_every_row_is_whole(void)
{
    g_autoptr(Profile) profile = profile_new();

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const ProfileFieldInfo *info = profile_field_info((ProfileField)i);
        ProfileField found = PROFILE_FIELD_COUNT;

        g_assert_nonnull(info->section);
        g_assert_nonnull(info->words);
        g_assert_cmpuint(strlen(info->description), >, 10);
        g_assert_true(g_str_has_suffix(info->description, "."));
        g_assert_true(profile_field_find(info->name, &found));
        g_assert_cmpint(found, ==, i);
        g_assert_false(profile_is_set(profile, (ProfileField)i));
    }
}

static void
test_sections_stand_together(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *last = "";

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const char *section = profile_field_info((ProfileField)i)->section;

        if (strcmp(section, last) != 0)
            g_assert_true(g_hash_table_add(seen, (gpointer)section));
        last = section;
    }
    g_assert_cmpstr(last, ==, "secrets");
}

static void
test_defaults_show_through_and_come_back(void)
{
    g_autoptr(Profile) profile = profile_new();

    g_assert_cmpint(profile_choice(profile, PROFILE_CONNECTION_METHOD), ==,
                    PROFILE_METHOD_HYBRID_RSA);
    g_assert_cmpint(profile_choice(profile, PROFILE_CONNECTION_MODE), ==, PROFILE_MODE_AGGRESSIVE);
    g_assert_true(profile_boolean(profile, PROFILE_CONNECTION_RECONNECT));
    g_assert_cmpuint(profile_number(profile, PROFILE_IKE_DPD_DELAY), ==, 20);
    g_assert_true(profile_set(profile, PROFILE_IKE_DPD_DELAY, "45", NULL));
    g_assert_cmpuint(profile_number(profile, PROFILE_IKE_DPD_DELAY), ==, 45);
    g_assert_true(profile_set(profile, PROFILE_IKE_DPD_DELAY, "", NULL));
    g_assert_cmpuint(profile_number(profile, PROFILE_IKE_DPD_DELAY), ==, 20);
    g_assert_false(profile_is_set(profile, PROFILE_IKE_DPD_DELAY));
    g_assert_null(profile_text(profile, PROFILE_LOGIN_USER));
    g_assert_null(profile_list(profile, PROFILE_NETWORK_DOMAINS)[0]);
}

static void
test_default_suites_are_strong_and_of_one_group(void)
{
    g_autoptr(Profile) profile = hybrid();
    g_auto(GStrv) weak = profile_weak(profile);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(g_strv_length(weak), ==, 0);
    profile_check(profile, &error);
    g_assert_no_error(error);
}

/* field, value, part of the error's text; NULL where the value is right */
static const struct {
    const char *field;
    const char *value;
    const char *error;
} values[] = {
    {"connection.id", "Büro Paris", NULL},
    {"connection.id", "../etc/passwd", "connection.id"},
    {"connection.id", "a/b", "no \"/\""},
    {"connection.id", "a\nb", "control characters"},
    {"connection.id", "evil\xe2\x80\xae", "control characters"},
    {"connection.id", "\xff\xfe", "UTF-8"},
    {"connection.uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", NULL},
    {"connection.uuid", "f81d4fae", "UUID"},
    {"connection.gateway", "vpn.example.org", NULL},
    {"connection.gateway", "192.0.2.1", NULL},
    {"connection.gateway", "2001:db8::1", NULL},
    {"connection.gateway", "vpn.example.org:500", "without a port"},
    {"connection.gateway", "192.0.2.256", "not a host name"},
    {"connection.gateway", "0.0.0.0", "cannot be a gateway"},
    {"connection.gateway", "-x.example.org", "not a host name"},
    {"connection.gateway", "a..b", "not a host name"},
    {"connection.gateway", "vpn;reboot", "not a host name"},
    {"connection.backup-gateways", "a.example.org; 192.0.2.9", NULL},
    {"connection.backup-gateways", "a.example.org; $x", "\"$x\""},
    {"connection.method", "hybrid-rsa", NULL},
    {"connection.method", "hybrid", "use one of hybrid-rsa, xauth-psk"},
    {"connection.mode", "Main", "use one of aggressive, main"},
    {"connection.autoconnect", "yes", NULL},
    {"connection.autoconnect", "maybe", "use true or false"},
    {"identity.gateway-id", "vpn.example.org", NULL},
    {"identity.gateway-id", "CN=vpn.example.org, O=Example", NULL},
    {"identity.gateway-id", "any-of-ca", NULL},
    {"identity.gateway-id", "any of ca", "any-of-ca"},
    {"identity.pinned-sha256", PIN, NULL},
    {"identity.pinned-sha256", "abcd", "64 hexadecimal"},
    {"identity.pinned-sha256", "zz", "hexadecimal digits and colons"},
    {"identity.ca", "/etc/ssl/ca.pem", "@FILE"},
    {"identity.ca", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----", "no certificate"},
    {"identity.ca", "-----BEGIN CERTIFICATE-----\nMIIB\n", "no certificate"},
    {"ike.proposals", "aes256-sha256-modp2048, aes128-sha1-modp2048", NULL},
    {"ike.proposals", "des-md5-modp768", "cipher-hash-group"},
    {"ike.lifetime", "28800", NULL},
    {"ike.lifetime", "10", "from 300 to 604800"},
    {"ike.lifetime", "-1", "from 300 to 604800"},
    {"ike.lifetime", "1 hour", "from 300"},
    {"ike.lifetime", "99999999999999999999", "from 300"},
    {"ike.fragment-size", "576", NULL},
    {"ike.fragment-size", "100", "256 to 1500"},
    {"ike.local-port", "65536", "from 0 to 65535"},
    {"esp.proposals", "aes256gcm16;aes128-sha1", NULL},
    {"esp.proposals", "aes256-sha256-modp2048", "aes256gcm16"},
    {"esp.pfs", "modp2048", NULL},
    {"esp.pfs", "off", NULL},
    {"esp.pfs", "group", "a group such as"},
    {"esp.fragment-size", "552", NULL},
    {"esp.fragment-size", "8", "256 to 9000"},
    {"esp.mtu", "1400", NULL},
    {"esp.mtu", "100", "576 to 9000"},
    {"network.remote-networks", "10.0.0.0/8 2001:db8::/32", NULL},
    {"network.remote-networks", "10.0.0.0/33", "prefix"},
    {"network.dns", "10.0.0.1, 10.0.0.2", NULL},
    {"network.dns", "off", NULL},
    {"network.dns", "auto 10.0.0.1", "stand alone"},
    {"network.dns", "127.0.0.1", "cannot be a name server"},
    {"network.domains", "example.org lab.example.org", NULL},
    {"network.domains", "exa mple/org", "not a domain"},
    {"login.user", "alice\talias", "control characters"},
};

static void
test_values_are_checked_field_by_field(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autoptr(Profile) profile = profile_new();
        g_autoptr(GError) error = NULL;
        ProfileField field;
        gboolean is_good;

        g_assert_true(profile_field_find(values[i].field, &field));
        is_good = profile_set(profile, field, values[i].value, &error);
        if (values[i].error == NULL) {
            g_assert_no_error(error);
            g_assert_true(is_good && profile_is_set(profile, field));
            continue;
        }
        g_assert_false(is_good);
        g_assert_error(error, PROFILE_ERROR, PROFILE_ERROR_INVALID_VALUE);
        g_assert_true(g_str_has_prefix(error->message, values[i].field));
        if (strstr(error->message, values[i].error) == NULL)
            g_error("%s = %s: %s", values[i].field, values[i].value, error->message);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strpbrk(error->message, "\n\t"));
        g_assert_false(profile_is_set(profile, field));
    }
}

static void
test_a_long_value_is_refused_quickly(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autofree char *huge = g_strnfill(10 * 1024 * 1024, 'a');

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(profile_set(profile, (ProfileField)i, huge, &error));
        g_assert_cmpuint(strlen(error->message), <, 300);
    }
}

static void
test_identity_of_the_gateway_is_told_apart(void)
{
    static const struct {
        const char *text;
        ProfileGatewayIdType type;
    } rows[] = {
        {NULL, PROFILE_GATEWAY_ID_NONE},           {"vpn.example.org", PROFILE_GATEWAY_ID_NAME},
        {"192.0.2.1", PROFILE_GATEWAY_ID_ADDRESS}, {"2001:db8::1", PROFILE_GATEWAY_ID_ADDRESS},
        {"CN=x,O=y", PROFILE_GATEWAY_ID_DN},       {"any-of-ca", PROFILE_GATEWAY_ID_ANY_OF_CA}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Profile) profile = profile_new();

        g_assert_true(profile_set(profile, PROFILE_IDENTITY_GATEWAY_ID, rows[i].text, NULL));
        g_assert_cmpint(profile_gateway_id_type(profile), ==, rows[i].type);
    }
}

static void
test_a_pin_becomes_32_octets(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(GBytes) pin = NULL;
    const guint8 *octets;

    g_assert_null(profile_pinned_sha256(profile));
    g_assert_true(profile_set(profile, PROFILE_IDENTITY_PINNED_SHA256, PIN, NULL));
    pin = profile_pinned_sha256(profile);
    g_assert_cmpuint(g_bytes_get_size(pin), ==, 32);
    octets = g_bytes_get_data(pin, NULL);
    g_assert_cmpuint(octets[0], ==, 0xa9);
    g_assert_cmpuint(octets[31], ==, 0xb5);
}

static void
test_views_give_suites_prefixes_and_der(void)
{
    g_autoptr(Profile) profile = hybrid();
    g_autoptr(GArray) ike = NULL;
    g_autoptr(GArray) esp = NULL;
    g_autoptr(GArray) networks = NULL;
    g_autoptr(GPtrArray) der = profile_der(profile, PROFILE_IDENTITY_CA);
    g_autofree char *sum = NULL;
    SuiteGroup group = SUITE_GROUP_NONE;

    profile_set(profile, PROFILE_IKE_PROPOSALS, "aes128-sha1-modp2048", NULL);
    profile_set(profile, PROFILE_NETWORK_REMOTE_NETWORKS, "10.1.2.3/8;192.0.2.0/24", NULL);
    profile_set(profile, PROFILE_ESP_PFS, "ecp256", NULL);
    ike = profile_ike_suites(profile);
    esp = profile_esp_suites(profile);
    networks = profile_prefixes(profile, PROFILE_NETWORK_REMOTE_NETWORKS);
    g_assert_cmpuint(ike->len, ==, 1);
    g_assert_cmpint(g_array_index(ike, SuitePhase1, 0).group, ==, SUITE_GROUP_MODP_2048);
    g_assert_cmpuint(esp->len, ==, 6);
    g_assert_cmpuint(networks->len, ==, 2);
    g_assert_cmpint(profile_pfs(profile, &group), ==, PROFILE_PFS_GROUP);
    g_assert_cmpint(group, ==, SUITE_GROUP_ECP_256);
    /* openssl x509 -outform DER | sha256sum */
    g_assert_cmpuint(der->len, ==, 1);
    sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, der->pdata[0]);
    g_assert_cmpstr(sum, ==, TEST_CRT_SHA256);
}

static void
expect_incomplete(Profile *profile, const char *part)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(profile_check(profile, &error));
    g_assert_error(error, PROFILE_ERROR, PROFILE_ERROR_INCOMPLETE);
    if (strstr(error->message, part) == NULL)
        g_error("%s", error->message);
}

static void
test_what_is_missing_is_named(void)
{
    g_autoptr(Profile) empty = profile_new();
    g_autoptr(Profile) profile = hybrid();

    expect_incomplete(empty, "connection.gateway: missing");
    profile_unset(profile, PROFILE_IDENTITY_CA);
    expect_incomplete(profile, "identity.ca: missing");
    profile_set(profile, PROFILE_IDENTITY_CA, pem, NULL);
    profile_set(profile, PROFILE_CONNECTION_METHOD, "xauth-rsa", NULL);
    expect_incomplete(profile, "identity.certificate: missing");
    profile_set(profile, PROFILE_IDENTITY_CERTIFICATE, pem, NULL);
    expect_incomplete(profile, "secrets.private-key: missing");
    profile_set(profile, PROFILE_CONNECTION_METHOD, "hybrid-rsa", NULL);
    profile_set(profile, PROFILE_IDENTITY_OWN_ID_TYPE, "fqdn", NULL);
    expect_incomplete(profile, "identity.own-id");
}

static void
test_weak_algorithms_need_permission_by_name(void)
{
    static const char *const rows[][3] = {
        {"ike.proposals", "aes128-sha1-modp1024", "\"aes128-sha1-modp1024\" is weak"},
        {"ike.proposals", "3des-sha1-modp2048", "\"3des-sha1-modp2048\" is weak"},
        {"esp.proposals", "aes128-md5", "esp.proposals: \"aes128-md5\" is weak"},
        {"esp.pfs", "modp1024", "esp.pfs: \"pfs modp1024\" is weak"}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Profile) profile = hybrid();
        g_auto(GStrv) weak = NULL;
        ProfileField field = PROFILE_FIELD_COUNT;

        g_assert_true(profile_field_find(rows[i][0], &field));
        g_assert_true(profile_set(profile, field, rows[i][1], NULL));
        expect_incomplete(profile, rows[i][2]);
        profile_set(profile, PROFILE_IKE_ALLOW_WEAK, "true", NULL);
        g_assert_true(profile_check(profile, NULL));
        weak = profile_weak(profile);
        g_assert_cmpuint(g_strv_length(weak), ==, 1);
    }
}

static void
test_a_group_password_counts_as_weak(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_auto(GStrv) weak = NULL;

    profile_set(profile, PROFILE_CONNECTION_METHOD, "xauth-psk", NULL);
    weak = profile_weak(profile);
    g_assert_cmpstr(weak[0], ==, "group password");
    g_assert_true(profile_has_xauth(profile) && profile_needs_group_password(profile));
}

static void
test_aggressive_mode_wants_one_group(void)
{
    g_autoptr(Profile) profile = hybrid();

    profile_set(profile, PROFILE_IKE_PROPOSALS, "aes256-sha256-modp2048;aes256-sha256-ecp256",
                NULL);
    expect_incomplete(profile, "same group");
    profile_set(profile, PROFILE_CONNECTION_MODE, "main", NULL);
    g_assert_true(profile_check(profile, NULL));
}

static void
test_lockdown_is_for_full_tunnels(void)
{
    g_autoptr(Profile) profile = hybrid();

    profile_set(profile, PROFILE_NETWORK_LOCKDOWN, "true", NULL);
    profile_set(profile, PROFILE_NETWORK_ROUTES, "split", NULL);
    expect_incomplete(profile, "network.lockdown: needs network.routes=full");
    profile_set(profile, PROFILE_NETWORK_ROUTES, "full", NULL);
    g_assert_true(profile_check(profile, NULL));
    profile_set(profile, PROFILE_NETWORK_IPV6, "leave", NULL);
    expect_incomplete(profile, "network.ipv6=leave");
}

static void
test_near_names_are_suggested(void)
{
    static const char *const rows[][2] = {{"connection.gatway", "connection.gateway"},
                                          {"gateway", "connection.gateway"},
                                          {"login.username", "login.user"},
                                          {"network.dns-servers", NULL},
                                          {"ike.dpd_delay", "ike.dpd-delay"},
                                          {"identity.password", "secrets.password"},
                                          {"qwertyuiop.asdfghjkl", NULL}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(profile_field_suggest(rows[i][0]), ==, rows[i][1]);
}

static void
test_a_copy_is_whole_and_its_own(void)
{
    g_autoptr(Profile) profile = hybrid();
    g_autoptr(Profile) copy = NULL;

    profile_set(profile, PROFILE_SECRETS_PASSWORD, "geheim", NULL);
    copy = profile_dup(profile);
    profile_unset(profile, PROFILE_SECRETS_PASSWORD);
    profile_set(profile, PROFILE_CONNECTION_GATEWAY, "other.example.org", NULL);
    g_assert_cmpstr(profile_text(copy, PROFILE_CONNECTION_GATEWAY), ==, "vpn.example.org");
    g_assert_cmpstr(secret_text(profile_secret(copy, PROFILE_SECRETS_PASSWORD)), ==, "geheim");
}

static void
test_secrets_are_checked_and_never_shown(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(GError) error = NULL;

    g_assert_false(profile_set(profile, PROFILE_SECRETS_PASSWORD, "two\nlines", &error));
    g_assert_null(strstr(error->message, "two"));
    g_clear_error(&error);
    g_assert_false(profile_set(profile, PROFILE_SECRETS_PRIVATE_KEY, "qqq", &error));
    g_assert_null(strstr(error->message, "qqq"));
    g_clear_error(&error);
    g_assert_false(profile_set(profile, PROFILE_SECRETS_PRIVATE_KEY,
                               "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n"
                               "-----END ENCRYPTED PRIVATE KEY-----",
                               &error));
    g_assert_nonnull(strstr(error->message, "openssl pkey"));
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    pem = given_text("test.crt");
    g_test_add_func("/profile/every_row_is_whole", test_every_row_is_whole);
    g_test_add_func("/profile/sections_stand_together", test_sections_stand_together);
    g_test_add_func("/profile/defaults_show_through_and_come_back",
                    test_defaults_show_through_and_come_back);
    g_test_add_func("/profile/default_suites_are_strong_and_of_one_group",
                    test_default_suites_are_strong_and_of_one_group);
    g_test_add_func("/profile/values_are_checked_field_by_field",
                    test_values_are_checked_field_by_field);
    g_test_add_func("/profile/a_long_value_is_refused_quickly",
                    test_a_long_value_is_refused_quickly);
    g_test_add_func("/profile/identity_of_the_gateway_is_told_apart",
                    test_identity_of_the_gateway_is_told_apart);
    g_test_add_func("/profile/a_pin_becomes_32_octets", test_a_pin_becomes_32_octets);
    g_test_add_func("/profile/views_give_suites_prefixes_and_der",
                    test_views_give_suites_prefixes_and_der);
    g_test_add_func("/profile/what_is_missing_is_named", test_what_is_missing_is_named);
    g_test_add_func("/profile/weak_algorithms_need_permission_by_name",
                    test_weak_algorithms_need_permission_by_name);
    g_test_add_func("/profile/a_group_password_counts_as_weak",
                    test_a_group_password_counts_as_weak);
    g_test_add_func("/profile/aggressive_mode_wants_one_group",
                    test_aggressive_mode_wants_one_group);
    g_test_add_func("/profile/lockdown_is_for_full_tunnels", test_lockdown_is_for_full_tunnels);
    g_test_add_func("/profile/near_names_are_suggested", test_near_names_are_suggested);
    g_test_add_func("/profile/a_copy_is_whole_and_its_own", test_a_copy_is_whole_and_its_own);
    g_test_add_func("/profile/secrets_are_checked_and_never_shown",
                    test_secrets_are_checked_and_never_shown);
    status = g_test_run();
    g_free(pem);
    return status;
}
