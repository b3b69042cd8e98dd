/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A racoon.conf becomes a gateway.conf that the gateway's own reader takes, and nothing is lost. */
#include "gateway/conf.h"
#include "profile/import-gateway.h"

#include <string.h>

typedef struct {
    Import *import;
    Secret *conf;
} Made;

static Secret *
read_psk(const char *path, gpointer user_data, GError **error)
{
    char *text = NULL;
    Secret *secret;

    if (strcmp(path, "/etc/radius.conf") == 0 && user_data != NULL)
        return secret_new_text(user_data);
    if (strcmp(path, "psk.txt") != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such file");
        return NULL;
    }
    g_assert_true(g_file_get_contents(
        g_test_get_filename(G_TEST_DIST, "..", "profile", "data", "racoon-gateway.psk", NULL),
        &text, NULL, NULL));
    secret = secret_new_text(text);
    g_free(text);
    return secret;
}

static Made
import_file(const char *name)
{
    const ImportFiles files = {.read = read_psk};
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    Made made = {NULL};

    g_assert_true(g_file_get_contents(
        g_test_get_filename(G_TEST_DIST, "..", "profile", "data", name, NULL), &text, NULL, NULL));
    made.import = import_gateway(text, strlen(text), "racoon.conf", &files, &made.conf, &error);
    g_assert_no_error(error);
    return made;
}

static void
made_clear(Made *made)
{
    import_free(made->import);
    secret_free(made->conf);
}

static gboolean
has_line(const Secret *conf, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(secret_text(conf), "\n", -1);

    return g_strv_contains((const char *const *)lines, line);
}

static guint
count_notes(const Import *import, ImportNoteKind kind, const char *words)
{
    guint count = 0;

    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = import->notes->pdata[i];

        count += note->kind == kind && strstr(note->text, words) != NULL;
    }
    return count;
}

static const char *const guide_lines[] = {
    "[gateway]",
    "modes = aggressive",
    "methods = hybrid-rsa",
    "certificate = /etc/openssl/certs/vpngw.crt",
    "private-key = /etc/openssl/certs/vpngw.key",
    "[ike]",
    "proposals = aes128-sha1-modp1024",
    "allow-weak = true",
    "proposal-check = claim",
    "nat-traversal = force",
    "fragmentation = on",
    "dpd-delay = 20",
    "[esp]",
    "fragment = 552",
    "pfs = modp1024",
    "lifetime = 3600",
    "proposals = aes128-sha1",
    "[pool]",
    "size = 253",
    "[settings]",
    "banner-file = /etc/racoon/motd",
    "[login]",
    "source = system",
};

static void
test_the_guides_gateway(void)
{
    static const char *const found[] = {"network4 = 10.99.99.1", "dns = 10.0.12.1",
                                        "wins = 10.0.12.1"};
    Made made = import_file("racoon-gateway.conf");
    g_autoptr(GatewayConfig) config = NULL;
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(guide_lines); i++)
        if (!has_line(made.conf, guide_lines[i]))
            g_error("no line \"%s\" in: %s", guide_lines[i], secret_text(made.conf));
    for (gsize i = 0; i < G_N_ELEMENTS(found); i++)
        g_assert_true(has_line(made.conf, found[i]));
    /* The guide's client names no pfs_group, and its gateway insists on one. */
    g_assert_cmpuint(count_notes(made.import, IMPORT_NOTE_WARNING, "pfs = auto"), ==, 1);
    g_assert_cmpuint(count_notes(made.import, IMPORT_NOTE_WARNING, "weak"), ==, 1);
    g_assert_nonnull(strstr(secret_text(made.conf), "# racoon.conf:"));
    g_assert_nonnull(strstr(secret_text(made.conf), "compression_algorithm deflate;"));
    config = gateway_config_parse(secret_text(made.conf), secret_length(made.conf), "gateway.conf",
                                  &error);
    g_assert_no_error(error);
    made_clear(&made);
}

/* As the guide's text has it: braces and addresses are lost. */
static void
test_the_guides_text_is_repaired(void)
{
    Made made = import_file("racoon-gateway-damaged.conf");

    for (gsize i = 0; i < G_N_ELEMENTS(guide_lines); i++)
        g_assert_true(has_line(made.conf, guide_lines[i]));
    g_assert_cmpuint(count_notes(made.import, IMPORT_NOTE_REPAIRED, "}"), >=, 4);
    g_assert_cmpuint(count_notes(made.import, IMPORT_NOTE_MISSING, "[pool] network4"), ==, 1);
    g_assert_cmpuint(count_notes(made.import, IMPORT_NOTE_MISSING, "[settings] dns"), ==, 1);
    g_assert_true(has_line(made.conf, "# network4 ="));
    made_clear(&made);
}

static const char *const all_lines[] = {
    "listen = 203.0.113.2",
    "identity = vpn.example.org",
    "certificate = /etc/racoon/certs/gw.crt",
    "client-ca = /etc/racoon/certs/ca.crt",
    "ca = /etc/racoon/certs/ca.crt",
    "methods = hybrid-rsa;xauth-psk;xauth-rsa;rsa",
    "modes = main;aggressive",
    "proposals = aes256-sha256-modp2048;aes256-sha1-modp2048",
    "proposal-check = obey",
    "lifetime = 28800",
    "dpd-delay = 20",
    "dpd-retry = 6",
    "dpd-max-failures = 4",
    "fragmentation = force",
    "nat-traversal = auto",
    "keepalive = 15",
    "half-open = 30",
    "allow-weak = true",
    "pfs = modp2048",
    "lifetime = 3600",
    "lifetime-kilobytes = 102400",
    "proposals = aes256-sha256;aes256-sha1;aes128-sha256;aes128-sha1;3des-sha256;3des-sha1",
    "network4 = 10.99.0.1",
    "netmask4 = 255.255.255.0",
    "size = 200",
    "source = radius",
    "groups = staff;guests",
    "radius-servers = 10.77.0.10:1812",
    "radius-secret-file = /etc/coati/gateway/radius.secret",
    "radius-timeout = 4",
    "radius-tries = 2",
    "radius-servers = 10.77.0.10",
    "dns = 10.77.0.10;10.77.0.11;10.77.0.12",
    "wins = 10.77.0.20;10.77.0.21",
    "domain = office.example.org",
    "split-dns = office.example.org;lab.example.org",
    "split-include = 10.77.0.0/24;10.88.0.0/16",
    "split-exclude = 192.168.1.0/24",
    "banner-file = /etc/racoon/motd",
    "save-password = true",
    "[group staff-group]",
    "password = s3cret of the group",
    "[group guests]",
    "password = ab",
};

/* What has no place is a comment with its line. */
static const char *const all_comments[] = {
    "script up.sh phase1_up;",
    "script dead.sh phase1_dead;",
    "auth_throttle 1;",
    "nonce_size 32;",
    "verify_identifier off;",
    "xauth_login nobody;",
    "peers_certfile x509",
    "privsep { ... }",
    "ldapcfg { ... }",
    "padding { ... }",
    "log notify;",
    "nonsense 1;",
    "pre_shared_key;",
    "encryption_algorithm blowfish 128;",
    "sainfo subnet 10.77.0.0/24 any clientaddr group staff { ... }",
};

static void
test_every_keyword_is_mapped_or_kept_as_a_comment(void)
{
    Made made = import_file("racoon-gateway-all.conf");
    g_autoptr(GatewayConfig) config = NULL;
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(all_lines); i++)
        if (!has_line(made.conf, all_lines[i]))
            g_error("no line \"%s\" in: %s", all_lines[i], secret_text(made.conf));
    for (gsize i = 0; i < G_N_ELEMENTS(all_comments); i++)
        if (strstr(secret_text(made.conf), all_comments[i]) == NULL)
            g_error("no comment \"%s\" in: %s", all_comments[i], secret_text(made.conf));
    g_assert_null(strstr(secret_text(made.conf), "MyDirtySecret"));
    g_assert_cmpuint(count_notes(made.import, IMPORT_NOTE_DROPPED, "not known"), ==, 1);
    config = gateway_config_parse(secret_text(made.conf), secret_length(made.conf), "gateway.conf",
                                  &error);
    g_assert_no_error(error);
    made_clear(&made);
}

static const struct {
    const char *text;
    const char *words;
} refusals[] = {
    {"hello\n", "this is no racoon.conf"},
    {"remote 192.0.2.1 { exchange_mode main; proposal { encryption_algorithm aes; hash_algorithm "
     "sha1; authentication_method hybrid_rsa_client; dh_group 14; } }\n",
     "no remote of a gateway"},
    {"remote anonymous { lifetime time many; }\n", "racoon.conf:1: lifetime: not a time"},
};

static void
test_what_is_no_gateway_is_refused(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Secret) conf = NULL;

        g_assert_null(import_gateway(refusals[i].text, strlen(refusals[i].text), "racoon.conf",
                                     NULL, &conf, &error));
        g_assert_null(conf);
        if (strstr(error->message, refusals[i].words) == NULL)
            g_error("\"%s\" does not say \"%s\"", error->message, refusals[i].words);
    }
}

/* Hosts and services as radius.conf(5) of the BSDs has them. */
#define RADIUS_CONF                                                                                \
    "# servers\n"                                                                                  \
    "auth\t10.0.0.1:1645\t\"a secret # of \\\"auth\\\"\" 5 2\n"                                    \
    "acct 10.0.0.1 MyDirtySecret # comment\n"                                                      \
    "10.0.0.2 MyDirtySecret\n"                                                                     \
    "auth 10.0.0.3\n"                                                                              \
    "auth radius.example.org MyDirtySecret\n"

static const struct {
    const char *conf; /* racoon's */
    const char *file; /* /etc/radius.conf; NULL = none */
    const char *lines[4];
    const char *nowhere;
} radius_rows[] = {
    {"mode_cfg { auth_source radius; accounting radius; }",
     RADIUS_CONF,
     {"radius-servers = 10.0.0.1:1645;10.0.0.2", "radius-servers = 10.0.0.1",
      "radius-secret-file = /etc/coati/gateway/radius.secret", "source = radius"},
     "DirtySecret"},
    {"mode_cfg { auth_source radius; }",
     RADIUS_CONF,
     {"source = radius"},
     "radius-servers = 10.0.0.1\n"},
    {"mode_cfg { auth_source system; }", RADIUS_CONF, {"source = system"}, "radius-servers"},
    {"mode_cfg { auth_source radius; } radiuscfg { auth 10.9.9.9 other; }",
     RADIUS_CONF,
     {"radius-servers = 10.9.9.9"},
     "10.0.0.1"},
    {"mode_cfg { auth_source radius; accounting radius; }",
     NULL,
     {"# radius-servers ="},
     "10.0.0.1"},
};

static void
test_servers_of_radius_conf(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(radius_rows); i++) {
        const ImportFiles files = {.read = read_psk, .user_data = (gpointer)radius_rows[i].file};
        g_autofree char *text = g_strdup_printf(
            "remote anonymous { exchange_mode aggressive; certificate_type x509 \"a\" \"b\"; "
            "proposal { encryption_algorithm aes 256; hash_algorithm sha256; dh_group modp2048; "
            "authentication_method hybrid_rsa_server; } }\n%s\n",
            radius_rows[i].conf);
        g_autoptr(GError) error = NULL;
        Made made = {NULL};

        made.import = import_gateway(text, strlen(text), "racoon.conf", &files, &made.conf, &error);
        g_assert_no_error(error);
        for (gsize k = 0; k < 4 && radius_rows[i].lines[k] != NULL; k++)
            if (!has_line(made.conf, radius_rows[i].lines[k]))
                g_error("row %" G_GSIZE_FORMAT ": no line \"%s\" in: %s", i,
                        radius_rows[i].lines[k], secret_text(made.conf));
        g_assert_null(strstr(secret_text(made.conf), radius_rows[i].nowhere));
        made_clear(&made);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/the-guides-gateway", test_the_guides_gateway);
    g_test_add_func("/import/the-guides-text-is-repaired", test_the_guides_text_is_repaired);
    g_test_add_func("/import/every-keyword-is-mapped-or-kept-as-a-comment",
                    test_every_keyword_is_mapped_or_kept_as_a_comment);
    g_test_add_func("/import/servers-of-radius-conf", test_servers_of_radius_conf);
    g_test_add_func("/import/what-is-no-gateway-is-refused", test_what_is_no_gateway_is_refused);
    return g_test_run();
}
