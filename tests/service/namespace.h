/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine of its own for a test that changes the network: net and mount namespaces, made in
 * main() before any thread.
 *
 *   this namespace                        the other one (a process that echoes UDP)
 *   lan0 192.168.7.2/24, fd07::2/64  ───  192.168.7.1/24, fd07::1/64
 *   default via 192.168.7.1, fd07::1      198.51.100.1/32 the gateway
 *
 * /dev/net/tun is everybody's, as udev makes it.
 */
#pragma once

#include <glib.h>

#define LAN "lan0"
#define GATEWAY "198.51.100.1"
#define INNER "10.9.8.7" /* the other side thinks that it is behind lan0 */
/* The other side sends what starts so to INNER and KNOCK_PORT instead of back. */
#define KNOCK "knock"
enum { KNOCK_PORT = 4501 };

/* Exits with 77 and says why when it cannot be made. */
void namespace_enter(void);
/* User nobody with CAP_NET_ADMIN alone, ambient. */
void namespace_become_nobody(void);

/* Runs ip(8) with these arguments; it must succeed. Returns what it said, without the last end
 * of line. */
char *namespace_ip(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Addresses, links, routes of all tables, rules, of both families, and packet filters. */
char *namespace_dump(void);
/* What the kernel does with a packet: the device out of "ip route get ARGUMENTS", or "none". */
char *namespace_way(const char *format, ...) G_GNUC_PRINTF(1, 2);
void namespace_sysctl(const char *path, const char *value);
