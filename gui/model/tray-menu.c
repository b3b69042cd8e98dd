/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tray-menu.h"

#include <string.h>

#define INTERFACE "com.canonical.dbusmenu"

/* More profiles than that are found in the window. */
enum { MAX_TO_CONNECT = 20, PROTOCOL_VERSION = 3, ROOT = 0 };

typedef struct {
    gint32 id;
    const char *action; /* NULL: a line between groups */
    char *target;       /* "": the action takes none */
    char *label;
} Item;

struct _CoatiTrayMenu {
    GObject parent;
    CoatiClient *client;
    GActionGroup *actions;
    GPtrArray *items; /* Item, as shown */
    GHashTable *ids;  /* "action target" -> id; never forgotten */
    guint32 revision;
    GDBusConnection *bus; /* NULL while closed */
    char *path;
    guint object;
};

G_DEFINE_FINAL_TYPE(CoatiTrayMenu, coati_tray_menu, G_TYPE_OBJECT)

static const char introspection[] =
    "<node><interface name='" INTERFACE "'>"
    "<property name='Version' type='u' access='read'/>"
    "<property name='TextDirection' type='s' access='read'/>"
    "<property name='Status' type='s' access='read'/>"
    "<property name='IconThemePath' type='as' access='read'/>"
    "<method name='GetLayout'><arg type='i' direction='in'/><arg type='i' direction='in'/>"
    "<arg type='as' direction='in'/><arg type='u' direction='out'/>"
    "<arg type='(ia{sv}av)' direction='out'/></method>"
    "<method name='GetGroupProperties'><arg type='ai' direction='in'/>"
    "<arg type='as' direction='in'/><arg type='a(ia{sv})' direction='out'/></method>"
    "<method name='GetProperty'><arg type='i' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='v' direction='out'/></method>"
    "<method name='Event'><arg type='i' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='v' direction='in'/><arg type='u' direction='in'/></method>"
    "<method name='EventGroup'><arg type='a(isvu)' direction='in'/>"
    "<arg type='ai' direction='out'/></method>"
    "<method name='AboutToShow'><arg type='i' direction='in'/><arg type='b' direction='out'/>"
    "</method>"
    "<method name='AboutToShowGroup'><arg type='ai' direction='in'/>"
    "<arg type='ai' direction='out'/><arg type='ai' direction='out'/></method>"
    "<signal name='LayoutUpdated'><arg type='u'/><arg type='i'/></signal>"
    "<signal name='ItemsPropertiesUpdated'><arg type='a(ia{sv})'/><arg type='a(ias)'/></signal>"
    "</interface></node>";

/* The items */

static void
item_free(gpointer data)
{
    Item *item = data;

    g_free(item->target);
    g_free(item->label);
    g_free(item);
}

static gint32
id_of(CoatiTrayMenu *menu, const char *action, const char *target)
{
    g_autofree char *key = g_strdup_printf("%s %s", action, target);
    gint32 id = GPOINTER_TO_INT(g_hash_table_lookup(menu->ids, key));

    if (id == ROOT) {
        id = (gint32)g_hash_table_size(menu->ids) + 1;
        g_hash_table_insert(menu->ids, g_steal_pointer(&key), GINT_TO_POINTER(id));
    }
    return id;
}

static void
add(CoatiTrayMenu *menu, GPtrArray *items, const char *action, const char *target, char *take_label)
{
    Item *item = g_new0(Item, 1);

    item->id = id_of(menu, action, target);
    item->action = action;
    item->target = g_strdup(target);
    item->label = take_label;
    g_ptr_array_add(items, item);
}

static void
add_line(CoatiTrayMenu *menu, GPtrArray *items, const char *name)
{
    Item *item = g_new0(Item, 1);

    item->id = id_of(menu, "", name);
    g_ptr_array_add(items, item);
}

/* format takes the profile's name; an underscore in that is no mnemonic. */
static char *
label_new(const char *format, CoatiConnection *connection)
{
    g_auto(GStrv) parts = g_strsplit(coati_connection_id(connection), "_", -1);
    g_autofree char *name = g_strjoinv("__", parts);
    g_autoptr(GString) label = g_string_new(format);

    g_string_replace(label, "%s", name, 1);
    return g_strdup(label->str);
}

/* Those that are on (or not); how many. */
static guint
add_profiles(CoatiTrayMenu *menu, GPtrArray *items, gboolean is_on, guint max)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(menu->client));
    guint added = 0;

    for (guint i = 0; i < count && added < max; i++) {
        g_autoptr(CoatiConnection) connection =
            g_list_model_get_item(G_LIST_MODEL(menu->client), i);

        if (coati_connection_is_on(connection) != is_on)
            continue;
        add(menu, items, is_on ? "disconnect" : "connect", coati_connection_uuid(connection),
            label_new(is_on ? _("Disconnect from %s") : _("Connect to %s"), connection));
        added++;
    }
    return added;
}

static GPtrArray *
items_new(CoatiTrayMenu *menu)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(item_free);

    if (add_profiles(menu, items, TRUE, G_MAXUINT) > 0)
        add_line(menu, items, "1");
    if (add_profiles(menu, items, FALSE, MAX_TO_CONNECT) > 0)
        add_line(menu, items, "2");
    add(menu, items, "show", "", g_strdup(_("_Open Coati")));
    add(menu, items, "quit", "", g_strdup(_("_Quit")));
    return items;
}

static gboolean
is_same(const GPtrArray *left, const GPtrArray *right)
{
    if (left->len != right->len)
        return FALSE;
    for (guint i = 0; i < left->len; i++) {
        const Item *a = left->pdata[i];
        const Item *b = right->pdata[i];

        if (a->id != b->id || g_strcmp0(a->label, b->label) != 0)
            return FALSE;
    }
    return TRUE;
}

static const Item *
find_item(CoatiTrayMenu *menu, gint32 id)
{
    for (guint i = 0; i < menu->items->len; i++)
        if (((Item *)menu->items->pdata[i])->id == id)
            return menu->items->pdata[i];
    return NULL;
}

/* What the panel asks. names: those that are wanted; empty for all. */

static void
add_property(GVariantBuilder *properties, const char *const *names, const char *name,
             const char *text)
{
    if (names[0] == NULL || g_strv_contains(names, name))
        g_variant_builder_add(properties, "{sv}", name, g_variant_new_string(text));
}

/* item: NULL for the root. */
static GVariant *
properties_new(const Item *item, const char *const *names)
{
    GVariantBuilder properties;

    g_variant_builder_init(&properties, G_VARIANT_TYPE_VARDICT);
    if (item == NULL)
        add_property(&properties, names, "children-display", "submenu");
    else if (item->action == NULL)
        add_property(&properties, names, "type", "separator");
    else
        add_property(&properties, names, "label", item->label);
    return g_variant_builder_end(&properties);
}

static GVariant *
layout_new(CoatiTrayMenu *menu, const Item *item, gint32 depth, const char *const *names)
{
    GVariantBuilder children;

    g_variant_builder_init(&children, G_VARIANT_TYPE("av"));
    for (guint i = 0; item == NULL && depth != 0 && i < menu->items->len; i++)
        g_variant_builder_add(&children, "v", layout_new(menu, menu->items->pdata[i], 0, names));
    return g_variant_new("(i@a{sv}@av)", item != NULL ? item->id : ROOT,
                         properties_new(item, names), g_variant_builder_end(&children));
}

static void
refuse(GDBusMethodInvocation *invocation, gint32 id)
{
    g_dbus_method_invocation_return_error(invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                          "The menu has no item %d", id);
}

static void
get_layout(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    g_autofree const char **names = NULL;
    gint32 id;
    gint32 depth;
    const Item *item;

    g_variant_get(parameters, "(ii^a&s)", &id, &depth, &names);
    item = find_item(menu, id);
    if (item == NULL && id != ROOT)
        refuse(invocation, id);
    else
        g_dbus_method_invocation_return_value(
            invocation,
            g_variant_new("(u@(ia{sv}av))", menu->revision, layout_new(menu, item, depth, names)));
}

static void
get_group_properties(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    g_autoptr(GVariantIter) ids = NULL;
    g_autofree const char **names = NULL;
    GVariantBuilder group;
    gint32 id;

    g_variant_get(parameters, "(ai^a&s)", &ids, &names);
    g_variant_builder_init(&group, G_VARIANT_TYPE("a(ia{sv})"));
    while (g_variant_iter_next(ids, "i", &id)) {
        const Item *item = find_item(menu, id);

        if (item != NULL || id == ROOT)
            g_variant_builder_add(&group, "(i@a{sv})", id, properties_new(item, names));
    }
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(a(ia{sv}))", &group));
}

static void
get_item_property(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    const char *names[] = {NULL, NULL};
    g_autoptr(GVariant) properties = NULL;
    g_autoptr(GVariant) value = NULL;
    gint32 id;
    const Item *item;

    g_variant_get(parameters, "(i&s)", &id, &names[0]);
    item = find_item(menu, id);
    properties = g_variant_ref_sink(properties_new(item, names));
    value = g_variant_lookup_value(properties, names[0], NULL);
    if (value == NULL || (item == NULL && id != ROOT))
        refuse(invocation, id);
    else
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(v)", value));
}

/* Whether there is such an item. */
static gboolean
take_event(CoatiTrayMenu *menu, gint32 id, const char *event)
{
    const Item *item = find_item(menu, id);

    if (item != NULL && item->action != NULL && strcmp(event, "clicked") == 0)
        g_action_group_activate_action(
            menu->actions, item->action,
            g_action_group_get_action_parameter_type(menu->actions, item->action) != NULL
                ? g_variant_new_string(item->target)
                : NULL);
    return item != NULL || id == ROOT;
}

static void
on_event(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    const char *event;
    gint32 id;

    g_variant_get(parameters, "(i&svu)", &id, &event, NULL, NULL);
    if (take_event(menu, id, event))
        g_dbus_method_invocation_return_value(invocation, NULL);
    else
        refuse(invocation, id);
}

static void
on_event_group(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    g_autoptr(GVariantIter) events = NULL;
    GVariantBuilder unknown;
    const char *event;
    gint32 id;

    g_variant_get(parameters, "(a(isvu))", &events);
    g_variant_builder_init(&unknown, G_VARIANT_TYPE("ai"));
    while (g_variant_iter_next(events, "(i&svu)", &id, &event, NULL, NULL))
        if (!take_event(menu, id, event))
            g_variant_builder_add(&unknown, "i", id);
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(ai)", &unknown));
}

/* The menu is always as it should be. */
static void
about_to_show(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(b)", FALSE));
}

static void
about_to_show_group(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    g_dbus_method_invocation_return_value(invocation, g_variant_new("(aiai)", NULL, NULL));
}

static const struct {
    const char *name;
    void (*answer)(CoatiTrayMenu *menu, GVariant *parameters, GDBusMethodInvocation *invocation);
} methods[] = {
    {"GetLayout", get_layout},
    {"GetGroupProperties", get_group_properties},
    {"GetProperty", get_item_property},
    {"Event", on_event},
    {"EventGroup", on_event_group},
    {"AboutToShow", about_to_show},
    {"AboutToShowGroup", about_to_show_group},
};

static void
on_call(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
        const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
        gpointer user_data)
{
    g_autoptr(CoatiTrayMenu) menu = g_object_ref(user_data);

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(methods[i].name, method) == 0)
            methods[i].answer(menu, parameters, invocation);
}

static GVariant *
on_get(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
       const char *property, GError **error, gpointer user_data)
{
    if (strcmp(property, "Version") == 0)
        return g_variant_new_uint32(PROTOCOL_VERSION);
    if (strcmp(property, "IconThemePath") == 0)
        return g_variant_new_strv(NULL, 0);
    if (strcmp(property, "Status") == 0)
        return g_variant_new_string("normal");
    /* The toolkit's own translation says which way a language is written. */
    return g_variant_new_string(
        strcmp(g_dgettext("gtk40", "default:LTR"), "default:RTL") == 0 ? "rtl" : "ltr");
}

static const GDBusInterfaceVTable vtable = {on_call, on_get, NULL, {NULL}};

gboolean
coati_tray_menu_open(CoatiTrayMenu *menu, GDBusConnection *bus, const char *path, GError **error)
{
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(introspection, NULL);

    g_assert(node != NULL && menu->object == 0);
    menu->object = g_dbus_connection_register_object(bus, path, node->interfaces[0], &vtable, menu,
                                                     NULL, error);
    if (menu->object == 0)
        return FALSE;
    menu->bus = g_object_ref(bus);
    menu->path = g_strdup(path);
    return TRUE;
}

void
coati_tray_menu_close(CoatiTrayMenu *menu)
{
    if (menu->object != 0)
        g_dbus_connection_unregister_object(menu->bus, menu->object);
    menu->object = 0;
    g_clear_object(&menu->bus);
    g_clear_pointer(&menu->path, g_free);
}

void
coati_tray_menu_update(CoatiTrayMenu *menu)
{
    GPtrArray *items = items_new(menu);

    if (is_same(items, menu->items)) {
        g_ptr_array_unref(items);
        return;
    }
    g_ptr_array_unref(menu->items);
    menu->items = items;
    menu->revision++;
    if (menu->bus != NULL)
        g_dbus_connection_emit_signal(menu->bus, NULL, menu->path, INTERFACE, "LayoutUpdated",
                                      g_variant_new("(ui)", menu->revision, ROOT), NULL);
}

/* The object */

static void
coati_tray_menu_finalize(GObject *object)
{
    CoatiTrayMenu *menu = COATI_TRAY_MENU(object);

    coati_tray_menu_close(menu);
    g_ptr_array_unref(menu->items);
    g_hash_table_unref(menu->ids);
    g_clear_object(&menu->client);
    G_OBJECT_CLASS(coati_tray_menu_parent_class)->finalize(object);
}

static void
coati_tray_menu_class_init(CoatiTrayMenuClass *class)
{
    G_OBJECT_CLASS(class)->finalize = coati_tray_menu_finalize;
}

static void
coati_tray_menu_init(CoatiTrayMenu *menu)
{
    menu->items = g_ptr_array_new_with_free_func(item_free);
    menu->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

CoatiTrayMenu *
coati_tray_menu_new(CoatiClient *client, GActionGroup *actions)
{
    CoatiTrayMenu *menu = g_object_new(COATI_TYPE_TRAY_MENU, NULL);

    menu->client = g_object_ref(client);
    menu->actions = actions;
    coati_tray_menu_update(menu);
    return menu;
}
