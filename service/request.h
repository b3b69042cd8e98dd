/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call of AddConnection or ConnectTransient asks for: settings a{sv} and options a{sv}, read
 * once for the gate and then carried out.
 */
#pragma once

#include "bus.h"
#include "client/connection.h"

typedef struct {
    Profile *profile;
    gboolean is_system;     /* of AddConnection: for the whole machine */
    ConnectOptions options; /* of ConnectTransient */
    char *owner;            /* for the gate: "system" or a user's number */
} Request;

/* Reads the parameters into call->prepared, which then is a Request. */
gboolean request_read(BusCall *call, gboolean is_transient, GError **error);
/* Whose profile or tunnel it will be: the caller's, unless root acts for a user. */
guint32 request_uid(const Request *request, const BusCall *call);
/* Facts for the gate, borrowed from the request. */
void request_describe(const Request *request, const BusCall *call, GateFacts *ret_facts);
