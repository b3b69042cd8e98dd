/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-resolved: servers and domains belong to the tunnel's link (org.freedesktop.resolve1(5)).
 *
 * All names: "~." and the link is the default route of names. Domains alone: they are routed to
 * the link and no other name is. LLMNR and multicast DNS are off: the tunnel has no multicast.
 */
#include "dns.h"

#include "network.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#define RESOLVED_NAME "org.freedesktop.resolve1"
#define RESOLVED_PATH "/org/freedesktop/resolve1"
#define RESOLVED_MANAGER "org.freedesktop.resolve1.Manager"
#define STUB_DIRECTORY "run/systemd/resolve/"

enum { DETECT_TIMEOUT_MILLISECONDS = 1000 };

static gboolean
is_on_bus(GDBusConnection *bus)
{
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "NameHasOwner", g_variant_new("(s)", RESOLVED_NAME), G_VARIANT_TYPE("(b)"),
        G_DBUS_CALL_FLAGS_NONE, DETECT_TIMEOUT_MILLISECONDS, NULL, NULL);
    gboolean has_owner = FALSE;

    if (reply)
        g_variant_get(reply, "(b)", &has_owner);
    return has_owner;
}

/* TRUE for "nameserver 127.0.0.53" and .54, what the stub listens on. */
static gboolean
file_names_stub(const char *path)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    return g_regex_match_simple("^\\s*nameserver\\s+127\\.0\\.0\\.5[34]\\s*$", text,
                                G_REGEX_MULTILINE, 0);
}

static gboolean
link_leads_to_stub(const char *path)
{
    g_autofree char *target = g_file_read_link(path, NULL);

    return target && strstr(target, STUB_DIRECTORY) != NULL;
}

/* nss-resolve asks it past resolv.conf. */
static gboolean
libc_asks_resolved(void)
{
    g_autofree char *text = NULL;

    return g_file_get_contents("/etc/nsswitch.conf", &text, NULL, NULL) &&
           g_regex_match_simple("^hosts:.*\\sresolve(\\s|$)", text, G_REGEX_MULTILINE, 0);
}

/* It may run without anybody asking it; then what is told to it does nothing. */
static gboolean
is_available(const DnsHost *host)
{
    return host->bus && is_on_bus(host->bus) &&
           (link_leads_to_stub(host->resolv_conf) || file_names_stub(host->resolv_conf) ||
            libc_asks_resolved());
}

static gboolean
call(const DnsHost *host, const char *method, GVariant *parameters, int timeout_milliseconds,
     GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        host->bus, RESOLVED_NAME, RESOLVED_PATH, RESOLVED_MANAGER, method, parameters, NULL,
        G_DBUS_CALL_FLAGS_NO_AUTO_START, timeout_milliseconds, cancellable, &failure);
    g_autofree char *remote = NULL;
    const char *hint = "";

    if (reply)
        return TRUE;
    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    remote = g_dbus_error_get_remote_error(failure);
    if (g_strcmp0(remote, "org.freedesktop.DBus.Error.AccessDenied") == 0 ||
        g_strcmp0(remote, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") == 0)
        hint = "; the polkit rule for this service's user is missing";
    g_dbus_error_strip_remote_error(failure);
    g_set_error(error, NETWORK_ERROR, REASON_DNS_FAILED, "systemd-resolved refused %s: %s%s",
                method, failure->message, hint);
    return FALSE;
}

static GVariant *
server_list(const DnsSettings *settings)
{
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(iay)"));
    for (gsize i = 0; i < settings->server_count; i++) {
        const NetAddress *server = &settings->servers[i];

        g_variant_builder_add(
            &list, "(i@ay)", server->length == 16 ? AF_INET6 : AF_INET,
            g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, server->octets, server->length, 1));
    }
    return g_variant_builder_end(&list);
}

static GVariant *
domain_list(const DnsSettings *settings)
{
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("a(sb)"));
    for (gsize i = 0; settings->search_domains && settings->search_domains[i]; i++)
        g_variant_builder_add(&list, "(sb)", settings->search_domains[i], FALSE);
    for (gsize i = 0; settings->split_domains && settings->split_domains[i]; i++)
        if (!settings->search_domains ||
            !g_strv_contains(settings->search_domains, settings->split_domains[i]))
            g_variant_builder_add(&list, "(sb)", settings->split_domains[i], TRUE);
    if (settings->takes_all)
        g_variant_builder_add(&list, "(sb)", ".", TRUE);
    return g_variant_builder_end(&list);
}

/* Servers last: the link takes names only once it knows which. */
static gboolean
set(const DnsHost *host, const DnsSettings *settings, GCancellable *cancellable, GError **error)
{
    int timeout = DNS_TIMEOUT_SECONDS * 1000;
    int link = (int)if_nametoindex(settings->link);

    return call(host, "SetLinkDefaultRoute", g_variant_new("(ib)", link, settings->takes_all),
                timeout, cancellable, error) &&
           call(host, "SetLinkLLMNR", g_variant_new("(is)", link, "no"), timeout, cancellable,
                error) &&
           call(host, "SetLinkMulticastDNS", g_variant_new("(is)", link, "no"), timeout,
                cancellable, error) &&
           call(host, "SetLinkDomains", g_variant_new("(i@a(sb))", link, domain_list(settings)),
                timeout, cancellable, error) &&
           call(host, "SetLinkDNS", g_variant_new("(i@a(iay))", link, server_list(settings)),
                timeout, cancellable, error);
}

/* Without the link, the daemon or the bus there is nothing left to revert: settings of a link
 * live and die with both. */
static gboolean
clear(const DnsHost *host, const char *id, const char *link, GError **error)
{
    int index = (int)if_nametoindex(link);

    if (index == 0 || !host->bus || !is_on_bus(host->bus))
        return TRUE;
    return call(host, "RevertLink", g_variant_new("(i)", index), DNS_CLEAR_TIMEOUT_MILLISECONDS,
                NULL, error);
}

const DnsBackend dns_resolved = {"resolved", is_available, set, clear};
