/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile in the two spellings that meet here: NetworkManager's VPN setting and Coati's
 * settings or Profile.
 */
#pragma once

#include "profile/profile.h"

#include <NetworkManager.h>

/* a{sv} with "section.key" for ConnectTransient; never the password. Floating. The error names
 * what is missing. */
GVariant *nm_coati_settings_of(NMConnection *connection, GError **error);

/* Everybody may use the connection. */
#define NM_COATI_EVERYBODY G_MAXUINT32

/* Whose the connection is, a user or NM_COATI_EVERYBODY. FALSE where it names several users: that
 * was an administrator's decision, as it is for everybody, but nobody's own. */
gboolean nm_coati_owner_of(NMConnection *connection, guint32 *ret_uid);

/* What the profile of connection is; secrets included that the connection has. */
Profile *nm_coati_profile_of(NMConnection *connection, GError **error);

/* A connection of type vpn with the profile's fields; secrets go along with the flag "stored by
 * NetworkManager", a missing password has the flag "always ask". Full reference. */
NMConnection *nm_coati_connection_of(const Profile *profile);

/* Writes "<name>-flags" for every secret that has none: what is asked for while connecting is never
 * saved, and neither is a password that is not there yet. */
void nm_coati_write_flags(NMSettingVpn *vpn);

/* TRUE when NetworkManager would not store this secret, whatever an agent says. */
gboolean nm_coati_is_never_saved(NMSettingVpn *vpn, const char *name);

/* The first secret that the method needs and that the connection neither has nor marks as not
 * required; NULL when complete. */
const char *nm_coati_missing_secret(NMConnection *connection);
