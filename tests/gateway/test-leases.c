/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets which address under which terms, and that nobody gets another's. */
#include "gateway/leases.h"
#include "gateway/terms.h"

#include <glib/gstdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "[gateway]\nmethods=xauth-psk\n"                                                               \
    "[group office]\npassword=secret\ndomain=office.example.org\nsession-timeout=600\n"            \
    "[group staff]\npool=staff\ndns=10.0.0.2\nsplit-include=10.2.0.0/16\n"                         \
    "[login]\nsource=system\n"                                                                     \
    "[settings]\ndns=10.0.0.1\ndomain=example.org\nidle-timeout=900\n"
#define POOLS                                                                                      \
    "[pool]\nnetwork4=10.99.0.1\nsize=3\nnetwork6=fd00:99::ffff\nframed-networks=10.98.0.0/24 "    \
    "fd00:98::/64\n"                                                                               \
    "[pool staff]\nnetwork4=10.97.0.1\nnetmask4=255.255.0.0\nsize=2\n"                             \
    "[user boss]\naddress4=10.99.0.2\nidle-timeout=60\n"

typedef struct {
    GatewayConfig *config;
    char *directory;
    Leases *leases;
} World;

static GatewayConfig *
read_text(const char *text)
{
    g_autoptr(GError) error = NULL;
    GatewayConfig *config = gateway_config_parse(text, strlen(text), "gateway.conf", &error);

    g_assert_no_error(error);
    gateway_config_complete(config, &error);
    g_assert_no_error(error);
    return config;
}

static World *
world_new(const char *text)
{
    World *world = g_new0(World, 1);

    world->config = read_text(text);
    world->directory = g_dir_make_tmp("coati-leases-XXXXXX", NULL);
    world->leases = leases_new(world->config, world->directory);
    return world;
}

static void
world_free(World *world)
{
    static const char *const names[] = {"gateway-leases", "gateway-leases.staff"};

    leases_free(world->leases);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(world->directory, names[i], NULL);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(world->directory), ==, 0);
    g_free(world->directory);
    gateway_config_unref(world->config);
    g_free(world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static NetAddress
address(const char *text)
{
    NetAddress parsed = {0};

    if (text != NULL)
        g_assert_true(net_address_parse(text, &parsed));
    return parsed;
}

static Lease *
ask(World *world, const char *user, const char *pool, const char *four, const char *six,
    GError **error)
{
    LeaseQuestion question = {
        .user = user, .pool = pool, .address4 = address(four), .address6 = address(six)};

    return leases_lease(world->leases, world->config, &question, error);
}

static void
assert_is(const Lease *lease, const char *four, const char *six)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    g_assert_nonnull(lease);
    g_assert_cmpstr(net_address_format(lease_address4(lease), text), ==, four);
    g_assert_cmpstr(net_address_format(lease_address6(lease), text), ==, six);
}

static void
test_both_addresses_have_one_number(void)
{
    g_autoptr(World) world = world_new(HEAD POOLS);
    Lease *one = ask(world, "a", NULL, NULL, NULL, NULL);
    /* 10.99.0.2 is set aside for boss. */
    Lease *two = ask(world, "b", NULL, NULL, NULL, NULL);
    g_autoptr(GError) error = NULL;

    assert_is(one, "10.99.0.1", "fd00:99::ffff");
    assert_is(two, "10.99.0.3", "fd00:99::1:1");
    g_assert_null(ask(world, "c", NULL, NULL, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    g_assert_cmpstr(error->message, ==, "all 3 addresses are in use");
    g_assert_cmpuint(leases_used(world->leases), ==, 2);
    leases_release(world->leases, one, 1);
    leases_release(world->leases, two, 1);
    leases_release(world->leases, NULL, 1);
    g_assert_cmpuint(leases_used(world->leases), ==, 0);
}

static void
test_what_is_set_aside_waits_for_its_user(void)
{
    g_autoptr(World) world = world_new(HEAD POOLS);
    Lease *boss = ask(world, "boss", NULL, "10.99.0.2", NULL, NULL);

    assert_is(boss, "10.99.0.2", "fd00:99::1:0");
    leases_release(world->leases, boss, 1);
    boss = ask(world, "boss", NULL, "10.99.0.2", NULL, NULL);
    assert_is(boss, "10.99.0.2", "fd00:99::1:0");
    leases_release(world->leases, boss, 2);
}

/* Rows of who asks for what while a has 10.99.0.1 and b 10.98.0.5 with fd00:98::5. */
static const struct {
    const char *pool;
    const char *four;
    const char *six;
    gint code; /* of the error, -1 = it is given */
    const char *words;
} refusals[] = {
    {NULL, "10.99.0.1", NULL, G_IO_ERROR_EXISTS, "10.99.0.1 is a's already"},
    {NULL, "10.98.0.5", NULL, G_IO_ERROR_EXISTS, "10.98.0.5 is b's already"},
    {NULL, NULL, "fd00:98::5", G_IO_ERROR_EXISTS, "fd00:98::5 is b's already"},
    {NULL, "10.1.0.1", NULL, G_IO_ERROR_NOT_FOUND, "10.1.0.1 is in no pool"},
    {NULL, "127.0.0.1", NULL, G_IO_ERROR_NOT_FOUND, "127.0.0.1 is in no pool"},
    {NULL, "10.98.0.6", "fe80::1", G_IO_ERROR_NOT_FOUND, "fe80::1 is in no pool"},
    {"guests", NULL, NULL, G_IO_ERROR_NOT_FOUND, "there is no [pool guests]"},
    {"staff", NULL, NULL, -1, "10.97.0.1"},
    {NULL, "10.98.0.6", "fd00:98::6", -1, "10.98.0.6"},
};

static void
test_no_address_is_two_guests(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(World) world = world_new(HEAD POOLS);
        Lease *a = ask(world, "a", NULL, NULL, NULL, NULL);
        Lease *b = ask(world, "b", NULL, "10.98.0.5", "fd00:98::5", NULL);
        g_autoptr(GError) error = NULL;
        Lease *lease = ask(world, "c", refusals[i].pool, refusals[i].four, refusals[i].six, &error);
        guint used = leases_used(world->leases);
        char text[NET_ADDRESS_TEXT_SIZE];

        g_assert_cmpuint(leases_outside(world->leases), >=, 1);
        if (refusals[i].code < 0) {
            g_assert_no_error(error);
            g_assert_cmpstr(net_address_format(lease_address4(lease), text), ==, refusals[i].words);
        } else {
            g_assert_error(error, G_IO_ERROR, refusals[i].code);
            g_assert_nonnull(strstr(error->message, refusals[i].words));
            g_assert_cmpuint(used, ==, 1);
        }
        leases_release(world->leases, lease, 1);
        leases_release(world->leases, a, 1);
        leases_release(world->leases, b, 1);
        g_assert_cmpuint(leases_used(world->leases) + leases_outside(world->leases), ==, 0);
    }
}

static void
test_an_address_by_name_leaves_the_pool(void)
{
    g_autoptr(World) world = world_new(HEAD POOLS);
    Lease *named = ask(world, "a", NULL, "10.99.0.1", NULL, NULL);
    Lease *other = ask(world, "b", NULL, NULL, NULL, NULL);

    assert_is(named, "10.99.0.1", "fd00:99::ffff");
    assert_is(other, "10.99.0.3", "fd00:99::1:1");
    leases_release(world->leases, named, 1);
    leases_release(world->leases, other, 1);
}

static void
test_each_pool_is_kept_over_a_restart(void)
{
    g_autoptr(World) world = world_new(HEAD POOLS);
    Lease *a = ask(world, "a", "staff", NULL, NULL, NULL);
    Lease *b = ask(world, "b", "staff", NULL, NULL, NULL);

    g_assert_cmpuint(lease_prefix_length4(b), ==, 16);
    leases_release(world->leases, a, 1);
    leases_release(world->leases, b, 2);
    g_assert_true(leases_save(world->leases, NULL));
    leases_free(world->leases);
    world->leases = leases_new(world->config, world->directory);
    b = ask(world, "b", "staff", NULL, NULL, NULL);
    assert_is(b, "10.97.0.2", "");
    leases_release(world->leases, b, 3);
}

static void
test_a_gateway_may_have_no_pool_of_its_own(void)
{
    g_autoptr(World) world = world_new(HEAD "[pool]\nframed-networks=10.98.0.0/24\n"
                                            "[pool staff]\nnetwork4=10.97.0.1\nsize=2\n");
    g_autoptr(GError) error = NULL;
    Lease *lease = ask(world, "a", NULL, "10.98.0.1", NULL, NULL);

    assert_is(lease, "10.98.0.1", "");
    g_assert_null(ask(world, "b", NULL, NULL, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==, "no address was given, and there is no pool");
    leases_release(world->leases, lease, 1);
}

/* --- terms --- */

static void
assert_dns(const Terms *terms, const char *expected)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    g_assert_cmpuint(terms->settings->dns->len, ==, 1);
    g_assert_cmpstr(net_address_format(&g_array_index(terms->settings->dns, NetAddress, 0), text),
                    ==, expected);
}

static void
test_group_user_and_radius_go_before_everybody(void)
{
    g_autoptr(GatewayConfig) config = read_text(HEAD POOLS);
    g_autoptr(RadiusSettings) said = radius_settings_new();
    g_auto(Terms) nobody = terms_of(config, NULL, "alice", NULL);
    g_auto(Terms) office = terms_of(config, "office", "boss", NULL);
    g_auto(Terms) staff = {0};
    char text[NET_ADDRESS_TEXT_SIZE];

    assert_dns(&nobody, "10.0.0.1");
    g_assert_cmpstr(nobody.settings->domain, ==, "example.org");
    g_assert_cmpuint(nobody.session_timeout_seconds, ==, 0);
    g_assert_cmpuint(nobody.idle_timeout_seconds, ==, 900);
    g_assert_cmpuint(nobody.interim_seconds, ==, 300);
    g_assert_null(nobody.pool);

    g_assert_cmpstr(office.settings->domain, ==, "office.example.org");
    g_assert_cmpuint(office.session_timeout_seconds, ==, 600);
    g_assert_cmpuint(office.idle_timeout_seconds, ==, 60);
    g_assert_cmpstr(net_address_format(&office.address4, text), ==, "10.99.0.2");

    said->profile = g_strdup("staff");
    said->address6 = address("fd00:98:0:1::");
    said->prefix_length6 = 64;
    said->session_timeout_seconds = 120;
    said->interim_seconds = 5;
    said->banner = g_strdup("Hello");
    staff = terms_of(config, "office", "alice", said);
    assert_dns(&staff, "10.0.0.2");
    g_assert_cmpstr(staff.settings->domain, ==, "example.org");
    g_assert_cmpstr(staff.settings->banner, ==, "Hello");
    g_assert_cmpstr(staff.pool, ==, "staff");
    g_assert_cmpuint(staff.settings->split_include->len, ==, 1);
    g_assert_cmpuint(staff.session_timeout_seconds, ==, 120);
    /* RFC 2869 5.16: never below a minute. */
    g_assert_cmpuint(staff.interim_seconds, ==, 60);
    g_assert_cmpstr(net_address_format(&staff.address6, text), ==, "fd00:98:0:1::1");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gateway/leases/both_addresses_have_one_number",
                    test_both_addresses_have_one_number);
    g_test_add_func("/gateway/leases/what_is_set_aside_waits_for_its_user",
                    test_what_is_set_aside_waits_for_its_user);
    g_test_add_func("/gateway/leases/no_address_is_two_guests", test_no_address_is_two_guests);
    g_test_add_func("/gateway/leases/an_address_by_name_leaves_the_pool",
                    test_an_address_by_name_leaves_the_pool);
    g_test_add_func("/gateway/leases/each_pool_is_kept_over_a_restart",
                    test_each_pool_is_kept_over_a_restart);
    g_test_add_func("/gateway/leases/a_gateway_may_have_no_pool_of_its_own",
                    test_a_gateway_may_have_no_pool_of_its_own);
    g_test_add_func("/gateway/terms/group_user_and_radius_go_before_everybody",
                    test_group_user_and_radius_go_before_everybody);
    return g_test_run();
}
