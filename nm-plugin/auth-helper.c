/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nm-coati-auth-dialog: tells an agent of NetworkManager what to ask (external UI mode).
 *
 * Without GTK and without a display, because nmcli needs it too. It reads the connection's data and
 * secrets from standard input as NetworkManager's agents write them and prints a key file of
 * version 2 of their protocol: a title, a text and one group for each secret. Secrets that are
 * hinted at are one-time answers: an old value is never offered for them.
 */
#include "names.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    const char *label;
    gboolean is_shown; /* typed text may be seen */
} FieldRow;

static const FieldRow rows[] = {
    {NM_COATI_PASSWORD, "Password", FALSE},
    {NM_COATI_GROUP_PASSWORD, "Group password", FALSE},
    {NM_COATI_PASSCODE, "Code", FALSE},
    {NM_COATI_ANSWER, "Answer", TRUE},
    {NM_COATI_NEXT_PIN, "New PIN", FALSE},
    {NM_COATI_TRUST, "Type \"accept\" to trust this gateway", TRUE},
    {NM_COATI_USER, "User name", TRUE},
    {NM_COATI_DOMAIN, "Domain", TRUE},
};

typedef struct {
    GHashTable *data;
    GHashTable *secrets;
} Input;

static void
read_input(Input *input)
{
    char *line = NULL;
    size_t size = 0;
    g_autofree char *key = NULL;

    while (getline(&line, &size, stdin) > 0) {
        g_strchomp(line);
        if (strcmp(line, "DONE") == 0)
            break;
        if (g_str_has_prefix(line, "DATA_KEY=") || g_str_has_prefix(line, "SECRET_KEY=")) {
            g_free(key);
            key = g_strdup(strchr(line, '=') + 1);
        } else if (g_str_has_prefix(line, "DATA_VAL=") && key != NULL) {
            g_hash_table_replace(input->data, g_steal_pointer(&key), g_strdup(line + 9));
        } else if (g_str_has_prefix(line, "SECRET_VAL=") && key != NULL) {
            g_hash_table_replace(input->secrets, g_steal_pointer(&key), g_strdup(line + 11));
        }
    }
    if (line != NULL)
        explicit_bzero(line, size);
    free(line);
}

static const FieldRow *
find_row(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static void
print_field(const FieldRow *row, const char *value, gboolean should_ask)
{
    g_autofree char *escaped = value != NULL ? g_strescape(value, NULL) : g_strdup("");

    /* Agents skip what is not a secret, whatever else is said of it. */
    printf("\n[%s]\nValue=%s\nLabel=%s\nIsSecret=true\nShouldAsk=%s\n", row->name, escaped,
           row->label, should_ask ? "true" : "false");
    if (row->is_shown)
        printf("ForceEcho=true\n");
}

static gboolean
needs(const Input *input, const char *name)
{
    const char *method = g_hash_table_lookup(input->data, "connection.method");

    if (strcmp(name, NM_COATI_GROUP_PASSWORD) == 0)
        return method != NULL && g_str_has_suffix(method, "psk");
    return method == NULL || g_str_has_prefix(method, "hybrid") ||
           g_str_has_prefix(method, "xauth");
}

/* What the method needs; asked for where there is no value, or again after a failure. */
static void
print_needed(const Input *input, gboolean may_ask, gboolean asks_again)
{
    static const char *const names[] = {NM_COATI_GROUP_PASSWORD, NM_COATI_PASSWORD};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const FieldRow *row = find_row(names[i]);
        const char *value = g_hash_table_lookup(input->secrets, names[i]);

        if (needs(input, names[i]))
            print_field(row, value, may_ask && (value == NULL || asks_again));
    }
}

int
main(int argc, char **argv)
{
    g_autofree char *uuid = NULL;
    g_autofree char *name = NULL;
    g_autofree char *service = NULL;
    g_auto(GStrv) hints = NULL;
    gboolean asks_again = FALSE;
    gboolean may_ask = FALSE;
    gboolean is_external = FALSE;
    const GOptionEntry entries[] = {
        {"uuid", 'u', 0, G_OPTION_ARG_STRING, &uuid, "UUID of the connection", "UUID"},
        {"name", 'n', 0, G_OPTION_ARG_STRING, &name, "Name of the connection", "NAME"},
        {"service", 's', 0, G_OPTION_ARG_STRING, &service, "VPN service type", "SERVICE"},
        {"allow-interaction", 'i', 0, G_OPTION_ARG_NONE, &may_ask, "The user may be asked", NULL},
        {"reprompt", 'r', 0, G_OPTION_ARG_NONE, &asks_again, "Ask again for what is known", NULL},
        {"hint", 't', 0, G_OPTION_ARG_STRING_ARRAY, &hints, "What is asked for", "HINT"},
        {"external-ui-mode", 0, 0, G_OPTION_ARG_NONE, &is_external, "Print what to ask", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- secrets of a Coati connection");
    g_autoptr(GHashTable) data = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) secrets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Input input = {data, secrets};
    g_autofree char *message = NULL;
    gboolean is_hinted = FALSE;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || !is_external || name == NULL ||
        g_strcmp0(service, NM_COATI_SERVICE) != 0) {
        g_printerr("This helper is run by NetworkManager's agents with --external-ui-mode\n");
        return 1;
    }
    read_input(&input);
    message = g_strdup_printf("Sign in to \"%s\"", name);
    for (gsize i = 0; hints != NULL && hints[i] != NULL; i++)
        if (g_str_has_prefix(hints[i], NM_COATI_MESSAGE_HINT)) {
            g_free(message);
            message = g_strdup(hints[i] + strlen(NM_COATI_MESSAGE_HINT));
        }
    printf("[VPN Plugin UI]\nVersion=2\nTitle=VPN \"%s\"\nDescription=%s\n", name,
           g_strdelimit(message, "\n\r", ' '));
    for (gsize i = 0; hints != NULL && hints[i] != NULL; i++) {
        const FieldRow *row = find_row(hints[i]);

        if (row != NULL) {
            print_field(row, NULL, may_ask);
            is_hinted = TRUE;
        }
    }
    if (!is_hinted)
        print_needed(&input, may_ask, asks_again);
    return 0;
}
