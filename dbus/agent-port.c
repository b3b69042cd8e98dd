/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent-port.h"

#include "coati-dbus.h"

#define CANCELLED "org.coati.Coati1.Agent.Error.Cancelled"
#define FAILED "org.coati.Coati1.Agent.Error.Failed"

struct AgentPort {
    CoatiDbusAgent *skeleton;
    const AgentPortEvents *events;
    gpointer user_data;
    char *owner;
    GHashTable *open; /* token -> GDBusMethodInvocation, whose return takes its reference */
};

static gboolean
is_service(const AgentPort *port, GDBusMethodInvocation *invocation)
{
    return g_strcmp0(g_dbus_method_invocation_get_sender(invocation), port->owner) == 0;
}

static gboolean
on_request(CoatiDbusAgent *skeleton, GDBusMethodInvocation *invocation, const char *connection,
           const char *message, GVariant *fields, GVariant *info, gpointer user_data)
{
    AgentPort *port = user_data;
    const char *token = "";

    g_variant_lookup(info, "token", "&s", &token);
    if (!is_service(port, invocation) || g_hash_table_contains(port->open, token)) {
        g_dbus_method_invocation_return_dbus_error(invocation, FAILED, "not now");
        return TRUE;
    }
    g_hash_table_insert(port->open, g_strdup(token), invocation);
    port->events->asked(token, connection, message, fields, info, port->user_data);
    return TRUE;
}

/* The invocation of an open question, no longer open; NULL for a token that is not. */
static GDBusMethodInvocation *
close_question(AgentPort *port, const char *token)
{
    g_autofree char *key = NULL;
    gpointer stolen_key = NULL;
    gpointer invocation = NULL;

    if (g_hash_table_steal_extended(port->open, token, &stolen_key, &invocation))
        key = stolen_key;
    return invocation;
}

static void
refuse(AgentPort *port, const char *token, const char *name, const char *text)
{
    GDBusMethodInvocation *invocation = close_question(port, token);

    if (invocation != NULL)
        g_dbus_method_invocation_return_dbus_error(invocation, name, text);
}

static void
withdraw(AgentPort *port, const char *token, const char *reason)
{
    g_autofree char *kept = g_strdup(token);

    if (!g_hash_table_contains(port->open, kept))
        return;
    port->events->withdrawn(kept, reason, port->user_data);
    refuse(port, kept, CANCELLED, reason);
}

static void
withdraw_all(AgentPort *port, const char *reason)
{
    g_autoptr(GList) tokens = g_hash_table_get_keys(port->open);

    for (GList *token = tokens; token != NULL; token = token->next)
        withdraw(port, token->data, reason);
}

static gboolean
on_cancel(CoatiDbusAgent *skeleton, GDBusMethodInvocation *invocation, const char *token,
          const char *reason, gpointer user_data)
{
    AgentPort *port = user_data;

    if (is_service(port, invocation))
        withdraw(port, token, reason);
    coati_dbus_agent_complete_cancel(skeleton, invocation);
    return TRUE;
}

static gboolean
on_result(CoatiDbusAgent *skeleton, GDBusMethodInvocation *invocation, const char *connection,
          gboolean accepted, gpointer user_data)
{
    AgentPort *port = user_data;

    if (is_service(port, invocation) && port->events->judged != NULL)
        port->events->judged(connection, accepted, port->user_data);
    coati_dbus_agent_complete_secrets_result(skeleton, invocation);
    return TRUE;
}

static gboolean
on_release(CoatiDbusAgent *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
    AgentPort *port = user_data;

    if (is_service(port, invocation))
        withdraw_all(port, "shutdown");
    coati_dbus_agent_complete_release(skeleton, invocation);
    return TRUE;
}

AgentPort *
agent_port_new(GDBusConnection *bus, const AgentPortEvents *events, gpointer user_data,
               GError **error)
{
    g_autoptr(AgentPort) port = g_new0(AgentPort, 1);

    port->events = events;
    port->user_data = user_data;
    port->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    port->skeleton = coati_dbus_agent_skeleton_new();
    g_signal_connect(port->skeleton, "handle-request-secrets", G_CALLBACK(on_request), port);
    g_signal_connect(port->skeleton, "handle-cancel", G_CALLBACK(on_cancel), port);
    g_signal_connect(port->skeleton, "handle-secrets-result", G_CALLBACK(on_result), port);
    g_signal_connect(port->skeleton, "handle-release", G_CALLBACK(on_release), port);
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(port->skeleton), bus,
                                          AGENT_PORT_PATH, error))
        return NULL;
    return g_steal_pointer(&port);
}

void
agent_port_free(AgentPort *port)
{
    if (port == NULL)
        return;
    while (g_hash_table_size(port->open) > 0) {
        g_autoptr(GList) tokens = g_hash_table_get_keys(port->open);

        agent_port_decline(port, tokens->data, "the agent leaves");
    }
    g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(port->skeleton));
    g_object_unref(port->skeleton);
    g_hash_table_unref(port->open);
    g_free(port->owner);
    g_free(port);
}

void
agent_port_set_owner(AgentPort *port, const char *owner)
{
    if (g_strcmp0(port->owner, owner) == 0)
        return;
    withdraw_all(port, "out-of-range");
    g_free(port->owner);
    port->owner = g_strdup(owner);
}

GVariant *
agent_port_registration(void)
{
    static const char *const capabilities[] = {"text",   "secret",      "otp",
                                               "choice", "certificate", NULL};

    return g_variant_new("(o^as)", AGENT_PORT_PATH, capabilities);
}

void
agent_port_answer(AgentPort *port, const char *token, GVariant *answers)
{
    g_autoptr(GVariant) sunk = g_variant_ref_sink(answers);
    GDBusMethodInvocation *invocation = close_question(port, token);

    if (invocation != NULL)
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(@a{sv})", sunk));
}

void
agent_port_cancel(AgentPort *port, const char *token, const char *text)
{
    refuse(port, token, CANCELLED, text);
}

void
agent_port_decline(AgentPort *port, const char *token, const char *text)
{
    refuse(port, token, FAILED, text);
}
