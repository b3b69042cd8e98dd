/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Are these credentials good? coati-login says so (login/loginlink.h): asked for each round of
 * Xauth, answered later from the main loop.
 *
 * coati-login is its own unit's (coati-login.socket), with the right to read the shadow file, or,
 * where that is not running, a child with no more rights than this process. When it falls, questions
 * under way are answered with "nobody could say", and the next one starts it anew.
 */
#pragma once

#include "gateway/conf.h"

typedef struct GatewayLogin GatewayLogin;

/* Secrets are borrowed for the call; NULL where not given. */
typedef struct {
    guint64 session;
    guint64 ticket;
    const char *user;
    const Secret *password;
    const Secret *passcode;
    const Secret *domain;
    const Secret *next_pin;
    const Secret *answer;
    const char *group;
    guint round;
    NetEndpoint peer;
} GatewayLoginQuestion;

typedef struct {
    guint64 session;
    guint64 ticket;
    IkeVerdictType type;
    IkeField field;
    const char *message; /* may be NULL */
} GatewayLoginAnswer;

typedef void (*GatewayLoginAnswered)(const GatewayLoginAnswer *answer, gpointer user_data);

/* Keeps a reference of config. */
GatewayLogin *gateway_login_new(GatewayConfig *config, const char *libexec_directory,
                                GatewayLoginAnswered answered, gpointer user_data);
/* No answer comes any more. Accepts NULL. */
void gateway_login_free(GatewayLogin *login);
/* From the next question on. What coati-login refuses is logged, and the former stays. */
void gateway_login_reconfigure(GatewayLogin *login, GatewayConfig *config);

void gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question);
/* The guest is gone: no answer is wanted any more. */
void gateway_login_forget(GatewayLogin *login, guint64 session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayLogin, gateway_login_free)
