/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/netif.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* linux/if_arp.h */
enum { TYPE_PPP = 512, TYPE_TUNNEL = 768, TYPE_TUNNEL6 = 769, TYPE_SIT = 776, TYPE_NONE = 0xfffe };

static gboolean
has_address(const struct ifaddrs *item, const NetAddress *address)
{
    if (item->ifa_addr == NULL)
        return FALSE;
    if (item->ifa_addr->sa_family == AF_INET && address->length == 4)
        return memcmp(&((const struct sockaddr_in *)(gconstpointer)item->ifa_addr)->sin_addr,
                      address->octets, 4) == 0;
    return item->ifa_addr->sa_family == AF_INET6 && address->length == 16 &&
           memcmp(&((const struct sockaddr_in6 *)(gconstpointer)item->ifa_addr)->sin6_addr,
                  address->octets, 16) == 0;
}

char *
netif_of_address(const NetAddress *address)
{
    struct ifaddrs *list = NULL;
    char *name = NULL;

    if (getifaddrs(&list) < 0)
        return NULL;
    for (const struct ifaddrs *item = list; item != NULL && name == NULL; item = item->ifa_next)
        if (has_address(item, address))
            name = g_strdup(item->ifa_name);
    freeifaddrs(list);
    return name;
}

gboolean
netif_is_tunnel(const char *name)
{
    g_autofree char *flags = g_build_filename("/sys/class/net", name, "tun_flags", NULL);
    g_autofree char *path = g_build_filename("/sys/class/net", name, "type", NULL);
    g_autofree char *text = NULL;

    if (g_file_test(flags, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    switch (atoi(text)) {
    case TYPE_PPP:
    case TYPE_TUNNEL:
    case TYPE_TUNNEL6:
    case TYPE_SIT:
    case TYPE_NONE:
        return TRUE;
    default:
        return FALSE;
    }
}
