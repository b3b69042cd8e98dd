/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyring.h"

#include <glib/gi18n.h>
#include <libsecret/secret.h>

/* "user" is kept with the password but does not tell items apart. */
static const SecretSchema schema = {
    "org.coati.Coati.Password",
    SECRET_SCHEMA_NONE,
    {{"uuid", SECRET_SCHEMA_ATTRIBUTE_STRING}, {"user", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

KeyringLogin *
keyring_login_new(const char *user, const char *password)
{
    KeyringLogin *login = g_new0(KeyringLogin, 1);

    login->user = g_strdup(user);
    login->password = g_strdup(password);
    return login;
}

void
keyring_login_free(KeyringLogin *login)
{
    if (login == NULL)
        return;
    secret_password_wipe(login->password);
    g_free(login->password);
    g_free(login->user);
    g_free(login);
}

static void
on_retrieved(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    SecretRetrievable *item = SECRET_RETRIEVABLE(source);
    g_autoptr(GHashTable) attributes = secret_retrievable_get_attributes(item);
    const char *user = g_hash_table_lookup(attributes, "user");
    GError *error = NULL;
    SecretValue *value = secret_retrievable_retrieve_secret_finish(item, result, &error);
    KeyringLogin *login = NULL;

    if (error != NULL) {
        g_task_return_error(task, error);
        return;
    }
    if (value != NULL && secret_value_get_text(value) != NULL)
        login = keyring_login_new(user != NULL ? user : "", secret_value_get_text(value));
    g_clear_pointer(&value, secret_value_unref);
    g_task_return_pointer(task, login, (GDestroyNotify)keyring_login_free);
}

static void
on_found(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;
    g_autolist(GObject) items = secret_password_search_finish(result, &error);

    if (error != NULL)
        g_task_return_error(task, error);
    else if (items == NULL)
        g_task_return_pointer(task, NULL, NULL);
    else
        secret_retrievable_retrieve_secret(items->data, g_task_get_cancellable(task), on_retrieved,
                                           g_object_ref(task));
}

void
keyring_lookup_async(const char *uuid, GCancellable *cancellable, GAsyncReadyCallback callback,
                     gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);

    secret_password_search(&schema, SECRET_SEARCH_UNLOCK | SECRET_SEARCH_LOAD_SECRETS, cancellable,
                           on_found, task, "uuid", uuid, NULL);
}

KeyringLogin *
keyring_lookup_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void
on_cleared(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GError) error = NULL;

    secret_password_clear_finish(result, &error);
    if (error != NULL)
        g_debug("keyring: %s", error->message);
}

void
keyring_clear(const char *uuid)
{
    secret_password_clear(&schema, NULL, on_cleared, NULL, "uuid", uuid, NULL);
}

/* A password that waits until the older one is gone. */
typedef struct {
    char *uuid;
    char *label;
    KeyringLogin *login;
} Store;

static void
store_free(gpointer data)
{
    Store *store = data;

    g_free(store->uuid);
    g_free(store->label);
    keyring_login_free(store->login);
    g_free(store);
}

static void
on_stored(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    GError *error = NULL;

    if (secret_password_store_finish(result, &error))
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

static void
on_replaced(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    const Store *store = g_task_get_task_data(task);
    GError *error = NULL;

    secret_password_clear_finish(result, &error);
    if (error != NULL) {
        g_task_return_error(task, error);
        return;
    }
    secret_password_store(&schema, SECRET_COLLECTION_DEFAULT, store->label, store->login->password,
                          g_task_get_cancellable(task), on_stored, g_object_ref(task), "uuid",
                          store->uuid, "user", store->login->user, NULL);
}

void
keyring_store_async(const char *uuid, const char *name, const KeyringLogin *login,
                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Store *store = g_new0(Store, 1);

    store->uuid = g_strdup(uuid);
    /* TRANSLATORS: the name of an entry in the keyring; the name of a profile. */
    store->label = g_strdup_printf(_("VPN password of %s"), name);
    store->login = keyring_login_new(login->user, login->password);
    g_task_set_task_data(task, store, store_free);
    secret_password_clear(&schema, cancellable, on_replaced, task, "uuid", uuid, NULL);
}

gboolean
keyring_store_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
