/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside a gateway: gateway.c is its life, gateway-guests.c what its engine asks and tells. */
#pragma once

#include "gateway/gateway.h"

/* A question for counters; the engine answers in order, so its mark comes back behind them. */
typedef struct {
    GSourceOnceFunc done;
    gpointer user_data;
} GatewayRefresh;

struct Gateway {
    char *config_path;
    char *state_directory;
    char *libexec_directory;
    GatewayConfig *config;
    GatewaySockets sockets;
    GatewaySite *network;
    GatewayLink *link; /* NULL while a new engine is waited for */
    GatewayLogin *login;
    Pool *pool;
    Bans *bans;
    GHashTable *guests; /* session -> Guest */
    GQueue refreshes;   /* GatewayRefresh */
    BoundaryCounters counters;
    GatewayNumbers numbers;
    GatewayHear hear;
    gpointer hear_data;
    guint restart_source;
    guint save_source;
    gboolean is_draining;
    gboolean is_stopping;
    GSourceOnceFunc stopped;
    gpointer stopped_data;
    guint stop_source;
};

void gateway_send(Gateway *gateway, const GuestlinkMessage *message, const Fd *fds);
/* Logs and tells who listens. */
G_GNUC_PRINTF(6, 7)
void gateway_event(Gateway *gateway, const Guest *guest, GLogLevelFlags level, const char *event,
                   Reason reason, const char *format, ...);
/* Tells a guest to go. */
void gateway_hang_up(Gateway *gateway, Guest *guest, Reason reason);
/* The end of a guest, whatever the reason: here alone its lease is released. */
void gateway_forget(Gateway *gateway, Guest *guest);
/* The engine broke a rule. */
void gateway_distrust(Gateway *gateway, const Guest *guest, const char *text);

/* gateway-guests.c */
void gateway_take(const GuestlinkMessage *message, gpointer gateway);
void gateway_answered(const GatewayLoginAnswer *answer, gpointer gateway);
