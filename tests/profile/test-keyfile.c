/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "given.h"
#include "profile/profile.h"

#include <string.h>

static char *pem;
static char *key;

/* A value for each field that is not its default. */
static void
fill(Profile *profile)
{
    static const char *const texts[PROFILE_FIELD_COUNT] = {
        [PROFILE_CONNECTION_ID] = "Büro",
        [PROFILE_CONNECTION_UUID] = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        [PROFILE_CONNECTION_GATEWAY] = "vpn.example.org",
        [PROFILE_CONNECTION_BACKUP_GATEWAYS] = "b.example.org;192.0.2.2",
        [PROFILE_CONNECTION_METHOD] = "xauth-rsa",
        [PROFILE_CONNECTION_MODE] = "main",
        [PROFILE_CONNECTION_AUTOCONNECT] = "true",
        [PROFILE_CONNECTION_RECONNECT] = "false",
        [PROFILE_IDENTITY_GATEWAY_ID] = "CN=a\\,b; c,O=Example",
        [PROFILE_IDENTITY_PINNED_SHA256] =
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        [PROFILE_IDENTITY_OWN_ID] = "sales team",
        [PROFILE_IDENTITY_OWN_ID_TYPE] = "key-id",
        [PROFILE_LOGIN_USER] = "DOM\\alice",
        [PROFILE_IKE_PROPOSALS] = "aes128-sha1-modp1024",
        [PROFILE_ESP_PROPOSALS] = "aes128-sha1",
        [PROFILE_ESP_PFS] = "modp1024",
        [PROFILE_NETWORK_REMOTE_NETWORKS] = "10.0.0.0/8",
        [PROFILE_NETWORK_EXCLUDE] = "10.1.0.0/16",
        [PROFILE_NETWORK_DNS] = "10.0.0.1;10.0.0.2",
        [PROFILE_NETWORK_DOMAINS] = "example.org",
        [PROFILE_IMPORT_NOTES] = "first # no comment\nsecond [line]\n\tthird = x",
        [PROFILE_SECRETS_PASSWORD] = " pass;word=\\n\"ü ",
        [PROFILE_SECRETS_GROUP_PASSWORD] = "hex:not really",
    };

    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const ProfileFieldInfo *info = profile_field_info((ProfileField)i);
        g_autoptr(GError) error = NULL;
        const char *text = texts[i];

        if (text == NULL && strstr(info->words, "PEM cert") != NULL)
            text = pem;
        else if (i == PROFILE_SECRETS_PRIVATE_KEY)
            text = key;
        else if (i == PROFILE_IDENTITY_CRL)
            text = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----";
        else if (text == NULL && info->type == PROFILE_TYPE_NUMBER)
            text = "600";
        else if (text == NULL && info->type == PROFILE_TYPE_BOOLEAN)
            text = "true";
        else if (text == NULL && info->type == PROFILE_TYPE_CHOICE)
            text = strrchr(info->words, ' ') + 1;
        else if (text == NULL)
            text = "some text";
        if (i == PROFILE_IKE_DPD_MAX_FAILURES)
            text = "7";
        profile_set(profile, (ProfileField)i, text, &error);
        g_assert_no_error(error);
        g_assert_true(profile_is_set(profile, (ProfileField)i));
    }
}

static void
assert_same(const Profile *a, const Profile *b, gboolean with_secrets)
{
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        ProfileField field = (ProfileField)i;
        g_autofree char *left = NULL;
        g_autofree char *right = NULL;

        if (profile_field_info(field)->type == PROFILE_TYPE_SECRET) {
            g_assert_cmpint(profile_is_set(b, field), ==, with_secrets);
            if (with_secrets)
                g_assert_true(secret_equal(profile_secret(a, field), profile_secret(b, field)));
            continue;
        }
        left = profile_format(a, field);
        right = profile_format(b, field);
        g_assert_cmpstr(left, ==, right);
        g_assert_cmpint(profile_is_set(a, field), ==, profile_is_set(b, field));
    }
}

static void
test_every_field_survives_a_round_trip(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Secret) text = NULL;
    g_autoptr(Profile) again = NULL;
    g_autoptr(GError) error = NULL;

    fill(profile);
    text = profile_write(profile, TRUE);
    again = profile_parse(secret_text(text), secret_length(text), "x", &error);
    g_assert_no_error(error);
    assert_same(profile, again, TRUE);
}

static void
test_secrets_stay_out_when_not_wanted(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Secret) text = NULL;
    g_autoptr(Profile) again = NULL;

    fill(profile);
    text = profile_write(profile, FALSE);
    g_assert_null(strstr(secret_text(text), "[secrets]"));
    g_assert_null(strstr(secret_text(text), "pass;word"));
    again = profile_parse(secret_text(text), secret_length(text), "x", NULL);
    assert_same(profile, again, FALSE);
}

/* The reader of GLib is the judge of the format. */
static void
test_gkeyfile_reads_the_same(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Secret) text = NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;

    fill(profile);
    text = profile_write(profile, TRUE);
    g_key_file_load_from_data(file, secret_text(text), secret_length(text), 0, &error);
    g_assert_no_error(error);
    for (gint i = 0; i < PROFILE_FIELD_COUNT; i++) {
        const ProfileFieldInfo *info = profile_field_info((ProfileField)i);
        g_autofree char *value = NULL;
        g_autofree char *expected = NULL;

        if (info->type == PROFILE_TYPE_LIST) {
            g_auto(GStrv) items =
                g_key_file_get_string_list(file, info->section, info->key, NULL, &error);

            g_assert_no_error(error);
            g_assert_true(
                g_strv_equal((const char *const *)items, profile_list(profile, (ProfileField)i)));
            continue;
        }
        value = g_key_file_get_string(file, info->section, info->key, &error);
        g_assert_no_error(error);
        if (i == PROFILE_SECRETS_GROUP_PASSWORD) {
            g_assert_cmpstr(value, ==, "hex:6865783a6e6f74207265616c6c79");
            continue;
        }
        expected = info->type == PROFILE_TYPE_SECRET
                       ? g_strdup(secret_text(profile_secret(profile, (ProfileField)i)))
                       : profile_format(profile, (ProfileField)i);
        g_assert_cmpstr(value, ==, expected);
    }
}

static void
test_a_binary_group_password_survives(void)
{
    static const guint8 octets[] = {0x00, 0xff, 0x0a, 0x41};
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Secret) text = NULL;
    g_autoptr(Profile) again = NULL;

    g_assert_true(profile_take_secret(profile, PROFILE_SECRETS_GROUP_PASSWORD,
                                      secret_new(octets, sizeof octets), NULL));
    text = profile_write(profile, TRUE);
    g_assert_nonnull(strstr(secret_text(text), "group-password=hex:00ff0a41\n"));
    again = profile_parse(secret_text(text), secret_length(text), NULL, NULL);
    g_assert_true(secret_equal_octets(
        secret_data(profile_secret(again, PROFILE_SECRETS_GROUP_PASSWORD)), octets, sizeof octets));
}

static void
test_only_what_is_set_is_written(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Secret) text = NULL;

    profile_set(profile, PROFILE_CONNECTION_GATEWAY, "vpn.example.org", NULL);
    profile_set(profile, PROFILE_NETWORK_DNS, "off", NULL);
    text = profile_write(profile, TRUE);
    g_assert_cmpstr(secret_text(text), ==,
                    "[connection]\ngateway=vpn.example.org\n\n[network]\ndns=off;\n");
}

/* file, part of the error */
static const char *const bad_files[][2] = {
    {"[connection]\ngateway=a\nbogus\n", "office:3: neither"},
    {"gateway=a\n", "office:1: a \"[section]\" must come"},
    {"[conection]\n", "office:1: unknown section [conection]; the sections are [connection]"},
    {"[connection\n", "office:1: \"[\" without"},
    {"[connection]\n\n# c\ngatway=x\n",
     "office:4: unknown field \"connection.gatway\"; did you mean connection.gateway?"},
    {"[login]\nuser=a\nuser=b\n", "office:3: login.user is here a second time"},
    {"[ike]\ndpd-delay=soon\n", "office:2: ike.dpd-delay: \"soon\": a number"},
    {"[login]\nuser=a\\qb\n", "office:2: login.user: a backslash"},
    {"[login]\nuser=a\\nb\n", "office:2: login.user"},
    {"[login]\nuser=\xff\xfe\n", "office:2: not UTF-8"},
    {"[secrets]\ngroup-password=hex:0\n", "office:2: secrets.group-password: \"hex:\" needs"},
    {"[login]\n=x\n", "office:2: neither"},
    {"[login]\nuser[de]=x\n", "office:2: unknown field"},
};

static void
test_errors_name_line_and_reason(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_files); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(profile_parse(bad_files[i][0], strlen(bad_files[i][0]), "office", &error));
        g_assert_nonnull(error);
        if (strstr(error->message, bad_files[i][1]) == NULL)
            g_error("%s", error->message);
    }
}

static void
test_nul_octets_and_huge_files_are_refused(void)
{
    g_autofree char *huge = g_strnfill(10 * 1024 * 1024, 'a');
    g_autoptr(GError) error = NULL;

    g_assert_null(profile_parse("[login]\nuser=a\0b\n", 17, "office", &error));
    g_assert_nonnull(strstr(error->message, "office:2: a NUL octet"));
    g_clear_error(&error);
    g_assert_null(profile_parse(huge, 10 * 1024 * 1024, "office", &error));
    g_assert_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX);
}

static void
test_windows_line_ends_and_comments_are_fine(void)
{
    static const char text[] = "# x\r\n[connection]\r\n gateway = vpn.example.org \r\n\r\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_parse(text, strlen(text), NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(profile_text(profile, PROFILE_CONNECTION_GATEWAY), ==, "vpn.example.org");
}

static void
test_a_file_cut_anywhere_does_no_harm(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autoptr(Secret) text = NULL;

    fill(profile);
    text = profile_write(profile, TRUE);
    for (gsize length = 0; length < secret_length(text); length += 3) {
        g_autofree char *cut = g_strndup(secret_text(text), length);
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) part = profile_parse(cut, length, NULL, &error);

        g_assert_true((part != NULL) == (error == NULL));
    }
}

static void
test_the_example_is_understood(void)
{
    g_autoptr(GString) text = g_string_new(profile_example);
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = NULL;

    g_string_replace(text, "MIIB...", "MIIBAAAA", 0);
    profile = profile_parse(text->str, text->len, "example", &error);
    g_assert_no_error(error);
    profile_check(profile, &error);
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    pem = given_text("test.crt");
    key = given_text("test.key");
    g_test_add_func("/keyfile/every_field_survives_a_round_trip",
                    test_every_field_survives_a_round_trip);
    g_test_add_func("/keyfile/secrets_stay_out_when_not_wanted",
                    test_secrets_stay_out_when_not_wanted);
    g_test_add_func("/keyfile/gkeyfile_reads_the_same", test_gkeyfile_reads_the_same);
    g_test_add_func("/keyfile/a_binary_group_password_survives",
                    test_a_binary_group_password_survives);
    g_test_add_func("/keyfile/only_what_is_set_is_written", test_only_what_is_set_is_written);
    g_test_add_func("/keyfile/errors_name_line_and_reason", test_errors_name_line_and_reason);
    g_test_add_func("/keyfile/nul_octets_and_huge_files_are_refused",
                    test_nul_octets_and_huge_files_are_refused);
    g_test_add_func("/keyfile/windows_line_ends_and_comments_are_fine",
                    test_windows_line_ends_and_comments_are_fine);
    g_test_add_func("/keyfile/a_file_cut_anywhere_does_no_harm",
                    test_a_file_cut_anywhere_does_no_harm);
    g_test_add_func("/keyfile/the_example_is_understood", test_the_example_is_understood);
    status = g_test_run();
    g_free(pem);
    g_free(key);
    return status;
}
