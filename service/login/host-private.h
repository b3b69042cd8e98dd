/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two halves of a Host: verdict.c and account.c. */
#pragma once

#include "login/book.h"
#include "login/control.h"
#include "login/loginlink.h"
#include "login/servers.h"
#include "login/workers.h"

typedef struct {
    GMainLoop *loop;
    Fd link;
    ChannelQueue *queue;
    guint read_watch;
    guint write_watch;
    guint linger;
    gboolean is_parting; /* the link has ended */
    gboolean is_off;     /* the last record was OFF */

    LoginlinkMessage *configure; /* NULL until there is one */
    Servers *servers;            /* NULL without RADIUS */
    Workers *workers;
    GHashTable *conversations; /* session: Conversation */
    GHashTable *questions;     /* ticket of servers: Conversation */

    Control *control; /* NULL where nobody may control sessions */
    guint64 last_control;

    Book *book; /* NULL without accounting */
    gboolean has_accounting_server;
    guint64 booked;      /* the serial that BOOKED told */
    GHashTable *numbers; /* ticket of servers: number of the book */
    GArray *written;     /* guint64: numbers that the file of lines has, to be crossed out */
    Fd lock;
    char *lock_path;
} Host;

void host_send(Host *host, const LoginlinkMessage *message);
void host_note(Host *host, gboolean is_warning, const char *text);

/* verdict.c */
extern const ServersEvents radius_events;
void verdict_open(Host *host);
void verdict_close(Host *host);
void verdict_ask(Host *host, const LoginlinkMessage *message);
void verdict_forget(Host *host, const char *session);
/* Nobody answers the questions any more that were put to the servers of before. */
void verdict_servers_changed(Host *host);

/* account.c */
void account_add(Host *host, const RadiusRecord *record);
void account_done(Host *host, guint64 ticket);
void account_send(guint64 number, const RadiusRecord *record, gpointer user_data); /* BookSend */
void account_cross_out_written(Host *host);
