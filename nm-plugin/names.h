/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that the parts of the NetworkManager plugin agree on.
 *
 * A VPN connection of NetworkManager keeps a Coati profile in vpn.data under the profile's own
 * names ("connection.gateway", see coati-profile(5)), values spelled as in the key file, and its
 * secrets in vpn.secrets under the names below. Certificates are there by value. Each secret has
 * "<name>-flags" beside it in vpn.data, always: without it NetworkManager would store whatever an
 * agent gives.
 */
#pragma once

#define NM_COATI_SERVICE "org.freedesktop.NetworkManager.coati"

#define NM_COATI_PASSWORD "password"
#define NM_COATI_GROUP_PASSWORD "group-password"
#define NM_COATI_PRIVATE_KEY "private-key"

/* Asked for while connecting and never stored: flags 2 ("not saved") beside each. */
#define NM_COATI_PASSCODE "passcode"
#define NM_COATI_ANSWER "answer"
#define NM_COATI_NEXT_PIN "next-pin"
#define NM_COATI_TRUST "trust"
#define NM_COATI_USER "user"
#define NM_COATI_DOMAIN "domain"
#define NM_COATI_ONE_TIME                                                                          \
    {                                                                                              \
        NM_COATI_PASSCODE, NM_COATI_ANSWER, NM_COATI_NEXT_PIN, NM_COATI_TRUST, NM_COATI_USER,      \
            NM_COATI_DOMAIN                                                                        \
    }

/* What libnm's agents carry a text in, among the hints. */
#define NM_COATI_MESSAGE_HINT "x-vpn-message:"
