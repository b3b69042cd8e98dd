/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is asked and told: Access-Request for a login (RFC 2865 4.1) and Accounting-Request for a
 * record (RFC 2866 4.1). The octets are a packet ready to be sent.
 */
#pragma once

#include "radius/packet.h"
#include "radius/settings.h"

/* The gateway as its servers know it. identifier may be NULL, address none; one should be there. */
typedef struct {
    char *identifier;
    NetAddress address;
} RadiusNas;

typedef struct {
    char *user;
    Secret *password;
    GBytes *challenge; /* NULL, or the password is CHAP's answer to it: id and hash */
    GBytes *state;     /* of the Access-Challenge that this answers, else NULL */
    char *session;     /* Acct-Session-Id */
    char *calling;     /* the guest's public address */
    char *called;      /* the gateway's, NULL when not known */
    char *port_id;     /* NAS-Port-Id: the group's name */
    guint32 nas_port;
} RadiusLogin;

RadiusLogin *radius_login_new(void);
void radius_login_free(RadiusLogin *login);

/* random: RADIUS_AUTHENTICATOR octets that nobody can guess. NULL when user or password is too
 * long. */
Secret *radius_access_request(const RadiusLogin *login, const RadiusNas *nas, const Secret *secret,
                              guint8 identifier, const guint8 *random);

/* delay_seconds: since the event. is_radius: who authenticated the user. */
Secret *radius_accounting_request(const RadiusRecord *record, const RadiusNas *nas,
                                  const Secret *secret, guint8 identifier, guint32 delay_seconds,
                                  gboolean is_radius, guint8 ret_authenticator[16]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RadiusLogin, radius_login_free)
