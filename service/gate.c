/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include "error.h"
#include "username.h"

#include <polkit/polkit.h>

#define MANAGER "org.coati.Coati1.Manager"
#define CONNECTION "org.coati.Coati1.Connection"
#define TUNNEL "org.coati.Coati1.Tunnel"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

static const GateRow rows[] = {
    {MANAGER, "AddConnection", GATE_ASK, GATE_MODIFY_OWN, GATE_MODIFY_SYSTEM, GATE_UNSAFE},
    {MANAGER, "ConnectTransient", GATE_ASK, GATE_CONNECT, NULL, GATE_UNSAFE},
    {MANAGER, "FindConnection", GATE_FREE, NULL, NULL, NULL},
    {MANAGER, "RegisterAgent", GATE_FREE, NULL, NULL, NULL},
    {MANAGER, "UnregisterAgent", GATE_FREE, NULL, NULL, NULL},
    {MANAGER, "GetDiagnostics", GATE_FREE, NULL, NULL, NULL},
    {MANAGER, "GetLog", GATE_FREE, NULL, NULL, NULL},
    {MANAGER, "GetTransientError", GATE_FREE, NULL, NULL, NULL},
    {MANAGER, "Reload", GATE_ASK, GATE_MODIFY_SYSTEM, NULL, NULL},
    {CONNECTION, "Connect", GATE_ASK, GATE_CONNECT, NULL, NULL},
    {CONNECTION, "GetSettings", GATE_FREE, NULL, NULL, NULL},
    {CONNECTION, "Update", GATE_ASK, GATE_MODIFY_OWN, GATE_MODIFY_SYSTEM, GATE_UNSAFE},
    {CONNECTION, "Delete", GATE_ASK, GATE_MODIFY_OWN, GATE_MODIFY_SYSTEM, NULL},
    {CONNECTION, "ClearSecrets", GATE_ASK, GATE_MODIFY_OWN, GATE_MODIFY_SYSTEM, NULL},
    {CONNECTION, "GetLastError", GATE_FREE, NULL, NULL, NULL},
    {TUNNEL, "Disconnect", GATE_FREE_TO_OWNER, GATE_DISCONNECT_ANY, NULL, NULL},
    {TUNNEL, "Reauthenticate", GATE_FREE_TO_OWNER, GATE_DISCONNECT_ANY, NULL, NULL},
    {TUNNEL, "Rekey", GATE_FREE_TO_OWNER, GATE_DISCONNECT_ANY, NULL, NULL},
    {TUNNEL, "Answer", GATE_FREE_TO_OWNER, GATE_DISCONNECT_ANY, NULL, NULL},
    {TUNNEL, "Wait", GATE_FREE, NULL, NULL, NULL},
    {TUNNEL, "GetStatistics", GATE_FREE, NULL, NULL, NULL},
    {TUNNEL, "PingGateway", GATE_FREE_TO_OWNER, GATE_DISCONNECT_ANY, NULL, NULL},
    {PROPERTIES, "Get", GATE_FREE, NULL, NULL, NULL},
    {PROPERTIES, "GetAll", GATE_FREE, NULL, NULL, NULL},
    {PROPERTIES, "Set", GATE_NEVER, NULL, NULL, NULL},
    {OBJECT_MANAGER, "GetManagedObjects", GATE_FREE, NULL, NULL, NULL},
    {NULL},
};

struct Gate {
    Peers *peers;
    GCancellable *cancellable;
};

typedef struct {
    Gate *gate;
    char *name;
    char *action;
    PolkitDetails *details;
    PolkitSubject *subject;
    gboolean may_interact;
    GateAnswer answer;
    gpointer user_data;
} Question;

const GateRow *
gate_rows(void)
{
    return rows;
}

const GateRow *
gate_row(const char *interface, const char *method)
{
    for (const GateRow *row = rows; row->interface != NULL; row++)
        if (g_str_equal(row->interface, interface) && g_str_equal(row->method, method))
            return row;
    return NULL;
}

const char *
gate_action(const GateRow *row, const GateFacts *facts)
{
    if (row->rule == GATE_FREE || (row->rule == GATE_FREE_TO_OWNER && facts->is_owner))
        return NULL;
    if (facts->is_system && row->action_system != NULL)
        return row->action_system;
    if (facts->is_unsafe && row->action_unsafe != NULL)
        return row->action_unsafe;
    return row->action;
}

Gate *
gate_new(Peers *peers)
{
    Gate *gate = g_new0(Gate, 1);

    gate->peers = peers;
    gate->cancellable = g_cancellable_new();
    return gate;
}

void
gate_free(Gate *gate)
{
    if (gate == NULL)
        return;
    g_cancellable_cancel(gate->cancellable);
    g_object_unref(gate->cancellable);
    g_free(gate);
}

static void
question_free(Question *question)
{
    g_object_unref(question->details);
    g_clear_object(&question->subject);
    g_free(question->name);
    g_free(question->action);
    g_free(question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

static void
refuse(GateAnswer answer, gpointer user_data, CoatiError code, const char *text)
{
    g_autoptr(GError) error = g_error_new_literal(COATI_ERROR, (gint)code, text);

    answer(error, user_data);
}

static void
on_checked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Question) question = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(PolkitAuthorizationResult) verdict =
        polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(source), result, &error);
    g_autofree char *text = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    /* The answer is looked at through is_authorized alone, and only for a caller that is there. */
    if (verdict != NULL && polkit_authorization_result_get_is_authorized(verdict) &&
        peers_lookup(question->gate->peers, question->name) != NULL) {
        question->answer(NULL, question->user_data);
        return;
    }
    if (verdict != NULL && !question->may_interact &&
        polkit_authorization_result_get_is_challenge(verdict)) {
        text = g_strdup_printf("Authentication is needed for %s", question->action);
        refuse(question->answer, question->user_data, COATI_ERROR_INTERACTION_REQUIRED, text);
        return;
    }
    text = error != NULL ? g_strdup_printf("polkit could not be asked for %s: %s", question->action,
                                           error->message)
                         : g_strdup_printf("You may not do this (%s)", question->action);
    refuse(question->answer, question->user_data, COATI_ERROR_NOT_AUTHORIZED, text);
}

static void
on_authority(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Question) question = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(PolkitAuthority) authority = polkit_authority_get_finish(result, &error);
    g_autofree char *text = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (authority == NULL) {
        text = g_strdup_printf("polkit could not be asked for %s: %s", question->action,
                               error->message);
        refuse(question->answer, question->user_data, COATI_ERROR_NOT_AUTHORIZED, text);
        return;
    }
    polkit_authority_check_authorization(
        authority, question->subject, question->action, question->details,
        question->may_interact ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                               : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
        question->gate->cancellable, on_checked, question);
    question = NULL;
}

gboolean
gate_trusts_root(const GateFacts *facts)
{
    return !facts->is_for_user || !facts->is_unsafe;
}

static void
on_user_name(const char *name, gpointer user_data)
{
    g_autoptr(Question) question = user_data;

    if (name == NULL) {
        refuse(question->answer, question->user_data, COATI_ERROR_NOT_AUTHORIZED,
               "The user whose connection this is has no program on the bus to ask about");
        return;
    }
    question->subject = polkit_system_bus_name_new(name);
    polkit_authority_get_async(question->gate->cancellable, on_authority, question);
    question = NULL;
}

void
gate_ask(Gate *gate, const GateRow *row, const GateFacts *facts, const Peer *peer,
         gboolean may_interact, GateAnswer answer, gpointer user_data)
{
    const char *action;
    Question *question;

    if (row == NULL || row->rule == GATE_NEVER) {
        refuse(answer, user_data, COATI_ERROR_NOT_AUTHORIZED, "Nobody may do this");
        return;
    }
    action = gate_action(row, facts);
    if (action == NULL || (peer->uid == 0 && gate_trusts_root(facts))) {
        answer(NULL, user_data);
        return;
    }
    question = g_new0(Question, 1);
    question->gate = gate;
    question->name = g_strdup(peer->name);
    question->action = g_strdup(action);
    question->details = polkit_details_new();
    if (facts->profile != NULL)
        polkit_details_insert(question->details, "profile", facts->profile);
    if (facts->owner != NULL)
        polkit_details_insert(question->details, "owner", facts->owner);
    if (facts->gateway != NULL)
        polkit_details_insert(question->details, "gateway", facts->gateway);
    question->may_interact = may_interact;
    question->answer = answer;
    question->user_data = user_data;
    if (facts->is_for_user) {
        user_name_find(peers_connection(gate->peers), facts->uid, gate->cancellable, on_user_name,
                       question);
        return;
    }
    question->subject = polkit_system_bus_name_new(question->name);
    polkit_authority_get_async(gate->cancellable, on_authority, question);
}
