/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/net.h"

#include <arpa/inet.h>
#include <string.h>

NetAddress
net_address_of(const void *octets, gsize length)
{
    NetAddress address = {.length = (guint8)length};

    g_assert(length == 4 || length == 16);
    memcpy(address.octets, octets, length);
    return address;
}

gboolean
net_address_is_set(const NetAddress *address)
{
    return address->length != 0;
}

gboolean
net_address_equal(const NetAddress *a, const NetAddress *b)
{
    return a->length == b->length && memcmp(a->octets, b->octets, a->length) == 0;
}

gboolean
net_address_parse(const char *text, NetAddress *ret_address)
{
    NetAddress address = {.length = strchr(text, ':') != NULL ? 16 : 4};

    if (inet_pton(address.length == 16 ? AF_INET6 : AF_INET, text, address.octets) != 1)
        return FALSE;
    *ret_address = address;
    return TRUE;
}

const char *
net_address_format(const NetAddress *address, char *ret_text)
{
    ret_text[0] = '\0';
    if (address->length != 0)
        inet_ntop(address->length == 16 ? AF_INET6 : AF_INET, address->octets, ret_text,
                  NET_ADDRESS_TEXT_SIZE);
    return ret_text;
}

gboolean
net_address_is_special(const NetAddress *address)
{
    static const char *const special4[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16",
                                           "224.0.0.0/3"};
    static const char *const special6[] = {"::/127", "fe80::/10", "ff00::/8"};
    const char *const *list = address->length == 4 ? special4 : special6;
    gsize count = address->length == 4 ? G_N_ELEMENTS(special4) : G_N_ELEMENTS(special6);

    for (gsize i = 0; i < count; i++) {
        NetPrefix prefix;

        if (net_prefix_parse(list[i], &prefix) && net_prefix_contains(&prefix, address))
            return TRUE;
    }
    return address->length == 0;
}

gboolean
net_endpoint_equal(const NetEndpoint *a, const NetEndpoint *b)
{
    return a->port == b->port && net_address_equal(&a->address, &b->address);
}

const char *
net_endpoint_format(const NetEndpoint *endpoint, char *ret_text)
{
    char address[NET_ADDRESS_TEXT_SIZE];

    net_address_format(&endpoint->address, address);
    g_snprintf(ret_text, NET_ENDPOINT_TEXT_SIZE,
               endpoint->address.length == 16 ? "[%s]:%u" : "%s:%u", address, endpoint->port);
    return ret_text;
}

void
net_prefix_mask(const NetPrefix *prefix, guint8 ret_mask[16])
{
    memset(ret_mask, 0, 16);
    for (guint i = 0; i < prefix->prefix_length; i++)
        ret_mask[i / 8] |= (guint8)(0x80 >> i % 8);
}

NetPrefix
net_prefix_of(const NetAddress *address, guint8 prefix_length)
{
    NetPrefix prefix = {.address = *address, .prefix_length = prefix_length};
    guint8 mask[16];

    g_assert(prefix_length <= address->length * 8);
    net_prefix_mask(&prefix, mask);
    for (guint i = 0; i < address->length; i++)
        prefix.address.octets[i] &= mask[i];
    return prefix;
}

gboolean
net_endpoint_parse(const char *text, NetEndpoint *ret_endpoint)
{
    const char *colon = strrchr(text, ':');
    gboolean is_bracketed = text[0] == '[';
    NetEndpoint endpoint = {.port = 0};
    g_autofree char *head = NULL;
    guint64 port;

    if (net_address_parse(text, &endpoint.address)) {
        *ret_endpoint = endpoint;
        return TRUE;
    }
    if (colon == NULL || !g_ascii_string_to_unsigned(colon + 1, 10, 1, G_MAXUINT16, &port, NULL) ||
        (is_bracketed && (colon == text + 1 || colon[-1] != ']')))
        return FALSE;
    head = is_bracketed ? g_strndup(text + 1, (gsize)(colon - text - 2))
                        : g_strndup(text, (gsize)(colon - text));
    if (!net_address_parse(head, &endpoint.address) ||
        (endpoint.address.length == 16) != is_bracketed)
        return FALSE;
    endpoint.port = (guint16)port;
    *ret_endpoint = endpoint;
    return TRUE;
}

gboolean
net_prefix_parse(const char *text, NetPrefix *ret_prefix)
{
    g_autofree char *head = g_strdup(text);
    char *slash = strchr(head, '/');
    NetAddress address;
    guint64 length;

    if (slash != NULL)
        *slash++ = '\0';
    if (!net_address_parse(head, &address))
        return FALSE;
    length = address.length * 8;
    if (slash != NULL && !g_ascii_string_to_unsigned(slash, 10, 0, length, &length, NULL))
        return FALSE;
    *ret_prefix = net_prefix_of(&address, (guint8)length);
    return TRUE;
}

const char *
net_prefix_format(const NetPrefix *prefix, char *ret_text)
{
    char address[NET_ADDRESS_TEXT_SIZE];

    net_address_format(&prefix->address, address);
    g_snprintf(ret_text, NET_PREFIX_TEXT_SIZE, "%s/%u", address, prefix->prefix_length);
    return ret_text;
}

gboolean
net_prefix_from_mask(const guint8 *address, const guint8 *mask, NetPrefix *ret_prefix)
{
    NetAddress base = net_address_of(address, 4);
    guint32 bits =
        (guint32)mask[0] << 24 | (guint32)mask[1] << 16 | (guint32)mask[2] << 8 | mask[3];
    guint32 holes = ~bits & (~bits + 1);
    guint8 length = 0;

    if (holes != 0)
        return FALSE;
    for (; bits != 0; bits <<= 1)
        length++;
    *ret_prefix = net_prefix_of(&base, length);
    return TRUE;
}

gboolean
net_prefix_equal(const NetPrefix *a, const NetPrefix *b)
{
    return a->prefix_length == b->prefix_length && net_address_equal(&a->address, &b->address);
}

gboolean
net_prefix_contains(const NetPrefix *prefix, const NetAddress *address)
{
    NetPrefix other;

    if (address->length != prefix->address.length || address->length == 0)
        return FALSE;
    other = net_prefix_of(address, prefix->prefix_length);
    return net_address_equal(&other.address, &prefix->address);
}

gboolean
net_prefix_covers(const NetPrefix *outer, const NetPrefix *inner)
{
    return outer->prefix_length <= inner->prefix_length &&
           net_prefix_contains(outer, &inner->address);
}

gboolean
net_prefix_is_default(const NetPrefix *prefix)
{
    return prefix->address.length != 0 && prefix->prefix_length == 0;
}
