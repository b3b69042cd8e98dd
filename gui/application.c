/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "application.h"

#include "accessible.h"
#include "config.h"
#include "gateway-window.h"
#include "import-assistant.h"
#include "model/tray.h"
#include "notices.h"
#include "preferences.h"
#include "settings.h"
#include "sign-in.h"
#include "window.h"

#include <glib/gi18n.h>

struct _CoatiApplication {
    AdwApplication parent;
    CoatiClient *client;
    CoatiGateway *gateway;
    CoatiNotices *notices;
    CoatiTray *tray; /* NULL without a bus of the session */
    GSettings *settings;
    gboolean is_background; /* as it was started: it stays until it is told to quit */
    gboolean is_held;       /* stays without a window */
};

G_DEFINE_FINAL_TYPE(CoatiApplication, coati_application, ADW_TYPE_APPLICATION)

static CoatiWindow *
window_of(CoatiApplication *application)
{
    GList *windows = gtk_application_get_windows(GTK_APPLICATION(application));

    for (GList *window = windows; window != NULL; window = window->next)
        if (COATI_IS_WINDOW(window->data))
            return window->data;
    return coati_window_new(application, application->client);
}

static void
coati_application_activate(GApplication *base)
{
    gtk_window_present(GTK_WINDOW(window_of(COATI_APPLICATION(base))));
}

/* Files of profiles, from a file manager or the command line. */
static void
coati_application_open(GApplication *base, GFile **files, int count, const char *hint)
{
    CoatiApplication *application = COATI_APPLICATION(base);
    CoatiWindow *window = window_of(application);

    gtk_window_present(GTK_WINDOW(window));
    for (int i = 0; i < count; i++)
        coati_import_assistant_present(window, application->client, files[i]);
}

/* A question comes even where no window is open: it opens one. */
static void
on_question(CoatiClient *client, CoatiQuestion *question, gpointer user_data)
{
    CoatiApplication *application = user_data;
    CoatiWindow *window = window_of(application);

    gtk_window_present(GTK_WINDOW(window));
    coati_sign_in_present(GTK_WINDOW(window), question);
}

static CoatiConnection *
connection_of(CoatiApplication *application, GVariant *parameter)
{
    return coati_client_find(application->client, g_variant_get_string(parameter, NULL));
}

static void
on_connect(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiConnection *connection = connection_of(user_data, parameter);

    if (connection != NULL)
        coati_connection_connect(connection);
}

static void
on_disconnect(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiConnection *connection = connection_of(user_data, parameter);

    if (connection != NULL)
        coati_connection_disconnect(connection);
}

static void
on_show(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    CoatiConnection *connection = connection_of(user_data, parameter);
    CoatiWindow *window = window_of(user_data);

    if (connection != NULL)
        coati_window_show(window, connection);
    gtk_window_present(GTK_WINDOW(window));
}

static void
on_about(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    adw_show_about_window(gtk_application_get_active_window(user_data), "application-name", "Coati",
                          "application-icon", "org.coati.Coati", "version", COATI_VERSION,
                          "license-type", GTK_LICENSE_LGPL_2_1, "comments",
                          _("Connects to your organisation's network through IPsec gateways."),
                          "translator-credits", _("translator-credits"), NULL);
}

static void
on_preferences(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    coati_preferences_present(gtk_application_get_active_window(user_data));
}

static void
on_gateway(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    coati_gateway_window_present(user_data, COATI_APPLICATION(user_data)->gateway);
}

/* Without a gateway, or without the right to ask it, the menu does not name it. */
static void
on_gateway_open(CoatiApplication *application)
{
    GAction *action = g_action_map_lookup_action(G_ACTION_MAP(application), "gateway");

    g_simple_action_set_enabled(G_SIMPLE_ACTION(action),
                                coati_gateway_is_open(application->gateway));
}

static void
on_quit(GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
    g_application_quit(user_data);
}

static const GActionEntry actions[] = {
    {"connect", on_connect, "s", NULL, NULL, {0}},
    {"disconnect", on_disconnect, "s", NULL, NULL, {0}},
    {"show", on_show, "s", NULL, NULL, {0}},
    {"gateway", on_gateway, NULL, NULL, NULL, {0}},
    {"preferences", on_preferences, NULL, NULL, NULL, {0}},
    {"about", on_about, NULL, NULL, NULL, {0}},
    {"quit", on_quit, NULL, NULL, NULL, {0}},
};

static const char *const accelerators[][2] = {
    {"app.quit", "<Control>q"},   {"app.preferences", "<Control>comma"},
    {"win.new", "<Control>n"},    {"win.import", "<Control>o"},
    {"win.edit", "<Control>e"},   {"win.switch", "<Control>Return"},
    {"win.report", "<Control>s"}, {"window.close", "<Control>w"},
};

static gboolean
is_any_on(CoatiClient *client)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(client));

    for (guint i = 0; i < count; i++) {
        g_autoptr(CoatiConnection) connection = g_list_model_get_item(G_LIST_MODEL(client), i);

        if (coati_connection_is_on(connection))
            return TRUE;
    }
    return FALSE;
}

/* Without a window it stays for the icon in the panel, and for a connection that may ask for a
 * password or be lost. */
static void
hold(CoatiApplication *application)
{
    gboolean is_held = application->is_background ||
                       (application->tray != NULL && coati_tray_is_shown(application->tray)) ||
                       is_any_on(application->client);

    if (is_held == application->is_held)
        return;
    application->is_held = is_held;
    if (is_held)
        g_application_hold(G_APPLICATION(application));
    else
        g_application_release(G_APPLICATION(application));
}

static void
show_tray(CoatiApplication *application)
{
    if (application->tray != NULL)
        coati_tray_set_wanted(application->tray,
                              coati_settings_is_on(application->settings, SETTING_TRAY));
}

/* What speaks while no window is looked at. */
static void
start_outside(CoatiApplication *application)
{
    GApplication *base = G_APPLICATION(application);
    GDBusConnection *session = g_application_get_dbus_connection(base);

    application->settings = coati_settings_new();
    application->notices = coati_notices_new(base, application->client, application->settings);
    g_signal_connect_object(application->client, "moved", G_CALLBACK(hold), application,
                            G_CONNECT_SWAPPED);
    if (session == NULL)
        return;
    application->tray = coati_tray_new(session, application->client, G_ACTION_GROUP(application));
    g_signal_connect_object(application->tray, "notify::is-shown", G_CALLBACK(hold), application,
                            G_CONNECT_SWAPPED);
    if (application->settings != NULL)
        g_signal_connect_object(application->settings, "changed::" SETTING_TRAY,
                                G_CALLBACK(show_tray), application, G_CONNECT_SWAPPED);
    show_tray(application);
}

static void
coati_application_startup(GApplication *base)
{
    CoatiApplication *application = COATI_APPLICATION(base);

    G_APPLICATION_CLASS(coati_application_parent_class)->startup(base);
    gtk_window_set_default_icon_name("org.coati.Coati");
    application->client = coati_client_new();
    g_signal_connect_object(application->client, "question", G_CALLBACK(on_question), application,
                            0);
    g_action_map_add_action_entries(G_ACTION_MAP(application), actions, G_N_ELEMENTS(actions),
                                    application);
    application->gateway = coati_gateway_new();
    g_signal_connect_object(application->gateway, "notify::is-open", G_CALLBACK(on_gateway_open),
                            application, G_CONNECT_SWAPPED);
    on_gateway_open(application);
    for (guint i = 0; i < G_N_ELEMENTS(accelerators); i++) {
        const char *keys[] = {accelerators[i][1], NULL};

        gtk_application_set_accels_for_action(GTK_APPLICATION(base), accelerators[i][0], keys);
    }
    start_outside(application);
}

/* --background is for the instance that is starting: it stays without a window, so it is not
 * activated. */
static gint
coati_application_handle_local_options(GApplication *base, GVariantDict *options)
{
    CoatiApplication *application = COATI_APPLICATION(base);
    g_autoptr(GError) error = NULL;

    if (g_variant_dict_contains(options, "version")) {
        g_print("coati %s\n", COATI_VERSION);
        return 0;
    }
    if (!g_variant_dict_contains(options, "background"))
        return -1;
    if (!g_application_register(base, NULL, &error)) {
        g_printerr("coati: %s\n", error->message);
        return 1;
    }
    if (g_application_get_is_remote(base))
        return 0;
    application->is_background = TRUE;
    hold(application);
    return 0;
}

/* Also a dialog, which belongs to the application of the window it lies over. */
static void
coati_application_window_added(GtkApplication *base, GtkWindow *window)
{
    GTK_APPLICATION_CLASS(coati_application_parent_class)->window_added(base, window);
    g_signal_connect(window, "map", G_CALLBACK(accessible_mend_names), NULL);
}

static void
coati_application_shutdown(GApplication *base)
{
    CoatiApplication *application = COATI_APPLICATION(base);

    g_clear_object(&application->tray);
    g_clear_object(&application->notices);
    g_clear_object(&application->settings);
    g_clear_object(&application->gateway);
    g_clear_object(&application->client);
    G_APPLICATION_CLASS(coati_application_parent_class)->shutdown(base);
}

static void
coati_application_class_init(CoatiApplicationClass *class)
{
    GApplicationClass *application_class = G_APPLICATION_CLASS(class);

    GTK_APPLICATION_CLASS(class)->window_added = coati_application_window_added;
    application_class->startup = coati_application_startup;
    application_class->open = coati_application_open;
    application_class->activate = coati_application_activate;
    application_class->shutdown = coati_application_shutdown;
    application_class->handle_local_options = coati_application_handle_local_options;
}

static const GOptionEntry options[] = {
    {"background", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Start without a window"), NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version"), NULL},
    {0},
};

static void
coati_application_init(CoatiApplication *application)
{
    g_application_add_main_option_entries(G_APPLICATION(application), options);
}

CoatiApplication *
coati_application_new(void)
{
    return g_object_new(COATI_TYPE_APPLICATION, "application-id", "org.coati.Coati", "flags",
                        G_APPLICATION_HANDLES_OPEN, "resource-base-path", "/org/coati/Coati", NULL);
}

CoatiClient *
coati_application_client(CoatiApplication *application)
{
    return application->client;
}
