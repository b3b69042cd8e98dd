/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Networks that stay outside a tunnel, for a NetworkManager that cannot except any: every route of a
 * VPN goes to its interface, so the routes themselves must leave the gaps.
 */
#pragma once

#include "base/net.h"

/* The fewest prefixes (NetPrefix) that cover all of wanted but nothing of gaps, in order; arrays of
 * NetPrefix, both families may be mixed. Full reference. */
GArray *nm_coati_routes_without(const GArray *wanted, const GArray *gaps);
