/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tray.h"

#include "tray-menu.h"

#include <string.h>
#include <unistd.h>

#define INTERFACE "org.kde.StatusNotifierItem"
#define WATCHER "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"
#define ITEM_PATH "/StatusNotifierItem"
#define MENU_PATH "/StatusNotifierItem/Menu"

struct _CoatiTray {
    GObject parent;
    GDBusConnection *bus;
    CoatiClient *client;
    GActionGroup *actions;
    CoatiTrayMenu *menu;
    GCancellable *cancellable;
    CoatiState state; /* that the icon shows */
    char *tooltip;
    char *name; /* on the bus: it ends with the item, which is how the panel hears of its end */
    guint name_id;
    guint watch;
    guint object;
    guint idle;
    gboolean is_shown;
};

G_DEFINE_FINAL_TYPE(CoatiTray, coati_tray, G_TYPE_OBJECT)

enum { PROP_0, PROP_IS_SHOWN };

static const char introspection[] =
    "<node><interface name='" INTERFACE "'>"
    "<property name='Category' type='s' access='read'/>"
    "<property name='Id' type='s' access='read'/>"
    "<property name='Title' type='s' access='read'/>"
    "<property name='Status' type='s' access='read'/>"
    "<property name='WindowId' type='i' access='read'/>"
    "<property name='IconThemePath' type='s' access='read'/>"
    "<property name='IconName' type='s' access='read'/>"
    "<property name='OverlayIconName' type='s' access='read'/>"
    "<property name='AttentionIconName' type='s' access='read'/>"
    "<property name='ToolTip' type='(sa(iiay)ss)' access='read'/>"
    "<property name='ItemIsMenu' type='b' access='read'/>"
    "<property name='Menu' type='o' access='read'/>"
    "<method name='ContextMenu'><arg type='i' direction='in'/><arg type='i' "
    "direction='in'/></method>"
    "<method name='Activate'><arg type='i' direction='in'/><arg type='i' direction='in'/></method>"
    "<method name='SecondaryActivate'><arg type='i' direction='in'/>"
    "<arg type='i' direction='in'/></method>"
    "<method name='Scroll'><arg type='i' direction='in'/><arg type='s' direction='in'/></method>"
    "<signal name='NewIcon'/><signal name='NewToolTip'/><signal name='NewTitle'/>"
    "<signal name='NewStatus'><arg type='s'/></signal>"
    "</interface></node>";

/* One row for each state: the picture, and which of several profiles it speaks for (the highest). */
static const struct {
    const char *icon;
    guint rank;
} looks[] = {
    [COATI_STATE_DISCONNECTED] = {"org.coati.Coati-off-symbolic", 0},
    [COATI_STATE_CONNECTING] = {"org.coati.Coati-busy-symbolic", 3},
    [COATI_STATE_AUTHENTICATING] = {"org.coati.Coati-busy-symbolic", 3},
    [COATI_STATE_CONFIGURING] = {"org.coati.Coati-busy-symbolic", 3},
    [COATI_STATE_CONNECTED] = {"org.coati.Coati-on-symbolic", 2},
    [COATI_STATE_RECONNECTING] = {"org.coati.Coati-busy-symbolic", 4},
    [COATI_STATE_DISCONNECTING] = {"org.coati.Coati-off-symbolic", 0},
    [COATI_STATE_FAILED] = {"org.coati.Coati-error-symbolic", 1},
};

/* What is shown */

static void
emit(CoatiTray *tray, const char *signal)
{
    if (tray->object != 0)
        g_dbus_connection_emit_signal(tray->bus, NULL, ITEM_PATH, INTERFACE, signal, NULL, NULL);
}

static void
update(CoatiTray *tray)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(tray->client));
    g_autoptr(GString) tooltip = g_string_new(NULL);
    CoatiState worst = COATI_STATE_DISCONNECTED;

    for (guint i = 0; i < count; i++) {
        g_autoptr(CoatiConnection) connection =
            g_list_model_get_item(G_LIST_MODEL(tray->client), i);
        CoatiState state = coati_connection_state(connection);

        if (looks[state].rank > looks[worst].rank)
            worst = state;
        if (state != COATI_STATE_DISCONNECTED)
            g_string_append_printf(tooltip, "%s%s: %s", tooltip->len > 0 ? "\n" : "",
                                   coati_connection_id(connection),
                                   coati_connection_summary(connection));
    }
    if (tooltip->len == 0)
        g_string_assign(tooltip, coati_state_text(COATI_STATE_DISCONNECTED));
    coati_tray_menu_update(tray->menu);
    if (strcmp(looks[worst].icon, looks[tray->state].icon) != 0) {
        tray->state = worst;
        emit(tray, "NewIcon");
    }
    if (g_strcmp0(tooltip->str, tray->tooltip) != 0) {
        g_free(tray->tooltip);
        tray->tooltip = g_strdup(tooltip->str);
        emit(tray, "NewToolTip");
    }
}

static gboolean
on_idle(gpointer user_data)
{
    CoatiTray *tray = user_data;

    tray->idle = 0;
    update(tray);
    return G_SOURCE_REMOVE;
}

/* A service that starts tells of many profiles at once. */
static void
update_later(CoatiTray *tray)
{
    if (tray->idle == 0)
        tray->idle = g_idle_add(on_idle, tray);
}

/* What the panel asks */

/* The text is markup. */
static GVariant *
tooltip_new(CoatiTray *tray)
{
    g_autofree char *text = g_markup_escape_text(tray->tooltip, -1);

    return g_variant_new("(sa(iiay)ss)", "", NULL, "Coati", text);
}

static GVariant *
on_get(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
       const char *property, GError **error, gpointer user_data)
{
    static const char *const texts[][2] = {
        {"Category", "Communications"}, {"Id", "org.coati.Coati"}, {"Title", "Coati"},
        {"Status", "Active"},           {"IconThemePath", ""},     {"OverlayIconName", ""},
        {"AttentionIconName", ""},
    };
    CoatiTray *tray = user_data;

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        if (strcmp(texts[i][0], property) == 0)
            return g_variant_new_string(texts[i][1]);
    if (strcmp(property, "IconName") == 0)
        return g_variant_new_string(looks[tray->state].icon);
    if (strcmp(property, "WindowId") == 0)
        return g_variant_new_int32(0);
    if (strcmp(property, "ItemIsMenu") == 0)
        return g_variant_new_boolean(FALSE);
    if (strcmp(property, "Menu") == 0)
        return g_variant_new_object_path(MENU_PATH);
    return tooltip_new(tray);
}

/* A click opens the window; panels show the menu themselves. */
static void
on_call(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
        const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
        gpointer user_data)
{
    if (strcmp(method, "Activate") == 0)
        g_action_group_activate_action(COATI_TRAY(user_data)->actions, "show",
                                       g_variant_new_string(""));
    g_dbus_method_invocation_return_value(invocation, NULL);
}

static const GDBusInterfaceVTable vtable = {on_call, on_get, NULL, {NULL}};

/* The panel */

static void
set_shown(CoatiTray *tray, gboolean is_shown)
{
    if (tray->is_shown == is_shown)
        return;
    tray->is_shown = is_shown;
    g_object_notify(G_OBJECT(tray), "is-shown");
}

static void
on_registered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (reply == NULL)
        g_debug("the panel does not take the icon: %s", error->message);
    set_shown(user_data, reply != NULL);
}

static void
on_watcher_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
    CoatiTray *tray = user_data;

    g_dbus_connection_call(bus, owner, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem",
                           g_variant_new("(s)", tray->name), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                           tray->cancellable, on_registered, tray);
}

static void
on_watcher_vanished(GDBusConnection *bus, const char *name, gpointer user_data)
{
    set_shown(user_data, FALSE);
}

static void
on_name_acquired(GDBusConnection *bus, const char *name, gpointer user_data)
{
    CoatiTray *tray = user_data;

    if (tray->watch == 0)
        tray->watch =
            g_bus_watch_name_on_connection(bus, WATCHER, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                           on_watcher_appeared, on_watcher_vanished, tray, NULL);
}

static void
tray_close(CoatiTray *tray)
{
    g_cancellable_cancel(tray->cancellable);
    g_clear_object(&tray->cancellable);
    g_clear_handle_id(&tray->watch, g_bus_unwatch_name);
    g_clear_handle_id(&tray->name_id, g_bus_unown_name);
    coati_tray_menu_close(tray->menu);
    if (tray->object != 0)
        g_dbus_connection_unregister_object(tray->bus, tray->object);
    tray->object = 0;
    set_shown(tray, FALSE);
}

static void
tray_open(CoatiTray *tray)
{
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(introspection, NULL);
    g_autoptr(GError) error = NULL;

    g_assert(node != NULL);
    update(tray);
    tray->object = g_dbus_connection_register_object(tray->bus, ITEM_PATH, node->interfaces[0],
                                                     &vtable, tray, NULL, &error);
    if (tray->object == 0 || !coati_tray_menu_open(tray->menu, tray->bus, MENU_PATH, &error)) {
        g_warning("no icon in the panel: %s", error->message);
        tray_close(tray);
        return;
    }
    tray->cancellable = g_cancellable_new();
    tray->name_id = g_bus_own_name_on_connection(tray->bus, tray->name, G_BUS_NAME_OWNER_FLAGS_NONE,
                                                 on_name_acquired, NULL, tray, NULL);
}

void
coati_tray_set_wanted(CoatiTray *tray, gboolean is_wanted)
{
    if (is_wanted == (tray->name_id != 0))
        return;
    if (is_wanted)
        tray_open(tray);
    else
        tray_close(tray);
}

gboolean
coati_tray_is_shown(CoatiTray *tray)
{
    return tray->is_shown;
}

/* The object */

static void
coati_tray_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    if (id == PROP_IS_SHOWN)
        g_value_set_boolean(value, COATI_TRAY(object)->is_shown);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void
coati_tray_dispose(GObject *object)
{
    CoatiTray *tray = COATI_TRAY(object);

    coati_tray_set_wanted(tray, FALSE);
    g_clear_handle_id(&tray->idle, g_source_remove);
    G_OBJECT_CLASS(coati_tray_parent_class)->dispose(object);
}

static void
coati_tray_finalize(GObject *object)
{
    CoatiTray *tray = COATI_TRAY(object);

    g_object_unref(tray->menu);
    g_object_unref(tray->client);
    g_object_unref(tray->bus);
    g_free(tray->tooltip);
    g_free(tray->name);
    G_OBJECT_CLASS(coati_tray_parent_class)->finalize(object);
}

static void
coati_tray_class_init(CoatiTrayClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);

    object_class->get_property = coati_tray_get_property;
    object_class->dispose = coati_tray_dispose;
    object_class->finalize = coati_tray_finalize;
    g_object_class_install_property(
        object_class, PROP_IS_SHOWN,
        g_param_spec_boolean("is-shown", NULL, NULL, FALSE,
                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
coati_tray_init(CoatiTray *tray)
{
    tray->name = g_strdup_printf("org.kde.StatusNotifierItem-%ld-1", (long)getpid());
}

CoatiTray *
coati_tray_new(GDBusConnection *session, CoatiClient *client, GActionGroup *actions)
{
    CoatiTray *tray = g_object_new(COATI_TYPE_TRAY, NULL);

    tray->bus = g_object_ref(session);
    tray->client = g_object_ref(client);
    tray->actions = actions;
    tray->menu = coati_tray_menu_new(client, actions);
    g_signal_connect_object(client, "items-changed", G_CALLBACK(update_later), tray,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(client, "moved", G_CALLBACK(update_later), tray, G_CONNECT_SWAPPED);
    return tray;
}
