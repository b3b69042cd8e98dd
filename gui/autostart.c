/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "autostart.h"

#include <glib/gstdio.h>

#include <errno.h>

#define CONTENT                                                                                    \
    "[Desktop Entry]\nType=Application\nName=Coati\nExec=coati --background\n"                     \
    "Icon=org.coati.Coati\nX-GNOME-Autostart-enabled=true\n"

static char *
path(void)
{
    return g_build_filename(g_get_user_config_dir(), "autostart", "org.coati.Coati.desktop", NULL);
}

gboolean
autostart_is_on(void)
{
    g_autofree char *file = path();

    return g_file_test(file, G_FILE_TEST_EXISTS);
}

gboolean
autostart_set(gboolean is_on, GError **error)
{
    g_autofree char *file = path();
    g_autofree char *folder = g_path_get_dirname(file);

    if (!is_on && g_unlink(file) != 0 && errno != ENOENT) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", file,
                    g_strerror(errno));
        return FALSE;
    }
    if (!is_on)
        return TRUE;
    g_mkdir_with_parents(folder, 0700);
    return g_file_set_contents(file, CONTENT, -1, error);
}
