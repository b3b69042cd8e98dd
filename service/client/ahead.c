/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The addresses of the other gateways, looked up while names can be asked for. When the gateway is
 * lost a full tunnel still takes all questions, and nobody answers there.
 */
#include "client/tunnel-private.h"
#include "log.h"

typedef struct {
    Tunnel *tunnel; /* gone when cancelled */
    char *host;
} Lookup;

static void
lookup_free(Lookup *lookup)
{
    g_free(lookup->host);
    g_free(lookup);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lookup, lookup_free)

static void
on_resolved(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Lookup) lookup = user_data;
    g_autoptr(GError) error = NULL;
    GList *list = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (error != NULL)
        log_debug(lookup->tunnel->id, "resolve", "%s: %s", lookup->host, error->message);
    tunnel_know_host(lookup->tunnel, lookup->host, list);
    g_resolver_free_addresses(list);
}

static void
look_up(Tunnel *tunnel, const char *host)
{
    g_autoptr(GResolver) resolver = NULL;
    NetAddress address;
    Lookup *lookup;

    if (net_address_parse(host, &address) || g_hash_table_contains(tunnel->known, host))
        return;
    lookup = g_new(Lookup, 1);
    *lookup = (Lookup){.tunnel = tunnel, .host = g_strdup(host)};
    resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, host, tunnel->ahead, on_resolved, lookup);
}

void
tunnel_look_ahead(Tunnel *tunnel)
{
    const GPtrArray *more = tunnel->settings != NULL ? tunnel->settings->backup_gateways : NULL;

    if (tunnel->ahead == NULL)
        tunnel->ahead = g_cancellable_new();
    for (guint i = 0; i < tunnel->hosts->len; i++)
        look_up(tunnel, tunnel->hosts->pdata[i]);
    for (guint i = 0; more != NULL && i < more->len; i++)
        look_up(tunnel, more->pdata[i]);
}

void
tunnel_look_ahead_stop(Tunnel *tunnel)
{
    if (tunnel->ahead != NULL)
        g_cancellable_cancel(tunnel->ahead);
    g_clear_object(&tunnel->ahead);
}
