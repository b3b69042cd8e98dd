/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside a gateway: gateway.c is its life, gateway-guests.c what its engine asks and tells. */
#pragma once

#include "gateway/gateway.h"
#include "plane-kernel.h"

/* A question for counters; the engine answers in order, so its mark comes back behind them. */
typedef struct {
    GSourceOnceFunc done;
    gpointer user_data;
} GatewayRefresh;

/* One at a time; done is NULL when there is none. */
typedef struct {
    GatewayConfig *config;
    GatewayReloaded done;
    gpointer user_data;
} GatewayReload;

struct Gateway {
    char *config_path;
    char *state_directory;
    char *libexec_directory;
    GatewayConfig *config;
    GatewayReload reload;
    GatewaySockets sockets;
    GatewaySite *network;
    GatewayLink *link;   /* NULL while a new engine is waited for */
    KernelPlane *kernel; /* NULL: the engine moves the packets */
    GatewayLogin *login;
    Leases *leases;
    char *run;         /* of the engine, for what its guests are called */
    guint32 last_port; /* that a guest was given */
    Bans *bans;
    Events *events;
    GHashTable *guests;  /* session -> Guest */
    GHashTable *holders; /* user -> GPtrArray of Guest that have a lease, oldest lease first */
    GQueue refreshes;    /* GatewayRefresh */
    BoundaryCounters counters;
    GatewayNumbers numbers;
    GatewayHear hear;
    gpointer hear_data;
    guint times_source;
    gboolean times_is_asking;
    guint restart_source;
    guint distrust_source;
    guint save_source;
    gboolean is_draining;
    gboolean is_stopping;
    gboolean is_failed; /* it cannot serve as it was started */
    GSourceOnceFunc failed;
    gpointer failed_data;
    GSourceOnceFunc stopped;
    gpointer stopped_data;
    guint stop_source;
};

void gateway_send(Gateway *gateway, const GuestlinkMessage *message, const Fd *fds);
/* Logs it, keeps it for a while and tells who listens. guest NULL: it is about nobody. */
G_GNUC_PRINTF(6, 7)
void gateway_event(Gateway *gateway, const Guest *guest, GLogLevelFlags level, const char *event,
                   Reason reason, const char *format, ...);
/* Tells a guest to go. */
void gateway_hang_up(Gateway *gateway, Guest *guest, Reason reason);
/* The end of a guest, whatever the reason: here alone its lease is released. */
void gateway_forget(Gateway *gateway, Guest *guest, Reason reason);
/* The engine broke a rule. */
void gateway_distrust(Gateway *gateway, const Guest *guest, const char *text);

/* accounting.c */
void gateway_account_on(Gateway *gateway);
void gateway_account_off(Gateway *gateway);
/* The guest has its lease. */
void gateway_account_start(Gateway *gateway, Guest *guest);
void gateway_account_interim(Gateway *gateway, const Guest *guest);
/* Nothing where no Start was. */
void gateway_account_stop(Gateway *gateway, Guest *guest, Reason reason);

/* times.c; 0 = no such limit */
void gateway_times_begin(Gateway *gateway, Guest *guest, guint32 session_timeout_seconds,
                         guint32 idle_timeout_seconds, guint32 interim_seconds);
/* Another end, counted from now. */
void gateway_times_limit(Gateway *gateway, Guest *guest, guint32 seconds);

/* control.c */
RadiusControlResult gateway_control(const RadiusControl *what, gpointer gateway);

/* gateway-lease.c; guest NULL: it is not known */
void gateway_ask_lease(Gateway *gateway, Guest *guest, const GuestlinkMessage *message);
/* For Gateway.holders. */
GHashTable *gateway_holders_new(void);
/* The guest's lease, if it has one, is free again. */
void gateway_release(Gateway *gateway, Guest *guest);

/* kernel.c */
/* Chooses the plane, once for the life of the process, and opens the kernel's. */
gboolean gateway_kernel_open(Gateway *gateway, GError **error);
void gateway_kernel_take_keys(Gateway *gateway, Guest *guest, const BoundaryKeys *keys);
void gateway_kernel_take_send(Gateway *gateway, Guest *guest, guint64 child);
/* The guest is somewhere else. */
void gateway_kernel_take_path(Gateway *gateway, const Guest *guest);
/* What the kernel counted, in the place of what the engine did. guest NULL: of all. */
void gateway_kernel_count(Gateway *gateway, Guest *guest);

/* gateway-guests.c */
void gateway_take(const GuestlinkMessage *message, gpointer gateway);
void gateway_answered(GatewayLoginAnswer *answer, gpointer gateway);
