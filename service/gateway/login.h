/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Are these credentials good, and who accounts for sessions? coati-login does both
 * (login/loginlink.h): asked for each round of Xauth, answered later from the main loop.
 *
 * coati-login is its own unit's (coati-login.socket), with the right to read the shadow file, or,
 * where that is not running, a child with no more rights than this process. When it falls, questions
 * under way are answered with "nobody could say", and it is started anew.
 *
 * Accounting records wait here until coati-login has them on disk: one that falls loses none.
 */
#pragma once

#include "gateway/conf.h"
#include "radius/control.h"
#include "radius/settings.h"

typedef struct GatewayLogin GatewayLogin;

/* Secrets are borrowed for the call; NULL where not given. */
typedef struct {
    guint64 session;
    guint64 ticket;
    const char *id; /* Acct-Session-Id */
    guint32 port;   /* NAS-Port */
    const char *user;
    const Secret *password;
    const Secret *passcode;
    const Secret *domain;
    const Secret *next_pin;
    const Secret *answer;
    GBytes *challenge; /* of CHAP: the password is the answer to it; borrowed, NULL = none */
    const char *group;
    guint round;
    NetEndpoint peer;
} GatewayLoginQuestion;

typedef struct {
    guint64 session;
    guint64 ticket;
    IkeVerdictType type;
    IkeField field;
    const char *message;      /* may be NULL */
    RadiusSettings *settings; /* with YES of RADIUS, else NULL; may be stolen */
} GatewayLoginAnswer;

typedef struct {
    void (*answered)(GatewayLoginAnswer *answer, gpointer user_data);
    /* What it was started with cannot be: the text names the file or value. */
    void (*refused)(const char *text, gpointer user_data);
    /* A RADIUS server wants something of sessions; the result is its answer. */
    RadiusControlResult (*control)(const RadiusControl *what, gpointer user_data);
} GatewayLoginEvents;

/* Keeps a reference of config. Events come from the main loop. state_directory: for accounting,
 * unless coati-login has one of its own. */
GatewayLogin *gateway_login_new(GatewayConfig *config, const char *libexec_directory,
                                const char *state_directory, const GatewayLoginEvents *events,
                                gpointer user_data);
/* No event comes any more. Accepts NULL. */
void gateway_login_free(GatewayLogin *login);

/* error: NULL when config is in force from the next question on, else all is as it was. */
typedef void (*GatewayLoginTried)(const GError *error, gpointer user_data);

/* Calls tried later, once, unless the login is freed before. */
void gateway_login_try(GatewayLogin *login, GatewayConfig *config, GatewayLoginTried tried,
                       gpointer user_data);

void gateway_login_ask(GatewayLogin *login, const GatewayLoginQuestion *question);
/* The guest is gone: no answer is wanted any more. */
void gateway_login_forget(GatewayLogin *login, guint64 session, const char *id);

/* Nothing happens where there is no accounting. */
void gateway_login_account(GatewayLogin *login, RadiusRecord *take_record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GatewayLogin, gateway_login_free)
