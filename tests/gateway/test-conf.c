/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/conf.h"

#include <string.h>

#define PSK "[gateway]\nmethods=xauth-psk\n[group office]\npassword=secret\n"
#define POOL "[pool]\nnetwork4=10.99.0.1\n"
#define LOGIN "[login]\nsource=system\n"

static GatewayConfig *
read_text(const char *text, GError **error)
{
    GatewayConfig *config = gateway_config_parse(text, strlen(text), "gateway.conf", error);

    if (config != NULL && gateway_config_complete(config, error))
        return config;
    gateway_config_unref(config);
    return NULL;
}

/* Each row is refused with a text that has these words. */
static const struct {
    const char *text;
    const char *words;
} refusals[] = {
    {"[gateway]\nnonsense=1\n", "gateway.conf:2: there is no key \"nonsense\" in [gateway]"},
    {"# comment\n\n[nowhere]\n", "gateway.conf:3: there is no section [nowhere]"},
    {"methods=rsa\n", "gateway.conf:1: a \"[section]\" must come before"},
    {"[gateway]\nmethods\n", "gateway.conf:2: neither"},
    {"[gateway\n", "gateway.conf:1: \"[\" without"},
    {"[gateway]\nlisten=1.2.3\n", "gateway.conf:2: listen=1.2.3: not an address"},
    {"[gateway]\nmethods=rsa\nmethods=rsa\n", "gateway.conf:3: methods is here a second time"},
    {"[gateway]\nmethods=magic\n", "must be one of hybrid-rsa, xauth-rsa, rsa, xauth-psk"},
    {"[pool]\nsize=0\n", "gateway.conf:2: size=0: not a number from 1"},
    {"[pool]\nsize=-1\n", "not a number"},
    {"[forward]\nnat=maybe\n", "neither true nor false"},
    {"[ike]\nproposals=aes256-rot13\n", "is no proposal"},
    {"[esp]\nproposals=rot13\n", "is no proposal"},
    {"[settings]\nsplit-include=10.0.0.0/33\n", "is no network"},
    {"[settings]\ndns=1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 8.8.8.8 9.9.9.9\n",
     "too many"},
    {"[login]\nwhen-full=explode\n", "must be one of replace, refuse"},
    {"[group a]\nuser=b\n", "gateway.conf:2: there is no key \"user\" in [group a]"},
    {"[group]\n", "there is no section [group]"},
    {"[group ]\n", "there is no section [group]"},
    {"[group a]\n[group a]\n", "gateway.conf:2: [group a] is here a second time"},
    {"[user a]\npassword=b\n", "there is no key \"password\" in [user a]"},
    {"[user a]\n[user a]\n", "gateway.conf:2: [user a] is here a second time"},
    {"[group a]\naddress4=10.99.0.1\n", "there is no key \"address4\" in [group a]"},
    {"[pool a]\nframed-networks=10.0.0.0/8\n", "there is no key \"framed-networks\" in [pool a]"},
    {"[pool a]\n[pool a]\n", "gateway.conf:2: [pool a] is here a second time"},
    {"[pool ../a]\n", "has letters, digits, - and _ alone"},
    {"[login]\nradius-servers=10.0.0.1:\n", "neither ADDRESS, ADDRESS:PORT nor [ADDRESS]:PORT"},
    {"[login]\nradius-servers=10.0.0.1:0\n", "neither ADDRESS"},
    {"[login]\nradius-servers=2001:db8::1]:1812\n", "neither ADDRESS"},
    {"[login]\nradius-timeout=0\n", "not a number from 1 to 30"},
    {PSK POOL "[ike]\nproposals=3des-md5-modp768\n", "3des-md5-modp768 is weak"},
    {PSK POOL "[esp]\nproposals=3des-md5\n", "is weak"},
    {PSK, "needs network4="},
    {PSK "[pool]\nnetwork4=127.0.0.1\n", "these are no addresses for guests"},
    {PSK POOL "netmask4=255.0.255.0\n", "no mask"},
    {PSK "[pool a]\nnetwork4=10.99.0.1\n" POOL, "[pool a] has addresses of [pool] too"},
    {PSK POOL "[pool a]\nnetwork4=10.99.0.100\n", "[pool a] has addresses of [pool] too"},
    {PSK POOL "[pool a]\n", "[pool a] needs network4="},
    {PSK POOL "network6=10.0.0.1\n", "[pool] network6 and size: these are no addresses"},
    {PSK POOL "network6=fe80::1\n", "[pool] network6 and size: these are no addresses"},
    {PSK POOL "[user a]\npool=b\n", "[user a] pool=b: there is no [pool b]"},
    {PSK POOL "[user a]\naddress4=10.98.0.1\n", "must be in a pool or in framed-networks"},
    {PSK POOL "[login]\nsource=radius\n", "needs radius-servers= and radius-secret-file="},
    {PSK POOL LOGIN "radius-chap=true\n", "radius-chap=true needs source=radius"},
    {PSK POOL LOGIN "[accounting]\nradius-servers=10.0.0.1\n", "need radius-secret-file="},
    {PSK POOL LOGIN "radius-secret-file=/nowhere/secret\n[accounting]\nradius-servers=10.0.0.1\n",
     "/nowhere/secret: No such file"},
    {PSK POOL LOGIN "radius-secret-file=/etc/passwd\n",
     "/etc/passwd can be read or written by others"},
    {PSK POOL "[esp]\npfs=modp17\n", "neither auto, off nor a group"},
    {PSK POOL "[login]\nsource=users\n", "needs users-file="},
    {"[gateway]\nmethods=xauth-psk\n" POOL, "needs a section [group NAME]"},
    {"[gateway]\nmethods=xauth-psk\n[group a]\n" POOL, "[group a] needs password="},
    {"[gateway]\nmethods=hybrid-rsa\n" POOL, "need certificate= and private-key="},
    {"[gateway]\nmethods=\n" POOL, "must name one at least"},
};

static void
test_mistakes_are_named_with_their_line(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(read_text(refusals[i].text, &error));
        g_assert_nonnull(error);
        if (strstr(error->message, refusals[i].words) == NULL)
            g_error("row %" G_GSIZE_FORMAT ": \"%s\" does not say \"%s\"", i, error->message,
                    refusals[i].words);
    }
}

static void
test_a_group_is_known_by_three_kinds_of_name(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GatewayConfig) config = read_text(PSK POOL LOGIN, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(config->policies->len, ==, 3);
    for (guint i = 0; i < 3; i++) {
        const IkePolicy *policy = config->policies->pdata[i];

        g_assert_cmpint(policy->method, ==, IKE_METHOD_XAUTH_PSK);
        g_assert_cmpuint(policy->own_key, ==, GATEWAY_KEY_FIRST_GROUP);
        g_assert_cmpint(policy->modes, ==, 1 << IKE_MODE_MAIN | 1 << IKE_MODE_AGGRESSIVE);
        g_assert_cmpint(policy->proposal_check, ==, IKE_CHECK_OBEY);
    }
}

static void
test_no_default_is_weak(void)
{
    g_autoptr(GatewayConfig) config = read_text(PSK POOL LOGIN, NULL);

    g_assert_cmpuint(config->phase1->len, >, 0);
    for (guint i = 0; i < config->phase1->len; i++)
        g_assert_false(suite_phase1_is_weak(&g_array_index(config->phase1, SuitePhase1, i)));
    for (guint i = 0; i < config->esp->len; i++)
        g_assert_false(suite_esp_is_weak(&g_array_index(config->esp, SuiteEsp, i)));
}

static void
test_settings_are_what_the_file_says(void)
{
    g_autoptr(GatewayConfig) config =
        read_text(PSK POOL LOGIN "[settings]\ndns=10.0.0.1, 10.0.0.2\ndomain=example.org\n"
                                 "split-include=10.0.0.0/8;172.16.0.0/12\nsplit-dns=a.org b.org\n"
                                 "save-password=true\n",
                  NULL);
    g_autoptr(IkeSettings) settings = gateway_config_settings(config);

    g_assert_cmpuint(settings->dns->len, ==, 2);
    g_assert_cmpuint(settings->split_include->len, ==, 2);
    g_assert_cmpuint(settings->split_dns->len, ==, 2);
    g_assert_cmpstr(settings->domain, ==, "example.org");
    g_assert_true(settings->may_save_password);
    g_assert_cmpuint(settings->prefix_length4, ==, 32);
}

/* Unity PFS: the group's number, 0 for none, and nothing where the gateway takes either. */
static const struct {
    const char *text;
    gboolean has_pfs;
    guint16 pfs;
} pfs_rows[] = {{"", FALSE, 0},
                {"[esp]\npfs=auto\n", FALSE, 0},
                {"[esp]\npfs=off\n", TRUE, 0},
                {"[esp]\npfs=modp2048\n", TRUE, 14},
                {"[esp]\npfs=ecp256\n", TRUE, 19}};

static void
test_clients_are_told_about_pfs(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(pfs_rows); i++) {
        g_autofree char *text = g_strconcat(PSK POOL LOGIN, pfs_rows[i].text, NULL);
        g_autoptr(GatewayConfig) config = read_text(text, NULL);
        g_autoptr(IkeSettings) settings = gateway_config_settings(config);

        g_assert_cmpint(settings->has_pfs, ==, pfs_rows[i].has_pfs);
        g_assert_cmpuint(settings->pfs, ==, pfs_rows[i].pfs);
    }
}

static void
test_a_volume_is_in_every_policy(void)
{
    g_autoptr(GatewayConfig) config =
        read_text(PSK POOL LOGIN "[esp]\nlifetime-kilobytes=100000\n", NULL);

    for (guint i = 0; i < config->policies->len; i++)
        g_assert_cmpuint(((const IkePolicy *)config->policies->pdata[i])->esp_lifetime_kilobytes,
                         ==, 100000);
}

/* What a running gateway cannot change, and one thing that it can. */
static const struct {
    const char *text;
    const char *words; /* NULL: needs no restart */
} changes[] = {
    {PSK POOL LOGIN "[settings]\ndns=10.0.0.1\n", NULL},
    {PSK POOL "size=7\n" LOGIN, "[pool]"},
    {PSK "[pool]\nnetwork4=10.98.0.1\n" LOGIN, "[pool]"},
    {PSK POOL LOGIN "[forward]\nnat=true\n", "[forward]"},
    {PSK POOL LOGIN "[esp]\nfragment=1200\n", "[esp]"},
    {"[gateway]\nmethods=xauth-psk\n[group office]\npassword=other\n" POOL LOGIN,
     "group passwords"},
    {"[gateway]\nmethods=xauth-psk\nlisten=192.0.2.1\n[group office]\npassword=secret\n" POOL LOGIN,
     "listen"},
};

static void
test_what_needs_a_restart_is_said(void)
{
    g_autoptr(GatewayConfig) running = read_text(PSK POOL LOGIN, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(GatewayConfig) config = read_text(changes[i].text, NULL);
        g_autofree char *why = NULL;

        g_assert_nonnull(config);
        why = gateway_config_needs_restart(running, config);
        if (changes[i].words == NULL)
            g_assert_null(why);
        else
            g_assert_nonnull(strstr(why, changes[i].words));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conf/mistakes-are-named-with-their-line",
                    test_mistakes_are_named_with_their_line);
    g_test_add_func("/conf/a-group-is-known-by-three-kinds-of-name",
                    test_a_group_is_known_by_three_kinds_of_name);
    g_test_add_func("/conf/no-default-is-weak", test_no_default_is_weak);
    g_test_add_func("/conf/settings-are-what-the-file-says", test_settings_are_what_the_file_says);
    g_test_add_func("/conf/clients-are-told-about-pfs", test_clients_are_told_about_pfs);
    g_test_add_func("/conf/a-volume-is-in-every-policy", test_a_volume_is_in_every_policy);
    g_test_add_func("/conf/what-needs-a-restart-is-said", test_what_needs_a_restart_is_said);
    return g_test_run();
}
