/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiConnection: a profile of the service with the tunnel that runs for it, as widgets see it.
 *
 * Properties, all read only and notified: "id", "gateway", "summary" (what goes on, for people),
 * "state" (CoatiState), "is-on" (whether the user's switch stands on). Signal "changed": anything,
 * also of the tunnel. Signal "moved" (CoatiState old, CoatiState new): for notifications.
 * Long work is asynchronous; what fails is the connection's failure until the next attempt.
 */
#pragma once

#include "details.h"
#include "profile/profile.h"
#include "words.h"

#define COATI_TYPE_CONNECTION coati_connection_get_type()
G_DECLARE_FINAL_TYPE(CoatiConnection, coati_connection, COATI, CONNECTION, GObject)

const char *coati_connection_id(CoatiConnection *connection);
const char *coati_connection_uuid(CoatiConnection *connection);
const char *coati_connection_path(CoatiConnection *connection);
const char *coati_connection_gateway(CoatiConnection *connection);
const char *coati_connection_summary(CoatiConnection *connection);
CoatiState coati_connection_state(CoatiConnection *connection);
/* Of the attempt that is under way. */
CoatiStep coati_connection_step(CoatiConnection *connection);
gboolean coati_connection_is_on(CoatiConnection *connection);
/* Shared by all users of this computer. */
gboolean coati_connection_is_system(CoatiConnection *connection);
gboolean coati_connection_is_read_only(CoatiConnection *connection);
/* Unix seconds; 0 while not connected. */
gint64 coati_connection_since(CoatiConnection *connection);
/* Text of the gateway, may have several lines; "" without one. */
const char *coati_connection_banner(CoatiConnection *connection);
/* Nothing leaves this computer but through the tunnel, also while that is not up (lockdown). */
gboolean coati_connection_is_locked(CoatiConnection *connection);
/* Whether the gateway lets passwords be stored. */
gboolean coati_connection_may_save_password(CoatiConnection *connection);
/* NULL when nothing went wrong. */
const CoatiFailure *coati_connection_failure(CoatiConnection *connection);
/* What the session is made of; never NULL, empty without tunnel. */
GPtrArray *coati_connection_details(CoatiConnection *connection);

void coati_connection_connect(CoatiConnection *connection);
void coati_connection_disconnect(CoatiConnection *connection);
/* What the switch does. */
void coati_connection_switch(CoatiConnection *connection, gboolean is_on);
/* Asks the service why the last attempt ended, where this program has not seen it. */
void coati_connection_recall_failure(CoatiConnection *connection);

/* The profile without its secrets. */
void coati_connection_load_async(CoatiConnection *connection, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
Profile *coati_connection_load_finish(CoatiConnection *connection, GAsyncResult *result,
                                      GError **error);
/* Secrets that profile has not got are kept. */
void coati_connection_save_async(CoatiConnection *connection, const Profile *profile,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
void coati_connection_delete_async(CoatiConnection *connection, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
void coati_connection_forget_async(CoatiConnection *connection, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
/* For the three above. */
gboolean coati_connection_finish(CoatiConnection *connection, GAsyncResult *result, GError **error);

/* A person's report in a file (coatictl report), without secrets and login names. */
void coati_connection_report_async(CoatiConnection *connection, GFile *file,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);
