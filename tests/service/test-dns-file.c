/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dns.h"

#include "network.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEFORE "search home.example\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions edns0\n"

typedef struct {
    char *directory;
    char *elsewhere;
    DnsHost *host;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *conf = NULL;

    fixture->directory = g_dir_make_tmp("coati-dns-XXXXXX", NULL);
    conf = g_build_filename(fixture->directory, "resolv.conf", NULL);
    fixture->elsewhere = g_build_filename(fixture->directory, "elsewhere.conf", NULL);
    fixture->host = dns_host_new(fixture->directory, NULL, conf, "/nonexistent");
    g_assert_true(g_file_set_contents(fixture->elsewhere, BEFORE, -1, NULL));
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *command = g_strdup_printf("rm -r %s", fixture->directory);

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
    dns_host_free(fixture->host);
    g_free(fixture->directory);
    g_free(fixture->elsewhere);
}

static void
write_conf(Fixture *fixture, const char *text)
{
    g_assert_true(g_file_set_contents(fixture->host->resolv_conf, text, -1, NULL));
}

static void
assert_conf(Fixture *fixture, const char *text)
{
    g_autofree char *now = NULL;

    g_assert_true(g_file_get_contents(fixture->host->resolv_conf, &now, NULL, NULL));
    g_assert_cmpstr(now, ==, text);
}

/* Everything but the mark in the first line. */
static void
assert_conf_of_tunnel(Fixture *fixture, const char *text)
{
    g_autofree char *now = NULL;
    const char *end;

    g_assert_true(g_file_get_contents(fixture->host->resolv_conf, &now, NULL, NULL));
    end = strchr(now, '\n');
    g_assert_true(now[0] == '#' && end);
    g_assert_cmpstr(end + 1, ==, text);
}

static gboolean
try_set(Fixture *fixture, const char *id, const char *server, const char *domain,
        gboolean takes_all, GError **error)
{
    const char *search[] = {domain, NULL};
    NetAddress address;
    DnsSettings settings = {.id = id,
                            .link = "coati0",
                            .servers = &address,
                            .server_count = 1,
                            .search_domains = search,
                            .takes_all = takes_all};

    g_assert_true(net_address_parse(server, &address));
    return dns_file.set(fixture->host, &settings, NULL, error);
}

static void
set(Fixture *fixture, const char *id, const char *server, const char *domain, gboolean takes_all)
{
    g_autoptr(GError) error = NULL;

    try_set(fixture, id, server, domain, takes_all, &error);
    g_assert_no_error(error);
}

static void
clear(Fixture *fixture, const char *id)
{
    g_autoptr(GError) error = NULL;

    dns_file.clear(fixture->host, id, "coati0", &error);
    g_assert_no_error(error);
}

static void
test_file_comes_back_as_it_was(Fixture *fixture, gconstpointer data)
{
    struct stat before, after;

    write_conf(fixture, BEFORE);
    g_assert_cmpint(chmod(fixture->host->resolv_conf, 0664), ==, 0);
    g_assert_cmpint(stat(fixture->host->resolv_conf, &before), ==, 0);
    set(fixture, "t1", "10.1.0.53", "corp.example", TRUE);
    assert_conf_of_tunnel(fixture, "nameserver 10.1.0.53\nsearch corp.example\n");
    clear(fixture, "t1");
    assert_conf(fixture, BEFORE);
    g_assert_cmpint(stat(fixture->host->resolv_conf, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    g_assert_cmpuint(before.st_mode, ==, after.st_mode);
    g_assert_cmpuint(before.st_uid, ==, after.st_uid);
}

static void
test_link_comes_back_and_its_target_is_not_touched(Fixture *fixture, gconstpointer data)
{
    g_autofree char *target = NULL;
    g_autofree char *text = NULL;

    g_assert_cmpint(symlink("elsewhere.conf", fixture->host->resolv_conf), ==, 0);
    set(fixture, "t1", "10.1.0.53", "corp.example", TRUE);
    g_assert_false(g_file_test(fixture->host->resolv_conf, G_FILE_TEST_IS_SYMLINK));
    clear(fixture, "t1");
    target = g_file_read_link(fixture->host->resolv_conf, NULL);
    g_assert_cmpstr(target, ==, "elsewhere.conf");
    g_assert_true(g_file_get_contents(fixture->elsewhere, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, BEFORE);
}

static void
test_dangling_link_comes_back(Fixture *fixture, gconstpointer data)
{
    g_autofree char *target = NULL;

    g_assert_cmpint(symlink("/nonexistent/resolv.conf", fixture->host->resolv_conf), ==, 0);
    set(fixture, "t1", "10.1.0.53", "corp.example", TRUE);
    assert_conf_of_tunnel(fixture, "nameserver 10.1.0.53\nsearch corp.example\n");
    clear(fixture, "t1");
    target = g_file_read_link(fixture->host->resolv_conf, NULL);
    g_assert_cmpstr(target, ==, "/nonexistent/resolv.conf");
}

static void
test_missing_file_is_missing_again(Fixture *fixture, gconstpointer data)
{
    set(fixture, "t1", "10.1.0.53", "corp.example", TRUE);
    clear(fixture, "t1");
    g_assert_false(g_file_test(fixture->host->resolv_conf, G_FILE_TEST_EXISTS));
}

static void
test_domains_alone_keep_the_local_servers_behind(Fixture *fixture, gconstpointer data)
{
    write_conf(fixture, BEFORE);
    set(fixture, "t1", "10.1.0.53", "corp.example", FALSE);
    assert_conf_of_tunnel(fixture, "nameserver 10.1.0.53\nnameserver 192.0.2.1\n"
                                   "nameserver 192.0.2.2\nsearch corp.example home.example\n"
                                   "options edns0\n");
    clear(fixture, "t1");
    assert_conf(fixture, BEFORE);
}

static void
test_set_again_replaces_and_keeps_the_original(Fixture *fixture, gconstpointer data)
{
    write_conf(fixture, BEFORE);
    set(fixture, "t1", "10.1.0.53", "long-name-of-the-corp.example", TRUE);
    set(fixture, "t1", "10.2.0.53", "b.example", TRUE);
    assert_conf_of_tunnel(fixture, "nameserver 10.2.0.53\nsearch b.example\n");
    clear(fixture, "t1");
    assert_conf(fixture, BEFORE);
}

static void
test_second_tunnel_is_beside_the_first(Fixture *fixture, gconstpointer data)
{
    write_conf(fixture, BEFORE);
    set(fixture, "t1", "10.1.0.53", "a.example", TRUE);
    set(fixture, "t2", "10.2.0.53", "b.example", FALSE);
    assert_conf_of_tunnel(fixture, "nameserver 10.1.0.53\nnameserver 10.2.0.53\n"
                                   "search a.example b.example\n");
    clear(fixture, "t1");
    assert_conf_of_tunnel(fixture, "nameserver 10.2.0.53\nnameserver 192.0.2.1\n"
                                   "nameserver 192.0.2.2\nsearch b.example home.example\n"
                                   "options edns0\n");
    clear(fixture, "t2");
    assert_conf(fixture, BEFORE);
}

static void
test_file_of_somebody_else_stays(Fixture *fixture, gconstpointer data)
{
    write_conf(fixture, BEFORE);
    set(fixture, "t1", "10.1.0.53", "a.example", TRUE);
    write_conf(fixture, "nameserver 203.0.113.1\n");
    clear(fixture, "t1");
    assert_conf(fixture, "nameserver 203.0.113.1\n");
    /* What was before then is the new original. */
    set(fixture, "t1", "10.1.0.53", "a.example", TRUE);
    clear(fixture, "t1");
    assert_conf(fixture, "nameserver 203.0.113.1\n");
}

static void
test_file_of_somebody_else_is_the_new_original(Fixture *fixture, gconstpointer data)
{
    write_conf(fixture, BEFORE);
    set(fixture, "t1", "10.1.0.53", "a.example", TRUE);
    write_conf(fixture, "nameserver 203.0.113.1\n");
    set(fixture, "t1", "10.1.0.53", "a.example", FALSE);
    assert_conf_of_tunnel(fixture,
                          "nameserver 10.1.0.53\nnameserver 203.0.113.1\nsearch a.example\n");
    clear(fixture, "t1");
    assert_conf(fixture, "nameserver 203.0.113.1\n");
}

static void
test_clear_without_set_changes_nothing(Fixture *fixture, gconstpointer data)
{
    write_conf(fixture, BEFORE);
    clear(fixture, "t1");
    assert_conf(fixture, BEFORE);
}

static void
test_refused_write_is_told_with_what_to_do(Fixture *fixture, gconstpointer data)
{
    const uid_t nobody = 65534;
    gboolean is_root = geteuid() == 0;
    g_autoptr(GError) error = NULL;

    write_conf(fixture, BEFORE);
    g_assert_cmpint(g_chmod(fixture->host->resolv_conf, 0444), ==, 0);
    if (is_root) {
        g_assert_cmpint(chown(fixture->directory, nobody, (gid_t)-1), ==, 0);
        g_assert_cmpint(seteuid(nobody), ==, 0);
    }
    g_assert_false(try_set(fixture, "t1", "10.1.0.53", "corp.example", TRUE, &error));
    if (is_root)
        g_assert_cmpint(seteuid(0), ==, 0);
    g_assert_error(error, NETWORK_ERROR, REASON_DNS_FAILED);
    g_assert_nonnull(strstr(error->message, fixture->host->resolv_conf));
    g_assert_nonnull(strstr(error->message, "use systemd-resolved"));
    assert_conf(fixture, BEFORE);
}

static void
test_domains_are_host_names(Fixture *fixture, gconstpointer data)
{
    static const char *const bad[] = {"",    ".",    "a..b", "a.",   ".a",
                                      "a b", "a\nb", "-a.b", "a-.b", "\xc3\xa4.example",
                                      "a/b", "~."};
    static const char *const good[] = {"example", "corp.example", "_tcp.x-y.example", "1.2"};
    g_autofree char *long_label = g_strnfill(64, 'a');

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(dns_domain_is_valid(bad[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(dns_domain_is_valid(good[i]));
    g_assert_false(dns_domain_is_valid(long_label));
    g_assert_true(dns_domain_is_valid(long_label + 1));
}

static void
test_file_is_what_is_left_without_the_others(Fixture *fixture, gconstpointer data)
{
    g_assert_true(dns_detect(fixture->host) == &dns_file);
    g_assert_true(dns_find("file") == &dns_file);
    g_assert_null(dns_find("hosts"));
}

#define ADD(name) g_test_add("/dns-file/" #name, Fixture, NULL, set_up, test_##name, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(file_comes_back_as_it_was);
    ADD(link_comes_back_and_its_target_is_not_touched);
    ADD(dangling_link_comes_back);
    ADD(missing_file_is_missing_again);
    ADD(domains_alone_keep_the_local_servers_behind);
    ADD(set_again_replaces_and_keeps_the_original);
    ADD(second_tunnel_is_beside_the_first);
    ADD(file_of_somebody_else_stays);
    ADD(file_of_somebody_else_is_the_new_original);
    ADD(clear_without_set_changes_nothing);
    ADD(refused_write_is_told_with_what_to_do);
    ADD(domains_are_host_names);
    ADD(file_is_what_is_left_without_the_others);
    return g_test_run();
}
