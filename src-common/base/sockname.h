/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Endpoints as socket addresses, and back. */
#pragma once

#include "base/net.h"

#include <sys/socket.h>

/* Of another family than IPv4 or IPv6: none. */
NetEndpoint sockname_endpoint(const struct sockaddr_storage *name);
/* endpoint must have an address. Returns the length of what is written. */
socklen_t sockname_of(const NetEndpoint *endpoint, struct sockaddr_storage *ret_name);
