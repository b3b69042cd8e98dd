/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who answers names while a tunnel is up: the tunnel's servers, put in by one of three backends.
 *
 * | backend    | used when                                    | names of domains alone            |
 * | resolved   | it is on the bus and this machine asks it    | yes                               |
 * | resolvconf | the program is there (openresolv or Debian)  | no: all names, local servers last |
 * | file       | else: resolv.conf itself                     | no: all names, local servers last |
 *
 * Rights: systemd-resolved asks polkit for callers that are not root; resolvconf needs to write
 * in /run; the file must be writable by this process's user. Where that is refused the error is
 * REASON_DNS_FAILED and says what is missing.
 *
 * Calls wait for programs and the bus, five seconds at most: never in the main loop. A backend
 * undoes with clear(), which is idempotent and succeeds when there is nothing to undo.
 */
#pragma once

#include "base/net.h"

#include <gio/gio.h>

/* Places; all but bus are set. */
typedef struct {
    char *state_directory;
    GDBusConnection *bus; /* may be NULL */
    char *resolv_conf;
    char *resolvconf_program; /* may not exist */
} DnsHost;

typedef struct {
    const char *id;   /* of the tunnel */
    const char *link; /* "coati0" */
    const NetAddress *servers;
    gsize server_count;
    const char *const *search_domains; /* may be NULL */
    const char *const *split_domains;  /* may be NULL */
    gboolean takes_all;                /* all names, not those domains alone */
} DnsSettings;

typedef struct {
    const char *name;
    gboolean (*is_available)(const DnsHost *host);
    gboolean (*set)(const DnsHost *host, const DnsSettings *settings, GCancellable *cancellable,
                    GError **error);
    gboolean (*clear)(const DnsHost *host, const char *id, const char *link, GError **error);
} DnsBackend;

extern const DnsBackend dns_resolved;
extern const DnsBackend dns_resolvconf;
extern const DnsBackend dns_file;

/* The first that is available; never NULL, the file always is. */
const DnsBackend *dns_detect(const DnsHost *host);
/* NULL for an unknown name. */
const DnsBackend *dns_find(const char *name);

DnsHost *dns_host_new(const char *state_directory, GDBusConnection *bus, const char *resolv_conf,
                      const char *resolvconf_program);
void dns_host_free(DnsHost *host);

/* "nameserver" and "search" lines. Extra servers come behind, at most three in all are useful. */
char *dns_render(const DnsSettings *settings);
/* A host name domain: labels of letters, digits, "-" and "_", at most 253 octets; no dot at the
 * end, not the root. */
gboolean dns_domain_is_valid(const char *domain);

enum { DNS_TIMEOUT_SECONDS = 5, DNS_CLEAR_TIMEOUT_MILLISECONDS = 1500 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DnsHost, dns_host_free)
