/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Against small programs in the place of resolvconf, which write down how they were called. */
#include "dns.h"

#include "network.h"

#include <glib/gstdio.h>
#include <string.h>

/* Arguments, then what came on the standard input. */
#define RECORD "echo \"$@\" >> \"${0%/*}/log\"\ncat >> \"${0%/*}/log\"\n"
#define OPENRESOLV                                                                                 \
    "#!/bin/sh\n[ \"$1\" = --version ] && echo 'openresolv 3.12.0' && exit 0\n" RECORD
/* Debian's knows no --version. */
#define DEBIAN                                                                                     \
    "#!/bin/sh\n[ \"$1\" = --version ] && echo 'resolvconf: Error: Command not recognized' >&2 "   \
    "&& exit 99\n" RECORD
#define REFUSING "#!/bin/sh\necho 'mkdir: cannot create directory: Permission denied' >&2\nexit 1\n"
#define HANGING "#!/bin/sh\nexec sleep 60\n"

typedef struct {
    char *directory;
    DnsHost *host;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *program = NULL;
    g_autofree char *conf = NULL;

    fixture->directory = g_dir_make_tmp("coati-dns-XXXXXX", NULL);
    program = g_build_filename(fixture->directory, "resolvconf", NULL);
    conf = g_build_filename(fixture->directory, "resolv.conf", NULL);
    g_assert_true(g_file_set_contents(program, data, -1, NULL));
    g_assert_cmpint(g_chmod(program, 0755), ==, 0);
    fixture->host = dns_host_new(fixture->directory, NULL, conf, program);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *command = g_strdup_printf("rm -r %s", fixture->directory);

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    dns_host_free(fixture->host);
    g_free(fixture->directory);
}

static gboolean
set(Fixture *fixture, gboolean takes_all, GCancellable *cancellable, GError **error)
{
    static const char *const search[] = {"corp.example", "lab.example", NULL};
    NetAddress servers[2];
    DnsSettings settings = {.id = "t1",
                            .link = "coati0",
                            .servers = servers,
                            .server_count = 2,
                            .search_domains = search,
                            .takes_all = takes_all};

    g_assert_true(net_address_parse("10.1.0.53", &servers[0]));
    g_assert_true(net_address_parse("fdaa::53", &servers[1]));
    return dns_resolvconf.set(fixture->host, &settings, cancellable, error);
}

static void
assert_log(Fixture *fixture, const char *expected)
{
    g_autofree char *path = g_build_filename(fixture->directory, "log", NULL);
    g_autofree char *log = NULL;

    g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
    g_assert_cmpstr(log, ==, expected);
}

#define INPUT "nameserver 10.1.0.53\nnameserver fdaa::53\nsearch corp.example lab.example\n"

static void
test_openresolv_gets_the_record_first_and_alone(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(dns_detect(fixture->host) == &dns_resolvconf);
    set(fixture, TRUE, NULL, &error);
    g_assert_no_error(error);
    dns_resolvconf.clear(fixture->host, "t1", "coati0", &error);
    g_assert_no_error(error);
    assert_log(fixture, "-m 0 -x -a tun.coati0\n" INPUT "-f -d tun.coati0\n");
}

static void
test_openresolv_keeps_local_servers_for_domains_alone(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    set(fixture, FALSE, NULL, &error);
    g_assert_no_error(error);
    assert_log(fixture, "-m 0 -a tun.coati0\n" INPUT);
}

static void
test_debian_gets_what_it_knows(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    set(fixture, TRUE, NULL, &error);
    g_assert_no_error(error);
    dns_resolvconf.clear(fixture->host, "t1", "coati0", &error);
    g_assert_no_error(error);
    assert_log(fixture, "-a tun.coati0\n" INPUT "-d tun.coati0\n");
}

static void
test_refusal_is_told_in_its_own_words(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(set(fixture, TRUE, NULL, &error));
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    g_assert_nonnull(strstr(error->message, "Permission denied"));
}

static void
test_program_that_hangs_is_ended(Fixture *fixture, gconstpointer data)
{
    gint64 start = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    g_assert_false(dns_resolvconf.clear(fixture->host, "t1", "coati0", &error));
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    g_assert_cmpint(g_get_monotonic_time() - start, <,
                    (2 * DNS_CLEAR_TIMEOUT_MILLISECONDS + 500) * 1000);
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
test_resolvectl_in_disguise_is_not_used(Fixture *fixture, gconstpointer data)
{
    g_autofree char *disguise = g_build_filename(fixture->directory, "disguise", NULL);
    g_autoptr(DnsHost) host = NULL;
    g_autofree char *command = g_strdup_printf("ln -s /usr/bin/resolvectl %s", disguise);

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    host = dns_host_new(fixture->directory, NULL, fixture->host->resolv_conf, disguise);
    g_assert_true(dns_detect(host) == &dns_file);
}

#define ADD(name, program)                                                                         \
    g_test_add("/dns-resolvconf/" #name, Fixture, program, set_up, test_##name, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(openresolv_gets_the_record_first_and_alone, OPENRESOLV);
    ADD(openresolv_keeps_local_servers_for_domains_alone, OPENRESOLV);
    ADD(debian_gets_what_it_knows, DEBIAN);
    ADD(refusal_is_told_in_its_own_words, REFUSING);
    ADD(program_that_hangs_is_ended, HANGING);
    ADD(cancelled_call_ends_at_once, HANGING);
    ADD(resolvectl_in_disguise_is_not_used, OPENRESOLV);
    return g_test_run();
}
