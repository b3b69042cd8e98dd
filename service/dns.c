/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dns.h"

#include <string.h>

static const DnsBackend *const backends[] = {&dns_resolved, &dns_resolvconf, &dns_file};

const DnsBackend *
dns_detect(const DnsHost *host)
{
    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++)
        if (backends[i]->is_available(host))
            return backends[i];
    return &dns_file;
}

const DnsBackend *
dns_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

static char *
find_resolvconf(void)
{
    static const char *const places[] = {"/usr/sbin/resolvconf", "/sbin/resolvconf",
                                         "/usr/bin/resolvconf"};

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        if (g_file_test(places[i], G_FILE_TEST_IS_EXECUTABLE))
            return g_strdup(places[i]);
    return g_strdup(places[0]);
}

DnsHost *
dns_host_new(const char *state_directory, GDBusConnection *bus, const char *resolv_conf,
             const char *resolvconf_program)
{
    DnsHost *host = g_new0(DnsHost, 1);

    host->state_directory = g_strdup(state_directory);
    host->bus = bus ? g_object_ref(bus) : NULL;
    host->resolv_conf = g_strdup(resolv_conf ? resolv_conf : "/etc/resolv.conf");
    host->resolvconf_program =
        resolvconf_program ? g_strdup(resolvconf_program) : find_resolvconf();
    return host;
}

void
dns_host_free(DnsHost *host)
{
    if (!host)
        return;
    g_free(host->state_directory);
    g_clear_object(&host->bus);
    g_free(host->resolv_conf);
    g_free(host->resolvconf_program);
    g_free(host);
}

static gboolean
label_is_valid(const char *label)
{
    gsize length = strlen(label);

    if (length < 1 || length > 63 || label[0] == '-' || label[length - 1] == '-')
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
            return FALSE;
    return TRUE;
}

gboolean
dns_domain_is_valid(const char *domain)
{
    g_auto(GStrv) labels = NULL;

    if (domain[0] == '\0' || strlen(domain) > 253)
        return FALSE;
    labels = g_strsplit(domain, ".", -1);
    for (gsize i = 0; labels[i]; i++)
        if (!label_is_valid(labels[i]))
            return FALSE;
    return TRUE;
}

/* Split domains are not searched. */
char *
dns_render(const DnsSettings *settings)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char address[NET_ADDRESS_TEXT_SIZE];

    for (gsize i = 0; i < settings->server_count; i++)
        g_string_append_printf(text, "nameserver %s\n",
                               net_address_format(&settings->servers[i], address));
    if (settings->search_domains && settings->search_domains[0]) {
        g_autofree char *search = g_strjoinv(" ", (char **)settings->search_domains);

        g_string_append_printf(text, "search %s\n", search);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
