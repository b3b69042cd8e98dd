/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question that waits on the tunnel itself: for callers that can serve no agent, such as busctl.
 *
 * It is shown in the property Question and answered by Answer(), within AGENTS_SECONDS. The answers
 * go the way of an agent's.
 */
#include "agents.h"
#include "client/tunnel-private.h"
#include "error.h"

struct HeldQuestion {
    Tunnel *tunnel;
    GVariant *shown; /* (sa(sa{sv})a{sv}) */
    AgentAnswered answered;
    guint timer;
};

static void
held_free(HeldQuestion *held)
{
    g_clear_handle_id(&held->timer, g_source_remove);
    g_variant_unref(held->shown);
    g_free(held);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeldQuestion, held_free)

void
tunnel_held_clear(Tunnel *tunnel)
{
    if (tunnel->held == NULL)
        return;
    g_clear_pointer(&tunnel->held, held_free);
    tunnel_changed(tunnel, "Question", NULL);
}

static gboolean
on_held_too_long(gpointer user_data)
{
    g_autoptr(HeldQuestion) held = user_data;
    Tunnel *tunnel = g_steal_pointer(&held->tunnel->held)->tunnel;

    held->timer = 0;
    tunnel_changed(tunnel, "Question", NULL);
    held->answered(REASON_SECRETS_TIMEOUT, NULL, tunnel);
    return G_SOURCE_REMOVE;
}

void
tunnel_hold(Tunnel *tunnel, const AgentQuestion *question, AgentAnswered answered)
{
    HeldQuestion *held;

    tunnel_held_clear(tunnel);
    held = g_new0(HeldQuestion, 1);
    held->tunnel = tunnel;
    held->shown = g_variant_ref_sink(
        g_variant_new("(s@a(sa{sv})@a{sv})", question->message, question->fields, question->info));
    held->answered = answered;
    held->timer = g_timeout_add_seconds(AGENTS_SECONDS, on_held_too_long, held);
    tunnel->held = held;
    tunnel_changed(tunnel, "Question", NULL);
}

GVariant *
tunnel_held_shown(const Tunnel *tunnel)
{
    GVariantBuilder fields;
    GVariantBuilder info;

    if (tunnel->held != NULL)
        return tunnel->held->shown;
    g_variant_builder_init(&fields, G_VARIANT_TYPE("a(sa{sv})"));
    g_variant_builder_init(&info, G_VARIANT_TYPE_VARDICT);
    return g_variant_new("(sa(sa{sv})a{sv})", "", &fields, &info);
}

gboolean
tunnel_held_answer(Tunnel *tunnel, GHashTable *secrets, GError **error)
{
    g_autoptr(HeldQuestion) held = NULL;
    g_autoptr(GVariant) answers = NULL;
    GVariantDict dict;
    GHashTableIter iter;
    gpointer name;
    gpointer value;

    if (tunnel->held == NULL) {
        g_set_error_literal(error, COATI_ERROR, COATI_ERROR_FAILED,
                            "No question is waiting for an answer here");
        return FALSE;
    }
    held = g_steal_pointer(&tunnel->held);
    g_variant_dict_init(&dict, NULL);
    g_hash_table_iter_init(&iter, secrets);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_variant_dict_insert(&dict, name, "s", secret_text(value));
    answers = g_variant_ref_sink(g_variant_dict_end(&dict));
    tunnel_changed(tunnel, "Question", NULL);
    held->answered(REASON_NONE, answers, tunnel);
    return TRUE;
}
