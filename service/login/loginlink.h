/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link between a gateway's coatid and coati-login, which says whether logins are good and
 * accounts for sessions.
 *
 * A Channel (channel.h) over descriptor 3 of coati-login; loginlink.c is its table. A message that
 * is not right ends the link, and coati-login ends with it.
 *
 *     CONFIGURE first            -> READY, or ERROR with a text that names the file or value. After
 *                                   ERROR what was configured before stays. The source of logins
 *                                   can only change with a new process.
 *     VERDICT ticket, session    -> one VERDICT_ANSWER with that ticket. After AGAIN the next round
 *                                   is a VERDICT with a new ticket and the same session; the
 *                                   conversation (PAM, RADIUS State) is kept by session in between.
 *     FORGET session             -> nothing: the conversation is dropped, no answer comes any more.
 *     ACCOUNT record             -> BOOKED: it is on disk now, and is sent until the server has it.
 *                                   Records have serial numbers that go up by one over restarts of
 *                                   both: READY says where the book ends, what comes again below is
 *                                   passed over. At most one STOP a session leaves, whatever is
 *                                   told. ON says that the gateway starts with no guest: sessions
 *                                   that a crash left open get their STOP (NAS-Reboot, last known
 *                                   counters) before it. After a crash of coati-login alone no ON is
 *                                   told and the sessions go on.
 *     CONTROL comes at any time: a server wants a session to end or to have another time (RFC 5176)
 *                                -> one CONTROL_ANSWER with that ticket.
 *     NOTE comes at any time: a line for the log.
 */
#pragma once

#include "base/net.h"
#include "channel.h"
#include "radius/control.h"
#include "radius/settings.h"

typedef enum {
    /* coatid to login */
    LOGINLINK_CONFIGURE = 1,
    LOGINLINK_VERDICT,
    LOGINLINK_FORGET,
    LOGINLINK_ACCOUNT,
    LOGINLINK_CONTROL_ANSWER,
    /* login to coatid */
    LOGINLINK_READY = 64,
    LOGINLINK_ERROR,
    LOGINLINK_VERDICT_ANSWER,
    LOGINLINK_NOTE,
    LOGINLINK_BOOKED,
    LOGINLINK_CONTROL,
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
};

/* Tried in their order. A port of 0: not for that. */
typedef struct {
    NetAddress address;
    guint16 login_port;
    guint16 accounting_port;
    gboolean lacks_message_authenticator; /* believe replies without one; off but for old servers */
    gboolean may_control;                 /* may end sessions (RFC 5176) */
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
            GBytes *challenge; /* of CHAP: the password is the answer to it; else NULL */
            char *group;       /* the phase 1 identity for people */
            NetEndpoint peer;
            NetAddress called; /* the gateway's own address; none = not known */
        } verdict;
        char *forget; /* session */
        RadiusRecord *account;
        guint64 ready; /* the last serial of the book; 0 = none */
        char *error;
        struct {
            guint64 ticket;
            RadiusControl *what;
        } control;
        struct {
            guint64 ticket;
            RadiusControlResult result;
        } control_answer;
        guint64 booked; /* records up to this serial are on disk */
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
CHANNEL_FACE(LoginlinkMessage, LoginlinkType, LoginlinkDirection, loginlink)

/* To a coati-login that a service manager starts for each connection (coati-login.socket); whoever
 * starts it as a child makes a pair instead. */
Fd loginlink_connect(const char *path, GError **error);

/* The body of ACCOUNT alone, for the copy on disk. */
void loginlink_walk_record(Wire *wire, RadiusRecord *record);
