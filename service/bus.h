/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects on the bus, seen by each caller as far as they are his.
 *
 * GDBus's own object manager shows everything to everyone, so this file does it: every call,
 * property reads and GetManagedObjects included, comes in at one place, is bound to the sender's
 * user, meets an object only if that user may see it (else NotFound, as for one that does not
 * exist), passes the gate, and then reaches its handler. Signals of objects that belong to a user
 * go to that user's names and root's alone, one by one.
 *
 * What a caller may have under way is limited: BUS_MAX_PENDING calls, BUS_MAX_ARGUMENTS octets.
 */
#pragma once

#include "gate.h"
#include "peers.h"

#include <gio/gio.h>

#define BUS_ROOT "/org/coati/Coati1"
/* owner_uid of what everybody may see. */
#define BUS_EVERYBODY G_MAXUINT32

enum { BUS_MAX_PENDING = 16, BUS_MAX_ARGUMENTS = 256 * 1024 };

typedef struct Bus Bus;
typedef struct BusFace BusFace;

/* First member of whatever is an object on the bus. */
typedef struct {
    char *path;
    const BusFace *face;
    guint32 owner_uid;
} BusObject;

/* One method call. Whoever holds it answers exactly once, which frees it. */
typedef struct {
    Bus *bus;
    GDBusMethodInvocation *invocation;
    GVariant *parameters;
    char *sender;
    guint32 uid;
    gboolean may_interact;
    gboolean is_counted;
    gpointer prepared; /* what describe() made of the parameters */
    GDestroyNotify prepared_free;
} BusCall;

typedef struct {
    const char *name;
    void (*handler)(BusObject *object, BusCall *call);
} BusMethod;

struct BusFace {
    GDBusInterfaceInfo *(*info)(void);
    /* Floating or full; every property of info has a value. */
    GVariant *(*property)(BusObject *object, const char *name);
    /* Facts for the gate, borrowed from object or call. FALSE refuses the call with error. */
    gboolean (*describe)(BusObject *object, BusCall *call, GateFacts *ret_facts, GError **error);
    /* A call that describe() or the gate refused; NULL where nobody wants to know. */
    void (*refused)(BusObject *object, BusCall *call, const GError *error);
    const BusMethod *methods; /* ended by NULL */
};

/* Objects live at BUS_ROOT, BUS_ROOT/connection/... and BUS_ROOT/tunnel/... */
Bus *bus_new(GDBusConnection *connection, Peers *peers, Gate *gate, GError **error);
void bus_free(Bus *bus);
GDBusConnection *bus_connection(const Bus *bus);

/* Borrowed until bus_remove(); announces it to those who may see it. */
void bus_add(Bus *bus, BusObject *object);
void bus_remove(Bus *bus, BusObject *object);
/* NULL when there is none or uid may not see it. */
BusObject *bus_find(Bus *bus, const char *path, guint32 uid);
gboolean bus_may_see(const BusObject *object, guint32 uid);

/* names: ended by NULL. */
void bus_changed(Bus *bus, BusObject *object, const char *const *names);
/* parameters: a tuple, floating is sunk; NULL for none. */
void bus_signal(Bus *bus, BusObject *object, const char *signal, GVariant *parameters);

/* value: a tuple, floating is sunk; NULL for none. */
void bus_call_return(BusCall *call, GVariant *value);
void bus_call_fail(BusCall *call, const GError *error);
G_GNUC_PRINTF(3, 4) void bus_call_refuse(BusCall *call, gint code, const char *format, ...);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bus, bus_free)
