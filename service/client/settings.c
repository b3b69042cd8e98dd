/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/settings.h"

#include "base/names.h"
#include "dns.h"

#include <string.h>

enum { MAX_NOTES = 32, MAX_NAME = 253, MAX_LABEL = 63, NARROW_PREFIX = 8 };

static ClientSettings *
settings_alloc(void)
{
    ClientSettings *settings = g_new0(ClientSettings, 1);

    settings->includes = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    settings->excludes = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    settings->dns = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    settings->wins = g_array_new(FALSE, FALSE, sizeof(NetAddress));
    settings->search = g_ptr_array_new_with_free_func(g_free);
    settings->split = g_ptr_array_new_with_free_func(g_free);
    settings->backup_gateways = g_ptr_array_new_with_free_func(g_free);
    settings->notes = g_ptr_array_new_with_free_func(g_free);
    return settings;
}

void
client_settings_free(ClientSettings *settings)
{
    if (settings == NULL)
        return;
    g_array_unref(settings->includes);
    g_array_unref(settings->excludes);
    g_array_unref(settings->dns);
    g_array_unref(settings->wins);
    g_ptr_array_unref(settings->search);
    g_ptr_array_unref(settings->split);
    g_ptr_array_unref(settings->backup_gateways);
    g_ptr_array_unref(settings->notes);
    g_free(settings->banner);
    g_free(settings);
}

G_GNUC_PRINTF(2, 3)
static void
note(ClientSettings *settings, const char *format, ...)
{
    va_list args;

    if (settings->notes->len >= MAX_NOTES)
        return;
    va_start(args, format);
    g_ptr_array_add(settings->notes, g_strdup_vprintf(format, args));
    va_end(args);
}

/* Letters, digits, "-" and "_" in labels of 1 to 63, 253 in all; one dot at the end is cut. */
static char *
clean_name(const char *text)
{
    gsize length = strlen(text);
    gsize label = 0;

    if (length > 0 && text[length - 1] == '.')
        length--;
    if (length == 0 || length > MAX_NAME)
        return NULL;
    for (gsize i = 0; i < length; i++) {
        if (text[i] == '.' && label == 0)
            return NULL;
        if (text[i] != '.' && !g_ascii_isalnum(text[i]) && strchr("-_", text[i]) == NULL)
            return NULL;
        label = text[i] == '.' ? 0 : label + 1;
        if (label > MAX_LABEL)
            return NULL;
    }
    return label > 0 ? g_ascii_strdown(text, (gssize)length) : NULL;
}

gboolean
client_is_host(const char *text)
{
    NetAddress address;
    g_autofree char *name = NULL;

    if (net_address_parse(text, &address))
        return TRUE;
    name = clean_name(text);
    return name != NULL && name[0] != '-';
}

static void
add_name(ClientSettings *settings, GPtrArray *list, const char *text)
{
    g_autofree char *name = clean_name(text);

    if (name == NULL || !dns_domain_is_valid(name)) {
        note(settings, "a domain that is no domain name");
        return;
    }
    for (guint i = 0; i < list->len; i++)
        if (g_str_equal(list->pdata[i], name))
            return;
    if (list->len >= NETWORK_MAX_DOMAINS)
        note(settings, "domains beyond the first %u", (guint)NETWORK_MAX_DOMAINS);
    else
        g_ptr_array_add(list, g_steal_pointer(&name));
}

static void
add_names(ClientSettings *settings, GPtrArray *list, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " ,;\t\n", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0')
            add_name(settings, list, words[i]);
}

static void
add_address(ClientSettings *settings, GArray *list, const NetAddress *address, const char *what)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    if (net_address_is_special(address))
        note(settings, "%s %s, a special address", what, net_address_format(address, text));
    else if (list->len >= NETWORK_MAX_DNS)
        note(settings, "%s beyond the first %u", what, (guint)NETWORK_MAX_DNS);
    else
        g_array_append_vals(list, address, 1);
}

static gboolean
is_prefix(const NetPrefix *prefix)
{
    return (prefix->address.length == 4 || prefix->address.length == 16) &&
           prefix->prefix_length <= prefix->address.length * 8;
}

/* The default route, and the lower part of one that was cut in pieces (0.0.0.0/1, ::/3). */
static gboolean
is_everything(const NetPrefix *prefix)
{
    NetAddress zero = {.length = prefix->address.length};

    return is_prefix(prefix) && prefix->prefix_length < NARROW_PREFIX &&
           net_address_equal(&zero, &prefix->address);
}

static void
add_prefix(ClientSettings *settings, GArray *list, const NetPrefix *given, const char *what)
{
    char text[NET_PREFIX_TEXT_SIZE];
    NetPrefix prefix;

    if (!is_prefix(given)) {
        note(settings, "%s something that is no network", what);
        return;
    }
    prefix = net_prefix_of(&given->address, given->prefix_length);
    if (net_address_is_special(&prefix.address))
        note(settings, "%s %s, a special network", what, net_prefix_format(&prefix, text));
    else if (list->len >= NETWORK_MAX_ROUTES)
        note(settings, "%s beyond the first %u", what, (guint)NETWORK_MAX_ROUTES);
    else
        g_array_append_val(list, prefix);
}

static gboolean
check_own_address(const NetAddress *address, guint8 length, guint8 prefix_length,
                  Reason *ret_reason, char **ret_detail)
{
    char text[NET_ADDRESS_TEXT_SIZE];

    if (!net_address_is_set(address))
        return TRUE;
    if (address->length == length && !net_address_is_special(address) &&
        prefix_length <= length * 8)
        return TRUE;
    *ret_reason = REASON_CONFIG_REFUSED;
    *ret_detail = g_strdup_printf("the gateway gave the address %s/%u",
                                  net_address_format(address, text), prefix_length);
    return FALSE;
}

/* What goes through: PROFILE_NETWORK_ROUTES in its three ways. */
static void
plan_routes(ClientSettings *settings, const Profile *profile, const IkeSettings *given)
{
    ProfileRoutes routes = (ProfileRoutes)profile_choice(profile, PROFILE_NETWORK_ROUTES);
    g_autoptr(GArray) wanted = profile_prefixes(profile, PROFILE_NETWORK_REMOTE_NETWORKS);
    GArray *source = wanted->len > 0 ? wanted : given->split_include;
    gboolean is_full =
        routes == PROFILE_ROUTES_FULL || (routes == PROFILE_ROUTES_GATEWAY && source->len == 0);

    for (guint i = 0; i < source->len && routes != PROFILE_ROUTES_FULL; i++) {
        const NetPrefix *prefix = &g_array_index(source, NetPrefix, i);

        if (!is_everything(prefix))
            add_prefix(settings, settings->includes, prefix, "a route to");
        else if (routes == PROFILE_ROUTES_GATEWAY)
            is_full = TRUE;
        else
            note(settings, "a default route, which the profile rules out");
    }
    settings->plan.is_full_tunnel = is_full;
    settings->plan.closes_ipv6 =
        is_full && profile_choice(profile, PROFILE_NETWORK_IPV6) == PROFILE_IPV6_CLOSE;
    settings->plan.allows_local_networks =
        profile_choice(profile, PROFILE_NETWORK_LOCAL_NETWORK) == PROFILE_LOCAL_NETWORK_ALLOW;
}

static void
plan_excludes(ClientSettings *settings, const Profile *profile, const IkeSettings *given)
{
    g_autoptr(GArray) wanted = profile_prefixes(profile, PROFILE_NETWORK_EXCLUDE);
    char text[NET_PREFIX_TEXT_SIZE];

    for (guint i = 0; i < wanted->len; i++)
        g_array_append_val(settings->excludes, g_array_index(wanted, NetPrefix, i));
    for (guint i = 0; i < given->split_exclude->len; i++) {
        const NetPrefix *prefix = &g_array_index(given->split_exclude, NetPrefix, i);

        if (is_prefix(prefix) && prefix->prefix_length < NARROW_PREFIX)
            note(settings, "keeping %s out of the tunnel, too wide",
                 net_prefix_format(prefix, text));
        else
            add_prefix(settings, settings->excludes, prefix, "an exception for");
    }
}

static void
plan_servers(ClientSettings *settings, const Profile *profile, const IkeSettings *given)
{
    const char *const *list = profile_list(profile, PROFILE_NETWORK_DNS);

    switch (profile_dns(profile)) {
    case PROFILE_DNS_OFF:
        return;
    case PROFILE_DNS_AUTO:
        for (guint i = 0; i < given->dns->len; i++)
            add_address(settings, settings->dns, &g_array_index(given->dns, NetAddress, i),
                        "the name server");
        return;
    case PROFILE_DNS_LIST:
        for (guint i = 0; list[i] != NULL; i++) {
            NetAddress address;

            if (net_address_parse(list[i], &address))
                add_address(settings, settings->dns, &address, "the name server");
        }
        return;
    }
    g_assert_not_reached();
}

static void
plan_names(ClientSettings *settings, const Profile *profile, const IkeSettings *given)
{
    const char *const *wanted = profile_list(profile, PROFILE_NETWORK_DOMAINS);
    gboolean has_domains;

    plan_servers(settings, profile, given);
    if (given->domain != NULL)
        add_names(settings, settings->search, given->domain);
    for (guint i = 0; wanted[i] != NULL; i++)
        add_name(settings, settings->split, wanted[i]);
    for (guint i = 0; i < given->split_dns->len; i++)
        add_names(settings, settings->split, given->split_dns->pdata[i]);
    has_domains = settings->search->len + settings->split->len > 0;
    if (settings->dns->len == 0)
        settings->plan.dns_policy = NETWORK_DNS_NONE;
    else if (settings->plan.is_full_tunnel)
        settings->plan.dns_policy = NETWORK_DNS_ALL;
    else if (has_domains)
        settings->plan.dns_policy = NETWORK_DNS_DOMAINS;
    else if (profile_choice(profile, PROFILE_NETWORK_DNS_WITHOUT_DOMAIN) == PROFILE_DNS_ALL)
        settings->plan.dns_policy = NETWORK_DNS_ALL;
    else
        settings->plan.dns_policy = NETWORK_DNS_NONE;
}

static void
take_rest(ClientSettings *settings, const IkeSettings *given)
{
    for (guint i = 0; i < given->wins->len; i++)
        add_address(settings, settings->wins, &g_array_index(given->wins, NetAddress, i),
                    "the WINS server");
    for (guint i = 0; i < given->backup_gateways->len; i++) {
        const char *host = given->backup_gateways->pdata[i];

        if (client_is_host(host) && settings->backup_gateways->len < CLIENT_MAX_BACKUPS)
            g_ptr_array_add(settings->backup_gateways, g_strdup(host));
        else
            note(settings, "a backup gateway");
    }
    settings->banner = given->banner != NULL ? name_clean(given->banner, strlen(given->banner),
                                                          CLIENT_MAX_BANNER, TRUE)
                                             : g_strdup("");
    settings->may_save_password = given->may_save_password;
}

/* The plan's pointers, once the arrays are final. */
static void
point(ClientSettings *settings)
{
    NetworkPlan *plan = &settings->plan;

    g_ptr_array_add(settings->search, NULL);
    g_ptr_array_add(settings->split, NULL);
    plan->includes = (const NetPrefix *)(gpointer)settings->includes->data;
    plan->include_count = settings->includes->len;
    plan->excludes = (const NetPrefix *)(gpointer)settings->excludes->data;
    plan->exclude_count = settings->excludes->len;
    plan->dns = (const NetAddress *)(gpointer)settings->dns->data;
    plan->dns_count = settings->dns->len;
    plan->search_domains = (const char *const *)settings->search->pdata;
    plan->split_domains = (const char *const *)settings->split->pdata;
}

ClientSettings *
client_settings_new(const Profile *profile, const IkeSettings *given, Reason *ret_reason,
                    char **ret_detail)
{
    g_autoptr(ClientSettings) settings = NULL;

    if (!net_address_is_set(&given->address4) && !net_address_is_set(&given->address6)) {
        *ret_reason = REASON_NO_ADDRESS;
        *ret_detail = NULL;
        return NULL;
    }
    if (!check_own_address(&given->address4, 4, given->prefix_length4, ret_reason, ret_detail) ||
        !check_own_address(&given->address6, 16, given->prefix_length6, ret_reason, ret_detail))
        return NULL;
    settings = settings_alloc();
    settings->plan.address4 = given->address4;
    settings->prefix4 = given->prefix_length4;
    settings->plan.address6 = given->address6;
    settings->prefix6 = given->prefix_length6;
    plan_routes(settings, profile, given);
    plan_excludes(settings, profile, given);
    plan_names(settings, profile, given);
    take_rest(settings, given);
    point(settings);
    return g_steal_pointer(&settings);
}
