/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Against an object with the methods of org.freedesktop.resolve1(5) on a bus of its own. */
#include "dns.h"

#include "network.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define RESOLVED_NAME "org.freedesktop.resolve1"
/* Its index is 1 in every network namespace. */
#define LINK "lo"

static const char interface_xml[] =
    "<node><interface name='org.freedesktop.resolve1.Manager'>"
    "<method name='SetLinkDNS'><arg type='i' direction='in'/>"
    "<arg type='a(iay)' direction='in'/></method>"
    "<method name='SetLinkDomains'><arg type='i' direction='in'/>"
    "<arg type='a(sb)' direction='in'/></method>"
    "<method name='SetLinkDefaultRoute'><arg type='i' direction='in'/>"
    "<arg type='b' direction='in'/></method>"
    "<method name='SetLinkLLMNR'><arg type='i' direction='in'/>"
    "<arg type='s' direction='in'/></method>"
    "<method name='SetLinkMulticastDNS'><arg type='i' direction='in'/>"
    "<arg type='s' direction='in'/></method>"
    "<method name='RevertLink'><arg type='i' direction='in'/></method>"
    "</interface></node>";

typedef enum { ANSWERS, REFUSES, IS_BUSY, KEEPS_SILENT } Mood;

typedef struct {
    GTestDBus *bus;
    char *directory;
    DnsHost *host;
    /* The other side, in its own thread. */
    Mood mood;
    GThread *thread;
    GMainContext *context;
    GMainLoop *loop;
    GDBusConnection *server;
    GString *log;
    gint is_ready;
} Fixture;

static void
on_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
        const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
        gpointer user_data)
{
    Fixture *fixture = user_data;
    g_autofree char *text = g_variant_print(parameters, FALSE);

    g_string_append_printf(fixture->log, "%s%s\n", method, text);
    if (fixture->mood == ANSWERS)
        g_dbus_method_invocation_return_value(invocation, NULL);
    else if (fixture->mood == REFUSES)
        g_dbus_method_invocation_return_dbus_error(
            invocation, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
            "Interactive authentication required.");
    else if (fixture->mood == IS_BUSY)
        g_dbus_method_invocation_return_dbus_error(invocation, "org.freedesktop.resolve1.LinkBusy",
                                                   "Link lo is managed.");
    else
        g_object_unref(invocation);
}

static GDBusConnection *
connect_to(GTestDBus *bus)
{
    g_autoptr(GError) error = NULL;
    GDBusConnection *connection =
        g_dbus_connection_new_for_address_sync(g_test_dbus_get_bus_address(bus),
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL, NULL, &error);

    g_assert_no_error(error);
    return connection;
}

static gpointer
serve(gpointer user_data)
{
    static const GDBusInterfaceVTable table = {.method_call = on_call};
    Fixture *fixture = user_data;
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(interface_xml, NULL);
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GError) error = NULL;

    g_main_context_push_thread_default(fixture->context);
    fixture->server = connect_to(fixture->bus);
    g_dbus_connection_register_object(fixture->server, "/org/freedesktop/resolve1",
                                      node->interfaces[0], &table, fixture, NULL, &error);
    g_assert_no_error(error);
    reply = g_dbus_connection_call_sync(fixture->server, "org.freedesktop.DBus",
                                        "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "RequestName", g_variant_new("(su)", RESOLVED_NAME, 4u),
                                        NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    g_atomic_int_set(&fixture->is_ready, 1);
    g_main_loop_run(fixture->loop);
    g_dbus_connection_close_sync(fixture->server, NULL, NULL);
    g_object_unref(fixture->server);
    g_main_context_pop_thread_default(fixture->context);
    return NULL;
}

static void
start_server(Fixture *fixture)
{
    fixture->context = g_main_context_new();
    fixture->loop = g_main_loop_new(fixture->context, FALSE);
    fixture->log = g_string_new(NULL);
    fixture->thread = g_thread_new("resolved", serve, fixture);
    while (!g_atomic_int_get(&fixture->is_ready))
        g_usleep(1000);
}

static void
stop_server(Fixture *fixture)
{
    if (!fixture->thread)
        return;
    g_main_loop_quit(fixture->loop);
    g_thread_join(g_steal_pointer(&fixture->thread));
    g_main_loop_unref(fixture->loop);
    g_main_context_unref(fixture->context);
}

static void
set_up(Fixture *fixture, gconstpointer mood)
{
    g_autoptr(GDBusConnection) client = NULL;
    g_autofree char *conf = NULL;

    fixture->mood = (Mood)GPOINTER_TO_INT(mood);
    fixture->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(fixture->bus);
    fixture->directory = g_dir_make_tmp("coati-dns-XXXXXX", NULL);
    conf = g_build_filename(fixture->directory, "resolv.conf", NULL);
    g_assert_true(g_file_set_contents(conf, "# stub\nnameserver 127.0.0.53\n", -1, NULL));
    client = connect_to(fixture->bus);
    fixture->host = dns_host_new(fixture->directory, client, conf, "/nonexistent");
    start_server(fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *command = g_strdup_printf("rm -r %s", fixture->directory);

    stop_server(fixture);
    g_string_free(fixture->log, TRUE);
    g_dbus_connection_close_sync(fixture->host->bus, NULL, NULL);
    dns_host_free(fixture->host);
    g_test_dbus_down(fixture->bus);
    g_object_unref(fixture->bus);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    g_free(fixture->directory);
}

static gboolean
set(Fixture *fixture, gboolean takes_all, GCancellable *cancellable, GError **error)
{
    static const char *const search[] = {"corp.example", NULL};
    static const char *const split[] = {"lab.example", "corp.example", NULL};
    NetAddress servers[2];
    DnsSettings settings = {.id = "t1",
                            .link = LINK,
                            .servers = servers,
                            .server_count = 2,
                            .search_domains = search,
                            .split_domains = split,
                            .takes_all = takes_all};

    g_assert_true(net_address_parse("10.1.0.53", &servers[0]));
    g_assert_true(net_address_parse("fd00::35", &servers[1]));
    return dns_resolved.set(fixture->host, &settings, cancellable, error);
}

#define SERVERS                                                                                    \
    "SetLinkDNS(1, [(2, [0x0a, 0x01, 0x00, 0x35]), (10, [0xfd, 0x00, 0x00, 0x00, 0x00, 0x00, "     \
    "0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x35])])\n"

static void
test_full_tunnel_takes_all_names(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(dns_detect(fixture->host) == &dns_resolved);
    set(fixture, TRUE, NULL, &error);
    g_assert_no_error(error);
    dns_resolved.clear(fixture->host, "t1", LINK, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(fixture->log->str, ==,
                    "SetLinkDefaultRoute(1, true)\nSetLinkLLMNR(1, 'no')\n"
                    "SetLinkMulticastDNS(1, 'no')\n"
                    "SetLinkDomains(1, [('corp.example', false), ('lab.example', true), "
                    "('.', true)])\n" SERVERS "RevertLink(1,)\n");
}

static void
test_split_tunnel_takes_its_domains_alone(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    set(fixture, FALSE, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(
        fixture->log->str, ==,
        "SetLinkDefaultRoute(1, false)\nSetLinkLLMNR(1, 'no')\n"
        "SetLinkMulticastDNS(1, 'no')\n"
        "SetLinkDomains(1, [('corp.example', false), ('lab.example', true)])\n" SERVERS);
}

static void
test_refusal_names_the_missing_rule(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(set(fixture, TRUE, NULL, &error));
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    g_assert_nonnull(strstr(error->message, "Interactive authentication required."));
    g_assert_nonnull(strstr(error->message, "polkit rule"));
    g_assert_cmpstr(fixture->log->str, ==, "SetLinkDefaultRoute(1, true)\n");
}

static void
test_link_of_another_manager_is_told(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(set(fixture, TRUE, NULL, &error));
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    g_assert_nonnull(strstr(error->message, "Link lo is managed."));
    g_assert_null(strstr(error->message, "polkit"));
}

static void
test_silent_service_does_not_hold_undo_up(Fixture *fixture, gconstpointer data)
{
    gint64 start = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    g_assert_false(dns_resolved.clear(fixture->host, "t1", LINK, &error));
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
}

static gpointer
cancel_soon(gpointer cancellable)
{
    g_usleep(100000);
    g_cancellable_cancel(cancellable);
    return NULL;
}

static void
test_cancelled_call_ends_at_once(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GThread *thread = g_thread_new("cancel", cancel_soon, cancellable);
    gint64 start = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    g_assert_false(set(fixture, TRUE, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(g_get_monotonic_time() - start, <, G_USEC_PER_SEC);
    g_thread_join(thread);
}

static void
test_link_that_is_gone_needs_no_undo(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(dns_resolved.clear(fixture->host, "t1", "coati255", &error));
    g_assert_no_error(error);
    g_assert_cmpstr(fixture->log->str, ==, "");
}

static void
test_service_that_is_gone_needs_no_undo(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    stop_server(fixture);
    g_assert_true(dns_resolved.clear(fixture->host, "t1", LINK, &error));
    g_assert_no_error(error);
    g_assert_true(dns_detect(fixture->host) == &dns_file);
}

static void
test_service_that_nobody_asks_is_not_used(Fixture *fixture, gconstpointer data)
{
    const char *conf = fixture->host->resolv_conf;

    g_assert_true(g_file_set_contents(conf, "nameserver 192.0.2.1\n", -1, NULL));
    g_assert_true(dns_detect(fixture->host) == &dns_file);
    g_assert_cmpint(g_unlink(conf), ==, 0);
    g_assert_cmpint(symlink("../run/systemd/resolve/stub-resolv.conf", conf), ==, 0);
    g_assert_true(dns_detect(fixture->host) == &dns_resolved);
}

#define ADD(name, mood)                                                                            \
    g_test_add("/dns-resolved/" #name, Fixture, GINT_TO_POINTER(mood), set_up, test_##name,        \
               tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(full_tunnel_takes_all_names, ANSWERS);
    ADD(split_tunnel_takes_its_domains_alone, ANSWERS);
    ADD(refusal_names_the_missing_rule, REFUSES);
    ADD(link_of_another_manager_is_told, IS_BUSY);
    ADD(silent_service_does_not_hold_undo_up, KEEPS_SILENT);
    ADD(cancelled_call_ends_at_once, KEEPS_SILENT);
    ADD(link_that_is_gone_needs_no_undo, ANSWERS);
    ADD(service_that_is_gone_needs_no_undo, ANSWERS);
    ADD(service_that_nobody_asks_is_not_used, ANSWERS);
    return g_test_run();
}
