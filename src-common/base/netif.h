/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of this computer, as far as a diagnosis looks at them. */
#pragma once

#include "base/net.h"

/* The interface that has this address, to be freed; NULL when none has. */
char *netif_of_address(const NetAddress *address);
/* TUN, TAP, PPP, WireGuard, XFRM, or an IP tunnel: packets through it go into another network. */
gboolean netif_is_tunnel(const char *name);
