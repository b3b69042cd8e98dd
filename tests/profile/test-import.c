/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "given.h"
#include "profile/import.h"

#include <string.h>

/* Files that exist in this test: name and text pairs. */
typedef struct {
    const char *const *pairs;
    guint reads;
} Disk;

static char *pem;
static char *key;

static Secret *
read_from_disk(const char *path, gpointer user_data, GError **error)
{
    Disk *disk = user_data;

    disk->reads++;
    for (const char *const *pair = disk->pairs; *pair != NULL; pair += 2)
        if (strcmp(pair[0], path) == 0)
            return secret_new_text(pair[1]);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such file");
    return NULL;
}

static char **
expand_on_disk(const char *pattern, gpointer user_data)
{
    Disk *disk = user_data;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (const char *const *pair = disk->pairs; *pair != NULL; pair += 2)
        if (g_pattern_match_simple(pattern, pair[0]))
            g_ptr_array_add(paths, g_strdup(pair[0]));
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

static Import *
import_text(const char *text, const char *const *pairs, GError **error)
{
    static const char *const nothing[] = {NULL};
    Disk disk = {.pairs = pairs != NULL ? pairs : nothing};
    ImportFiles files = {read_from_disk, expand_on_disk, &disk};

    return import_parse(text, strlen(text), NULL, "racoon.conf", &files, error);
}

static Import *
import_data(const char *name, const char *const *pairs)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    Import *import;

    g_assert_true(g_file_get_contents(g_test_get_filename(G_TEST_DIST, "data", name, NULL), &text,
                                      NULL, NULL));
    import = import_text(text, pairs, &error);
    g_assert_no_error(error);
    return import;
}

static const ImportNote *
find_note(const Import *import, const char *part)
{
    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = import->notes->pdata[i];

        if (strstr(note->text, part) != NULL)
            return note;
    }
    return NULL;
}

static void
assert_note(const Import *import, ImportNoteKind kind, guint line, const char *part)
{
    const ImportNote *note = find_note(import, part);

    if (note == NULL || note->kind != kind || (line != 0 && note->line != line))
        for (guint i = 0; i < import->notes->len; i++) {
            g_autofree char *text = import_note_format(import->notes->pdata[i]);

            g_test_message("%s", text);
        }
    g_assert_nonnull(note);
    g_assert_cmpint(note->kind, ==, kind);
    if (line != 0)
        g_assert_cmpuint(note->line, ==, line);
}

static void
assert_field(const Profile *profile, ProfileField field, const char *expected)
{
    g_autofree char *text = profile_format(profile, field);

    g_assert_cmpstr(text, ==, expected);
}

/* What the guide's client has in both spellings. */
static void
assert_guide(const Profile *profile)
{
    assert_field(profile, PROFILE_CONNECTION_METHOD, "hybrid-rsa");
    assert_field(profile, PROFILE_CONNECTION_MODE, "aggressive");
    assert_field(profile, PROFILE_IKE_PROPOSALS, "aes128-sha1-modp1024");
    assert_field(profile, PROFILE_IKE_ALLOW_WEAK, "true");
    assert_field(profile, PROFILE_IKE_NAT_TRAVERSAL, "force");
    assert_field(profile, PROFILE_IKE_FRAGMENTATION, "on");
    assert_field(profile, PROFILE_IKE_DPD_DELAY, "20");
    assert_field(profile, PROFILE_IKE_CONFIG_MODE, "pull");
    assert_field(profile, PROFILE_ESP_PROPOSALS, "aes128-sha1");
    assert_field(profile, PROFILE_ESP_LIFETIME, "3600");
    assert_field(profile, PROFILE_ESP_FRAGMENT_SIZE, "552");
    assert_field(profile, PROFILE_ESP_PFS, "auto");
    g_assert_false(profile_is_set(profile, PROFILE_ESP_PFS));
    assert_field(profile, PROFILE_IDENTITY_CA, g_strchomp(pem));
}

static void
test_the_repaired_client_of_the_guide(void)
{
    const char *pairs[] = {"/etc/openssl/certs/ca.crt", pem, "/etc/racoon/psk.txt",
                           "# users\nbob\tother\nalice\tcorrect horse \n", NULL};
    g_autoptr(Import) import = import_data("racoon-client.conf", pairs);
    g_autoptr(GError) error = NULL;
    const Profile *profile;

    g_assert_cmpstr(import->format, ==, "racoon");
    g_assert_cmpuint(import->profiles->len, ==, 1);
    profile = import->profiles->pdata[0];
    assert_guide(profile);
    assert_field(profile, PROFILE_CONNECTION_GATEWAY, "192.0.2.50");
    assert_field(profile, PROFILE_CONNECTION_ID, "192.0.2.50");
    assert_field(profile, PROFILE_LOGIN_USER, "alice");
    g_assert_cmpstr(secret_text(profile_secret(profile, PROFILE_SECRETS_PASSWORD)), ==,
                    "correct horse");
    profile_check(profile, &error);
    g_assert_no_error(error);
    assert_note(import, IMPORT_NOTE_MISSING, 10, "any certificate of the CA");
    assert_note(import, IMPORT_NOTE_WARNING, 10, "weak: aes128-sha1-modp1024");
    assert_note(import, IMPORT_NOTE_MAPPED, 0, "pfs_group -> esp.pfs = auto");
    assert_note(import, IMPORT_NOTE_DROPPED, 19, "script: not needed");
    assert_note(import, IMPORT_NOTE_DROPPED, 35, "compression");
    g_assert_null(find_note(import, "correct horse"));
    g_assert_null(find_note(import, "unknown keyword"));
}

static void
test_the_damaged_client_of_the_guide(void)
{
    const char *pairs[] = {"ca.crt", pem, NULL};
    g_autoptr(Import) import = import_data("racoon-client-damaged.conf", pairs);
    g_autoptr(GError) error = NULL;
    Profile *profile = import->profiles->pdata[0];

    g_assert_cmpuint(import->profiles->len, ==, 1);
    assert_guide(profile);
    assert_note(import, IMPORT_NOTE_REPAIRED, 8, "\"}\" of \"listen\"");
    assert_note(import, IMPORT_NOTE_REPAIRED, 26, "\"}\" of \"proposal\"");
    assert_note(import, IMPORT_NOTE_REPAIRED, 26, "\"}\" of \"remote\"");
    assert_note(import, IMPORT_NOTE_REPAIRED, 0, "ends inside of \"sainfo\"");
    assert_note(import, IMPORT_NOTE_MISSING, 8, "set connection.gateway");
    g_assert_false(profile_check(profile, &error));
    g_assert_nonnull(strstr(error->message, "connection.gateway: missing"));
    profile_set(profile, PROFILE_CONNECTION_GATEWAY, "vpn.example.org", NULL);
    g_clear_error(&error);
    profile_check(profile, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(profile_text(profile, PROFILE_IMPORT_NOTES), "missing: racoon.conf:8"));
}

static void
test_several_remotes_with_inheritance(void)
{
    const char *pairs[] = {"certs/ca.crt", pem, "certs/alice.crt", pem, "alice.key", key, NULL};
    g_autoptr(Import) import = import_data("racoon-several.conf", pairs);
    const Profile *paris;
    const Profile *rome;

    /* "common" is a profile too, one without a gateway. */
    g_assert_cmpuint(import->profiles->len, ==, 3);
    paris = import->profiles->pdata[1];
    rome = import->profiles->pdata[2];
    assert_field(paris, PROFILE_CONNECTION_ID, "paris");
    assert_field(paris, PROFILE_CONNECTION_GATEWAY, "198.51.100.7");
    assert_field(paris, PROFILE_CONNECTION_METHOD, "xauth-rsa");
    assert_field(paris, PROFILE_CONNECTION_MODE, "main");
    assert_field(paris, PROFILE_IKE_PROPOSALS, "aes256-sha256-modp2048");
    g_assert_false(profile_is_set(paris, PROFILE_IKE_ALLOW_WEAK));
    assert_field(paris, PROFILE_IDENTITY_GATEWAY_ID, "CN=paris.example.org,O=Example,C=FR");
    assert_field(paris, PROFILE_IDENTITY_OWN_ID_TYPE, "dn");
    assert_field(paris, PROFILE_IKE_KEEPALIVE, "15");
    g_assert_true(profile_is_set(paris, PROFILE_SECRETS_PRIVATE_KEY));
    g_assert_true(profile_check(paris, NULL));
    assert_field(rome, PROFILE_CONNECTION_METHOD, "hybrid-rsa");
    assert_field(rome, PROFILE_IKE_PROPOSALS, "3des-md5-modp2048");
    assert_field(rome, PROFILE_IKE_ALLOW_WEAK, "true");
    assert_field(rome, PROFILE_IKE_DPD_DELAY, "0");
    assert_field(rome, PROFILE_IKE_LIFETIME, "28800");
    assert_field(rome, PROFILE_IDENTITY_OWN_ID, "sales");
    assert_field(rome, PROFILE_IDENTITY_OWN_ID_TYPE, "key-id");
    assert_field(rome, PROFILE_ESP_PROPOSALS,
                 "aes256-sha256;aes256-sha1;aes128-sha256;aes128-sha1");
    assert_field(rome, PROFILE_ESP_PFS, "modp2048");
    assert_field(rome, PROFILE_ESP_LIFETIME, "1800");
    assert_field(rome, PROFILE_NETWORK_REMOTE_NETWORKS, "10.20.0.0/16");
    assert_note(import, IMPORT_NOTE_DROPPED, 0, "\"blowfish\" is not supported");
}

#define TEST_CRT_SHA256 "efa17aee230372fec0556ff6eb5070ce14cb4cf455f25f77ffc2c499cc9cc056"
#define REMOTE "remote 192.0.2.1 {\n"
#define PROPOSAL                                                                                   \
    "proposal { encryption_algorithm aes; hash_algorithm sha1; "                                   \
    "authentication_method xauth_psk_client; dh_group 14; }\n}\n"

static void
test_a_group_password_comes_from_psk_txt(void)
{
    const char *pairs[] = {"psk.txt", "192.0.2.1  0x736573616d65\n", NULL};
    g_autoptr(Import) import =
        import_text("path pre_shared_key \"psk.txt\";\n" REMOTE PROPOSAL, pairs, NULL);
    const Profile *profile = import->profiles->pdata[0];

    g_assert_cmpstr(secret_text(profile_secret(profile, PROFILE_SECRETS_GROUP_PASSWORD)), ==,
                    "sesame");
    assert_note(import, IMPORT_NOTE_WARNING, 0, "weak: group password");
    g_assert_null(find_note(import, "sesame"));
}

static void
test_a_pinned_certificate_becomes_its_fingerprint(void)
{
    const char *pairs[] = {"gw.crt", pem, NULL};
    g_autoptr(Import) import =
        import_text(REMOTE "peers_certfile x509 \"gw.crt\";\n" PROPOSAL, pairs, NULL);

    /* openssl x509 -outform DER | sha256sum */
    assert_field(import->profiles->pdata[0], PROFILE_IDENTITY_PINNED_SHA256, TEST_CRT_SHA256);
}

/* text, part of the error */
static const char *const bad_files[][2] = {
    {REMOTE "exchange_mode main\n", "racoon.conf:2: \";\" is missing after \"exchange_mode\""},
    {REMOTE "dpd_delay 20\nnat_traversal on;\n" PROPOSAL, "racoon.conf:2: dpd_delay: too many"},
    {REMOTE "ca_type x509 \"ca.crt;\n" PROPOSAL, "racoon.conf:2: a quote without its end"},
    {REMOTE "exchange_mode sideways;\n" PROPOSAL, "racoon.conf:2: exchange_mode: connection.mode"},
    {REMOTE "lifetime time 3 weeks;\n" PROPOSAL, "racoon.conf:2: lifetime: the units"},
    {REMOTE "proposal { authentication_method gssapi_krb; }}\n", "racoon.conf:2: authentication"},
    {"remote { { } }\nsainfo anonymous { }", "racoon.conf:1: a block without a name"},
    {"remote \"a\" inherit \"b\" { }\nremote \"b\" inherit \"a\" { }\n", "in a circle"},
    {"remote \"a\" inherit \"b\" { }\n", "does not exist"},
    {"sainfo anonymous { lifetime time 1 hour; }\n", "there is no \"remote\""},
    {"remote anonymous { proposal { authentication_method hybrid_rsa_server; } }\n",
     "a gateway's configuration"},
    {"[main]\nplugins=keyfile\n", "not a format that can be imported"},
    {"hello world\n", "not a format"},
    {"", "not a format"},
    {"[connection]\ngatway=x\n", "racoon.conf:2: unknown field"},
};

static void
test_errors_name_line_and_reason(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_files); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(import_text(bad_files[i][0], NULL, &error));
        g_assert_nonnull(error);
        if (strstr(error->message, bad_files[i][1]) == NULL)
            g_error("row %u: %s", i, error->message);
    }
}

static void
test_includes_are_followed_and_expanded(void)
{
    const char *pairs[] = {"/etc/racoon/a.conf", "remote 192.0.2.1 { exchange_mode main;\n",
                           "/etc/racoon/b.conf", "sainfo anonymous { pfs_group 14; }", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import = import_text(
        "path include \"/etc/racoon\";\ninclude \"*.conf\";\ninclude \"/x/none.conf\";\nremote "
        "192.0.2.2 { }\n",
        pairs, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(import->profiles->len, ==, 2);
    assert_field(import->profiles->pdata[0], PROFILE_ESP_PFS, "modp2048");
    assert_note(import, IMPORT_NOTE_MISSING, 3, "include \"/x/none.conf\" is not read");
}

static void
test_include_loops_end(void)
{
    const char *pairs[] = {"a", "include \"b\";\n", "b", "include \"a\";\ninclude \"a\";\n", NULL};
    g_autoptr(GError) error = NULL;

    g_assert_null(import_text("include \"a\";\nremote 192.0.2.1 { }\n", pairs, &error));
    g_assert_nonnull(strstr(error->message, "too many includes"));
}

static void
test_control_characters_reach_no_field(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(import_text(REMOTE "xauth_login \"a\x1b[31m\";\n" PROPOSAL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "racoon.conf:2: xauth_login: login.user"));
    g_assert_null(strchr(error->message, 0x1b));
}

static void
test_other_encodings_are_read_or_named(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) latin =
        import_text(REMOTE "xauth_login \"Andr\xe9\";\n" PROPOSAL, NULL, &error);
    g_autoptr(Import) marked = NULL;

    g_assert_no_error(error);
    assert_field(latin->profiles->pdata[0], PROFILE_LOGIN_USER, "André");
    assert_note(latin, IMPORT_NOTE_REPAIRED, 2, "not UTF-8");
    marked = import_text("\xef\xbb\xbf" REMOTE "xauth_login \"a\";\r\n" PROPOSAL, NULL, &error);
    g_assert_no_error(error);
    assert_field(marked->profiles->pdata[0], PROFILE_LOGIN_USER, "a");
    g_assert_null(import_parse("r\0e\0m\0", 6, NULL, "x.conf", NULL, &error));
    g_assert_nonnull(strstr(error->message, "x.conf:1: a NUL octet"));
}

static void
test_huge_and_deep_files_are_refused_quickly(void)
{
    g_autofree char *huge = g_strnfill(10 * 1024 * 1024, 'a');
    g_autoptr(GString) deep = g_string_new("remote 192.0.2.1 ");
    g_autoptr(GString) many = g_string_new("remote 192.0.2.1 { ");
    g_autoptr(GError) error = NULL;

    g_assert_null(import_parse(huge, 10 * 1024 * 1024, "racoon", "x", NULL, &error));
    g_clear_error(&error);
    for (guint i = 0; i < 100000; i++)
        g_string_append(deep, "{ a ");
    g_assert_null(import_parse(deep->str, deep->len, "racoon", "x", NULL, &error));
    g_assert_nonnull(strstr(error->message, "blocks inside each other"));
    g_clear_error(&error);
    for (guint i = 0; i < 30000; i++)
        g_string_append(many, "x y;\n");
    g_assert_null(import_parse(many->str, many->len, "racoon", "x", NULL, &error));
    g_assert_nonnull(strstr(error->message, "statements"));
}

static void
test_every_octet_gets_the_reader_on(void)
{
    for (gint octet = 1; octet < 256; octet++) {
        g_autofree char *text = g_strdup_printf("remote 192.0.2.1 { a %c b; }%c\n", octet, octet);
        import_free(import_parse(text, strlen(text), "racoon", "x", NULL, NULL));
    }
}

static void
test_a_file_cut_anywhere_does_no_harm(void)
{
    g_autofree char *text = NULL;
    gsize length = 0;

    g_assert_true(
        g_file_get_contents(g_test_get_filename(G_TEST_DIST, "data", "racoon-several.conf", NULL),
                            &text, &length, NULL));
    for (gsize cut = 0; cut < length; cut++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Import) import = import_parse(text, cut, "racoon", "x", NULL, &error);

        g_assert_true((import != NULL) == (error == NULL));
    }
}

static void
test_the_own_format_is_an_import_too(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import =
        import_text("# mine\n[connection]\ngateway=vpn.example.org\n", NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(import->format, ==, "coati");
    g_assert_false(profile_is_set(import->profiles->pdata[0], PROFILE_IMPORT_SOURCE));
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    pem = given_text("test.crt");
    key = given_text("test.key");
    g_test_add_func("/import/the_repaired_client_of_the_guide",
                    test_the_repaired_client_of_the_guide);
    g_test_add_func("/import/the_damaged_client_of_the_guide",
                    test_the_damaged_client_of_the_guide);
    g_test_add_func("/import/several_remotes_with_inheritance",
                    test_several_remotes_with_inheritance);
    g_test_add_func("/import/a_group_password_comes_from_psk_txt",
                    test_a_group_password_comes_from_psk_txt);
    g_test_add_func("/import/a_pinned_certificate_becomes_its_fingerprint",
                    test_a_pinned_certificate_becomes_its_fingerprint);
    g_test_add_func("/import/errors_name_line_and_reason", test_errors_name_line_and_reason);
    g_test_add_func("/import/includes_are_followed_and_expanded",
                    test_includes_are_followed_and_expanded);
    g_test_add_func("/import/include_loops_end", test_include_loops_end);
    g_test_add_func("/import/control_characters_reach_no_field",
                    test_control_characters_reach_no_field);
    g_test_add_func("/import/other_encodings_are_read_or_named",
                    test_other_encodings_are_read_or_named);
    g_test_add_func("/import/huge_and_deep_files_are_refused_quickly",
                    test_huge_and_deep_files_are_refused_quickly);
    g_test_add_func("/import/every_octet_gets_the_reader_on", test_every_octet_gets_the_reader_on);
    g_test_add_func("/import/a_file_cut_anywhere_does_no_harm",
                    test_a_file_cut_anywhere_does_no_harm);
    g_test_add_func("/import/the_own_format_is_an_import_too",
                    test_the_own_format_is_an_import_too);
    status = g_test_run();
    g_free(pem);
    g_free(key);
    return status;
}
