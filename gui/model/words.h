/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What people read of states, reasons and errors, in their language. Reasons have their words in
 * base/reason.c; here they are only translated.
 */
#pragma once

#include "base/reason.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

/* The states of dbus/org.coati.Coati1.xml. */
typedef enum {
    COATI_STATE_DISCONNECTED,
    COATI_STATE_CONNECTING,
    COATI_STATE_AUTHENTICATING,
    COATI_STATE_CONFIGURING,
    COATI_STATE_CONNECTED,
    COATI_STATE_RECONNECTING,
    COATI_STATE_DISCONNECTING,
    COATI_STATE_FAILED,
} CoatiState;

/* What a person sees of the way to a connection. */
typedef enum {
    COATI_STEP_REACHING,
    COATI_STEP_VERIFYING,
    COATI_STEP_SIGNING_IN,
    COATI_STEP_ADDRESS,
    COATI_STEP_SECURING,
    COATI_STEP_COUNT,
} CoatiStep;

/* Why something did not work. No field is NULL; token is "" for what is no reason of a tunnel. */
typedef struct {
    char *token;
    char *title;
    char *hint;
    char *detail;
} CoatiFailure;

CoatiFailure *coati_failure_new(const char *token, const char *detail);
/* A call to the service that failed. */
CoatiFailure *coati_failure_new_of_error(const GError *error);
/* Accepts NULL. */
void coati_failure_free(CoatiFailure *failure);

CoatiState coati_state_find(const char *name);
/* "Connected", ... */
const char *coati_state_text(CoatiState state);
/* The step of a tunnel in this state with this stage; COATI_STEP_COUNT when all are done. */
CoatiStep coati_step_find(CoatiState state, const char *stage);
/* "Reaching the gateway", ... */
const char *coati_step_text(CoatiStep step);

/* "2 h 5 min"; to be freed. */
char *coati_duration_text(guint64 seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CoatiFailure, coati_failure_free)
