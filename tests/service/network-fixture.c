/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network-fixture.h"

#include <string.h>

static char *
fixture_path(Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->directory, name, NULL);
}

void
fixture_set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture->directory = g_dir_make_tmp("coati-network-XXXXXX", NULL);
    fixture->resolv_conf = fixture_path(fixture, "resolv.conf");
    g_assert_true(g_file_set_contents(fixture->resolv_conf, "nameserver 192.0.2.53\n", -1, NULL));
    fixture->host = (NetworkHost){.state_directory = fixture->directory,
                                  .resolv_conf = fixture->resolv_conf,
                                  .resolvconf_program = "/nonexistent/resolvconf"};
    fixture->before = namespace_dump();
    fixture->network = network_new(&fixture->host, "t1", &error);
    g_assert_no_error(error);
    network_open_link(fixture->network, TRUE, &fixture->tun, &error);
    g_assert_no_error(error);
}

void
fixture_on_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    *(GAsyncResult **)user_data = g_object_ref(result);
}

GAsyncResult *
fixture_wait_for(GAsyncResult **result)
{
    while (!*result)
        g_main_context_iteration(NULL, TRUE);
    return *result;
}

gboolean
fixture_apply(Fixture *fixture, const NetworkPlan *plan, GError **error)
{
    g_autoptr(GAsyncResult) result = NULL;

    network_apply_async(fixture->network, plan, NULL, fixture_on_done, &result);
    fixture_wait_for(&result);
    return network_apply_finish(fixture->network, result, error);
}

void
fixture_apply_well(Fixture *fixture, const NetworkPlan *plan)
{
    g_autoptr(GError) error = NULL;

    fixture_apply(fixture, plan, &error);
    g_assert_no_error(error);
}

void
fixture_undo_well(Fixture *fixture)
{
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;

    network_undo_async(fixture->network, fixture_on_done, &result);
    fixture_wait_for(&result);
    network_undo_finish(fixture->network, result, &error);
    g_assert_no_error(error);
}

void
fixture_assert_way(const char *expected, const char *arguments)
{
    g_autofree char *way = namespace_way("%s", arguments);

    if (strcmp(way, expected) != 0)
        g_error("ip route get %s: %s, not %s", arguments, way, expected);
}

void
fixture_tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *after = NULL;
    g_autofree char *conf = NULL;
    g_autofree char *command = g_strdup_printf("rm -r %s", fixture->directory);
    g_auto(GStrv) journals = NULL;

    if (fixture->network)
        fixture_undo_well(fixture);
    network_free(fixture->network);
    fd_close(&fixture->tun);
    after = namespace_dump();
    g_assert_cmpstr(after, ==, fixture->before);
    g_assert_true(g_file_get_contents(fixture->resolv_conf, &conf, NULL, NULL));
    g_assert_cmpstr(conf, ==, "nameserver 192.0.2.53\n");
    journals = network_list(&fixture->host);
    g_assert_cmpuint(g_strv_length(journals), ==, 0);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(fixture->directory);
    g_free(fixture->resolv_conf);
    g_free(fixture->before);
}

NetAddress
address_of(const char *text)
{
    NetAddress address;

    g_assert_true(net_address_parse(text, &address));
    return address;
}

NetPrefix
prefix_of(const char *text)
{
    NetPrefix prefix;

    g_assert_true(net_prefix_parse(text, &prefix));
    return prefix;
}

NetworkPlan
full_plan(void)
{
    return (NetworkPlan){
        .address4 = address_of(INNER), .is_full_tunnel = TRUE, .closes_ipv6 = TRUE};
}
