/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link between a gateway's coatid and coati-login, which says whether logins are good and
 * accounts for sessions.
 *
 * One AF_UNIX SOCK_SEQPACKET socket, descriptor 3 of coati-login; one message a datagram: type u16,
 * then the body, by one table (loginlink.c). A message that does not parse exactly or comes from
 * the wrong side ends the link, and coati-login ends with it.
 *
 *     CONFIGURE first            -> READY, or ERROR with a text that names the file or value. After
 *                                   ERROR what was configured before stays. The source of logins
 *                                   can only change with a new process.
 *     VERDICT ticket, session    -> one VERDICT_ANSWER with that ticket. After AGAIN the next round
 *                                   is a VERDICT with a new ticket and the same session; the
 *                                   conversation (PAM, RADIUS State) is kept by session in between.
 *     FORGET session             -> nothing: the conversation is dropped, no answer comes any more.
 *     ACCOUNT record             -> nothing: once read it is on disk before anything is sent, and is
 *                                   sent until the server has it. At most one STOP a session leaves,
 *                                   whatever is told. ON says that the gateway starts with no guest:
 *                                   sessions that a crash left open get their STOP (NAS-Reboot,
 *                                   last known counters) before it. After a crash of coati-login
 *                                   alone no ON is told and the sessions go on.
 *     NOTE comes at any time: a line for the log.
 */
#pragma once

#include "base/fd.h"
#include "base/net.h"
#include "base/secret.h"
#include "radius/settings.h"
#include "wire.h"

#include <gio/gio.h>

typedef enum {
    /* coatid to login */
    LOGINLINK_CONFIGURE = 1,
    LOGINLINK_VERDICT,
    LOGINLINK_FORGET,
    LOGINLINK_ACCOUNT,
    /* login to coatid */
    LOGINLINK_READY = 64,
    LOGINLINK_ERROR,
    LOGINLINK_VERDICT_ANSWER,
    LOGINLINK_NOTE,
} LoginlinkType;

typedef enum { LOGINLINK_TO_LOGIN, LOGINLINK_TO_SERVICE } LoginlinkDirection;

typedef enum {
    LOGIN_SOURCE_USERS,  /* a file of lines user:hash, hashes as of crypt(5) */
    LOGIN_SOURCE_SYSTEM, /* accounts of this machine */
    LOGIN_SOURCE_PAM,
    LOGIN_SOURCE_RADIUS,
} LoginSource;

typedef enum {
    LOGIN_YES,
    LOGIN_NO,
    LOGIN_AGAIN,       /* one more round: ask for field, show message */
    LOGIN_UNREACHABLE, /* nobody could say: not a wrong password */
} LoginVerdict;

/* Numbers of Xauth, as IkeField. */
typedef enum {
    LOGIN_FIELD_PASSWORD = 16522,
    LOGIN_FIELD_PASSCODE = 16523,
    LOGIN_FIELD_ANSWER = 16529,
} LoginField;

enum {
    LOGINLINK_MAX_SERVERS = 8,
    LOGINLINK_MAX_GROUPS = 64,
    LOGINLINK_MAX_TEXT = 1024,
    LOGINLINK_MAX_PATH = 4095,
    LOGINLINK_MAX_SECRET = 1024,
    LOGINLINK_MAX_WAITING = 65536, /* messages in a LoginlinkQueue */
};

/* Tried in their order. A port of 0: not for that. */
typedef struct {
    NetAddress address;
    guint16 login_port;
    guint16 accounting_port;
    gboolean lacks_message_authenticator; /* believe replies without one; off but for old servers */
} LoginServer;

/* One message; only the member of its type is set. Everything it holds is its own. */
typedef struct {
    LoginlinkType type;
    union {
        struct {
            LoginSource source;
            char *users_file;      /* NULL but for USERS */
            GPtrArray *groups;     /* char: SYSTEM and PAM, any of them; empty = everyone */
            char *pam_service;     /* NULL but for PAM */
            guint32 limit_seconds; /* of a check by PAM or system accounts; 0 = 30 */
            GArray *servers;       /* LoginServer; with an accounting port whatever the source */
            char *secret_file;     /* one line; "ADDRESS SECRET" lines give servers their own */
            guint32 timeout_milliseconds; /* first of a server; 0 = 2000 */
            guint32 tries;                /* per server; 0 = 3 */
            guint32 dead_seconds;         /* a silent server is passed over; 0 = 300 */
            char *nas_identifier;         /* may be NULL */
            NetAddress nas_address;       /* none = not sent */
            char *state_directory;        /* accounting waits here; NULL = no accounting */
            char *accounting_file;        /* JSON lines, without accounting servers; may be NULL */
        } configure;
        struct {
            guint64 ticket;
            char *session; /* Acct-Session-Id to be */
            guint32 nas_port;
            guint32 round; /* 1 starts a conversation */
            Secret *user;
            Secret *password; /* these NULL where not given */
            Secret *passcode;
            Secret *domain;
            Secret *next_pin;
            Secret *answer;
            char *group; /* the phase 1 identity for people */
            NetEndpoint peer;
            NetAddress called; /* the gateway's own address; none = not known */
        } verdict;
        char *forget; /* session */
        RadiusRecord *account;
        char *error;
        struct {
            guint64 ticket;
            LoginVerdict verdict;
            LoginField field;         /* with AGAIN */
            char *message;            /* for the user, may be NULL */
            guint32 answer_seconds;   /* with AGAIN: time for it; 0 = not said */
            RadiusSettings *settings; /* with YES of RADIUS, else NULL */
        } answer;
        struct {
            gboolean is_warning;
            char *text;
        } note;
    };
} LoginlinkMessage;

/* CONFIGURE comes with its arrays. */
LoginlinkMessage *loginlink_message_new(LoginlinkType type);
void loginlink_message_free(LoginlinkMessage *message);
/* For logs; never shows contents. */
const char *loginlink_name(LoginlinkType type);

/* NULL when the message cannot be written (something too long). A login may be in it. */
Secret *loginlink_write(const LoginlinkMessage *message);
/* NULL with G_IO_ERROR_INVALID_DATA when data is not exactly one message of that direction. */
LoginlinkMessage *loginlink_parse(const guint8 *data, gsize length, LoginlinkDirection direction,
                                  GError **error);
/* NULL without error when the other end is gone; G_IO_ERROR_WOULD_BLOCK when there is none. */
LoginlinkMessage *loginlink_receive(Fd socket, LoginlinkDirection direction, GError **error);

/* To a coati-login that a service manager starts for each connection (coati-login.socket); whoever
 * starts it as a child makes a pair instead. */
Fd loginlink_connect(const char *path, GError **error);

/* The body of ACCOUNT alone, for the copy on disk. */
void loginlink_walk_record(Wire *wire, RadiusRecord *record);

/*
 * An end that sends: what does not fit into the socket waits here, in order, so that a burst of
 * logins ends neither side.
 */
typedef struct LoginlinkQueue LoginlinkQueue;

/* socket is borrowed. */
LoginlinkQueue *loginlink_queue_new(Fd socket);
void loginlink_queue_free(LoginlinkQueue *queue);
/* FALSE when the other end is gone or does not read, or the message cannot be written. */
gboolean loginlink_queue_send(LoginlinkQueue *queue, const LoginlinkMessage *message,
                              GError **error);
/* When the socket can be written to again. */
gboolean loginlink_queue_flush(LoginlinkQueue *queue, GError **error);
gboolean loginlink_queue_is_waiting(const LoginlinkQueue *queue);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoginlinkMessage, loginlink_message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoginlinkQueue, loginlink_queue_free)
