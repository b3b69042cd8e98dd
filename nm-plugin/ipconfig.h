/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connected tunnel in the three dictionaries that NetworkManager takes from a VPN plugin.
 *
 * Always with the tunnel's own interface and full-length prefixes. Beside an IPv4-only full tunnel
 * IPv6 gets an address that leads nowhere and a default route, so that nothing goes around the
 * tunnel.
 */
#pragma once

#include "coati-dbus.h"
#include "profile/profile.h"

typedef struct {
    GVariant *config;
    GVariant *ip4; /* NULL without an IPv4 address */
    GVariant *ip6; /* NULL where IPv6 stays as it is */
} NmCoatiConfig;

/* profile says what the tunnel does not show: IPv6 beside a full tunnel, names without a domain; NULL
 * for the defaults. FALSE when the tunnel shows no usable address. Sunk references. */
gboolean nm_coati_config_of(CoatiDbusTunnel *tunnel, const Profile *profile,
                            NmCoatiConfig *ret_config);
void nm_coati_config_clear(NmCoatiConfig *config);
gboolean nm_coati_config_equal(const NmCoatiConfig *a, const NmCoatiConfig *b);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NmCoatiConfig, nm_coati_config_clear)
