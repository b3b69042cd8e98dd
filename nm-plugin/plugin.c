/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libnm plugin that nmcli and editors load: what the VPN type is called, import and export
 * through the shared profile code, and the way to the editor of the toolkit that asks.
 */
#include "names.h"
#include "profile/import.h"
#include "settings.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <string.h>

#define EDITOR_GTK3 "libnm-vpn-plugin-coati-editor.so"
#define EDITOR_GTK4 "libnm-gtk4-vpn-plugin-coati-editor.so"
#define EDITOR_SYMBOL "nm_coati_editor_new"

typedef NMVpnEditor *(*EditorNew)(NMConnection *connection, GError **error);

enum { PROP_0, PROP_NAME, PROP_DESCRIPTION, PROP_SERVICE };

typedef struct {
    GObject parent;
} NmCoatiPlugin;

typedef struct {
    GObjectClass parent;
} NmCoatiPluginClass;

static void plugin_interface_init(NMVpnEditorPluginInterface *interface);

GType nm_coati_plugin_get_type(void);
G_DEFINE_TYPE_WITH_CODE(NmCoatiPlugin, nm_coati_plugin, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(NM_TYPE_VPN_EDITOR_PLUGIN, plugin_interface_init))

/* GTK 3 alone has this function; whoever asks for an editor has its GTK loaded already. */
static const char *
editor_file(void)
{
    return dlsym(RTLD_DEFAULT, "gtk_container_add") != NULL ? EDITOR_GTK3 : EDITOR_GTK4;
}

static NMVpnEditor *
plugin_get_editor(NMVpnEditorPlugin *plugin, NMConnection *connection, GError **error)
{
    g_autofree char *path = g_build_filename(NM_COATI_PLUGIN_DIR, editor_file(), NULL);
    void *module = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    EditorNew editor_new = module != NULL ? (EditorNew)dlsym(module, EDITOR_SYMBOL) : NULL;

    if (editor_new == NULL) {
        g_set_error(error, NM_VPN_PLUGIN_ERROR, NM_VPN_PLUGIN_ERROR_FAILED,
                    "The editor for Coati connections cannot be loaded (%s). Install the package "
                    "with Coati's editors, or use nmcli.",
                    dlerror());
        return NULL;
    }
    return editor_new(connection, error);
}

static NMVpnEditorPluginCapability
plugin_get_capabilities(NMVpnEditorPlugin *plugin)
{
    return NM_VPN_EDITOR_PLUGIN_CAPABILITY_IMPORT | NM_VPN_EDITOR_PLUGIN_CAPABILITY_EXPORT |
           NM_VPN_EDITOR_PLUGIN_CAPABILITY_IPV6;
}

/* What the imported file names is read beside it, as the calling user. */
static Secret *
read_beside(const char *path, gpointer directory, GError **error)
{
    g_autofree char *full =
        g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(directory, path, NULL);
    g_autofree char *data = NULL;
    gsize length;
    Secret *secret;

    if (!g_file_get_contents(full, &data, &length, error))
        return NULL;
    secret = secret_new(data, length);
    explicit_bzero(data, length);
    return secret;
}

/* To standard error, where nmcli's user reads it; what simply became a field is no news. */
static void
tell_notes(const Import *import)
{
    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = g_ptr_array_index(import->notes, i);
        g_autofree char *text = import_note_format(note);

        if (note->kind != IMPORT_NOTE_MAPPED)
            g_printerr("%s\n", text);
    }
}

static NMConnection *
plugin_import(NMVpnEditorPlugin *plugin, const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *origin = g_path_get_basename(path);
    ImportFiles files = {.read = read_beside, .user_data = directory};
    g_autoptr(Import) import = NULL;
    g_autofree char *data = NULL;
    gsize length;

    if (!g_file_get_contents(path, &data, &length, error))
        return NULL;
    import = import_parse(data, length, NULL, origin, &files, error);
    explicit_bzero(data, length);
    if (import == NULL)
        return NULL;
    if (import->profiles->len != 1) {
        g_set_error(error, NM_VPN_PLUGIN_ERROR, NM_VPN_PLUGIN_ERROR_FAILED,
                    "%s describes %u connections; NetworkManager imports one at a time", origin,
                    import->profiles->len);
        return NULL;
    }
    tell_notes(import);
    return nm_coati_connection_of(g_ptr_array_index(import->profiles, 0));
}

static gboolean
plugin_export(NMVpnEditorPlugin *plugin, const char *path, NMConnection *connection, GError **error)
{
    g_autoptr(Profile) profile = nm_coati_profile_of(connection, error);
    g_autoptr(Secret) text = NULL;

    if (profile == NULL)
        return FALSE;
    text = profile_write(profile, FALSE);
    return g_file_set_contents_full(path, secret_text(text), (gssize)secret_length(text),
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static char *
plugin_get_suggested_filename(NMVpnEditorPlugin *plugin, NMConnection *connection)
{
    return g_strdup_printf("%s.coati", nm_connection_get_id(connection));
}

static void
plugin_interface_init(NMVpnEditorPluginInterface *interface)
{
    interface->get_editor = plugin_get_editor;
    interface->get_capabilities = plugin_get_capabilities;
    interface->import_from_file = plugin_import;
    interface->export_to_file = plugin_export;
    interface->get_suggested_filename = plugin_get_suggested_filename;
}

static void
get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    static const char *const texts[] = {
        [PROP_NAME] = "Coati (IPsec with login and password)",
        [PROP_DESCRIPTION] = "IKEv1 gateways that ask for login and password: Hybrid RSA, Xauth; "
                             "Cisco, racoon, strongSwan, FRITZ!Box.",
        [PROP_SERVICE] = NM_COATI_SERVICE,
    };

    if (id < G_N_ELEMENTS(texts) && texts[id] != NULL)
        g_value_set_string(value, texts[id]);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void
nm_coati_plugin_init(NmCoatiPlugin *self)
{
}

static void
nm_coati_plugin_class_init(NmCoatiPluginClass *class)
{
    GObjectClass *object = G_OBJECT_CLASS(class);

    object->get_property = get_property;
    g_object_class_override_property(object, PROP_NAME, NM_VPN_EDITOR_PLUGIN_NAME);
    g_object_class_override_property(object, PROP_DESCRIPTION, NM_VPN_EDITOR_PLUGIN_DESCRIPTION);
    g_object_class_override_property(object, PROP_SERVICE, NM_VPN_EDITOR_PLUGIN_SERVICE);
}

/* The entry that libnm looks up by this name. */
G_MODULE_EXPORT NMVpnEditorPlugin *
nm_vpn_editor_plugin_factory(GError **error)
{
    return g_object_new(nm_coati_plugin_get_type(), NULL);
}
