/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CoatiGateway: the gateway that runs on this computer, for administrators whom the bus lets in:
 * sessions, pools and events as lists of CoatiGatewayItem. Property "is-open" (boolean): there is
 * one and this user may talk to it. The lists are renewed while it is active.
 */
#pragma once

#include <gio/gio.h>

#define COATI_TYPE_GATEWAY_ITEM coati_gateway_item_get_type()
G_DECLARE_FINAL_TYPE(CoatiGatewayItem, coati_gateway_item, COATI, GATEWAY_ITEM, GObject)
/* Number of a session as text; "" for pools and events. */
const char *coati_gateway_item_key(CoatiGatewayItem *item);
const char *coati_gateway_item_title(CoatiGatewayItem *item);
const char *coati_gateway_item_subtitle(CoatiGatewayItem *item);

typedef enum {
    COATI_GATEWAY_SESSIONS,
    COATI_GATEWAY_POOLS,
    COATI_GATEWAY_EVENTS,
    COATI_GATEWAY_LIST_COUNT,
} CoatiGatewayList;

#define COATI_TYPE_GATEWAY coati_gateway_get_type()
G_DECLARE_FINAL_TYPE(CoatiGateway, coati_gateway, COATI, GATEWAY, GObject)

CoatiGateway *coati_gateway_new(void);
gboolean coati_gateway_is_open(CoatiGateway *gateway);
void coati_gateway_set_active(CoatiGateway *gateway, gboolean is_active);
GListModel *coati_gateway_list(CoatiGateway *gateway, CoatiGatewayList list);
/* Ends the session of this key. */
void coati_gateway_kick_async(CoatiGateway *gateway, const char *key, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean coati_gateway_kick_finish(CoatiGateway *gateway, GAsyncResult *result, GError **error);
