/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A gateway: who comes in, under which name and with which address, and who goes.
 *
 * The engine asks and tells (guestlink.h); the pool, the bans and the login decide. The engine is
 * believed in nothing that matters: a login counts for the session it was asked for, an address is
 * the one that was leased to it, and an engine that says otherwise is ended. Every guest's lease is
 * released in one place, when the guest is forgotten, whatever the reason.
 *
 * A reload reads and checks all of the new configuration first; guests that are there keep the
 * settings and policies that they came with.
 */
#pragma once

#include "gateway/bans.h"
#include "gateway/events.h"
#include "gateway/guest.h"
#include "gateway/leases.h"
#include "gateway/link.h"
#include "gateway/login.h"
#include "gateway/site.h"

typedef struct {
    const char *config_path;
    const char *state_directory;
    const char *libexec_directory;
} GatewayOptions;

/* Since the start. */
typedef struct {
    guint64 logins_accepted;
    guint64 logins_refused;
    guint64 logins_unreachable;
    guint64 sessions; /* that came up */
    guint64 pool_empty;
    guint64 reloads;
    guint64 reloads_failed;
    guint64 engines; /* that were started */
} GatewayNumbers;

typedef struct Gateway Gateway;

/* Told of each event that is logged, for whoever listens; all texts are clean. */
typedef void (*GatewayHear)(const Event *event, gpointer user_data);

Gateway *gateway_new(const GatewayOptions *options, GError **error);
void gateway_free(Gateway *gateway);
void gateway_hear(Gateway *gateway, GatewayHear hear, gpointer user_data);

/* failed is called when coati-login refuses what the gateway was started with. */
void gateway_on_failure(Gateway *gateway, GSourceOnceFunc failed, gpointer user_data);

/* All guests are told to go; done is called when they went, or after two seconds. */
void gateway_stop(Gateway *gateway, GSourceOnceFunc done, gpointer user_data);

/* error: everything is as it was; else NULL and the warnings, char. */
typedef void (*GatewayReloaded)(const GPtrArray *warnings, const GError *error, gpointer user_data);

/*
 * All of the file, and what it names, is read and checked first; then coati-login says whether it
 * can be as it is told; then all of it takes its place at once. done is called once, now or later;
 * never when the gateway is freed before.
 */
void gateway_reload(Gateway *gateway, GatewayReloaded done, gpointer user_data);

/* seconds 0: until the end. */
void gateway_ban(Gateway *gateway, const char *name, guint seconds);
gboolean gateway_unban(Gateway *gateway, const char *name);

/* No new guests; those that are there stay. */
void gateway_drain(Gateway *gateway, gboolean is_draining);

/* name: a session's number, a user or an inner address. Returns how many were told to go. */
guint gateway_kick(Gateway *gateway, const char *name);

/* done is called when the counters of these guests (NULL-terminated by session 0) are fresh. */
void gateway_refresh(Gateway *gateway, const guint64 *sessions, GSourceOnceFunc done,
                     gpointer user_data);

/* Guest, by session; borrowed. The array is the caller's. */
GPtrArray *gateway_guests(Gateway *gateway);
const Guest *gateway_find(Gateway *gateway, guint64 session);
const GatewayConfig *gateway_config(const Gateway *gateway);
const Leases *gateway_leases(const Gateway *gateway);
Bans *gateway_bans(Gateway *gateway);
const Events *gateway_events(const Gateway *gateway);
const GatewayNumbers *gateway_numbers(const Gateway *gateway);
/* Of all guests together; as fresh as the last gateway_refresh(). */
const BoundaryCounters *gateway_counters(const Gateway *gateway);
gboolean gateway_is_draining(const Gateway *gateway);
/* Microseconds of CLOCK_BOOTTIME. */
gint64 gateway_now(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)
