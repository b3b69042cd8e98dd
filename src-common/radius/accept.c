/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "radius/accept.h"

#include "base/names.h"

#include <string.h>

/* Altiga IPSec-Split-Tunneling-Policy. */
typedef enum { SPLIT_ALL = 0, SPLIT_INCLUDE = 1, SPLIT_EXCLUDE = 2 } SplitPolicy;

/* What needs more than one attribute to be known. */
typedef struct {
    RadiusSettings *settings;
    GArray *list; /* NetPrefix: Altiga's */
    guint32 split_policy;
    GString *banner;
} Accept;

typedef void (*AcceptRead)(Accept *accept, Reader value);

static char *
read_text(Reader value)
{
    return name_clean(value.at, reader_left(&value), RADIUS_MAX_VALUE, TRUE);
}

static void
take_text(char **text, Reader value)
{
    if (*text == NULL && reader_left(&value) > 0)
        *text = read_text(value);
}

static void
take_number(guint32 *number, Reader value)
{
    if (reader_left(&value) == 4)
        *number = reader_u32(&value);
}

static void
add_address(GArray *addresses, const NetAddress *address)
{
    if (addresses->len >= RADIUS_MAX_ADDRESSES || net_address_is_special(address))
        return;
    for (guint i = 0; i < addresses->len; i++)
        if (net_address_equal(&g_array_index(addresses, NetAddress, i), address))
            return;
    g_array_append_vals(addresses, address, 1);
}

static void
take_address(GArray *addresses, Reader value)
{
    NetAddress address = {0};

    if (reader_left(&value) != 4)
        return;
    address = net_address_of(value.at, 4);
    add_address(addresses, &address);
}

static void
add_network(GArray *networks, const char *text)
{
    NetPrefix prefix;

    if (networks->len < RADIUS_MAX_NETWORKS && net_prefix_parse(text, &prefix))
        g_array_append_val(networks, prefix);
}

/* "a.b.c.d/m.m.m.m" beside what net_prefix_parse() takes. */
static void
add_network_or_mask(GArray *networks, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    NetAddress address;
    NetAddress mask;
    NetPrefix prefix;

    if (parts[0] == NULL || parts[1] == NULL || !net_address_parse(parts[0], &address) ||
        !net_address_parse(parts[1], &mask) || address.length != 4 || mask.length != 4) {
        add_network(networks, text);
        return;
    }
    if (networks->len < RADIUS_MAX_NETWORKS &&
        net_prefix_from_mask(address.octets, mask.octets, &prefix))
        g_array_append_val(networks, prefix);
}

static void
add_names(GPtrArray *names, const char *text)
{
    g_auto(GStrv) parts = g_strsplit_set(text, ", ", -1);

    for (char **part = parts; *part != NULL; part++)
        if (**part != '\0' && names->len < RADIUS_MAX_NAMES)
            g_ptr_array_add(names, g_strdup(*part));
}

static void
read_address4(Accept *accept, Reader value)
{
    /* "The gateway shall choose" and "the user may choose" (RFC 2865 5.8). */
    guint32 number = 0;

    take_number(&number, value);
    if (number == 0 || number >= 0xfffffffe)
        return;
    accept->settings->address4 = net_address_of(value.at, 4);
    if (accept->settings->prefix_length4 == 0)
        accept->settings->prefix_length4 = 32;
}

static void
read_netmask4(Accept *accept, Reader value)
{
    static const guint8 zeros[4];
    NetPrefix prefix;

    if (reader_left(&value) == 4 && net_prefix_from_mask(zeros, value.at, &prefix) &&
        prefix.prefix_length != 0)
        accept->settings->prefix_length4 = prefix.prefix_length;
}

static void
read_address6(Accept *accept, Reader value)
{
    if (reader_left(&value) != 16)
        return;
    accept->settings->address6 = net_address_of(value.at, 16);
    accept->settings->prefix_length6 = 128;
}

/* Reserved octet, length, and as many octets as the length needs, or more (RFC 3162 2.3). */
static void
read_prefix6(Accept *accept, Reader value)
{
    guint8 octets[16] = {0};
    guint8 length;

    reader_u8(&value);
    length = reader_u8(&value);
    if (!reader_ok(&value) || length == 0 || length > 128 || accept->settings->address6.length != 0)
        return;
    if (reader_left(&value) * 8 < length || reader_left(&value) > sizeof octets)
        return;
    reader_copy(&value, octets, reader_left(&value));
    accept->settings->address6 = net_address_of(octets, sizeof octets);
    accept->settings->prefix_length6 = length;
}

static void
read_pool(Accept *accept, Reader value)
{
    take_text(&accept->settings->pool, value);
}

static void
read_profile(Accept *accept, Reader value)
{
    take_text(&accept->settings->profile, value);
}

static void
read_mtu(Accept *accept, Reader value)
{
    take_number(&accept->settings->mtu_octets, value);
}

/* "net/len gateway metric" (RFC 2865 5.22). */
static void
read_route(Accept *accept, Reader value)
{
    g_autofree char *text = read_text(value);

    text[strcspn(text, " ")] = '\0';
    add_network(accept->settings->split_include, text);
}

static void
read_class(Accept *accept, Reader value)
{
    if (reader_left(&value) > 0 && accept->settings->classes->len < RADIUS_MAX_CLASSES)
        g_ptr_array_add(accept->settings->classes, reader_dup_bytes(&value));
}

static void
read_session_timeout(Accept *accept, Reader value)
{
    take_number(&accept->settings->session_timeout_seconds, value);
}

static void
read_idle_timeout(Accept *accept, Reader value)
{
    take_number(&accept->settings->idle_timeout_seconds, value);
}

static void
read_interim(Accept *accept, Reader value)
{
    take_number(&accept->settings->interim_seconds, value);
}

static void
read_dns(Accept *accept, Reader value)
{
    take_address(accept->settings->dns, value);
}

static void
read_wins(Accept *accept, Reader value)
{
    take_address(accept->settings->wins, value);
}

static void
read_banner(Accept *accept, Reader value)
{
    g_string_append_len(accept->banner, (const char *)value.at, (gssize)reader_left(&value));
}

static void
read_domain(Accept *accept, Reader value)
{
    take_text(&accept->settings->domain, value);
}

static void
read_split_dns(Accept *accept, Reader value)
{
    g_autofree char *text = read_text(value);

    add_names(accept->settings->split_dns, text);
}

static void
read_split_list(Accept *accept, Reader value)
{
    g_autofree char *text = read_text(value);
    g_auto(GStrv) parts = g_strsplit_set(text, ", ", -1);

    for (char **part = parts; *part != NULL; part++)
        add_network_or_mask(accept->list, *part);
}

static void
read_split_policy(Accept *accept, Reader value)
{
    take_number(&accept->split_policy, value);
}

static void
pair_addresses(GArray *addresses, const char *text)
{
    g_auto(GStrv) parts = g_strsplit_set(text, ", ", -1);
    NetAddress address;

    for (char **part = parts; *part != NULL; part++)
        if (net_address_parse(*part, &address))
            add_address(addresses, &address);
}

/* Cisco-AVPair: "ipsec:name=value"; releases differ in case and write * for =. */
static void
read_pair(Accept *accept, Reader value)
{
    RadiusSettings *settings = accept->settings;
    g_autofree char *text = read_text(value);
    gsize end = strcspn(text, "=*");
    Reader rest = reader_of(text + end + 1, text[end] != '\0' ? strlen(text + end + 1) : 0);
    const char *name = text;

    if (text[end] == '\0')
        return;
    text[end] = '\0';
    if (g_ascii_strncasecmp(name, "ipsec:", 6) == 0)
        name += 6;
    if (g_ascii_strcasecmp(name, "dns-servers") == 0)
        pair_addresses(settings->dns, text + end + 1);
    else if (g_ascii_strcasecmp(name, "wins-servers") == 0)
        pair_addresses(settings->wins, text + end + 1);
    else if (g_ascii_strcasecmp(name, "default-domain") == 0)
        take_text(&settings->domain, rest);
    else if (g_ascii_strcasecmp(name, "split-dns") == 0)
        add_names(settings->split_dns, text + end + 1);
    else if (g_ascii_strcasecmp(name, "addr-pool") == 0)
        take_text(&settings->pool, rest);
    else if (g_ascii_strcasecmp(name, "banner") == 0)
        read_banner(accept, rest);
    else if (g_ascii_strcasecmp(name, "route-set") == 0 &&
             g_str_has_prefix(text + end + 1, "prefix "))
        add_network_or_mask(settings->split_include, text + end + 1 + strlen("prefix "));
}

static const struct {
    guint32 vendor;
    guint8 type;
    AcceptRead read;
} rows[] = {
    {0, RADIUS_FRAMED_IP_ADDRESS, read_address4},
    {0, RADIUS_FRAMED_IP_NETMASK, read_netmask4},
    {0, RADIUS_FILTER_ID, read_profile},
    {0, RADIUS_FRAMED_MTU, read_mtu},
    {0, RADIUS_FRAMED_ROUTE, read_route},
    {0, RADIUS_CLASS, read_class},
    {0, RADIUS_SESSION_TIMEOUT, read_session_timeout},
    {0, RADIUS_IDLE_TIMEOUT, read_idle_timeout},
    {0, RADIUS_ACCT_INTERIM_INTERVAL, read_interim},
    {0, RADIUS_FRAMED_POOL, read_pool},
    {0, RADIUS_FRAMED_IPV6_PREFIX, read_prefix6},
    {0, RADIUS_FRAMED_IPV6_ADDRESS, read_address6},
    {RADIUS_VENDOR_CISCO, 1, read_pair},
    {RADIUS_VENDOR_MICROSOFT, 28, read_dns},
    {RADIUS_VENDOR_MICROSOFT, 29, read_dns},
    {RADIUS_VENDOR_MICROSOFT, 30, read_wins},
    {RADIUS_VENDOR_MICROSOFT, 31, read_wins},
    {RADIUS_VENDOR_ALTIGA, 5, read_dns},
    {RADIUS_VENDOR_ALTIGA, 6, read_dns},
    {RADIUS_VENDOR_ALTIGA, 7, read_wins},
    {RADIUS_VENDOR_ALTIGA, 8, read_wins},
    {RADIUS_VENDOR_ALTIGA, 15, read_banner},
    {RADIUS_VENDOR_ALTIGA, 25, read_profile},
    {RADIUS_VENDOR_ALTIGA, 27, read_split_list},
    {RADIUS_VENDOR_ALTIGA, 28, read_domain},
    {RADIUS_VENDOR_ALTIGA, 29, read_split_dns},
    {RADIUS_VENDOR_ALTIGA, 36, read_banner},
    {RADIUS_VENDOR_ALTIGA, 55, read_split_policy},
};

static void
read_attribute(Accept *accept, guint32 vendor, const RadiusAttribute *attribute)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].vendor == vendor && rows[i].type == attribute->type)
            rows[i].read(accept, attribute->value);
}

static void
read_vendor(Accept *accept, Reader value)
{
    guint32 vendor = reader_u32(&value);
    RadiusAttribute attribute;

    while (vendor != 0 && radius_attribute_next(&value, &attribute))
        read_attribute(accept, vendor, &attribute);
}

static void
finish(Accept *accept, const RadiusPacket *packet)
{
    RadiusSettings *settings = accept->settings;
    GArray *networks =
        accept->split_policy == SPLIT_EXCLUDE ? settings->split_exclude : settings->split_include;

    if (accept->split_policy != SPLIT_ALL)
        for (guint i = 0; i < accept->list->len && networks->len < RADIUS_MAX_NETWORKS; i++)
            g_array_append_val(networks, g_array_index(accept->list, NetPrefix, i));
    /* A mask alone says nothing. */
    if (settings->address4.length == 0)
        settings->prefix_length4 = 0;
    settings->banner =
        accept->banner->len == 0
            ? radius_reply_message(packet)
            : name_clean(accept->banner->str, accept->banner->len, RADIUS_MAX_BANNER, TRUE);
}

RadiusSettings *
radius_accept_read(const RadiusPacket *packet)
{
    Accept accept = {
        .settings = radius_settings_new(),
        .list = g_array_new(FALSE, FALSE, sizeof(NetPrefix)),
        .split_policy = SPLIT_INCLUDE,
        .banner = g_string_new(NULL),
    };
    Reader cursor = packet->attributes;
    RadiusAttribute attribute;

    while (radius_attribute_next(&cursor, &attribute)) {
        if (attribute.type == RADIUS_VENDOR_SPECIFIC)
            read_vendor(&accept, attribute.value);
        else
            read_attribute(&accept, 0, &attribute);
    }
    finish(&accept, packet);
    g_array_unref(accept.list);
    g_string_free(accept.banner, TRUE);
    return accept.settings;
}

char *
radius_reply_message(const RadiusPacket *packet)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Reader cursor = packet->attributes;
    RadiusAttribute attribute;

    while (radius_attribute_next(&cursor, &attribute))
        if (attribute.type == RADIUS_REPLY_MESSAGE)
            g_string_append_len(text, (const char *)attribute.value.at,
                                (gssize)reader_left(&attribute.value));
    return text->len > 0 ? name_clean(text->str, text->len, RADIUS_MAX_BANNER, TRUE) : NULL;
}
