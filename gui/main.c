/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "application.h"
#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

int
main(int argc, char **argv)
{
    g_autoptr(CoatiApplication) application = NULL;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, COATI_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    application = coati_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
