/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth-request.h"

#include "names.h"

#include <stdlib.h>
#include <string.h>

static const AuthField rows[] = {
    {.name = NM_COATI_PASSWORD, .label = "Password"},
    {.name = NM_COATI_GROUP_PASSWORD, .label = "Group password"},
    {.name = NM_COATI_PASSCODE, .label = "Code"},
    {.name = NM_COATI_ANSWER, .label = "Answer", .is_shown = TRUE},
    {.name = NM_COATI_NEXT_PIN, .label = "New PIN"},
    {.name = NM_COATI_TRUST, .label = "Type \"accept\" to trust this gateway", .is_shown = TRUE},
    {.name = NM_COATI_USER, .label = "User name", .is_shown = TRUE},
    {.name = NM_COATI_DOMAIN, .label = "Domain", .is_shown = TRUE},
};

/* Wipes what was a secret. */
static void
text_free(gpointer text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

static void
field_free(gpointer data)
{
    text_free(((AuthField *)data)->value);
    g_free(data);
}

AuthRequest *
auth_request_new(int *argc, char ***argv, GError **error)
{
    g_autoptr(AuthRequest) request = g_new0(AuthRequest, 1);
    g_autofree char *uuid = NULL;
    g_autofree char *service = NULL;
    const GOptionEntry entries[] = {
        {"uuid", 'u', 0, G_OPTION_ARG_STRING, &uuid, "UUID of the connection", "UUID"},
        {"name", 'n', 0, G_OPTION_ARG_STRING, &request->name, "Name of the connection", "NAME"},
        {"service", 's', 0, G_OPTION_ARG_STRING, &service, "VPN service type", "SERVICE"},
        {"allow-interaction", 'i', 0, G_OPTION_ARG_NONE, &request->may_ask, "The user may be asked",
         NULL},
        {"reprompt", 'r', 0, G_OPTION_ARG_NONE, &request->asks_again, "Ask again for what is known",
         NULL},
        {"hint", 't', 0, G_OPTION_ARG_STRING_ARRAY, &request->hints, "What is asked for", "HINT"},
        {"external-ui-mode", 0, 0, G_OPTION_ARG_NONE, &request->is_external,
         "Print what to ask instead of asking", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- secrets of a Coati connection");

    request->fields = g_ptr_array_new_with_free_func(field_free);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return NULL;
    if (request->name == NULL || g_strcmp0(service, NM_COATI_SERVICE) != 0) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            "This helper is run by NetworkManager's agents, with --name and "
                            "--service " NM_COATI_SERVICE);
        return NULL;
    }
    return g_steal_pointer(&request);
}

void
auth_request_free(AuthRequest *request)
{
    if (request == NULL)
        return;
    g_free(request->name);
    g_free(request->message);
    g_strfreev(request->hints);
    g_ptr_array_unref(request->fields);
    g_free(request);
}

static void
read_input(FILE *in, GHashTable *data, GHashTable *secrets)
{
    char *line = NULL;
    size_t size = 0;
    g_autofree char *key = NULL;

    while (getline(&line, &size, in) > 0) {
        g_strchomp(line);
        if (strcmp(line, "DONE") == 0)
            break;
        if (g_str_has_prefix(line, "DATA_KEY=") || g_str_has_prefix(line, "SECRET_KEY=")) {
            g_free(key);
            key = g_strdup(strchr(line, '=') + 1);
        } else if (g_str_has_prefix(line, "DATA_VAL=") && key != NULL) {
            g_hash_table_replace(data, g_steal_pointer(&key), g_strdup(line + 9));
        } else if (g_str_has_prefix(line, "SECRET_VAL=") && key != NULL) {
            g_hash_table_replace(secrets, g_steal_pointer(&key), g_strdup(line + 11));
        }
    }
    if (line != NULL)
        explicit_bzero(line, size);
    free(line);
}

static gboolean
needs(GHashTable *data, const char *name)
{
    const char *method = g_hash_table_lookup(data, "connection.method");

    if (strcmp(name, NM_COATI_GROUP_PASSWORD) == 0)
        return method != NULL && g_str_has_suffix(method, "psk");
    return method == NULL || g_str_has_prefix(method, "hybrid") ||
           g_str_has_prefix(method, "xauth");
}

static gboolean
add_field(AuthRequest *request, const char *name, const char *value, gboolean should_ask)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, name) == 0) {
            AuthField *field = g_memdup2(&rows[i], sizeof rows[i]);

            field->value = g_strdup(value);
            field->should_ask = should_ask && request->may_ask;
            g_ptr_array_add(request->fields, field);
            return TRUE;
        }
    return FALSE;
}

/* What the method needs; asked for where there is no value, or again after a failure. */
static void
add_needed(AuthRequest *request, GHashTable *data, GHashTable *secrets)
{
    static const char *const names[] = {NM_COATI_GROUP_PASSWORD, NM_COATI_PASSWORD};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_hash_table_lookup(secrets, names[i]);

        if (needs(data, names[i]))
            add_field(request, names[i], value, value == NULL || request->asks_again);
    }
}

static void
read_hints(AuthRequest *request)
{
    for (gsize i = 0; request->hints != NULL && request->hints[i] != NULL; i++) {
        const char *hint = request->hints[i];

        if (g_str_has_prefix(hint, NM_COATI_MESSAGE_HINT)) {
            g_free(request->message);
            request->message = g_strdup(hint + strlen(NM_COATI_MESSAGE_HINT));
            g_strdelimit(request->message, "\n\r", ' ');
        } else {
            add_field(request, hint, NULL, TRUE);
        }
    }
}

void
auth_request_read(AuthRequest *request, FILE *in)
{
    g_autoptr(GHashTable) data = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) secrets =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, text_free);

    read_input(in, data, secrets);
    request->message = g_strdup_printf("Sign in to \"%s\"", request->name);
    g_strdelimit(request->message, "\n\r", ' ');
    read_hints(request);
    if (request->fields->len == 0)
        add_needed(request, data, secrets);
}

gboolean
auth_request_is_open(const AuthRequest *request)
{
    for (guint i = 0; i < request->fields->len; i++)
        if (((const AuthField *)request->fields->pdata[i])->should_ask)
            return TRUE;
    return FALSE;
}
