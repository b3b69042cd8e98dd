/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/sockname.h"

#include <netinet/in.h>
#include <string.h>

NetEndpoint
sockname_endpoint(const struct sockaddr_storage *name)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)name;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)name;
    NetEndpoint endpoint = {0};

    if (name->ss_family == AF_INET) {
        endpoint.address = net_address_of(&four->sin_addr, 4);
        endpoint.port = g_ntohs(four->sin_port);
    } else if (name->ss_family == AF_INET6) {
        endpoint.address = net_address_of(&six->sin6_addr, 16);
        endpoint.port = g_ntohs(six->sin6_port);
    }
    return endpoint;
}

socklen_t
sockname_of(const NetEndpoint *endpoint, struct sockaddr_storage *ret_name)
{
    struct sockaddr_in *four = (struct sockaddr_in *)ret_name;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_name;

    memset(ret_name, 0, sizeof *ret_name);
    if (endpoint->address.length == 16) {
        six->sin6_family = AF_INET6;
        six->sin6_port = g_htons(endpoint->port);
        memcpy(&six->sin6_addr, endpoint->address.octets, 16);
        return sizeof *six;
    }
    four->sin_family = AF_INET;
    four->sin_port = g_htons(endpoint->port);
    memcpy(&four->sin_addr, endpoint->address.octets, 4);
    return sizeof *four;
}
