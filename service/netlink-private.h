/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between netlink.c, netlink-route.c and xfrm.c: messages and their answers. Codes are errno, 0 = done. */
#pragma once

#include "netlink.h"

#include <libmnl/libmnl.h>

enum { NETLINK_REQUEST_SIZE = 1024, NETLINK_DUMP_SIZE = 32 * 1024 };

/* netlink_open() for another family: NETLINK_XFRM. */
Netlink *netlink_open_family(int family, GError **error);
/* buffer: NETLINK_REQUEST_SIZE octets. */
struct nlmsghdr *netlink_message(char *buffer, guint16 type, guint16 flags);
/* 0 or the errno of the kernel's answer; each item goes to callback. */
int netlink_run(Netlink *netlink, struct nlmsghdr *message, mnl_cb_t callback, gpointer user_data);
int netlink_change(Netlink *netlink, struct nlmsghdr *message);
int netlink_dump(Netlink *netlink, struct nlmsghdr *message, mnl_cb_t callback, GArray *ret_items);

/* None unless it is 4 or 16 octets long. */
NetAddress netlink_read_address(const struct nlattr *attribute);
guint32 netlink_read_u32(const struct nlattr *attribute);
void netlink_put_address(struct nlmsghdr *message, guint16 type, const NetAddress *address);
guint8 netlink_family(const NetAddress *address);

void netlink_fail(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
