/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

#include "client/policy.h"
#include "error.h"

static void
request_free(gpointer data)
{
    Request *request = data;

    profile_free(request->profile);
    connect_options_clear(&request->options);
    g_free(request->owner);
    g_free(request);
}

static gboolean
read_owner(GVariant *options, Request *request, GError **error)
{
    const char *owner = "user";

    g_variant_lookup(options, "owner", "&s", &owner);
    request->is_system = g_str_equal(owner, "system");
    if (request->is_system || g_str_equal(owner, "user"))
        return TRUE;
    g_set_error(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS,
                "The option owner is \"user\" or \"system\"");
    return FALSE;
}

/* "secrets" and "secrets-fd" of AddConnection: the profile's own. */
static gboolean
read_secrets(GVariant *options, const BusCall *call, Profile *profile, GError **error)
{
    static const ProfileField fields[] = {PROFILE_SECRETS_PASSWORD, PROFILE_SECRETS_GROUP_PASSWORD,
                                          PROFILE_SECRETS_PRIVATE_KEY};
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
    g_autoptr(GHashTable) secrets =
        connect_secrets_read(options, g_dbus_message_get_unix_fd_list(message), error);
    g_autoptr(GError) wrong = NULL;

    if (secrets == NULL)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        const char *key = profile_field_info(fields[i])->key;
        const Secret *secret = g_hash_table_lookup(secrets, key);

        if (secret != NULL &&
            !profile_take_secret(profile, fields[i], secret_dup(secret), &wrong)) {
            g_set_error_literal(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS, wrong->message);
            return FALSE;
        }
        g_hash_table_remove(secrets, key);
    }
    if (g_hash_table_size(secrets) == 0)
        return TRUE;
    g_set_error_literal(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS,
                        "A profile keeps the secrets password, group-password and private-key");
    return FALSE;
}

static gboolean
read_options(GVariant *options, const BusCall *call, Request *request, GError **error)
{
    GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);

    if (!connect_options_read(options, g_dbus_message_get_unix_fd_list(message), &request->options,
                              error))
        return FALSE;
    if (!request->options.is_for_user || call->uid == 0)
        return TRUE;
    g_set_error_literal(error, COATI_ERROR, COATI_ERROR_NOT_AUTHORIZED,
                        "Only root may connect for another user");
    return FALSE;
}

gboolean
request_read(BusCall *call, gboolean is_transient, GError **error)
{
    g_autoptr(GVariant) settings = g_variant_get_child_value(call->parameters, 0);
    g_autoptr(GVariant) options = g_variant_get_child_value(call->parameters, 1);
    Request *request = g_new0(Request, 1);
    g_autoptr(GError) wrong = NULL;

    call->prepared = request;
    call->prepared_free = request_free;
    request->profile = profile_from_settings(settings, &wrong);
    if (request->profile == NULL) {
        g_set_error_literal(error, COATI_ERROR, COATI_ERROR_INVALID_ARGUMENTS, wrong->message);
        return FALSE;
    }
    if (!(is_transient ? read_options(options, call, request, error)
                       : read_owner(options, request, error) &&
                             read_secrets(options, call, request->profile, error)))
        return FALSE;
    request->owner =
        request->is_system ? g_strdup("system") : g_strdup_printf("%u", request_uid(request, call));
    return TRUE;
}

guint32
request_uid(const Request *request, const BusCall *call)
{
    gboolean is_users = request->options.is_for_user && request->options.for_uid != BUS_EVERYBODY;

    return is_users ? request->options.for_uid : call->uid;
}

void
request_describe(const Request *request, const BusCall *call, GateFacts *ret_facts)
{
    ret_facts->is_owner = TRUE;
    ret_facts->is_system = request->is_system;
    /* A probe sends nothing of the user's, whatever the algorithms. */
    ret_facts->is_unsafe = !request->options.is_probe && client_is_unsafe(request->profile);
    ret_facts->uid = request_uid(request, call);
    ret_facts->is_for_user = ret_facts->uid != call->uid;
    ret_facts->profile = profile_text(request->profile, PROFILE_CONNECTION_ID);
    ret_facts->owner = request->owner;
    ret_facts->gateway = profile_text(request->profile, PROFILE_CONNECTION_GATEWAY);
}
