/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tunnel's network on a machine of its own (namespace.h). What the kernel then does is asked
 * with ip(8), as an administrator would: where a packet goes, with the engine's mark and without.
 * With --as-nobody everything runs as user nobody with CAP_NET_ADMIN alone.
 */
#include "network-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MARKED "mark 0xC0A7"
#define INNER6 "fdaa::7"

static void
test_link_is_up_quiet_and_persistent(Fixture *fixture, gconstpointer data)
{
    g_autofree char *link = namespace_ip("-d link show dev coati0");
    g_autofree char *address = namespace_ip("addr show dev coati0");
    g_autofree char *owner = g_strdup_printf("user %s", g_get_user_name());

    g_assert_cmpstr(network_link_name(fixture->network), ==, "coati0");
    g_assert_nonnull(strstr(link, "UP"));
    g_assert_nonnull(strstr(link, "LOWER_UP"));
    g_assert_null(strstr(link, "MULTICAST"));
    g_assert_nonnull(strstr(link, "addrgenmode none"));
    g_assert_nonnull(strstr(link, "tun type tun pi off vnet_hdr on persist on"));
    g_assert_nonnull(strstr(link, owner));
    g_assert_nonnull(strstr(link, "alias Coati tunnel t1"));
    g_assert_null(strstr(address, "inet6"));
}

static void
test_link_outlives_the_engine(Fixture *fixture, gconstpointer data)
{
    g_autofree char *link = NULL;
    g_autoptr(GError) error = NULL;

    fd_close(&fixture->tun);
    link = namespace_ip("link show dev coati0");
    g_assert_nonnull(strstr(link, "LOWER_UP"));
    g_assert_true(network_open_link(fixture->network, TRUE, &fixture->tun, &error));
    fd_close(&fixture->tun);
    g_assert_true(network_open_link(fixture->network, FALSE, &fixture->tun, &error));
    g_assert_no_error(error);
    g_free(link);
    link = namespace_ip("-d link show dev coati0");
    g_assert_nonnull(strstr(link, "vnet_hdr off"));
}

static void
test_idle_plan_changes_no_way(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = {0};

    fixture_apply_well(fixture, &plan);
    fixture_assert_way(LAN, "203.0.113.5");
    fixture_assert_way(LAN, "2001:db8::5");
}

static void
test_full_tunnel_takes_all_but_marked_packets(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();
    g_autofree char *route = NULL;

    plan.mtu_octets = 1300;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "203.0.113.5");
    fixture_assert_way("coati0", GATEWAY);
    fixture_assert_way("coati0", "192.168.7.1");
    fixture_assert_way(LAN, GATEWAY " " MARKED);
    fixture_assert_way("lo", "127.0.0.1");
    fixture_assert_way("lo", INNER);
    route = namespace_ip("route get 203.0.113.5");
    g_assert_nonnull(strstr(route, "src " INNER));
    g_free(route);
    route = namespace_ip("link show dev coati0");
    g_assert_nonnull(strstr(route, "mtu 1300"));
}

/* IPv4 takes the other end for a neighbour when no table knows a way out of the device that a
 * process asks for: it may talk to the link, but not past its router. */
static void
test_process_bound_to_another_device_does_not_pass_the_router(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();
    g_autofree char *route = NULL;

    fixture_apply_well(fixture, &plan);
    route = namespace_ip("route get 203.0.113.5 oif " LAN);
    g_assert_null(strstr(route, "via"));
    g_free(route);
    route = namespace_ip("route get 203.0.113.5 oif " LAN " " MARKED);
    g_assert_nonnull(strstr(route, "via 192.168.7.1"));
}

static void
test_dhcp_client_still_reaches_its_server(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();

    fixture_apply_well(fixture, &plan);
    fixture_assert_way(LAN, "192.168.7.1 ipproto udp sport 68 dport 67");
    fixture_assert_way(LAN, "192.168.7.1 oif " LAN " ipproto udp sport 68 dport 67");
    fixture_assert_way("coati0", "192.168.7.1 ipproto udp sport 1068 dport 67");
    fixture_assert_way(LAN, "fd07::1 ipproto udp sport 546 dport 547");
}

static void
test_more_specific_route_of_the_lan_does_not_win(Fixture *fixture, gconstpointer data)
{
    NetPrefix office = prefix_of("10.1.0.0/16");
    NetworkPlan plan = full_plan();

    fixture_apply_well(fixture, &plan);
    g_free(namespace_ip("route add 203.0.113.5/32 via 192.168.7.1"));
    g_free(namespace_ip("route add 0.0.0.0/1 via 192.168.7.1"));
    fixture_assert_way("coati0", "203.0.113.5");
    fixture_assert_way("coati0", "8.8.8.8");
    plan.is_full_tunnel = FALSE;
    plan.includes = &office;
    plan.include_count = 1;
    fixture_apply_well(fixture, &plan);
    g_free(namespace_ip("route add 10.1.2.0/24 via 192.168.7.1"));
    fixture_assert_way("coati0", "10.1.2.3");
    g_free(namespace_ip("route del 10.1.2.0/24 via 192.168.7.1"));
    g_free(namespace_ip("route del 203.0.113.5/32 via 192.168.7.1"));
    g_free(namespace_ip("route del 0.0.0.0/1 via 192.168.7.1"));
}

static void
test_split_tunnel_takes_its_networks_alone(Fixture *fixture, gconstpointer data)
{
    /* The second holds the gateway. */
    NetPrefix includes[] = {prefix_of("10.1.0.0/16"), prefix_of("198.51.100.0/24"),
                            prefix_of("fdbb::/48")};
    NetworkPlan plan = {.address4 = address_of(INNER), .includes = includes, .include_count = 3};

    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "10.1.2.3");
    fixture_assert_way("coati0", GATEWAY);
    fixture_assert_way(LAN, GATEWAY " " MARKED);
    fixture_assert_way(LAN, "10.2.0.1");
    fixture_assert_way(LAN, "203.0.113.5");
    fixture_assert_way(LAN, "192.168.7.1");
    /* There is no IPv6 address to send from. */
    fixture_assert_way(LAN, "fdbb::1");
    plan.address6 = address_of(INNER6);
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "fdbb::1");
    fixture_assert_way(LAN, "2001:db8::5");
}

static void
test_excluded_networks_stay_outside(Fixture *fixture, gconstpointer data)
{
    NetPrefix excludes[] = {prefix_of("203.0.113.0/24"), prefix_of("10.1.9.0/24")};
    NetPrefix include = prefix_of("10.1.0.0/16");
    NetworkPlan plan = full_plan();

    plan.excludes = excludes;
    plan.exclude_count = 2;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way(LAN, "203.0.113.5");
    fixture_assert_way("coati0", "203.0.114.5");
    plan.is_full_tunnel = FALSE;
    plan.includes = &include;
    plan.include_count = 1;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "10.1.8.1");
    fixture_assert_way(LAN, "10.1.9.1");
}

static void
test_ipv6_is_closed_beside_an_ipv4_full_tunnel(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();

    fixture_apply_well(fixture, &plan);
    fixture_assert_way("none", "2001:db8::5");
    fixture_assert_way("none", "fd07::1");
    fixture_assert_way(LAN, "2001:db8::5 " MARKED);
    fixture_assert_way(LAN, "fe80::1 oif " LAN);
    plan.closes_ipv6 = FALSE;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way(LAN, "2001:db8::5");
    plan.address6 = address_of(INNER6);
    plan.mtu_octets = 600;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "2001:db8::5");
    fixture_assert_way("coati0", "fd07::1");
    fixture_assert_way(LAN, "fe80::1 oif " LAN);
}

static void
test_local_networks_are_open_only_when_asked_for(Fixture *fixture, gconstpointer data)
{
    NetAddress server = address_of("192.168.7.99");
    NetworkPlan plan = full_plan();

    plan.allows_local_networks = TRUE;
    plan.dns = &server;
    plan.dns_count = 1;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way(LAN, "192.168.7.1");
    fixture_assert_way(LAN, "fd07::1");
    /* A name server of the tunnel is the tunnel's, whatever the local network claims. */
    fixture_assert_way("coati0", "192.168.7.99");
    fixture_assert_way("coati0", "192.168.8.1");
    g_free(namespace_ip("addr add 203.0.113.9/24 dev " LAN));
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "203.0.113.5");
    g_free(namespace_ip("addr del 203.0.113.9/24 dev " LAN));
}

static void
test_nothing_leaves_when_the_link_is_gone(Fixture *fixture, gconstpointer data)
{
    NetPrefix office = prefix_of("10.1.0.0/16");
    NetworkPlan plan = full_plan();

    plan.includes = &office;
    plan.include_count = 1;
    fixture_apply_well(fixture, &plan);
    g_free(namespace_ip("link del coati0"));
    fixture_assert_way("none", "203.0.113.5");
    fixture_assert_way("none", "10.1.2.3");
    fixture_assert_way(LAN, GATEWAY " " MARKED);
}

static void
test_new_address_takes_the_place_of_the_old(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();
    g_autofree char *route = NULL;
    g_autofree char *addresses = NULL;

    fixture_apply_well(fixture, &plan);
    plan.address4 = address_of("10.9.8.8");
    fixture_apply_well(fixture, &plan);
    route = namespace_ip("route get 203.0.113.5");
    g_assert_nonnull(strstr(route, "dev coati0"));
    g_assert_nonnull(strstr(route, "src 10.9.8.8"));
    addresses = namespace_ip("addr show dev coati0");
    g_assert_nonnull(strstr(addresses, "10.9.8.8/32"));
    g_assert_null(strstr(addresses, INNER));
    fixture_assert_way("coati0", GATEWAY);
}

/* What the kernel tells "ip monitor": nothing may be torn down that stays. */
static void
test_same_plan_again_changes_nothing(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();
    g_autofree char *path = g_build_filename(fixture->directory, "monitor", NULL);
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autoptr(GSubprocess) monitor = NULL;
    g_autofree char *seen = NULL;

    fixture_apply_well(fixture, &plan);
    g_subprocess_launcher_set_stdout_file_path(launcher, path);
    monitor = g_subprocess_launcher_spawn(launcher, NULL, "ip", "-o", "monitor", "route", "rule",
                                          "address", NULL);
    g_assert_nonnull(monitor);
    g_usleep(200000);
    fixture_apply_well(fixture, &plan);
    g_usleep(200000);
    g_subprocess_force_exit(monitor);
    g_subprocess_wait(monitor, NULL, NULL);
    g_assert_true(g_file_get_contents(path, &seen, NULL, NULL));
    g_assert_cmpstr(seen, ==, "");
}

static void
test_full_tunnel_becomes_a_split_one(Fixture *fixture, gconstpointer data)
{
    NetPrefix office = prefix_of("10.1.0.0/16");
    NetworkPlan plan = full_plan();

    fixture_apply_well(fixture, &plan);
    plan.is_full_tunnel = FALSE;
    plan.includes = &office;
    plan.include_count = 1;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way(LAN, "203.0.113.5");
    fixture_assert_way(LAN, "2001:db8::5");
    fixture_assert_way("coati0", "10.1.2.3");
    plan = full_plan();
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "203.0.113.5");
    fixture_assert_way("none", "2001:db8::5");
}

static void
test_thousand_routes_go_in_and_out_quickly(Fixture *fixture, gconstpointer data)
{
    g_autofree NetPrefix *includes = g_new0(NetPrefix, NETWORK_MAX_ROUTES);
    NetworkPlan plan = {
        .address4 = address_of(INNER), .includes = includes, .include_count = NETWORK_MAX_ROUTES};
    gint64 start = g_get_monotonic_time();

    for (int i = 0; i < NETWORK_MAX_ROUTES; i++) {
        guint8 octets[4] = {10, (guint8)(i / 256), (guint8)i, 0};
        NetAddress address = net_address_of(octets, 4);

        includes[i] = net_prefix_of(&address, 24);
    }
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "10.3.255.1");
    fixture_undo_well(fixture);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
}

static void
test_unfit_plans_are_refused_before_any_deed(Fixture *fixture, gconstpointer data)
{
    static const char *const lines[] = {"corp.example\nnameserver 6.6.6.6", NULL};
    static const char *const spaces[] = {"corp example", NULL};
    NetAddress loopback = address_of("127.0.0.1");
    NetPrefix networks[] = {prefix_of("0.0.0.0/0"), prefix_of("127.0.0.0/8"),
                            prefix_of("224.0.0.0/4"), prefix_of("fe80::/10")};
    NetworkPlan plans[8];
    g_autofree char *before = namespace_dump();
    g_autofree char *after = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(plans); i++)
        plans[i] = (NetworkPlan){.address4 = address_of(INNER)};
    for (gsize i = 0; i < 4; i++) {
        plans[i].includes = &networks[i];
        plans[i].include_count = 1;
    }
    plans[4].address4 = loopback;
    plans[5].dns = &loopback;
    plans[5].dns_count = 1;
    plans[6].search_domains = lines;
    plans[7].split_domains = spaces;
    for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(fixture_apply(fixture, &plans[i], &error));
        g_assert_error(error, NETWORK_ERROR, REASON_CONFIG_REFUSED);
    }
    after = namespace_dump();
    g_assert_cmpstr(after, ==, before);
}

static void
test_cancelled_call_says_so(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    NetworkPlan plan = full_plan();

    network_apply_async(fixture->network, &plan, cancellable, fixture_on_done, &result);
    g_cancellable_cancel(cancellable);
    fixture_wait_for(&result);
    g_assert_false(network_apply_finish(fixture->network, result, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_names_go_to_the_tunnel_and_back(Fixture *fixture, gconstpointer data)
{
    static const char *const search[] = {"corp.example", NULL};
    NetAddress server = address_of("10.1.0.53");
    NetworkPlan plan = full_plan();
    g_autofree char *conf = NULL;

    plan.dns = &server;
    plan.dns_count = 1;
    plan.search_domains = search;
    fixture_apply_well(fixture, &plan);
    g_assert_true(g_file_get_contents(fixture->resolv_conf, &conf, NULL, NULL));
    g_assert_nonnull(strstr(conf, "\nnameserver 10.1.0.53\nsearch corp.example\n"));
    g_assert_null(strstr(conf, "192.0.2.53"));
    plan.dns_policy = NETWORK_DNS_NONE;
    fixture_apply_well(fixture, &plan);
    g_free(conf);
    g_assert_true(g_file_get_contents(fixture->resolv_conf, &conf, NULL, NULL));
    g_assert_cmpstr(conf, ==, "nameserver 192.0.2.53\n");
}

static void
test_split_tunnel_without_domains_leaves_names_alone(Fixture *fixture, gconstpointer data)
{
    NetAddress server = address_of("10.1.0.53");
    NetPrefix office = prefix_of("10.1.0.0/16");
    NetworkPlan plan = {.address4 = address_of(INNER),
                        .includes = &office,
                        .include_count = 1,
                        .dns = &server,
                        .dns_count = 1};
    g_autofree char *conf = NULL;

    fixture_apply_well(fixture, &plan);
    g_assert_true(g_file_get_contents(fixture->resolv_conf, &conf, NULL, NULL));
    g_assert_cmpstr(conf, ==, "nameserver 192.0.2.53\n");
}

static void
test_failed_names_leave_the_rest_in_place(Fixture *fixture, gconstpointer data)
{
    NetAddress server = address_of("10.1.0.53");
    NetworkPlan plan = full_plan();
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_build_filename(fixture->directory, "dns", NULL);

    /* Where the backend's directory should be. */
    g_assert_true(g_file_set_contents(state, "", -1, NULL));
    plan.dns = &server;
    plan.dns_count = 1;
    g_assert_false(fixture_apply(fixture, &plan, &error));
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    fixture_assert_way("coati0", "203.0.113.5");
    g_assert_cmpint(g_unlink(state), ==, 0);
}

static void
test_two_tunnels_do_not_touch_each_other(Fixture *fixture, gconstpointer data)
{
    NetPrefix office = prefix_of("10.1.0.0/16");
    NetworkPlan full = full_plan();
    NetworkPlan split = {
        .address4 = address_of("10.7.7.7"), .includes = &office, .include_count = 1};
    Fixture other = {.host = fixture->host, .tun = -1};
    g_autoptr(GError) error = NULL;

    other.network = network_new(&other.host, "t2", &error);
    g_assert_true(network_open_link(other.network, TRUE, &other.tun, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(network_link_name(other.network), ==, "coati1");
    fixture_apply_well(fixture, &full);
    fixture_apply_well(&other, &split);
    fixture_assert_way("coati1", "10.1.2.3");
    fixture_assert_way("coati0", "203.0.113.5");
    fixture_undo_well(&other);
    fixture_assert_way("coati0", "10.1.2.3");
    fixture_assert_way("coati0", "203.0.113.5");
    network_free(other.network);
    fd_close(&other.tun);
}

static void
test_new_daemon_takes_the_tunnel_over(Fixture *fixture, gconstpointer data)
{
    static const char *const kept[] = {"t1", NULL};
    NetworkPlan plan = full_plan();
    g_autoptr(GError) error = NULL;

    fixture_apply_well(fixture, &plan);
    network_free(g_steal_pointer(&fixture->network));
    fd_close(&fixture->tun);
    fixture_assert_way("coati0", "203.0.113.5");
    g_assert_true(network_recover(&fixture->host, kept, &error));
    g_assert_no_error(error);
    fixture_assert_way("coati0", "203.0.113.5");
    fixture->network = network_new(&fixture->host, "t1", &error);
    g_assert_no_error(error);
    g_assert_true(network_open_link(fixture->network, TRUE, &fixture->tun, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(network_link_name(fixture->network), ==, "coati0");
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "203.0.113.5");
}

static void
test_tunnel_without_its_link_is_not_kept(Fixture *fixture, gconstpointer data)
{
    static const char *const kept[] = {"t1", NULL};
    NetworkPlan plan = full_plan();
    g_autoptr(GError) error = NULL;
    g_autofree char *after = NULL;

    fixture_apply_well(fixture, &plan);
    network_free(g_steal_pointer(&fixture->network));
    fd_close(&fixture->tun);
    g_free(namespace_ip("link del coati0"));
    g_assert_true(network_recover(&fixture->host, kept, &error));
    g_assert_no_error(error);
    after = namespace_dump();
    g_assert_cmpstr(after, ==, fixture->before);
}

static void
test_number_of_a_tunnel_without_link_is_not_used_again(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();
    Fixture other = {.host = fixture->host, .tun = -1};
    g_autoptr(GError) error = NULL;

    fixture_apply_well(fixture, &plan);
    g_free(namespace_ip("link del coati0"));
    other.network = network_new(&other.host, "t2", &error);
    g_assert_true(network_open_link(other.network, TRUE, &other.tun, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(network_link_name(other.network), ==, "coati1");
    fixture_undo_well(&other);
    network_free(other.network);
    fd_close(&other.tun);
    fixture_assert_way("none", "203.0.113.5");
}

static void
test_link_of_another_program_is_not_removed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture_undo_well(fixture);
    fd_close(&fixture->tun);
    g_free(namespace_ip("link add coati0 type veth peer name other0"));
    network_free(g_steal_pointer(&fixture->network));
    fixture->network = network_new(&fixture->host, "t1", &error);
    g_assert_true(network_open_link(fixture->network, TRUE, &fixture->tun, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(network_link_name(fixture->network), ==, "coati1");
    fixture_undo_well(fixture);
    g_free(namespace_ip("link del coati0"));
}

/* Sends to the gateway and waits for its echo. */
static gboolean
hears_the_gateway(Fd socket)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    char buffer[8];

    g_assert_cmpint(send(socket, "hello", 5, 0), ==, 5);
    return poll(&wait, 1, 500) == 1 && recv(socket, buffer, sizeof buffer, 0) == 5;
}

static void
open_gateway(Fd *ret_socket, NetworkPath *ret_path)
{
    NetEndpoint gateway = {.address = address_of(GATEWAY), .port = 4500};
    g_autoptr(GError) error = NULL;

    network_open_path(&gateway, 0, ret_socket, ret_path, &error);
    g_assert_no_error(error);
}

static void
test_gateway_is_heard_under_every_reverse_path_filter(Fixture *fixture, gconstpointer data)
{
    static const char *const filters[] = {"0", "2", "1"};
    char text[NET_ADDRESS_TEXT_SIZE];
    g_auto(Fd) fd = -1;
    NetworkPath path;
    NetworkPlan plan = full_plan();

    open_gateway(&fd, &path);
    g_assert_cmpstr(net_address_format(&path.local.address, text), ==, "192.168.7.2");
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
        namespace_sysctl("ipv4/conf/" LAN "/rp_filter", filters[i]);
        plan.natt = path;
        fixture_apply_well(fixture, &plan);
        g_assert_true(hears_the_gateway(fd));
    }
    /* The last one is strict: without the rule for the path it would not be heard. */
    plan.natt = (NetworkPath){0};
    fixture_apply_well(fixture, &plan);
    g_assert_false(hears_the_gateway(fd));
    /* And the rule is for these endpoints of the kernel's own question alone. */
    plan.natt = path;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", GATEWAY " ipproto udp sport 9 dport 4500");
    fixture_assert_way("coati0", GATEWAY " from 192.168.7.2 ipproto udp dport 4500 sport 9");
    namespace_sysctl("ipv4/conf/" LAN "/rp_filter", "0");
}

static gboolean
hears_a_knock(Fd listener, Fd gateway)
{
    struct pollfd wait = {.fd = listener, .events = POLLIN};
    char buffer[16];

    g_assert_cmpint(send(gateway, KNOCK, strlen(KNOCK), 0), ==, (int)strlen(KNOCK));
    return poll(&wait, 1, 300) == 1 && recv(listener, buffer, sizeof buffer, 0) > 0;
}

static void
test_neighbours_do_not_reach_the_inner_address(Fixture *fixture, gconstpointer data)
{
    struct sockaddr_in inner = {.sin_family = AF_INET, .sin_port = htons(KNOCK_PORT)};
    g_auto(Fd) listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_auto(Fd) gateway = -1;
    NetworkPath path;
    NetworkPlan plan = full_plan();

    fixture_apply_well(fixture, &plan);
    open_gateway(&gateway, &path);
    inner.sin_addr.s_addr = inet_addr(INNER);
    g_assert_cmpint(bind(listener, (struct sockaddr *)&inner, sizeof inner), ==, 0);
    g_assert_false(hears_a_knock(listener, gateway));
    /* This machine itself does reach it. */
    g_assert_cmpint(sendto(listener, "x", 1, 0, (struct sockaddr *)&inner, sizeof inner), ==, 1);
    g_assert_cmpint(recv(listener, &inner, 1, 0), ==, 1);
    /* Without the guard it would be heard. */
    g_assert_true(
        g_spawn_command_line_sync("nft delete table inet coati0", NULL, NULL, NULL, NULL));
    g_assert_true(hears_a_knock(listener, gateway));
}

static void
test_guard_follows_the_addresses(Fixture *fixture, gconstpointer data)
{
    NetworkPlan plan = full_plan();
    g_autofree char *before = namespace_dump();
    g_autofree char *after = NULL;

    fixture_apply_well(fixture, &plan);
    plan.address6 = address_of(INNER6);
    fixture_apply_well(fixture, &plan);
    after = namespace_dump();
    g_assert_null(strstr(before, "table inet coati0"));
    g_assert_nonnull(strstr(after, "hook prerouting priority raw; policy accept;"));
    g_assert_nonnull(strstr(after, "iif != \"coati0\" iif != \"lo\" ip daddr " INNER " drop"));
    g_assert_nonnull(strstr(after, "iif != \"coati0\" iif != \"lo\" ip6 daddr " INNER6 " drop"));
}

/* 0 or the errno of one datagram, from a socket that is bound to a device or none. */
static int
send_error(const char *device, const char *target, guint16 port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    g_auto(Fd) fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = inet_addr(target);
    if (device)
        g_assert_cmpint(
            setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1), ==,
            0);
    return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
}

static void
test_lock_leaves_the_tunnel_and_its_gateway_alone_open(Fixture *fixture, gconstpointer data)
{
    g_auto(Fd) fd = -1;
    NetworkPath path;
    NetworkPlan plan = full_plan();

    fixture_apply_well(fixture, &plan);
    /* Routes alone do not keep a process in that binds itself to a device. */
    g_assert_cmpint(send_error(LAN, "192.168.7.1", 9), ==, 0);
    plan.is_locked = TRUE;
    fixture_apply_well(fixture, &plan);
    g_assert_cmpint(send_error(LAN, "192.168.7.1", 9), ==, EPERM);
    g_assert_cmpint(send_error(NULL, "203.0.113.5", 9), ==, 0);
    g_assert_cmpint(send_error(NULL, "127.0.0.1", 9), ==, 0);
    open_gateway(&fd, &path);
    g_assert_true(hears_the_gateway(fd));
    plan.is_locked = FALSE;
    fixture_apply_well(fixture, &plan);
    g_assert_cmpint(send_error(LAN, "192.168.7.1", 9), ==, 0);
}

/* Before there are settings, and when a tunnel is gone that must not be gone. */
static void
test_lock_stands_without_a_tunnel(Fixture *fixture, gconstpointer data)
{
    NetworkPlan locked = {.keeps_others = TRUE, .is_locked = TRUE};
    NetworkPlan plan = full_plan();
    g_autofree char *rules = NULL;

    fixture_apply_well(fixture, &locked);
    g_assert_cmpint(send_error(NULL, "203.0.113.5", 9), ==, EPERM);
    plan.is_locked = TRUE;
    fixture_apply_well(fixture, &plan);
    fixture_assert_way("coati0", "203.0.113.5");
    /* The guard at the address stays while another engine tries. */
    fixture_apply_well(fixture, &locked);
    rules = namespace_dump();
    g_assert_nonnull(strstr(rules, "ip daddr " INNER " drop"));
    locked.keeps_others = FALSE;
    fixture_apply_well(fixture, &locked);
    fixture_assert_way(LAN, "203.0.113.5");
    g_assert_cmpint(send_error(NULL, "203.0.113.5", 9), ==, EPERM);
    fixture_undo_well(fixture);
    g_assert_cmpint(send_error(NULL, "203.0.113.5", 9), ==, 0);
}

static void
test_lock_has_the_exceptions_of_the_plan(Fixture *fixture, gconstpointer data)
{
    NetPrefix excluded[] = {prefix_of("203.0.113.0/29"), prefix_of("2001:db8:9::/48")};
    NetworkPlan plan = full_plan();
    g_autofree char *rules = NULL;

    plan.is_locked = TRUE;
    plan.allows_local_networks = TRUE;
    plan.excludes = excluded;
    plan.exclude_count = G_N_ELEMENTS(excluded);
    fixture_apply_well(fixture, &plan);
    g_assert_cmpint(send_error(LAN, "192.168.7.1", 9), ==, 0);
    g_assert_cmpint(send_error(LAN, "203.0.113.5", 9), ==, 0);
    g_assert_cmpint(send_error(LAN, "203.0.113.8", 9), ==, EPERM);
    rules = namespace_dump();
    g_assert_nonnull(strstr(rules, "ip6 daddr 2001:db8:9::/48 accept"));
    g_assert_nonnull(strstr(rules, "udp sport 546 udp dport 547 accept"));
    g_assert_nonnull(strstr(rules, "reject with icmpx admin-prohibited"));
}

static void
test_gateway_without_a_way_is_unreachable(Fixture *fixture, gconstpointer data)
{
    NetEndpoint gateway = {.address = address_of("203.0.113.77"), .port = 4500};
    g_auto(Fd) fd = -1;
    NetworkPath path;
    g_autoptr(GError) error = NULL;

    g_free(namespace_ip("route del default"));
    g_assert_false(network_open_path(&gateway, 0, &fd, &path, &error));
    g_assert_error(error, NETWORK_ERROR, REASON_NETWORK_UNREACHABLE);
    g_free(namespace_ip("route add default via 192.168.7.1"));
}

static void
test_sockets_are_marked_and_large(Fixture *fixture, gconstpointer data)
{
    NetEndpoint gateway = {.address = address_of("fd07::1"), .port = 4500};
    g_auto(Fd) fd = -1;
    NetworkPath path;
    g_autoptr(GError) error = NULL;
    int value = 0;
    socklen_t length = sizeof value;

    g_assert_true(network_open_path(&gateway, 0, &fd, &path, &error));
    g_assert_cmpuint(path.local.port, !=, 0);
    g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_MARK, &value, &length), ==, 0);
    g_assert_cmpint(value, ==, NETWORK_MARK);
    g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &length), ==, 0);
    g_assert_cmpint(value, >=, 4 * 1024 * 1024);
}

#define ADD(name)                                                                                  \
    g_test_add("/network/" #name, Fixture, NULL, fixture_set_up, test_##name, fixture_tear_down)

static void
add_routing_tests(void)
{
    ADD(idle_plan_changes_no_way);
    ADD(full_tunnel_takes_all_but_marked_packets);
    ADD(process_bound_to_another_device_does_not_pass_the_router);
    ADD(dhcp_client_still_reaches_its_server);
    ADD(more_specific_route_of_the_lan_does_not_win);
    ADD(split_tunnel_takes_its_networks_alone);
    ADD(excluded_networks_stay_outside);
    ADD(ipv6_is_closed_beside_an_ipv4_full_tunnel);
    ADD(local_networks_are_open_only_when_asked_for);
    ADD(nothing_leaves_when_the_link_is_gone);
    ADD(thousand_routes_go_in_and_out_quickly);
}

int
main(int argc, char **argv)
{
    gboolean is_nobody;

    g_test_init(&argc, &argv, NULL);
    is_nobody = argc > 1 && strcmp(argv[1], "--as-nobody") == 0;
    namespace_enter();
    if (is_nobody)
        namespace_become_nobody();
    ADD(link_is_up_quiet_and_persistent);
    ADD(link_outlives_the_engine);
    add_routing_tests();
    ADD(new_address_takes_the_place_of_the_old);
    ADD(same_plan_again_changes_nothing);
    ADD(full_tunnel_becomes_a_split_one);
    ADD(unfit_plans_are_refused_before_any_deed);
    ADD(cancelled_call_says_so);
    ADD(names_go_to_the_tunnel_and_back);
    ADD(split_tunnel_without_domains_leaves_names_alone);
    ADD(failed_names_leave_the_rest_in_place);
    ADD(two_tunnels_do_not_touch_each_other);
    ADD(new_daemon_takes_the_tunnel_over);
    ADD(tunnel_without_its_link_is_not_kept);
    ADD(number_of_a_tunnel_without_link_is_not_used_again);
    ADD(link_of_another_program_is_not_removed);
    ADD(gateway_is_heard_under_every_reverse_path_filter);
    ADD(neighbours_do_not_reach_the_inner_address);
    ADD(guard_follows_the_addresses);
    ADD(lock_leaves_the_tunnel_and_its_gateway_alone_open);
    ADD(lock_stands_without_a_tunnel);
    ADD(lock_has_the_exceptions_of_the_plan);
    ADD(gateway_without_a_way_is_unreachable);
    ADD(sockets_are_marked_and_large);
    return g_test_run();
}
