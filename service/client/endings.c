/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/endings.h"

#include "error.h"

#include <string.h>

typedef struct {
    guint32 seen_by;
    char *id;
    char *uuid;
    Reason reason;
    char *detail;
} Ending;

struct Endings {
    GQueue list; /* Ending, oldest first */
};

static void
ending_free(Ending *ending)
{
    g_free(ending->id);
    g_free(ending->uuid);
    g_free(ending->detail);
    g_free(ending);
}

Endings *
endings_new(void)
{
    Endings *endings = g_new0(Endings, 1);

    g_queue_init(&endings->list);
    return endings;
}

void
endings_free(Endings *endings)
{
    if (endings == NULL)
        return;
    g_queue_clear_full(&endings->list, (GDestroyNotify)ending_free);
    g_free(endings);
}

static void
drop(Endings *endings, GList *item)
{
    ending_free(item->data);
    g_queue_delete_link(&endings->list, item);
}

/* What this one replaces, and what must go so that no user fills the list. */
static void
make_room(Endings *endings, guint32 seen_by, const char *uuid)
{
    GList *oldest = NULL;
    guint count = 0;
    GList *before;

    for (GList *item = endings->list.tail; item != NULL; item = before) {
        Ending *ending = item->data;

        before = item->prev;
        if (ending->seen_by != seen_by)
            continue;
        if (uuid != NULL && g_strcmp0(ending->uuid, uuid) == 0) {
            drop(endings, item);
            continue;
        }
        oldest = item;
        count++;
    }
    if (count >= ENDINGS_OF_USER)
        drop(endings, oldest);
    else if (endings->list.length >= ENDINGS)
        drop(endings, endings->list.head);
}

static void
add(Endings *endings, guint32 seen_by, const char *id, const char *uuid, Reason reason,
    const char *detail)
{
    Ending *ending = g_new0(Ending, 1);

    make_room(endings, seen_by, uuid);
    ending->seen_by = seen_by;
    ending->id = g_strdup(id);
    ending->uuid = g_strdup(uuid);
    ending->reason = reason;
    ending->detail = g_strdup(detail);
    g_queue_push_tail(&endings->list, ending);
}

void
endings_add(Endings *endings, const Tunnel *tunnel)
{
    add(endings, tunnel_seen_by(tunnel), tunnel_id(tunnel), tunnel_uuid(tunnel),
        tunnel_reason(tunnel), tunnel_detail(tunnel));
}

void
endings_add_refusal(Endings *endings, const BusCall *call, const GError *error)
{
    g_autoptr(GVariant) settings = g_variant_get_child_value(call->parameters, 0);
    g_autoptr(GVariant) options = g_variant_get_child_value(call->parameters, 1);
    Reason reason = g_error_matches(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS)
                        ? REASON_PROFILE_INVALID
                        : REASON_NOT_AUTHORIZED;
    guint32 seen_by = call->uid;
    const char *id = "";
    const char *uuid = NULL;

    g_variant_lookup(settings, "connection.id", "&s", &id);
    g_variant_lookup(settings, "connection.uuid", "&s", &uuid);
    if (call->uid == 0)
        g_variant_lookup(options, "for-user", "u", &seen_by);
    if (strlen(id) <= ENDINGS_MAX_NAME && (uuid == NULL || strlen(uuid) <= ENDINGS_MAX_NAME))
        add(endings, seen_by, id, uuid, reason, error->message);
}

static const Ending *
find(const Endings *endings, guint32 uid, const char *name)
{
    for (const GList *item = endings->list.tail; item != NULL; item = item->prev) {
        const Ending *ending = item->data;

        if (uid != 0 && ending->seen_by != uid && ending->seen_by != BUS_EVERYBODY)
            continue;
        if (g_strcmp0(ending->id, name) == 0 || g_strcmp0(ending->uuid, name) == 0)
            return ending;
    }
    return NULL;
}

void
endings_answer(const Endings *endings, BusCall *call)
{
    const Ending *ending;
    const char *name;

    g_variant_get(call->parameters, "(&s)", &name);
    ending = find(endings, call->uid, name);
    if (ending == NULL)
        bus_call_refuse(call, COATI_ERROR_NOT_FOUND, "No tunnel of the name %s has ended", name);
    else
        bus_call_return(call,
                        g_variant_new("(ssss)", reason_token(ending->reason),
                                      reason_title(ending->reason), reason_hint(ending->reason),
                                      ending->detail != NULL ? ending->detail : ""));
}
