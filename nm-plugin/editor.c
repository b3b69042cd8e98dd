/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The editor of a Coati connection in network settings, for GTK 3 and GTK 4 from this one source.
 *
 * A row is a profile field with its words for people: what it offers, its default and its check
 * come from the profile's own table, so the editor cannot disagree with the service. A value that
 * is not fit is refused by NetworkManager's dialog with the profile's own error text.
 */
#include "editor-toolkit.h"
#include "names.h"
#include "profile/profile.h"
#include "settings.h"

#include <NetworkManager.h>
#include <string.h>

typedef struct {
    ProfileField field;
    const char *label;
} EditorRow;

static const EditorRow general_rows[] = {
    {PROFILE_CONNECTION_GATEWAY, "Gateway"},
    {PROFILE_CONNECTION_METHOD, "Authentication"},
    {PROFILE_LOGIN_USER, "User name"},
    {PROFILE_SECRETS_PASSWORD, "Password"},
    {PROFILE_IDENTITY_CA, "CA certificate"},
    {PROFILE_IDENTITY_GATEWAY_ID, "Gateway identity"},
    {PROFILE_IDENTITY_OWN_ID, "Group name"},
    {PROFILE_SECRETS_GROUP_PASSWORD, "Group password"},
    {PROFILE_IDENTITY_CERTIFICATE, "Own certificate"},
    {PROFILE_SECRETS_PRIVATE_KEY, "Own private key"},
};

static const EditorRow network_rows[] = {
    {PROFILE_NETWORK_ROUTES, "Through the tunnel"},
    {PROFILE_NETWORK_REMOTE_NETWORKS, "Remote networks"},
    {PROFILE_NETWORK_EXCLUDE, "Networks outside the tunnel"},
    {PROFILE_NETWORK_IPV6, "IPv6 beside a full tunnel"},
    {PROFILE_NETWORK_DNS, "Name servers"},
    {PROFILE_NETWORK_DOMAINS, "Domains of the tunnel"},
    {PROFILE_NETWORK_DNS_WITHOUT_DOMAIN, "Names without a domain"},
    {PROFILE_ESP_MTU, "MTU"},
};

static const EditorRow identity_rows[] = {
    {PROFILE_IDENTITY_PINNED_SHA256, "Pinned certificate (SHA-256)"},
    {PROFILE_IDENTITY_REQUIRE_ID_MATCH, "Require the IKE identity"},
    {PROFILE_IDENTITY_CRL, "Revocation lists"},
    {PROFILE_IDENTITY_REQUIRE_CRL, "Require a revocation list"},
    {PROFILE_IDENTITY_OWN_ID_TYPE, "Type of group name"},
    {PROFILE_LOGIN_DOMAIN, "Login domain"},
    {PROFILE_CONNECTION_BACKUP_GATEWAYS, "Backup gateways"},
};

static const EditorRow advanced_rows[] = {
    {PROFILE_CONNECTION_MODE, "Exchange mode"},
    {PROFILE_IKE_ALLOW_WEAK, "Allow weak algorithms"},
    {PROFILE_IKE_PROPOSALS, "Phase 1 algorithms"},
    {PROFILE_IKE_LIFETIME, "Phase 1 lifetime (seconds)"},
    {PROFILE_ESP_PROPOSALS, "Phase 2 algorithms"},
    {PROFILE_ESP_LIFETIME, "Phase 2 lifetime (seconds)"},
    {PROFILE_ESP_PFS, "Perfect forward secrecy"},
    {PROFILE_IKE_CONFIG_MODE, "Mode Config"},
    {PROFILE_IKE_NAT_TRAVERSAL, "NAT traversal"},
    {PROFILE_IKE_KEEPALIVE, "NAT keepalive (seconds)"},
    {PROFILE_IKE_LOCAL_PORT, "Own UDP port"},
    {PROFILE_IKE_FRAGMENTATION, "IKE fragmentation"},
    {PROFILE_IKE_FRAGMENT_SIZE, "IKE fragment size"},
    {PROFILE_ESP_FRAGMENT_SIZE, "ESP fragment size"},
    {PROFILE_IKE_DPD_DELAY, "Dead peer detection (seconds)"},
    {PROFILE_IKE_DPD_RETRY, "Seconds between its probes"},
    {PROFILE_IKE_DPD_MAX_FAILURES, "Probes until the gateway is dead"},
    {PROFILE_IKE_APPLICATION_VERSION, "Application version"},
    {PROFILE_ESP_PLANE, "Data plane"},
};

/* Not here: what NetworkManager has its own place for (name, UUID, connecting by itself and again,
 * storing the password), what it does not carry out (local-network), and notes of an import. */
static const struct {
    const char *title;
    const EditorRow *rows;
    gsize count;
} pages[] = {
    {"General", general_rows, G_N_ELEMENTS(general_rows)},
    {"Network", network_rows, G_N_ELEMENTS(network_rows)},
    {"Identity", identity_rows, G_N_ELEMENTS(identity_rows)},
    {"Advanced", advanced_rows, G_N_ELEMENTS(advanced_rows)},
};

enum {
    ROW_COUNT = G_N_ELEMENTS(general_rows) + G_N_ELEMENTS(network_rows) +
                G_N_ELEMENTS(identity_rows) + G_N_ELEMENTS(advanced_rows),
    PAGE_HEIGHT = 360,
};

/* What choices are called; a word that is not here is shown as it is spelled in profiles. */
static const struct {
    ProfileField field;
    const char *word;
    const char *label;
} choice_labels[] = {
    {PROFILE_CONNECTION_METHOD, "hybrid-rsa", "Certificate of the gateway, login and password"},
    {PROFILE_CONNECTION_METHOD, "xauth-psk", "Group password, login and password"},
    {PROFILE_CONNECTION_METHOD, "xauth-rsa", "Own certificate, login and password"},
    {PROFILE_CONNECTION_METHOD, "rsa", "Own certificate"},
    {PROFILE_CONNECTION_METHOD, "psk", "Group password"},
    {PROFILE_CONNECTION_MODE, "aggressive", "Aggressive"},
    {PROFILE_CONNECTION_MODE, "main", "Main"},
    {PROFILE_NETWORK_ROUTES, "gateway", "What the gateway says"},
    {PROFILE_NETWORK_ROUTES, "full", "Everything"},
    {PROFILE_NETWORK_ROUTES, "split", "Only the remote networks"},
    {PROFILE_NETWORK_IPV6, "close", "Closed, so that nothing goes around the tunnel"},
    {PROFILE_NETWORK_IPV6, "leave", "Left as it is"},
    {PROFILE_NETWORK_DNS_WITHOUT_DOMAIN, "all", "Ask the servers of the tunnel"},
    {PROFILE_NETWORK_DNS_WITHOUT_DOMAIN, "ignore", "Ask the usual servers"},
};

typedef struct {
    GObject parent;
    GtkWidget *widget;
    const EditorRow *rows[ROW_COUNT];
    GtkWidget *inputs[ROW_COUNT];
    char *loaded[ROW_COUNT]; /* PEM of fields that are chosen as files */
    gsize count;
} NmCoatiEditor;

typedef struct {
    GObjectClass parent;
} NmCoatiEditorClass;

static void editor_interface_init(NMVpnEditorInterface *interface);

GType nm_coati_editor_get_type(void);
G_DEFINE_TYPE_WITH_CODE(NmCoatiEditor, nm_coati_editor, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(NM_TYPE_VPN_EDITOR, editor_interface_init))

static gboolean
is_file(ProfileField field)
{
    return profile_field_info(field)->type == PROFILE_TYPE_LINES ||
           field == PROFILE_SECRETS_PRIVATE_KEY;
}

static gboolean
is_secret(ProfileField field)
{
    return profile_field_info(field)->type == PROFILE_TYPE_SECRET;
}

static void
changed(NmCoatiEditor *self)
{
    g_signal_emit_by_name(self, "changed");
}

static void
show_loaded(NmCoatiEditor *self, gsize row)
{
    editor_button_set_text(self->inputs[row],
                           self->loaded[row] != NULL ? "Chosen (replace…)" : "Choose a file…");
}

static void
file_chosen(GtkNativeDialog *dialog, int response, NmCoatiEditor *self)
{
    gsize row = GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(dialog), "row"));
    g_autoptr(GFile) file = NULL;
    g_autofree char *data = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file != NULL && g_file_load_contents(file, NULL, &data, NULL, NULL, NULL)) {
        g_free(self->loaded[row]);
        self->loaded[row] = g_steal_pointer(&data);
        show_loaded(self, row);
        changed(self);
    }
    g_object_unref(dialog);
}

static void
choose_file(GtkWidget *button, NmCoatiEditor *self)
{
    gsize row = GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(button), "row"));
    GtkFileChooserNative *dialog = gtk_file_chooser_native_new(
        self->rows[row]->label, editor_window_of(button), GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);

    g_object_set_data(G_OBJECT(dialog), "row", GSIZE_TO_POINTER(row));
    g_signal_connect(dialog, "response", G_CALLBACK(file_chosen), self);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

static const char *
choice_label(ProfileField field, const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(choice_labels); i++)
        if (choice_labels[i].field == field && g_str_equal(choice_labels[i].word, word))
            return choice_labels[i].label;
    return word;
}

static GtkWidget *
choice_new(ProfileField field)
{
    const ProfileFieldInfo *info = profile_field_info(field);
    g_auto(GStrv) words = g_strsplit(info->words, ", ", -1);
    GtkWidget *combo = gtk_combo_box_text_new();

    for (gsize i = 0; words[i] != NULL; i++)
        gtk_combo_box_text_append(GTK_COMBO_BOX_TEXT(combo), words[i],
                                  choice_label(field, words[i]));
    gtk_combo_box_set_active_id(GTK_COMBO_BOX(combo), info->fallback);
    return combo;
}

/* A switch cannot be misread as a list of two words. */
static GtkWidget *
switch_new(const ProfileFieldInfo *info)
{
    GtkWidget *toggle = gtk_switch_new();

    gtk_switch_set_active(GTK_SWITCH(toggle), g_strcmp0(info->fallback, "true") == 0);
    gtk_widget_set_halign(toggle, GTK_ALIGN_START);
    return toggle;
}

static GtkWidget *
input_new(NmCoatiEditor *self, gsize row)
{
    ProfileField field = self->rows[row]->field;
    const ProfileFieldInfo *info = profile_field_info(field);
    GtkWidget *input;

    if (is_file(field)) {
        input = gtk_button_new_with_label("");
        g_object_set_data(G_OBJECT(input), "row", GSIZE_TO_POINTER(row));
        g_signal_connect(input, "clicked", G_CALLBACK(choose_file), self);
    } else if (info->type == PROFILE_TYPE_CHOICE) {
        input = choice_new(field);
        g_signal_connect_swapped(input, "changed", G_CALLBACK(changed), self);
    } else if (info->type == PROFILE_TYPE_BOOLEAN) {
        input = switch_new(info);
        g_signal_connect_swapped(input, "notify::active", G_CALLBACK(changed), self);
    } else {
        input = gtk_entry_new();
        gtk_entry_set_visibility(GTK_ENTRY(input), !is_secret(field));
        gtk_entry_set_placeholder_text(GTK_ENTRY(input), info->fallback);
        g_signal_connect_swapped(input, "changed", G_CALLBACK(changed), self);
    }
    gtk_widget_set_hexpand(input, TRUE);
    gtk_widget_set_tooltip_text(input, info->description);
    return input;
}

/* The name of a secret in vpn.secrets is the key of its field. */
static const char *
value_of(NMSettingVpn *vpn, ProfileField field)
{
    const ProfileFieldInfo *info = profile_field_info(field);

    if (vpn == NULL)
        return NULL;
    return is_secret(field) ? nm_setting_vpn_get_secret(vpn, info->key)
                            : nm_setting_vpn_get_data_item(vpn, info->name);
}

/* "yes" and others are said too. */
static gboolean
is_true(ProfileField field, const char *value)
{
    g_autoptr(Profile) profile = profile_new();

    return profile_set(profile, field, value, NULL) && profile_boolean(profile, field);
}

static void
fill(NmCoatiEditor *self, gsize row, const char *value)
{
    GtkWidget *input = self->inputs[row];

    if (is_file(self->rows[row]->field)) {
        self->loaded[row] = g_strdup(value);
        show_loaded(self, row);
    } else if (value != NULL && GTK_IS_COMBO_BOX(input)) {
        gtk_combo_box_set_active_id(GTK_COMBO_BOX(input), value);
    } else if (value != NULL && GTK_IS_SWITCH(input)) {
        gtk_switch_set_active(GTK_SWITCH(input), is_true(self->rows[row]->field, value));
    } else if (value != NULL) {
        editor_entry_set_text(input, value);
    }
}

static GtkWidget *
page_new(NmCoatiEditor *self, NMSettingVpn *vpn, const EditorRow *rows, gsize count)
{
    GtkWidget *grid = gtk_grid_new();

    gtk_grid_set_row_spacing(GTK_GRID(grid), 6);
    gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
    gtk_widget_set_margin_top(grid, 12);
    gtk_widget_set_margin_bottom(grid, 12);
    gtk_widget_set_margin_start(grid, 12);
    gtk_widget_set_margin_end(grid, 12);
    for (gsize i = 0; i < count; i++) {
        gsize row = self->count++;
        GtkWidget *label = gtk_label_new(rows[i].label);

        self->rows[row] = &rows[i];
        self->inputs[row] = input_new(self, row);
        gtk_widget_set_halign(label, GTK_ALIGN_START);
        editor_set_label(self->inputs[row], label);
        gtk_grid_attach(GTK_GRID(grid), label, 0, (int)i, 1, 1);
        gtk_grid_attach(GTK_GRID(grid), self->inputs[row], 1, (int)i, 1, 1);
        fill(self, row, value_of(vpn, rows[i].field));
    }
    return grid;
}

/* As high as its rows while the window allows it. */
static GtkWidget *
scrolled_new(GtkWidget *grid)
{
    GtkWidget *scrolled = editor_scrolled_new(grid);

    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
    gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled), PAGE_HEIGHT);
    return scrolled;
}

static void
build(NmCoatiEditor *self, NMSettingVpn *vpn)
{
    GtkWidget *book = gtk_notebook_new();

    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++)
        gtk_notebook_append_page(GTK_NOTEBOOK(book),
                                 scrolled_new(page_new(self, vpn, pages[i].rows, pages[i].count)),
                                 gtk_label_new(pages[i].title));
    self->widget = g_object_ref_sink(book);
    editor_show(book);
}

static GObject *
editor_get_widget(NMVpnEditor *editor)
{
    return G_OBJECT(((NmCoatiEditor *)editor)->widget);
}

static const char *
text_of(NmCoatiEditor *self, gsize row)
{
    GtkWidget *input = self->inputs[row];

    if (is_file(self->rows[row]->field))
        return self->loaded[row];
    if (GTK_IS_COMBO_BOX(input))
        return gtk_combo_box_get_active_id(GTK_COMBO_BOX(input));
    if (GTK_IS_SWITCH(input))
        return gtk_switch_get_active(GTK_SWITCH(input)) ? "true" : "false";
    return editor_entry_text(input);
}

/* A password that is typed here is kept by NetworkManager, unless the user's agent keeps it already;
 * without one the agent is asked at each connect. */
static void
store_secret(NMSettingVpn *vpn, const char *key, const char *text)
{
    NMSettingSecretFlags flags = NM_SETTING_SECRET_FLAG_NONE;
    gboolean is_set = text != NULL && *text != '\0';

    if (is_set)
        nm_setting_vpn_add_secret(vpn, key, text);
    else
        nm_setting_vpn_remove_secret(vpn, key);
    nm_setting_get_secret_flags(NM_SETTING(vpn), key, &flags, NULL);
    if (g_str_equal(key, NM_COATI_PASSWORD) && (flags & NM_SETTING_SECRET_FLAG_AGENT_OWNED) == 0)
        nm_setting_set_secret_flags(
            NM_SETTING(vpn), key,
            is_set ? NM_SETTING_SECRET_FLAG_NONE : NM_SETTING_SECRET_FLAG_NOT_SAVED, NULL);
}

/* A default stays what it is, said or not said; a value that only is spelled otherwise too. */
static gboolean
says_the_same(ProfileField field, const char *stored, const char *text)
{
    const ProfileFieldInfo *info = profile_field_info(field);

    if (stored == NULL)
        return g_strcmp0(text, info->fallback) == 0;
    if (info->type == PROFILE_TYPE_BOOLEAN)
        return is_true(field, stored) == is_true(field, text);
    return g_str_equal(stored, text);
}

static void
store(NMSettingVpn *vpn, ProfileField field, const char *text)
{
    const ProfileFieldInfo *info = profile_field_info(field);

    if (is_secret(field))
        store_secret(vpn, info->key, text);
    else if (text == NULL || *text == '\0')
        nm_setting_vpn_remove_data_item(vpn, info->name);
    else if (!says_the_same(field, nm_setting_vpn_get_data_item(vpn, info->name), text))
        nm_setting_vpn_add_data_item(vpn, info->name, text);
}

/* Fields that the editor does not show are kept as they are. */
static gboolean
editor_update_connection(NMVpnEditor *editor, NMConnection *connection, GError **error)
{
    NmCoatiEditor *self = (NmCoatiEditor *)editor;
    g_autoptr(Profile) profile = profile_new();
    NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);

    for (gsize row = 0; row < self->count; row++)
        if (!is_secret(self->rows[row]->field) &&
            !profile_set(profile, self->rows[row]->field, text_of(self, row), error))
            return FALSE;
    if (profile_text(profile, PROFILE_CONNECTION_GATEWAY) == NULL) {
        g_set_error_literal(error, NM_VPN_PLUGIN_ERROR, NM_VPN_PLUGIN_ERROR_BAD_ARGUMENTS,
                            "Gateway: name the VPN gateway");
        return FALSE;
    }
    if (vpn == NULL) {
        vpn = NM_SETTING_VPN(nm_setting_vpn_new());
        nm_connection_add_setting(connection, NM_SETTING(vpn));
    }
    g_object_set(vpn, NM_SETTING_VPN_SERVICE_TYPE, NM_COATI_SERVICE, NULL);
    for (gsize row = 0; row < self->count; row++)
        store(vpn, self->rows[row]->field, text_of(self, row));
    nm_coati_write_flags(vpn);
    return TRUE;
}

static void
editor_interface_init(NMVpnEditorInterface *interface)
{
    interface->get_widget = editor_get_widget;
    interface->update_connection = editor_update_connection;
}

static void
nm_coati_editor_init(NmCoatiEditor *self)
{
}

static void
nm_coati_editor_dispose(GObject *object)
{
    NmCoatiEditor *self = (NmCoatiEditor *)object;

    for (gsize row = 0; row < self->count; row++)
        g_signal_handlers_disconnect_by_data(self->inputs[row], self);
    self->count = 0;
    g_clear_object(&self->widget);
    G_OBJECT_CLASS(nm_coati_editor_parent_class)->dispose(object);
}

static void
nm_coati_editor_finalize(GObject *object)
{
    NmCoatiEditor *self = (NmCoatiEditor *)object;

    for (gsize row = 0; row < ROW_COUNT; row++)
        g_free(self->loaded[row]);
    G_OBJECT_CLASS(nm_coati_editor_parent_class)->finalize(object);
}

static void
nm_coati_editor_class_init(NmCoatiEditorClass *class)
{
    G_OBJECT_CLASS(class)->dispose = nm_coati_editor_dispose;
    G_OBJECT_CLASS(class)->finalize = nm_coati_editor_finalize;
}

/* The symbol that the libnm plugin looks up. */
NMVpnEditor *nm_coati_editor_new(NMConnection *connection, GError **error);

G_MODULE_EXPORT NMVpnEditor *
nm_coati_editor_new(NMConnection *connection, GError **error)
{
    NmCoatiEditor *self = g_object_new(nm_coati_editor_get_type(), NULL);

    build(self, nm_connection_get_setting_vpn(connection));
    return NM_VPN_EDITOR(self);
}
