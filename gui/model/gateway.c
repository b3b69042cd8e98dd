/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include "base/names.h"
#include "words.h"

#include <string.h>

#define NAME "org.coati.Gateway1"
#define PATH "/org/coati/Gateway1"
#define INTERFACE "org.coati.Gateway1.Gateway"

enum { PERIOD_SECONDS = 2, MAX_SESSIONS = 500, MAX_EVENTS = 500 };

struct _CoatiGatewayItem {
    GObject parent;
    char *key;
    char *title;
    char *subtitle;
};

G_DEFINE_FINAL_TYPE(CoatiGatewayItem, coati_gateway_item, G_TYPE_OBJECT)

struct _CoatiGateway {
    GObject parent;
    GDBusConnection *bus;
    GCancellable *cancellable;
    GListStore *lists[COATI_GATEWAY_LIST_COUNT];
    guint watch;
    guint timer;
    gboolean is_open;
    gboolean is_active;
};

G_DEFINE_FINAL_TYPE(CoatiGateway, coati_gateway, G_TYPE_OBJECT)

enum { PROP_0, PROP_IS_OPEN };

static void
coati_gateway_item_finalize(GObject *object)
{
    CoatiGatewayItem *item = COATI_GATEWAY_ITEM(object);

    g_free(item->key);
    g_free(item->title);
    g_free(item->subtitle);
    G_OBJECT_CLASS(coati_gateway_item_parent_class)->finalize(object);
}

static void
coati_gateway_item_class_init(CoatiGatewayItemClass *class)
{
    G_OBJECT_CLASS(class)->finalize = coati_gateway_item_finalize;
}

static void
coati_gateway_item_init(CoatiGatewayItem *item)
{
}

const char *
coati_gateway_item_key(CoatiGatewayItem *item)
{
    return item->key;
}

const char *
coati_gateway_item_title(CoatiGatewayItem *item)
{
    return item->title;
}

const char *
coati_gateway_item_subtitle(CoatiGatewayItem *item)
{
    return item->subtitle;
}

/* Values of a row; users and peers are strangers, so their texts are cleaned. */

static char *
text_of(GVariant *values, const char *name)
{
    const char *text = "";

    g_variant_lookup(values, name, "&s", &text);
    return name_clean(text, strlen(text), 500, FALSE);
}

static guint64
number_of(GVariant *values, const char *name)
{
    guint64 large = 0;
    guint32 small = 0;

    if (!g_variant_lookup(values, name, "t", &large) && g_variant_lookup(values, name, "u", &small))
        large = small;
    return large;
}

static void
show_session(CoatiGatewayItem *item, GVariant *values)
{
    g_autofree char *user = text_of(values, "user");
    g_autofree char *address = text_of(values, "address");
    g_autofree char *peer = text_of(values, "peer");
    g_autofree char *time = coati_duration_text(number_of(values, "seconds"));
    g_autofree char *in = g_format_size(number_of(values, "octets-in"));
    g_autofree char *out = g_format_size(number_of(values, "octets-out"));

    item->key = g_strdup_printf("%" G_GUINT64_FORMAT, number_of(values, "session"));
    item->title = g_strdup_printf("%s  %s", user[0] != '\0' ? user : "–", address);
    /* TRANSLATORS: where a guest comes from, since when, how much was received and sent. */
    item->subtitle =
        g_strdup_printf(_("from %s for %s, %s received, %s sent"), peer, time, in, out);
}

static void
show_pool(CoatiGatewayItem *item, GVariant *values)
{
    g_autofree char *name = text_of(values, "name");
    g_autofree char *first = text_of(values, "first");
    guint used = (guint)number_of(values, "used");
    guint size = (guint)number_of(values, "size");

    item->title = g_strdup_printf("%s  %s", name[0] != '\0' ? name : _("Pool"), first);
    /* TRANSLATORS: addresses of a pool. */
    item->subtitle = g_strdup_printf(_("%u of %u addresses in use"), used, size);
}

static void
show_event(CoatiGatewayItem *item, GVariant *values)
{
    g_autofree char *text = text_of(values, "text");
    g_autofree char *advice = text_of(values, "advice");
    gint64 seconds = 0;
    g_autoptr(GDateTime) time = NULL;
    g_autofree char *stamp = NULL;

    g_variant_lookup(values, "time", "x", &seconds);
    time = g_date_time_new_from_unix_local(seconds);
    stamp = time != NULL ? g_date_time_format(time, "%x %X") : g_strdup("");
    item->title = g_steal_pointer(&text);
    item->subtitle = g_strdup_printf("%s%s%s", stamp, advice[0] != '\0' ? "  " : "", advice);
}

/* What each list asks for, and how its rows read. */
static const struct {
    const char *method;
    const char *reply;
    void (*show)(CoatiGatewayItem *item, GVariant *values);
} rows[COATI_GATEWAY_LIST_COUNT] = {
    [COATI_GATEWAY_SESSIONS] = {"ListSessions", "(aa{sv}u)", show_session},
    [COATI_GATEWAY_POOLS] = {"ListPools", "(aa{sv})", show_pool},
    [COATI_GATEWAY_EVENTS] = {"ListEvents", "(aa{sv})", show_event},
};

static GVariant *
parameters_of(CoatiGatewayList list)
{
    switch (list) {
    case COATI_GATEWAY_SESSIONS:
        return g_variant_new("(uu)", 0, MAX_SESSIONS);
    case COATI_GATEWAY_EVENTS:
        return g_variant_new("(s)", "");
    case COATI_GATEWAY_POOLS:
    case COATI_GATEWAY_LIST_COUNT:
        return NULL;
    }
    return NULL;
}

static gboolean
is_same(GListModel *store, const GPtrArray *items)
{
    if (g_list_model_get_n_items(store) != items->len)
        return FALSE;
    for (guint i = 0; i < items->len; i++) {
        g_autoptr(CoatiGatewayItem) old = g_list_model_get_item(store, i);
        const CoatiGatewayItem *item = items->pdata[i];

        if (strcmp(old->title, item->title) != 0 || strcmp(old->subtitle, item->subtitle) != 0)
            return FALSE;
    }
    return TRUE;
}

/* Events come newest first on the screen; a list that did not change stays as it is. */
static void
take(CoatiGateway *gateway, CoatiGatewayList list, GVariant *values)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_object_unref);
    gsize count = g_variant_n_children(values);

    for (gsize i = 0; i < count && i < MAX_EVENTS; i++) {
        gsize index = list == COATI_GATEWAY_EVENTS ? count - 1 - i : i;
        g_autoptr(GVariant) row = g_variant_get_child_value(values, index);
        CoatiGatewayItem *item = g_object_new(COATI_TYPE_GATEWAY_ITEM, NULL);

        rows[list].show(item, row);
        if (item->key == NULL)
            item->key = g_strdup("");
        g_ptr_array_add(items, item);
    }
    if (!is_same(G_LIST_MODEL(gateway->lists[list]), items))
        g_list_store_splice(gateway->lists[list], 0,
                            g_list_model_get_n_items(G_LIST_MODEL(gateway->lists[list])),
                            items->pdata, items->len);
}

static void
set_open(CoatiGateway *gateway, gboolean is_open)
{
    if (gateway->is_open == is_open)
        return;
    gateway->is_open = is_open;
    g_object_notify(G_OBJECT(gateway), "is-open");
}

typedef struct {
    CoatiGateway *gateway;
    CoatiGatewayList list;
} Question;

static void
on_rows(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Question *question = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
    g_autoptr(GVariant) values = NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply == NULL) {
        set_open(question->gateway, FALSE);
        return;
    }
    values = g_variant_get_child_value(reply, 0);
    take(question->gateway, question->list, values);
    set_open(question->gateway, TRUE);
}

static void
ask(CoatiGateway *gateway, CoatiGatewayList list)
{
    Question *question = g_new0(Question, 1);

    question->gateway = gateway;
    question->list = list;
    g_dbus_connection_call(gateway->bus, NAME, PATH, INTERFACE, rows[list].method,
                           parameters_of(list), G_VARIANT_TYPE(rows[list].reply),
                           G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, gateway->cancellable, on_rows,
                           question);
}

static gboolean
on_time(gpointer user_data)
{
    CoatiGateway *gateway = user_data;

    for (guint i = 0; i < COATI_GATEWAY_LIST_COUNT && gateway->is_open; i++)
        ask(gateway, (CoatiGatewayList)i);
    return G_SOURCE_CONTINUE;
}

/* Whether this user may is found out by asking once. */
static void
on_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
    CoatiGateway *gateway = user_data;

    g_set_object(&gateway->bus, bus);
    ask(gateway, COATI_GATEWAY_POOLS);
}

static void
on_vanished(GDBusConnection *bus, const char *name, gpointer user_data)
{
    set_open(user_data, FALSE);
}

static void
coati_gateway_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    if (id == PROP_IS_OPEN)
        g_value_set_boolean(value, COATI_GATEWAY(object)->is_open);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
coati_gateway_dispose(GObject *object)
{
    CoatiGateway *gateway = COATI_GATEWAY(object);

    g_cancellable_cancel(gateway->cancellable);
    g_clear_handle_id(&gateway->watch, g_bus_unwatch_name);
    g_clear_handle_id(&gateway->timer, g_source_remove);
    g_clear_object(&gateway->bus);
    G_OBJECT_CLASS(coati_gateway_parent_class)->dispose(object);
}

static void
coati_gateway_finalize(GObject *object)
{
    CoatiGateway *gateway = COATI_GATEWAY(object);

    for (guint i = 0; i < COATI_GATEWAY_LIST_COUNT; i++)
        g_object_unref(gateway->lists[i]);
    g_object_unref(gateway->cancellable);
    G_OBJECT_CLASS(coati_gateway_parent_class)->finalize(object);
}

static void
coati_gateway_class_init(CoatiGatewayClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);

    object_class->get_property = coati_gateway_get_property;
    object_class->dispose = coati_gateway_dispose;
    object_class->finalize = coati_gateway_finalize;
    g_object_class_install_property(
        object_class, PROP_IS_OPEN,
        g_param_spec_boolean("is-open", NULL, NULL, FALSE,
                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
coati_gateway_init(CoatiGateway *gateway)
{
    gateway->cancellable = g_cancellable_new();
    for (guint i = 0; i < COATI_GATEWAY_LIST_COUNT; i++)
        gateway->lists[i] = g_list_store_new(COATI_TYPE_GATEWAY_ITEM);
}

CoatiGateway *
coati_gateway_new(void)
{
    CoatiGateway *gateway = g_object_new(COATI_TYPE_GATEWAY, NULL);

    gateway->watch = g_bus_watch_name(G_BUS_TYPE_SYSTEM, NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                      on_appeared, on_vanished, gateway, NULL);
    return gateway;
}

gboolean
coati_gateway_is_open(CoatiGateway *gateway)
{
    return gateway->is_open;
}

void
coati_gateway_set_active(CoatiGateway *gateway, gboolean is_active)
{
    g_clear_handle_id(&gateway->timer, g_source_remove);
    if (!is_active)
        return;
    gateway->timer = g_timeout_add_seconds(PERIOD_SECONDS, on_time, gateway);
    on_time(gateway);
}

GListModel *
coati_gateway_list(CoatiGateway *gateway, CoatiGatewayList list)
{
    return G_LIST_MODEL(gateway->lists[list]);
}

static void
on_kicked(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (reply == NULL) {
        g_task_return_error(task, error);
        return;
    }
    on_time(g_task_get_source_object(task));
    g_task_return_boolean(task, TRUE);
}

void
coati_gateway_kick_async(CoatiGateway *gateway, const char *key, GAsyncReadyCallback callback,
                         gpointer user_data)
{
    GTask *task = g_task_new(gateway, gateway->cancellable, callback, user_data);

    g_dbus_connection_call(gateway->bus, NAME, PATH, INTERFACE, "Kick", g_variant_new("(s)", key),
                           G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                           gateway->cancellable, on_kicked, task);
}

gboolean
coati_gateway_kick_finish(CoatiGateway *gateway, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
