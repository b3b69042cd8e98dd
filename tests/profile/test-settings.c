/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/profile.h"

#include <string.h>

static Profile *
from_text(const char *text, GError **error)
{
    g_autoptr(GVariant) settings = g_variant_ref_sink(g_variant_new_parsed(text));

    return profile_from_settings(settings, error);
}

static void
test_values_come_with_their_own_types(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(GVariant) settings = NULL;
    g_autofree char *text = NULL;

    profile_set(profile, PROFILE_CONNECTION_GATEWAY, "vpn.example.org", NULL);
    profile_set(profile, PROFILE_CONNECTION_AUTOCONNECT, "yes", NULL);
    profile_set(profile, PROFILE_IKE_DPD_DELAY, "30", NULL);
    profile_set(profile, PROFILE_NETWORK_REMOTE_NETWORKS, "10.0.0.0/8,192.0.2.0/24", NULL);
    settings = g_variant_ref_sink(profile_to_settings(profile));
    text = g_variant_print(settings, TRUE);
    g_assert_cmpstr(text, ==,
                    "{'connection.gateway': <'vpn.example.org'>, "
                    "'connection.autoconnect': <true>, 'ike.dpd-delay': <uint32 30>, "
                    "'network.remote-networks': <['10.0.0.0/8', '192.0.2.0/24']>}");
}

static void
test_secrets_go_in_but_never_out(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile =
        from_text("{'connection.gateway': <'g'>, 'secrets.password': <'geheim'>, "
                  "'secrets.group-password': <b'grp'>}",
                  &error);
    g_autoptr(GVariant) settings = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    g_assert_cmpstr(secret_text(profile_secret(profile, PROFILE_SECRETS_PASSWORD)), ==, "geheim");
    g_assert_true(profile_is_set(profile, PROFILE_SECRETS_GROUP_PASSWORD));
    settings = g_variant_ref_sink(profile_to_settings(profile));
    text = g_variant_print(settings, FALSE);
    g_assert_null(strstr(text, "secrets"));
    g_assert_null(strstr(text, "geheim"));
}

static void
test_there_and_back_is_the_same(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) plain = profile_new();
    g_autoptr(Profile) again = NULL;
    g_autoptr(GVariant) there = NULL;
    g_autoptr(GVariant) back = NULL;

    profile_set(plain, PROFILE_CONNECTION_ID, "office", NULL);
    profile_set(plain, PROFILE_NETWORK_DNS, "10.0.0.1", NULL);
    profile_set(plain, PROFILE_IMPORT_NOTES, "a\nb", NULL);
    there = g_variant_ref_sink(profile_to_settings(plain));
    again = profile_from_settings(there, &error);
    g_assert_no_error(error);
    back = g_variant_ref_sink(profile_to_settings(again));
    g_assert_true(g_variant_equal(there, back));
}

static void
test_text_and_other_numbers_are_understood(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile =
        from_text("{'ike.dpd-delay': <int32 30>, 'ike.dpd-retry': <'7'>, "
                  "'connection.autoconnect': <'true'>, 'network.domains': <'a.org,b.org'>}",
                  &error);

    g_assert_no_error(error);
    g_assert_cmpuint(profile_number(profile, PROFILE_IKE_DPD_DELAY), ==, 30);
    g_assert_cmpuint(profile_number(profile, PROFILE_IKE_DPD_RETRY), ==, 7);
    g_assert_true(profile_boolean(profile, PROFILE_CONNECTION_AUTOCONNECT));
    g_assert_cmpstr(profile_list(profile, PROFILE_NETWORK_DOMAINS)[1], ==, "b.org");
}

static void
test_wrong_settings_are_refused_by_name(void)
{
    static const char *const rows[][2] = {
        {"{'connection.gatway': <'x'>}", "did you mean connection.gateway?"},
        {"{'connection.gateway': <{'a': 1}>}", "connection.gateway: a value of D-Bus type"},
        {"{'ike.dpd-delay': <-1>}", "ike.dpd-delay"},
        {"{'ike.dpd-delay': <1.5>}", "D-Bus type"},
        {"{'connection.gateway': <b'x'>}", "D-Bus type"},
        {"{'secrets.password': <5>}", "secrets.password"},
        {"{'connection.id': <'a\\nb'>}", "control characters"},
        {"{'network.remote-networks': <['10.0.0.0/8', 'x']>}", "\"x\""},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(from_text(rows[i][0], &error));
        if (strstr(error->message, rows[i][1]) == NULL)
            g_error("%s", error->message);
    }
}

static void
test_update_keeps_secrets_that_are_not_named(void)
{
    g_autoptr(Profile) old =
        from_text("{'secrets.password': <'old'>, 'secrets.group-password': <'grp'>}", NULL);
    g_autoptr(Profile) profile = from_text("{'secrets.password': <'new'>}", NULL);

    profile_keep_secrets(profile, old);
    g_assert_cmpstr(secret_text(profile_secret(profile, PROFILE_SECRETS_PASSWORD)), ==, "new");
    g_assert_cmpstr(secret_text(profile_secret(profile, PROFILE_SECRETS_GROUP_PASSWORD)), ==,
                    "grp");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/values_come_with_their_own_types",
                    test_values_come_with_their_own_types);
    g_test_add_func("/settings/secrets_go_in_but_never_out", test_secrets_go_in_but_never_out);
    g_test_add_func("/settings/there_and_back_is_the_same", test_there_and_back_is_the_same);
    g_test_add_func("/settings/text_and_other_numbers_are_understood",
                    test_text_and_other_numbers_are_understood);
    g_test_add_func("/settings/wrong_settings_are_refused_by_name",
                    test_wrong_settings_are_refused_by_name);
    g_test_add_func("/settings/update_keeps_secrets_that_are_not_named",
                    test_update_keeps_secrets_that_are_not_named);
    return g_test_run();
}
