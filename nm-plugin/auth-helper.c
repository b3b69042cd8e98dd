/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nm-coati-auth-dialog: tells an agent of NetworkManager what to ask (external UI mode).
 *
 * Without GTK and without a display, because nmcli needs it too: it prints a key file of version 2 of
 * the agents' protocol, a title, a text and one group for each secret. An agent that wants the
 * helper to ask by itself is handed to the dialog of the desktop package.
 */
#include "auth-request.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
print_field(const AuthField *field)
{
    g_autofree char *escaped = g_strescape(field->value != NULL ? field->value : "", NULL);

    /* Agents skip what is not a secret, whatever else is said of it. */
    printf("\n[%s]\nValue=%s\nLabel=%s\nIsSecret=true\nShouldAsk=%s\n", field->name, escaped,
           field->label, field->should_ask ? "true" : "false");
    if (field->is_shown)
        printf("ForceEcho=true\n");
    explicit_bzero(escaped, strlen(escaped));
}

static int
run_dialog(char **argv)
{
    execv(NM_COATI_DIALOG, argv);
    g_printerr("The dialog for passwords cannot be run (%s: %s). Install the package with Coati's "
               "editors, or connect with nmcli --ask.\n",
               NM_COATI_DIALOG, g_strerror(errno));
    return 1;
}

int
main(int argc, char **argv)
{
    g_auto(GStrv) words = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    g_autoptr(AuthRequest) request = auth_request_new(&argc, &argv, &error);

    if (request == NULL) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    if (!request->is_external)
        return run_dialog(words);
    auth_request_read(request, stdin);
    printf("[VPN Plugin UI]\nVersion=2\nTitle=VPN \"%s\"\nDescription=%s\n", request->name,
           request->message);
    for (guint i = 0; i < request->fields->len; i++)
        print_field(request->fields->pdata[i]);
    return 0;
}
