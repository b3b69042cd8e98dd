/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiClient: the service as widgets see it, and the one place that listens to it.
 *
 * A GListModel of CoatiConnection, sorted by name; a connection stays the same object while the
 * service restarts. Property "service" (CoatiService). Signal "question" (CoatiQuestion): a person
 * is to be asked; "remark" (text): something small that a person should know; "moved"
 * (CoatiConnection, old, new CoatiState): for notifications and the icon in the panel.
 */
#pragma once

#include "connection.h"
#include "question.h"

typedef enum {
    COATI_SERVICE_STARTING,
    COATI_SERVICE_RUNNING,
    COATI_SERVICE_ABSENT, /* it is tried again by itself */
} CoatiService;

#define COATI_TYPE_CLIENT coati_client_get_type()
G_DECLARE_FINAL_TYPE(CoatiClient, coati_client, COATI, CLIENT, GObject)

/* Looks for the service at once, in the background. */
CoatiClient *coati_client_new(void);
CoatiService coati_client_service(CoatiClient *client);
/* Why it is absent; NULL when it is not. */
const CoatiFailure *coati_client_failure(CoatiClient *client);
/* Tries to start the service now. */
void coati_client_retry(CoatiClient *client);
/* NULL when there is none of this UUID. */
CoatiConnection *coati_client_find(CoatiClient *client, const char *uuid);
/* Whether a profile has this name. */
gboolean coati_client_has_id(CoatiClient *client, const char *id);
/* The bus once it is there; for the parts of the model that ask on their own. */
GDBusConnection *coati_client_bus(CoatiClient *client);

/* The result is the new connection's object path. */
void coati_client_add_async(CoatiClient *client, const Profile *profile, gboolean is_system,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);
char *coati_client_add_finish(CoatiClient *client, GAsyncResult *result, GError **error);
/* NULL before the service has told of it. */
CoatiConnection *coati_client_find_path(CoatiClient *client, const char *path);
