/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/terms.h"

enum { LEAST_INTERIM = 60 }; /* RFC 2869 5.16 */

static void
set_text(char **to, const char *from)
{
    if (from == NULL)
        return;
    g_free(*to);
    *to = g_strdup(from);
}

static void
set_number(guint32 *to, guint32 from)
{
    if (from != 0)
        *to = from;
}

static void
set_address(NetAddress *to, const NetAddress *from)
{
    if (from->length != 0)
        *to = *from;
}

/* A list that says anything is the whole list. */
static void
set_list(GArray *to, const GArray *from)
{
    if (from->len == 0)
        return;
    g_array_set_size(to, 0);
    g_array_append_vals(to, from->data, from->len);
}

static void
set_names(GPtrArray *to, const GPtrArray *from)
{
    if (from->len == 0)
        return;
    g_ptr_array_set_size(to, 0);
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

static void
apply_configured(Terms *terms, const GatewayTerms *own)
{
    if (own->pool != NULL)
        terms->pool = own->pool;
    set_address(&terms->address4, &own->address4);
    set_address(&terms->address6, &own->address6);
    set_list(terms->settings->dns, own->dns);
    set_list(terms->settings->wins, own->wins);
    set_text(&terms->settings->domain, own->domain);
    set_names(terms->settings->split_dns, own->split_dns);
    set_list(terms->settings->split_include, own->split_include);
    set_list(terms->settings->split_exclude, own->split_exclude);
    set_number(&terms->sessions_per_user, own->sessions_per_user);
    set_number(&terms->session_timeout_seconds, own->session_timeout_seconds);
    set_number(&terms->idle_timeout_seconds, own->idle_timeout_seconds);
}

/* A prefix is for a host with networks behind it; a guest is its first address. */
static NetAddress
host_of(const NetAddress *address, guint8 prefix_length)
{
    NetAddress host = *address;

    if (host.length == 16 && prefix_length < 128)
        host.octets[15] |= 1;
    return host;
}

static void
apply_radius(Terms *terms, const RadiusSettings *said)
{
    NetAddress address6 = host_of(&said->address6, said->prefix_length6);

    if (said->pool != NULL)
        terms->pool = said->pool;
    set_address(&terms->address4, &said->address4);
    set_address(&terms->address6, &address6);
    terms->prefix_length4 = said->prefix_length4;
    set_list(terms->settings->dns, said->dns);
    set_list(terms->settings->wins, said->wins);
    set_text(&terms->settings->domain, said->domain);
    set_names(terms->settings->split_dns, said->split_dns);
    set_list(terms->settings->split_include, said->split_include);
    set_list(terms->settings->split_exclude, said->split_exclude);
    set_text(&terms->settings->banner, said->banner);
    set_number(&terms->session_timeout_seconds, said->session_timeout_seconds);
    set_number(&terms->idle_timeout_seconds, said->idle_timeout_seconds);
    if (said->interim_seconds != 0)
        terms->interim_seconds = MAX(said->interim_seconds, LEAST_INTERIM);
}

static const GatewayGroup *
find_group(const GatewayConfig *config, const char *group, const RadiusSettings *radius)
{
    const GatewayGroup *found = NULL;

    if (radius != NULL && radius->profile != NULL)
        found = gateway_config_group(config, radius->profile);
    if (found == NULL && group != NULL)
        found = gateway_config_group(config, group);
    return found;
}

Terms
terms_of(const GatewayConfig *config, const char *group, const char *user,
         const RadiusSettings *radius)
{
    Terms terms = {.settings = gateway_config_settings(config),
                   .sessions_per_user = config->sessions_per_user,
                   .session_timeout_seconds = config->session_timeout_seconds,
                   .idle_timeout_seconds = config->idle_timeout_seconds,
                   .interim_seconds = config->interim_seconds};
    const GatewayGroup *of_group = find_group(config, group, radius);
    const GatewayUser *of_user = user != NULL ? g_hash_table_lookup(config->users, user) : NULL;

    if (of_group != NULL)
        apply_configured(&terms, &of_group->terms);
    if (of_user != NULL)
        apply_configured(&terms, &of_user->terms);
    if (radius != NULL)
        apply_radius(&terms, radius);
    return terms;
}

void
terms_clear(Terms *terms)
{
    g_clear_pointer(&terms->settings, ike_settings_free);
}
