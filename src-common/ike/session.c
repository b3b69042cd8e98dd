/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike/session.h"

#include "ike/child.h"
#include "ike/engine.h"
#include "ike/informational.h"
#include "ike/reauth.h"
#include "ike/sa.h"

#include <string.h>

enum { GATEWAY_SLACK_SECONDS = 60 };

IkeSession *
ike_session_new(IkeEngine *engine, IkePolicy *policy, gboolean is_gateway, const IkePath *isakmp,
                const IkePath *natt)
{
    IkeSession *session = g_new0(IkeSession, 1);

    session->engine = engine;
    session->number = ++engine->last_number;
    session->policy = ike_policy_ref(policy);
    session->is_gateway = is_gateway;
    session->deadline = (IkeDeadline){.when = IKE_NEVER, .owner = session};
    session->isakmp = *isakmp;
    session->natt = *natt;
    session->sas = g_ptr_array_new_with_free_func(ike_sa_free);
    session->children = g_ptr_array_new_with_free_func(ike_child_free);
    session->refused = g_array_new(FALSE, FALSE, sizeof(NetPrefix));
    session->reauthenticate_at = session->recreate_at = IKE_NEVER;
    session->recreated_since = engine->now;
    g_hash_table_insert(engine->sessions, &session->number, session);
    ike_session_touch(session);
    return session;
}

void
ike_session_free(gpointer data)
{
    IkeSession *session = data;

    ike_engine_remove_user(session);
    ike_deadlines_set(&session->engine->deadlines, &session->deadline, IKE_NEVER);
    g_ptr_array_unref(session->sas);
    g_ptr_array_unref(session->children);
    g_array_unref(session->refused);
    ike_settings_free(session->settings);
    ike_policy_unref(session->policy);
    g_free(session->user);
    g_free(session->hint_detail);
    g_free(session);
}

IkeAction *
ike_session_tell(IkeSession *session, IkeActionType type)
{
    if (type != IKE_SEND)
        session->is_known = TRUE;
    return ike_queue_push(&session->engine->queue, type, session->number);
}

void
ike_session_tell_stage(IkeSession *session, IkeStage stage)
{
    if (session->is_closed || (session->has_stage && session->stage >= stage))
        return;
    session->has_stage = TRUE;
    session->stage = stage;
    /* A gateway tells of strangers only once they have proved something. */
    if (!session->is_gateway || stage >= IKE_STAGE_LOGIN)
        ike_session_tell(session, IKE_TELL_STAGE)->stage = stage;
}

void
ike_session_note(IkeSession *session, IkeNoteLevel level, const char *format, ...)
{
    IkeQueue *queue = &session->engine->queue;
    IkeAction *action =
        ike_queue_push(queue, IKE_TELL_NOTE, session->is_known ? session->number : 0);
    va_list arguments;

    va_start(arguments, format);
    action->note.level = level;
    action->note.text = ike_queue_keep(queue, g_strdup_vprintf(format, arguments), g_free);
    va_end(arguments);
}

/* ESP deletes first, then ISAKMP, in messages of their own (PROTOCOL 6.13). */
static void
send_deletes(IkeSession *session)
{
    if (session->current != NULL && ike_sa_is_open(session->current)) {
        for (guint i = 0; i < session->children->len; i++) {
            const IkeChild *child = g_ptr_array_index(session->children, i);

            ike_informational_delete_child(session->current, child);
        }
    }
    for (guint i = 0; i < session->sas->len; i++) {
        IkeSa *sa = g_ptr_array_index(session->sas, i);

        if (ike_sa_is_open(sa))
            ike_informational_delete_sa(sa);
    }
}

void
ike_session_close(IkeSession *session, Reason reason, const char *detail, gboolean tells_peer)
{
    IkeQueue *queue = &session->engine->queue;
    IkeAction *action;

    if (session->is_closed)
        return;
    if (tells_peer)
        send_deletes(session);
    for (guint i = 0; i < session->children->len; i++)
        ike_child_tell_down(session, g_ptr_array_index(session->children, i));
    session->is_closed = TRUE;
    ike_session_touch(session);
    if (!session->is_known)
        return;
    action = ike_session_tell(session, IKE_TELL_CLOSED);
    action->closed.reason = reason;
    action->closed.detail = ike_queue_keep_text(queue, detail);
}

void
ike_session_touch(IkeSession *session)
{
    if (session->is_touched)
        return;
    session->is_touched = TRUE;
    g_ptr_array_add(session->engine->touched, session);
}

gint64
ike_session_deadline(const IkeSession *session)
{
    gint64 when = MIN(session->reauthenticate_at, session->recreate_at);

    for (guint i = 0; i < session->sas->len; i++)
        when = MIN(when, ike_sa_deadline(g_ptr_array_index(session->sas, i)));
    for (guint i = 0; i < session->children->len; i++)
        when = MIN(when, ike_child_deadline(g_ptr_array_index(session->children, i)));
    return when;
}

gboolean
ike_session_settle(IkeSession *session)
{
    session->is_touched = FALSE;
    for (guint i = session->sas->len; i > 0; i--) {
        IkeSa *sa = g_ptr_array_index(session->sas, i - 1);

        if (sa->state == IKE_SA_GONE)
            g_ptr_array_remove_index(session->sas, i - 1);
        else
            ike_sa_settle(sa);
    }
    if (session->is_closed || session->sas->len == 0) {
        g_hash_table_remove(session->engine->sessions, &session->number);
        return FALSE;
    }
    ike_deadlines_set(&session->engine->deadlines, &session->deadline,
                      ike_session_deadline(session));
    return TRUE;
}

void
ike_session_tick(IkeSession *session)
{
    ike_session_touch(session);
    for (guint i = 0; i < session->sas->len && !session->is_closed; i++)
        ike_sa_tick(g_ptr_array_index(session->sas, i));
    if (!session->is_closed)
        ike_children_tick(session);
    if (!session->is_closed && session->engine->now >= session->reauthenticate_at) {
        session->reauthenticate_at = IKE_NEVER;
        ike_session_reauthenticate(session);
    }
}

void
ike_session_random(IkeSession *session, IkeRandomUse use, void *ret_octets, gsize length)
{
    session->engine->random(session->engine->random_data, use, ret_octets, length);
}

guint32
ike_session_random_below(IkeSession *session, IkeRandomUse use, guint32 below)
{
    guint32 number;

    ike_session_random(session, use, &number, sizeof(number));
    return GUINT32_FROM_BE(number) % below;
}

gint64
ike_session_jittered(IkeSession *session, gint64 seconds)
{
    gint64 tenth = MAX(IKE_SECONDS(seconds) / 10, 1);
    guint32 part = ike_session_random_below(session, IKE_RANDOM_JITTER, 1000);

    return session->engine->now + IKE_SECONDS(seconds) - tenth * part / 1000;
}

gint64
ike_session_expiry(const IkeSession *session, gint64 lifetime_seconds)
{
    gint64 slack = session->is_gateway ? lifetime_seconds / 10 + GATEWAY_SLACK_SECONDS : 0;

    return session->engine->now + IKE_SECONDS(lifetime_seconds + slack);
}
