/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The RADIUS client: which server is asked when, how often and what its answer means. Sans-I/O like
 * the IKE core: feed one stimulus, carry out the actions, arm a timer for the deadline. now is
 * microseconds of CLOCK_BOOTTIME.
 *
 * A login goes to the first server that is alive; while another one is there it has one try less,
 * so that failing over takes under five seconds with the usual times. A server that stays silent
 * is passed over for a while and then tried with the next request (RFC 5080 2.2). Retransmissions of
 * a login are the same octets; those of accounting carry a new Acct-Delay-Time and therefore a new
 * identifier (RFC 2866 4.1).
 *
 * Accounting goes on until a server has it: records wait in a Backlog, one probe at a time while
 * no server answers. Whoever hosts the client keeps them on disk in the meantime.
 *
 * A port is one connected UDP socket of the host: a server's for logins or accounting; each holds
 * 256 requests, then the next lane is opened.
 */
#pragma once

#include "radius/request.h"

typedef struct {
    char *name; /* for notes */
    Secret *secret;
    gboolean has_login;
    gboolean has_accounting;
    gboolean lacks_message_authenticator; /* answers are believed without one */
} RadiusServer;

typedef void (*RadiusRandom)(gpointer user_data, guint8 *ret_octets, gsize length);

/* Everything is borrowed for the call to radius_client_new(), which copies. */
typedef struct {
    const RadiusServer *servers;
    guint server_count; /* RADIUS_MAX_SERVERS at most */
    RadiusNas nas;
    gint64 timeout;    /* the first of a server; 0 = 2 s */
    guint tries;       /* of the last server; 0 = 3 */
    gint64 dead;       /* 0 = 300 s */
    gboolean is_local; /* users are not authenticated by these servers (Acct-Authentic) */
    RadiusRandom random;
    gpointer random_data;
} RadiusOptions;

enum {
    RADIUS_MAX_SERVERS = 8,
    RADIUS_MAX_LANES = 16, /* of a server and use */
    RADIUS_LOGIN_LIMIT_SECONDS = 30,
};

typedef enum { RADIUS_FOR_LOGIN, RADIUS_FOR_ACCOUNTING } RadiusUse;

typedef struct {
    guint server;
    RadiusUse use;
    guint lane;
} RadiusPort;

typedef enum {
    RADIUS_OUTCOME_ACCEPT,
    RADIUS_OUTCOME_REJECT,
    RADIUS_OUTCOME_CHALLENGE,
    RADIUS_OUTCOME_SILENCE, /* of all servers */
    RADIUS_OUTCOME_REFUSED, /* cannot be asked: user or password is too long */
} RadiusOutcome;

typedef enum { RADIUS_SEND, RADIUS_ANSWER, RADIUS_ACCOUNTED, RADIUS_NOTE } RadiusActionType;

typedef struct {
    RadiusActionType type;
    guint64 ticket; /* of ANSWER and ACCOUNTED */
    union {
        struct {
            RadiusPort port;
            Secret *octets;
        } send;
        struct {
            RadiusOutcome outcome;
            char *message;    /* Reply-Message, may be NULL */
            GBytes *state;    /* with CHALLENGE, may be NULL */
            gboolean is_echo; /* with CHALLENGE: the answer may be shown */
            guint32 answer_seconds;
            RadiusSettings *settings; /* with ACCEPT */
        } answer;
        struct {
            gboolean is_warning;
            char *text;
        } note;
    };
} RadiusAction;

typedef struct RadiusClient RadiusClient;

RadiusClient *radius_client_new(const RadiusOptions *options);
void radius_client_free(RadiusClient *client);

/* What the wall clock says at now, for Acct-Delay-Time. */
void radius_client_set_clock(RadiusClient *client, gint64 now, gint64 unix_seconds);

/* Exactly one ANSWER comes, unless the ticket is forgotten. */
guint64 radius_client_login(RadiusClient *client, gint64 now, RadiusLogin *take_login);
void radius_client_forget(RadiusClient *client, guint64 ticket);
/* Exactly one ACCOUNTED comes, once a server has it or it is no longer needed. */
guint64 radius_client_account(RadiusClient *client, gint64 now, RadiusRecord *take_record);
guint radius_client_backlog(const RadiusClient *client);

/* A datagram of the socket of port. */
void radius_client_receive(RadiusClient *client, gint64 now, const RadiusPort *port,
                           const guint8 *data, gsize length);
void radius_client_tick(RadiusClient *client, gint64 now);
/* -1 = never. */
gint64 radius_client_deadline(const RadiusClient *client);
/* The next action, or NULL; valid until the next call. The caller may steal out of it. */
RadiusAction *radius_client_next(RadiusClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RadiusClient, radius_client_free)
