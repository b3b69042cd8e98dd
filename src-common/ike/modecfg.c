/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/modecfg.h"

#include "base/names.h"
#include "ike/attribute.h"
#include "ike/limits.h"

#include <string.h>

enum { SPLIT_ENTRY = 14, SPLIT_ENTRY_SHORT = 8 };

/* --- Values out of attributes --- */

static gboolean
take_address(const IkeAttribute *attribute, gsize length, NetAddress *ret_address)
{
    Reader value = attribute->value;
    NetAddress address;

    if (attribute->is_basic || reader_left(&value) < length)
        return FALSE; /* a short value is ignored */
    address = net_address_of(value.at, length);
    if (net_address_is_special(&address))
        return FALSE;
    *ret_address = address;
    return TRUE;
}

static void
append_address(GArray *list, const IkeAttribute *attribute, gsize length, guint most)
{
    NetAddress address;

    if (list->len >= most || !take_address(attribute, length, &address))
        return;
    for (guint i = 0; i < list->len; i++)
        if (net_address_equal(&g_array_index(list, NetAddress, i), &address))
            return;
    g_array_append_val(list, address);
}

static void
append_prefix(GArray *list, const NetPrefix *prefix)
{
    if (list->len >= IKE_MAX_ROUTES)
        return;
    for (guint i = 0; i < list->len; i++)
        if (net_prefix_equal(&g_array_index(list, NetPrefix, i), prefix))
            return;
    g_array_append_val(list, *prefix);
}

/* Both lists may hold a default route; single networks must not be of the kind that a tunnel never
 * carries. */
static gboolean
is_route(const NetPrefix *prefix)
{
    return net_prefix_is_default(prefix) || !net_address_is_special(&prefix->address);
}

/* 0.0.0.0/32 among the excluded stands for whatever network the client is in. */
static const guint8 local_network[SPLIT_ENTRY_SHORT] = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};

/* Entries are 14 octets; a few gateways leave out protocol and ports (PROTOCOL 5.7.1). */
static void
parse_split(const IkeAttribute *attribute, GArray *list, gboolean *ret_has_local_network)
{
    Reader value = attribute->value;
    gsize length = reader_left(&value);
    gsize step = length % SPLIT_ENTRY != 0 && length % SPLIT_ENTRY_SHORT == 0 ? SPLIT_ENTRY_SHORT
                                                                              : SPLIT_ENTRY;

    while (!attribute->is_basic && reader_left(&value) >= step) {
        Reader entry = reader_sub(&value, step);
        NetPrefix prefix;

        if (memcmp(entry.at, local_network, sizeof local_network) == 0) {
            if (ret_has_local_network != NULL)
                *ret_has_local_network = TRUE;
        } else if (net_prefix_from_mask(entry.at, entry.at + 4, &prefix) && is_route(&prefix)) {
            append_prefix(list, &prefix);
        }
    }
}

/* Letters, digits and hyphens in labels of 1 to 63 octets, underscores too (they occur); at most
 * 253 octets. */
static gboolean
is_host_name(const char *name)
{
    gsize label = 0;

    if (*name == '\0' || strlen(name) > IKE_MAX_DOMAIN_OCTETS)
        return FALSE;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '.' && (label == 0 || at[-1] == '-'))
            return FALSE;
        if (*at != '.' && !g_ascii_isalnum(*at) && *at != '_' && (*at != '-' || label == 0))
            return FALSE;
        label = *at == '.' ? 0 : label + 1;
        if (label > 63)
            return FALSE;
    }
    return label > 0 && name[strlen(name) - 1] != '-';
}

/* The next name of a list with commas, spaces or NULs between; NULL at the end. */
static char *
take_name(Reader *list)
{
    static const char separators[] = {',', ' ', '\0', ';', '\t', '\r', '\n'};
    const guint8 *start;
    gsize length;

    while (reader_left(list) > 0 && memchr(separators, *list->at, sizeof separators) != NULL)
        reader_u8(list);
    if (reader_left(list) == 0)
        return NULL;
    start = list->at;
    while (reader_left(list) > 0 && memchr(separators, *list->at, sizeof separators) == NULL)
        reader_u8(list);
    length = (gsize)(list->at - start);
    if (length > 1 && start[length - 1] == '.')
        length--;
    return g_ascii_strdown((const char *)start, (gssize)length);
}

static void
append_names(GPtrArray *list, Reader value, guint most)
{
    char *name;

    while (list->len < most && (name = take_name(&value)) != NULL) {
        if (is_host_name(name) && !g_ptr_array_find_with_equal_func(list, name, g_str_equal, NULL))
            g_ptr_array_add(list, name);
        else
            g_free(name);
    }
}

static char *
clean_text(const IkeAttribute *attribute, gsize most, gboolean is_multiline)
{
    Reader value = attribute->value;

    return name_clean(value.at, reader_left(&value), most, is_multiline);
}

static gboolean
take_number(const IkeAttribute *attribute, guint64 most, guint64 *ret_number)
{
    return ike_attribute_number(attribute, ret_number) && *ret_number <= most;
}

/* --- One pair of functions for each attribute --- */

static void
parse_address4(const IkeAttribute *attribute, IkeSettings *settings)
{
    take_address(attribute, 4, &settings->address4);
}

static void
write_address4(Writer *writer, guint16 type, const IkeSettings *settings)
{
    if (net_address_is_set(&settings->address4))
        ike_attribute_write(writer, type, settings->address4.octets, 4);
}

/* 0.0.0.0 and nothing mean "none": a host address. */
static void
parse_netmask4(const IkeAttribute *attribute, IkeSettings *settings)
{
    static const guint8 any[4];
    Reader value = attribute->value;
    NetPrefix prefix;

    settings->prefix_length4 = 32;
    if (!attribute->is_basic && reader_left(&value) == 4 &&
        net_prefix_from_mask(any, value.at, &prefix) && prefix.prefix_length > 0)
        settings->prefix_length4 = prefix.prefix_length;
}

static void
write_netmask4(Writer *writer, guint16 type, const IkeSettings *settings)
{
    NetPrefix prefix = {.prefix_length = settings->prefix_length4};
    guint8 mask[16];

    net_prefix_mask(&prefix, mask);
    if (net_address_is_set(&settings->address4))
        ike_attribute_write(writer, type, mask, 4);
}

static void
write_addresses(Writer *writer, guint16 type, const GArray *list, gsize length)
{
    for (guint i = 0; i < list->len; i++) {
        const NetAddress *address = &g_array_index(list, NetAddress, i);

        if (address->length == length)
            ike_attribute_write(writer, type, address->octets, length);
    }
}

static void
parse_dns4(const IkeAttribute *attribute, IkeSettings *settings)
{
    append_address(settings->dns, attribute, 4, IKE_MAX_DNS);
}

static void
write_dns4(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_addresses(writer, type, settings->dns, 4);
}

static void
parse_wins4(const IkeAttribute *attribute, IkeSettings *settings)
{
    append_address(settings->wins, attribute, 4, IKE_MAX_WINS);
}

static void
write_wins4(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_addresses(writer, type, settings->wins, 4);
}

static void
parse_expiry(const IkeAttribute *attribute, IkeSettings *settings)
{
    guint64 number;

    if (take_number(attribute, G_MAXUINT32, &number))
        settings->expiry_seconds = (guint32)number;
}

static void
write_expiry(Writer *writer, guint16 type, const IkeSettings *settings)
{
    guint32 seconds = GUINT32_TO_BE(settings->expiry_seconds);

    if (seconds != 0)
        ike_attribute_write(writer, type, &seconds, sizeof seconds);
}

static void
write_text(Writer *writer, guint16 type, const char *text)
{
    if (text != NULL && *text != '\0')
        ike_attribute_write(writer, type, text, strlen(text));
}

static void
parse_version(const IkeAttribute *attribute, IkeSettings *settings)
{
    g_free(settings->application_version);
    settings->application_version = clean_text(attribute, IKE_MAX_TEXT_OCTETS, FALSE);
}

static void
write_version(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_text(writer, type, settings->application_version);
}

/* 16 octets, or 17 with the prefix length behind. */
static void
parse_address6(const IkeAttribute *attribute, IkeSettings *settings)
{
    Reader value = attribute->value;

    if (!take_address(attribute, 16, &settings->address6))
        return;
    if (reader_left(&value) == 17 && value.at[16] > 0 && value.at[16] <= 128)
        settings->prefix_length6 = value.at[16];
}

static void
write_address6(Writer *writer, guint16 type, const IkeSettings *settings)
{
    guint8 value[17];

    if (!net_address_is_set(&settings->address6))
        return;
    memcpy(value, settings->address6.octets, 16);
    value[16] = settings->prefix_length6;
    ike_attribute_write(writer, type, value, settings->prefix_length6 == 128 ? 16 : 17);
}

static void
parse_dns6(const IkeAttribute *attribute, IkeSettings *settings)
{
    append_address(settings->dns, attribute, 16, IKE_MAX_DNS);
}

static void
write_dns6(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_addresses(writer, type, settings->dns, 16);
}

static void
parse_subnet4(const IkeAttribute *attribute, IkeSettings *settings)
{
    Reader value = attribute->value;
    NetPrefix prefix;

    if (!attribute->is_basic && reader_left(&value) == 8 &&
        net_prefix_from_mask(value.at, value.at + 4, &prefix) && is_route(&prefix))
        append_prefix(settings->split_include, &prefix);
}

static void
parse_subnet6(const IkeAttribute *attribute, IkeSettings *settings)
{
    Reader value = attribute->value;
    NetAddress address;
    NetPrefix prefix;

    if (attribute->is_basic || reader_left(&value) != 17 || value.at[16] > 128)
        return;
    address = net_address_of(value.at, 16);
    prefix = net_prefix_of(&address, value.at[16]);
    if (is_route(&prefix))
        append_prefix(settings->split_include, &prefix);
}

static void
write_subnet6(Writer *writer, guint16 type, const IkeSettings *settings)
{
    for (guint i = 0; i < settings->split_include->len; i++) {
        const NetPrefix *prefix = &g_array_index(settings->split_include, NetPrefix, i);
        guint8 value[17];

        if (prefix->address.length != 16)
            continue;
        memcpy(value, prefix->address.octets, 16);
        value[16] = prefix->prefix_length;
        ike_attribute_write(writer, type, value, sizeof value);
    }
}

static void
parse_banner(const IkeAttribute *attribute, IkeSettings *settings)
{
    g_free(settings->banner);
    settings->banner = clean_text(attribute, IKE_MAX_BANNER_OCTETS, TRUE);
}

static void
write_banner(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_text(writer, type, settings->banner);
}

static void
parse_save_password(const IkeAttribute *attribute, IkeSettings *settings)
{
    guint64 number;

    if (take_number(attribute, G_MAXUINT16, &number))
        settings->may_save_password = number == 1;
}

static void
write_save_password(Writer *writer, guint16 type, const IkeSettings *settings)
{
    if (settings->may_save_password)
        ike_attribute_write_basic(writer, type, 1);
}

static void
parse_domain(const IkeAttribute *attribute, IkeSettings *settings)
{
    Reader value = attribute->value;
    g_autofree char *name = take_name(&value);

    if (name == NULL || !is_host_name(name))
        return;
    g_free(settings->domain);
    settings->domain = g_steal_pointer(&name);
}

static void
write_domain(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_text(writer, type, settings->domain);
}

/* Commas are what Cisco, racoon and vpnc use. */
static void
write_names(Writer *writer, guint16 type, const GPtrArray *names)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(names, i));
    write_text(writer, type, text->str);
}

static void
parse_split_dns(const IkeAttribute *attribute, IkeSettings *settings)
{
    append_names(settings->split_dns, attribute->value, IKE_MAX_DOMAINS);
}

static void
write_split_dns(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_names(writer, type, settings->split_dns);
}

static void
parse_include(const IkeAttribute *attribute, IkeSettings *settings)
{
    parse_split(attribute, settings->split_include, NULL);
}

static void
write_split(Writer *writer, guint16 type, const GArray *list, gboolean has_local_network)
{
    g_auto(Writer) value = writer_init(G_MAXUINT16);

    for (guint i = 0; i < list->len; i++) {
        const NetPrefix *prefix = &g_array_index(list, NetPrefix, i);
        guint8 mask[16];

        if (prefix->address.length != 4)
            continue;
        net_prefix_mask(prefix, mask);
        writer_put(&value, prefix->address.octets, 4);
        writer_put(&value, mask, 4);
        writer_zero(&value, SPLIT_ENTRY - SPLIT_ENTRY_SHORT);
    }
    if (has_local_network) {
        writer_put(&value, local_network, SPLIT_ENTRY_SHORT);
        writer_zero(&value, SPLIT_ENTRY - SPLIT_ENTRY_SHORT);
    }
    if (value.length > 0)
        ike_attribute_write(writer, type, value.data, value.length);
}

static void
write_include(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_split(writer, type, settings->split_include, FALSE);
}

static void
parse_exclude(const IkeAttribute *attribute, IkeSettings *settings)
{
    parse_split(attribute, settings->split_exclude, &settings->excludes_local_network);
}

static void
write_exclude(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_split(writer, type, settings->split_exclude, settings->excludes_local_network);
}

static void
parse_pfs(const IkeAttribute *attribute, IkeSettings *settings)
{
    guint64 number;

    if (!take_number(attribute, G_MAXUINT16, &number))
        return;
    settings->has_pfs = TRUE;
    settings->pfs = (guint16)number;
}

static void
write_pfs(Writer *writer, guint16 type, const IkeSettings *settings)
{
    if (settings->has_pfs)
        ike_attribute_write_basic(writer, type, settings->pfs);
}

static void
parse_backup(const IkeAttribute *attribute, IkeSettings *settings)
{
    append_names(settings->backup_gateways, attribute->value, IKE_MAX_BACKUP_GATEWAYS);
}

static void
write_backup(Writer *writer, guint16 type, const IkeSettings *settings)
{
    write_names(writer, type, settings->backup_gateways);
}

/* --- The table --- */

/* When a client asks for an attribute. */
typedef enum { ASK_NEVER, ASK_ALWAYS, ASK_IPV6 } Ask;

typedef struct {
    guint16 type;
    Ask ask;
    gboolean is_unasked_with_unity; /* sent to a Unity peer that did not ask for it */
    void (*parse)(const IkeAttribute *attribute, IkeSettings *settings);
    void (*write)(Writer *writer, guint16 type, const IkeSettings *settings);
} Row;

/* The order is that of REQUEST and REPLY. */
static const Row rows[] = {
    {IKE_CFG_IP4_ADDRESS, ASK_ALWAYS, FALSE, parse_address4, write_address4},
    {IKE_CFG_IP4_NETMASK, ASK_ALWAYS, FALSE, parse_netmask4, write_netmask4},
    {IKE_CFG_IP4_DNS, ASK_ALWAYS, TRUE, parse_dns4, write_dns4},
    {IKE_CFG_IP4_NBNS, ASK_ALWAYS, TRUE, parse_wins4, write_wins4},
    {IKE_CFG_ADDRESS_EXPIRY, ASK_NEVER, FALSE, parse_expiry, write_expiry},
    {IKE_CFG_IP6_ADDRESS, ASK_IPV6, FALSE, parse_address6, write_address6},
    {IKE_CFG_IP6_DNS, ASK_IPV6, FALSE, parse_dns6, write_dns6},
    {IKE_CFG_IP4_SUBNET, ASK_NEVER, FALSE, parse_subnet4, NULL},
    {IKE_CFG_IP6_SUBNET, ASK_IPV6, FALSE, parse_subnet6, write_subnet6},
    {IKE_UNITY_BANNER, ASK_ALWAYS, TRUE, parse_banner, write_banner},
    {IKE_UNITY_SAVE_PASSWORD, ASK_ALWAYS, FALSE, parse_save_password, write_save_password},
    {IKE_UNITY_DEFAULT_DOMAIN, ASK_ALWAYS, TRUE, parse_domain, write_domain},
    {IKE_UNITY_SPLIT_DNS, ASK_ALWAYS, TRUE, parse_split_dns, write_split_dns},
    {IKE_UNITY_SPLIT_INCLUDE, ASK_ALWAYS, TRUE, parse_include, write_include},
    {IKE_UNITY_LOCAL_LAN, ASK_ALWAYS, TRUE, parse_exclude, write_exclude},
    {IKE_UNITY_PFS, ASK_ALWAYS, FALSE, parse_pfs, write_pfs},
    {IKE_UNITY_BACKUP_SERVERS, ASK_ALWAYS, FALSE, parse_backup, write_backup},
    {IKE_CFG_APPLICATION_VERSION, ASK_ALWAYS, FALSE, parse_version, write_version},
    {IKE_UNITY_DDNS_HOSTNAME, ASK_ALWAYS, FALSE, NULL, NULL},
};

G_STATIC_ASSERT(G_N_ELEMENTS(rows) <= 64);

static const Row *
row_of(guint16 type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

void
ike_modecfg_parse(Reader attributes, IkeSettings *settings)
{
    IkeAttribute attribute;

    while (ike_attribute_next(&attributes, &attribute)) {
        const Row *row = row_of(attribute.type);

        if (row != NULL && row->parse != NULL)
            row->parse(&attribute, settings);
    }
}

static void
write_question(Writer *writer, const Row *row, const IkePolicy *policy)
{
    const NetAddress *wished = &policy->wished_address;

    if (row->type == IKE_CFG_IP4_ADDRESS && wished->length == 4)
        ike_attribute_write(writer, row->type, wished->octets, 4);
    else if (row->type == IKE_CFG_IP6_ADDRESS && wished->length == 16)
        ike_attribute_write(writer, row->type, wished->octets, 16);
    else if (row->type == IKE_CFG_APPLICATION_VERSION && policy->application_version != NULL)
        write_text(writer, row->type, policy->application_version);
    else if (row->type == IKE_UNITY_DDNS_HOSTNAME)
        write_text(writer, row->type, policy->device_name);
    else
        ike_attribute_write_empty(writer, row->type);
}

void
ike_modecfg_write_request(Writer *attributes, const IkePolicy *policy)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].ask == ASK_ALWAYS || (rows[i].ask == ASK_IPV6 && policy->wants_ipv6))
            write_question(attributes, &rows[i], policy);
}

void
ike_modecfg_parse_request(Reader attributes, IkeModecfgRequest *ret_request)
{
    IkeModecfgRequest request = {0};
    IkeAttribute attribute;

    while (ike_attribute_next(&attributes, &attribute)) {
        const Row *row = row_of(attribute.type);

        if (row == NULL)
            continue;
        request.asked |= G_GUINT64_CONSTANT(1) << (row - rows);
        if (row->type == IKE_CFG_IP4_ADDRESS)
            take_address(&attribute, 4, &request.wished_address);
        if (row->type == IKE_CFG_APPLICATION_VERSION && request.application_version == NULL)
            request.application_version = clean_text(&attribute, IKE_MAX_TEXT_OCTETS, FALSE);
        if (row->type == IKE_UNITY_DDNS_HOSTNAME && request.device_name == NULL)
            request.device_name = clean_text(&attribute, IKE_MAX_TEXT_OCTETS, FALSE);
    }
    *ret_request = request;
}

void
ike_modecfg_request_clear(IkeModecfgRequest *request)
{
    g_clear_pointer(&request->application_version, g_free);
    g_clear_pointer(&request->device_name, g_free);
}

static gboolean
is_wanted(gsize row, const IkeModecfgRequest *request, gboolean has_unity)
{
    if (request == NULL || (request->asked & G_GUINT64_CONSTANT(1) << row) != 0)
        return TRUE;
    return has_unity && rows[row].is_unasked_with_unity;
}

void
ike_modecfg_write_settings(Writer *attributes, const IkeSettings *settings,
                           const IkeModecfgRequest *request, gboolean has_unity)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].write != NULL && is_wanted(i, request, has_unity))
            rows[i].write(attributes, rows[i].type, settings);
}

void
ike_modecfg_write_ack(Writer *attributes, Reader set_attributes)
{
    IkeAttribute attribute;

    while (ike_attribute_next(&set_attributes, &attribute))
        if (row_of(attribute.type) != NULL)
            ike_attribute_write_empty(attributes, attribute.type);
}
