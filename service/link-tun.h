/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TUN device without packet information: opened, or made persistent and this user's. */
#pragma once

#include "base/fd.h"

/* is_new: must not be there yet; else it must, and may be held by an engine that is about to
 * end: then it waits for it, at most 200 ms. has_vnet_header: frames carry a virtio header.
 * Errors are in NETWORK_ERROR: REASON_DATAPLANE_UNAVAILABLE without /dev/net/tun. */
gboolean link_tun_open(const char *name, gboolean is_new, gboolean has_vnet_header, Fd *ret_tun,
                       GError **error);

/* Whether tun is that device in that mode, so that nothing needs to be opened. */
gboolean link_tun_is(Fd tun, const char *name, gboolean has_vnet_header);
