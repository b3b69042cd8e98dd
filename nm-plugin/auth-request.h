/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an agent of NetworkManager wants from a secrets helper: its command line, the connection on
 * standard input, and the fields that follow from both. Without GTK; the helpers differ in how they
 * ask (auth-helper.c, auth-gtk.c).
 *
 * Secrets that are hinted at are one-time answers: an old value is never offered for them.
 */
#pragma once

#include <gio/gio.h>
#include <stdio.h>

typedef struct {
    const char *name;  /* in vpn.secrets */
    const char *label; /* for people */
    gboolean is_shown; /* typed text may be seen */
    char *value;       /* what is known; NULL for nothing */
    gboolean should_ask;
} AuthField;

typedef struct {
    char *name;    /* of the connection */
    char *message; /* one line, what it is about */
    gboolean is_external;
    gboolean may_ask;
    gboolean asks_again;
    GStrv hints;
    GPtrArray *fields; /* AuthField */
} AuthRequest;

/* NULL with error when this is no request for a Coati connection. */
AuthRequest *auth_request_new(int *argc, char ***argv, GError **error);
/* Reads in up to DONE and fills fields and message. */
void auth_request_read(AuthRequest *request, FILE *in);
/* TRUE when a person has to answer, and may be asked. */
gboolean auth_request_is_open(const AuthRequest *request);
void auth_request_free(AuthRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AuthRequest, auth_request_free)
