/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passwords in the session's keyring (libsecret), one for each profile. */
#pragma once

#include <gio/gio.h>

typedef struct {
    char *user; /* "" where the profile has it */
    char *password;
} KeyringLogin;

/* The result is NULL without error when nothing is stored for this profile. */
void keyring_lookup_async(const char *uuid, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data);
KeyringLogin *keyring_lookup_finish(GAsyncResult *result, GError **error);
KeyringLogin *keyring_login_new(const char *user, const char *password);
/* Wipes the password. Accepts NULL. */
void keyring_login_free(KeyringLogin *login);
/* name: the profile's, for people who look into the keyring. Replaces what was there. */
void keyring_store_async(const char *uuid, const char *name, const KeyringLogin *login,
                         GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean keyring_store_finish(GAsyncResult *result, GError **error);
/* Forgets what is stored for this profile, in the background. */
void keyring_clear(const char *uuid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyringLogin, keyring_login_free)
