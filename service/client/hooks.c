/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What hooks are told about a tunnel: racoon's variables, as its scripts know them, and COATI_*.
 */
#include "hooks.h"
#include "client/tunnel-private.h"

#include <stdlib.h>
#include <string.h>

G_GNUC_PRINTF(3, 4)
static void
put(GPtrArray *list, const char *name, const char *format, ...)
{
    g_autofree char *value = NULL;
    va_list args;

    va_start(args, format);
    value = g_strdup_vprintf(format, args);
    va_end(args);
    if (value[0] != '\0')
        g_ptr_array_add(list, g_strconcat(name, "=", value, NULL));
}

static char *
mask_text(guint prefix)
{
    guint32 mask = prefix == 0 ? 0 : G_MAXUINT32 << (32 - MIN(prefix, 32u));

    return g_strdup_printf("%u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff,
                           mask & 0xff);
}

/* NAME is the first, NAME_LIST all, blanks between. */
static void
put_addresses(GPtrArray *list, const char *name, GArray *addresses)
{
    g_autofree char *list_name = g_strconcat(name, "_LIST", NULL);
    g_autoptr(GString) all = g_string_new(NULL);
    char text[NET_ADDRESS_TEXT_SIZE];

    for (guint i = 0; i < addresses->len; i++) {
        const NetAddress *address = &g_array_index(addresses, NetAddress, i);

        if (i == 0)
            put(list, name, "%s", net_address_format(address, text));
        g_string_append_printf(all, "%s%s", i > 0 ? " " : "", net_address_format(address, text));
    }
    put(list, list_name, "%s", all->str);
}

/* NAME is "network/mask", NAME_CIDR "network/length"; IPv4 alone has a mask. */
static void
put_networks(GPtrArray *list, const char *name, GArray *networks)
{
    g_autofree char *cidr_name = g_strconcat(name, "_CIDR", NULL);
    g_autoptr(GString) masks = g_string_new(NULL);
    g_autoptr(GString) lengths = g_string_new(NULL);
    char text[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < networks->len; i++) {
        const NetPrefix *network = &g_array_index(networks, NetPrefix, i);
        const char *slash = strchr(net_prefix_format(network, text), '/');
        g_autofree char *mask = slash != NULL ? mask_text((guint)atoi(slash + 1)) : NULL;

        g_string_append_printf(lengths, "%s%s", i > 0 ? " " : "", text);
        if (mask != NULL && strchr(text, ':') == NULL)
            g_string_append_printf(masks, "%s%.*s/%s", masks->len > 0 ? " " : "",
                                   (int)(slash - text), text, mask);
    }
    put(list, name, "%s", masks->str);
    put(list, cidr_name, "%s", lengths->str);
}

static void
put_settings(GPtrArray *list, const ClientSettings *settings)
{
    g_autofree char *mask = mask_text(settings->prefix4);
    char text[NET_ADDRESS_TEXT_SIZE];

    if (net_address_is_set(&settings->plan.address4)) {
        put(list, "INTERNAL_ADDR4", "%s", net_address_format(&settings->plan.address4, text));
        put(list, "INTERNAL_MASK4", "%s", mask);
        put(list, "INTERNAL_NETMASK4", "%s", mask);
        put(list, "INTERNAL_CIDR4", "%u", settings->prefix4);
    }
    if (net_address_is_set(&settings->plan.address6))
        put(list, "COATI_INTERNAL_ADDR6", "%s/%u",
            net_address_format(&settings->plan.address6, text), settings->prefix6);
    put_addresses(list, "INTERNAL_DNS4", settings->dns);
    put_addresses(list, "INTERNAL_WINS4", settings->wins);
    if (settings->search->len > 1)
        put(list, "DEFAULT_DOMAIN", "%s", (const char *)settings->search->pdata[0]);
    put_networks(list, "SPLIT_INCLUDE", settings->includes);
    put_networks(list, "SPLIT_LOCAL", settings->excludes);
}

static void
put_paths(GPtrArray *list, const Tunnel *tunnel)
{
    const NetworkPath *path = &tunnel->natt_path;
    char text[NET_ADDRESS_TEXT_SIZE];

    put(list, "LOCAL_ADDR", "%s", net_address_format(&path->local.address, text));
    put(list, "LOCAL_PORT", "%u", path->local.port);
    put(list, "REMOTE_ADDR", "%s", net_address_format(&path->remote.address, text));
    put(list, "REMOTE_PORT", "%u", path->remote.port);
    if (tunnel->facts.gateway_identity != NULL)
        put(list, "REMOTE_ID", "%s", tunnel->facts.gateway_identity);
}

static GPtrArray *
environment_of(const Tunnel *tunnel, HookEvent event)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    const char *link = tunnel->network != NULL ? network_link_name(tunnel->network) : NULL;

    put(list, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    put(list, "COATI_EVENT", "%s", hooks_event_name(event));
    put(list, "COATI_PROFILE", "%s", tunnel->id);
    put(list, "COATI_UUID", "%s", tunnel->network_id);
    put(list, "COATI_UID", "%u", tunnel->owner_uid);
    put(list, "COATI_GATEWAY", "%s", profile_text(tunnel->profile, PROFILE_CONNECTION_GATEWAY));
    put(list, "COATI_INTERFACE", "%s", link != NULL ? link : "");
    put(list, "COATI_REASON", "%s",
        tunnel->reason != REASON_NONE ? reason_token(tunnel->reason) : "");
    put_paths(list, tunnel);
    if (tunnel->settings != NULL)
        put_settings(list, tunnel->settings);
    g_ptr_array_add(list, NULL);
    return list;
}

/* Users have no hooks: theirs would run with rights that they do not have. */
void
tunnel_run_hooks(Tunnel *tunnel, HookEvent event)
{
    g_autofree char *directory =
        g_build_filename(tunnel->service->directories.config_directory, "hooks.d", NULL);
    g_autoptr(GPtrArray) environment = NULL;

    if (tunnel->object.owner_uid != BUS_EVERYBODY)
        return;
    environment = environment_of(tunnel, event);
    hooks_run(directory, event, tunnel->id, (const char *const *)environment->pdata);
}
