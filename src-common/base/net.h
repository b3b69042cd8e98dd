/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses, endpoints and prefixes as plain values of both families, without any socket type.
 * An all-zero value is "none". Text is what inet_pton(3) takes; formatting never fails.
 */
#pragma once

#include <glib.h>

/* length is 4, 16, or 0 for none. Octets are in network order. */
typedef struct {
    guint8 length;
    guint8 octets[16];
} NetAddress;

/* port in host order. */
typedef struct {
    NetAddress address;
    guint16 port;
} NetEndpoint;

typedef struct {
    NetAddress address;
    guint8 prefix_length;
} NetPrefix;

#define NET_ADDRESS_TEXT_SIZE 48
#define NET_ENDPOINT_TEXT_SIZE 56
#define NET_PREFIX_TEXT_SIZE 52

/* length must be 4 or 16. */
NetAddress net_address_of(const void *octets, gsize length);
gboolean net_address_is_set(const NetAddress *address);
gboolean net_address_equal(const NetAddress *a, const NetAddress *b);
gboolean net_address_parse(const char *text, NetAddress *ret_address);
/* ret_text: NET_ADDRESS_TEXT_SIZE octets; returns ret_text; "" for none. */
const char *net_address_format(const NetAddress *address, char *ret_text);

/* 0.0.0.0, 127/8, 169.254/16, 224/3, ::, ::1, fe80::/10, ff00::/8: never a tunnel's own address,
 * route or name server. */
gboolean net_address_is_special(const NetAddress *address);

gboolean net_endpoint_equal(const NetEndpoint *a, const NetEndpoint *b);
/* "192.0.2.1:500", "[2001:db8::1]:500". */
const char *net_endpoint_format(const NetEndpoint *endpoint, char *ret_text);
/* As it is formatted, or an address alone: port 0. */
gboolean net_endpoint_parse(const char *text, NetEndpoint *ret_endpoint);

/* "10.0.0.0/8", "2001:db8::/32"; a bare address gets its full length. Host bits are cleared. */
gboolean net_prefix_parse(const char *text, NetPrefix *ret_prefix);
const char *net_prefix_format(const NetPrefix *prefix, char *ret_text);
/* From an IPv4 address and mask of 4 octets each; FALSE for a mask with holes. */
gboolean net_prefix_from_mask(const guint8 *address, const guint8 *mask, NetPrefix *ret_prefix);
void net_prefix_mask(const NetPrefix *prefix, guint8 ret_mask[16]);
NetPrefix net_prefix_of(const NetAddress *address, guint8 prefix_length);
gboolean net_prefix_equal(const NetPrefix *a, const NetPrefix *b);
gboolean net_prefix_contains(const NetPrefix *prefix, const NetAddress *address);
/* TRUE when every address of inner is in outer. */
gboolean net_prefix_covers(const NetPrefix *outer, const NetPrefix *inner);
gboolean net_prefix_is_default(const NetPrefix *prefix);
