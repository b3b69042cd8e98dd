/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Are these credentials good? Asked for each round of Xauth, answered later from the main loop.
 *
 * This part knows the sources (gateway.conf, [login]); it never blocks the loop. Unknown users and
 * wrong passwords get the same answer after the same time.
 */
#pragma once

#include "gateway/conf.h"

typedef struct GatewayLogin GatewayLogin;

typedef struct {
    guint64 session;
    guint64 ticket;
    const char *user;
    const Secret *password; /* NULL where not asked */
    const Secret *answer;   /* of a later round, whatever field it came in */
    guint round;
    NetEndpoint peer;
} GatewayLoginQuestion;

typedef struct {
    guint64 session;
    guint64 ticket;
    IkeVerdictType type;
    IkeField field;
    const char *message; /* may be NULL */
    const char *detail;  /* for the log; may be NULL */
} GatewayLoginAnswer;

typedef void (*GatewayLoginAnswered)(const GatewayLoginAnswer *answer, gpointer user_data);

/* Keeps a reference of config. */
GatewayLogin *gateway_login_new(GatewayConfig *config, const char *libexec_directory,
                                GatewayLoginAnswered answered, gpointer user_data, GError **error);
/* No answer comes any more. Accepts NULL. */
void gateway_login_free(GatewayLogin *login);

/* From the next question on. */
gboolean gateway_login_reconfigure(GatewayLogin *login, GatewayConfig *config, GError **error);

void gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayLogin, gateway_login_free)
