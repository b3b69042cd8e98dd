/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object of a front end that coatid asks: the Agent interface without the asking itself.
 *
 * Nobody but the owner of coatid's name may ask. A question is known by its token from asked() until
 * it is answered, cancelled, declined or withdrawn; a late answer to a withdrawn one meets nothing.
 */
#pragma once

#include <gio/gio.h>

#define AGENT_PORT_PATH "/org/coati/Agent"

typedef struct AgentPort AgentPort;

typedef struct {
    /* All borrowed for the call; fields is a(sa{sv}), info a{sv}, as in the introspection XML. */
    void (*asked)(const char *token, const char *connection, const char *message, GVariant *fields,
                  GVariant *info, gpointer user_data);
    /* The service no longer wants an answer. */
    void (*withdrawn)(const char *token, const char *reason, gpointer user_data);
    /* Whether the gateway took the last answers. May be NULL. */
    void (*judged)(const char *connection, gboolean is_accepted, gpointer user_data);
} AgentPortEvents;

/* Puts the object on the bus. events must outlive it. */
AgentPort *agent_port_new(GDBusConnection *bus, const AgentPortEvents *events, gpointer user_data,
                          GError **error);
/* Declines what is open. Accepts NULL. */
void agent_port_free(AgentPort *port);
/* Unique name of coatid; NULL while there is none: open questions are withdrawn then. */
void agent_port_set_owner(AgentPort *port, const char *owner);
/* Parameters of Manager.RegisterAgent; floating. */
GVariant *agent_port_registration(void);

/* answers: a{sv}, sunk. */
void agent_port_answer(AgentPort *port, const char *token, GVariant *answers);
/* A person does not want to answer. */
void agent_port_cancel(AgentPort *port, const char *token, const char *text);
/* This agent cannot ask now: the service turns to another. */
void agent_port_decline(AgentPort *port, const char *token, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentPort, agent_port_free)
